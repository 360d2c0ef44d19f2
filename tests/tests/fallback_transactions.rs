//! Transactions over a provider that has none.

use orm_core::Error;
use orm_core::connection::ConnectionName;
use orm_core::error::RowFault;
use orm_core::plan::RowWrite::{Insert, Merge, Update};
use orm_core::plan::{Change, Link, Write, Written};
use orm_core::provider::fallback::{Gather, complete};
use orm_core::provider::{Connection, Counted, DataProvider, Transaction, TxOptions};
use orm_core::value::{KeyValues, Value};
use orm_tests::hand_built::*;
use orm_tests::row;
use orm_tests::tiny::Tiny;
use std::sync::Arc;

type Connected = Arc<dyn Connection>;

fn filled() -> Connected {
    counted().0
}

/// Also the count of what reaches the provider.
fn counted() -> (Connected, Counted<Tiny>) {
    let provider = Counted::new(Tiny::default()).with_log();
    let connection = provider.open(&ConnectionName::new("writes").unwrap()).unwrap();
    let connection = complete(provider.capabilities(), connection);
    connection.sync(&ALL, Default::default()).unwrap();
    connection.apply(&mut batch(sample())).unwrap();
    provider.reset();
    (connection, provider)
}

fn affected(written: Written) -> Vec<u64> {
    written.affected
}

fn scores(connection: &dyn Connection) -> Vec<i64> {
    ints(&read(connection, by_key(&USERS)).unwrap(), 4)
}

fn begin(connection: &Connected) -> Box<dyn Transaction> {
    connection.begin(&TxOptions::default()).unwrap()
}

fn user(id: i64, name: &str) -> Vec<Value> {
    row![id, name, (), (), 0]
}

#[test]
fn unique_values_may_change_places() {
    let connection = filled();
    let mut transaction = begin(&connection);
    for (id, name) in [(1, "x"), (2, "Ada"), (1, "Bob")] {
        let rename = write_some(&USERS, Update, &[0, 1], &[row![id, name]]);
        transaction.apply(&mut batch(vec![rename])).unwrap();
    }
    transaction.commit().unwrap();
    let named = |name| ints(&read(&*connection, filtered(&USERS, equal(1, name))).unwrap(), 0);
    assert_eq!((named("Ada"), named("Bob")), (vec![2], vec![1]));
    // Nothing else of them has changed.
    assert_eq!(scores(&*connection), [5, 1, 3, 127]);
}

#[test]
fn a_transaction_reads_its_own_writes_and_nobody_else_does() {
    let connection = filled();
    let mut transaction = begin(&connection);
    let mut writes = batch(vec![
        write_some(&USERS, Insert, &[1], &[row!["Eve"]]),
        write(&POSTS, Insert, &[row![30, (), "Hers"]]),
        write_some(&USERS, Merge, &[0, 4], &[row![1, 77]]),
        delete(&POSTS, &[10, 99]),
        delete_where(&USERS, equal(1, "Cy")),
    ]);
    writes.links.push(Link { write: 1, row: 0, column: 1, to_write: 0, to_row: 0, to_column: 0, item: None });
    assert_eq!(affected(transaction.apply(&mut writes).unwrap()), [1, 1, 1, 1, 1]);
    assert_eq!(ids_in(&mut *transaction, &USERS), [1, 2, 4, 5]);
    let authors = filtered(&USERS, any(&USERS, 2, equal(2, "Hers")));
    assert_eq!(ints(&read_in(&mut *transaction, authors).unwrap(), 0), [5]);
    let mut posts = led_to(&USERS, 2, &[1, 5]);
    posts.order = vec![descending(0)];
    assert_eq!(ints(&read_in(&mut *transaction, posts).unwrap(), 0), [30, 12, 11]);
    let mut gather = Gather::new(5);
    transaction.find(&USERS, &KeyValues::one(Value::Int(1)), &mut gather).unwrap();
    transaction.find(&USERS, &KeyValues::one(Value::Int(3)), &mut gather).unwrap();
    assert_eq!(gather.rows.iter().map(|r| r.to_vec()).collect::<Vec<_>>(), [row![1, "Ada", 36, (), 77]]);

    assert_eq!(ids(&*connection, &USERS), [1, 2, 3, 4]);
    transaction.commit().unwrap();
    assert_eq!(ids(&*connection, &USERS), [1, 2, 4, 5]);
    assert_eq!(ids(&*connection, &POSTS), [11, 12, 13, 14, 30]);
    assert_eq!(scores(&*connection), [77, 1, 127, 0]);
}

