//! What a provider claims, it does by itself; what it doesn't claim, it says.
//!
//! These cases call the provider's own connections, where nothing is filled in by the core, and hold
//! the answers against the core's evaluator over plain scans.
#![allow(clippy::extra_unused_type_parameters, reason = "a provider's own connection knows no mode")]

use crate::hand_built::*;
use crate::raw::Raw;
use crate::{Setup, TestResult, cases, row};
use orm_core::model::schema::EntitySchema;
use orm_core::plan::CompareOp::{Eq, Ge, Gt, Lt, Ne};
use orm_core::plan::{
    Aggregate, ColumnPath, Grouping, KeySet, Lock, LockWait, Output, Predicate, Related, RowWrite, Select,
    TextMatch, WriteBatch,
};
use orm_core::provider::fallback::{Gather, Record, evaluate};
use orm_core::provider::{Row as _, SqlBind, SqlStatement, TxOptions};
use orm_core::value::{Kind, Value};
use orm_core::{Error, Mode};
use std::collections::HashMap;
use std::sync::Arc;

cases![
    scans_put_out_all_columns,
    filters needs(filters),
    finds_keys_of_several_columns needs(filters),
    relation_filters needs(filters, relation_filters),
    orders needs(order),
    limits needs(order, limit),
    limits_without_an_order_by_key needs(limit),
    related_records needs(related),
    related_records_with_a_limit_per_parent needs(related, order),
    counts needs(counts),
    counts_per_parent needs(counts, related),
    conditions_on_what_is_in_between needs(filters, relation_filters, related),
    projections needs(projections),
    projections_of_related_records needs(projections, related),
    aggregates needs(aggregates),
    groups_over_paths_of_relations needs(aggregates),
    groups_are_narrowed_ordered_and_cut needs(aggregates),
    writes_by_filter needs(writes_by_filter),
    writes_by_relation_filters needs(writes_by_filter, relation_filters),
    transactions_see_one_snapshot_and_their_own_writes needs(transactions),
    transactions_that_end_badly_leave_nothing needs(transactions),
    savepoints needs(transactions),
    transactions_leave_out_or_tell_what_others_have_locked needs(transactions, row_locks),
    transactions_that_are_not_claimed_are_unsupported lacks(transactions),
    statements_of_ones_own needs(sql),
];

/// The provider's own connection, with the sample in it.
async fn filled(setup: &Setup) -> Result<Raw, Error> {
    let raw = setup.raw().await?;
    raw.sync(&ALL).await?;
    raw.apply(batch(sample())).await?;
    Ok(raw)
}

fn shown(rows: &[Record], in_order: bool) -> Vec<String> {
    let mut lines: Vec<_> = rows.iter().map(|row| format!("{row:?}")).collect();
    if !in_order {
        lines.sort();
    }
    lines
}

/// Holds what the provider reads against what the plans mean.
async fn reads_as_meant(setup: Setup, plans: Vec<Select>) -> TestResult {
    let raw = filled(&setup).await?;
    let mut stored: HashMap<&str, Vec<Record>> = HashMap::new();
    for entity in ALL {
        stored.insert(entity.name, raw.read(Select::all(entity)).await?);
    }
    for plan in plans {
        let mut meant = Gather::new(width(&plan));
        let mut scan = |entity: &'static EntitySchema| Ok(stored[entity.name].clone());
        evaluate(&plan, &mut scan, &mut meant)?;
        let what = format!("{plan:?}");
        let in_order = !plan.order.is_empty() || plan.limit.is_some();
        let read = raw.read(plan).await?;
        assert_eq!(shown(&read, in_order), shown(&meant.rows, in_order), "{what}");
    }
    Ok(())
}

async fn scans_put_out_all_columns<D: Mode>(setup: Setup) -> TestResult {
    let raw = filled(&setup).await?;
    let mut tags = raw.read(Select::all(&TAGS)).await?;
    tags.sort_by_key(|row| format!("{row:?}"));
    let expected = [row!["a", 1], row!["b", ()], row!["c", 3]].map(Record::from);
    assert_eq!(shown(&tags, true), shown(&expected, true));
    assert_eq!(raw.read(Select::all(&POST_TAGS)).await?.len(), 5);
    Ok(())
}

