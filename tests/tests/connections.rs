//! Sets of databases of different providers and modes.

use orm_core::prelude::*;
use orm_core::{Async, Blocking, Error, asynchronous};
use orm_provider_memory::Memory;
use orm_provider_sqlite::Sqlite;
use orm_tests::executor::block_on;
use std::sync::Arc;

#[derive(Connection)]
struct Secret;

#[derive(Connection)]
#[connection(name = "log")]
struct Audit;

#[derive(Model, Debug, Clone, PartialEq)]
struct Artist {
    #[key]
    id: u64,
    name: String,
    #[has_many]
    notes: Many<Note>,
    #[has_many]
    entries: Many<Entry>,
}

#[derive(Model, Debug, Clone, PartialEq)]
#[model(connection = Secret)]
struct Note {
    #[key(auto)]
    id: u64,
    text: String,
    artist_id: u64,
    #[belongs_to]
    artist: One<Artist>,
}

#[derive(Model, Debug, Clone, PartialEq)]
#[model(connection = Audit)]
struct Entry {
    #[key(auto)]
    id: u64,
    what: String,
    artist_id: u64,
    #[belongs_to]
    artist: One<Artist>,
}

/// Two modes, two kinds of engines, and something that is no database.
#[derive(Connections, Clone)]
struct Stores {
    #[connection(default)]
    music: asynchronous::Database,
    #[connection(Secret)]
    secret: Database,
    #[connection(Audit)]
    audit: asynchronous::Database,
    title: &'static str,
}

fn stores() -> Stores {
    let sqlite = Arc::new(Sqlite::memory().unwrap());
    let music = asynchronous::Database::builder().provider(Arc::clone(&sqlite)).connection("music");
    let audit = asynchronous::Database::builder().provider(Memory::new()).connection_of::<Audit>();
    let secret = Database::builder().provider(Memory::new()).connection_of::<Secret>();
    let stores = Stores {
        music: block_on(music.models::<Artist>().start()).unwrap(),
        secret: secret.models::<Note>().start().unwrap(),
        audit: block_on(audit.start()).unwrap(),
        title: "mixed",
    };
    stores.check().unwrap();
    stores
}

#[test]
fn the_mode_follows_from_the_model() {
    let stores = stores();
    let notes: Repository<Note> = stores.repository::<Note>();
    let artists: asynchronous::Repository<Artist> = stores.repository::<Artist>();
    let saved = notes.save(Note::draft().text("hush").artist_id(1)).unwrap();
    assert_eq!(saved.id, 1);
    block_on(async {
        artists.save(Artist::draft().id(1).name("Ada")).await?;
        assert_eq!(artists.find(1).await?.unwrap().name, "Ada");
        stores.repository::<Entry>().save(Entry::draft().what("saved").artist_id(1)).await?;
        Ok::<_, Error>(())
    })
    .unwrap();
    assert_eq!(stores.secret.repository::<Note>().count().unwrap(), 1);
    assert_eq!(stores.title, "mixed");
}

#[test]
fn relations_lead_to_databases_of_the_same_mode() {
    let stores = stores();
    let artists = stores.repository::<Artist>();
    let ada = block_on(async {
        artists.save(Artist::draft().id(1).name("Ada")).await?;
        let entries = ["came", "went"].map(|what| Entry::draft().what(what).artist_id(1));
        stores.repository::<Entry>().save_many(entries).await?;
        let query = artists.query().with(|a| a.entries.order_by(|e| e.id.desc()).with(|e| e.artist));
        query.find(1).await
    });
    let ada = ada.unwrap().unwrap();
    let entries = ada.entries.get().unwrap();
    assert_eq!(entries.iter().map(|e| e.what.as_str()).collect::<Vec<_>>(), ["went", "came"]);
    assert_eq!(entries[0].artist.get().unwrap().unwrap().name, "Ada", "and back to SQLite");

    let error = block_on(artists.query().with(|a| a.notes).get()).unwrap_err();
    let text = error.to_string();
    assert!(matches!(error, Error::CrossingLoad { relation: "notes", target: "Note", .. }), "{text}");
    assert!(text.contains("this database is async and that one is blocking"), "{text}");
    stores.repository::<Note>().save(Note::draft().text("hush").artist_id(1)).unwrap();
    let error = stores.repository::<Note>().query().with(|n| n.artist).get().unwrap_err();
    assert!(error.to_string().contains("this database is blocking and that one is async"), "{error}");
}

