//! What takes too long, and who waits for whom.

use crate::server;
use orm_core::Error;
use orm_core::prelude::*;
use orm_provider_mysql::MysqlOptions;
use orm_tests::scenarios::blog::User;
use std::thread;
use std::time::{Duration, Instant};

const SHORT: Duration = Duration::from_millis(150);
/// The least that the engine counts of locks and of doing nothing.
const SECOND: Duration = Duration::from_secs(1);

/// A database with users 1 and 2.
fn database(set: impl FnOnce(MysqlOptions) -> MysqlOptions) -> Option<Database> {
    let options = server()?.options().unwrap();
    let provider = set(options).lazy().unwrap();
    let db = Database::builder().provider(provider).models::<User>().retries(0).start().unwrap();
    let users = db.repository::<User>();
    users.save_many((1..=2).map(|id| User::draft().id(id).name("n").age(0))).unwrap();
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
    // A save of its own, a call in a transaction, a read that locks, and SQL.
    let error = users.update(User::draft().id(1).age(9)).unwrap_err();
    assert!(matches!(error, Error::Timeout(_)) && !error.is_transient(), "{error}");
    assert!(error.to_string().contains("statement_timeout"), "{error}");
    let error = db.transaction(|tx| older(&tx, 1)).unwrap_err();
    assert!(matches!(error, Error::Timeout(_)), "{error}");
    let locking = db.transaction(|tx| tx.repository::<User>().query().for_update().get());
    assert!(matches!(locking, Err(Error::Timeout(_))), "{locking:?}");
    let slept = db.sql("SELECT SLEEP(20)").one::<i64>();
    assert!(matches!(slept, Err(Error::Timeout(_))), "{slept:?}");
    let spent = start.elapsed();
    assert!(spent >= 4 * SHORT && spent < Duration::from_secs(15), "{spent:?}");
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
    let start = Instant::now();
    let error = db.transaction(|tx| older(&tx, 1)).unwrap_err();
    assert!(matches!(error, Error::Busy(_)) && error.is_transient(), "{error}");
    assert!(start.elapsed() < 20 * SECOND);
    // Tried again, it gets its turn.
    thread::scope(|scope| {
        scope.spawn(|| {
            thread::sleep(SECOND + SECOND / 2);
            holder.commit().unwrap();
        });
        let options = TxOptions::new().read_committed().retries(20);
        assert_eq!(db.transaction_with(options, |tx| older(&tx, 1)).unwrap(), 1);
    });
    assert_eq!(age(&db, 1), 2);
}

#[test]
fn a_transaction_that_does_nothing_for_too_long_is_told_and_not_in_doubt() {
    let set = |options: MysqlOptions| options.idle_in_transaction_timeout(SHORT);
    let Some(db) = database(set) else { return };
    for committing in [false, true] {
        let tx = db.begin().unwrap();
        older(&tx, 1).unwrap();
        thread::sleep(3 * SECOND);
        let error = if committing { tx.commit().unwrap_err() } else { older(&tx, 2).unwrap_err() };
        assert!(matches!(error, Error::Timeout(_)), "{error}");
        assert!(error.to_string().contains("idle_in_transaction_timeout"), "{error}");
        assert_eq!((age(&db, 1), age(&db, 2)), (0, 0));
    }
    assert_eq!(db.transaction(|tx| older(&tx, 1)).unwrap(), 1);
}

#[test]
fn who_gets_no_connection_is_told_who_has_them() {
    let set = |options: MysqlOptions| options.pool_size(2).pool_timeout(SHORT);
    let Some(db) = database(set) else { return };
    let oldest = db.begin().unwrap();
    thread::sleep(SHORT);
    let other = db.begin().unwrap();
    let error = db.repository::<User>().query().count().unwrap_err();
    let Error::Timeout(message) = error else { panic!("{error}") };
    for part in
        ["2 of 2 are in use", "more calls wait", "by a transaction on connection `default`", "`pool_size`"]
    {
        assert!(message.contains(part), "{message}");
    }
    other.rollback().unwrap();
    assert_eq!(db.repository::<User>().query().count().unwrap(), 2);
    oldest.rollback().unwrap();
}
