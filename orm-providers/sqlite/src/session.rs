//! A connection to the engine, with the statements it knows.

use crate::database::Place;
use crate::deadline::Deadline;
use crate::error::Origin;
use crate::functions;
use crate::options::SqliteOptions;
use crate::write_plan::RowsPlan;
use orm_core::value::Kind;
use orm_core::{Error, Result};
use orm_provider_sql::TextCache;
use rusqlite::config::DbConfig;
use rusqlite::{CachedStatement, ErrorCode, OpenFlags, ffi};
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

/// How many prepared statements a session keeps.
const STATEMENTS: usize = 256;
/// How many finished texts a session keeps.
const TEXTS: usize = 2048;

/// A finished statement and what its columns are.
#[derive(Debug)]
pub(crate) struct Prepared {
    pub(crate) sql: String,
    pub(crate) kinds: Box<[Kind]>,
}

/// A connection to the engine, with the statements it knows.
#[derive(Debug)]
pub(crate) struct Session {
    pub(crate) engine: rusqlite::Connection,
    pub(crate) texts: TextCache<Prepared>,
    /// What is known of rows that give certain columns.
    pub(crate) writes: TextCache<RowsPlan>,
    /// The buffer of the shape at hand.
    pub(crate) key: Vec<u8>,
    /// The buffer of the columns that rows give.
    pub(crate) columns: Vec<usize>,
    /// No table has ever had a key above this one that the engine would count on from. `None` where that
    /// isn't known: others may write to a file, and SQL of the user's own may do anything.
    pub(crate) highest: Option<i64>,
    pub(crate) origin: Arc<Origin>,
    deadline: Option<Deadline>,
}

impl Session {
    /// Opens a connection to the engine.
    pub(crate) fn open(options: &SqliteOptions, origin: &Arc<Origin>, writes: bool) -> Result<Self> {
        let mut engine = connect(options, origin)?;
        let deadline = options.statement_timeout.map(|limit| Deadline::set(&mut engine, limit));
        let deadline = deadline.transpose().map_err(|e| origin.failure("opening", e))?;
        let session = Self {
            engine,
            texts: TextCache::new(TEXTS),
            writes: TextCache::new(TEXTS),
            key: Vec::with_capacity(256),
            columns: Vec::new(),
            highest: options.path.is_none().then_some(0),
            origin: Arc::clone(origin),
            deadline,
        };
        session.configure(options, writes).map_err(|e| origin.failure("opening", e))?;
        if writes && !options.read_only && session.engine.is_readonly("main").unwrap_or(false) {
            return Err(origin.configuration(
                "can't be written: allow writing to the file and its directory, or open it with \
                 `?mode=ro`",
            ));
        }
        Ok(session)
    }

    fn configure(&self, options: &SqliteOptions, writes: bool) -> rusqlite::Result<()> {
        let engine = &self.engine;
        engine.busy_timeout(options.busy_timeout)?;
        engine.set_prepared_statement_cache_capacity(STATEMENTS);
        // A misspelt name is an error, not a text.
        engine.set_db_config(DbConfig::SQLITE_DBCONFIG_DQS_DML, false)?;
        engine.set_db_config(DbConfig::SQLITE_DBCONFIG_DQS_DDL, false)?;
        engine.pragma_update(None, "foreign_keys", options.foreign_keys)?;
        if options.path.is_some() {
            // The first look into the file: it fails here if it is no database.
            let look = || engine.query_row("SELECT count(*) FROM sqlite_schema", [], |_| Ok(()));
            patiently(options.busy_timeout, look)?;
            if writes && !options.read_only && !engine.is_readonly("main")? {
                let keep_log = || engine.query_row("PRAGMA journal_mode = WAL", [], |_| Ok(()));
                patiently(options.busy_timeout, keep_log)?;
            }
            // In WAL mode, NORMAL waits for the disk at checkpoints only.
            let synchronous = if options.durable { "FULL" } else { "NORMAL" };
            engine.execute_batch(&format!("PRAGMA synchronous = {synchronous}"))?;
            if !writes {
                engine.execute_batch("PRAGMA query_only = ON")?;
            }
        }
        rusqlite::vtab::array::load_module(engine)?;
        functions::register(engine)
    }

    /// Something is asked of it that may take until a time-out, if there is one.
    pub(crate) fn begin_call(&self) {
        if let Some(deadline) = &self.deadline {
            deadline.begin();
        }
    }

    /// Begins the shape of a statement: its sort and the tables it is about.
    pub(crate) fn shape(&mut self, sort: u8, place: &Place) -> &mut Vec<u8> {
        self.key.clear();
        self.key.push(sort);
        self.key.extend_from_slice(&place.id.to_ne_bytes());
        &mut self.key
    }

    /// Runs a fixed statement.
    pub(crate) fn run(&self, sql: &str) -> Result<()> {
        self.statement(sql)?.raw_execute().map(|_| ()).map_err(|e| self.origin.failure(sql, e))
    }

