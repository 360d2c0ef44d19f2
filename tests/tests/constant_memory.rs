//! A million records are read one by one in no more memory than a few of them take. What a process used at
//! most is told by the system, so each reading has a process of its own.

use orm_core::database::Database;
use orm_core::provider::DataProvider;
use orm_core::{Async, Blocking, Error, Mode};
use orm_provider_mysql::MysqlOptions;
use orm_provider_postgres::PostgresOptions;
use orm_provider_sqlite::Sqlite;
use orm_tests::executor::block_on;
use orm_tests::go;
use orm_tests::scenarios::blog::Post;
use orm_tests::servers::{MysqlServer, PostgresServer};
use std::env;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;

/// Tells a process which storage it reads, how, and in which mode.
const WHAT: &str = "ORM_MEMORY_WHAT";
const WHERE: &str = "ORM_MEMORY_WHERE";

const RECORDS: u64 = 1_000_000;
/// How many bytes each title has, so that all of them are 100 MB.
const TITLE: usize = 100;
/// What a reading may take, in KiB: a tenth of the titles alone.
const BOUND: u64 = 10_240;

/// The most memory that this process ever had, in KiB, where the system tells it.
fn peak() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.trim().strip_suffix(" kB")?.trim().parse().ok()
}

async fn database<D: Mode>(at: &str) -> Result<Database<D>, Error> {
    let builder = Database::<D>::builder().models::<Post>();
    if let Some((url, prefix)) = at.split_once(' ').filter(|(url, _)| url.starts_with("mysql")) {
        let options = MysqlOptions::from_url(url)?.database_prefix(prefix);
        return go!(D, builder.provider(options.lazy()?).start());
    }
    if let Some((url, prefix)) = at.split_once(' ') {
        let options = PostgresOptions::from_url(url)?.schema_prefix(prefix);
        return go!(D, builder.provider(options.lazy()?).start());
    }
    let provider: Arc<dyn DataProvider> = Arc::new(Sqlite::open(Path::new(at))?);
    go!(D, builder.provider(provider).start())
}

/// Makes the records where they are stored.
fn fill(at: &str) {
    let db = block_on(database::<Blocking>(at)).unwrap();
    let posts = db.table::<Post>().unwrap();
    let title = "x".repeat(TITLE);
    let numbers = if at.starts_with("postgres") {
        "SELECT generate_series(1, ?) AS n"
    } else if at.starts_with("mysql") {
        // More than a thousand levels of recursion would have to be allowed.
        "WITH RECURSIVE c(n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM c WHERE n < 999) \
         SELECT a.n * 1000 + b.n + 1 AS n FROM c AS a CROSS JOIN c AS b LIMIT ?"
    } else {
        "WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c WHERE n < ?) SELECT n FROM c"
    };
    let insert =
        format!("INSERT INTO {posts} (id, title, views) SELECT n, ?, n FROM ({}) AS numbers", numbers);
    assert_eq!(db.sql(insert).bind(&*title).bind(RECORDS).execute().unwrap(), RECORDS);
}

/// Reads all records and answers how many there are.
async fn read<D: Mode>(db: &Database<D>, how: &str, most: u64) -> Result<u64, Error> {
    let posts = db.repository::<Post>();
    let mut sum = 0;
    let mut count = 0;
    match how {
        "stream" => {
            let mut rows = posts.query().limit(most).stream();
            while let Some(post) = D::next(&mut rows).await {
                let post = post?;
                assert_eq!(post.title.len(), TITLE);
                (sum, count) = (sum + post.id, count + 1);
            }
        }
        "chunk" => {
            let mut chunks = posts.query().limit(most).chunk(2_000);
            while let Some(chunk) = D::next(&mut chunks).await {
                for post in chunk? {
                    (sum, count) = (sum + post.id, count + 1);
                }
            }
        }
        "sql" => {
            let table = db.table::<Post>()?;
            let text = format!("SELECT * FROM {table} ORDER BY id LIMIT ?");
            let mut rows = db.sql(text).bind(most).stream::<Post>();
            while let Some(post) = D::next(&mut rows).await {
                let post = post?;
                assert_eq!(post.title.len(), TITLE);
                (sum, count) = (sum + post.id, count + 1);
            }
        }
        _ => {
            let all = go!(D, posts.query().limit(most).get())?;
            (sum, count) = (all.iter().map(|p| p.id).sum(), all.len() as u64);
        }
    }
    assert_eq!(sum, count * (count + 1) / 2);
    Ok(count)
}

