//! Random plans for columns, counts per parent and groups: every provider puts out what the evaluator says.

use orm_core::connection::ConnectionName;
use orm_core::model::schema::EntitySchema;
use orm_core::plan::CompareOp::{Ge, Lt, Ne};
use orm_core::plan::RowWrite::Insert;
use orm_core::plan::{Aggregate, ColumnPath, Grouping, Output, Predicate, Select, Sort};
use orm_core::provider::fallback::{Gather, Record, evaluate};
use orm_core::provider::{Connection, DataProvider, SchemaSync};
use orm_core::value::Value;
use orm_provider_memory::Memory;
use orm_provider_sqlite::Sqlite;
use orm_tests::hand_built::*;
use std::sync::Arc;

/// A small generator, so that a failure comes again.
struct Random(u64);

impl Random {
    fn below(&mut self, n: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % n
    }
    fn pick<T: Clone>(&mut self, from: &[T]) -> T {
        from[self.below(from.len() as u64) as usize].clone()
    }
    fn maybe(&mut self) -> bool {
        self.below(2) == 0
    }
}

fn columns() -> Vec<ColumnPath> {
    let boss = &USERS.relations[0];
    let over = |path: &[_], column| ColumnPath { path: path.to_vec(), column };
    vec![
        ColumnPath::own(0),
        ColumnPath::own(2),
        ColumnPath::own(3),
        ColumnPath::own(4),
        over(&[boss], 2),
        over(&[boss], 4),
        over(&[boss, boss], 3),
        over(&[boss, boss], 2),
    ]
}

fn texts() -> Vec<ColumnPath> {
    let boss = &USERS.relations[0];
    vec![ColumnPath::own(1), ColumnPath { path: vec![boss], column: 1 }]
}

fn filter(random: &mut Random) -> Predicate {
    match random.below(5) {
        0 => compare(2, Ge, 3),
        1 => Predicate::Or(vec![compare(3, Lt, 6), Predicate::Null { column: 2 }]),
        2 => any(&USERS, 0, compare(2, Ne, 1)),
        _ => Predicate::Constant(true),
    }
}

fn sort(random: &mut Random, columns: u64) -> Sort {
    let column = random.below(columns) as usize;
    Sort { column, descending: random.maybe(), nulls_first: random.maybe() }
}

fn cut(random: &mut Random) -> (u64, Option<u64>) {
    let offset = if random.below(3) == 0 { random.below(4) } else { 0 };
    (offset, (random.below(3) == 0).then(|| random.below(9)))
}

fn aggregate(random: &mut Random) -> Aggregate {
    let number = random.pick(&columns());
    let any = if random.maybe() { number.clone() } else { random.pick(&texts()) };
    match random.below(7) {
        0 => Aggregate::Count,
        1 => Aggregate::CountOf(any),
        2 => Aggregate::CountDistinct(any),
        3 => Aggregate::Min(any),
        4 => Aggregate::Max(any),
        5 => Aggregate::Sum(number),
        _ => Aggregate::Avg(number),
    }
}

fn grouping(random: &mut Random) -> Grouping {
    let keys = (0..random.below(4))
        .map(|_| if random.below(4) == 0 { random.pick(&texts()) } else { random.pick(&columns()) });
    let keys: Vec<ColumnPath> = keys.collect();
    let aggregates = (0..random.below(4) + u64::from(keys.is_empty())).map(|_| aggregate(random)).collect();
    let mut grouping = Grouping::new(keys, aggregates);
    let width = (grouping.keys.len() + grouping.aggregates.len()) as u64;
    let kinds = grouping.kinds(&USERS);
    let column = random.below(width) as usize;
    if random.below(3) == 0 && kinds[column].integer_range().is_some() {
        let over = compare(column, random.pick(&[Ge, Lt, Ne]), random.below(9) as i64);
        let null = Predicate::Null { column };
        grouping.having = match random.below(3) {
            0 => over,
            1 => Predicate::Or(vec![over, null]),
            _ => Predicate::And(vec![not(null), not(over)]),
        };
    }
    grouping.order = (0..random.below(3)).map(|_| sort(random, width)).collect();
    (grouping.offset, grouping.limit) = cut(random);
    grouping
}

fn plan(random: &mut Random) -> Select {
    match random.below(6) {
        0 => {
            let count = random.below(5) + 1;
            let columns = (0..count).map(|_| random.below(5) as usize).collect();
            let (offset, limit) = cut(random);
            let order = vec![sort(random, 5), ascending(0)];
            Select {
                output: Output::Columns(columns),
                offset,
                limit,
                order,
                ..filtered(&USERS, filter(random))
            }
        }
        1 => {
            let mut plan = led_to(&USERS, random.pick(&[0, 1]), &[1, 2, 3, 5, 8, 99]);
            plan.filter = filter(random);
            plan.output = if random.maybe() { Output::Counts } else { Output::Columns(vec![1, 0]) };
            if let Some(related) = &mut plan.related {
                (related.offset, related.limit) = cut(random);
            }
            plan
        }
        _ => {
            let (offset, limit) = cut(random);
            let order = vec![sort(random, 5)];
            let output = Output::Groups(Box::new(grouping(random)));
            Select { output, offset, limit, order, ..filtered(&USERS, filter(random)) }
        }
    }
}

/// Whether the plan says in which order all of its rows come.
fn is_ordered(plan: &Select) -> bool {
    match &plan.output {
        Output::Groups(grouping) => grouping.is_cut(),
        _ => plan.related.is_none(),
    }
}

fn comparable(plan: &Select, rows: Vec<Record>) -> Vec<String> {
    let mut rows: Vec<String> = rows.iter().map(|row| format!("{row:?}")).collect();
    if !is_ordered(plan) {
        rows.sort();
    }
    rows
}

fn filled(provider: &dyn DataProvider) -> Arc<dyn Connection> {
    let connection = provider.open(&ConnectionName::new("main").unwrap()).unwrap();
    connection.sync(&[&USERS], SchemaSync::Create).unwrap();
    let mut random = Random(7);
    let users: Vec<Vec<Value>> = (1..=40)
        .map(|id| {
            let null_or = |random: &mut Random, n| match random.below(4) {
                0 => Value::Null,
                _ => Value::Int(random.below(n) as i64 + 1),
            };
            let age = null_or(&mut random, 6);
            let boss = null_or(&mut random, 45);
            let score = Value::Int(random.below(7) as i64 - 3);
            vec![Value::Int(id), Value::Text(format!("n{}", id % 50).into()), age, boss, score]
        })
        .collect();
    connection.apply(&mut batch(vec![write(&USERS, Insert, &users)])).unwrap();
    connection
}

#[test]
fn every_provider_puts_out_the_same() {
    let providers = [filled(&Memory::new()), filled(&Sqlite::memory().unwrap())];
    let scanned = read(&*providers[0], Select::all(&USERS)).unwrap();
    let mut random = Random(0x2545_f491_4f6c_dd1d);
    let mut rows = 0;
    for _ in 0..4000 {
        let plan = plan(&mut random);
        let mut gather = Gather::new(width(&plan));
        let mut source = |_: &'static EntitySchema| Ok(scanned.clone());
        evaluate(&plan, &mut source, &mut gather).unwrap();
        rows += gather.rows.len();
        let expected = comparable(&plan, gather.rows);
        for connection in &providers {
            let found = read(&**connection, plan.clone());
            assert_eq!(comparable(&plan, found.unwrap()), expected, "{plan}\n{plan:?}");
        }
    }
    assert!(rows > 10_000, "{rows}");
}
