//! A PostgreSQL server.

use super::faulty::FaultyServer;
use super::process::{Process, Sort, certify, thrice};
use super::scratch::Remover;
use super::{command, folder_of, free_port, servants, versions};
use crate::executor::block_on;
use orm_core::Result;
use orm_core::provider::AsyncDataProvider;
use orm_provider_postgres::{Postgres, PostgresOptions, SslMode};
use std::fs;
use std::io;
use std::os::unix::fs::{PermissionsExt as _, chown};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::Receiver;
use std::sync::{Arc, OnceLock};

/// The variable that names a server which is there already.
const VARIABLE: &str = "ORM_TEST_POSTGRES_URL";

/// The password of the throw-away server: it is asked for, so that asking is tested.
const PASSWORD: &str = "p/w:of@a?test";
const ESCAPED: &str = "p%2Fw%3Aof%40a%3Ftest";

/// Removes schemas by their prefixes, so that thousands of tables don't fill the disk.
fn remove(url: &str, prefixes: &Receiver<String>) {
    let Ok(runtime) = tokio::runtime::Builder::new_current_thread().enable_all().build() else { return };
    let removing = async {
        let (client, connection) = tokio_postgres::connect(url, tokio_postgres::NoTls).await?;
        tokio::spawn(connection);
        client.batch_execute("SET lock_timeout = '5s'; SET client_min_messages = error").await?;
        while let Ok(prefix) = prefixes.recv() {
            let found = client
                .query(
                    "SELECT quote_ident(nspname) FROM pg_namespace WHERE starts_with(nspname, $1)",
                    &[&prefix],
                )
                .await?;
            for schema in found {
                let sql = format!("DROP SCHEMA {} CASCADE", schema.get::<_, String>(0));
                // What is still in use stays.
                let _ = client.batch_execute(&sql).await;
            }
        }
        Ok::<(), tokio_postgres::Error>(())
    };
    // A throw-away server takes it along when it ends.
    let _ = runtime.block_on(removing);
}

/// A server to test with. A throw-away one ends, and its files are removed, when this is dropped.
#[derive(Debug)]
pub struct PostgresServer {
    url: String,
    process: Option<Process>,
    next: AtomicU64,
    remover: Remover,
}

impl PostgresServer {
    /// The server that `ORM_TEST_POSTGRES_URL` names, or a throw-away one of this machine's programs on a
    /// free port of the loopback interface.
    ///
    /// # Errors
    /// Why there is none, for people.
    pub fn find() -> Result<Self, String> {
        if let Ok(url) = std::env::var(VARIABLE) {
            return Ok(Self::new(url, None));
        }
        Self::start(Sort::Plain)
    }

    /// A throw-away server that takes encrypted connections only, and its certificate, which is of
    /// `localhost` and 127.0.0.1.
    ///
    /// # Errors
    /// Why there is none, for people.
    pub fn encrypted() -> Result<(Self, PathBuf), String> {
        folder_of(&["openssl"], Vec::new()).ok_or("no `openssl` to make a certificate with")?;
        let server = Self::start(Sort::Encrypted)?;
        let certificate = server.process.as_ref().map(|process| process.folder().join("certificate"));
        certificate.map(|certificate| (server, certificate)).ok_or_else(|| "no certificate".to_owned())
    }

    fn new(url: String, process: Option<Process>) -> Self {
        Self { url, process, next: AtomicU64::new(0), remover: Remover::default() }
    }

    fn start(sort: Sort) -> Result<Self, String> {
        let programs = folder_of(&["initdb", "postgres"], versions(Path::new("/usr/lib/postgresql")))
            .ok_or_else(|| {
                format!("no PostgreSQL on this machine (install it, or name a server by {VARIABLE})")
            })?;
        thrice(|| start(&programs, sort)).map_err(|why| {
            format!("no server, as PostgreSQL of {} can't be started: {why}", programs.display())
        })
    }

