//! Writes: rows, keys, changes by condition, and what is refused.

mod common;
use common::*;
use orm_core::Error;
use orm_core::error::RowFault;
use orm_core::plan::{
    Assignment, Change, CompareOp, KeySet, Link, Predicate, RowWrite, Select, Write, WriteBatch,
};
use orm_core::provider::{Connection, Flow, Row, RowSink, SqlSink, SqlStatement, Wanted};
use orm_core::value::{Kind, Value, ValueRef};
use std::sync::Arc;

#[test]
fn merge_overwrites_what_is_given() {
    let at = memory();
    write(&*at, RowWrite::Merge, &USERS, &[&[i(1), t("Ada"), t("red"), None, None], &[i(2), t("Bob")]])
        .unwrap();
    // Full and partial, null and absent, and a key alone.
    let written = write(
        &*at,
        RowWrite::Merge,
        &USERS,
        &[&[i(1), t("Ada L"), None, i(2)], &[i(2), None, t("blond")], &[i(1), None, null()], &[i(2)]],
    )
    .unwrap();
    assert_eq!(written.affected, [4]);
    assert_eq!(
        all(&*at, &USERS),
        [record(&[i(1), t("Ada L"), None, i(2), None]), record(&[i(2), t("Bob"), t("blond"), None, None]),]
    );
}

#[test]
fn a_partial_record_needs_a_complete_one() {
    let at = memory();
    // The partial one comes first.
    write(
        &*at,
        RowWrite::Merge,
        &USERS,
        &[&[i(1), None, t("red"), None, t("a@x")], &[i(1), t("Ada"), None, None, t("b@x")]],
    )
    .unwrap();
    assert_eq!(all(&*at, &USERS), [record(&[i(1), t("Ada"), t("red"), None, t("b@x")])]);
    for partial in [vec![i(9)], vec![i(9), None, t("red")]] {
        let error = write(&*at, RowWrite::Merge, &USERS, &[&[i(8), t("Cy")], &partial]).unwrap_err();
        assert_eq!(fault(error), (0, 1, RowFault::Missing(1)));
        assert_eq!(all(&*at, &USERS).len(), 1, "all or nothing");
    }
    let error = write(&*at, RowWrite::Merge, &USERS, &[&[None, t("no key")]]).unwrap_err();
    assert_eq!(fault(error), (0, 0, RowFault::Missing(0)));
}

#[test]
fn insert_must_be_new_and_update_must_exist() {
    let at = memory();
    seed(&*at);
    let insert =
        |records: &[&[Option<Value>]]| fault(write(&*at, RowWrite::Insert, &USERS, records).unwrap_err());
    assert_eq!(insert(&[&[i(7), t("x")], &[i(1), t("y")]]), (0, 1, RowFault::Duplicate));
    assert_eq!(insert(&[&[i(7), t("x")], &[i(7), t("y")]]), (0, 1, RowFault::Duplicate));
    assert_eq!(insert(&[&[i(7)]]), (0, 0, RowFault::Missing(1)));
    let pair = write(&*at, RowWrite::Insert, &ROLE_USER, &[&[i(1), i(1)]]).unwrap_err();
    assert_eq!(fault(pair), (0, 0, RowFault::Duplicate));
    let update = |record: &[Option<Value>]| write(&*at, RowWrite::Update, &USERS, &[record]);
    update(&[i(1), None, t("grey")]).unwrap();
    update(&[i(1)]).unwrap();
    assert_eq!(fault(update(&[i(9), t("x")]).unwrap_err()), (0, 0, RowFault::NotFound));
    assert_eq!(fault(update(&[i(9)]).unwrap_err()), (0, 0, RowFault::NotFound));
    assert_eq!(all(&*at, &USERS)[0], record(&[i(1), t("Ada"), t("grey"), None, t("ada@x")]));
}

