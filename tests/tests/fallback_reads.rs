//! Reading plans over a provider that only scans.

use orm_core::connection::ConnectionName;
use orm_core::plan::CompareOp::{Eq, Ge, Gt, Le, Lt, Ne};
use orm_core::plan::{Output, Predicate, Select, Sort, TextMatch, WriteBatch};
use orm_core::provider::fallback::{Condition, Gather, Record, complete};
use orm_core::provider::{Capabilities, Connection, DataProvider};
use orm_core::value::{Decimal, KeyValues, Kind, Value};
use orm_tests::hand_built::*;
use orm_tests::row;
use orm_tests::tiny::Tiny;
use std::sync::Arc;

fn filled() -> Arc<dyn Connection> {
    let name = ConnectionName::new("reads").unwrap();
    let connection = Tiny::default().open(&name).unwrap();
    let connection = complete(&Tiny::CAPABILITIES, connection);
    connection.sync(&ALL, Default::default()).unwrap();
    let mut batch = WriteBatch { writes: sample(), links: Vec::new() };
    connection.apply(&mut batch).unwrap();
    connection
}

/// The first column of what a filter selects, in the order of the key.
fn selected(filter: Predicate, of: &'static orm_core::model::schema::EntitySchema) -> Vec<i64> {
    let mut found = ints(&read(&*filled(), filtered(of, filter)).unwrap(), 0);
    found.sort_unstable();
    found
}

fn users(filter: Predicate) -> Vec<i64> {
    selected(filter, &USERS)
}

const NULL_AGE: [Value; 5] = [Value::Int(2), Value::Null, Value::Null, Value::Int(1), Value::Int(1)];

/// What a predicate is for a user whose age is NULL.
fn of_null(predicate: &Predicate) -> Option<bool> {
    let mut nothing = |_: &'static orm_core::model::schema::EntitySchema| Ok(Vec::new());
    let condition = Condition::new(predicate, &USERS, &mut nothing).unwrap();
    condition.test(&Record::from(NULL_AGE.to_vec()))
}

#[test]
fn comparisons_leave_out_null() {
    assert_eq!(users(compare(2, Eq, 20)), [3, 4]);
    assert_eq!(users(compare(2, Ne, 20)), [1]);
    assert_eq!(users(compare(2, Lt, 36)), [3, 4]);
    assert_eq!(users(compare(2, Le, 36)), [1, 3, 4]);
    assert_eq!(users(compare(2, Gt, 20)), [1]);
    assert_eq!(users(compare(2, Ge, 20)), [1, 3, 4]);
    assert_eq!(users(not(compare(2, Eq, 20))), [1]);
    assert_eq!(users(Predicate::Null { column: 2 }), [2]);
    assert_eq!(users(not(Predicate::Null { column: 2 })), [1, 3, 4]);
    assert_eq!(users(compare(1, Gt, "Bob")), [3, 4]);
}

#[test]
fn columns_compare_with_columns() {
    let columns = |left, op, right| Predicate::Columns { left, op, right };
    assert_eq!(users(columns(3, Lt, 0)), [2, 3, 4]);
    assert_eq!(users(columns(0, Ge, 4)), [2, 3]);
    assert_eq!(of_null(&columns(2, Eq, 2)), None);
}

#[test]
fn logic_is_three_valued() {
    let unknown = || equal(2, 1);
    let constant = Predicate::Constant;
    let and = |a, b| of_null(&Predicate::And(vec![a, b]));
    let or = |a, b| of_null(&Predicate::Or(vec![a, b]));
    assert_eq!(of_null(&unknown()), None);
    assert_eq!(and(unknown(), constant(true)), None);
    assert_eq!(and(unknown(), constant(false)), Some(false));
    assert_eq!(and(constant(false), unknown()), Some(false));
    assert_eq!(or(unknown(), constant(true)), Some(true));
    assert_eq!(or(unknown(), constant(false)), None);
    assert_eq!(or(constant(false), unknown()), None);
    assert_eq!(of_null(&not(unknown())), None);
    assert_eq!(of_null(&not(constant(true))), Some(false));
    assert_eq!(of_null(&Predicate::And(Vec::new())), Some(true));
    assert_eq!(of_null(&Predicate::Or(Vec::new())), Some(false));
    let not_true = |p| of_null(&Predicate::NotTrue(Box::new(p)));
    assert_eq!(not_true(unknown()), Some(true));
    assert_eq!(not_true(constant(false)), Some(true));
    assert_eq!(not_true(constant(true)), Some(false));
}

#[test]
fn lists_are_hashed_and_empty_ones_are_false_even_for_null() {
    let list = |values: &[Value]| one_of(2, Kind::I32, values);
    assert_eq!(users(list(&[20.plain(), 99.plain()])), [3, 4]);
    assert_eq!(users(not(list(&[20.plain(), 99.plain()]))), [1]);
    assert_eq!(users(list(&[])), [0; 0]);
    assert_eq!(users(not(list(&[]))), [1, 2, 3, 4]);
    assert_eq!(of_null(&list(&[20.plain()])), None);
}

