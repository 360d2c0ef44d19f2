//! A MariaDB or MySQL server.

use super::faulty::FaultyServer;
use super::process::{Process, Sort, certify, thrice};
use super::scratch::Remover;
use super::{command, folder_of, free_port, servants};
use crate::executor::block_on;
use mysql_async::prelude::Queryable as _;
use orm_core::Result;
use orm_core::provider::AsyncDataProvider;
use orm_provider_mysql::{Mysql, MysqlOptions, SslMode};
use std::fs;
use std::io;
use std::os::unix::fs::{PermissionsExt as _, chown};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::Receiver;
use std::sync::{Arc, OnceLock};

/// The variable that names a server which is there already.
const VARIABLE: &str = "ORM_TEST_MYSQL_URL";

/// The password of the throw-away server: it is asked for, so that asking is tested.
const PASSWORD: &str = "p/w:of@a?test";
const ESCAPED: &str = "p%2Fw%3Aof%40a%3Ftest";

/// Removes databases by their prefixes, so that thousands of tables don't fill the disk.
fn remove(url: &str, prefixes: &Receiver<String>) {
    let Ok(runtime) = tokio::runtime::Builder::new_current_thread().enable_all().build() else { return };
    let removing = async {
        let mut conn = mysql_async::Conn::from_url(url).await?;
        conn.query_drop("SET lock_wait_timeout = 5, foreign_key_checks = 0").await?;
        while let Ok(prefix) = prefixes.recv() {
            let found: Vec<String> = conn.query("SHOW DATABASES").await?;
            for database in found.iter().filter(|name| name.starts_with(&prefix)) {
                let sql = format!("DROP DATABASE `{}`", database.replace('`', "``"));
                // What is still in use stays.
                let _ = conn.query_drop(sql).await;
            }
        }
        conn.disconnect().await
    };
    // A throw-away server takes it along when it ends.
    let _ = runtime.block_on(removing);
}

/// A server to test with. A throw-away one ends, and its files are removed, when this is dropped.
#[derive(Debug)]
pub struct MysqlServer {
    url: String,
    process: Option<Process>,
    next: AtomicU64,
    remover: Remover,
}

impl MysqlServer {
    /// The server that `ORM_TEST_MYSQL_URL` names, or a throw-away one of this machine's programs on a
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
        let others = || vec![PathBuf::from("/usr/sbin"), PathBuf::from("/usr/local/bin")];
        let missing = || format!("no MariaDB on this machine (install it, or name a server by {VARIABLE})");
        let server = folder_of(&["mariadbd"], others()).ok_or_else(missing)?.join("mariadbd");
        let install = folder_of(&["mariadb-install-db"], others()).ok_or_else(missing)?;
        let programs = Programs { server, install: install.join("mariadb-install-db") };
        let of = programs.server.display();
        thrice(|| start(&programs, sort)).map_err(|why| format!("no server, as {of} can't be started: {why}"))
    }

    /// The address, with the password.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The folder that has the server's socket `socket`, if it was started here.
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
    pub fn options(&self) -> Result<MysqlOptions> {
        Ok(MysqlOptions::from_url(&self.url)?.database_prefix(&self.prefix()).pool_size(8))
    }

    /// A provider that sees nobody else's data.
    ///
    /// # Errors
    /// As [`options`](Self::options).
    pub fn provider(&self) -> Result<Mysql> {
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
        change: impl FnOnce(MysqlOptions) -> MysqlOptions,
    ) -> Result<Arc<dyn AsyncDataProvider>> {
        let prefix = self.prefix();
        let options = change(MysqlOptions::from_url(&self.url)?.database_prefix(&prefix).pool_size(8));
        let url = self.url.clone();
        Ok(self.remover.watch(options.lazy()?, prefix, move |prefixes| remove(&url, prefixes)))
    }
}

impl FaultyServer for MysqlServer {
    const COMMIT: &'static [u8] = b"\x03COMMIT";
    const READS_BY_ITSELF: bool = false;

    fn shared() -> Option<&'static Self> {
        static SERVER: OnceLock<Result<MysqlServer, String>> = OnceLock::new();
        match SERVER.get_or_init(Self::find) {
            Ok(server) => Some(server),
            Err(why) => {
                eprintln!("skipped: this needs MariaDB, and there is {why}");
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
        // The server knows connections by the database that they chose.
        ask::<u8>(&self.url, format!("CREATE DATABASE IF NOT EXISTS `{name}`"));
        let url = self.url.replace(&self.address(), address);
        let options = MysqlOptions::from_url(&url)?.ssl_mode(SslMode::Disable).database(name);
        let options = options.database_prefix(&format!("{}{name}_", self.prefix())).pool_size(pool);
        Ok(Arc::new(options.lazy()?))
    }

    fn open_transactions(&self, name: &str) -> u64 {
        let idle: Vec<u64> = ask(
            &self.url,
            format!(
                "SELECT ID FROM information_schema.PROCESSLIST WHERE DB = '{name}' AND COMMAND = 'Sleep'"
            ),
        );
        // The table of transactions is a copy that is renewed only when nobody has read it for a while.
        let status: Vec<(String, String, String)> = ask(&self.url, "SHOW ENGINE INNODB STATUS".to_owned());
        let transactions = status.iter().flat_map(|(.., text)| text.split("---TRANSACTION").skip(1));
        let open =
            transactions.filter(|told| told.lines().next().is_some_and(|line| line.contains("ACTIVE")));
        let of = |told: &str| told.split_once("thread id ")?.1.split(',').next()?.parse().ok();
        open.filter_map(of).filter(|id| idle.contains(id)).count() as u64
    }

    fn connections(&self, name: &str) -> u64 {
        let of = format!("SELECT COUNT(*) FROM information_schema.PROCESSLIST WHERE DB = '{name}'");
        ask::<u64>(&self.url, of).into_iter().sum()
    }

    fn kill(&self) {
        self.throw_away().kill();
    }

    fn restart(&self) {
        self.throw_away().restart(|| block_on(Mysql::connect(&self.url)).map(drop));
    }
}

impl MysqlServer {
    fn throw_away(&self) -> &Process {
        self.process.as_ref().expect("only a throw-away server is killed and started again")
    }
}

impl Drop for MysqlServer {
    fn drop(&mut self) {
        if self.process.is_none() {
            self.remover.finish();
        }
    }
}

/// What the server answers to a statement.
fn ask<T: mysql_async::prelude::FromRow + Send + 'static>(url: &str, sql: String) -> Vec<T> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let mut conn = mysql_async::Conn::from_url(url).await.unwrap();
        let answer = conn.query(sql).await.unwrap();
        conn.disconnect().await.unwrap();
        answer
    })
}

