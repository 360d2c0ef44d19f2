//! Keys that the storage makes, while others make theirs.

use crate::server;
use orm_core::prelude::*;
use orm_tests::scenarios::staff::{Employee, Task};
use std::collections::HashSet;
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
