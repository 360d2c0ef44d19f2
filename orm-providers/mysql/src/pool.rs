//! Connections to the server, and who has them.

use crate::dialect::{MARIADB, MYSQL};
use crate::error::Origin;
use crate::limits::Limits;
use crate::options::MysqlOptions;
use crate::session::{Condition, Failed, Server as Kind, Session};
use crate::tls;
use mysql_async::prelude::Queryable;
use mysql_async::{Conn, DriverError, Opts};
use orm_core::connection::ConnectionName;
use orm_core::{Error, Result};
use orm_provider_server::{Caller, Driver, Home, Pool, State};
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;
use tokio::time::timeout;

/// A connection that is in use.
pub(crate) type Lease = orm_provider_server::Lease<Opener>;

/// How many seconds those may do something else who are read rows by rows.
const PAUSE: u32 = 3600;
/// How long a connection that nobody used is taken to be alive without asking.
const UNHEARD: Duration = Duration::from_millis(500);
/// How often it is asked whether the server has ended what it was to end.
const LOOKING: Duration = Duration::from_millis(2);

/// The least versions that have all that is asked of them.
const LEAST_MARIADB: (u32, u32, u32) = (10, 6, 0);
const LEAST_MYSQL: (u32, u32, u32) = (8, 0, 19);

/// A server, and the connections to it.
pub(crate) struct Server {
    pub(crate) options: MysqlOptions,
    pub(crate) driver: Arc<Driver>,
    pool: Pool<Opener>,
}

/// Opens connections to the server.
pub(crate) struct Opener {
    settings: Settings,
    connect_timeout: Duration,
    limits: Limits,
    origin: Arc<Origin>,
}

/// What is tried to connect, one after the other, and from which on: what a server can't do, it isn't
/// asked for again.
#[derive(Clone)]
struct Settings {
    tried: Vec<Opts>,
    from: Arc<AtomicUsize>,
}

impl orm_provider_server::Opener for Opener {
    type Session = Session;

    fn label(&self) -> &str {
        &self.origin.label
    }

    async fn open(&self, home: &Home) -> Result<Session> {
        // Sockets belong to the runtime in which they are made.
        let (settings, origin) = (self.settings.clone(), Arc::clone(&self.origin));
        let (limit, limits) = (self.connect_timeout, self.limits);
        let opening = home.run(async move {
            match timeout(limit, open(&settings, &limits, &origin)).await {
                Ok(opened) => opened.map(|(conn, kind)| Session::new(conn, origin, kind, limits.idle)),
                Err(_) => Err(Error::provider(
                    format!("{} can't be reached: check that it runs, and the address", origin.label),
                    format!("no answer within {limit:?}"),
                )),
            }
        });
        let stopped = |e| Error::provider(format!("{}: the driver was stopped", self.origin.label), e);
        opening.await.map_err(stopped)?
    }

    fn state(&self, session: &Session) -> State {
        match session.condition() {
            Condition::Usable => State::Usable,
            Condition::Dead => State::Gone,
            Condition::Open | Condition::Busy => State::Unsettled,
        }
    }

    async fn is_alive(&self, session: &mut Session) -> bool {
        session.ensure_alive(UNHEARD).await.is_ok()
    }

    async fn leave(&self, session: &mut Session) -> bool {
        let left = session.condition() == Condition::Open && session.batch(Session::LEAVE).await.is_ok();
        if left {
            session.settled();
        }
        left
    }

    async fn give_up(&self, session: &mut Session) {
        let id = session.id();
        let ending = async {
            // The server doesn't notice that nobody listens while it waits for what others hold.
            let mut conn = connect(&self.settings).await?;
            // It may have ended by itself meanwhile.
            let _ = conn.query_drop(format!("KILL CONNECTION {id}")).await;
            let left = format!("SELECT 1 FROM information_schema.PROCESSLIST WHERE ID = {id}");
            while conn.query_first::<u8, _>(left.as_str()).await?.is_some() {
                tokio::time::sleep(LOOKING).await;
            }
            conn.disconnect().await
        };
        let ended: Result<(), Failed> = ending.await;
        // Where it can't be asked, it notices that nobody listens.
        drop(ended);
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
async fn open(settings: &Settings, limits: &Limits, origin: &Origin) -> Result<(Conn, Kind)> {
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
    let times = limits.settings(mariadb)?;
    let dialect = if mariadb { &MARIADB } else { &MYSQL };
    let mut setting = format!(
        "SET NAMES utf8mb4 COLLATE {}, \
         SESSION sql_mode = 'STRICT_ALL_TABLES,NO_AUTO_VALUE_ON_ZERO,NO_ENGINE_SUBSTITUTION', \
         SESSION time_zone = '+00:00', SESSION autocommit = 1, \
         {times}, SESSION net_write_timeout = {PAUSE}, SESSION max_sort_length = 65536, SESSION sort_buffer_size = 4194304",
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
            limits: options.limits,
            origin,
        };
        let pool = Pool::new(opener, Arc::clone(&driver), options.pool_size, options.pool_timeout)?;
        Ok(Self { options, driver, pool })
    }

    /// Takes a connection; `doing` and `on` say what for.
    pub(crate) async fn lease(
        &self,
        caller: Caller,
        doing: &'static str,
        on: Option<&ConnectionName>,
    ) -> Result<Lease> {
        self.pool.lease(caller, doing, on).await
    }
}

impl fmt::Debug for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.options.fmt(f)
    }
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
