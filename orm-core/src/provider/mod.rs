//! The contract between the core and a storage.
//!
//! A provider is a [`DataProvider`] (a blocking engine) or an [`AsyncDataProvider`]. It opens
//! [connections](Connection), which read [plans](crate::plan::Select) into [sinks](RowSink) and apply
//! [batches](crate::plan::WriteBatch). The least that a provider must do is a `select` that only scans
//! and an `apply`; the core fills in what [`Capabilities`] don't claim.
//!
//! Three wrappers are for tests, of applications as much as of the core: [`Counted`] counts the
//! statements, [`NPlusOne`] refuses the same statement again and again, and [`Faults`] lets calls fail
//! before or after the work. They can be put around each other.

mod asynchronous;
mod capabilities;
mod claim;
mod contract;
mod counter;
mod drift;
pub mod fallback;
mod faults;
mod guarded;
#[cfg(test)]
mod handed_on;
mod n_plus_one;
mod observed;
mod one_shot;
mod pool;
mod sink;
mod statement;
mod threads;
mod tx_options;

pub use crate::events::ChangeHubs;
pub use asynchronous::{AsyncConnection, AsyncDataProvider, AsyncTransaction, BoxFuture};
pub use capabilities::Capabilities;
pub(crate) use contract::no_sql_condition;
pub use contract::{Connection, DataProvider, SchemaSync, SyncReport, Transaction};
pub use counter::{Counted, Statements};
pub use drift::Drift;
pub(crate) use drift::text as drift_text;
pub use faults::{Fault, Faults, On};
pub(crate) use guarded::GuardedConnection;
pub use n_plus_one::{NPlusOne, Window};
pub use sink::{Flow, Row, RowSink};
pub(crate) use statement::Patient;
pub use statement::{SqlBind, SqlSink, SqlStatement, Wanted};
pub use threads::Threads;
pub use tx_options::{Isolation, TxOptions};
