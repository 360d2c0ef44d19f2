//! Dumps between providers, modes and formats.

use orm_core::dump::Frame;
use orm_core::prelude::*;
use orm_core::{Error, asynchronous};
use orm_provider_memory::Memory;
use orm_provider_sqlite::Sqlite;
use orm_tests::executor::block_on;
use orm_tests::scenarios::blog::User;
use orm_tests::scenarios::keys::Seat;
use orm_tests::scenarios::types::Maybe;
use orm_tests::tiny::Tiny;

type All = (User, Seat, Maybe);

const BLOG: &str = r#"[
    { "id": 1, "name": "Ada", "posts": [{ "id": 1, "title": "Notes", "tags": ["math", "engines"],
        "comments": [{ "id": 1, "text": "yes" }] }, { "id": 2, "title": "\"quoted\"\n" }] },
    { "id": 2, "name": "Bob", "email": "b@b", "profile": { "id": 9, "bio": "Hi" } }
]"#;

fn filled() -> orm_core::Result<Database> {
    let db = Database::builder().provider(Memory::new()).models::<All>().start()?;
    db.repository::<User>().save_json(BLOG)?;
    db.repository::<Seat>().save_json(r#"{ "row": "a", "number": 3, "price": "12.50" }"#)?;
    db.repository::<Maybe>().save_json(
        r#"{ "id": 1, "f64": 0.1, "bytes": [0, 255], "uuid": "67e55044-10b1-426f-9247-bb680e5fe0c8",
             "date": "2024-02-29", "instant": "2024-02-29T12:00:00.5Z", "u64": 9007199254740993 }"#,
    )?;
    Ok(db)
}

fn lines(db: &Database) -> orm_core::Result<String> {
    let mut lines = Vec::new();
    db.dump_json_lines(&mut lines)?;
    Ok(String::from_utf8(lines).unwrap())
}

#[test]
fn json_lines_are_the_same_from_every_provider() -> orm_core::Result<()> {
    let folder = tempfile::tempdir().unwrap();
    let memory = filled()?;
    let text = lines(&memory)?;
    let file = Sqlite::open(folder.path().join("restored.db"))?;
    let sqlite = Database::builder().provider(file).models::<All>().start()?;
    sqlite.restore_json_lines(text.as_bytes())?;
    assert_eq!(lines(&sqlite)?, text);
    // From a file a dump may be read while the same file is restored to.
    let tiny = Database::builder().provider(Tiny::default()).models::<All>().start()?;
    tiny.restore(sqlite.dump())?;
    assert_eq!(lines(&tiny)?, text);
    for exact in [r#""9007199254740993""#, r#""12.50""#, r#""0.1""#, r#""00ff""#, r#""2024-02-29""#] {
        assert!(text.contains(exact), "{exact}: {text}");
    }
    Ok(())
}

#[test]
fn a_format_that_tells_no_types() -> orm_core::Result<()> {
    let memory = filled()?;
    // Each frame with its length before it, as one would write them to a file.
    let frames: Vec<Vec<u8>> = memory
        .dump()
        .map(|frame| postcard::to_stdvec(&frame?).map_err(|e| Error::provider("", e)))
        .collect::<Result<_, _>>()?;
    let sqlite = Database::builder().provider(Sqlite::memory()?).models::<All>().start()?;
    sqlite.restore_from(frames.iter().map(|frame| postcard::from_bytes::<Frame>(frame)))?;
    assert_eq!(lines(&sqlite)?, lines(&memory)?);
    // Broken bytes are errors, whichever they are.
    let empty = || Database::builder().provider(Memory::new()).models::<All>().start();
    for (at, frame) in frames.iter().enumerate() {
        for byte in 0..frame.len() {
            let mut broken = frame.clone();
            broken[byte] ^= 0x55;
            if let Ok(broken) = postcard::from_bytes::<Frame>(&broken) {
                let mut all: Vec<Frame> = frames.iter().map(|f| postcard::from_bytes(f).unwrap()).collect();
                all[at] = broken;
                // It may be whole with another value in it; it must not panic.
                let _ = empty()?.restore_from(all.into_iter().map(Ok::<_, Error>));
            }
        }
    }
    Ok(())
}

#[test]
fn a_binary_format_that_tells_types() -> orm_core::Result<()> {
    let memory = filled()?;
    let mut file = Vec::new();
    for frame in memory.dump() {
        rmp_serde::encode::write_named(&mut file, &frame?).unwrap();
    }
    let mut rest = &file[..];
    let frames = std::iter::from_fn(|| {
        (!rest.is_empty()).then(|| rmp_serde::decode::from_read::<_, Frame>(&mut rest))
    });
    let tiny = Database::builder().provider(Tiny::default()).models::<All>().start()?;
    tiny.restore_from(frames)?;
    assert_eq!(lines(&tiny)?, lines(&memory)?);
    Ok(())
}

#[test]
fn a_tree_of_values() -> orm_core::Result<()> {
    let memory = filled()?;
    let frames = memory.dump().collect::<Result<Vec<_>, _>>()?;
    let value = serde_json::to_value(&frames).unwrap();
    let back: Vec<Frame> = serde_json::from_value(value).unwrap();
    let other = Database::builder().provider(Memory::new()).models::<All>().start()?;
    other.restore_from(back.into_iter().map(Ok::<_, Error>))?;
    assert_eq!(lines(&other)?, lines(&memory)?);
    Ok(())
}

#[test]
fn from_blocking_to_async_and_back() -> orm_core::Result<()> {
    let memory = filled()?;
    block_on(async {
        let sqlite =
            asynchronous::Database::builder().provider(Sqlite::memory()?).models::<All>().start().await?;
        let rows = sqlite.restore_from(memory.dump()).await?;
        let third = asynchronous::Database::builder().provider(Memory::new()).models::<All>().start().await?;
        assert_eq!(third.restore(sqlite.dump()).await?, rows);
        let mut text = Vec::new();
        third.dump_json_lines(&mut text).await?;
        assert_eq!(String::from_utf8(text).unwrap(), lines(&memory)?);
        Ok(())
    })
}
