//! Connections to the server, and who has them.

use crate::dialect::{MARIADB, MYSQL};
use crate::error::Origin;
use crate::options::MysqlOptions;
use crate::session::{Failed, Server as Kind, Session, State};
use crate::tls;
use deadpool::managed::{self, Metrics, Object, PoolError, RecycleError, RecycleResult, Timeouts};
use mysql_async::prelude::Queryable;
use mysql_async::{Conn, DriverError, Opts};
use orm_core::{Error, Result};
use orm_provider_server::{AbortOnDrop, Driver};
use std::collections::BTreeMap;
use std::fmt;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use tokio::time::timeout;

/// How long a connection that was left in the middle of something is waited for.
const PATIENCE: Duration = Duration::from_millis(500);
/// How long a connection that nobody used is taken to be alive without asking.
const UNHEARD: Duration = Duration::from_millis(500);
/// How long the server is asked to stop what it does.
const CANCELLING: Duration = Duration::from_secs(5);
/// How often it is asked whether it has.
const LOOKING: Duration = Duration::from_millis(2);

/// The least versions that have all that is asked of them.
const LEAST_MARIADB: (u32, u32, u32) = (10, 6, 0);
const LEAST_MYSQL: (u32, u32, u32) = (8, 0, 19);

/// A server, and the connections to it.
pub(crate) struct Server {
    pub(crate) options: MysqlOptions,
    pub(crate) origin: Arc<Origin>,
    pub(crate) driver: Arc<Driver>,
    pool: managed::Pool<Opener>,
    held: Mutex<Held>,
}

/// Since when connections are held, the oldest first.
#[derive(Default)]
struct Held {
    next: u64,
    since: BTreeMap<u64, Instant>,
}

/// Opens connections to the server.
pub(crate) struct Opener {
    settings: Settings,
    connect_timeout: Duration,
    lock_timeout: Duration,
    driver: Arc<Driver>,
    origin: Arc<Origin>,
}

/// What is tried to connect, one after the other, and from which on: what a server can't do, it isn't
/// asked for again.
#[derive(Clone)]
struct Settings {
    tried: Vec<Opts>,
    from: Arc<AtomicUsize>,
}

impl managed::Manager for Opener {
    type Type = Session;
    type Error = Error;

    async fn create(&self) -> Result<Session> {
        // Sockets belong to the runtime in which they are made.
        let (settings, origin) = (self.settings.clone(), Arc::clone(&self.origin));
        let (limit, locks) = (self.connect_timeout, self.lock_timeout);
        let opening = self.driver.spawn(async move {
            match timeout(limit, open(&settings, locks, &origin)).await {
                Ok(opened) => opened.map(|(conn, kind)| Session::new(conn, origin, kind)),
                Err(_) => Err(Error::provider(
                    format!("{} can't be reached: check that it runs, and the address", origin.label),
                    format!("no answer within {limit:?}"),
                )),
            }
        });
        AbortOnDrop(opening).await.map_err(|e| self.stopped(e))?
    }

    async fn recycle(&self, session: &mut Session, _: &Metrics) -> RecycleResult<Error> {
        if session.state() != State::Usable {
            return Err(RecycleError::Message(
                "the connection is closed or in the middle of something".into(),
            ));
        }
        session.ensure_alive(UNHEARD).await.map_err(|e| RecycleError::Message(e.to_string().into()))
    }
}

impl Opener {
    fn stopped(&self, error: tokio::task::JoinError) -> Error {
        Error::provider(format!("{}: the driver was stopped", self.origin.label), error)
    }
}

/// Opens a connection, encrypted where both can.
async fn connect(settings: &Settings) -> Result<Conn, Failed> {
    let mut last = None;
    for (at, tried) in settings.tried.iter().enumerate().skip(settings.from.load(Ordering::Relaxed)) {
        match Conn::new(tried.clone()).await {
            Err(error @ Failed::Driver(DriverError::NoClientSslFlagFromServer)) => last = Some(error),
            Ok(opened) => {
                settings.from.store(at, Ordering::Relaxed);
                return Ok(opened);
            }
            Err(error) => return Err(error),
        }
    }
    Err(last.unwrap_or(Failed::Driver(DriverError::ConnectionClosed)))
}

