//! Order, limits and the records of a set of parents, against plain Rust.

mod common;
use common::*;
use orm_core::model::schema::{EntitySchema, RelationSchema};
use orm_core::plan::*;
use orm_core::provider::*;
use orm_core::value::*;
use orm_core::{Error, Result};
use std::cmp::Ordering;
use std::sync::Arc;

type Table = Vec<Vec<Value>>;

fn maybe(random: &mut Random, value: Value) -> Value {
    if random.one_in(5) { Value::Null } else { value }
}

/// Users, posts and pairs of posts and tags, with nulls, ties and danglings.
fn fill(db: &mut Arc<dyn Connection>, random: &mut Random, scale: i64) {
    let put = |db: &Arc<dyn Connection>, entity, table: &Table| {
        let records: Vec<Vec<Option<Value>>> =
            table.iter().map(|row| row.iter().cloned().map(Some).collect()).collect();
        apply(db, vec![merge(entity, &records)]).unwrap();
    };
    let word = |random: &mut Random| {
        let words = ["", "prefix", "prefix b", "prefix a", "prefix a and more", "é", "z"];
        text(words[random.below(7) as usize])
    };
    let mut users = Table::new();
    let mut profiles = Table::new();
    for id in 0..scale {
        let score = Value::Float(random.below(5) as f64 - 2.0);
        let level = int(random.below(3) as i64);
        let email = text(&format!("{}@x", scale - id));
        users.push(vec![
            int(id),
            word(random),
            int(random.below(9) as i64),
            maybe(random, email),
            maybe(random, score),
            maybe(random, level),
        ]);
        let owner = int(random.below(scale as u64 * 2) as i64);
        let bio = word(random);
        profiles.push(vec![int(id), maybe(random, owner), maybe(random, bio)]);
    }
    let mut posts = Table::new();
    for id in 0..scale * 3 {
        let author = int(random.below(scale as u64 + 5) as i64);
        let rating = Value::Decimal(Decimal::new(random.below(4) as i64, 2));
        posts.push(vec![
            int(id),
            maybe(random, author),
            word(random),
            int(random.below(10) as i64),
            maybe(random, rating),
        ]);
    }
    let tags: Table = (0..9).map(|t| vec![text(&format!("tag {t}")), int(t % 3)]).collect();
    let mut pairs = Table::new();
    for post in 0..scale * 3 {
        for tag in 0..11 {
            if random.one_in(4) {
                pairs.push(vec![int(post), text(&format!("tag {tag}")), Value::Null]);
            }
        }
    }
    for (entity, table) in
        [(&USERS, users), (&PROFILES, profiles), (&POSTS, posts), (&TAGS, tags), (&POST_TAGS, pairs)]
    {
        put(db, entity, &table);
    }
}

fn compare(order: &[Sort], a: &[Value], b: &[Value]) -> Ordering {
    order.iter().fold(Ordering::Equal, |ordering, term| {
        ordering.then_with(|| {
            let (x, y) = (&a[term.column], &b[term.column]);
            match (x.is_null(), y.is_null()) {
                (true, false) if term.nulls_first => Ordering::Less,
                (true, false) => Ordering::Greater,
                (false, true) if term.nulls_first => Ordering::Greater,
                (false, true) => Ordering::Less,
                _ if term.descending => y.as_ref().sort_order(x.as_ref()),
                _ => x.as_ref().sort_order(y.as_ref()),
            }
        })
    })
}

fn order(random: &mut Random, entity: &'static EntitySchema) -> Vec<Sort> {
    (0..random.below(4))
        .map(|_| Sort {
            column: random.below(entity.fields.len() as u64) as usize,
            descending: random.one_in(2),
            nulls_first: random.one_in(2),
        })
        .collect()
}

/// What the plan's order leaves open is decided by the key.
fn stable(entity: &'static EntitySchema, order: &[Sort]) -> Vec<Sort> {
    let mut order = order.to_vec();
    order.extend(entity.key.iter().map(|&column| sort(column)));
    order
}

fn cut(rows: &mut Table, offset: u64, limit: Option<u64>) {
    rows.drain(..(offset as usize).min(rows.len()));
    rows.truncate(limit.unwrap_or(u64::MAX) as usize);
}

