//! An ORM that is driven by one derive: normalized entity stores and multi-database repositories
//! behind the same models.

// Derived code names this crate by its absolute path, here too.
#[allow(unused_extern_crates, reason = "used by derives in tests and examples of this crate")]
extern crate self as orm_core;

pub mod connection;
pub mod connections;
pub mod database;
pub mod dump;
mod engine;
pub mod error;
pub mod events;
pub mod model;
mod normalize;
pub mod plan;
pub mod prelude;
pub mod provider;
pub mod query;
pub mod repository;
pub mod sql;
pub mod value;

#[doc(hidden)]
pub mod derive_support;

pub use connections::Connections;
pub use engine::{Async, Blocking, Mode, PieceStream, Pieces};
pub use error::{Error, Result};
pub use model::Model;
pub use orm_derive::{Connection, Connections, Embedded, FieldEnum, Model, Morph, Projection};
pub use repository::Tracked;

/// A statement of SQL of a blocking database.
pub type Sql = sql::Sql<Blocking>;
/// The blocking database.
pub type Database = database::Database<Blocking>;
/// The records of a model in a blocking database.
pub type Repository<M> = repository::Repository<M, Blocking>;
/// A query of a blocking repository.
pub type Query<M> = query::Query<M, Blocking>;
/// A handle to an open transaction of a blocking database.
pub type Tx = database::Tx<Blocking>;
/// An open transaction of a blocking database that is rolled back when dropped.
pub type Transaction = database::Transaction<Blocking>;
/// What a bulk save of a blocking repository answers.
pub type Saved<M> = repository::Saved<M, Blocking>;

/// The same names as at the crate's root, where answers are futures.
pub mod asynchronous {
    use crate::{Async, database, query, repository};

    /// A statement of SQL of an async database.
    pub type Sql = crate::sql::Sql<Async>;
    /// The async database.
    pub type Database = database::Database<Async>;
    /// The records of a model in an async database.
    pub type Repository<M> = repository::Repository<M, Async>;
    /// A query of an async repository.
    pub type Query<M> = query::Query<M, Async>;
    /// A handle to an open transaction of an async database.
    pub type Tx = database::Tx<Async>;
    /// An open transaction of an async database that is rolled back when dropped.
    pub type Transaction = database::Transaction<Async>;
    /// What a bulk save of an async repository answers.
    pub type Saved<M> = repository::Saved<M, Async>;

    /// What async code imports; see [`crate::prelude`].
    pub mod prelude {
        pub use super::{Database, Query, Repository, Saved, Transaction, Tx};
        pub use crate::prelude::shared::*;
    }
}