async fn filters<D: Mode>(setup: Setup) -> TestResult {
    let columns = |left, op, right| Predicate::Columns { left, op, right };
    let users = [
        compare(2, Eq, 20),
        compare(2, Ne, 20),
        compare(1, Gt, "Bob"),
        columns(3, Lt, 0),
        one_of(2, Kind::I32, &[20, 99].map(Plain::plain)),
        not(one_of(2, Kind::I32, &[20].map(Plain::plain))),
        one_of(2, Kind::I32, &[]),
        Predicate::Null { column: 2 },
        not(Predicate::Null { column: 3 }),
        Predicate::And(vec![compare(2, Ge, 20), compare(4, Lt, 100)]),
        Predicate::Or(vec![compare(2, Gt, 30), Predicate::Null { column: 2 }]),
        not(compare(2, Lt, 30)),
        Predicate::NotTrue(Box::new(compare(2, Lt, 30))),
        Predicate::Constant(false),
    ];
    let posts = [
        text(2, TextMatch::Contains, "otes"),
        text(2, TextMatch::StartsWith, "Mo"),
        text(2, TextMatch::EndsWith, "otes"),
        text(2, TextMatch::Like, "%\\%%"),
        text(2, TextMatch::Like, "\\_%\\_"),
        text(2, TextMatch::ILike, "NOTES"),
    ];
    let users = users.into_iter().map(|filter| filtered(&USERS, filter));
    let posts = posts.into_iter().map(|filter| filtered(&POSTS, filter));
    reads_as_meant(setup, users.chain(posts).collect()).await
}

async fn finds_keys_of_several_columns<D: Mode>(setup: Setup) -> TestResult {
    let find = |entity: &'static EntitySchema, keys: KeySet| {
        filtered(entity, Predicate::Keys { columns: entity.key, keys: Arc::new(keys) })
    };
    let pairs = keys(&[Kind::U64, Kind::Text], &[row![10, "b"], row![11, "a"], row![13, "a"]]);
    let plans = vec![
        find(&POST_TAGS, pairs),
        find(&POST_TAGS, KeySet::new([Kind::U64, Kind::Text])),
        find(&USERS, keys(&[Kind::U64], &[row![3], row![77], row![1]])),
    ];
    reads_as_meant(setup, plans).await
}

async fn relation_filters<D: Mode>(setup: Setup) -> TestResult {
    let notes = || text(2, TextMatch::Contains, "otes");
    let filters = [
        any(&USERS, 0, compare(1, Eq, "Ada")),
        any(&USERS, 1, any(&USERS, 1, Predicate::Constant(true))),
        related(&USERS, 2, Predicate::Constant(true), Gt, 1),
        related(&USERS, 2, notes(), Eq, 0),
        any(&USERS, 3, equal(1, "x")),
        not(any(&USERS, 2, any(&POSTS, 1, equal(0, "a")))),
    ];
    let posts = [any(&POSTS, 0, equal(2, 36)), related(&POSTS, 1, Predicate::Constant(true), Eq, 2)];
    let users = filters.into_iter().map(|filter| filtered(&USERS, filter));
    let posts = posts.into_iter().map(|filter| filtered(&POSTS, filter));
    reads_as_meant(setup, users.chain(posts).collect()).await
}

fn ordered(order: Vec<orm_core::plan::Sort>) -> Select {
    Select { order, ..Select::all(&USERS) }
}

async fn orders<D: Mode>(setup: Setup) -> TestResult {
    let nulls_last = orm_core::plan::Sort { nulls_first: false, ..ascending(2) };
    let plans = vec![
        ordered(vec![descending(1)]),
        ordered(vec![ascending(2), descending(0)]),
        ordered(vec![descending(2), ascending(0)]),
        ordered(vec![nulls_last, ascending(1)]),
    ];
    reads_as_meant(setup, plans).await
}