#[test]
fn numbers_equal_in_every_form() {
    let of = |value: Value, kind: Kind, list: Vec<Value>| {
        let predicate = one_of(0, kind, &list);
        let mut nothing = |_: &'static orm_core::model::schema::EntitySchema| Ok(Vec::new());
        let condition = Condition::new(&predicate, &USERS, &mut nothing).unwrap();
        condition.test(&Record::from(vec![value]))
    };
    let decimal = |units, scale| Value::Decimal(Decimal::new(units, scale));
    assert_eq!(of(Value::Int(2), Kind::F64, row![2.0]), Some(true));
    assert_eq!(of(Value::Float(-0.0), Kind::F64, row![0.0]), Some(true));
    let list = vec![decimal(150, 2)];
    assert_eq!(of(decimal(15, 1), Kind::Decimal(2), list), Some(true));
}

#[test]
fn keys_of_several_columns_match_together() {
    let keys = |list: &[Vec<Value>]| Predicate::Keys {
        columns: &[3, 2],
        keys: Arc::new(keys(&[Kind::U64, Kind::I32], list)),
    };
    assert_eq!(users(keys(&[row![1, 20], row![3, 36]])), [3]);
    // Bob's pair is (1, NULL): unknown against (1, 20), false against (3, 20). Ada's is (NULL, 36).
    assert_eq!(users(not(keys(&[row![1, 20]]))), [1, 4]);
    assert_eq!(users(not(keys(&[row![3, 20]]))), [1, 2, 3]);
    assert_eq!(users(not(keys(&[]))), [1, 2, 3, 4]);
}

#[test]
fn text_matches_by_code_point() {
    let posts = |how, pattern: &str| selected(text(2, how, pattern), &POSTS);
    assert_eq!(posts(TextMatch::Contains, "otes"), [10, 11]);
    assert_eq!(posts(TextMatch::Contains, "%"), [13]);
    assert_eq!(posts(TextMatch::StartsWith, "No"), [10]);
    assert_eq!(posts(TextMatch::EndsWith, "notes"), [11]);
    assert_eq!(posts(TextMatch::Like, "%otes"), [10, 11]);
    assert_eq!(posts(TextMatch::Like, "n%"), [0; 0]);
    assert_eq!(posts(TextMatch::ILike, "%NOTES"), [10, 11]);
    assert_eq!(posts(TextMatch::Like, r"\_%\_"), [14]);
    assert_eq!(posts(TextMatch::Like, "______"), [12]);
    assert_eq!(of_null(&text(1, TextMatch::Like, "%")), None);
}

#[test]
fn relation_filters_of_all_kinds() {
    let all = || Predicate::Constant(true);
    // belongs_to, to itself and elsewhere
    assert_eq!(users(any(&USERS, 0, equal(1, "Ada"))), [2, 3]);
    assert_eq!(selected(any(&POSTS, 0, all()), &POSTS), [10, 11, 12, 13]);
    // has_many
    assert_eq!(users(any(&USERS, 2, all())), [1, 2]);
    assert_eq!(users(related(&USERS, 2, all(), Eq, 0)), [3, 4]);
    assert_eq!(users(related(&USERS, 2, all(), Ge, 3)), [1]);
    assert_eq!(users(related(&USERS, 2, all(), Lt, 3)), [2, 3, 4]);
    assert_eq!(users(any(&USERS, 2, equal(2, "Engine"))), [1]);
    // has_one
    assert_eq!(users(any(&USERS, 3, equal(1, "y"))), [3]);
    // belongs_to_many
    let tagged = |name| any(&POSTS, 1, equal(0, name));
    assert_eq!(selected(tagged("a"), &POSTS), [10, 13]);
    assert_eq!(selected(tagged("c"), &POSTS), [0; 0]);
    assert_eq!(selected(related(&POSTS, 1, all(), Eq, 2), &POSTS), [10, 13]);
    // What is unknown of a related record doesn't count, and the predicate itself is never unknown.
    let light = any(&POSTS, 1, compare(1, Lt, 9));
    assert_eq!(selected(light.clone(), &POSTS), [10, 13]);
    assert_eq!(selected(not(light), &POSTS), [11, 12, 14]);
}

#[test]
fn relation_filters_nest() {
    let has_tag_a = any(&POSTS, 1, equal(0, "a"));
    assert_eq!(users(any(&USERS, 2, has_tag_a.clone())), [1, 2]);
    let boss_wrote = any(&USERS, 0, any(&USERS, 2, has_tag_a));
    assert_eq!(users(boss_wrote.clone()), [2, 3]);
    let old = compare(2, Ge, 0);
    assert_eq!(users(Predicate::And(vec![boss_wrote, old])), [3]);
}

