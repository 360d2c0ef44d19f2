//! All rows of a table in SQLite, against the same statement by rusqlite.

use crate::report::{Report, Unit, Work};
use crate::timing::{in_turns, tried};
use crate::{Form, Outcome};
use orm_core::prelude::*;
use orm_provider_sqlite::Sqlite;

#[derive(Model, Debug, Clone, PartialEq)]
struct User {
    #[key]
    id: u64,
    name: String,
    hair_color: Option<String>,
}

const ROWS: u64 = 10_000;

fn name(id: u64) -> String {
    format!("User number {id}")
}

pub(crate) fn run(form: &Form, report: &mut Report) -> Outcome {
    let db = Database::builder().provider(Sqlite::memory()?).connection("main").start()?;
    let users = db.repository::<User>();
    users.insert_many((0..ROWS).map(|id| User { id, name: name(id), hair_color: None }))?;

    let hand = rusqlite::Connection::open_in_memory()?;
    hand.execute_batch(
        "CREATE TABLE users (id INTEGER PRIMARY KEY NOT NULL, name TEXT NOT NULL, hair_color TEXT); BEGIN",
    )?;
    let mut insert = hand.prepare("INSERT INTO users (id, name, hair_color) VALUES (?1, ?2, NULL)")?;
    for id in 0..ROWS {
        insert.execute(rusqlite::params![id as i64, name(id)])?;
    }
    hand.execute_batch("COMMIT")?;
    let mut select = hand.prepare("SELECT id, name, hair_color FROM users")?;
    let mut by_hand = || -> rusqlite::Result<Vec<User>> {
        let rows = select.query_map([], |row| {
            Ok(User { id: row.get::<_, i64>(0)? as u64, name: row.get(1)?, hair_color: row.get(2)? })
        })?;
        rows.collect()
    };

    let sorted = |mut users: Vec<User>| {
        users.sort_unstable_by_key(|u| u.id);
        users
    };
    assert!(sorted(users.all()?) == sorted(by_hand()?));

    let medians = in_turns(form.pick(200, 20), |_| tried(|| users.all()), |_| tried(&mut by_hand))?;
    let work = Work {
        group: "sqlite",
        work: format!("all rows of {ROWS}, in memory"),
        against: "rusqlite, a prepared statement into the same struct",
        unit: Unit::Milliseconds,
        bar: Some(1.3),
    };
    report.times(work, &medians, 1);
    Ok(())
}
