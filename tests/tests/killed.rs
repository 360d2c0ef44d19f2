//! Processes that are killed while they save: what is found in the file is whole.

use orm_core::prelude::*;
use orm_provider_sqlite::Sqlite;
use orm_tests::scenarios::staff::{Employee, Task};
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};
use std::{env, thread};

/// Tells the process that is to be killed which file to write to.
const FILE: &str = "ORM_KILLED_FILE";

/// What it says when it is about to save.
const READY: &str = "ready to save";

/// What it says when one of each sort is saved.
const SAVED: &str = "saved";

fn open(path: &Path) -> Database {
    Database::builder().provider(Sqlite::open(path).unwrap()).models::<Employee>().start().unwrap()
}

/// Saves as fast as it can until it is killed; run by itself, it does nothing.
#[test]
fn victim() {
    let Some(path) = env::var_os(FILE) else { return };
    let db = open(Path::new(&path));
    println!("\n{READY}");
    let start = Instant::now();
    while start.elapsed() < Duration::from_secs(20) {
        let task = || Task::draft().what("t");
        let report = || Employee::draft().name("report").tasks([task(), task()]);
        let manager = Employee::draft().name("manager").reports([report(), report()]).tasks([task()]);
        db.repository::<Employee>().insert(manager).unwrap();
        db.transaction(|tx| {
            let one = tx.repository::<Employee>().save(Employee::draft().name("clerk"))?;
            tx.repository::<Task>().save(Task::draft().what("file").employee_id(one.id))
        })
        .unwrap();
        println!("{SAVED}");
    }
}

#[test]
fn what_a_killed_process_leaves_is_whole() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("killed.db");
    let (mut grown, mut acknowledged) = (0, 0);
    for round in 0..8_u64 {
        let mut child = Command::new(env::current_exe().unwrap())
            .args(["--exact", "victim", "--nocapture"])
            .env(FILE, &path)
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut said = BufReader::new(child.stdout.take().unwrap()).lines();
        assert!(said.by_ref().any(|line| line.unwrap() == READY));
        thread::sleep(Duration::from_millis(5 + 13 * round));
        child.kill().unwrap();
        child.wait().unwrap();
        // What it said before it was killed is still there to be read.
        acknowledged += said.filter(|line| line.as_ref().is_ok_and(|line| line == SAVED)).count();

        let db = open(&path);
        let staff = db.repository::<Employee>();
        let named = |name: &'static str| staff.query().filter(|e| e.name.eq(name));
        let managers =
            named("manager").with(|e| e.reports.with(|r| r.tasks)).with(|e| e.tasks).get().unwrap();
        for manager in &managers {
            let reports = manager.reports.get().unwrap();
            assert_eq!((reports.len(), manager.tasks.get().unwrap().len()), (2, 1), "round {round}");
            assert!(reports.iter().all(|r| r.tasks.get().unwrap().len() == 2), "round {round}");
        }
        assert!(managers.len() >= acknowledged, "round {round}: what was acknowledged is lost");
        let clerks = named("clerk").with(|e| e.tasks).get().unwrap();
        assert!(clerks.iter().all(|c| c.tasks.get().unwrap().len() == 1), "round {round}");
        assert!(clerks.len() >= acknowledged, "round {round}: what was acknowledged is lost");
        let all = staff.count().unwrap();
        assert_eq!(all, managers.len() as u64 * 3 + clerks.len() as u64, "round {round}");
        assert_eq!(db.repository::<Task>().count().unwrap(), managers.len() as u64 * 5 + clerks.len() as u64);
        grown += u64::from(!managers.is_empty());
    }
    assert!(grown > 0 && acknowledged > 0, "no process lived long enough to save anything");
}