#[test]
fn dropped_and_rolled_back_transactions_leave_nothing() {
    let connection = filled();
    for roll_back in [true, false] {
        let mut transaction = begin(&connection);
        let clear = Write { entity: &USERS, change: Change::Clear };
        transaction.apply(&mut batch(vec![clear])).unwrap();
        assert_eq!(ids_in(&mut *transaction, &USERS), [0; 0]);
        if roll_back {
            transaction.rollback().unwrap();
        }
    }
    assert_eq!(ids(&*connection, &USERS), [1, 2, 3, 4]);
}

#[test]
fn savepoints_nest() {
    let connection = filled();
    let mut transaction = begin(&connection);
    let insert = |transaction: &mut Box<dyn Transaction>, id, name| {
        let rows = write(&USERS, Insert, &[user(id, name)]);
        transaction.apply(&mut batch(vec![rows])).map(drop)
    };
    insert(&mut transaction, 10, "a").unwrap();
    transaction.savepoint(1).unwrap();
    insert(&mut transaction, 11, "b").unwrap();
    let clear = Write { entity: &USERS, change: Change::Clear };
    transaction.apply(&mut batch(vec![clear])).unwrap();
    transaction.savepoint(2).unwrap();
    insert(&mut transaction, 12, "Ada").unwrap();
    transaction.rollback_to(2).unwrap();
    assert_eq!(ids_in(&mut *transaction, &USERS), [0; 0]);
    transaction.rollback_to(1).unwrap();
    assert_eq!(ids_in(&mut *transaction, &USERS), [1, 2, 3, 4, 10]);
    // Unique values that were given up are free again, those that came back are taken.
    insert(&mut transaction, 13, "b").unwrap();
    let error = insert(&mut transaction, 14, "Ada").unwrap_err();
    assert_eq!(fault(&error), Some((0, 0, &RowFault::Unique(0))));
    transaction.savepoint(1).unwrap();
    insert(&mut transaction, 15, "c").unwrap();
    transaction.release(1).unwrap();
    assert!(transaction.rollback_to(1).is_err());
    transaction.commit().unwrap();
    assert_eq!(ids(&*connection, &USERS), [1, 2, 3, 4, 10, 13, 15]);
}

#[test]
fn faults_of_rows_in_a_transaction() {
    let connection = filled();
    let mut transaction = begin(&connection);
    let mut faulty = |change: Write| {
        let error = transaction
            .apply(&mut batch(vec![write(&USERS, Insert, &[user(50, "new")]), change]))
            .unwrap_err();
        // The whole batch is undone.
        assert_eq!(ids_in(&mut *transaction, &USERS), [1, 2, 3, 4]);
        let (write, row, fault) = fault(&error).expect("a fault of a row");
        (write, row, fault.clone())
    };
    let rows = [user(60, "other"), user(1, "Ada 2")];
    assert_eq!(faulty(write(&USERS, Insert, &rows)), (1, 1, RowFault::Duplicate));
    assert_eq!(faulty(write(&USERS, Insert, &[user(50, "x")])), (1, 0, RowFault::Duplicate));
    assert_eq!(faulty(write(&USERS, Update, &[user(70, "x")])), (1, 0, RowFault::NotFound));
    assert_eq!(faulty(write(&USERS, Merge, &[user(2, "new")])), (1, 0, RowFault::Unique(0)));
    let nameless = write_some(&USERS, Merge, &[0], &[row![80]]);
    assert_eq!(faulty(nameless), (1, 0, RowFault::Missing(1)));
    let keyless = write_some(&TAGS, Merge, &[1], &[row![1]]);
    assert_eq!(faulty(keyless), (1, 0, RowFault::Missing(0)));
}

#[test]
fn keys_made_in_a_transaction_are_new() {
    let connection = filled();
    let mut transaction = begin(&connection);
    let mut make = |writes: Vec<Write>, at: usize| {
        let mut writes = batch(writes);
        transaction.apply(&mut writes).unwrap();
        let rows = writes.rows(at).unwrap();
        (0..rows.len()).map(|r| rows.value(r, 0).to_value()).collect::<Vec<_>>()
    };
    let new = |names: &[&str]| {
        let rows: Vec<_> = names.iter().map(|n| row![*n]).collect();
        write_some(&USERS, Insert, &[1], &rows)
    };
    assert_eq!(make(vec![new(&["a", "b"])], 0), row![5, 6]);
    // A stated key is taken, even by a later write of the batch, and a removed one isn't made again.
    let stated = write(&USERS, Insert, &[user(9, "nine")]);
    assert_eq!(make(vec![new(&["c"]), stated], 0), row![10]);
    assert_eq!(make(vec![delete(&USERS, &[10]), new(&["d"])], 1), row![11]);
    let last = write(&USERS, Insert, &[user(i64::MAX, "last")]);
    transaction.apply(&mut batch(vec![last])).unwrap();
    let error = transaction.apply(&mut batch(vec![new(&["e"])])).unwrap_err();
    assert!(matches!(error, Error::Overflow { .. }));
}

