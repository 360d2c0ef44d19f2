//! Keys that the storage makes, while others make theirs.

use crate::server;
use orm_core::Error;
use orm_core::prelude::*;
use orm_tests::scenarios::staff::{Employee, Task};
use std::collections::{HashMap, HashSet};
use std::thread;

#[test]
fn are_never_given_twice() {
    let Some(server) = server() else { return };
    let db = Database::builder().provider(server.provider().unwrap()).models::<Employee>().start().unwrap();
    const ROUNDS: usize = 25;
    let threads: Vec<_> = (0..4)
        .map(|number: usize| {
            let staff = db.repository::<Employee>();
            thread::spawn(move || {
                let mut keys = Vec::new();
                for round in 0..ROUNDS {
                    // Some state a key that is ahead of the sequence.
                    let ahead = (number * ROUNDS + round) as i64 * 50 + 1_000;
                    if round % 5 == 0 {
                        staff.save(Employee::draft().id(ahead).name("ahead")).unwrap();
                    }
                    let report = || Employee::draft().name("r").tasks([Task::draft().what("t")]);
                    let lead = Employee::draft().name("l").reports([report(), report()]);
                    let saved = staff.save(lead).unwrap();
                    let reports = saved.reports.get_partial().unwrap();
                    assert!(reports.iter().all(|r| r.manager_id == Some(saved.id)));
                    keys.push(saved.id);
                    keys.extend(reports.iter().map(|r| r.id));
                }
                keys
            })
        })
        .collect();
    let keys: Vec<i64> = threads.into_iter().flat_map(|t| t.join().unwrap()).collect();
    assert_eq!(keys.iter().collect::<HashSet<_>>().len(), 4 * ROUNDS * 3);
    let staff = db.repository::<Employee>();
    let ahead = staff.query().filter(|e| e.name.eq("ahead")).count().unwrap();
    assert_eq!(staff.count().unwrap(), (4 * ROUNDS * 3) as u64 + ahead);
    assert_eq!(db.repository::<Task>().count().unwrap(), (4 * ROUNDS * 2) as u64);
    assert_eq!(staff.query().filter(|e| e.tasks.count().eq(1)).count().unwrap(), (4 * ROUNDS * 2) as u64);
}

#[test]
fn are_consecutive_within_a_write() {
    let Some(server) = server() else { return };
    let db = Database::builder().provider(server.provider().unwrap()).models::<Employee>().start().unwrap();
    let threads: Vec<_> = (0..4)
        .map(|number: i64| {
            let staff = db.repository::<Employee>();
            thread::spawn(move || {
                let mut keys = Vec::new();
                for round in 0..40 {
                    let count = if round % 2 == 0 { 1 } else { 3 + number };
                    let name = |n: i64| format!("{number} {round} {n}");
                    let saved =
                        staff.insert_many((0..count).map(|n| Employee::draft().name(name(n)))).unwrap();
                    let first = saved[0].id;
                    for (n, employee) in (0..).zip(&saved) {
                        assert_eq!((employee.id, &employee.name), (first + n, &name(n)));
                    }
                    keys.extend(saved.iter().map(|employee| (employee.id, employee.name.clone())));
                }
                keys
            })
        })
        .collect();
    let told: HashMap<i64, String> = threads.into_iter().flat_map(|t| t.join().unwrap()).collect();
    let stored = db.repository::<Employee>().all().unwrap();
    assert_eq!(stored.len(), told.len());
    assert!(stored.iter().all(|employee| told[&employee.id] == employee.name));
}

#[test]
fn that_others_have_taken_are_left_out() {
    let Some(server) = server() else { return };
    // Each with a provider of its own, as two processes have.
    let options = server.options().unwrap();
    let open = || {
        let provider = options.clone().lazy().unwrap();
        Database::builder().provider(provider).models::<Employee>().start().unwrap()
    };
    let (others, staff) = (open(), open().repository::<Employee>());
    assert_eq!(staff.insert(Employee::draft().name("first")).unwrap().id, 1);
    let table = others.table::<Employee>().unwrap();
    // Written past what counts the keys.
    let sql = format!("INSERT INTO {table} (id, name) VALUES (3, 'theirs'), (4, 'theirs'), (9, 'theirs')");
    others.sql(&sql).execute().unwrap();
    let names = || (0..10).map(|n| Employee::draft().name(format!("{n}")));
    let mut keys: Vec<i64> = staff.insert_many(names()).unwrap().iter().map(|e| e.id).collect();
    for _ in 0..4 {
        keys.push(staff.insert(Employee::draft().name("one")).unwrap().id);
    }
    assert!(keys.iter().all(|key| ![1, 3, 4, 9].contains(key)), "{keys:?}");
    assert_eq!(keys.iter().collect::<HashSet<_>>().len(), 14);
    assert_eq!(staff.count().unwrap(), 18);
}

/// Has room for few keys.
#[derive(Model, Debug, Clone)]
#[model(entity = "shorts")]
struct Short {
    #[key(auto)]
    id: i16,
    name: String,
}

#[test]
fn end_with_the_range_of_their_column() {
    let Some(server) = server() else { return };
    let db = Database::builder().provider(server.provider().unwrap()).models::<Short>().start().unwrap();
    let shorts = db.repository::<Short>();
    let some = |count: i16| (0..count).map(|n| Short::draft().name(format!("{n}"))).collect::<Vec<_>>();
    shorts.insert(Short::draft().id(i16::MAX - 3).name("ahead")).unwrap();
    let mut stored = 1;
    for (count, fits) in [(4, false), (2, true), (2, false), (1, true), (1, false), (3, false)] {
        match shorts.insert_many(some(count)) {
            Ok(saved) => assert!(fits && saved.len() == count as usize),
            Err(error) => assert!(!fits && matches!(error, Error::Overflow { column: "id", .. }), "{error}"),
        }
        stored += if fits { count as u64 } else { 0 };
        assert_eq!(shorts.count().unwrap(), stored);
    }
    assert_eq!(shorts.query().order_by(|s| s.id.desc()).first().unwrap().unwrap().id, i16::MAX);
}