/// Opens a connection and sets up all that the meaning of statements depends on.
async fn open(settings: &Settings, lock_timeout: Duration, origin: &Origin) -> Result<(Conn, Kind)> {
    let mut conn = connect(settings).await.map_err(|e| origin.not_connected(e))?;
    let failed = |e| origin.failure("setting up the connection", e);
    let told: Option<(String, usize, u64)> = conn
        .query_first("SELECT VERSION(), @@max_allowed_packet, @@auto_increment_increment")
        .await
        .map_err(failed)?;
    let (version, packet, step) = told.unwrap_or_default();
    let (mariadb, number) = numbers(&version);
    let (name, least) = if mariadb { ("MariaDB", LEAST_MARIADB) } else { ("MySQL", LEAST_MYSQL) };
    if number < least {
        return Err(Error::Configuration(format!(
            "{} is {name} {}, which lacks what is needed: use {name} {}.{}.{} or later",
            origin.label, version, least.0, least.1, least.2
        )));
    }
    let has: Option<(String, String)> =
        conn.query_first("SHOW VARIABLES LIKE 'innodb_snapshot_isolation'").await.map_err(failed)?;
    let seconds = lock_timeout.as_secs().max(1);
    let dialect = if mariadb { &MARIADB } else { &MYSQL };
    let mut setting = format!(
        "SET NAMES utf8mb4 COLLATE {}, \
         SESSION sql_mode = 'STRICT_ALL_TABLES,NO_AUTO_VALUE_ON_ZERO,NO_ENGINE_SUBSTITUTION', \
         SESSION time_zone = '+00:00', SESSION autocommit = 1, \
         SESSION innodb_lock_wait_timeout = {seconds}, SESSION lock_wait_timeout = {seconds}, \
         SESSION max_sort_length = 65536, SESSION sort_buffer_size = 4194304",
        dialect.collation()
    );
    if mariadb {
        // Lists stay lists; and a table of JSON is read once, not for each record.
        setting.push_str(
            ", SESSION in_predicate_conversion_threshold = 0, SESSION optimizer_switch = 'in_to_exists=off'",
        );
    }
    if has.is_some() {
        setting.push_str(", SESSION innodb_snapshot_isolation = ON");
    }
    if step != 1 {
        setting.push_str(", SESSION auto_increment_increment = 1, SESSION auto_increment_offset = 1");
    }
    // A statement that is its own transaction sees what is committed, as those of a batch do.
    setting.push_str("; SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED");
    conn.query_drop(setting).await.map_err(failed)?;
    Ok((conn, Kind { dialect, snapshots_conflict: has.is_some(), packet }))
}

/// Whether a version is of MariaDB, and its numbers.
fn numbers(version: &str) -> (bool, (u32, u32, u32)) {
    let mariadb = version.to_ascii_lowercase().contains("mariadb");
    // MariaDB says `5.5.5-` before its own where old clients ask.
    let own = version.strip_prefix("5.5.5-").unwrap_or(version);
    let mut parts = own.split(|c: char| !c.is_ascii_digit()).map(|part| part.parse().unwrap_or(0));
    let mut next = || parts.next().unwrap_or(0);
    (mariadb, (next(), next(), next()))
}

impl Server {
    pub(crate) fn new(options: MysqlOptions) -> Result<Self> {
        let origin = Arc::new(options.origin());
        let driver = Arc::new(Driver::start("MySQL", "orm-mysql", options.threads)?);
        let opener = Opener {
            settings: Settings { tried: tls::settings(&options)?, from: Arc::default() },
            connect_timeout: options.connect_timeout,
            lock_timeout: options.lock_timeout,
            driver: Arc::clone(&driver),
            origin: Arc::clone(&origin),
        };
        let pool = managed::Pool::builder(opener)
            .max_size(options.pool_size)
            .build()
            .map_err(|e| Error::provider("making a pool of connections", e))?;
        Ok(Self { options, origin, driver, pool, held: Mutex::default() })
    }

