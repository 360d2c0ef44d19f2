//! Eight tasks on a pool of four connections, with futures that are dropped half-way, connections that
//! the server ends, and tries again. In the end, each counter is the sum of what was booked on it; all
//! that was acknowledged is booked, nothing that was refused is, and nothing is booked twice. No
//! connection is left over, and memory hasn't grown.
//!
//! The long form: `ORM_SOAK_SECONDS=300 cargo test -p orm-hostile --test soak -- --test-threads 1`.
//! `ORM_SEED=0x…` repeats the choices of a run, though not what the machine makes of them.

mod books;
mod process;
mod servers;
mod tasks;

use orm_core::asynchronous::Database;
use orm_provider_memory::Memory;
use orm_provider_sqlite::SqliteOptions;
use orm_test_support::executor::block_on;
use servers::{MariaDb, Postgres, Server};
use std::env;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};
use tasks::Random;

/// How many connections the tasks share.
const POOL: usize = 4;
/// How long the short form takes on each engine.
const SHORT: Duration = Duration::from_secs(5);
/// How much is to be done at least, and how long that may take besides.
const ENOUGH: u64 = 100;
const PATIENCE: Duration = Duration::from_secs(60);

fn duration() -> Duration {
    match env::var("ORM_SOAK_SECONDS") {
        Ok(text) => Duration::from_secs(text.parse().expect("ORM_SOAK_SECONDS is a number of seconds")),
        Err(_) => SHORT,
    }
}

fn seed() -> u64 {
    let seed = match env::var("ORM_SEED") {
        Ok(text) => u64::from_str_radix(text.trim_start_matches("0x"), 16).expect("ORM_SEED is hexadecimal"),
        Err(_) => SystemTime::now().duration_since(UNIX_EPOCH).map_or(1, |time| time.as_micros() as u64),
    };
    println!("ORM_SEED={seed:#x}");
    seed | 1
}

/// Works on the databases, which are of one storage, while somebody is nasty to it.
fn soak(databases: &[&Database], mut be_nasty: impl FnMut(&mut Random) + Send) {
    let (start, length, seed) = (Instant::now(), duration(), seed());
    block_on(books::open(databases)).unwrap();
    let (over, done) = (AtomicBool::new(false), AtomicU64::new(0));
    let mut warm = 0;
    let told = thread::scope(|scope| {
        let (over, done) = (&over, &done);
        let tasks: Vec<_> = (0..tasks::TASKS)
            .map(|task| {
                let db = databases[task as usize % databases.len()];
                scope.spawn(move || tasks::work(db, task, seed, over, done))
            })
            .collect();
        scope.spawn(move || {
            let mut random = Random(seed ^ 0xface);
            while !over.load(Ordering::Relaxed) {
                be_nasty(&mut random);
                thread::sleep(Duration::from_millis(20 + random.below(100)));
            }
        });
        // A task that failed shows it when it is joined; nobody need wait until then.
        let failed = || tasks.iter().any(|task| task.is_finished());
        // A machine that is busy with other things needs longer for anything to be told at all.
        let enough = || done.load(Ordering::Relaxed) >= ENOUGH || start.elapsed() > length + PATIENCE;
        while (start.elapsed() < length || !enough()) && !failed() {
            thread::sleep(Duration::from_millis(100));
            if warm == 0 && start.elapsed() > length.mul_f64(0.4) {
                warm = process::resident();
            }
        }
        over.store(true, Ordering::Relaxed);
        let told: Vec<_> = tasks.into_iter().map(|task| task.join().unwrap()).collect();
        tasks::Told::sum(told)
    });
    let resident = process::resident();
    println!("{told}; {warm} KiB after the first part, {resident} KiB in the end");
    assert!(told.done.len() as u64 >= ENOUGH, "nearly nothing was done");
    block_on(books::audit(databases[0], &told));
    // Lists of what was done grow; what isn't given back for each call would be more.
    let kept = told.calls() * 64 / 1024;
    assert!(warm == 0 || resident < warm + 48 * 1024 + kept, "{warm} KiB became {resident} KiB");
}

fn on_server<S: Server>() {
    let server = match S::find() {
        Ok(server) => server,
        Err(why) => return eprintln!("skipped: there is {why}"),
    };
    let provider = server.provider(POOL).unwrap();
    // Its tables are removed with the last handle.
    let db = block_on(Database::builder().provider(Arc::clone(&provider)).start()).unwrap();
    let mut killed = 0;
    soak(&[&db], |_| killed += u64::from(server.end_a_connection()));
    println!("{killed} connections were ended by the server");
    assert!(killed > 0);
    // All places in the pool are there.
    block_on(async {
        let mut open = Vec::new();
        for _ in 0..POOL {
            let tx = db.begin().await.unwrap();
            assert_eq!(tx.repository::<books::Counter>().count().await.unwrap(), books::COUNTERS);
            open.push(tx);
        }
        assert_eq!(server.connections(), POOL);
        for tx in open {
            tx.rollback().await.unwrap();
        }
    });
    process::until("no connection is in a transaction", || server.open_transactions() == 0);
    assert!(server.connections() <= POOL);
    drop((db, provider));
    process::until("connections end with their pool", || server.connections() == 0);
}

#[test]
fn on_postgres() {
    on_server::<Postgres>();
}

#[test]
fn on_mariadb() {
    on_server::<MariaDb>();
}

#[test]
fn on_memory() {
    soak(&[&block_on(Database::builder().provider(Memory::new()).start()).unwrap()], |_| {});
}

/// A file has no connections that somebody could end. But there are others who write to it: a second
/// provider, and one who holds the lock for longer than is waited for.
#[test]
fn on_a_sqlite_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("data.db");
    let open = || {
        let options = SqliteOptions::file(&path).readers(POOL).busy_timeout(Duration::from_millis(30));
        block_on(Database::builder().provider(options.durable(false).open().unwrap()).start()).unwrap()
    };
    let (one, two) = (open(), open());
    let other = rusqlite::Connection::open(&path).unwrap();
    soak(&[&one, &two], move |random| hold(&other, Duration::from_millis(random.below(60))));
    let files = process::open_files(folder.path());
    // A writer and readers for each, with the log and its index.
    assert!(files <= 2 * 3 * (POOL + 1), "{files} files are open");
    drop((one, two));
    process::until("files are closed with their provider", || process::open_files(folder.path()) == 0);
    is_sound(&path);
}

fn hold(file: &rusqlite::Connection, time: Duration) {
    if file.execute_batch("BEGIN IMMEDIATE").is_ok() {
        thread::sleep(time);
        file.execute_batch("ROLLBACK").unwrap();
    }
}

fn is_sound(path: &Path) {
    let file = rusqlite::Connection::open(path).unwrap();
    let told: String = file.query_row("PRAGMA integrity_check", [], |row| row.get(0)).unwrap();
    assert_eq!(told, "ok");
}
