//! A MariaDB or MySQL server.

use super::{KEEPER, command, folder_of, free_port, servants};
use crate::executor::block_on;
use mysql_async::prelude::Queryable as _;
use orm_core::Result;
use orm_core::connection::ConnectionName;
use orm_core::provider::{AsyncConnection, AsyncDataProvider, BoxFuture, Capabilities, ChangeHubs};
use orm_provider_mysql::{Mysql, MysqlOptions};
use std::fs;
use std::io;
use std::os::unix::fs::{PermissionsExt as _, chown};
use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

/// The variable that names a server which is there already.
const VARIABLE: &str = "ORM_TEST_MYSQL_URL";

/// The password of the throw-away server: it is asked for, so that asking is tested.
const PASSWORD: &str = "p/w:of@a?test";
const ESCAPED: &str = "p%2Fw%3Aof%40a%3Ftest";

/// How long a server may take to begin answering.
const PATIENCE: Duration = Duration::from_secs(60);

/// A provider whose data is removed when the last clone is dropped.
struct Scratch {
    provider: Mysql,
    prefix: String,
    removed: Sender<String>,
}

impl Drop for Scratch {
    fn drop(&mut self) {
        // Where nobody listens any more, the server ends anyway.
        let _ = self.removed.send(std::mem::take(&mut self.prefix));
    }
}

impl AsyncDataProvider for Scratch {
    fn capabilities(&self) -> &Capabilities {
        self.provider.capabilities()
    }

    fn open<'a>(&'a self, connection: &'a ConnectionName) -> BoxFuture<'a, Result<Arc<dyn AsyncConnection>>> {
        self.provider.open(connection)
    }

    fn may_block(&self) -> Result<()> {
        self.provider.may_block()
    }

    fn change_hubs(&self) -> Option<&ChangeHubs> {
        self.provider.change_hubs()
    }
}

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
    started: Option<Started>,
    next: AtomicU64,
    remover: Mutex<Option<(Sender<String>, JoinHandle<()>)>>,
}

#[derive(Debug)]
struct Started {
    keeper: Child,
    folder: PathBuf,
}

impl MysqlServer {
    /// The server that `ORM_TEST_MYSQL_URL` names, or a throw-away one of this machine's programs on a
    /// free port of the loopback interface.
    ///
    /// # Errors
    /// Why there is none, for people.
    pub fn find() -> Result<Self, String> {
        if let Ok(url) = std::env::var(VARIABLE) {
            return Ok(Self { url, started: None, next: AtomicU64::new(0), remover: Mutex::default() });
        }
        Self::start(false)
    }

    /// A throw-away server that takes encrypted connections only, and its certificate, which is of
    /// `localhost` and 127.0.0.1.
    ///
    /// # Errors
    /// Why there is none, for people.
    pub fn encrypted() -> Result<(Self, PathBuf), String> {
        folder_of(&["openssl"], Vec::new()).ok_or("no `openssl` to make a certificate with")?;
        let server = Self::start(true)?;
        let certificate = server.started.as_ref().map(|started| started.folder.join("certificate"));
        certificate.map(|certificate| (server, certificate)).ok_or_else(|| "no certificate".to_owned())
    }

    fn start(encrypted: bool) -> Result<Self, String> {
        let others = || vec![PathBuf::from("/usr/sbin"), PathBuf::from("/usr/local/bin")];
        let missing = || format!("no MariaDB on this machine (install it, or name a server by {VARIABLE})");
        let server = folder_of(&["mariadbd"], others()).ok_or_else(missing)?.join("mariadbd");
        let install = folder_of(&["mariadb-install-db"], others()).ok_or_else(missing)?;
        let programs = Programs { server, install: install.join("mariadb-install-db") };
        let mut last = String::new();
        // The port may be taken by somebody else before the server has it.
        for _ in 0..3 {
            match start(&programs, encrypted) {
                Ok(server) => return Ok(server),
                Err(why) => last = why,
            }
        }
        Err(format!("no server, as {} can't be started: {last}", programs.server.display()))
    }

    /// The address, with the password.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The folder that has the server's socket `socket`, if it was started here.
    #[must_use]
    pub fn socket(&self) -> Option<&Path> {
        self.started.as_ref().map(|started| started.folder.as_path())
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
        let mut remover = self.remover.lock().unwrap_or_else(PoisonError::into_inner);
        let (removed, _) = remover.get_or_insert_with(|| {
            let (sender, receiver) = channel();
            let url = self.url.clone();
            (sender, thread::spawn(move || remove(&url, &receiver)))
        });
        Ok(Arc::new(Scratch { provider: options.lazy()?, prefix, removed: removed.clone() }))
    }
}