async fn limits<D: Mode>(setup: Setup) -> TestResult {
    let cut = |offset, limit| Select { offset, limit, ..ordered(vec![ascending(2)]) };
    reads_as_meant(
        setup,
        vec![cut(0, Some(2)), cut(1, Some(2)), cut(3, None), cut(9, Some(1)), cut(0, Some(0))],
    )
    .await
}

async fn limits_without_an_order_by_key<D: Mode>(setup: Setup) -> TestResult {
    let plan = Select { offset: 1, limit: Some(2), ..Select::all(&POSTS) };
    let raw = filled(&setup).await?;
    assert_eq!(ints(&raw.read(plan).await?, 0), [11, 12]);
    Ok(())
}

async fn related_records<D: Mode>(setup: Setup) -> TestResult {
    let filter = text(2, TextMatch::Contains, "otes");
    let mut plans =
        vec![led_to(&USERS, 0, &[1, 3]), led_to(&USERS, 1, &[1, 3]), led_to(&POSTS, 1, &[10, 13, 99])];
    if setup.capabilities().filters {
        plans.push(Select { filter, ..led_to(&USERS, 2, &[1, 2, 9]) });
    }
    reads_as_meant(setup, plans).await
}

async fn related_records_with_a_limit_per_parent<D: Mode>(setup: Setup) -> TestResult {
    let raw = filled(&setup).await?;
    let cut = |offset, each, limit| {
        let plan = led_to(&USERS, 2, &[1, 2, 3]);
        let related = plan.related.map(|r| Related { offset, limit: each, ..r });
        Select { related, order: vec![descending(0)], limit, ..Select::all(plan.entity) }
    };
    // The order holds within each parent: that of the parents themselves is free.
    for (offset, limit, of_ada, of_bob) in
        [(0, 2, [12, 11].as_slice(), [13].as_slice()), (1, 1, &[11], &[]), (2, 9, &[10], &[])]
    {
        let rows = raw.read(cut(offset, Some(limit), None)).await?;
        for (parent, posts) in [(1, of_ada), (2, of_bob), (3, &[])] {
            let own: Vec<_> = rows.iter().filter(|row| row[1] == Value::Int(parent)).cloned().collect();
            assert_eq!(ints(&own, 0), posts, "{offset}, {limit} of {parent}");
        }
    }
    // Where the whole is cut too, it is cut in the order of the whole.
    assert_eq!(ints(&raw.read(cut(0, Some(2), Some(2))).await?, 0), [13, 12]);
    Ok(())
}

async fn counts<D: Mode>(setup: Setup) -> TestResult {
    let raw = filled(&setup).await?;
    let of = |entity, output| Select { output, ..Select::all(entity) };
    assert_eq!(ints(&raw.read(of(&POSTS, Output::Count)).await?, 0), [5]);
    let found = raw.read(of(&POSTS, Output::Exists)).await?;
    assert_eq!(shown(&found, true), shown(&[Record::from(row![true])], true));
    raw.apply(batch(vec![delete(&PASSES, &[1, 3])])).await?;
    assert_eq!(ints(&raw.read(of(&PASSES, Output::Count)).await?, 0), [0]);
    let found = raw.read(of(&PASSES, Output::Exists)).await?;
    assert_eq!(shown(&found, true), shown(&[Record::from(row![false])], true));
    Ok(())
}

async fn counts_per_parent<D: Mode>(setup: Setup) -> TestResult {
    let counted = |plan: Select| Select { output: Output::Counts, ..plan };
    let plans = vec![counted(led_to(&USERS, 2, &[1, 2, 3])), counted(led_to(&POSTS, 1, &[10, 11, 12, 99]))];
    reads_as_meant(setup, plans).await
}