#[test]
fn unique_indexes_are_enforced_but_for_null() {
    let at = memory();
    seed(&*at);
    for how in [RowWrite::Insert, RowWrite::Merge] {
        let error = write(&*at, how, &USERS, &[&[i(7), t("x"), None, None, t("ada@x")]]).unwrap_err();
        assert_eq!(fault(error), (0, 0, RowFault::Unique(0)));
    }
    let error = write(&*at, RowWrite::Update, &USERS, &[&[i(2), None, None, None, t("ada@x")]]).unwrap_err();
    assert_eq!(fault(error), (0, 0, RowFault::Unique(0)));
    let error = change(
        &*at,
        &USERS,
        Change::UpdateWhere {
            filter: Predicate::Constant(true),
            set: vec![(4, Assignment::Set(Value::Text("same".into())))],
        },
    )
    .unwrap_err();
    assert!(matches!(&error, Error::Unique { model: "User", columns, .. } if columns == "email"), "{error}");
    // Both the key and an index: the key is what `insert` is about.
    let error =
        write(&*at, RowWrite::Insert, &USERS, &[&[i(1), t("x"), None, None, t("ada@x")]]).unwrap_err();
    assert_eq!(fault(error), (0, 0, RowFault::Duplicate));
    let bytes = |b: &[u8]| Some(Value::Bytes(b.into()));
    let uuid = |n| Some(Value::Uuid([n; 16]));
    write(&*at, RowWrite::Merge, &GROUP, &[&[t("a"), uuid(1), bytes(b"x")]]).unwrap();
    let error = write(&*at, RowWrite::Merge, &GROUP, &[&[t("a"), uuid(2), bytes(b"x")]]).unwrap_err();
    assert_eq!(fault(error), (0, 0, RowFault::Unique(0)));
    let error = write(&*at, RowWrite::Insert, &GROUP, &[&[t("a"), uuid(1), bytes(b"x")]]).unwrap_err();
    assert_eq!(fault(error), (0, 0, RowFault::Duplicate));
}

#[test]
fn a_failing_batch_leaves_nothing() {
    let at = memory();
    seed(&*at);
    let before = all(&*at, &USERS);
    let mut both = WriteBatch::default();
    for (entity, how, records) in [
        (&USERS, RowWrite::Merge, vec![[i(1), t("changed")], [i(50), t("new")]]),
        (&ROLES, RowWrite::Insert, vec![[i(9), t("new")], [i(1), t("there")]]),
    ] {
        let records: Vec<&[Option<Value>]> = records.iter().map(|r| r.as_slice()).collect();
        let rows = rows(entity, &records);
        both.writes.push(Write { entity, change: Change::Rows { how, rows } });
    }
    assert_eq!(fault(at.apply(&mut both.clone()).unwrap_err()), (1, 1, RowFault::Duplicate));
    assert_eq!(all(&*at, &USERS), before);
    assert_eq!(all(&*at, &ROLES).len(), 3);
    // Inside of a transaction it leaves what was before the call.
    let mut tx = at.begin(&Default::default()).unwrap();
    tx.apply(&mut batch(rows(&ROLES, &[&[i(20), t("kept")]]), RowWrite::Insert)).unwrap();
    assert!(tx.apply(&mut both).is_err());
    tx.commit().unwrap();
    assert_eq!(all(&*at, &USERS), before);
    assert_eq!(all(&*at, &ROLES).len(), 4);
}