#[test]
fn order_and_limits() {
    let mut random = Random(7);
    let mut db = connect();
    fill(&mut db, &mut random, sized(1500, 12));
    for round in 0..sized(150, 12) {
        let entity = [&USERS, &POSTS, &POST_TAGS][random.below(3) as usize];
        let order = order(&mut random, entity);
        let limit = (!random.one_in(5)).then(|| random.below(40) * random.below(40));
        let offset = if random.one_in(2) { 0 } else { random.below(60) };
        let filter = match random.below(3) {
            0 => Predicate::Null { column: 2 },
            1 => Predicate::Constant(true),
            _ => Predicate::Not(Box::new(Predicate::Null { column: 1 })),
        };
        let plan =
            Select { order: order.clone(), limit, offset, filter: filter.clone(), ..Select::all(entity) };
        let mut expected = db.rows(Select { filter, ..Select::all(entity) });
        let decided = stable(entity, &order);
        expected.sort_by(|a, b| compare(&decided, a, b));
        cut(&mut expected, offset, limit);
        let mut rows = db.rows(plan.clone());
        let counted = db.rows(Select { output: Output::Count, ..plan.clone() });
        assert_eq!(counted, [[int(expected.len() as i64)]]);
        if limit.is_none() && offset == 0 {
            assert!(rows.windows(2).all(|w| compare(&order, &w[0], &w[1]).is_le()));
            rows.sort_by(|a, b| compare(&decided, a, b));
        }
        assert_eq!(rows, expected, "round {round}: {plan:?}");
    }
}

/// The related records, parent by parent, each followed by the parent's key.
fn naive(
    db: &mut Arc<dyn Connection>,
    relation: &'static RelationSchema,
    parents: &[Value],
    plan: &Select,
    related: (u64, Option<u64>),
) -> Table {
    let target = (relation.target)();
    let records = db.rows(Select { filter: plan.filter.clone(), ..Select::all(target) });
    let pairs = relation.pivot.as_ref().map(|p| (p, db.all((p.entity)())));
    let order = stable(target, &plan.order);
    let mut out = Table::new();
    for parent in parents {
        let mut children = Table::new();
        let mut add = |key: &Value| {
            let of_parent = records.iter().filter(|r| r[relation.to[0]] == *key);
            children.extend(of_parent.map(|r| [&r[..], std::slice::from_ref(parent)].concat()));
        };
        match &pairs {
            None => add(parent),
            Some((pivot, pairs)) => {
                for pair in pairs.iter().filter(|p| p[pivot.from[0]] == *parent) {
                    add(&pair[pivot.to[0]]);
                }
            }
        }
        children.sort_by(|a, b| compare(&order, a, b));
        cut(&mut children, related.0, related.1);
        out.extend(children);
    }
    if plan.limit.is_some() || plan.offset > 0 {
        out.sort_by(|a, b| compare(&order, a, b));
        cut(&mut out, plan.offset, plan.limit);
    }
    out
}

#[test]
fn related_records_of_all_kinds() {
    for (seed, scale) in sized([(1, 20), (2, 700)], [(1, 6), (2, 15)]) {
        let mut random = Random(seed);
        let mut db = connect();
        fill(&mut db, &mut random, scale);
        let relations = [&USERS.relations[0], &USERS.relations[1], &POSTS.relations[0], &POSTS.relations[1]];
        for round in 0..sized(80, 12) {
            let relation = relations[round % 4];
            let target = (relation.target)();
            let few = random.one_in(2);
            let parents: Vec<Value> = (0..scale + 3).filter(|_| !few || random.one_in(9)).map(int).collect();
            let mut keys = KeySet::new([Kind::I64]);
            for parent in &parents {
                keys.push(|_| parent.as_ref());
            }
            let each = (random.below(3), (!random.one_in(3)).then(|| random.below(4)));
            let plan = Select {
                filter: match random.below(3) {
                    0 => Predicate::Constant(true),
                    1 => Predicate::Null { column: target.fields.len() - 1 },
                    _ => Predicate::Not(Box::new(Predicate::Null { column: target.fields.len() - 1 })),
                },
                order: order(&mut random, target),
                limit: random.one_in(4).then_some(7),
                offset: u64::from(random.one_in(5)),
                related: Some(Related {
                    relation,
                    keys: Arc::new(keys),
                    middle: None,
                    with_middle: false,
                    loose: false,
                    offset: each.0,
                    limit: each.1,
                }),
                ..Select::all(target)
            };
            let mut expected = naive(&mut db, relation, &parents, &plan, each);
            let mut rows = db.rows(plan.clone());
            if plan.limit.is_none() && plan.offset == 0 && each == (0, None) {
                // Ties are open then, but parents come one after the other.
                let parent = target.fields.len();
                let open = [&[sort(parent)], &plan.order[..]].concat();
                assert!(rows.windows(2).all(|w| compare(&open, &w[0], &w[1]).is_le()));
                let all: Vec<Sort> = (0..=parent).map(sort).collect();
                rows.sort_by(|a, b| compare(&all, a, b));
                expected.sort_by(|a, b| compare(&all, a, b));
            } else if plan.limit.is_some() || plan.offset > 0 {
                // Which parent comes first is open where one record has several.
                let key = |t: &Table| -> Vec<Value> { t.iter().map(|r| r[0].clone()).collect() };
                assert_eq!(key(&rows), key(&expected));
                rows.clone_from(&expected);
            }
            assert_eq!(rows, expected, "seed {seed}, round {round}: {plan:?}");
            let counted = db.rows(Select { output: Output::Count, ..plan });
            assert_eq!(counted, [[int(expected.len() as i64)]]);
        }
    }
}

