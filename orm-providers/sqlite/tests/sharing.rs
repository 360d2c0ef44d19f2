//! Transactions, connections side by side, and waiting.

mod common;
use common::*;
use orm_core::Error;
use orm_core::plan::{Change, RowWrite, Select};
use orm_core::provider::{Transaction, TxOptions};
use orm_provider_sqlite::{Sqlite, SqliteOptions};
use std::time::Duration;

fn role(id: i64) -> orm_core::plan::WriteBatch {
    batch(rows(&ROLES, &[&[i(id), t("r")]]), RowWrite::Insert)
}

fn count(tx: &mut dyn Transaction) -> usize {
    read_in(tx, Select::all(&ROLES)).len()
}

/// Runs with a database in memory and one in a file.
fn both(name: &str, run: impl Fn(Sqlite)) {
    run(Sqlite::memory().unwrap());
    let folder = Folder::new(name);
    run(Sqlite::open(folder.file("a.db")).unwrap());
}

#[test]
fn rolls_back_unless_committed() {
    both("drop", |sqlite| {
        let at = ready(&sqlite, "default");
        let all = || read(&*at, Select::all(&ROLES)).len();
        let mut tx = at.begin(&TxOptions::default()).unwrap();
        tx.apply(&mut role(1)).unwrap();
        assert_eq!(count(&mut *tx), 1, "reads its own writes");
        drop(tx);
        assert_eq!(all(), 0);
        let mut tx = at.begin(&TxOptions::default()).unwrap();
        tx.apply(&mut role(1)).unwrap();
        tx.rollback().unwrap();
        assert_eq!(all(), 0);
        let mut tx = at.begin(&TxOptions::default()).unwrap();
        tx.apply(&mut role(1)).unwrap();
        tx.commit().unwrap();
        assert_eq!(all(), 1);
    });
}

#[test]
fn savepoints_nest() {
    both("savepoints", |sqlite| {
        let at = ready(&sqlite, "default");
        let mut tx = at.begin(&TxOptions::default()).unwrap();
        tx.apply(&mut role(1)).unwrap();
        tx.savepoint(1).unwrap();
        tx.apply(&mut role(2)).unwrap();
        tx.savepoint(2).unwrap();
        tx.apply(&mut role(3)).unwrap();
        assert!(tx.apply(&mut role(1)).is_err());
        assert_eq!(count(&mut *tx), 3);
        tx.rollback_to(2).unwrap();
        assert_eq!(count(&mut *tx), 2);
        tx.savepoint(2).unwrap();
        tx.apply(&mut role(4)).unwrap();
        tx.release(2).unwrap();
        tx.rollback_to(1).unwrap();
        tx.savepoint(1).unwrap();
        tx.release(1).unwrap();
        assert_eq!(count(&mut *tx), 1);
        assert!(tx.release(7).is_err());
        tx.commit().unwrap();
        assert_eq!(ids(&*at, Select::all(&ROLES)), [1]);
    });
}

#[test]
fn a_read_only_transaction_is_one_snapshot() {
    let folder = Folder::new("snapshot");
    let sqlite = Sqlite::open(folder.file("a.db")).unwrap();
    let at = ready(&sqlite, "default");
    at.apply(&mut role(1)).unwrap();
    let mut snapshot = at.begin(&TxOptions::snapshot()).unwrap();
    at.apply(&mut role(2)).unwrap();
    assert_eq!(count(&mut *snapshot), 1);
    let error = snapshot.apply(&mut role(3)).unwrap_err();
    assert!(matches!(error, Error::ReadOnly { .. }), "{error}");
    snapshot.commit().unwrap();
    assert_eq!(read(&*at, Select::all(&ROLES)).len(), 2);
    // An open writer is seen by nobody else.
    let mut tx = at.begin(&TxOptions::default()).unwrap();
    tx.apply(&mut role(4)).unwrap();
    assert_eq!(read(&*at, Select::all(&ROLES)).len(), 2);
    drop(tx);
}