#[test]
fn keys_are_made_and_linked() {
    let at = memory();
    let post = |cells: &[Option<Value>]| rows(&POSTS, &[cells]);
    let mut first =
        batch(rows(&POSTS, &[&[None, t("a")], &[i(5), t("b")], &[None, t("c")]]), RowWrite::Insert);
    at.apply(&mut first).unwrap();
    let keys = |b: &WriteBatch, w: usize| -> Vec<i64> {
        let rows = b.rows(w).unwrap();
        (0..rows.len()).map(|r| int(&rows.value(r, 0).to_value())).collect()
    };
    assert_eq!(keys(&first, 0), [6, 5, 7]);
    assert_eq!(all(&*at, &POSTS)[0], record(&[i(5), t("b"), None, i(7)]));
    // Never again the key of a removed record, not even after all are gone.
    change(&*at, &POSTS, Change::Delete { keys: Arc::unwrap_or_clone(int_keys([7])) }).unwrap();
    change(&*at, &POSTS, Change::Clear).unwrap();
    // Two writes of one entity, and a link to a key that isn't known yet.
    let mut linked = WriteBatch {
        writes: vec![
            Write {
                entity: &POSTS,
                change: Change::Rows { how: RowWrite::Insert, rows: post(&[None, t("d")]) },
            },
            Write {
                entity: &POSTS,
                change: Change::Rows { how: RowWrite::Merge, rows: post(&[None, t("e")]) },
            },
            Write {
                entity: &MARKS,
                change: Change::Rows { how: RowWrite::Insert, rows: rows(&MARKS, &[&[None, None, i(1)]]) },
            },
        ],
        links: vec![Link { write: 2, row: 0, column: 1, to_write: 1, to_row: 0, to_column: 0, item: None }],
    };
    at.apply(&mut linked).unwrap();
    assert_eq!((keys(&linked, 0), keys(&linked, 1)), (vec![8], vec![9]));
    assert_eq!(all(&*at, &MARKS), [record(&[i(1), i(9), i(1)])]);
    // A batch that failed is as it came.
    let mut failing = batch(rows(&POSTS, &[&[None, t("x")], &[None]]), RowWrite::Insert);
    assert_eq!(fault(at.apply(&mut failing).unwrap_err()), (0, 1, RowFault::Missing(1)));
    assert!(!failing.rows(0).unwrap().has_value(0, 0));
    // The kind's end is the end.
    write(&*at, RowWrite::Insert, &MARKS, &[&[i(i64::from(u32::MAX)), i(1), i(1)]]).unwrap();
    let error = write(&*at, RowWrite::Insert, &MARKS, &[&[None, i(1), i(1)]]).unwrap_err();
    assert!(matches!(error, Error::Overflow { column: "id", .. }), "{error}");
}

#[test]
fn changes_by_condition() {
    let at = memory();
    seed(&*at);
    let notes = Predicate::Text { column: 1, how: orm_core::plan::TextMatch::ILike, text: "%notes".into() };
    let set = vec![
        (3, Assignment::Add(Value::Int(-2))),
        (1, Assignment::Set(Value::Text("N".into()))),
        (2, Assignment::Add(Value::Int(1))),
    ];
    let affected = change(&*at, &POSTS, Change::UpdateWhere { filter: notes, set }).unwrap();
    assert_eq!(affected, 2);
    assert_eq!(
        all(&*at, &POSTS)[..2],
        [record(&[i(10), t("N"), i(2), i(3)]), record(&[i(11), t("N"), i(2), i(7)]),]
    );
    // NULL stays NULL.
    let set = vec![(2, Assignment::Add(Value::Int(1)))];
    change(&*at, &POSTS, Change::UpdateWhere { filter: compare(0, CompareOp::Eq, Value::Int(13)), set })
        .unwrap();
    assert_eq!(all(&*at, &POSTS)[3][2], Value::Null);
    // Users without posts go; the condition reads the table that is changed as well.
    let childless = Predicate::And(vec![
        Predicate::Related {
            relation: &USERS.relations[0],
            filter: Box::new(Predicate::Constant(true)),
            middle: None,
            count: (CompareOp::Eq, 0),
        },
        Predicate::Related {
            relation: &USERS.relations[1],
            filter: Box::new(Predicate::Constant(true)),
            middle: None,
            count: (CompareOp::Ge, 1),
        },
    ]);
    assert_eq!(change(&*at, &USERS, Change::DeleteWhere { filter: childless }).unwrap(), 2);
    assert_eq!(ids(&*at, Select { limit: Some(9), ..Select::all(&USERS) }), [1, 2]);
    let mut keys = KeySet::new([Kind::U64, Kind::I64]);
    for (user, role) in [(1, 1), (2, 3), (8, 8)] {
        keys.push(|part| ValueRef::Int([user, role][part]));
    }
    assert_eq!(change(&*at, &ROLE_USER, Change::Delete { keys }).unwrap(), 2);
    let none = KeySet::new([Kind::U64, Kind::I64]);
    assert_eq!(change(&*at, &ROLE_USER, Change::Delete { keys: none }).unwrap(), 0);
    assert_eq!(change(&*at, &ROLE_USER, Change::Clear).unwrap(), 3);
    let many = Arc::unwrap_or_clone(int_keys(0..50_000));
    assert_eq!(change(&*at, &USERS, Change::Delete { keys: many }).unwrap(), 2);
}