async fn conditions_on_what_is_in_between<D: Mode>(setup: Setup) -> TestResult {
    let led = |middle, with_middle| {
        let plan = led_to(&POSTS, 1, &[10, 11, 13]);
        let related = plan.related.map(|r| Related { middle, with_middle, ..r });
        Select { related, ..Select::all(plan.entity) }
    };
    let led_by_b = match related(&POSTS, 1, Predicate::Constant(true), Ge, 1) {
        Predicate::Related { relation, filter, count, .. } => {
            Predicate::Related { relation, filter, count, middle: Some(Box::new(equal(1, "a"))) }
        }
        other => other,
    };
    let plans = vec![
        led(Some(equal(1, "b")), false),
        led(None, true),
        led(Some(compare(0, Gt, 10)), true),
        filtered(&POSTS, led_by_b),
    ];
    reads_as_meant(setup, plans).await
}

async fn projections<D: Mode>(setup: Setup) -> TestResult {
    let some =
        |columns: &[usize]| Select { output: Output::Columns(columns.to_vec()), ..Select::all(&USERS) };
    reads_as_meant(setup, vec![some(&[1]), some(&[4, 0, 2]), some(&[3, 3])]).await
}

async fn projections_of_related_records<D: Mode>(setup: Setup) -> TestResult {
    let some = |plan: Select| Select { output: Output::Columns(vec![1, 0]), ..plan };
    reads_as_meant(setup, vec![some(led_to(&USERS, 2, &[1, 2])), some(led_to(&POSTS, 1, &[10, 11]))]).await
}

fn grouped(entity: &'static EntitySchema, groups: Grouping) -> Select {
    Select { output: Output::Groups(Box::new(groups)), ..Select::all(entity) }
}

async fn aggregates<D: Mode>(setup: Setup) -> TestResult {
    let own = ColumnPath::own;
    let all = || {
        vec![
            Aggregate::Count,
            Aggregate::CountOf(own(2)),
            Aggregate::CountDistinct(own(2)),
            Aggregate::Sum(own(2)),
            Aggregate::Avg(own(2)),
            Aggregate::Min(own(1)),
            Aggregate::Max(own(3)),
        ]
    };
    let mut plans = vec![
        grouped(&USERS, Grouping::new(Vec::new(), all())),
        grouped(&USERS, Grouping::new(vec![own(3)], all())),
        grouped(&USERS, Grouping::new(vec![own(2), own(3)], vec![Aggregate::Count])),
        grouped(&USERS, Grouping::new(vec![own(2)], Vec::new())),
    ];
    if setup.capabilities().filters {
        // Nothing is grouped: one row without keys, none with.
        for keys in [Vec::new(), vec![own(3)]] {
            let none = grouped(&USERS, Grouping::new(keys, all()));
            plans.push(Select { filter: compare(0, Gt, 99), ..none });
        }
    }
    reads_as_meant(setup, plans).await
}

async fn groups_over_paths_of_relations<D: Mode>(setup: Setup) -> TestResult {
    let of_author = |column| ColumnPath { path: vec![&POSTS.relations[0]], column };
    let of_boss = || ColumnPath { path: vec![&POSTS.relations[0], &USERS.relations[0]], column: 1 };
    let plans = vec![
        grouped(&POSTS, Grouping::new(vec![of_author(1)], vec![Aggregate::Count])),
        grouped(&POSTS, Grouping::new(vec![of_boss()], vec![Aggregate::Sum(of_author(2)), Aggregate::Count])),
        grouped(&POSTS, Grouping::new(Vec::new(), vec![Aggregate::CountDistinct(of_author(0))])),
    ];
    reads_as_meant(setup, plans).await
}

async fn groups_are_narrowed_ordered_and_cut<D: Mode>(setup: Setup) -> TestResult {
    let raw = filled(&setup).await?;
    let by_author = |change: fn(&mut Grouping)| {
        let mut groups = Grouping::new(vec![ColumnPath::own(1)], vec![Aggregate::Count]);
        change(&mut groups);
        grouped(&POSTS, groups)
    };
    // Ada has three posts, Bob one, nobody one.
    let rows = raw.read(by_author(|groups| groups.order = vec![descending(1), ascending(0)])).await?;
    assert_eq!((ints(&rows, 0), ints(&rows, 1)), (vec![1, i64::MIN, 2], vec![3, 1, 1]));
    let rows = raw.read(by_author(|groups| groups.having = compare(1, Ge, 2))).await?;
    assert_eq!(ints(&rows, 0), [1]);
    let rows = raw.read(by_author(|groups| (groups.offset, groups.limit) = (1, Some(2)))).await?;
    assert_eq!(ints(&rows, 0), [1, 2]);
    Ok(())
}

