//! The contract of a blocking engine.

use super::{Capabilities, RowSink, SqlSink, SqlStatement, TxOptions};
use crate::connection::ConnectionName;
use crate::error::{Error, Result};
use crate::events::ChangeHubs;
use crate::model::schema::EntitySchema;
use crate::plan::{KeySet, Predicate, Select, WriteBatch, Written};
use crate::value::KeyValues;
use std::sync::Arc;

/// A storage whose calls block: memory, SQLite.
///
/// A provider holds many connections, which never see each other's data; the same connection name of
/// the same provider always means the same data.
pub trait DataProvider: Send + Sync + 'static {
    /// What it understands by itself.
    fn capabilities(&self) -> &Capabilities;

    /// Opens a connection, or finds it open.
    ///
    /// # Errors
    /// When the storage can't be reached or is none ([`Error::Provider`] with what to do).
    fn open(&self, connection: &ConnectionName) -> Result<Arc<dyn Connection>>;

    /// Where databases on this storage tell each other what they commit; shared by all handles to it.
    /// Without one, each database hears only of its own commits.
    fn change_hubs(&self) -> Option<&ChangeHubs> {
        None
    }
}

impl<P: DataProvider + ?Sized> DataProvider for Arc<P> {
    fn capabilities(&self) -> &Capabilities {
        (**self).capabilities()
    }

    fn open(&self, connection: &ConnectionName) -> Result<Arc<dyn Connection>> {
        (**self).open(connection)
    }

    fn change_hubs(&self) -> Option<&ChangeHubs> {
        (**self).change_hubs()
    }
}

/// An open connection of a [`DataProvider`].
pub trait Connection: Send + Sync + 'static {
    /// Makes the storage ready for entities: creates what is missing, notices another shape.
    ///
    /// Called once for each entity before it is first used, never inside of a transaction, and never
    /// under [`SchemaSync::Off`].
    ///
    /// # Errors
    /// [`Error::SchemaDrift`] where stored entities have another shape, with all of them; nothing was
    /// created then.
    fn sync(&self, entities: &[&'static EntitySchema], how: SchemaSync) -> Result<SyncReport>;

    /// Reads a plan into a sink. One call sees one consistent state. Sinks are the core's and never
    /// call back into a provider.
    ///
    /// # Errors
    /// Those of the engine and those of the sink.
    fn select(&self, plan: &Arc<Select>, sink: &mut dyn RowSink) -> Result<()>;

    /// Reads one record by its key; the sink gets at most one row, with the entity's columns.
    ///
    /// The hot path of `find`. By default a [`select`](Connection::select).
    ///
    /// # Errors
    /// As [`select`](Connection::select).
    fn find(&self, entity: &'static EntitySchema, key: &KeyValues, sink: &mut dyn RowSink) -> Result<()> {
        self.select(&Arc::new(find_plan(entity, key)), sink)
    }

    /// How a plan would be read, for people: the statements and what the engine says of them, or the way
    /// that is taken. Values stand as placeholders. Nothing is read. By default nothing is known.
    ///
    /// # Errors
    /// Those of the engine.
    fn explain(&self, plan: &Arc<Select>) -> Result<Vec<String>> {
        let _ = plan;
        Ok(Vec::new())
    }

    /// Runs a statement of the user's own and answers how many rows it touched: all of it or nothing.
    /// What begins or ends transactions is refused.
    ///
    /// # Errors
    /// [`Error::Unsupported`] unless [`Capabilities::sql`]; [`Error::Sql`] where the values don't fit the
    /// placeholders; those of the engine and those of the sink.
    fn sql(&self, statement: &Arc<SqlStatement>, sink: &mut dyn SqlSink) -> Result<u64> {
        let _ = (statement, sink);
        Err(no_sql())
    }

    /// The name of an entity's table as it stands in SQL, quoted and with all that goes before it;
    /// `None` unless [`Capabilities::sql`].
    fn table(&self, entity: &'static EntitySchema) -> Option<String> {
        let _ = entity;
        None
    }

    /// Applies a batch: all of it or nothing, and no reader sees a part of it.
    ///
    /// Keys that the storage makes are left in the batch: see [`WriteBatch`].
    ///
    /// An error that [may be tried again](Error::is_transient) promises that nothing was kept: the core
    /// does apply the batch again then. Where the answer of the engine was lost, it is
    /// [`Error::CommitUnknown`], which is never tried again.
    ///
    /// # Errors
    /// [`Error::DuplicateKey`], [`Error::NotFound`], [`Error::MissingField`], [`Error::Unique`] as the
    /// batch's changes say, with the row in question ([`crate::error::RowAt`]); those of the engine.
    fn apply(&self, batch: &mut WriteBatch) -> Result<Written>;

    /// Begins a transaction, isolated at least as the options ask.
    ///
    /// # Errors
    /// [`Error::Unsupported`] unless [`Capabilities::transactions`], and for an
    /// [isolation](TxOptions::isolation) that the engine doesn't have; those of the engine.
    fn begin(&self, options: &TxOptions) -> Result<Box<dyn Transaction>> {
        let _ = options;
        Err(Error::unsupported("transactions", "the provider has none of its own"))
    }
}

/// An open transaction. Dropping it rolls back.
///
/// Reads see the state at its beginning and its own writes, or more of what others commit where the
/// [options](TxOptions::isolation) let them.
pub trait Transaction: Send + 'static {
    /// As [`Connection::select`].
    ///
    /// # Errors
    /// As there.
    fn select(&mut self, plan: &Arc<Select>, sink: &mut dyn RowSink) -> Result<()>;

    /// As [`Connection::find`].
    ///
    /// # Errors
    /// As there.
    fn find(&mut self, entity: &'static EntitySchema, key: &KeyValues, sink: &mut dyn RowSink) -> Result<()> {
        self.select(&Arc::new(find_plan(entity, key)), sink)
    }

    /// As [`Connection::sql`]; what fails leaves the transaction as it was before the call.
    ///
    /// # Errors
    /// As there.
    fn sql(&mut self, statement: &Arc<SqlStatement>, sink: &mut dyn SqlSink) -> Result<u64> {
        let _ = (statement, sink);
        Err(no_sql())
    }

    /// As [`Connection::apply`]; what fails leaves the transaction as it was before the call.
    ///
    /// # Errors
    /// As there; [`Error::ReadOnly`] in a [read-only](TxOptions::read_only) transaction.
    fn apply(&mut self, batch: &mut WriteBatch) -> Result<Written>;

    /// Sets a savepoint of this number; numbers grow from 1 as they nest.
    ///
    /// # Errors
    /// Those of the engine.
    fn savepoint(&mut self, number: u32) -> Result<()>;

    /// Goes back to a savepoint and forgets it and those after it.
    ///
    /// # Errors
    /// Those of the engine.
    fn rollback_to(&mut self, number: u32) -> Result<()>;

    /// Forgets a savepoint and those after it, keeping what was done.
    ///
    /// # Errors
    /// Those of the engine.
    fn release(&mut self, number: u32) -> Result<()>;

    /// Makes it all durable and visible at once.
    ///
    /// # Errors
    /// [`Error::Serialization`] when it conflicts with what others committed: nothing of it remains then.
    /// [`Error::CommitUnknown`] when the answer of the engine was lost.
    fn commit(self: Box<Self>) -> Result<()>;

    /// Undoes it all.
    ///
    /// # Errors
    /// Those of the engine; nothing of it remains all the same.
    fn rollback(self: Box<Self>) -> Result<()>;
}

