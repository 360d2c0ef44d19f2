//! Rows in and out against rusqlite by hand: the same statements, prepared, the same structs, in
//! turns. `cargo bench -p orm-provider-sqlite`

#[path = "../tests/common/mod.rs"]
mod common;

use common::*;
use orm_core::Result;
use orm_core::plan::{Change, Predicate, RowWrite, Rows, Select, WriteBatch};
use orm_core::provider::{Flow, Row, RowSink};
use orm_core::value::{KeyValues, Value, ValueRef};
use orm_provider_sqlite::Sqlite;
use std::hint::black_box;
use std::sync::Arc;
use std::time::{Duration, Instant};

const ROWS: i64 = 10_000;

#[allow(dead_code, reason = "a result is made to be dropped")]
struct User {
    id: u64,
    name: String,
    hair_color: Option<String>,
}

#[derive(Default)]
struct Users(Vec<User>);

fn text(value: ValueRef<'_>) -> Option<String> {
    match value {
        ValueRef::Text(text) => Some(text.to_owned()),
        _ => None,
    }
}

impl RowSink for Users {
    fn row(&mut self, row: &dyn Row) -> Result<Flow> {
        self.0.push(User {
            id: match row.value(0) {
                ValueRef::Int(id) => id as u64,
                _ => 0,
            },
            name: text(row.value(1)).unwrap_or_default(),
            hair_color: text(row.value(2)),
        });
        Ok(Flow::More)
    }
}

fn cells(id: i64) -> (String, Option<String>) {
    let color = (id % 3 > 0).then(|| ["red", "brown"][id as usize % 2].to_owned());
    (format!("User number {id}"), color)
}

fn batch_of_rows(how: RowWrite) -> WriteBatch {
    let mut rows = Rows::new(&PEOPLE);
    for id in 0..ROWS {
        let (name, color) = cells(id);
        let row = rows.push();
        let color = color.as_deref().map_or(ValueRef::Null, ValueRef::Text);
        let taken = rows.set(row, 0, ValueRef::Int(id))
            && rows.set(row, 1, ValueRef::Text(&name))
            && rows.set(row, 2, color);
        assert!(taken);
    }
    batch(rows, how)
}

/// The shortest and the middle time of each, taken in turns.
fn race<const N: usize>(rounds: usize, mut runs: [&mut dyn FnMut() -> Duration; N]) -> [[Duration; 2]; N] {
    let mut times: [Vec<Duration>; N] = std::array::from_fn(|_| Vec::new());
    for _ in 0..rounds {
        for (run, times) in runs.iter_mut().zip(&mut times) {
            times.push(run());
        }
    }
    times.map(|mut times| {
        times.sort_unstable();
        [times[0], times[times.len() / 2]]
    })
}

fn timed<T>(work: impl FnOnce() -> T) -> Duration {
    let start = Instant::now();
    black_box(work());
    start.elapsed()
}

fn report(what: &str, [ours, hand]: [[Duration; 2]; 2]) {
    let ratio = |i: usize| ours[i].as_secs_f64() / hand[i].as_secs_f64();
    println!("{what:<28} {:>10.1?} {:>10.1?}   {:.2}x (median {:.2}x)", ours[0], hand[0], ratio(0), ratio(1));
}

fn main() {
    let at = ready(&Sqlite::memory().unwrap(), "default");
    at.sync(&[&PEOPLE], Default::default()).unwrap();
    let engine = rusqlite::Connection::open_in_memory().unwrap();
    engine
        .execute_batch(
            "CREATE TABLE people (id INTEGER PRIMARY KEY NOT NULL, name TEXT NOT NULL, hair_color TEXT)",
        )
        .unwrap();
    let records: Vec<_> = (0..ROWS).map(|id| (id, cells(id))).collect();
    println!("{:<28} {:>10} {:>10}", "", "provider", "rusqlite");

    let mut ours = || {
        at.apply(&mut WriteBatch::one(&PEOPLE, Change::Clear)).unwrap();
        let mut batch = batch_of_rows(RowWrite::Insert);
        timed(|| at.apply(&mut batch).unwrap())
    };
    let mut hand = || {
        engine.execute_batch("DELETE FROM people").unwrap();
        timed(|| {
            let tx = engine.unchecked_transaction().unwrap();
            {
                let mut insert = tx
                    .prepare_cached("INSERT INTO people (id, name, hair_color) VALUES (?1, ?2, ?3)")
                    .unwrap();
                for (id, (name, color)) in &records {
                    insert.execute(rusqlite::params![id, name, color]).unwrap();
                }
            }
            tx.commit().unwrap();
        })
    };
    report("insert 10,000", race(40, [&mut ours, &mut hand]));

    let mut ours = || {
        let mut batch = batch_of_rows(RowWrite::Merge);
        timed(|| at.apply(&mut batch).unwrap())
    };
    let mut hand = || {
        timed(|| {
            let tx = engine.unchecked_transaction().unwrap();
            {
                let sql = "INSERT INTO people (id, name, hair_color) VALUES (?1, ?2, ?3) \
                           ON CONFLICT (id) DO UPDATE SET name = excluded.name, \
                           hair_color = excluded.hair_color";
                let mut merge = tx.prepare_cached(sql).unwrap();
                for (id, (name, color)) in &records {
                    merge.execute(rusqlite::params![id, name, color]).unwrap();
                }
            }
            tx.commit().unwrap();
        })
    };
    report("merge 10,000 stored", race(40, [&mut ours, &mut hand]));

    let plan = Arc::new(Select::all(&PEOPLE));
    let read_all = |plan: &Arc<Select>| {
        let mut sink = Users::default();
        at.select(plan, &mut sink).unwrap();
        sink.0
    };
    let by_hand = |sql: &str, id: i64| -> Vec<User> {
        let mut statement = engine.prepare_cached(sql).unwrap();
        let binds: [&dyn rusqlite::ToSql; 1] = [&id];
        let binds = &binds[..statement.parameter_count()];
        let rows = statement.query_map(binds, |row| {
            Ok(User { id: row.get::<_, i64>(0)? as u64, name: row.get(1)?, hair_color: row.get(2)? })
        });
        rows.unwrap().map(|user| user.unwrap()).collect()
    };
    let all = "SELECT id, name, hair_color FROM people";
    assert_eq!(read_all(&plan).len(), by_hand(all, 0).len());
    let mut ours = || timed(|| read_all(&plan));
    let mut hand = || timed(|| by_hand(all, 0));
    report("select 10,000", race(150, [&mut ours, &mut hand]));

    let some = Arc::new(filtered(
        &PEOPLE,
        Predicate::Compare { column: 0, op: orm_core::plan::CompareOp::Lt, value: Value::Int(100) },
    ));
    let hundred = "SELECT id, name, hair_color FROM people WHERE id < ?1";
    let mut ours = || timed(|| (0..100).map(|_| read_all(&some).len()).sum::<usize>());
    let mut hand = || timed(|| (0..100).map(|_| by_hand(hundred, 100).len()).sum::<usize>());
    report("select 100, 100 times", race(100, [&mut ours, &mut hand]));

    let one = "SELECT id, name, hair_color FROM people WHERE id = ?1";
    let mut ours = || {
        timed(|| {
            for id in 0..1000 {
                let mut sink = Users::default();
                at.find(&PEOPLE, &KeyValues::one(Value::Int(id)), &mut sink).unwrap();
                black_box(sink.0);
            }
        })
    };
    let mut hand = || timed(|| (0..1000).for_each(|id| drop(black_box(by_hand(one, id)))));
    report("find one, 1,000 times", race(100, [&mut ours, &mut hand]));
}