#[test]
fn waiting_too_long_is_busy() {
    let short = Duration::from_millis(50);
    let at = ready(&SqliteOptions::memory().busy_timeout(short).open().unwrap(), "default");
    let tx = at.begin(&TxOptions::default()).unwrap();
    let error = try_read(&*at, Select::all(&ROLES)).unwrap_err();
    assert!(error.is_transient() && error.to_string().contains("use the transaction"), "{error}");
    drop(tx);
    assert!(try_read(&*at, Select::all(&ROLES)).is_ok());

    let folder = Folder::new("busy");
    let open = || SqliteOptions::file(folder.file("a.db")).busy_timeout(short).readers(1).open().unwrap();
    let (one, other) = (ready(&open(), "default"), ready(&open(), "default"));
    let tx = one.begin(&TxOptions::default()).unwrap();
    for at in [&one, &other] {
        let error = at.apply(&mut role(1)).unwrap_err();
        assert!(matches!(&error, Error::Busy(text) if text.contains("a.db")), "{error}");
        assert!(try_read(&**at, Select::all(&ROLES)).is_ok(), "readers don't wait");
    }
    tx.commit().unwrap();
    other.apply(&mut role(1)).unwrap();
    let snapshot = one.begin(&TxOptions::snapshot()).unwrap();
    let error = try_read(&*one, Select::all(&ROLES)).unwrap_err();
    assert!(error.to_string().contains("`readers`"), "{error}");
    drop(snapshot);
    assert_eq!(ids(&*one, Select::all(&ROLES)), [1]);
}

#[test]
fn waits_for_another_thread() {
    both("threads", |sqlite| {
        let at = ready(&sqlite, "default");
        std::thread::scope(|scope| {
            for thread in 0..4 {
                let at = &at;
                scope.spawn(move || {
                    for n in 0..25 {
                        at.apply(&mut role(thread * 100 + n)).unwrap();
                        assert!(!read(&**at, Select::all(&ROLES)).is_empty());
                    }
                });
            }
        });
        assert_eq!(read(&*at, Select::all(&ROLES)).len(), 100);
    });
}

#[test]
fn connections_never_see_each_other() {
    both("names", |sqlite| {
        let (one, two) = (ready(&sqlite, "default"), ready(&sqlite, "secret"));
        one.apply(&mut role(1)).unwrap();
        two.apply(&mut role(2)).unwrap();
        two.apply(&mut role(3)).unwrap();
        assert_eq!(ids(&*one, Select::all(&ROLES)), [1]);
        assert_eq!(read(&*two, Select::all(&ROLES)).len(), 2);
        let made = |at: &dyn orm_core::provider::Connection| {
            let mut batch = batch(rows(&MARKS, &[&[None, i(1), i(1)]]), RowWrite::Insert);
            at.apply(&mut batch).unwrap();
            int(&batch.rows(0).unwrap().value(0, 0).to_value())
        };
        assert_eq!((made(&*one), made(&*one), made(&*two)), (1, 2, 1));
        change(&*two, &ROLES, Change::Clear).unwrap();
        // A clone of the handle is the same data.
        let again = ready(&sqlite.clone(), "default");
        assert_eq!(ids(&*again, Select::all(&ROLES)), [1]);
    });
}

#[test]
fn a_panicking_sink_leaves_the_session_usable() {
    struct Panics;
    impl orm_core::provider::RowSink for Panics {
        fn row(&mut self, _: &dyn orm_core::provider::Row) -> orm_core::Result<orm_core::provider::Flow> {
            panic!("a sink's own fault")
        }
    }
    both("panic", |sqlite| {
        let at = ready(&sqlite, "default");
        at.apply(&mut role(1)).unwrap();
        let result = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            at.select(&std::sync::Arc::new(Select::all(&ROLES)), &mut Panics)
        }));
        assert!(result.is_err());
        at.apply(&mut role(2)).unwrap();
        assert_eq!(read(&*at, Select::all(&ROLES)).len(), 2);
    });
}