/// What may be done to make a storage ready for the models; set by
/// [`Builder::schema_sync`](crate::database::Builder::schema_sync).
///
/// Nothing is ever dropped, renamed or changed in its type: what isn't merely missing is
/// [`Error::SchemaDrift`], with the statements that would change it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum SchemaSync {
    /// Create what is missing: tables, columns, indexes. Another shape is [`Error::SchemaDrift`].
    #[default]
    Create,
    /// Create nothing; what is missing or of another shape is [`Error::SchemaDrift`].
    Check,
    /// Don't look: the storage is as the models say, by other means. Connections are never asked for it.
    Off,
}

/// What [`Connection::sync`] did.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct SyncReport {
    /// The entities that were created.
    pub created: Vec<&'static str>,
    /// The entities that existed and got columns, indexes or foreign keys.
    pub extended: Vec<&'static str>,
    /// Under [`SchemaSync::Check`]: the statements that would create what only makes things faster, which
    /// is no drift.
    pub slower: Vec<String>,
}

#[cold]
pub(super) fn no_sql() -> Error {
    Error::unsupported("SQL of your own", "the provider has none; use queries, which every provider takes")
}

#[cold]
pub(crate) fn no_sql_condition() -> Error {
    Error::unsupported(
        "a condition in SQL (`Filter::sql`)",
        "what is asked here is not worked out by an engine that has SQL; use typed conditions, which every \
         provider takes",
    )
}

/// The plan that finds one record by its key.
pub(crate) fn find_plan(entity: &'static EntitySchema, key: &KeyValues) -> Select {
    let kinds = entity.key.iter().map(|&c| entity.fields[c].kind);
    let keys = Arc::new(KeySet::single(kinds, key));
    Select { filter: Predicate::Keys { columns: entity.key, keys }, ..Select::all(entity) }
}
