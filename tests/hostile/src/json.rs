//! Nested records as JSON: what is refused leaves nothing behind, what is taken stays what it is.

use crate::models::Author;
use orm_core::Error;
use orm_core::dump::Frame;
use orm_core::prelude::*;
use orm_core::value::Timestamp;
use orm_provider_memory::Memory;

/// Stored before, so that inputs meet records that exist.
const STORED: &str = r#"[
    { "id": 1, "name": "Ada", "email": "ada@example.org", "posts": [
        { "id": 1, "title": "Notes", "comments": [{ "id": 1, "text": "yes" }], "tags": ["math"] }] },
    { "id": 2, "name": "Bob", "boss_id": 1, "desk": { "city": "Oslo", "number": 1 } }
]"#;

pub(crate) fn database() -> Database {
    with_some(empty())
}

fn with_some(database: Database) -> Database {
    database.repository::<Author>().save_json(STORED).expect("the first records are whole");
    database
}

pub(crate) fn empty() -> Database {
    start(false)
}

fn start(strict: bool) -> Database {
    Database::builder()
        .provider(Memory::new())
        .strict_nesting(strict)
        .models::<Author>()
        .clock(|| Timestamp::from_micros(0))
        .start()
        .expect("the models are sound")
}

/// All that is stored.
pub(crate) fn stored(database: &Database) -> Vec<Frame> {
    database.dump().map(|frame| frame.expect("what is stored can be dumped")).collect()
}

/// Whether an author's list of keys is that of the records that were loaded by it: a whole list that is
/// saved again replaces the keys, and with them those of records that aren't stored.
fn lists_what_is_stored(author: &Author) -> bool {
    let loaded = author.likes.get().expect("all is loaded").iter().map(|tag| &tag.name);
    author.liked.iter().flatten().eq(loaded)
}

/// Compares what is stored, and shows only what differs.
#[track_caller]
fn same(now: &[Frame], before: &[Frame], what: &str) {
    if now != before {
        let only = |these: &[Frame], those: &[Frame]| -> String {
            let lines = |frames: &[Frame]| -> Vec<String> {
                let rows = frames.iter().filter_map(|frame| match frame {
                    Frame::Rows(rows) => {
                        Some(rows.rows.iter().map(|row| format!("{} {row:?}\n", rows.entity)))
                    }
                    _ => None,
                });
                rows.flatten().collect()
            };
            let others = lines(those);
            lines(these).into_iter().filter(|line| !others.contains(line)).collect()
        };
        panic!("{what}\nbefore:\n{}now:\n{}", only(before, now), only(now, before));
    }
}

/// Saves any text as JSON.
///
/// # Panics
/// Where a promise of a save isn't kept.
pub fn json(input: &[u8]) {
    let text = String::from_utf8_lossy(input);
    let database = database();
    let before = stored(&database);
    let authors = database.repository::<Author>();
    let strict = with_some(start(true));
    let strictly = strict.repository::<Author>().save_json(&text).is_ok();
    let saved = match authors.save_json(&text) {
        Ok(saved) => saved,
        Err(error) => {
            assert!(!error.to_string().is_empty());
            assert!(!strictly, "the strict setting takes what is refused: {error}");
            same(&stored(&database), &before, &format!("something is stored after: {error}"));
            assert!(self::database().repository::<Author>().save_reader(text.as_bytes()).is_err());
            return;
        }
    };
    let after = stored(&database);

    // The strict setting refuses more, and changes nothing of what it takes.
    let what = "what is strict is stored otherwise";
    same(&stored(&strict), if strictly { &after } else { &before }, what);

    // However the text is read.
    let other = self::database();
    other.repository::<Author>().save_reader(text.as_bytes()).expect("a reader takes what a text may be");
    same(&stored(&other), &after, "a reader's input is stored otherwise");

    // What was stored goes into another storage, and is the same there.
    let other = empty();
    other.restore_from(after.clone().into_iter().map(Ok::<_, Error>)).expect("a dump can be restored");
    same(&stored(&other), &after, "a restored dump is another");

    // The records can be had, and be saved as they are.
    let keys = saved.keys().expect("the keys are known");
    let records = saved.records().expect("the records are there");
    assert_eq!(keys, records.iter().map(|author| author.id).collect::<Vec<_>>());
    // Where one record stood in two places that contradict each other, the last counts, and which that is
    // depends on the order of the members. But there is no record more or less.
    other.repository::<Author>().save_many(records).expect("what was answered can be saved");
    assert_eq!(stored(&other).last(), after.last(), "what was answered is more than was stored");

    // So can what is read, with all that belongs to it, as records and as JSON.
    let read = authors.query().with_all_recursive(2).get().expect("what is stored can be read");
    if !read.iter().all(lists_what_is_stored) {
        return;
    }
    let text = serde_json::to_string(&read).expect("what is read can be put out");
    authors.save_many(read).expect("what was read can be saved");
    same(&stored(&database), &after, "what was read is stored otherwise");
    authors.save_json(&text).unwrap_or_else(|error| panic!("what was put out is refused: {error}\n{text}"));
    same(&stored(&database), &after, "what was put out is stored otherwise");
}
