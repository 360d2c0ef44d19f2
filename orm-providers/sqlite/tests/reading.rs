//! Reads: conditions, order, limits and relations.

mod common;
use common::*;
use orm_core::plan::{CompareOp, KeySet, Output, Predicate, Related, RowWrite, Select, Sort, TextMatch};
use orm_core::provider::Connection;
use orm_core::value::{Decimal, KeyValues, Kind, Value, ValueRef};
use std::sync::Arc;

fn found(at: &dyn Connection, filter: Predicate) -> Vec<i64> {
    let mut ids = ids(at, filtered(&USERS, filter));
    ids.sort_unstable();
    ids
}

fn text(column: usize, how: TextMatch, text: &str) -> Predicate {
    Predicate::Text { column, how, text: text.into() }
}

fn not(inner: Predicate) -> Predicate {
    Predicate::Not(Box::new(inner))
}

fn sort(column: usize, descending: bool, nulls_first: bool) -> Sort {
    Sort { column, descending, nulls_first }
}

#[test]
fn conditions_are_three_valued() {
    let at = memory();
    seed(&*at);
    let red = || compare(2, CompareOp::Eq, Value::Text("red".into()));
    assert_eq!(found(&*at, red()), [2]);
    assert_eq!(found(&*at, not(red())), [3, 4]);
    assert_eq!(found(&*at, Predicate::NotTrue(Box::new(red()))), [1, 3, 4]);
    assert_eq!(found(&*at, not(Predicate::NotTrue(Box::new(red())))), [2]);
    assert_eq!(found(&*at, Predicate::Null { column: 2 }), [1]);
    let either = Predicate::Or(vec![red(), compare(0, CompareOp::Eq, Value::Int(1))]);
    assert_eq!(found(&*at, either), [1, 2]);
    let columns = Predicate::Columns { left: 3, op: CompareOp::Lt, right: 0 };
    assert_eq!(found(&*at, columns.clone()), [2, 3, 4]);
    assert_eq!(found(&*at, not(columns)), Vec::<i64>::new());
    assert_eq!(found(&*at, Predicate::And(vec![])), [1, 2, 3, 4]);
    assert_eq!(found(&*at, Predicate::Or(vec![])), Vec::<i64>::new());
    assert_eq!(found(&*at, compare(2, CompareOp::Ne, Value::Null)), Vec::<i64>::new());
}

#[test]
fn lists_and_keys_travel_as_one() {
    let at = memory();
    seed(&*at);
    let colors = |values: &[&str]| Predicate::In {
        column: 2,
        values: value_list(Kind::Text, &values.iter().map(|v| Value::Text((*v).into())).collect::<Vec<_>>()),
    };
    assert_eq!(found(&*at, colors(&["red", "brown", "Red"])), [2, 3]);
    assert_eq!(found(&*at, colors(&["red"])), [2]);
    assert_eq!(found(&*at, colors(&[])), Vec::<i64>::new());
    assert_eq!(found(&*at, not(colors(&[]))), [1, 2, 3, 4]);
    assert_eq!(found(&*at, not(colors(&["red", "brown"]))), [4]);
    let keys = |keys: Arc<KeySet>| Predicate::Keys { columns: USERS.key, keys };
    assert_eq!(found(&*at, keys(int_keys([]))), Vec::<i64>::new());
    assert_eq!(found(&*at, keys(int_keys([2]))), [2]);
    assert_eq!(found(&*at, keys(int_keys(0..50_000))), [1, 2, 3, 4]);
}

#[test]
fn composite_keys_are_exact() {
    let at = memory();
    let uuid = |n: u8| Value::Uuid([n; 16]);
    let names = ["", "a", "a ", "A", "a\0b", "it's \"quoted\"", "日本"];
    for (n, name) in (0..).zip(names) {
        write(
            &*at,
            RowWrite::Insert,
            &GROUP,
            &[
                &[t(name), Some(uuid(n)), Some(Value::Bytes([n, 0].into()))],
                &[t(name), Some(uuid(n + 100)), null()],
            ],
        )
        .unwrap();
    }
    let mut keys = KeySet::new([Kind::Text, Kind::Uuid]);
    for (n, name) in (0..).zip(names) {
        assert!(keys.push(|part| match part {
            0 => ValueRef::Text(name),
            _ => ValueRef::Uuid([n; 16]),
        }));
    }
    let plan = filtered(&GROUP, Predicate::Keys { columns: GROUP.key, keys: Arc::new(keys) });
    let mut rows = read(&*at, plan);
    rows.sort_by(|a, b| a[1].as_ref().sort_order(b[1].as_ref()));
    assert_eq!(rows.len(), names.len());
    for (n, (row, name)) in (0..).zip(rows.iter().zip(names)) {
        assert_eq!(row[0], Value::Text(name.into()));
        assert_eq!(row[2], Value::Bytes([n, 0].into()));
        let mut sink = Gather::new(3);
        let key = KeyValues::many(vec![row[0].clone(), row[1].clone()]);
        at.find(&GROUP, &key, &mut sink).unwrap();
        assert_eq!(sink.rows, std::slice::from_ref(row));
    }
}