async fn measured<D: Mode>(at: &str, how: &str) -> Result<u64, Error> {
    let db = database::<D>(at).await?;
    // What is needed at all is there afterwards.
    read(&db, how, 20_000).await?;
    let before = peak().unwrap();
    assert_eq!(read(&db, how, RECORDS).await?, RECORDS);
    // The system counts in steps, so the later number may even be the smaller one.
    Ok(peak().unwrap().saturating_sub(before))
}

/// Reads what it is told to; run by itself, it does nothing.
#[test]
fn reader() {
    let (Ok(what), Ok(at)) = (env::var(WHAT), env::var(WHERE)) else { return };
    let (mode, how) = what.split_once(' ').unwrap();
    let grown = match mode {
        "blocking" => block_on(measured::<Blocking>(&at, how)).unwrap(),
        _ => block_on(measured::<Async>(&at, how)).unwrap(),
    };
    println!("\ngrown by {grown} KiB");
}

fn grown(at: &str, what: &str) -> u64 {
    let output = Command::new(env::current_exe().unwrap())
        .args(["--exact", "reader", "--nocapture"])
        .env(WHAT, what)
        .env(WHERE, at)
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    let line = said.lines().find_map(|line| line.strip_prefix("grown by ")?.strip_suffix(" KiB"));
    line.and_then(|number| number.parse().ok())
        .unwrap_or_else(|| panic!("{what}: {said}{}", String::from_utf8_lossy(&output.stderr)))
}

fn measure(at: &str) {
    if peak().is_none() {
        eprintln!("skipped: this system doesn't tell how much memory a process used");
        return;
    }
    fill(at);
    for what in ["blocking stream", "async stream", "blocking chunk", "blocking sql", "async sql"] {
        let grown = grown(at, what);
        println!("{what}: {grown} KiB");
        assert!(grown < BOUND, "{what} took {grown} KiB more for a million records");
    }
    // What is measured shows where it should.
    let all = grown(at, "blocking get");
    assert!(all > RECORDS * TITLE as u64 / 1024, "{all} KiB for all records at once");
}

#[test]
fn on_sqlite() {
    if env::var_os(WHAT).is_none() {
        let folder = tempfile::tempdir().unwrap();
        measure(folder.path().join("data.db").to_str().unwrap());
    }
}

#[test]
fn on_postgres() {
    match PostgresServer::find() {
        Ok(server) => {
            let prefix = format!("memory{}_", std::process::id());
            measure(&format!("{} {prefix}", server.url()));
            // It may be a server that goes on.
            let db = block_on(database::<Blocking>(&format!("{} {prefix}", server.url()))).unwrap();
            let table = db.table::<Post>().unwrap();
            let (schema, _) = table.split_once('.').unwrap();
            db.sql(format!("DROP SCHEMA {schema} CASCADE")).execute().unwrap();
        }
        Err(why) => eprintln!("skipped: this needs PostgreSQL, and there is {why}"),
    }
}

#[test]
fn on_mariadb() {
    match MysqlServer::find() {
        Ok(server) => {
            let at = format!("{} memory{}_", server.url(), std::process::id());
            measure(&at);
            // It may be a server that goes on.
            let db = block_on(database::<Blocking>(&at)).unwrap();
            let table = db.table::<Post>().unwrap();
            let (name, _) = table.split_once('.').unwrap();
            db.sql(format!("DROP DATABASE {name}")).execute().unwrap();
        }
        Err(why) => eprintln!("skipped: this needs MariaDB, and there is {why}"),
    }
}
