//! Relations: as conditions, and loaded.

mod common;
use common::*;
use orm_core::plan::{CompareOp, Predicate, Related, Select, Sort};
use orm_core::provider::Connection;
use orm_core::value::Value;

fn found(at: &dyn Connection, filter: Predicate) -> Vec<i64> {
    let mut ids = ids(at, filtered(&USERS, filter));
    ids.sort_unstable();
    ids
}

fn not(inner: Predicate) -> Predicate {
    Predicate::Not(Box::new(inner))
}

fn sort(column: usize, descending: bool, nulls_first: bool) -> Sort {
    Sort { column, descending, nulls_first }
}

fn related(relation: usize, filter: Predicate, count: (CompareOp, u64)) -> Predicate {
    Predicate::Related { relation: &USERS.relations[relation], filter: Box::new(filter), middle: None, count }
}

#[test]
fn relation_predicates() {
    use CompareOp as C;
    let at = memory();
    seed(&*at);
    let all = || Predicate::Constant(true);
    assert_eq!(found(&*at, related(0, all(), (C::Ge, 1))), [1, 2]);
    assert_eq!(found(&*at, related(0, all(), (C::Eq, 0))), [3, 4]);
    assert_eq!(found(&*at, related(0, all(), (C::Ge, 2))), [1]);
    assert_eq!(found(&*at, related(0, all(), (C::Le, 1))), [2, 3, 4]);
    assert_eq!(found(&*at, related(0, all(), (C::Ge, 0))), [1, 2, 3, 4]);
    assert_eq!(found(&*at, related(0, all(), (C::Lt, 0))), [0; 0]);
    let liked = compare(3, C::Gt, Value::Int(5));
    assert_eq!(found(&*at, related(0, liked, (C::Ge, 1))), [1]);
    // Self-relation, nested: whose boss has a boss.
    let boss = related(1, all(), (C::Ge, 1));
    assert_eq!(found(&*at, related(1, boss.clone(), (C::Ge, 1))), [4]);
    assert_eq!(found(&*at, not(related(1, boss, (C::Ge, 1)))), [1, 2, 3]);
    // Pivots, also with pairs that are stored twice.
    let editor = || compare(1, C::Eq, Value::Text("editor".into()));
    assert_eq!(found(&*at, related(2, editor(), (C::Ge, 1))), [1, 2]);
    assert_eq!(found(&*at, related(2, all(), (C::Eq, 2))), [1, 2]);
    assert_eq!(found(&*at, related(3, all(), (C::Eq, 2))), [1]);
}

fn load(
    at: &dyn Connection,
    relation: usize,
    keys: &[i64],
    order: Vec<Sort>,
    per: (u64, Option<u64>),
) -> Vec<(i64, i64)> {
    let relation = &USERS.relations[relation];
    let plan = Select {
        order,
        related: Some(Related {
            relation,
            keys: int_keys(keys.iter().copied()),
            middle: None,
            with_middle: false,
            loose: false,
            offset: per.0,
            limit: per.1,
        }),
        ..Select::all((relation.target)())
    };
    let parent = |row: &[Value]| match relation.pivot {
        Some(_) => row.len() - 1,
        None => relation.to[0],
    };
    read(at, plan).iter().map(|row| (int(&row[0]), int(&row[parent(row)]))).collect()
}

#[test]
fn loads_relations() {
    let at = memory();
    seed(&*at);
    let by_title = || vec![sort(1, false, true)];
    let sorted = |mut v: Vec<(i64, i64)>| {
        v.sort_unstable();
        v
    };
    assert_eq!(load(&*at, 0, &[1, 2, 3], by_title(), (0, None)), [(12, 2), (11, 1), (10, 1), (14, 1)]);
    assert_eq!(load(&*at, 0, &[1, 2], by_title(), (1, Some(1))), [(10, 1)]);
    assert_eq!(load(&*at, 0, &[1, 2], by_title(), (0, Some(2))), [(12, 2), (11, 1), (10, 1)]);
    let by_likes = vec![sort(3, true, false)];
    assert_eq!(load(&*at, 0, &[1], by_likes, (0, Some(3))), [(11, 1), (10, 1), (14, 1)]);
    assert_eq!(sorted(load(&*at, 1, &[1, 2], vec![], (0, None))), [(1, 1), (2, 2)]);
    assert_eq!(
        sorted(load(&*at, 2, &[1, 2, 4], vec![], (0, None))),
        [(1, 1), (2, 1), (2, 2), (3, 2), (3, 4)]
    );
    assert_eq!(load(&*at, 2, &[1, 2], by_title(), (0, Some(1))), [(1, 1), (2, 2)]);
    assert_eq!(sorted(load(&*at, 3, &[1, 2], vec![], (0, None))), [(1, 1), (2, 1)]);
    assert_eq!(load(&*at, 3, &[1, 2], by_title(), (1, None)), [(2, 1)]);
    assert_eq!(load(&*at, 0, &[], by_title(), (0, None)), []);
}
