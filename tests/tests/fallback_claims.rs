//! Every choice of claims comes to the same results, and nothing that isn't claimed is asked for.

use orm_core::connection::ConnectionName;
use orm_core::model::schema::EntitySchema;
use orm_core::plan::CompareOp::{Eq, Ge, Gt};
use orm_core::plan::RowWrite::Insert;
use orm_core::plan::{
    Aggregate, Assignment, Change, ColumnPath, Grouping, Output, Predicate, Select, TextMatch, Write,
    WriteBatch, Written,
};
use orm_core::provider::fallback::{Gather, Record, complete, evaluate};
use orm_core::provider::*;
use orm_core::value::Value;
use orm_core::{Error, Result};
use orm_tests::hand_built::*;
use orm_tests::row;
use orm_tests::tiny::Tiny;
use std::sync::Arc;

/// A provider that could do everything and refuses what it doesn't claim.
struct Strict {
    inner: Arc<dyn Connection>,
    claims: Capabilities,
}

const REFUSED: Error = Error::unsupported("this", "it was not claimed");

fn has_related(filter: &Predicate) -> bool {
    match filter {
        Predicate::Related { .. } => true,
        Predicate::And(list) | Predicate::Or(list) => list.iter().any(has_related),
        Predicate::Not(inner) | Predicate::NotTrue(inner) => has_related(inner),
        _ => false,
    }
}

fn check(claims: &Capabilities, plan: &Select) -> Result<()> {
    let claimed = (claims.filters || plan.filter == Predicate::Constant(true))
        && (claims.relation_filters || !has_related(&plan.filter))
        && (claims.order || plan.order.is_empty())
        && (claims.limit && claims.order || plan.offset == 0 && plan.limit.is_none())
        && (claims.related || plan.related.is_none())
        && match &plan.output {
            Output::Records => true,
            Output::Columns(_) => claims.projections,
            Output::Groups(_) => claims.aggregates && plan.related.is_none(),
            _ => claims.counts,
        };
    claimed.then_some(()).ok_or(REFUSED)
}

fn check_batch(claims: &Capabilities, batch: &WriteBatch) -> Result<()> {
    let claimed = batch.writes.iter().all(|write| match &write.change {
        Change::DeleteWhere { filter } | Change::UpdateWhere { filter, .. } => {
            claims.writes_by_filter && (claims.relation_filters || !has_related(filter))
        }
        _ => true,
    });
    claimed.then_some(()).ok_or(REFUSED)
}