struct Failing(usize);
impl RowSink for Failing {
    fn row(&mut self, _: &dyn Row) -> Result<Flow> {
        self.0 += 1;
        if self.0 == 3 {
            return Err(Error::Busy("sink".to_owned()));
        }
        Ok(Flow::More)
    }
}

#[test]
fn a_sink_stops_and_fails_a_read() {
    let mut db = connect();
    fill(&mut db, &mut Random(3), sized(50, 10));
    let mut failing = Failing(0);
    let read = db.select(&Arc::new(Select::all(&USERS)), &mut failing);
    assert!(matches!(read, Err(Error::Busy(_))));
    assert_eq!(failing.0, 3);
    let mut stopping = gather(1, 4);
    db.select(&Arc::new(Select::all(&USERS)), &mut stopping).unwrap();
    assert_eq!(stopping.rows.len(), 4);
}

#[test]
fn what_was_never_written_is_empty() {
    let mut db = orm_provider_memory::Memory::new().open(&name("bare")).unwrap();
    assert_eq!(db.count(&USERS, Predicate::Constant(true)), 0);
    assert_eq!(db.one(&USERS, int(1)), None);
    apply(&db, vec![merge(&USERS, &[record![1, "a"]])]).unwrap();
    let none = Predicate::Related {
        relation: &USERS.relations[0],
        filter: Box::new(Predicate::Constant(true)),
        middle: None,
        count: (CompareOp::Eq, 0),
    };
    assert_eq!(db.count(&USERS, none), 1);
}

/// The first of many records, over several chunks: what can't be among them isn't looked at.
#[test]
fn the_first_of_many_chunks() {
    let mut db = connect();
    let mut random = Random(11);
    let (mut users, size) = (Table::new(), sized(6_000, 300));
    for id in 0..size {
        let level = int(random.below(200) as i64 - 100);
        users.push(vec![
            int(id),
            text("x"),
            int(random.below(1_000_000) as i64 - 500_000),
            Value::Null,
            Value::Float(random.below(1_000) as f64 - 500.0),
            // NULL in the later chunks only.
            if id > size / 2 { maybe(&mut random, level) } else { level },
        ]);
    }
    let records: Vec<Vec<Option<Value>>> =
        users.iter().map(|row| row.iter().cloned().map(Some).collect()).collect();
    apply(&db, vec![merge(&USERS, &records)]).unwrap();
    for &column in sized(&[0, 2, 4, 5][..], &[5]) {
        for (descending, nulls_first) in [(false, true), (true, true), (false, false), (true, false)] {
            let order = vec![Sort { column, descending, nulls_first }];
            let (mut sorted, stable) = (users.clone(), stable(&USERS, &order));
            sorted.sort_by(|a, b| compare(&stable, a, b));
            let cuts = [(0, 20), (size as u64 - 10, 20), (0, 1), (30, 20), (0, 5_000)];
            for &(offset, limit) in sized(&cuts[..], &cuts[..2]) {
                let mut expected = sorted.clone();
                cut(&mut expected, offset, Some(limit));
                let plan = Select { order: order.clone(), offset, limit: Some(limit), ..Select::all(&USERS) };
                assert_eq!(db.rows(plan), expected, "{order:?} {offset} {limit}");
            }
        }
    }
}
