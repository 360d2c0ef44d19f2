//! What takes too long, and who waits for whom.

use crate::server;
use orm_core::Error;
use orm_core::prelude::*;
use orm_provider_postgres::PostgresOptions;
use orm_tests::polling::until;
use orm_tests::scenarios::blog::User;
use std::sync::Barrier;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::thread;
use std::time::{Duration, Instant};

const SHORT: Duration = Duration::from_millis(150);
const LONG: Duration = Duration::from_millis(600);

/// A database with users 1 and 2.
fn database(set: impl FnOnce(PostgresOptions) -> PostgresOptions) -> Option<Database> {
    let provider = set(server()?.options().unwrap()).lazy().unwrap();
    let builder = Database::builder().provider(provider).models::<User>().retries(0);
    let db = builder.start().unwrap();
    db.repository::<User>().save_many((1..=2).map(|id| User::draft().id(id).name("n").age(0))).unwrap();
    Some(db)
}

fn older(tx: &Tx, id: u64) -> orm_core::Result<u64> {
    tx.repository::<User>().query().filter(|u| u.id.eq(id)).update(|u| u.age.add(1))
}

fn age(db: &Database, id: u64) -> i32 {
    db.repository::<User>().find(id).unwrap().unwrap().age
}

#[test]
fn a_statement_that_takes_too_long_is_told() {
    let Some(db) = database(|options| options.statement_timeout(SHORT)) else { return };
    let holder = db.begin().unwrap();
    older(&holder, 1).unwrap();
    let users = db.repository::<User>();
    let start = Instant::now();
    // A save of its own, a call in a transaction, and a read that locks.
    let error = users.update(User::draft().id(1).age(9)).unwrap_err();
    assert!(matches!(error, Error::Timeout(_)) && !error.is_transient(), "{error}");
    assert!(error.to_string().contains("statement_timeout"), "{error}");
    let error = db.transaction(|tx| older(&tx, 1)).unwrap_err();
    assert!(matches!(error, Error::Timeout(_)), "{error}");
    let locking = db.transaction(|tx| tx.repository::<User>().query().for_update().get());
    assert!(matches!(locking, Err(Error::Timeout(_))), "{locking:?}");
    assert!(start.elapsed() >= 3 * SHORT);
    // The others go on: who holds the record, and the connections that were in use.
    holder.commit().unwrap();
    users.update(User::draft().id(1).age(9)).unwrap();
    assert_eq!(age(&db, 1), 9);
}

#[test]
fn who_waits_for_a_lock_for_too_long_is_told() {
    let Some(db) = database(|options| options.lock_timeout(SHORT)) else { return };
    let holder = db.begin().unwrap();
    older(&holder, 1).unwrap();
    let error = db.transaction(|tx| older(&tx, 1)).unwrap_err();
    assert!(matches!(error, Error::Busy(_)) && error.is_transient(), "{error}");
    let locking = db.transaction(|tx| tx.repository::<User>().query().for_share().get());
    assert!(matches!(locking, Err(Error::Busy(_))), "{locking:?}");
    // Tried again, it gets its turn.
    let tries = AtomicU32::new(0);
    thread::scope(|scope| {
        scope.spawn(|| {
            thread::sleep(SHORT + SHORT / 2);
            holder.commit().unwrap();
        });
        let options = TxOptions::new().read_committed().retries(20);
        let outcome = db.transaction_with(options, |tx| {
            tries.fetch_add(1, Ordering::Relaxed);
            older(&tx, 1)
        });
        assert_eq!(outcome.unwrap(), 1);
    });
    assert!(tries.into_inner() >= 2);
    assert_eq!(age(&db, 1), 2);
}

#[test]
fn a_transaction_that_does_nothing_for_too_long_is_told_and_not_in_doubt() {
    let Some(db) = database(|options| options.idle_in_transaction_timeout(SHORT)) else { return };
    for committing in [false, true] {
        let tx = db.begin().unwrap();
        older(&tx, 1).unwrap();
        thread::sleep(LONG);
        let error = if committing { tx.commit().unwrap_err() } else { older(&tx, 2).unwrap_err() };
        assert!(matches!(error, Error::Timeout(_)), "{error}");
        assert!(error.to_string().contains("idle_in_transaction_timeout"), "{error}");
        assert_eq!((age(&db, 1), age(&db, 2)), (0, 0));
    }
    let quick = db.transaction(|tx| older(&tx, 1));
    assert_eq!(quick.unwrap(), 1);
}

/// Each of two locks one record and then wants the other's.
fn crossed(db: &Database, options: TxOptions) -> Vec<orm_core::Result<u64>> {
    let both = Barrier::new(2);
    thread::scope(|scope| {
        let threads: Vec<_> = [(1, 2), (2, 1)]
            .into_iter()
            .map(|(first, second)| {
                let (db, both) = (&db, &both);
                scope.spawn(move || {
                    let mut tries = 0;
                    db.transaction_with(options, |tx| {
                        tries += 1;
                        older(&tx, first)?;
                        if tries == 1 {
                            both.wait();
                        }
                        older(&tx, second)
                    })
                })
            })
            .collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    })
}

#[test]
fn a_deadlock_is_told_and_tried_again() {
    let Some(db) = database(|options| options) else { return };
    let outcomes = crossed(&db, TxOptions::new().read_committed());
    let (done, failed): (Vec<_>, Vec<_>) = outcomes.into_iter().partition(Result::is_ok);
    assert_eq!((done.len(), failed.len()), (1, 1));
    let error = failed.into_iter().find_map(Result::err).unwrap();
    assert!(matches!(error, Error::Deadlock(_)) && error.is_transient(), "{error}");
    assert_eq!((age(&db, 1), age(&db, 2)), (1, 1), "nothing is left of the other");
    for outcome in crossed(&db, TxOptions::new().read_committed().retries(8)) {
        assert_eq!(outcome.unwrap(), 1);
    }
    assert_eq!((age(&db, 1), age(&db, 2)), (3, 3));
}

#[test]
fn a_locking_read_waits_and_then_sees_what_its_level_lets_it() {
    let Some(db) = database(|options| options) else { return };
    let read = |options: TxOptions| {
        let holder = db.begin().unwrap();
        older(&holder, 1).unwrap();
        let has_read = AtomicBool::new(false);
        thread::scope(|scope| {
            let reader = scope.spawn(|| {
                db.transaction_with(options, |tx| {
                    let users = tx.repository::<User>();
                    // Whoever only reads doesn't wait.
                    let before = users.find(1)?.map(|u| u.age);
                    has_read.store(true, Ordering::Relaxed);
                    let locked = users.query().for_update().find(1)?.map(|u| u.age);
                    Ok((before, locked))
                })
            });
            until(|| has_read.load(Ordering::Relaxed));
            thread::sleep(SHORT);
            assert!(!reader.is_finished(), "it doesn't wait for the other");
            holder.commit().unwrap();
            reader.join().unwrap()
        })
    };
    assert_eq!(read(TxOptions::new().read_committed()).unwrap(), (Some(0), Some(1)));
    assert!(matches!(read(TxOptions::new()), Err(Error::Serialization)));
    assert_eq!(read(TxOptions::new().retries(3)).unwrap(), (Some(3), Some(3)));
}
