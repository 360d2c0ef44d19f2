//! MariaDB and MySQL as a storage for `orm-core`, by mysql_async.
//!
//! ```no_run
//! use orm_core::connection::ConnectionName;
//! use orm_core::provider::AsyncDataProvider;
//! use orm_provider_mysql::Mysql;
//!
//! # async fn doc() -> orm_core::Result<()> {
//! let mysql = Mysql::connect("mysql://app:secret@localhost/shop").await?;
//! let connection = mysql.open(&ConnectionName::new("default")?).await?;
//! # drop(connection);
//! # Ok(())
//! # }
//! ```
//!
//! In tasks of a Tokio runtime with several threads, connections live in that runtime. Elsewhere they live
//! on threads of the provider's own: async code may run on any executor, or none, and blocking code waits
//! for it.
//!
//! A connection is a database of the server: `default` is the one that the
//! address names, `shop`; connection `music` is `shop_music`, which is made when it is first used.
//!
//! Tested with MariaDB 10.11. MariaDB from 10.6 and MySQL from 8.0.19 are taken; what MySQL does
//! otherwise is provided for, but **not tested**.
//!
//! # What is stored, and how
//!
//! | in the model | in the table |
//! |---|---|
//! | integers | `tinyint` to `bigint`, `unsigned` where the model's are |
//! | floats | `float`, `double` |
//! | decimals | `decimal(18, scale)` |
//! | text, JSON | `longtext` in `utf8mb4_nopad_bin` (`utf8mb4_0900_bin` in MySQL): ordered by code point, trailing spaces count |
//! | text in keys and unique indexes | `varchar`: up to 768 characters, fewer where several share an index; what is longer is refused |
//! | bytes, UUIDs | `longblob` (`varbinary` in keys and unique indexes), `binary(16)` |
//! | dates and times | `date`, `time(6)`, `datetime(6)`, in UTC |
//! | keys of the storage's making | an `auto_increment` column; a table `…__keys` beside it keeps count, what is rolled back leaves gaps |
//!
//! Texts are ordered by their first 65,536 bytes: so much the engine looks at.
//!
//! Transactions are at the level `REPEATABLE READ`: all of one sees one snapshot. MariaDB from 10.6.18
//! and 10.11.8 refuses to overwrite what was changed since (`innodb_snapshot_isolation`), which is
//! [`Error::Serialization`], and closures are tried again for. Other servers don't; there, transactions
//! that may write are at the level `SERIALIZABLE`, where what one has read nobody else changes.
//!
//! MySQL refuses updates and removals by a condition that leads, over relations, back to the table that
//! they change (its error 1093); MariaDB doesn't. There, read the keys first.
#![forbid(unsafe_code)]

mod allowed;
mod connection;
mod definition;
mod dialect;
mod error;
mod keys;
mod limits;
mod net;
mod options;
mod ordered;
mod places;
mod pool;
mod raw;
mod raw_row;
mod read;
mod row;
mod session;
mod staged;
mod stored;
mod sync;
mod tls;
mod transaction;
mod values;
mod write;
mod write_rows;

pub use dialect::MysqlDialect;
pub use options::{MysqlOptions, SslMode};

use orm_core::connection::ConnectionName;
use orm_core::provider::{AsyncConnection, AsyncDataProvider, BoxFuture, Capabilities, ChangeHubs};
use orm_core::{Error, Result};
use orm_provider_server::{Caller, Reached};
use pool::Server;
use session::Place;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

/// Databases of a MariaDB or MySQL server. Clones share their connections to the server.
#[derive(Clone, Debug)]
pub struct Mysql {
    server: Arc<Server>,
    places: Arc<Mutex<HashMap<ConnectionName, Arc<Place>>>>,
    hubs: Arc<ChangeHubs>,
}

impl Mysql {
    /// Connects to `mysql://user:password@host:port/database`; see [`MysqlOptions::from_url`].
    ///
    /// # Errors
    /// [`Error::Configuration`] for an address that can't be read, a wrong user, password or name of a
    /// database, and for a server that is too old; [`Error::Busy`] when the server takes no more
    /// connections; [`Error::Provider`] when it can't be reached. None of them shows the password.
    pub async fn connect(url: &str) -> Result<Self> {
        MysqlOptions::from_url(url)?.connect().await
    }

    /// The provider of `mysql://user:password@host:port/database`, which connects when it is first
    /// used: for blocking code, whose `start()` then tells what is wrong.
    ///
    /// # Errors
    /// [`Error::Configuration`] for an address that can't be read.
    pub fn lazy(url: &str) -> Result<Self> {
        MysqlOptions::from_url(url)?.lazy()
    }

    fn start(options: MysqlOptions) -> Result<Self> {
        Ok(Self { server: Arc::new(Server::new(options)?), places: Arc::default(), hubs: Arc::default() })
    }

    async fn check(&self, caller: Caller, on: Option<&ConnectionName>) -> Result<()> {
        self.server.lease(caller, "a look whether the server is there", on).await.map(drop)
    }

    async fn open_for(
        &self,
        caller: Caller,
        connection: &ConnectionName,
    ) -> Result<Arc<dyn AsyncConnection>> {
        let place = self.place(connection)?;
        // A server that isn't there is told now, not by the first call.
        self.check(caller, Some(connection)).await?;
        Ok(Arc::new(connection::MysqlConnection::new(Arc::clone(&self.server), place, caller)))
    }

    fn place(&self, name: &ConnectionName) -> Result<Arc<Place>> {
        let database = self.server.options.database_of(name)?;
        let mut places = self.places.lock().unwrap_or_else(PoisonError::into_inner);
        let id = u32::try_from(places.len()).unwrap_or(u32::MAX);
        let place = places.entry(name.clone()).or_insert_with(|| {
            Arc::new(Place { name: name.clone(), database, id, reached: Reached::default() })
        });
        Ok(Arc::clone(place))
    }
}

impl AsyncDataProvider for Mysql {
    fn capabilities(&self) -> &Capabilities {
        const { &Capabilities::full("mysql").with_joins().with_row_locks().with_sql().with_ordered_updates() }
    }

    fn open<'a>(&'a self, connection: &'a ConnectionName) -> BoxFuture<'a, Result<Arc<dyn AsyncConnection>>> {
        Box::pin(self.open_for(Caller::Awaits, connection))
    }

    fn open_blocking<'a>(
        &'a self,
        connection: &'a ConnectionName,
    ) -> BoxFuture<'a, Result<Arc<dyn AsyncConnection>>> {
        Box::pin(self.open_for(Caller::Blocks, connection))
    }

    fn change_hubs(&self) -> Option<&ChangeHubs> {
        Some(&self.hubs)
    }

    fn may_block(&self) -> Result<()> {
        if self.server.driver.is_here() {
            return Err(Error::unsupported(
                "waiting",
                "this is a thread of the MySQL driver, which must answer others",
            ));
        }
        Ok(())
    }
}
