//! PostgreSQL as a storage for `orm-core`, by tokio-postgres.
//!
//! ```no_run
//! use orm_core::connection::ConnectionName;
//! use orm_core::provider::AsyncDataProvider;
//! use orm_provider_postgres::Postgres;
//!
//! # async fn doc() -> orm_core::Result<()> {
//! let postgres = Postgres::connect("postgres://app:secret@localhost/shop").await?;
//! let connection = postgres.open(&ConnectionName::new("default")?).await?;
//! # drop(connection);
//! # Ok(())
//! # }
//! ```
//!
//! In tasks of a Tokio runtime with several threads, connections live in that runtime. Elsewhere they live
//! on threads of the provider's own: async code may run on any executor, or none, and blocking code waits
//! for it.
//!
//! A connection is a schema of the database: `default` is `public`, every
//! other one the schema of its name, which is made when it is first used.
//!
//! # What is stored, and how
//!
//! | in the model | in the table |
//! |---|---|
//! | integers | `smallint`, `integer` or `bigint`, whichever holds all of them |
//! | floats | `real`, `double precision` |
//! | decimals | `numeric(18, scale)` |
//! | text, JSON | `text COLLATE "C"`: ordered by code point, whatever the database's collation |
//! | bytes, UUIDs | `bytea`, `uuid` |
//! | dates and times | `date`, `time`, `timestamp`; `Timestamp` is `timestamp with time zone` |
//! | keys of the storage's making | an identity column; what is rolled back leaves gaps |
//!
//! The engine has no NUL in text. So the characters U+0000 to U+0003 are stored as three each, U+0001
//! and two of U+0002 and U+0003, which keeps their order and is undone on the way out; others who read
//! the table see them like that.
//!
//! Keys are made beyond those that were stored through this provider, by whatever process. What others store
//! past the sequence is looked for once, and after SQL of the application's own; otherwise it is noticed when
//! one of its keys is met, and passed then.
//!
//! Transactions are at the level `REPEATABLE READ` unless they ask for another: all of one sees one
//! snapshot, and what conflicts is [`Error::Serialization`], which closures are tried again for.
#![forbid(unsafe_code)]

mod all_new;
mod connection;
mod copy;
mod definition;
mod dialect;
mod error;
mod flight;
mod keys;
mod new_rows;
mod numeric;
mod options;
mod patterns;
mod pool;
mod raw;
mod raw_param;
mod raw_row;
mod read;
mod row;
mod session;
mod stored;
mod sync;
mod text;
mod tls;
mod transaction;
mod values;
mod write;
mod write_rows;

pub use dialect::PostgresDialect;
pub use options::{PostgresOptions, SslMode};

use orm_core::connection::ConnectionName;
use orm_core::provider::{AsyncConnection, AsyncDataProvider, BoxFuture, Capabilities, ChangeHubs};
use orm_core::{Error, Result};
use orm_provider_server::Caller;
use pool::Server;
use session::Place;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

/// A database of a PostgreSQL server. Clones share its connections to the server.
#[derive(Clone, Debug)]
pub struct Postgres {
    server: Arc<Server>,
    places: Arc<Mutex<HashMap<ConnectionName, Arc<Place>>>>,
    hubs: Arc<ChangeHubs>,
}

impl Postgres {
    /// Connects to `postgres://user:password@host:port/database`; see [`PostgresOptions::from_url`].
    ///
    /// # Errors
    /// [`Error::Configuration`] for an address that can't be read, a wrong user, password or name of a
    /// database; [`Error::Busy`] when the server takes no more connections; [`Error::Provider`] when it
    /// can't be reached. None of them shows the password.
    pub async fn connect(url: &str) -> Result<Self> {
        PostgresOptions::from_url(url)?.connect().await
    }

    /// The provider of `postgres://user:password@host:port/database`, which connects when it is first
    /// used: for blocking code, whose `start()` then tells what is wrong.
    ///
    /// # Errors
    /// [`Error::Configuration`] for an address that can't be read.
    pub fn lazy(url: &str) -> Result<Self> {
        PostgresOptions::from_url(url)?.lazy()
    }

    fn start(options: PostgresOptions) -> Result<Self> {
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
        Ok(Arc::new(connection::PostgresConnection::new(Arc::clone(&self.server), place, caller)))
    }

    fn place(&self, name: &ConnectionName) -> Result<Arc<Place>> {
        let schema = self.server.options.schema(name)?;
        let mut places = self.places.lock().unwrap_or_else(PoisonError::into_inner);
        let id = u32::try_from(places.len()).unwrap_or(u32::MAX);
        let place =
            places.entry(name.clone()).or_insert_with(|| Arc::new(Place::new(name.clone(), schema, id)));
        Ok(Arc::clone(place))
    }
}

impl AsyncDataProvider for Postgres {
    fn capabilities(&self) -> &Capabilities {
        const { &Capabilities::full("postgres").with_joins().with_row_locks().with_sql() }
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
                "this is a thread of the PostgreSQL driver, which must answer others",
            ));
        }
        Ok(())
    }
}
