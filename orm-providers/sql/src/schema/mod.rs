//! Schema sync: what the models want, against what the engine tells of its tables.
//!
//! An engine only reads what is [`Stored`] and runs statements. It gives a [`Table`] for each entity and
//! gets a [`Plan`]: the [`Step`]s that create what is missing, and what can't be created without
//! touching what is there. Nothing is ever dropped, renamed, or changed in its type.

mod compare;
mod dialect;
mod foreign_keys;
mod plan;
mod statements;
mod stored;
#[cfg(test)]
mod tests;

pub use dialect::{Change, SchemaDialect};
pub use foreign_keys::{ForeignKey, foreign_keys};
pub use plan::{Plan, Step, What, plan};
pub use statements::Statements;
pub use stored::{Lacking, Stored, StoredColumn, StoredForeignKey, StoredIndex, Table, with_neighbours};