/// Users with these keys, whose mail is made from them.
fn users(keys: impl IntoIterator<Item = i64>) -> Vec<Vec<Option<Value>>> {
    keys.into_iter().map(|key| vec![i(key), t("n"), None, None, t(&format!("{key}@x"))]).collect()
}

fn write_users(at: &dyn Connection, how: RowWrite, records: &[Vec<Option<Value>>]) -> orm_core::Result<u64> {
    let records: Vec<&[Option<Value>]> = records.iter().map(Vec::as_slice).collect();
    write(at, how, &USERS, &records).map(|written| written.affected[0])
}

#[test]
fn as_many_rows_as_there_are() {
    let at = memory();
    let mut next = 1;
    // All sizes of statements, and what is left of each.
    for count in [1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 17, 31, 63, 64, 65, 100, 128, 157, 300] {
        let new = users(next..next + count);
        next += count;
        assert_eq!(write_users(&*at, RowWrite::Insert, &new).unwrap(), count as u64);
        assert_eq!(all(&*at, &USERS).len() as i64, next - 1);
    }
    let expected: Vec<_> = users(1..next).iter().map(|user| record(user)).collect();
    assert_eq!(all(&*at, &USERS), expected);
    // Overwritten, and new ones among them; one key twice in a statement.
    let mut merged = users((next - 50)..(next + 50));
    merged.push(vec![i(next), t("later"), None, None, t("z")]);
    assert_eq!(write_users(&*at, RowWrite::Merge, &merged).unwrap(), 101);
    let stored = all(&*at, &USERS);
    assert_eq!(stored.len() as i64, next + 49);
    let [_, later, .., mail] = &stored[next as usize - 1][..] else { panic!("a user has columns") };
    assert_eq!((later, mail), (&Value::Text("later".into()), &Value::Text("z".into())));
}

#[test]
fn the_row_at_fault_among_many() {
    let at = memory();
    write_users(&*at, RowWrite::Insert, &users([500])).unwrap();
    let before = all(&*at, &USERS);
    for (place, wrong, how, expected) in [
        // A key that is stored, that of a row before it, and a mail that is taken; early, late and last.
        (0, vec![i(500), t("n"), None, None, t("a")], RowWrite::Insert, RowFault::Duplicate),
        (40, vec![i(500), t("n"), None, None, t("a")], RowWrite::Insert, RowFault::Duplicate),
        (70, vec![i(5), t("n"), None, None, t("a")], RowWrite::Insert, RowFault::Duplicate),
        (99, vec![i(900), t("n"), None, None, t("500@x")], RowWrite::Insert, RowFault::Unique(0)),
        (63, vec![i(900), t("n"), None, None, t("3@x")], RowWrite::Merge, RowFault::Unique(0)),
    ] {
        let mut records = users(1..=99);
        records.insert(place, wrong);
        assert_eq!(fault(write_users(&*at, how, &records).unwrap_err()), (0, place, expected));
        assert_eq!(all(&*at, &USERS), before, "all or nothing");
        // In a transaction that goes on.
        let mut tx = at.begin(&Default::default()).unwrap();
        let records: Vec<&[Option<Value>]> = records.iter().map(Vec::as_slice).collect();
        assert_eq!(fault(tx.apply(&mut batch(rows(&USERS, &records), how)).unwrap_err()).1, place);
        tx.commit().unwrap();
        assert_eq!(all(&*at, &USERS), before);
    }
}

