//! News of commits where closures, files and lost answers are concerned.

use orm_core::connection::ConnectionName;
use orm_core::events::ChangeSet;
use orm_core::model::schema::EntitySchema;
use orm_core::plan::{Select, WriteBatch, Written};
use orm_core::prelude::*;
use orm_core::provider::{
    Capabilities, ChangeHubs, Connection, Counted, DataProvider, RowSink, SchemaSync, SyncReport, TxOptions,
};
use orm_core::{Error, asynchronous};
use orm_provider_memory::Memory;
use orm_provider_sqlite::Sqlite;
use orm_tests::executor::block_on;
use orm_tests::scenarios::blog::User;
use std::sync::{Arc, Mutex};

fn save(id: u64) -> Draft<User> {
    User::draft().id(id).name("x")
}

#[test]
fn savepoints_are_forgotten_when_undone() -> orm_core::Result<()> {
    let db = Database::builder().provider(Memory::new()).models::<User>().start()?;
    let mut changes = db.subscribe();
    db.transaction(|tx| {
        tx.repository::<User>().save(save(1))?;
        tx.transaction(|inner| inner.repository::<User>().save(save(2)))?;
        let undone: orm_core::Result<()> = tx.transaction(|inner| {
            inner.repository::<User>().save(save(3))?;
            inner.transaction(|inner| inner.repository::<User>().save(save(4)))?;
            inner.abort("undone")
        });
        assert!(undone.is_err());
        tx.repository::<User>().save(save(5))
    })?;
    assert_eq!(changes.next().unwrap().inserted::<User>(), [1, 2, 5]);
    Ok(())
}

#[test]
fn savepoints_are_forgotten_in_async_code() -> orm_core::Result<()> {
    block_on(async {
        let db =
            asynchronous::Database::builder().provider(Sqlite::memory()?).models::<User>().start().await?;
        let mut changes = db.subscribe();
        db.transaction(async |tx| {
            let undone: orm_core::Result<()> = tx
                .transaction(async |inner| {
                    inner.repository::<User>().save(save(1)).await?;
                    inner.abort("undone")
                })
                .await;
            assert!(undone.is_err());
            tx.repository::<User>().save(save(2)).await
        })
        .await?;
        assert_eq!(changes.next().await.unwrap().inserted::<User>(), [2]);
        Ok(())
    })
}

#[test]
fn a_body_that_is_tried_again_is_told_once() -> orm_core::Result<()> {
    let db = Database::builder().provider(Memory::new()).models::<User>().start()?;
    let mut changes = db.subscribe();
    let mut tries = 0;
    db.transaction(|tx| {
        tries += 1;
        tx.repository::<User>().save(save(tries))?;
        if tries < 3 { Err(Error::Serialization) } else { Ok(()) }
    })?;
    db.repository::<User>().save(save(9))?;
    assert_eq!(changes.next().unwrap().inserted::<User>(), [3]);
    assert_eq!(changes.next().unwrap().inserted::<User>(), [9]);
    Ok(())
}

