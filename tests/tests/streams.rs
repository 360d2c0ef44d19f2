//! Sequences over engines where holding one open could be noticed.

use orm_core::connection::ConnectionName;
use orm_core::provider::{Capabilities, Connection, DataProvider};
use orm_core::{Async, Blocking, Mode, Result};
use orm_provider_memory::Memory;
use orm_provider_sqlite::Sqlite;
use orm_tests::executor::block_on;
use orm_tests::go;
use orm_tests::scenarios::blog::Post;
use orm_tests::watched::{Watch, Watched};
use std::sync::Arc;
use std::sync::atomic::Ordering::SeqCst;
use std::thread;
use std::time::{Duration, Instant};

async fn posts<D: Mode>(db: &orm_core::database::Database<D>) -> Result<()> {
    let drafts: Vec<_> = (1..=10_u64).map(|id| Post::draft().id(id).title("t")).collect();
    go!(D, db.repository::<Post>().save_many(drafts)).map(drop)
}

async fn a_file<D: Mode>() -> Result<()> {
    let folder = tempfile::tempdir().unwrap();
    let db = {
        let builder = orm_core::database::Database::<D>::builder();
        let provider = Sqlite::open(folder.path().join("data.db"))?;
        go!(D, builder.provider(provider).models::<Post>().start())?
    };
    posts(&db).await?;
    let repository = db.repository::<Post>();
    let mut chunks = repository.query().chunk(3);
    let mut seen = Vec::new();
    let mut writes = 0;
    while let Some(chunk) = D::next(&mut chunks).await {
        seen.extend(chunk?.iter().map(|p| p.id));
        // Others read and write meanwhile, on this thread too.
        let last = seen.last().copied().unwrap_or(0);
        go!(D, repository.destroy(last + 1))?;
        go!(D, repository.save(Post::draft().id(100 + last).title("new")))?;
        writes += 1;
        assert_eq!(go!(D, repository.query().filter(|p| p.id.gt(100)).count())?, writes);
    }
    assert_eq!(seen, (1..=10).collect::<Vec<_>>());
    Ok(())
}

#[test]
fn a_file_is_written_while_it_is_read_in_chunks() {
    block_on(a_file::<Blocking>()).unwrap();
    block_on(a_file::<Async>()).unwrap();
}

/// Memory that is watched, on threads in async code.
struct Observed {
    inner: Memory,
    watch: Arc<Watch>,
    capabilities: Capabilities,
}

impl DataProvider for Observed {
    fn capabilities(&self) -> &Capabilities {
        &self.capabilities
    }

    fn open(&self, connection: &ConnectionName) -> Result<Arc<dyn Connection>> {
        let inner = self.inner.open(connection)?;
        Ok(Arc::new(Watched { inner, watch: Arc::clone(&self.watch) }))
    }
}

async fn ends<D: Mode>() -> Result<()> {
    let watch = Arc::new(Watch::default());
    let provider = Observed {
        inner: Memory::new(),
        watch: Arc::clone(&watch),
        capabilities: Capabilities::full("observed"),
    };
    let db = {
        let builder = orm_core::database::Database::<D>::builder().provider(provider);
        go!(D, builder.models::<Post>().start())?
    };
    posts(&db).await?;
    let open = || watch.open_transactions.load(SeqCst);
    let none_open = || {
        let start = Instant::now();
        while open() > 0 && start.elapsed() < Duration::from_secs(10) {
            thread::yield_now();
        }
        open() == 0
    };
    let mut chunks = db.repository::<Post>().query().chunk(4);
    assert_eq!(open(), 0);
    let _ = D::next(&mut chunks).await.unwrap()?;
    assert_eq!(open(), 1);
    drop(chunks);
    assert!(none_open());
    // The last chunk ends it by itself.
    let mut chunks = db.repository::<Post>().query().chunk(6);
    assert_eq!(D::next(&mut chunks).await.unwrap()?.len(), 6);
    assert_eq!(D::next(&mut chunks).await.unwrap()?.len(), 4);
    assert!(none_open());
    assert!(D::next(&mut chunks).await.is_none());
    // A failure too: the engine panics at a limit of 13.
    let mut chunks = db.repository::<Post>().query().chunk(13);
    if !D::BLOCKING {
        assert!(D::next(&mut chunks).await.unwrap().is_err());
        assert!(D::next(&mut chunks).await.is_none());
        assert!(none_open());
    }
    Ok(())
}

#[test]
fn a_sequence_ends_its_snapshot() {
    block_on(ends::<Blocking>()).unwrap();
    block_on(ends::<Async>()).unwrap();
}

mod across {
    use orm_core::prelude::*;
    use orm_provider_memory::Memory;
    use orm_provider_sqlite::Sqlite;

    #[derive(Connection)]
    struct Secret;

    #[derive(Model, Debug)]
    struct Artist {
        #[key]
        id: u64,
        #[has_many]
        notes: Many<Note>,
    }

    #[derive(Model, Debug)]
    #[model(connection = Secret)]
    struct Note {
        #[key]
        id: u64,
        artist_id: u64,
        #[belongs_to]
        artist: One<Artist>,
    }

    #[derive(Connections)]
    struct Stores {
        #[connection(default)]
        music: Database,
        #[connection(Secret)]
        secret: Database,
    }

    fn stores() -> orm_core::Result<Stores> {
        let stores = Stores {
            music: Database::builder().provider(Memory::new()).start()?,
            secret: Database::builder().provider(Sqlite::memory()?).connection_of::<Secret>().start()?,
        };
        stores.repository::<Artist>().save_json(r#"[{ "id": 1 }, { "id": 2 }, { "id": 3 }]"#)?;
        let notes =
            r#"[{ "id": 1, "artist_id": 1 }, { "id": 2, "artist_id": 3 }, { "id": 3, "artist_id": 3 }]"#;
        stores.repository::<Note>().save_json(notes)?;
        Ok(stores)
    }

    #[test]
    fn chunks_and_pages_follow_relations_to_other_connections() {
        let stores = stores().unwrap();
        let artists = stores.repository::<Artist>();
        let notes =
            |artists: &[Artist]| -> Vec<u64> { artists.iter().map(|a| a.notes.count().unwrap()).collect() };
        let chunks: Vec<_> =
            artists.query().with(|a| a.notes).chunk(2).map(|chunk| notes(&chunk.unwrap())).collect();
        assert_eq!(chunks, [vec![1, 0], vec![2]]);
        let page = artists.query().with_count(|a| a.notes).page(2).unwrap();
        assert_eq!(notes(&page.records), [1, 0]);
        let page = artists.query().with_all().page_after(&page.next.unwrap(), 2).unwrap();
        assert_eq!(notes(&page.records), [2]);
    }

    #[test]
    fn each_step_is_explained_by_its_own_connection() {
        let stores = stores().unwrap();
        let artists = stores.repository::<Artist>();
        let explain = artists.query().with(|a| a.notes.with(|n| n.artist)).explain().unwrap();
        let first: Vec<&str> = explain.steps.iter().map(|step| step.lines[0].as_str()).collect();
        assert_eq!(first[0], "all 3 records");
        assert!(first[1].starts_with("SELECT ") && first[1].contains("secret__notes"), "{explain}");
        assert!(first[2].starts_with("artists.(id)"), "{explain}");
    }
}
