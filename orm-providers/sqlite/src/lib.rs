//! SQLite as a storage for `orm-core`, by rusqlite with SQLite built in.
//!
//! ```
//! use orm_core::connection::ConnectionName;
//! use orm_core::provider::DataProvider;
//! use orm_provider_sqlite::Sqlite;
//!
//! let sqlite = Sqlite::memory()?;
//! let connection = sqlite.open(&ConnectionName::new("default")?)?;
//! # drop(connection);
//! # Ok::<(), orm_core::Error>(())
//! ```
//!
//! A file is opened in WAL mode: any number of readers beside one writer, across processes. The
//! connection `default` uses the entities' names for its tables, every other one `name__entity`.
#![forbid(unsafe_code)]

mod connection;
mod database;
mod deadline;
mod definition;
mod dialect;
mod error;
mod functions;
mod hubs;
mod options;
mod raw;
mod read;
mod session;
mod stored;
mod sync;
mod temporal;
mod transaction;
mod values;
mod write;
mod write_plan;
mod write_rows;

pub use dialect::SqliteDialect;
pub use options::SqliteOptions;

use database::Database;
use orm_core::Result;
use orm_core::connection::ConnectionName;
use orm_core::provider::{Capabilities, ChangeHubs, Connection, DataProvider};
use std::path::Path;
use std::sync::Arc;

/// A database of SQLite: a file, or one in memory. Clones share it.
#[derive(Clone, Debug)]
pub struct Sqlite {
    database: Arc<Database>,
}

impl Sqlite {
    /// Opens a file, which is created if it doesn't exist.
    ///
    /// # Errors
    /// [`orm_core::Error::Configuration`] when there can be no such file or it can't be written,
    /// [`orm_core::Error::Provider`] when it is no database.
    pub fn open(path: impl AsRef<Path>) -> Result<Self> {
        SqliteOptions::file(path).open()
    }

    /// Makes a database in memory, which lives as long as its handles.
    ///
    /// It has one connection to the engine: while a transaction is open, other calls wait.
    ///
    /// # Errors
    /// Those of the engine.
    pub fn memory() -> Result<Self> {
        SqliteOptions::memory().open()
    }

    /// Opens `sqlite:path`, `sqlite://path` or `sqlite::memory:`; see [`SqliteOptions::from_url`].
    ///
    /// # Errors
    /// As [`Sqlite::open`]; [`orm_core::Error::Configuration`] for another URL.
    pub fn from_url(url: &str) -> Result<Self> {
        SqliteOptions::from_url(url)?.open()
    }
}

impl DataProvider for Sqlite {
    fn capabilities(&self) -> &Capabilities {
        const { &Capabilities::full("sqlite").with_joins().with_sql() }
    }

    fn open(&self, connection: &ConnectionName) -> Result<Arc<dyn Connection>> {
        let place = self.database.place(connection)?;
        Ok(Arc::new(connection::SqliteConnection::new(Arc::clone(&self.database), place)))
    }

    fn change_hubs(&self) -> Option<&ChangeHubs> {
        Some(self.database.hubs())
    }
}