#[derive(Debug, thiserror::Error)]
enum Refused {
    #[error("too many")]
    TooMany,
    #[error(transparent)]
    Orm(#[from] Error),
}

#[test]
fn transactions_in_both_modes() {
    let stores = stores();
    let count = stores
        .transaction::<Secret>(|tx| {
            let notes = tx.repository::<Note>();
            notes.save(Note::draft().text("a").artist_id(1))?;
            let undone = tx.transaction(|inner| {
                inner.repository::<Note>().save(Note::draft().text("b").artist_id(1))?;
                inner.abort::<()>(Refused::TooMany)
            });
            assert!(matches!(undone.unwrap_err().downcast::<Refused>(), Ok(Refused::TooMany)));
            notes.count()
        })
        .unwrap();
    assert_eq!(count, 1);

    let text = String::from("written");
    block_on(async {
        stores.audit.register::<Entry>();
        stores.audit.sync().await?;
        let count = stores
            .transaction::<Audit>(async |tx| {
                let entries = tx.repository::<Entry>();
                entries.save(Entry::draft().what(&text).artist_id(1)).await?;
                entries.count().await
            })
            .await?;
        assert_eq!(count, 1);
        // A body that owns what it uses can be sent to other threads.
        let sent = stores.clone();
        let work = async move {
            sent.transaction::<Audit>(|tx| async move { tx.repository::<Entry>().flush().await }).await
        };
        fn is_send<T: Send>(work: T) -> T {
            work
        }
        assert_eq!(is_send(work).await?, 1);
        Ok::<_, Error>(())
    })
    .unwrap();

    let refused: Result<(), Refused> = stores.transaction_as::<Secret, Refused>(|tx| {
        tx.repository::<Note>().flush()?;
        Err(Refused::TooMany)
    });
    assert!(matches!(refused, Err(Refused::TooMany)));
    assert_eq!(stores.repository::<Note>().count().unwrap(), 1, "rolled back");
}

#[test]
fn transactions_with_options() {
    let stores = stores();
    stores.repository::<Note>().save(Note::draft().text("a").artist_id(1)).unwrap();
    let read_only = TxOptions::new().serializable().read_only();
    let refused = stores.transaction_with::<Secret>(read_only, |tx| {
        assert_eq!(tx.repository::<Note>().count()?, 1);
        tx.repository::<Note>().flush()
    });
    assert!(matches!(refused, Err(Error::ReadOnly { model: "Note" })), "{refused:?}");
    let mut runs = 0;
    let options = TxOptions::new().retries(2);
    let refused: orm_core::Result<()> = stores.transaction_with::<Secret>(options, |_| {
        runs += 1;
        Err(Error::Serialization)
    });
    assert!(matches!(refused, Err(Error::Serialization)), "{refused:?}");
    assert_eq!(runs, 3);
    let refused = stores.transaction_as_with::<Secret, Refused>(read_only, |tx| {
        tx.repository::<Note>().flush().map_err(Refused::from)
    });
    assert!(matches!(refused, Err(Refused::Orm(Error::ReadOnly { .. }))), "{refused:?}");
    let guard = stores.begin_with::<Secret>(TxOptions::snapshot()).unwrap();
    assert!(matches!(guard.repository::<Note>().flush(), Err(Error::ReadOnly { .. })));
    drop(guard);
    let locked = stores.transaction::<Secret>(|tx| tx.repository::<Note>().query().for_update().one());
    assert_eq!(locked.unwrap().text, "a");

    block_on(async {
        stores.audit.register::<Entry>();
        stores.audit.sync().await?;
        let flush =
            async |tx: orm_core::connections::TxOf<Audit, Async>| tx.repository::<Entry>().flush().await;
        let refused = stores.transaction_with::<Audit>(read_only, flush).await;
        assert!(matches!(refused, Err(Error::ReadOnly { model: "Entry" })), "{refused:?}");
        Ok::<_, Error>(())
    })
    .unwrap();
}

/// What asks for a connection, and not for a certain set.
fn notes_of(stores: &impl Hosts<Secret, Mode = Blocking>) -> orm_core::Result<u64> {
    stores.repository::<Note>().count()
}

async fn entries_of(stores: &impl Hosts<Audit, Mode = Async>) -> orm_core::Result<u64> {
    stores.repository::<Entry>().count().await
}

/// A set for tests: another provider behind the same connection.
#[derive(Connections)]
struct TestStores {
    #[connection(default, Secret)]
    r#in: Database,
}

#[test]
fn code_over_any_set() {
    let stores = stores();
    assert_eq!(notes_of(&stores).unwrap(), 0);
    assert_eq!(block_on(entries_of(&stores)).unwrap(), 0);
    let all = Database::builder().provider(Memory::new()).connection_of::<Secret>().start().unwrap();
    let tests = TestStores { r#in: all };
    tests.repository::<Note>().save(Note::draft().text("x").artist_id(1)).unwrap();
    tests.repository::<Artist>().save(Artist::draft().id(1).name("Ada")).unwrap();
    assert_eq!(notes_of(&tests).unwrap(), 1);
    let note = tests.repository::<Note>().query().with(|n| n.artist).first().unwrap().unwrap();
    assert_eq!(note.artist.get().unwrap().unwrap().name, "Ada");
    // Behind a pointer, as applications share their state.
    let shared = Arc::new(tests);
    assert_eq!(shared.repository::<Note>().count().unwrap(), 1);
    assert_eq!(shared.transaction::<Secret>(|tx| tx.repository::<Note>().count()).unwrap(), 1);
}
