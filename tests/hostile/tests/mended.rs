//! What the proofs found, and what was made of it: see `docs/proof.md`. What engines do under load is
//! done here on purpose, so that it can be repeated.

use orm_core::Error;
use orm_core::prelude::*;
use orm_core::provider::{Fault, Faults, On};
use orm_hostile::models::{Author, Post};
use orm_provider_memory::Memory;
use orm_provider_mysql::MysqlOptions;
use orm_provider_postgres::PostgresOptions;
use orm_test_support::executor::block_on;
use std::io::Read;
use std::net::TcpListener;
use std::thread;
use std::time::Duration;

fn database() -> (Faults<Memory>, Database) {
    let faults = Faults::new(Memory::new());
    let db = Database::builder().provider(faults.clone()).models::<Author>().start().unwrap();
    (faults, db)
}

/// A deadlock takes the whole transaction along on some engines, savepoints too.
#[test]
fn a_savepoint_that_went_with_its_transaction_is_tried_again_with_it() {
    let (faults, db) = database();
    faults.inject(Fault::before(On::Apply).error(|| Error::Deadlock("met".to_owned())));
    faults.inject(Fault::before(On::RollbackTo).error(|| Error::TransactionClosed("it was rolled back")));
    let mut tries = 0;
    let saved = db.transaction(|tx| {
        tries += 1;
        tx.transaction(|inner| inner.repository::<Author>().save(Author::draft().id(1).name("Ada")))
    });
    assert_eq!(saved.unwrap().name, "Ada");
    assert_eq!((tries, db.repository::<Author>().count().unwrap()), (2, 1));

    // What can't be tried again doesn't hide that the savepoint is lost.
    faults.inject(Fault::before(On::RollbackTo).error(|| Error::TransactionClosed("it was rolled back")));
    let tx = db.begin().unwrap();
    let outcome =
        tx.transaction(|inner| inner.repository::<Author>().insert(Author::draft().id(1).name("B")));
    assert!(matches!(outcome, Err(Error::TransactionClosed(_))), "{outcome:?}");
    assert!(matches!(tx.commit(), Err(Error::TransactionClosed(_))));
}

/// Nobody need look whether something that only read was committed.
#[test]
fn a_read_whose_end_is_lost_is_no_unknown_commit() {
    let (faults, db) = database();
    db.repository::<Author>()
        .save(Author::draft().id(1).name("Ada").posts([Post::draft().id(1).title("t")]))
        .unwrap();
    for fault in [|| Fault::before(On::Commit), || Fault::after(On::Commit)] {
        let unknown = || Error::CommitUnknown("the line went dead".to_owned());
        faults.inject(fault().error(unknown));
        let mut tries = 0;
        let read = db.transaction_with(TxOptions::snapshot(), |tx| {
            tries += 1;
            tx.repository::<Author>().count()
        });
        assert_eq!((read.unwrap(), tries), (1, 2));

        faults.inject(fault().error(unknown));
        let tx = db.begin_with(TxOptions::snapshot()).unwrap();
        assert!(matches!(tx.commit(), Err(Error::ConnectionLost(_))));

        faults.inject(fault().error(unknown));
        let read = db.repository::<Author>().query().with(|a| a.posts).get();
        assert!(matches!(read, Err(Error::ConnectionLost(_))), "{read:?}");

        // What writes is told as before.
        faults.inject(fault().error(unknown));
        let tx = db.begin().unwrap();
        tx.repository::<Author>().query().all_rows().update(|a| a.age.add(1)).unwrap();
        assert!(matches!(tx.commit(), Err(Error::CommitUnknown(_))));
        faults.clear();
    }
}

/// Whoever connects to it is hung up on, once it has said something.
fn hangs_up() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    thread::spawn(move || {
        for client in listener.incoming().flatten() {
            // Without reading all of it, the end would be a reset; either may be met.
            let _ = client.set_read_timeout(Some(Duration::from_millis(20)));
            let _ = (&client).read(&mut [0; 64]);
        }
    });
    port
}

/// A connection that the server ends while it is being made is a lost one like any other.
#[test]
fn a_connection_that_ends_while_it_is_made_may_be_tried_again() {
    let postgres = |port| PostgresOptions::from_url(&format!("postgres://a:s3cr3t@127.0.0.1:{port}/d"));
    let mysql = |port| MysqlOptions::from_url(&format!("mysql://a:s3cr3t@127.0.0.1:{port}/d"));
    let port = hangs_up();
    let outcome = block_on(postgres(port).unwrap().connect()).map(drop);
    assert!(matches!(outcome, Err(Error::ConnectionLost(_))), "{outcome:?}");
    let outcome = block_on(mysql(port).unwrap().connect()).map(drop);
    assert!(matches!(outcome, Err(Error::ConnectionLost(_))), "{outcome:?}");
    // Where nobody is, it is no use to try again.
    let nobody = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let outcome = block_on(postgres(nobody).unwrap().connect()).map(drop);
    assert!(matches!(outcome, Err(Error::Provider { .. })), "{outcome:?}");
    let outcome = block_on(mysql(nobody).unwrap().connect()).map(drop);
    assert!(matches!(outcome, Err(Error::Provider { .. })), "{outcome:?}");
}