    /// The address, with the password.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The folder that has the server's socket, if it was started here.
    #[must_use]
    pub fn socket(&self) -> Option<&Path> {
        self.process.as_ref().map(Process::folder)
    }

    fn prefix(&self) -> String {
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        format!("t{}_{number}_", std::process::id())
    }

    /// Settings by which nobody else's data is seen.
    ///
    /// # Errors
    /// When the address can't be read.
    pub fn options(&self) -> Result<PostgresOptions> {
        Ok(PostgresOptions::from_url(&self.url)?.schema_prefix(&self.prefix()).pool_size(8))
    }

    /// A provider that sees nobody else's data.
    ///
    /// # Errors
    /// As [`options`](Self::options).
    pub fn provider(&self) -> Result<Postgres> {
        self.options()?.lazy()
    }

    /// A provider that sees nobody else's data, and whose data is removed when it is dropped.
    ///
    /// # Errors
    /// As [`options`](Self::options).
    pub fn scratch(&self) -> Result<Arc<dyn AsyncDataProvider>> {
        self.scratch_with(|options| options)
    }

    /// The same, with other options.
    ///
    /// # Errors
    /// Those of the options.
    pub fn scratch_with(
        &self,
        change: impl FnOnce(PostgresOptions) -> PostgresOptions,
    ) -> Result<Arc<dyn AsyncDataProvider>> {
        let prefix = self.prefix();
        let options = change(PostgresOptions::from_url(&self.url)?.schema_prefix(&prefix).pool_size(8));
        let url = self.url.clone();
        Ok(self.remover.watch(options.lazy()?, prefix, move |prefixes| remove(&url, prefixes)))
    }
}

impl FaultyServer for PostgresServer {
    const COMMIT: &'static [u8] = b"COMMIT\0";
    const READS_BY_ITSELF: bool = true;

    fn shared() -> Option<&'static Self> {
        static SERVER: OnceLock<Result<PostgresServer, String>> = OnceLock::new();
        match SERVER.get_or_init(Self::find) {
            Ok(server) => Some(server),
            Err(why) => {
                eprintln!("skipped: this needs PostgreSQL, and there is {why}");
                None
            }
        }
    }

    fn restartable() -> Result<Self, String> {
        Self::start(Sort::Restartable)
    }

    fn address(&self) -> String {
        let after = self.url.rsplit_once('@').map_or(self.url.as_str(), |(_, after)| after);
        after.split(['/', '?']).next().unwrap_or_default().to_owned()
    }

    fn provider_at(&self, address: &str, name: &str, pool: usize) -> Result<Arc<dyn AsyncDataProvider>> {
        let url = self.url.replace(&self.address(), address);
        let options = PostgresOptions::from_url(&url)?.ssl_mode(SslMode::Disable).application_name(name);
        let options = options.schema_prefix(&format!("{}{name}_", self.prefix())).pool_size(pool);
        Ok(Arc::new(options.lazy()?))
    }

    fn open_transactions(&self, name: &str) -> u64 {
        self.sessions(name, "idle in transaction%")
    }

    fn connections(&self, name: &str) -> u64 {
        self.sessions(name, "%")
    }

    fn kill(&self) {
        self.throw_away().kill();
    }

    fn restart(&self) {
        self.throw_away().restart(|| block_on(Postgres::connect(&self.url)).map(drop));
    }
}

impl PostgresServer {
    /// How many sessions of an application are in a state like this.
    fn sessions(&self, name: &str, state: &str) -> u64 {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let (client, connection) =
                tokio_postgres::connect(&self.url, tokio_postgres::NoTls).await.unwrap();
            tokio::spawn(connection);
            let of = "SELECT count(*) FROM pg_stat_activity WHERE application_name = $1 AND state LIKE $2";
            let of: i64 = client.query_one(of, &[&name, &state]).await.unwrap().get(0);
            of.unsigned_abs()
        })
    }

    fn throw_away(&self) -> &Process {
        self.process.as_ref().expect("only a throw-away server is killed and started again")
    }
}