#[test]
fn who_commits_first_wins() {
    let connection = filled();
    let change = |score: i64| batch(vec![write_some(&USERS, Merge, &[0, 4], &[row![1, score]])]);
    let (mut first, mut second) = (begin(&connection), begin(&connection));
    first.apply(&mut change(10)).unwrap();
    second.apply(&mut change(20)).unwrap();
    first.commit().unwrap();
    assert!(matches!(second.commit(), Err(Error::Serialization)));
    assert_eq!(scores(&*connection)[0], 10);
    // Other records of the entity are no conflict.
    let (mut first, mut second) = (begin(&connection), begin(&connection));
    first.apply(&mut change(30)).unwrap();
    second.apply(&mut batch(vec![delete(&USERS, &[4])])).unwrap();
    first.commit().unwrap();
    second.commit().unwrap();
    assert_eq!(scores(&*connection), [30, 1, 3]);
    // Two new records of one key, and of one unique value.
    for (a, b) in [(user(9, "p"), user(9, "q")), (user(20, "r"), user(21, "r"))] {
        let (mut first, mut second) = (begin(&connection), begin(&connection));
        first.apply(&mut batch(vec![write(&USERS, Insert, &[a])])).unwrap();
        second.apply(&mut batch(vec![write(&USERS, Insert, &[b])])).unwrap();
        first.commit().unwrap();
        assert!(matches!(second.commit(), Err(Error::Serialization)));
    }
}

#[test]
fn a_transaction_scans_each_entity_once_and_again_to_commit() {
    let (connection, provider) = counted();
    let mut transaction = begin(&connection);
    for _ in 0..3 {
        let _ = ids_in(&mut *transaction, &USERS);
        let _ = ids_in(&mut *transaction, &POSTS);
    }
    assert_eq!(provider.log(), ["read users", "read posts"]);
    connection.apply(&mut batch(vec![delete(&USERS, &[4])])).unwrap();
    assert_eq!(ids_in(&mut *transaction, &USERS), [1, 2, 3, 4]);
    provider.reset();
    transaction.commit().unwrap();
    assert_eq!(provider.statements().total(), 0);
    let mut transaction = begin(&connection);
    for id in [100, 101] {
        let rows = write(&POSTS, Insert, &[row![id, 1, "x"]]);
        transaction.apply(&mut batch(vec![rows])).unwrap();
    }
    provider.reset();
    transaction.commit().unwrap();
    assert_eq!(provider.log(), ["read posts", "write posts"]);
}

#[test]
fn read_only_transactions_do_not_write() {
    let connection = filled();
    let mut transaction = connection.begin(&TxOptions::snapshot()).unwrap();
    let error = transaction.apply(&mut batch(vec![delete(&USERS, &[1])])).unwrap_err();
    assert!(matches!(error, Error::ReadOnly { .. }));
    assert_eq!(ids_in(&mut *transaction, &USERS), [1, 2, 3, 4]);
}

#[test]
fn going_back_gives_unique_values_back_to_their_owners() {
    let connection = filled();
    let mut transaction = begin(&connection);
    let mut write = |rows| transaction.apply(&mut batch(vec![rows])).map(drop);
    let rename = |id: i64, name: &str| write_some(&USERS, Update, &[0, 1], &[row![id, name]]);
    write(rename(1, "Ann")).unwrap();
    // This batch fails after its first write, which let go of "Bob".
    let both = write_some(&USERS, Update, &[0, 1], &[row![2, "Rob"], row![3, "Ann"]]);
    let error = write(both).unwrap_err();
    assert_eq!(fault(&error), Some((0, 1, &RowFault::Unique(0))));
    assert!(write(rename(4, "Bob")).is_err());
    write(rename(4, "Rob")).unwrap();
    write(rename(3, "Ada")).unwrap();
}
