//! What the proofs found, and what was made of it: see `docs/proof.md`. What engines do under load is
//! done here on purpose, so that it can be repeated.

use orm_core::Error;
use orm_core::prelude::*;
use orm_core::provider::{Fault, Faults, On};
use orm_hostile::models::{Author, Post};
use orm_provider_memory::Memory;

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