struct Programs {
    server: PathBuf,
    install: PathBuf,
}

fn start(programs: &Programs, sort: Sort) -> Result<MysqlServer, String> {
    static NUMBER: AtomicU64 = AtomicU64::new(0);
    let number = NUMBER.fetch_add(1, Ordering::Relaxed);
    let folder = std::env::temp_dir().join(format!("orm-mysql-{}-{number}", std::process::id()));
    let user = servants("mysql");
    let started = prepare(programs, &folder, user)
        .and_then(|()| if sort == Sort::Encrypted { certify(&folder, user) } else { Ok(()) })
        .and_then(|()| run(programs, &folder, user, sort));
    match started {
        Ok((mut process, url)) => {
            process.wait(|| block_on(Mysql::connect(&url)).map(drop))?;
            Ok(MysqlServer::new(url, Some(process)))
        }
        Err(error) => {
            let _ = fs::remove_dir_all(&folder);
            Err(error.to_string())
        }
    }
}

/// Makes the server's own tables, and a user.
fn prepare(programs: &Programs, folder: &Path, user: Option<(u32, u32)>) -> io::Result<()> {
    fs::create_dir(folder)?;
    fs::set_permissions(folder, fs::Permissions::from_mode(0o700))?;
    if let Some((user, group)) = user {
        chown(folder, Some(user), Some(group))?;
    }
    let output = command(&programs.install, user, folder)
        .args(["--no-defaults", "--auth-root-authentication-method=normal", "--skip-test-db"])
        .arg(format!("--datadir={}", folder.join("data").display()))
        .args(["--innodb-flush-log-at-trx-commit=0", "--innodb-log-file-size=8M"])
        .output()?;
    if !output.status.success() {
        let words = [output.stdout, output.stderr].concat();
        return Err(io::Error::other(String::from_utf8_lossy(&words).into_owned()));
    }
    let users = format!(
        "DROP USER IF EXISTS ''@'localhost'; CREATE OR REPLACE USER 'orm'@'%' IDENTIFIED BY '{PASSWORD}'; \
         GRANT ALL ON *.* TO 'orm'@'%' WITH GRANT OPTION; CREATE DATABASE IF NOT EXISTS orm;\n"
    );
    fs::write(folder.join("users"), users.replace("; ", ";\n"))?;
    if let Some((user, group)) = user {
        chown(folder.join("users"), Some(user), Some(group))?;
    }
    Ok(())
}

fn run(
    programs: &Programs,
    folder: &Path,
    user: Option<(u32, u32)>,
    sort: Sort,
) -> io::Result<(Process, String)> {
    let port = free_port()?;
    // The files outlive the server's process, so they needn't reach the disk; but what is committed must
    // be written, and be whole.
    let written = match sort {
        Sort::Restartable => ["--innodb-flush-log-at-trx-commit=2", "--innodb-doublewrite"],
        _ => ["--innodb-flush-log-at-trx-commit=0", "--skip-innodb-doublewrite"],
    };
    let process = Process::start(sort, folder, user, "KILL", &programs.server, |command| {
        command
            .args(["--no-defaults", "--bind-address=127.0.0.1", "--skip-name-resolve", "--skip-log-bin"])
            .arg(format!("--port={port}"))
            .arg(format!("--datadir={}", folder.join("data").display()))
            .arg(format!("--socket={}", folder.join("socket").display()))
            .arg(format!("--pid-file={}", folder.join("pid").display()))
            .arg(format!("--init-file={}", folder.join("users").display()))
            .args(written)
            .args(["--sync-binlog=0", "--innodb-buffer-pool-size=64M", "--innodb-log-file-size=8M"])
            .args(["--max-connections=200", "--innodb-fast-shutdown=2", "--performance-schema=OFF"]);
        if sort == Sort::Encrypted {
            command
                .arg(format!("--ssl-cert={}", folder.join("certificate").display()))
                .arg(format!("--ssl-key={}", folder.join("key").display()))
                .arg("--require-secure-transport=ON");
        }
    })?;
    Ok((process, format!("mysql://orm:{ESCAPED}@127.0.0.1:{port}/orm")))
}