impl Connection for Strict {
    fn sync(&self, entities: &[&'static EntitySchema], how: SchemaSync) -> Result<SyncReport> {
        self.inner.sync(entities, how)
    }
    fn select(&self, plan: &Arc<Select>, sink: &mut dyn RowSink) -> Result<()> {
        check(&self.claims, plan)?;
        self.inner.select(plan, sink)
    }
    fn apply(&self, batch: &mut WriteBatch) -> Result<Written> {
        check_batch(&self.claims, batch)?;
        self.inner.apply(batch)
    }
    fn begin(&self, options: &TxOptions) -> Result<Box<dyn Transaction>> {
        if !self.claims.transactions {
            return Err(REFUSED);
        }
        let inner = self.inner.begin(options)?;
        let claims = self.claims.clone();
        Ok(Box::new(StrictTransaction { inner, claims }))
    }
}

struct StrictTransaction {
    inner: Box<dyn Transaction>,
    claims: Capabilities,
}

impl Transaction for StrictTransaction {
    fn select(&mut self, plan: &Arc<Select>, sink: &mut dyn RowSink) -> Result<()> {
        check(&self.claims, plan)?;
        self.inner.select(plan, sink)
    }
    fn apply(&mut self, batch: &mut WriteBatch) -> Result<Written> {
        check_batch(&self.claims, batch)?;
        self.inner.apply(batch)
    }
    fn savepoint(&mut self, number: u32) -> Result<()> {
        self.inner.savepoint(number)
    }
    fn rollback_to(&mut self, number: u32) -> Result<()> {
        self.inner.rollback_to(number)
    }
    fn release(&mut self, number: u32) -> Result<()> {
        self.inner.release(number)
    }
    fn commit(self: Box<Self>) -> Result<()> {
        self.inner.commit()
    }
    fn rollback(self: Box<Self>) -> Result<()> {
        self.inner.rollback()
    }
}

/// Every choice of claims.
fn all_claims() -> impl Iterator<Item = Capabilities> {
    (0..1024_u32).map(|bits| {
        let mut claims = Capabilities::minimal("strict");
        let flags = [
            &mut claims.filters,
            &mut claims.relation_filters,
            &mut claims.order,
            &mut claims.limit,
            &mut claims.related,
            &mut claims.counts,
            &mut claims.projections,
            &mut claims.aggregates,
            &mut claims.writes_by_filter,
            &mut claims.transactions,
        ];
        for (at, flag) in flags.into_iter().enumerate() {
            *flag = bits >> at & 1 == 1;
        }
        claims
    })
}

fn strict(claims: Capabilities) -> Arc<dyn Connection> {
    let name = ConnectionName::new("claims").unwrap();
    let full = complete(&Tiny::CAPABILITIES, Tiny::default().open(&name).unwrap());
    let (writes, links) = (sample(), Vec::new());
    full.apply(&mut WriteBatch { writes, links }).unwrap();
    let capabilities = claims.clone();
    let inner = full;
    complete(&capabilities, Arc::new(Strict { inner, claims }))
}

fn plans() -> Vec<Select> {
    let tagged = any(&POSTS, 1, equal(0, "b"));
    let by_age = |select: Select| Select { order: vec![descending(2), ascending(0)], ..select };
    let mut per_parent = led_to(&USERS, 2, &[1, 2]);
    per_parent.order = vec![ascending(2)];
    if let Some(related) = &mut per_parent.related {
        related.limit = Some(2);
    }
    let mut tags = led_to(&POSTS, 1, &[10, 11]);
    tags.filter = compare(0, Gt, "a");
    let of_boss = |filter| filtered(&USERS, Predicate::And(vec![any(&USERS, 0, filter), compare(0, Gt, 1)]));
    vec![
        Select::all(&USERS),
        filtered(&POSTS, text(2, TextMatch::ILike, "%NOTES")),
        filtered(&POSTS, tagged.clone()),
        filtered(&POSTS, Predicate::Constant(false)),
        of_boss(equal(1, "Ada")),
        by_age(Select::all(&USERS)),
        by_age(Select { limit: Some(2), offset: 1, ..of_boss(compare(0, Ge, 1)) }),
        Select { limit: Some(2), ..Select::all(&POSTS) },
        Select { output: Output::Count, ..filtered(&POSTS, tagged) },
        Select { output: Output::Exists, ..filtered(&USERS, equal(2, 99)) },
        Select { output: Output::Count, limit: Some(3), ..Select::all(&USERS) },
        per_parent,
        tags,
        led_to(&USERS, 0, &[1, 3, 9]),
        Select { output: Output::Count, ..led_to(&USERS, 1, &[1]) },
        Select { output: Output::Counts, ..led_to(&USERS, 1, &[1, 3]) },
        Select { output: Output::Counts, ..led_to(&POSTS, 1, &[10, 11]) },
        Select { output: Output::Columns(vec![1, 0, 1]), ..by_age(of_boss(compare(0, Ge, 1))) },
        Select { output: Output::Columns(vec![2]), ..led_to(&USERS, 2, &[1, 2]) },
        Select { output: sums(), ..filtered(&USERS, compare(0, Gt, 1)) },
        Select { output: per_boss(), limit: Some(3), ..of_boss(compare(0, Ge, 1)) },
    ]
}

/// One row, over all records.
fn sums() -> Output {
    let age = || ColumnPath::own(2);
    let aggregates = vec![
        Aggregate::Count,
        Aggregate::CountOf(age()),
        Aggregate::CountDistinct(age()),
        Aggregate::Sum(age()),
        Aggregate::Avg(age()),
        Aggregate::Min(ColumnPath::own(1)),
        Aggregate::Max(age()),
    ];
    Output::Groups(Box::new(Grouping::new(Vec::new(), aggregates)))
}

/// A row for each boss's name.
fn per_boss() -> Output {
    let name = ColumnPath { path: vec![&USERS.relations[0]], column: 1 };
    let mut grouping = Grouping::new(vec![name], vec![Aggregate::Count, Aggregate::Max(ColumnPath::own(0))]);
    grouping.having = compare(1, Ge, 1);
    grouping.order = vec![descending(2)];
    grouping.limit = Some(5);
    Output::Groups(Box::new(grouping))
}

/// What the evaluator says of the sample.
fn expected(plan: &Select) -> Vec<Record> {
    let mut source = |entity: &'static EntitySchema| {
        let connection = strict(Capabilities::minimal("plain"));
        read(&*connection, Select::all(entity))
    };
    let mut gather = Gather::new(width(plan));
    evaluate(plan, &mut source, &mut gather).unwrap();
    gather.rows
}

