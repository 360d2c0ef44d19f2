//! Writes by filter over a provider that has none.

use orm_core::Error;
use orm_core::connection::ConnectionName;
use orm_core::plan::CompareOp::Gt;
use orm_core::plan::RowWrite::Insert;
use orm_core::plan::{Assignment, Change, Link, Predicate, Write, Written};
use orm_core::provider::fallback::complete;
use orm_core::provider::{
    Capabilities, Connection, Counted, DataProvider, Statements, Transaction, TxOptions,
};
use orm_core::value::Value;
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
fn delete_and_update_by_filter() {
    let (connection, provider) = counted();
    let tagged = any(&POSTS, 1, equal(0, "b"));
    let mut writes = batch(vec![
        update_where(&USERS, equal(2, 20), vec![(4, add(-3)), (3, Assignment::Set(Value::Null))]),
        delete_where(&POSTS, tagged),
        delete_where(&TAGS, Predicate::Constant(false)),
    ]);
    let written = connection.apply(&mut writes).unwrap();
    assert_eq!(affected(written), [2, 3, 0]);
    assert!(matches!(writes.writes[0].change, Change::UpdateWhere { .. }));
    assert_eq!(provider.statements().writes, 3);
    assert_eq!(scores(&*connection), [5, 1, 0, 124]);
    assert_eq!(ids(&*connection, &POSTS), [12, 14]);
    let bossless = filtered(&USERS, Predicate::Null { column: 3 });
    assert_eq!(read(&*connection, bossless).unwrap().len(), 3);
}

#[test]
fn arithmetic_is_checked_and_nothing_is_written_when_it_fails() {
    let connection = filled();
    let add_all = |column, number| {
        let all = Predicate::Constant(true);
        connection.apply(&mut batch(vec![
            delete(&POSTS, &[10]),
            update_where(&USERS, all, vec![(column, add(number))]),
        ]))
    };
    for number in [1, i64::MAX] {
        let error = add_all(4, number).unwrap_err();
        assert!(matches!(error, Error::Overflow { model: "User", column: "score" }), "{error}");
    }
    assert_eq!(scores(&*connection), [5, 1, 3, 127]);
    assert_eq!(ids(&*connection, &POSTS).len(), 5);
    // NULL stays NULL.
    add_all(2, 1).unwrap();
    assert_eq!(ints(&read(&*connection, by_key(&USERS)).unwrap(), 2), [37, i64::MIN, 21, 21]);
}

#[test]
fn filters_see_earlier_writes_of_their_batch() {
    let connection = filled();
    let mut writes = batch(vec![
        write_some(&USERS, Insert, &[1, 4], &[row!["Eve", 9]]),
        write_some(&POSTS, Insert, &[0, 2], &[row![20, "Eve's"]]),
        update_where(&USERS, compare(4, Gt, 4), vec![(4, add(-1))]),
        delete_where(&USERS, any(&USERS, 2, equal(2, "Eve's"))),
        write_some(&USERS, Insert, &[1], &[row!["Fay"]]),
    ]);
    writes.links.push(Link { write: 1, row: 0, column: 1, to_write: 0, to_row: 0, to_column: 0, item: None });
    let written = connection.apply(&mut writes).unwrap();
    assert_eq!(affected(written), [1, 1, 3, 1, 1]);
    assert_eq!(writes.rows(0).unwrap().value(0, 0).to_value(), Value::Int(5));
    assert_eq!(ids(&*connection, &USERS), [1, 2, 3, 4, 6]);
    assert_eq!(scores(&*connection), [4, 1, 3, 126, 0]);
    assert_eq!(ids(&*connection, &POSTS), [10, 11, 12, 13, 14, 20]);
}

#[test]
fn clear_then_write_by_filter() {
    let connection = filled();
    let mut writes = batch(vec![
        Write { entity: &USERS, change: Change::Clear },
        write(&USERS, Insert, &[user(1, "One"), user(8, "Two")]),
        delete_where(&USERS, equal(0, 8)),
    ]);
    assert_eq!(affected(connection.apply(&mut writes).unwrap()), [4, 2, 1]);
    assert_eq!(ids(&*connection, &USERS), [1]);
}

#[test]
fn a_write_by_filter_names_the_index_it_would_break() {
    let connection = filled();
    let same_name = || {
        let set = vec![(1, Assignment::Set(Value::Text("X".into())))];
        update_where(&USERS, equal(2, 20), set)
    };
    let is_unique = |error: Error| matches!(&error, Error::Unique { at, model: "User", columns, .. } if at == "users" && columns == "name");
    assert!(is_unique(connection.apply(&mut batch(vec![same_name()])).unwrap_err()));
    let mut transaction = begin(&connection);
    assert!(is_unique(transaction.apply(&mut batch(vec![same_name()])).unwrap_err()));
}

#[test]
fn concurrent_filter_writes_lose_nothing() {
    let connection = filled();
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                for _ in 0..10 {
                    let one_more = update_where(&USERS, equal(0, 3), vec![(4, add(1))]);
                    connection.apply(&mut batch(vec![one_more])).unwrap();
                }
            });
        }
    });
    assert_eq!(scores(&*connection)[2], 43);
}

#[test]
fn statements_are_counted() {
    let (connection, provider) = counted();
    assert_eq!(provider.statements(), Statements::default());
    let _ = ids(&*connection, &USERS);
    let mut writes = batch(vec![delete(&USERS, &[4]), delete(&POSTS, &[14])]);
    connection.apply(&mut writes).unwrap();
    let counted = provider.clone().statements();
    assert_eq!((counted.reads, counted.writes, counted.total()), (1, 2, 3));
    assert_eq!(provider.log(), ["read users", "write users", "write posts"]);
    assert_eq!(provider.capabilities(), &Capabilities::minimal("tiny"));
}