impl Drop for MysqlServer {
    fn drop(&mut self) {
        let remover = self.remover.get_mut().unwrap_or_else(PoisonError::into_inner).take();
        if let (Some((sender, thread)), None) = (remover, &self.started) {
            drop(sender);
            let _ = thread.join();
        }
        if let Some(started) = &mut self.started {
            // This ends it; see `KEEPER`.
            drop(started.keeper.stdin.take());
            let _ = started.keeper.wait();
        }
    }
}

struct Programs {
    server: PathBuf,
    install: PathBuf,
}

fn start(programs: &Programs, encrypted: bool) -> Result<MysqlServer, String> {
    static NUMBER: AtomicU64 = AtomicU64::new(0);
    let number = NUMBER.fetch_add(1, Ordering::Relaxed);
    let folder = std::env::temp_dir().join(format!("orm-mysql-{}-{number}", std::process::id()));
    let user = servants("mysql");
    let started = prepare(programs, &folder, user)
        .and_then(|()| if encrypted { certify(&folder, user) } else { Ok(()) })
        .and_then(|()| run(programs, &folder, user, encrypted));
    match started {
        Ok((mut keeper, url)) => match wait_for(&url, &mut keeper, &folder) {
            Ok(()) => {
                let started = Some(Started { keeper, folder });
                Ok(MysqlServer { url, started, next: AtomicU64::new(0), remover: Mutex::default() })
            }
            Err(why) => {
                drop(keeper.stdin.take());
                let _ = keeper.wait();
                Err(why)
            }
        },
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

/// Makes a certificate for the server.
fn certify(folder: &Path, user: Option<(u32, u32)>) -> io::Result<()> {
    let output = command(Path::new("openssl"), user, folder)
        .args(["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"])
        .args(["-keyout", "key", "-out", "certificate", "-days", "2", "-subj", "/CN=localhost"])
        .args(["-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"])
        .args(["-addext", "basicConstraints=critical,CA:FALSE"])
        .output()?;
    if output.status.success() {
        return Ok(());
    }
    Err(io::Error::other(String::from_utf8_lossy(&output.stderr).into_owned()))
}

fn run(
    programs: &Programs,
    folder: &Path,
    user: Option<(u32, u32)>,
    encrypted: bool,
) -> io::Result<(Child, String)> {
    let port = free_port()?;
    let mut command = command(Path::new("/bin/sh"), user, folder);
    command
        .args(["-c", KEEPER, "keeper"])
        .arg(folder)
        .arg("KILL")
        .arg(&programs.server)
        .args(["--no-defaults", "--bind-address=127.0.0.1", "--skip-name-resolve", "--skip-log-bin"])
        .arg(format!("--port={port}"))
        .arg(format!("--datadir={}", folder.join("data").display()))
        .arg(format!("--socket={}", folder.join("socket").display()))
        .arg(format!("--pid-file={}", folder.join("pid").display()))
        .arg(format!("--init-file={}", folder.join("users").display()))
        .args(["--innodb-flush-log-at-trx-commit=0", "--sync-binlog=0", "--skip-innodb-doublewrite"])
        .args(["--innodb-buffer-pool-size=64M", "--innodb-log-file-size=8M", "--max-connections=200"])
        .args(["--innodb-fast-shutdown=2", "--performance-schema=OFF"]);
    if encrypted {
        command
            .arg(format!("--ssl-cert={}", folder.join("certificate").display()))
            .arg(format!("--ssl-key={}", folder.join("key").display()))
            .arg("--require-secure-transport=ON");
    }
    let keeper = command.stdin(Stdio::piped()).spawn()?;
    Ok((keeper, format!("mysql://orm:{ESCAPED}@127.0.0.1:{port}/orm")))
}

fn wait_for(url: &str, keeper: &mut Child, folder: &Path) -> Result<(), String> {
    let start = Instant::now();
    loop {
        let error = match block_on(Mysql::connect(url)) {
            Ok(_) => return Ok(()),
            Err(error) => error.to_string(),
        };
        let log = fs::read_to_string(folder.join("log")).unwrap_or_default();
        if keeper.try_wait().map_or(true, |ended| ended.is_some()) {
            return Err(format!("it ended: {log}"));
        }
        if start.elapsed() > PATIENCE {
            return Err(format!("it doesn't answer: {error}\n{log}"));
        }
        thread::sleep(Duration::from_millis(50));
    }
}