async fn column(raw: &Raw, entity: &'static EntitySchema, column: usize) -> Result<Vec<i64>, Error> {
    let mut found = ints(&raw.read(Select::all(entity)).await?, column);
    found.sort_unstable();
    Ok(found)
}

async fn writes_by_filter<D: Mode>(setup: Setup) -> TestResult {
    let raw = filled(&setup).await?;
    let writes = vec![
        delete_where(&POSTS, compare(0, Gt, 12)),
        update_where(&USERS, compare(2, Eq, 20), vec![(2, add(5))]),
        delete_where(&TAGS, Predicate::Constant(true)),
    ];
    assert_eq!(raw.apply(batch(writes)).await?.affected, [2, 2, 3]);
    assert_eq!(column(&raw, &POSTS, 0).await?, [10, 11, 12]);
    assert_eq!(column(&raw, &USERS, 2).await?, [i64::MIN, 25, 25, 36]);
    // Di's 127 is the greatest of its width: all or nothing.
    let writes = vec![
        delete_where(&POSTS, Predicate::Constant(true)),
        update_where(&USERS, Predicate::Constant(true), vec![(4, add(1))]),
    ];
    assert!(matches!(raw.apply(batch(writes)).await, Err(Error::Overflow { .. })));
    assert_eq!(column(&raw, &POSTS, 0).await?, [10, 11, 12]);
    assert_eq!(column(&raw, &USERS, 4).await?, [1, 3, 5, 127]);
    Ok(())
}

async fn writes_by_relation_filters<D: Mode>(setup: Setup) -> TestResult {
    let raw = filled(&setup).await?;
    let writes = vec![
        delete_where(&POSTS, any(&POSTS, 1, equal(0, "a"))),
        update_where(&USERS, any(&USERS, 0, equal(1, "Ada")), vec![(4, add(1))]),
    ];
    assert_eq!(raw.apply(batch(writes)).await?.affected, [2, 2]);
    assert_eq!(column(&raw, &POSTS, 0).await?, [11, 12, 14]);
    assert_eq!(column(&raw, &USERS, 4).await?, [2, 4, 5, 127]);
    Ok(())
}

fn one_tag(name: &str) -> WriteBatch {
    batch(vec![write(&TAGS, RowWrite::Insert, &[row![name, 7]])])
}

async fn tags(raw: &Raw) -> Result<usize, Error> {
    Ok(raw.read(Select::all(&TAGS)).await?.len())
}

async fn transactions_see_one_snapshot_and_their_own_writes<D: Mode>(setup: Setup) -> TestResult {
    let raw = filled(&setup).await?;
    let mut tx = raw.begin(TxOptions::default()).await?;
    tx.apply(one_tag("d")).await?;
    assert_eq!(tx.read(Select::all(&TAGS)).await?.len(), 4);
    // What fails leaves the transaction as it was before the call.
    let mut fails = one_tag("e");
    fails.writes.extend(one_tag("a").writes);
    assert!(tx.apply(fails).await.is_err());
    assert_eq!(tx.read(Select::all(&TAGS)).await?.len(), 4);
    tx.commit().await?;
    assert_eq!(tags(&raw).await?, 4);
    let mut snapshot = raw.begin(TxOptions::snapshot()).await?;
    assert_eq!(snapshot.read(Select::all(&TAGS)).await?.len(), 4);
    snapshot.rollback().await?;
    Ok(())
}