#[test]
fn text_is_matched_exactly() {
    let at = memory();
    let names =
        ["Ada", "ada", "a%b", "a_b", "axb", "ÄB", "äb", "x\0yz", "", "tail ", "tail", "ab\u{10ffff}z"];
    for (id, name) in (1..).zip(names) {
        write(&*at, RowWrite::Insert, &USERS, &[&[i(id), t(name)]]).unwrap();
    }
    let matches = |how, pattern: &str| -> Vec<&str> {
        found(&*at, text(1, how, pattern)).iter().map(|id| names[*id as usize - 1]).collect()
    };
    assert_eq!(matches(TextMatch::Like, "a_b"), ["a%b", "a_b", "axb"]);
    assert_eq!(matches(TextMatch::Like, r"a\_b"), ["a_b"]);
    assert_eq!(matches(TextMatch::Like, "A%"), ["Ada"]);
    assert_eq!(
        matches(TextMatch::Like, "_b"),
        ["ÄB", "äb"].map(|s| s).iter().filter(|s| s.ends_with('b')).copied().collect::<Vec<_>>()
    );
    assert_eq!(matches(TextMatch::ILike, "aDA"), ["Ada", "ada"]);
    assert_eq!(matches(TextMatch::ILike, "äB"), ["äb"]);
    assert_eq!(matches(TextMatch::Contains, "%"), ["a%b"]);
    assert_eq!(matches(TextMatch::Contains, "\0y"), ["x\0yz"]);
    assert_eq!(matches(TextMatch::Contains, "yz"), ["x\0yz"]);
    assert_eq!(matches(TextMatch::Contains, "").len(), names.len());
    assert_eq!(matches(TextMatch::StartsWith, "a"), ["ada", "a%b", "a_b", "axb", "ab\u{10ffff}z"]);
    assert_eq!(matches(TextMatch::StartsWith, "ab\u{10ffff}"), ["ab\u{10ffff}z"]);
    assert_eq!(matches(TextMatch::StartsWith, "x\0y"), ["x\0yz"]);
    assert_eq!(matches(TextMatch::StartsWith, "\u{10ffff}"), [""; 0]);
    assert_eq!(matches(TextMatch::StartsWith, "").len(), names.len());
    assert_eq!(matches(TextMatch::EndsWith, "z"), ["x\0yz", "ab\u{10ffff}z"]);
    assert_eq!(matches(TextMatch::EndsWith, "il"), ["tail"]);
    assert_eq!(matches(TextMatch::EndsWith, "xxAda"), [""; 0]);
    assert_eq!(matches(TextMatch::EndsWith, "b"), ["a%b", "a_b", "axb", "äb"]);
    assert_eq!(matches(TextMatch::EndsWith, "").len(), names.len());
    let eq = compare(1, CompareOp::Eq, Value::Text("tail".into()));
    assert_eq!(found(&*at, eq).len(), 1);
    assert_eq!(found(&*at, not(text(2, TextMatch::Like, "%"))), Vec::<i64>::new());
}

#[test]
fn order_limit_and_offset() {
    let at = memory();
    seed(&*at);
    let by =
        |order: Vec<Sort>, offset, limit| ids(&*at, Select { order, offset, limit, ..Select::all(&USERS) });
    // Code points: upper case before lower; "Red " before "brown" and "red".
    assert_eq!(by(vec![sort(1, false, true)], 0, None), [1, 3, 4, 2]);
    assert_eq!(by(vec![sort(2, false, true)], 0, None), [1, 4, 3, 2]);
    assert_eq!(by(vec![sort(2, true, false)], 0, None), [2, 3, 4, 1]);
    assert_eq!(by(vec![sort(2, false, false)], 0, None), [4, 3, 2, 1]);
    assert_eq!(by(vec![sort(2, true, true)], 0, None), [1, 2, 3, 4]);
    assert_eq!(by(vec![sort(3, true, false)], 0, Some(3)), [4, 2, 3]);
    assert_eq!(by(vec![], 1, Some(2)), [2, 3]);
    assert_eq!(by(vec![], 3, None), [4]);
    assert_eq!(by(vec![], u64::MAX, Some(u64::MAX)), [0; 0]);
    assert_eq!(by(vec![], 0, Some(0)), [0; 0]);
}