impl Drop for PostgresServer {
    fn drop(&mut self) {
        if self.process.is_none() {
            self.remover.finish();
        }
    }
}

fn start(programs: &Path, sort: Sort) -> Result<PostgresServer, String> {
    static NUMBER: AtomicU64 = AtomicU64::new(0);
    let number = NUMBER.fetch_add(1, Ordering::Relaxed);
    let folder = std::env::temp_dir().join(format!("orm-postgres-{}-{number}", std::process::id()));
    let user = servants("postgres");
    let started = prepare(programs, &folder, user)
        .and_then(|()| if sort == Sort::Encrypted { encrypt(&folder, user) } else { Ok(()) })
        .and_then(|()| run(programs, &folder, user, sort));
    match started {
        Ok((mut process, url)) => {
            process.wait(|| block_on(Postgres::connect(&url)).map(drop))?;
            Ok(PostgresServer::new(url, Some(process)))
        }
        Err(error) => {
            let _ = fs::remove_dir_all(&folder);
            Err(error.to_string())
        }
    }
}

/// Makes a new database cluster.
fn prepare(programs: &Path, folder: &Path, user: Option<(u32, u32)>) -> io::Result<()> {
    fs::create_dir(folder)?;
    fs::set_permissions(folder, fs::Permissions::from_mode(0o700))?;
    fs::write(folder.join("password"), PASSWORD)?;
    if let Some((user, group)) = user {
        chown(folder, Some(user), Some(group))?;
        chown(folder.join("password"), Some(user), Some(group))?;
    }
    // A collation that orders as people do, where there is one, shows that it isn't relied on.
    let collations: [&[&str]; 2] = [&["--locale-provider=icu", "--icu-locale=en", "--locale=C.UTF-8"], &[]];
    let mut words = String::new();
    for collation in collations {
        let _ = fs::remove_dir_all(folder.join("data"));
        let output = command(&programs.join("initdb"), user, folder)
            .args(["--username=orm", "--encoding=UTF8", "--auth=scram-sha-256", "--no-sync"])
            .arg("--pwfile=password")
            .args(collation)
            .args(["--pgdata", "data"])
            .output()?;
        if output.status.success() {
            return Ok(());
        }
        words = String::from_utf8_lossy(&output.stderr).into_owned();
    }
    Err(io::Error::other(words))
}

/// Gives the server a certificate, and lets it take nothing else.
fn encrypt(folder: &Path, user: Option<(u32, u32)>) -> io::Result<()> {
    certify(folder, user)?;
    let settings = "ssl = on\nssl_cert_file = '../certificate'\nssl_key_file = '../key'\n";
    let mut file = fs::OpenOptions::new().append(true).open(folder.join("data/postgresql.conf"))?;
    io::Write::write_all(&mut file, settings.as_bytes())?;
    fs::write(folder.join("data/pg_hba.conf"), "hostssl all all 127.0.0.1/32 scram-sha-256\n")
}

fn run(
    programs: &Path,
    folder: &Path,
    user: Option<(u32, u32)>,
    sort: Sort,
) -> io::Result<(Process, String)> {
    let port = free_port()?;
    // The files outlive the server's processes, so they needn't reach the disk; but they must be written.
    let written = if sort == Sort::Restartable { "synchronous_commit=on" } else { "synchronous_commit=off" };
    let process = Process::start(sort, folder, user, "QUIT", &programs.join("postgres"), |command| {
        command
            .args(["-D", "data", "-p", &port.to_string()])
            .args(["-c", "listen_addresses=127.0.0.1", "-c"])
            .arg(format!("unix_socket_directories={}", folder.display()))
            .args(["-c", "fsync=off", "-c", written, "-c", "full_page_writes=off"])
            .args(["-c", "max_connections=200", "-c", "max_locks_per_transaction=1024"])
            .args(["-c", "autovacuum=off", "-c", "shared_buffers=64MB"]);
    })?;
    Ok((process, format!("postgres://orm:{ESCAPED}@127.0.0.1:{port}/postgres")))
}