#[test]
fn related_records_come_with_their_parents_key() {
    let connection = filled();
    let posts = read(&*connection, led_to(&USERS, 2, &[2, 1, 9])).unwrap();
    let pairs: Vec<(i64, i64)> = ints(&posts, 0).into_iter().zip(ints(&posts, 1)).collect();
    assert_eq!(pairs, [(10, 1), (11, 1), (12, 1), (13, 2)]);
    let bosses = read(&*connection, led_to(&USERS, 0, &[1, 3])).unwrap();
    assert_eq!(ints(&bosses, 0), [1, 3]);
    let passes = read(&*connection, led_to(&USERS, 3, &[1, 2])).unwrap();
    assert_eq!(ints(&passes, 0), [1]);
    // Once for each parent through a pivot.
    let mut plan = led_to(&POSTS, 1, &[10, 11, 13]);
    plan.order = vec![ascending(0)];
    let tags = read(&*connection, plan).unwrap();
    let pairs: Vec<Vec<Value>> = tags.iter().map(|t| vec![t[0].clone(), t[2].clone()]).collect();
    let expected = [row!["a", 10], row!["a", 13], row!["b", 10], row!["b", 11], row!["b", 13]];
    assert_eq!(pairs, expected);
}

#[test]
fn each_parent_has_its_own_limit() {
    let connection = filled();
    let cut = |offset, limit| {
        let mut plan = led_to(&USERS, 2, &[1, 2]);
        plan.order = vec![descending(2)];
        if let Some(related) = &mut plan.related {
            (related.offset, related.limit) = (offset, limit);
        }
        plan
    };
    let found = |plan| ints(&read(&*connection, plan).unwrap(), 0);
    // By title, descending: Notes 10, More notes 11, Engine 12, 100% done 13.
    assert_eq!(found(cut(0, Some(2))), [10, 11, 13]);
    assert_eq!(found(cut(1, Some(1))), [11]);
    assert_eq!(found(cut(0, Some(0))), [0; 0]);
    assert_eq!(found(cut(1, None)), [11, 12]);
    let mut plan = cut(0, Some(2));
    (plan.offset, plan.limit) = (1, Some(1));
    assert_eq!(found(plan.clone()), [11]);
    plan.output = Output::Count;
    assert_eq!(found(plan), [1]);
}

#[test]
fn order_limit_and_offset() {
    let connection = filled();
    let found = |order: &[Sort], offset, limit| {
        let plan = Select { order: order.to_vec(), offset, limit, ..Select::all(&USERS) };
        ints(&read(&*connection, plan).unwrap(), 0)
    };
    assert_eq!(found(&[ascending(2)], 0, None), [2, 3, 4, 1]);
    assert_eq!(found(&[descending(2)], 0, None), [1, 3, 4, 2]);
    let nulls_last = Sort { nulls_first: false, ..ascending(2) };
    assert_eq!(found(&[nulls_last, descending(0)], 0, None), [4, 3, 1, 2]);
    let nulls_first = Sort { nulls_first: true, ..descending(2) };
    assert_eq!(found(&[nulls_first], 0, None), [2, 1, 3, 4]);
    assert_eq!(found(&[], 1, Some(2)), [2, 3]);
    assert_eq!(found(&[descending(2)], 1, Some(1)), [3]);
    assert_eq!(found(&[], 9, Some(1)), [0; 0]);
    assert_eq!(found(&[], u64::MAX, Some(u64::MAX)), [0; 0]);
}

#[test]
fn counts_and_existence() {
    let connection = filled();
    let put_out = |output, filter| {
        let plan = Select { output, ..filtered(&USERS, filter) };
        read(&*connection, plan).unwrap()[0].to_vec()
    };
    assert_eq!(put_out(Output::Count, equal(2, 20)), row![2]);
    assert_eq!(put_out(Output::Count, equal(2, 99)), row![0]);
    assert_eq!(put_out(Output::Exists, equal(2, 20)), row![true]);
    assert_eq!(put_out(Output::Exists, equal(2, 99)), row![false]);
}

#[test]
fn a_sink_may_stop() {
    let mut gather = Gather::new(1).at_most(2);
    let plan = filtered(&USERS, compare(0, Gt, 1));
    filled().select(&Arc::new(plan), &mut gather).unwrap();
    assert_eq!(ints(&gather.rows, 0), [2, 3]);
}

#[test]
fn find_by_key() {
    let connection = filled();
    let find = |entity, key: Vec<Value>| {
        let mut gather = Gather::new(2);
        connection.find(entity, &KeyValues::many(key), &mut gather).unwrap();
        gather.rows.iter().map(|r| r.to_vec()).collect::<Vec<_>>()
    };
    assert_eq!(find(&USERS, row![3]), [row![3, "Cy"]]);
    assert_eq!(find(&USERS, row![9]), Vec::<Vec<Value>>::new());
    assert_eq!(find(&USERS, row![-1]), Vec::<Vec<Value>>::new());
    assert_eq!(find(&POST_TAGS, row![10, "b"]), [row![10, "b"]]);
    assert_eq!(find(&POST_TAGS, row![11, "a"]), Vec::<Vec<Value>>::new());
}

#[test]
fn complete_providers_are_left_alone() {
    let connection = filled();
    let same = complete(&Capabilities::full("full"), Arc::clone(&connection));
    assert!(Arc::ptr_eq(&connection, &same));
}