    /// Ends the open transaction. Where records would be left referring to nothing, it stays open.
    pub(crate) fn commit(&self) -> Result<()> {
        let sql = "COMMIT";
        self.statement(sql)?.raw_execute().map(drop).map_err(|error| {
            match error.sqlite_extended_error_code() {
                Some(ffi::SQLITE_CONSTRAINT_FOREIGNKEY) => self.dangling(),
                _ => self.origin.failure(sql, error),
            }
        })
    }

    /// Which foreign key is violated: the engine tells it only when asked.
    fn dangling(&self) -> Error {
        let told = self.engine.query_row(
            "SELECT c.\"table\", group_concat(f.\"from\", ', '), c.parent FROM pragma_foreign_key_check AS c \
             JOIN pragma_foreign_key_list(c.\"table\") AS f ON f.id = c.fkid GROUP BY c.\"table\", c.rowid, c.fkid \
             LIMIT 1",
            [],
            |row| Ok((row.get::<_, String>(0)?, row.get::<_, String>(1)?, row.get::<_, String>(2)?)),
        );
        match told {
            Ok((table, columns, parent)) => {
                // The name of a connection comes before that of the entity.
                let entity = table.rsplit("__").next().unwrap_or(&table).to_owned();
                Error::ForeignKey { entity, constraint: format!("({columns}) to `{parent}`") }
            }
            Err(error) => self.origin.failure("looking for the foreign key that is violated", error),
        }
    }

    /// A prepared statement.
    pub(crate) fn statement(&self, sql: &str) -> Result<CachedStatement<'_>> {
        self.engine.prepare_cached(sql).map_err(|e| self.origin.failure("preparing a statement", e))
    }

    /// Whether a transaction is open.
    pub(crate) fn in_transaction(&self) -> bool {
        !self.engine.is_autocommit()
    }

    /// Leaves an open transaction; `false` if that can't be done.
    pub(crate) fn leave(&self) -> bool {
        if self.in_transaction() {
            if let Some(deadline) = &self.deadline {
                deadline.lift();
            }
            // Whether it worked is told by the state, not by the answer: the engine may have rolled
            // back by itself.
            let _ = self.run("ROLLBACK");
        }
        !self.in_transaction()
    }

    /// Does `work` in a transaction of its own.
    pub(crate) fn atomically<T>(
        &mut self,
        begin: &str,
        work: impl FnOnce(&mut Self) -> Result<T>,
    ) -> Result<T> {
        self.run(begin)?;
        let done = work(self).and_then(|answer| self.commit().map(|()| answer));
        if done.is_err() {
            self.leave();
        }
        done
    }

    /// Does `work` in the open transaction so that a failure leaves it as it was.
    pub(crate) fn within<T>(&mut self, work: impl FnOnce(&mut Self) -> Result<T>) -> Result<T> {
        if !self.in_transaction() {
            return Err(lost());
        }
        self.run("SAVEPOINT orm_apply")?;
        let done = work(self);
        // After a grave failure the engine has rolled back all, savepoint included.
        if self.in_transaction() {
            if done.is_err() {
                self.run("ROLLBACK TO orm_apply")?;
            }
            self.run("RELEASE orm_apply")?;
        }
        done
    }
}

/// The engine ended the transaction by itself, as it does when a disk is full.
pub(crate) fn lost() -> Error {
    Error::TransactionClosed("the engine rolled it back after an earlier failure")
}

fn connect(options: &SqliteOptions, origin: &Origin) -> Result<rusqlite::Connection> {
    let Some(path) = &options.path else {
        return rusqlite::Connection::open_in_memory().map_err(|e| origin.failure("opening", e));
    };
    if path.as_os_str().is_empty() {
        return Err(Error::Configuration(
            "the path of an SQLite file is empty: name a file, or use `Sqlite::memory()`".into(),
        ));
    }
    let mut flags = OpenFlags::SQLITE_OPEN_NO_MUTEX;
    if options.read_only {
        flags |= OpenFlags::SQLITE_OPEN_READ_ONLY;
    } else {
        flags |= OpenFlags::SQLITE_OPEN_READ_WRITE;
        flags.set(OpenFlags::SQLITE_OPEN_CREATE, options.create);
    }
    // The engine would take a path that begins with `file:` for a URI.
    let mut plain = path.clone();
    if path.to_string_lossy().starts_with("file:") {
        plain = std::path::Path::new(".").join(path);
    }
    rusqlite::Connection::open_with_flags(&plain, flags).map_err(|e| origin.failure("opening", e))
}

/// Does again what found the file locked, for as long as locks are waited for. The engine waits by itself,
/// but not where several switch a new file to its log at once: it answers some of them at once, for fear of
/// a deadlock.
fn patiently(patience: Duration, mut ask: impl FnMut() -> rusqlite::Result<()>) -> rusqlite::Result<()> {
    let start = Instant::now();
    loop {
        match ask() {
            Err(error) if error.sqlite_error_code() == Some(ErrorCode::DatabaseBusy) => {
                if start.elapsed() >= patience {
                    return Err(error);
                }
                thread::sleep(Duration::from_millis(2));
            }
            done => return done,
        }
    }
}