#[test]
fn keys_are_read_only_where_the_write_does_not_say_them() -> orm_core::Result<()> {
    let counted = Counted::new(Memory::new());
    let db = Database::builder().provider(counted.clone()).models::<User>().start()?;
    let _changes = db.subscribe();
    let users = db.repository::<User>();
    let reads = || {
        let reads = counted.statements().reads;
        counted.reset();
        reads
    };
    users.save_json(r#"[{ "id": 1, "name": "Ada" }, { "id": 2, "name": "Bob" }]"#)?;
    assert_eq!(reads(), 1, "which of them exist");
    users.query().filter(|u| u.id.eq(1)).update(|u| u.age.add(1))?;
    assert_eq!(reads(), 1, "which it touches");
    users.destroy(1)?;
    assert_eq!(reads(), 1, "whether it exists");
    users.flush()?;
    assert_eq!(reads(), 0);
    Ok(())
}

#[test]
fn a_file_that_is_opened_twice_is_one_storage() -> orm_core::Result<()> {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("twice.db");
    let open =
        |path: &std::path::Path| Database::builder().provider(Sqlite::open(path)?).models::<User>().start();
    let (one, two) = (open(&file)?, open(&folder.path().join(".").join("twice.db"))?);
    let mut changes = one.subscribe();
    let elsewhere = open(&folder.path().join("other.db"))?;
    elsewhere.repository::<User>().save(save(1))?;
    two.repository::<User>().save(save(2))?;
    assert_eq!(changes.next().unwrap().inserted::<User>(), [2]);
    Ok(())
}

/// A provider whose commits happen, but whose answers get lost.
struct Lossy(Memory);

struct LossyConnection(Arc<dyn Connection>);

struct LossyTransaction(Box<dyn orm_core::provider::Transaction>);

impl DataProvider for Lossy {
    fn capabilities(&self) -> &Capabilities {
        self.0.capabilities()
    }
    fn open(&self, connection: &ConnectionName) -> orm_core::Result<Arc<dyn Connection>> {
        Ok(Arc::new(LossyConnection(self.0.open(connection)?)))
    }
    fn change_hubs(&self) -> Option<&ChangeHubs> {
        self.0.change_hubs()
    }
}

impl Connection for LossyConnection {
    fn sync(&self, entities: &[&'static EntitySchema], how: SchemaSync) -> orm_core::Result<SyncReport> {
        self.0.sync(entities, how)
    }
    fn select(&self, plan: &Arc<Select>, sink: &mut dyn RowSink) -> orm_core::Result<()> {
        self.0.select(plan, sink)
    }
    fn apply(&self, batch: &mut WriteBatch) -> orm_core::Result<Written> {
        self.0.apply(batch)
    }
    fn begin(&self, options: &TxOptions) -> orm_core::Result<Box<dyn orm_core::provider::Transaction>> {
        Ok(Box::new(LossyTransaction(self.0.begin(options)?)))
    }
}

impl orm_core::provider::Transaction for LossyTransaction {
    fn select(&mut self, plan: &Arc<Select>, sink: &mut dyn RowSink) -> orm_core::Result<()> {
        self.0.select(plan, sink)
    }
    fn apply(&mut self, batch: &mut WriteBatch) -> orm_core::Result<Written> {
        self.0.apply(batch)
    }
    fn savepoint(&mut self, number: u32) -> orm_core::Result<()> {
        self.0.savepoint(number)
    }
    fn rollback_to(&mut self, number: u32) -> orm_core::Result<()> {
        self.0.rollback_to(number)
    }
    fn release(&mut self, number: u32) -> orm_core::Result<()> {
        self.0.release(number)
    }
    fn commit(self: Box<Self>) -> orm_core::Result<()> {
        self.0.commit()?;
        Err(Error::CommitUnknown("the answer is lost".into()))
    }
    fn rollback(self: Box<Self>) -> orm_core::Result<()> {
        self.0.rollback()
    }
}

#[test]
fn after_a_lost_answer_watches_look_and_nothing_is_told() -> orm_core::Result<()> {
    let memory = Memory::new();
    let lossy = Database::builder().provider(Lossy(memory.clone())).models::<User>().start()?;
    let sound = Database::builder().provider(memory).models::<User>().start()?;
    let mut answers = sound.repository::<User>().query().watch();
    assert_eq!(answers.next().unwrap()?.len(), 0);
    let told = Arc::new(Mutex::new(Vec::new()));
    let telling = Arc::clone(&told);
    let _listening =
        sound.on_change(move |set: &ChangeSet| telling.lock().unwrap().push(set.inserted::<User>()));
    let lost = lossy.transaction(|tx| tx.repository::<User>().save(save(1)));
    assert!(matches!(lost, Err(Error::CommitUnknown(_))));
    assert_eq!(answers.next().unwrap()?.len(), 1);
    sound.repository::<User>().save(save(2))?;
    assert_eq!(*told.lock().unwrap(), [vec![2]]);
    Ok(())
}

#[test]
fn writers_side_by_side_are_all_told_once() -> orm_core::Result<()> {
    let folder = tempfile::tempdir().unwrap();
    let file = Sqlite::open(folder.path().join("writers.db"))?;
    let memory = Database::builder().provider(Memory::new()).models::<User>().start()?;
    for db in [memory, Database::builder().provider(file).models::<User>().start()?] {
        let changes = db.subscribe();
        let mut watched = db.repository::<User>().query().watch();
        watched.next().unwrap()?;
        std::thread::scope(|scope| {
            for writer in 0..4_u64 {
                let db = db.clone();
                scope.spawn(move || {
                    for n in 0..25 {
                        // All write record 1 too, so that they meet each other.
                        let both = [save(1), save(100 + writer * 25 + n)];
                        while let Err(error) = db.repository::<User>().save_many(both.clone()) {
                            assert!(error.is_transient(), "{error}");
                        }
                    }
                });
            }
        });
        let sets: Vec<_> = changes.take(100).collect();
        let mut inserted: Vec<_> = sets.iter().flat_map(|set| set.inserted::<User>()).collect();
        inserted.sort_unstable();
        assert_eq!(inserted, std::iter::once(1).chain(100..200).collect::<Vec<_>>());
        assert_eq!(sets.iter().filter(|set| set.updated::<User>() == [1]).count(), 99);
        assert_eq!(watched.next().unwrap()?.len(), 101);
    }
    Ok(())
}