#[test]
fn counts_and_existence() {
    let at = memory();
    seed(&*at);
    let one = |plan: Select| {
        let mut sink = Gather::new(1);
        at.select(&Arc::new(plan), &mut sink).unwrap();
        assert_eq!(sink.rows.len(), 1);
        sink.rows[0][0].clone()
    };
    let plan = |output, offset, limit| Select {
        output,
        offset,
        limit,
        filter: not(Predicate::Null { column: 3 }),
        ..Select::all(&USERS)
    };
    assert_eq!(one(plan(Output::Count, 0, None)), Value::Int(3));
    assert_eq!(one(plan(Output::Count, 1, None)), Value::Int(2));
    assert_eq!(one(plan(Output::Count, 2, Some(5))), Value::Int(1));
    assert_eq!(one(plan(Output::Exists, 0, None)), Value::Bool(true));
    assert_eq!(one(plan(Output::Exists, 3, None)), Value::Bool(false));
    let related = Select {
        output: Output::Count,
        related: Some(Related {
            relation: &USERS.relations[0],
            keys: int_keys([1, 2]),
            middle: None,
            with_middle: false,
            loose: false,
            offset: 0,
            limit: Some(2),
        }),
        ..Select::all(&POSTS)
    };
    assert_eq!(one(related), Value::Int(3));
    let mut sink = Gather::at_most(5, 2);
    at.select(&Arc::new(Select::all(&USERS)), &mut sink).unwrap();
    assert_eq!(sink.rows.len(), 2);
}

#[test]
fn decimals_compare_exactly_beyond_the_scale() {
    use CompareOp as C;
    let at = memory();
    for (id, units) in [(1, -1), (2, 0), (3, 1), (4, 999_999_999_999_999_999)] {
        let mut record = vec![None; 20];
        record[0] = i(id);
        record[19] = Some(Value::Decimal(Decimal::new(units, 2)));
        write(&*at, RowWrite::Insert, &KINDS, &[&record, &[i(id + 100)]]).unwrap();
    }
    let found = |op, value: &str| {
        let value = Value::Decimal(value.parse().unwrap());
        let mut ids = ids(&*at, filtered(&KINDS, compare(19, op, value)));
        ids.sort_unstable();
        ids
    };
    assert_eq!(found(C::Eq, "0.010"), [3]);
    assert_eq!(found(C::Eq, "0.005"), [0; 0]);
    assert_eq!(found(C::Ne, "0.005"), [1, 2, 3, 4]);
    assert_eq!(found(C::Lt, "0.005"), [1, 2]);
    assert_eq!(found(C::Ge, "0.005"), [3, 4]);
    assert_eq!(found(C::Gt, "-0.005"), [2, 3, 4]);
    assert_eq!(found(C::Le, "-0.005"), [1]);
    assert_eq!(found(C::Lt, "999999999999999999"), [1, 2, 3, 4]);
    assert_eq!(found(C::Gt, "-999999999999999999"), [1, 2, 3, 4]);
    assert_eq!(found(C::Gt, "999999999999999999"), [0; 0]);
}

#[test]
fn long_and_deep_conditions() {
    let at = memory();
    seed(&*at);
    let many = (0..5000).map(|n| compare(0, CompareOp::Eq, Value::Int(n))).collect();
    assert_eq!(found(&*at, Predicate::Or(many)), [1, 2, 3, 4]);
    let deep = |levels| (0..levels).fold(Predicate::Null { column: 2 }, |p, _| not(p));
    assert_eq!(found(&*at, deep(100)), [1]);
    let error = try_read(&*at, filtered(&USERS, deep(1000))).unwrap_err();
    assert!(error.to_string().contains("128 levels"), "{error}");
}

#[test]
fn find_takes_only_fitting_keys() {
    let at = memory();
    seed(&*at);
    let found = |key: Value| {
        let mut sink = Gather::new(5);
        at.find(&USERS, &KeyValues::one(key), &mut sink).unwrap();
        sink.rows.len()
    };
    assert_eq!(found(Value::Int(1)), 1);
    assert_eq!(found(Value::Int(99)), 0);
    assert_eq!(found(Value::Int(-1)), 0);
    assert_eq!(found(Value::Text("1".into())), 0);
    assert_eq!(found(Value::Null), 0);
}