#[test]
fn the_engine_makes_the_key_of_a_single_record() {
    let at = memory();
    let mut one = batch(rows(&POSTS, &[&[None, t("a")]]), RowWrite::Merge);
    assert_eq!(at.apply(&mut one).unwrap().affected, [1]);
    assert_eq!(one.rows(0).unwrap().value(0, 0), ValueRef::Int(1));
    // What another had is no one else's, and the highest counts.
    change(&*at, &POSTS, Change::Clear).unwrap();
    write(&*at, RowWrite::Insert, &POSTS, &[&[i(0), t("b")]]).unwrap();
    let mut tx = at.begin(&Default::default()).unwrap();
    let mut two = batch(rows(&POSTS, &[&[None, t("c")]]), RowWrite::Insert);
    tx.apply(&mut two).unwrap();
    assert_eq!(two.rows(0).unwrap().value(0, 0), ValueRef::Int(2));
    tx.rollback().unwrap();
    // A batch that failed is as it came.
    let mut failing = batch(rows(&POSTS, &[&[None]]), RowWrite::Merge);
    assert_eq!(fault(at.apply(&mut failing).unwrap_err()), (0, 0, RowFault::Missing(1)));
    assert!(!failing.rows(0).unwrap().has_value(0, 0));
    // Where the numbers end, of the engine and of a narrower column, nothing is stored.
    for (entity, most, cells) in
        [(&POSTS, i64::MAX, [t("x"), None]), (&MARKS, i64::from(u32::MAX), [i(1), i(1)])]
    {
        let [first, second] = cells;
        write(&*at, RowWrite::Insert, entity, &[&[i(most), first.clone(), second.clone()]]).unwrap();
        let before = all(&*at, entity);
        let error = write(&*at, RowWrite::Insert, entity, &[&[None, first, second]]).unwrap_err();
        assert!(matches!(error, Error::Overflow { column: "id", .. }), "{error}");
        assert_eq!(all(&*at, entity), before);
    }
}

/// New posts without keys, whose titles are these.
fn untitled(count: usize) -> WriteBatch {
    let records: Vec<Vec<Option<Value>>> = (0..count).map(|n| vec![None, t(&format!("{n}"))]).collect();
    let records: Vec<&[Option<Value>]> = records.iter().map(Vec::as_slice).collect();
    batch(rows(&POSTS, &records), RowWrite::Insert)
}

fn made(batch: &WriteBatch) -> Vec<i64> {
    let rows = batch.rows(0).unwrap();
    (0..rows.len()).map(|row| int(&rows.value(row, 0).to_value())).collect()
}

/// What is stored, by the keys that the batch has.
fn titles_stand_by_their_keys(at: &dyn Connection, batch: &WriteBatch) {
    let stored = all(at, &POSTS);
    for (n, key) in made(batch).into_iter().enumerate() {
        let post = stored.iter().find(|post| post[0] == Value::Int(key)).expect("it was stored");
        assert_eq!(post[1], Value::Text(n.to_string().into()));
    }
}