#[test]
fn reads_are_the_same_whatever_is_claimed() {
    let expected: Vec<_> = plans().iter().map(expected).collect();
    for claims in all_claims() {
        let connection = strict(claims.clone());
        let mut transaction = connection.begin(&TxOptions::snapshot()).unwrap();
        for (plan, expected) in plans().into_iter().zip(&expected) {
            assert_eq!(&read(&*connection, plan.clone()).unwrap(), expected, "{claims:?} {plan:?}");
            assert_eq!(&read_in(&mut *transaction, plan).unwrap(), expected, "{claims:?}");
        }
    }
}

#[test]
fn writes_are_the_same_whatever_is_claimed() {
    let batch = || {
        let add = vec![(4, Assignment::Add(Value::Int(-1)))];
        let young = compare(2, Eq, 20);
        let set = vec![(1, Assignment::Set(Value::Null))];
        let writes = vec![
            Write { entity: &USERS, change: Change::UpdateWhere { filter: young, set: add } },
            Write { entity: &POSTS, change: Change::DeleteWhere { filter: any(&POSTS, 1, equal(0, "a")) } },
            write(&TAGS, Insert, &[row!["d", 9]]),
            Write { entity: &TAGS, change: Change::UpdateWhere { filter: compare(1, Gt, 2), set } },
        ];
        WriteBatch { writes, links: Vec::new() }
    };
    let outcome = |connection: &dyn Connection| {
        let of = |entity| {
            let by_key = Select { order: vec![ascending(0)], ..Select::all(entity) };
            read(connection, by_key).unwrap()
        };
        (ints(&of(&USERS), 4), ints(&of(&POSTS), 0), ints(&of(&TAGS), 1))
    };
    let null = i64::MIN;
    let expected = (vec![5, 1, 2, 126], vec![11, 12, 14], vec![1, null, null, null]);
    for claims in all_claims() {
        let connection = strict(claims.clone());
        let written = connection.apply(&mut batch()).unwrap();
        assert_eq!(written.affected, [2, 2, 1, 2], "{claims:?}");
        assert_eq!(outcome(&*connection), expected, "{claims:?}");
        // Nothing of a batch with a fault.
        let mut faulty = batch();
        faulty.writes.remove(2);
        faulty.writes.push(write(&POSTS, Insert, &[row![12, (), "there"]]));
        assert!(fault(&connection.apply(&mut faulty).unwrap_err()).is_some(), "{claims:?}");
        assert_eq!(outcome(&*connection), expected, "{claims:?}");

        let connection = strict(claims.clone());
        let mut transaction = connection.begin(&TxOptions::default()).unwrap();
        assert_eq!(transaction.apply(&mut batch()).unwrap().affected, [2, 2, 1, 2]);
        transaction.commit().unwrap();
        assert_eq!(outcome(&*connection), expected, "{claims:?}");
    }
}

#[test]
fn filters_are_pushed_down_on_their_own() {
    let name = ConnectionName::new("claims").unwrap();
    let full = complete(&Tiny::CAPABILITIES, Tiny::default().open(&name).unwrap());
    let (writes, links) = (sample(), Vec::new());
    full.apply(&mut WriteBatch { writes, links }).unwrap();
    /// Expects one plan.
    struct Expects(Arc<dyn Connection>, Predicate);
    impl Connection for Expects {
        fn sync(&self, _: &[&'static EntitySchema], _: SchemaSync) -> Result<SyncReport> {
            Err(REFUSED)
        }
        fn select(&self, plan: &Arc<Select>, sink: &mut dyn RowSink) -> Result<()> {
            assert_eq!(plan.filter, self.1);
            self.0.select(plan, sink)
        }
        fn apply(&self, _: &mut WriteBatch) -> Result<Written> {
            Err(REFUSED)
        }
    }
    let mut claims = Capabilities::minimal("filters only");
    claims.filters = true;
    let plan = Select { order: vec![descending(1)], ..filtered(&USERS, equal(2, 20)) };
    let connection = complete(&claims, Arc::new(Expects(Arc::clone(&full), equal(2, 20))));
    assert_eq!(ints(&read(&*connection, plan).unwrap(), 0), [4, 3]);
    // The keys of parents are a filter too.
    let plan = led_to(&USERS, 2, &[2]);
    let keys = plan.related.as_ref().map(|r| Arc::clone(&r.keys)).unwrap();
    let expected = Predicate::Keys { columns: &[1], keys };
    let connection = complete(&claims, Arc::new(Expects(full, expected)));
    assert_eq!(ints(&read(&*connection, plan).unwrap(), 0), [13]);
}
