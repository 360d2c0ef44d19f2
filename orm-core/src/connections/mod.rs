//! Several databases side by side: connections as types, and sets of them.
//!
//! ```
//! use orm_core::prelude::*;
//!
//! #[derive(Connection)]
//! struct Secret;
//!
//! #[derive(Model)]
//! #[model(connection = Secret)]
//! struct Note { #[key] id: u64, text: String }
//!
//! #[derive(Model)]
//! struct Song { #[key] id: u64, title: String }
//!
//! #[derive(Connections)]
//! struct Stores {
//!     #[connection(default)]
//!     music: orm_core::asynchronous::Database,
//!     #[connection(Secret)]
//!     secret: orm_core::Database,
//! }
//!
//! # fn example(music: orm_core::asynchronous::Database, secret: Database) -> orm_core::Result<()> {
//! let stores = Stores { music, secret };
//! stores.check()?;
//! // The database, and whether its answers are futures, follow from the type of the model.
//! let note: Option<Note> = stores.repository::<Note>().find(1)?;
//! let song = async { stores.repository::<Song>().find(1).await };
//! # drop(song); Ok(()) }
//! ```
//!
//! # Relations that lead to another connection
//!
//! Two models are on one connection if they name the same one, or if both name none. A relation between
//! others *crosses*: its ends are in different databases.
//!
//! - A condition on it does not compile: no engine could join the two.
//! - `.with(…)` loads it where the repository comes from a [set](Connections) whose two databases have
//!   one mode. Each such load reads a snapshot of its own in the other database, after all that is read
//!   in the query's own; also inside of a transaction, which spans one database.
//! - Nested records are refused, with their path, before anything is written: one save is one
//!   transaction. What has a foreign key can say it, also as `"author": 7`.
//!
//! # One connection, several databases
//!
//! Tenants are instances of a connection: `Database::builder().connection_of::<Secret>().instance("tenant_7")`.
//! The models of `Secret` live in each of them, and a set of connections holds one. To put models of
//! another connection into a database too, for example into an archive, say so when it is built:
//! [`also_hosts`](crate::database::Builder::also_hosts).

mod marker;
mod peers;
mod set;
mod transaction;

pub use marker::{AnyConnection, ConnectionMarker, SameConnection};
pub(crate) use peers::Peers;
pub use set::{AnswerOf, AnyDatabase, Connections, Hosted, Hosts, ModeOf};
pub use transaction::{Transact, TransactionOf, TransactsOn, TxOf};