async fn transactions_that_end_badly_leave_nothing<D: Mode>(setup: Setup) -> TestResult {
    let raw = filled(&setup).await?;
    for dropped in [false, true] {
        let mut tx = raw.begin(TxOptions::default()).await?;
        tx.apply(one_tag("d")).await?;
        tx.apply(batch(vec![delete(&USERS, &[1, 2, 3, 4])])).await?;
        if dropped {
            drop(tx);
        } else {
            tx.rollback().await?;
        }
        assert_eq!(tags(&raw).await?, 3);
        assert_eq!(column(&raw, &USERS, 0).await?, [1, 2, 3, 4]);
    }
    Ok(())
}

async fn savepoints<D: Mode>(setup: Setup) -> TestResult {
    let raw = filled(&setup).await?;
    let mut tx = raw.begin(TxOptions::default()).await?;
    tx.savepoint(1).await?;
    tx.apply(one_tag("d")).await?;
    tx.savepoint(2).await?;
    tx.apply(one_tag("e")).await?;
    tx.rollback_to(2).await?;
    assert_eq!(tx.read(Select::all(&TAGS)).await?.len(), 4);
    tx.release(1).await?;
    tx.savepoint(1).await?;
    tx.apply(one_tag("f")).await?;
    tx.rollback_to(1).await?;
    tx.commit().await?;
    assert_eq!(tags(&raw).await?, 4);
    Ok(())
}

async fn transactions_leave_out_or_tell_what_others_have_locked<D: Mode>(setup: Setup) -> TestResult {
    let raw = filled(&setup).await?;
    let all = |wait: LockWait| {
        let mut lock = Lock::update();
        lock.wait = wait;
        Select { lock: Some(lock), ..Select::all(&USERS) }
    };
    let first = Predicate::Compare { column: 0, op: Eq, value: Value::Int(1) };
    let (mut one, mut other) = (raw.begin(TxOptions::new()).await?, raw.begin(TxOptions::new()).await?);
    assert_eq!(one.read(Select { filter: first, ..all(LockWait::Wait) }).await?.len(), 1);
    assert_eq!(other.read(all(LockWait::Skip)).await?.len(), 3);
    let told = other.read(all(LockWait::Fail)).await;
    assert!(matches!(told, Err(Error::Locked { .. })), "{told:?}");
    assert_eq!(one.read(all(LockWait::Skip)).await?.len(), 1);
    one.rollback().await?;
    assert_eq!(other.read(all(LockWait::Fail)).await?.len(), 4);
    other.rollback().await?;
    Ok(())
}

async fn transactions_that_are_not_claimed_are_unsupported<D: Mode>(setup: Setup) -> TestResult {
    let raw = filled(&setup).await?;
    match raw.begin(TxOptions::default()).await {
        Err(Error::Unsupported { .. }) => Ok(()),
        Err(other) => Err(other.into()),
        Ok(_) => Err("a transaction was begun all the same; claim `transactions`, or refuse".into()),
    }
}

async fn statements_of_ones_own<D: Mode>(setup: Setup) -> TestResult {
    let raw = filled(&setup).await?;
    for entity in ALL {
        let Some(table) = raw.table(entity) else { panic!("`{}` has no name in SQL", entity.name) };
        let stored = raw.read(Select::all(entity)).await?;
        assert!(!stored.is_empty());
        let all = SqlStatement::new(format!("SELECT * FROM {table}"), Vec::new());
        let (rows, _) = raw.sql(entity, all).await?;
        assert_eq!(shown(&rows, false), shown(&stored, false), "{table}");
    }
    let table = raw.table(ALL[0]).unwrap_or_default();
    let one = |id| SqlBind::Value(Value::Int(id), Kind::I64);
    let some =
        SqlStatement::new(format!("SELECT * FROM {table} WHERE id = ? OR id = ?"), vec![one(1), one(3)]);
    let (rows, _) = raw.sql(ALL[0], some).await?;
    let ids: Vec<String> = rows.iter().map(|row| format!("{:?}", row.value(0))).collect();
    assert_eq!(rows.len(), 2, "{ids:?}");
    Ok(())
}
