//! What to open, and how.

use crate::Sqlite;
use crate::database::Database;
use orm_core::{Error, Result};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

/// What to open, and how.
///
/// ```
/// use orm_provider_sqlite::SqliteOptions;
/// use std::time::Duration;
/// let sqlite = SqliteOptions::memory().busy_timeout(Duration::from_secs(1)).open()?;
/// # Ok::<(), orm_core::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct SqliteOptions {
    /// `None` is a database in memory.
    pub(crate) path: Option<PathBuf>,
    pub(crate) read_only: bool,
    pub(crate) create: bool,
    pub(crate) busy_timeout: Duration,
    pub(crate) statement_timeout: Option<Duration>,
    pub(crate) readers: usize,
    pub(crate) foreign_keys: bool,
    pub(crate) durable: bool,
}

impl SqliteOptions {
    /// A file, created if it doesn't exist.
    #[must_use]
    pub fn file(path: impl AsRef<Path>) -> Self {
        let path = path.as_ref();
        let memory = path == Path::new(":memory:");
        Self { path: (!memory).then(|| path.to_owned()), ..Self::memory() }
    }

    /// A database in memory.
    #[must_use]
    pub fn memory() -> Self {
        Self {
            path: None,
            read_only: false,
            create: true,
            busy_timeout: Duration::from_secs(5),
            statement_timeout: None,
            readers: 8,
            foreign_keys: false,
            durable: true,
        }
    }

    /// Reads `sqlite:path`, `sqlite://path` or `sqlite::memory:`, optionally with `?mode=ro`
    /// (read only), `?mode=rw` (must exist) or `?mode=rwc` (the default: created if need be).
    ///
    /// # Errors
    /// [`Error::Configuration`] for anything else. It doesn't show the address, which may be one of another
    /// engine, with a password.
    pub fn from_url(url: &str) -> Result<Self> {
        let wrong = |what: &str| {
            Error::Configuration(format!(
                "the address of the SQLite database can't be read: {what}; \
                 write `sqlite:file.db` or `sqlite::memory:`"
            ))
        };
        let rest = url.strip_prefix("sqlite:").ok_or_else(|| wrong("it doesn't start with `sqlite:`"))?;
        let rest = rest.strip_prefix("//").unwrap_or(rest);
        let (path, query) = rest.split_once('?').unwrap_or((rest, ""));
        if path.is_empty() {
            return Err(wrong("it names no file"));
        }
        let mut options = Self::file(path);
        for pair in query.split('&').filter(|p| !p.is_empty()) {
            match pair {
                "mode=ro" => options.read_only = true,
                "mode=rw" => options.create = false,
                "mode=rwc" => {}
                "mode=memory" => options.path = None,
                _ => {
                    return Err(wrong("`mode=ro`, `rw`, `rwc` or `memory` may follow its `?`"));
                }
            }
        }
        Ok(options)
    }

    /// Opens the file for reading only.
    #[must_use]
    pub fn read_only(mut self, yes: bool) -> Self {
        self.read_only = yes;
        self
    }

    /// How long a call waits for others that hold the lock; 5 seconds unless told.
    #[must_use]
    pub fn busy_timeout(mut self, timeout: Duration) -> Self {
        self.busy_timeout = timeout;
        self
    }

    /// How long the engine works on a call; after that, it is [`Error::Timeout`]. A write that is ended so
    /// takes its transaction along. Without end unless told.
    #[must_use]
    pub fn statement_timeout(mut self, timeout: Duration) -> Self {
        self.statement_timeout = Some(timeout);
        self
    }

    /// How many reads of a file may run at once, read-only transactions among them; 8 unless told.
    #[must_use]
    pub fn readers(mut self, readers: usize) -> Self {
        self.readers = readers.max(1);
        self
    }

    /// Gives tables foreign keys, and has the engine mind them; not unless told.
    ///
    /// They are a net beneath what the core does: `belongs_to` relations of which `on_delete` says
    /// something get one, which changes nothing and is looked at when a transaction ends. What would be
    /// left referring to nothing then, is [`Error::ForeignKey`]. The engine can't add them to tables that
    /// exist: the schema sync reports those as drift.
    #[must_use]
    pub fn foreign_keys(mut self, yes: bool) -> Self {
        self.foreign_keys = yes;
        self
    }

    /// Whether a commit waits until it has reached the disk; it does unless told.
    ///
    /// Without it, commits to a file are several times faster. When the machine loses its power, or its
    /// system crashes, the last of them may then be missing; what came before is whole. A crash of the
    /// process alone loses nothing either way.
    #[must_use]
    pub fn durable(mut self, yes: bool) -> Self {
        self.durable = yes;
        self
    }

    /// Opens the database.
    ///
    /// # Errors
    /// As [`Sqlite::open`].
    pub fn open(self) -> Result<Sqlite> {
        Ok(Sqlite { database: Arc::new(Database::open(self)?) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refuses_other_addresses_without_showing_a_password() {
        for url in ["postgres://ada:s3cr3t@db/shop", "sqlite:shop.db?key=s3cr3t", "s3cr3t"] {
            match SqliteOptions::from_url(url) {
                Err(Error::Configuration(message)) => assert!(!message.contains("s3cr3t"), "{message}"),
                other => panic!("{url}: {other:?}"),
            }
        }
    }
}