    /// Takes a connection that nobody uses, or opens one; waits where there are as many as may be.
    pub(crate) async fn lease(self: &Arc<Self>) -> Result<Lease> {
        let at_once = Timeouts { wait: Some(Duration::ZERO), ..Timeouts::default() };
        let object = match self.pool.timeout_get(&at_once).await {
            Err(PoolError::Timeout(_)) => {
                // Time is kept by the driver's runtime.
                let (pool, limit) = (self.pool.clone(), self.options.pool_timeout);
                let waiting = async move { timeout(limit, pool.get()).await };
                match AbortOnDrop(self.driver.spawn(waiting)).await {
                    Ok(Ok(got)) => got,
                    Ok(Err(_)) => return Err(self.exhausted()),
                    Err(error) => return Err(self.pool.manager().stopped(error)),
                }
            }
            got => got,
        };
        let object = object.map_err(|error| match error {
            PoolError::Backend(error) => error,
            other => Error::provider(self.origin.label.clone(), other.to_string()),
        })?;
        let mut held = self.held();
        let ticket = held.next;
        held.next += 1;
        held.since.insert(ticket, Instant::now());
        drop(held);
        Ok(Lease { server: Arc::clone(self), session: Some(object), ticket })
    }

    fn held(&self) -> MutexGuard<'_, Held> {
        // What is guarded is whole between any two statements.
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn exhausted(&self) -> Error {
        let status = self.pool.status();
        let held = self.held();
        let oldest = held.since.values().next().map_or(Duration::ZERO, Instant::elapsed);
        Error::Busy(format!(
            "{}: no connection became free within {:?}: {} of {} are in use, the oldest for {:?}, and {} more \
             calls wait; end transactions sooner (also those that are only held), or raise `pool_size`",
            self.origin.label,
            self.options.pool_timeout,
            held.since.len(),
            status.max_size,
            oldest,
            status.waiting,
        ))
    }
}

impl fmt::Debug for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.options.fmt(f)
    }
}

/// A connection that is in use. It goes back when dropped, never in the middle of something.
pub(crate) struct Lease {
    server: Arc<Server>,
    session: Option<Object<Opener>>,
    ticket: u64,
}

impl Lease {
    pub(crate) fn session(&mut self) -> Result<&mut Session> {
        self.session.as_deref_mut().ok_or(Error::TransactionClosed("its connection was given back"))
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        let Some(session) = self.session.take() else { return };
        if matches!(session.state(), State::Usable | State::Dead) {
            drop(session);
            self.server.held().since.remove(&self.ticket);
            return;
        }
        let (server, ticket) = (Arc::clone(&self.server), self.ticket);
        let driver = Arc::clone(&self.server.driver);
        driver.spawn(async move {
            leave(session, &server).await;
            server.held().since.remove(&ticket);
        });
    }
}

/// Leaves what a connection is in the middle of, so that it can be used again, or gives it up.
async fn leave(mut session: Object<Opener>, server: &Server) {
    if session.state() == State::Open
        && let Ok(Ok(())) = timeout(PATIENCE, session.batch(Session::LEAVE)).await
    {
        session.settled();
        return;
    }
    // The server doesn't notice that nobody listens while it waits for what others hold. Until it is done
    // with the connection, nobody gets another in its place: what was asked last may still happen.
    let id = session.id();
    let settings = &server.pool.manager().settings;
    let ending = async move {
        let mut conn = connect(settings).await?;
        // It may have ended by itself meanwhile.
        let _ = conn.query_drop(format!("KILL CONNECTION {id}")).await;
        let left = format!("SELECT 1 FROM information_schema.PROCESSLIST WHERE ID = {id}");
        while conn.query_first::<u8, _>(left.as_str()).await?.is_some() {
            tokio::time::sleep(LOOKING).await;
        }
        conn.disconnect().await
    };
    let _ = timeout(CANCELLING, ending).await;
    drop(Object::take(session));
}

#[cfg(test)]
mod tests {
    use super::numbers;

    #[test]
    fn versions_are_told_apart() {
        assert_eq!(numbers("10.11.19-MariaDB-0+deb12u1"), (true, (10, 11, 19)));
        assert_eq!(numbers("5.5.5-10.6.4-MariaDB"), (true, (10, 6, 4)));
        assert_eq!(numbers("8.0.36-0ubuntu0.22.04.1"), (false, (8, 0, 36)));
        assert_eq!(numbers("8.4.2"), (false, (8, 4, 2)));
        assert_eq!(numbers(""), (false, (0, 0, 0)));
    }
}
