//! The contract of an engine that is async by nature: the blocking one's shape with boxed futures.
//!
//! What a call works on is handed over and comes back with the answer, because a borrow could
//! neither go to a worker thread nor survive a dropped future.

use super::{Capabilities, RowSink, SchemaSync, SqlSink, SqlStatement, SyncReport, TxOptions};
use crate::connection::ConnectionName;
use crate::error::Result;
use crate::events::ChangeHubs;
use crate::model::schema::EntitySchema;
use crate::plan::{Select, WriteBatch, Written};
use crate::value::KeyValues;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

/// A future on the heap.
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// A storage whose calls are async: a server.
///
/// See [`DataProvider`](super::DataProvider), whose duties hold here too.
pub trait AsyncDataProvider: Send + Sync + 'static {
    /// What it understands by itself.
    fn capabilities(&self) -> &Capabilities;

    /// Opens a connection, or finds it open.
    fn open<'a>(&'a self, connection: &'a ConnectionName) -> BoxFuture<'a, Result<Arc<dyn AsyncConnection>>>;

    /// As [`open`](Self::open), for code that blocks its thread until the futures are ready: what they
    /// wait for must not need that thread, nor others of a runtime that it may belong to.
    fn open_blocking<'a>(
        &'a self,
        connection: &'a ConnectionName,
    ) -> BoxFuture<'a, Result<Arc<dyn AsyncConnection>>> {
        self.open(connection)
    }

    /// Whether this thread may wait for the provider's futures by blocking.
    ///
    /// # Errors
    /// A clear error where that would dead-lock: inside of the runtime that drives them.
    fn may_block(&self) -> Result<()> {
        Ok(())
    }

    /// See [`DataProvider::change_hubs`](super::DataProvider::change_hubs).
    fn change_hubs(&self) -> Option<&ChangeHubs> {
        None
    }
}

impl<P: AsyncDataProvider + ?Sized> AsyncDataProvider for Arc<P> {
    fn capabilities(&self) -> &Capabilities {
        (**self).capabilities()
    }

    fn open<'a>(&'a self, connection: &'a ConnectionName) -> BoxFuture<'a, Result<Arc<dyn AsyncConnection>>> {
        (**self).open(connection)
    }

    fn open_blocking<'a>(
        &'a self,
        connection: &'a ConnectionName,
    ) -> BoxFuture<'a, Result<Arc<dyn AsyncConnection>>> {
        (**self).open_blocking(connection)
    }

    fn may_block(&self) -> Result<()> {
        (**self).may_block()
    }

    fn change_hubs(&self) -> Option<&ChangeHubs> {
        (**self).change_hubs()
    }
}

/// An open connection of an [`AsyncDataProvider`]; the duties are those of
/// [`Connection`](super::Connection).
pub trait AsyncConnection: Send + Sync + 'static {
    /// See [`Connection::sync`](super::Connection::sync).
    fn sync(
        &self,
        entities: Vec<&'static EntitySchema>,
        how: SchemaSync,
    ) -> BoxFuture<'_, Result<SyncReport>>;

    /// See [`Connection::select`](super::Connection::select). The sink comes back whatever happens.
    fn select(
        &self,
        plan: Arc<Select>,
        sink: Box<dyn RowSink>,
    ) -> BoxFuture<'_, (Box<dyn RowSink>, Result<()>)>;

    /// See [`Connection::find`](super::Connection::find).
    fn find(
        &self,
        entity: &'static EntitySchema,
        key: KeyValues,
        sink: Box<dyn RowSink>,
    ) -> BoxFuture<'_, (Box<dyn RowSink>, Result<()>)> {
        self.select(Arc::new(super::contract::find_plan(entity, &key)), sink)
    }

    /// See [`Connection::explain`](super::Connection::explain).
    fn explain(&self, plan: Arc<Select>) -> BoxFuture<'_, Result<Vec<String>>> {
        let _ = plan;
        Box::pin(std::future::ready(Ok(Vec::new())))
    }

    /// See [`Connection::sql`](super::Connection::sql). The sink comes back whatever happens. It is asked
    /// for [room](SqlSink::poll_room) before each row.
    fn sql(
        &self,
        statement: Arc<SqlStatement>,
        sink: Box<dyn SqlSink>,
    ) -> BoxFuture<'_, (Box<dyn SqlSink>, Result<u64>)> {
        let _ = statement;
        Box::pin(std::future::ready((sink, Err(super::contract::no_sql()))))
    }

    /// See [`Connection::table`](super::Connection::table).
    fn table(&self, entity: &'static EntitySchema) -> Option<String> {
        let _ = entity;
        None
    }

    /// See [`Connection::apply`](super::Connection::apply). The batch comes back whatever happens.
    fn apply(&self, batch: WriteBatch) -> BoxFuture<'_, (WriteBatch, Result<Written>)>;

    /// See [`Connection::begin`](super::Connection::begin).
    fn begin(&self, options: TxOptions) -> BoxFuture<'_, Result<Box<dyn AsyncTransaction>>>;
}

/// An open transaction of an [`AsyncConnection`]; the duties are those of
/// [`Transaction`](super::Transaction). Dropping it, or a future of it, rolls back.
pub trait AsyncTransaction: Send + 'static {
    /// See [`Transaction::select`](super::Transaction::select).
    fn select(
        &mut self,
        plan: Arc<Select>,
        sink: Box<dyn RowSink>,
    ) -> BoxFuture<'_, (Box<dyn RowSink>, Result<()>)>;
    /// See [`Transaction::find`](super::Transaction::find).
    fn find(
        &mut self,
        entity: &'static EntitySchema,
        key: KeyValues,
        sink: Box<dyn RowSink>,
    ) -> BoxFuture<'_, (Box<dyn RowSink>, Result<()>)> {
        self.select(Arc::new(super::contract::find_plan(entity, &key)), sink)
    }
    /// See [`Transaction::sql`](super::Transaction::sql).
    fn sql(
        &mut self,
        statement: Arc<SqlStatement>,
        sink: Box<dyn SqlSink>,
    ) -> BoxFuture<'_, (Box<dyn SqlSink>, Result<u64>)> {
        let _ = statement;
        Box::pin(std::future::ready((sink, Err(super::contract::no_sql()))))
    }
    /// See [`Transaction::apply`](super::Transaction::apply).
    fn apply(&mut self, batch: WriteBatch) -> BoxFuture<'_, (WriteBatch, Result<Written>)>;
    /// See [`Transaction::savepoint`](super::Transaction::savepoint).
    fn savepoint(&mut self, number: u32) -> BoxFuture<'_, Result<()>>;
    /// See [`Transaction::rollback_to`](super::Transaction::rollback_to).
    fn rollback_to(&mut self, number: u32) -> BoxFuture<'_, Result<()>>;
    /// See [`Transaction::release`](super::Transaction::release).
    fn release(&mut self, number: u32) -> BoxFuture<'_, Result<()>>;
    /// See [`Transaction::commit`](super::Transaction::commit).
    fn commit(self: Box<Self>) -> BoxFuture<'static, Result<()>>;
    /// See [`Transaction::rollback`](super::Transaction::rollback).
    fn rollback(self: Box<Self>) -> BoxFuture<'static, Result<()>>;
}