#[test]
fn the_engine_makes_the_keys_of_many_records() {
    let at = memory();
    let mut next = 1;
    // All sizes of statements, and what is left of each.
    for count in [2, 3, 5, 10, 64, 100, 127, 200] {
        let mut new = untitled(count);
        assert_eq!(at.apply(&mut new).unwrap().affected, [count as u64]);
        assert_eq!(made(&new), (next..next + count as i64).collect::<Vec<_>>());
        titles_stand_by_their_keys(&*at, &new);
        next += count as i64;
    }
    // What was given counts on, what was removed isn't given again.
    write(&*at, RowWrite::Insert, &POSTS, &[&[i(5_000), t("given")]]).unwrap();
    change(&*at, &POSTS, Change::Clear).unwrap();
    let mut after = untitled(3);
    at.apply(&mut after).unwrap();
    assert_eq!(made(&after), [5_001, 5_002, 5_003]);
    // In a transaction; and a batch that failed is as it came.
    let mut tx = at.begin(&Default::default()).unwrap();
    let mut within = untitled(9);
    tx.apply(&mut within).unwrap();
    assert_eq!(made(&within), (5_004..5_013).collect::<Vec<_>>());
    let mut failing = batch(rows(&POSTS, &[&[None], &[None]]), RowWrite::Insert);
    assert_eq!(fault(tx.apply(&mut failing).unwrap_err()), (0, 0, RowFault::Missing(1)));
    assert!(!failing.rows(0).unwrap().has_value(0, 0) && !failing.rows(0).unwrap().has_value(1, 0));
    tx.commit().unwrap();
    titles_stand_by_their_keys(&*at, &within);
}

#[test]
fn many_keys_end_where_their_column_does() {
    for most in [i64::from(u32::MAX), i64::from(u32::MAX) - 2] {
        let at = memory();
        write(&*at, RowWrite::Insert, &MARKS, &[&[i(most), i(1), i(1)]]).unwrap();
        let before = all(&*at, &MARKS);
        let three = [&[None, i(1), i(2)][..], &[None, i(1), i(3)], &[None, i(1), i(4)]];
        let error = write(&*at, RowWrite::Insert, &MARKS, &three).unwrap_err();
        assert!(matches!(error, Error::Overflow { column: "id", .. }), "{error}");
        assert_eq!(all(&*at, &MARKS), before);
        let two = write(&*at, RowWrite::Insert, &MARKS, &three[..2]);
        assert_eq!(two.is_ok(), most < i64::from(u32::MAX));
        let one = write(&*at, RowWrite::Insert, &MARKS, &three[..1]).unwrap_err();
        assert!(matches!(one, Error::Overflow { column: "id", .. }), "{one}");
    }
}

/// Runs SQL of the user's own.
fn sql(at: &dyn Connection, text: &str) {
    struct Nothing;
    impl RowSink for Nothing {
        fn row(&mut self, _: &dyn Row) -> orm_core::Result<Flow> {
            Ok(Flow::More)
        }
    }
    impl SqlSink for Nothing {
        fn columns(&mut self, names: &[&str]) -> orm_core::Result<Vec<Wanted>> {
            Ok(vec![Wanted::Nothing; names.len()])
        }
    }
    at.sql(&Arc::new(SqlStatement::new(text.to_owned(), Vec::new())), &mut Nothing).unwrap();
}

#[test]
fn keys_that_others_made_count() {
    let at = memory();
    at.apply(&mut untitled(2)).unwrap();
    sql(&*at, "INSERT INTO posts (id, title, likes) VALUES (70, 'by hand', 0)");
    let mut after = untitled(2);
    at.apply(&mut after).unwrap();
    assert_eq!(made(&after), [71, 72]);
    // Nothing is left of a record whose key its column can't hold, which only the engine knows.
    sql(&*at, "INSERT INTO marks (id, user_id, role_id) VALUES (4294967295, 1, 1)");
    let before = all(&*at, &MARKS);
    let error = write(&*at, RowWrite::Insert, &MARKS, &[&[None, i(1), i(2)]]).unwrap_err();
    assert!(matches!(error, Error::Overflow { column: "id", .. }), "{error}");
    assert_eq!(all(&*at, &MARKS), before);
}
