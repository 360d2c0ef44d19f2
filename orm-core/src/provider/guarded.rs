//! Async engines in blocking code: each call first asks whether it may be waited for here, and answers
//! the provider's error where that would dead-lock.

use super::{
    AsyncConnection, AsyncDataProvider, AsyncTransaction, BoxFuture, RowSink, SchemaSync, SqlSink,
    SqlStatement, SyncReport, TxOptions,
};
use crate::error::Result;
use crate::model::schema::EntitySchema;
use crate::plan::{Select, WriteBatch, Written};
use crate::value::KeyValues;
use std::future::ready;
use std::sync::Arc;

/// A connection that blocking code waits for.
pub(crate) struct GuardedConnection {
    inner: Arc<dyn AsyncConnection>,
    provider: Arc<dyn AsyncDataProvider>,
}

/// A transaction that blocking code waits for.
struct GuardedTransaction {
    inner: Box<dyn AsyncTransaction>,
    provider: Arc<dyn AsyncDataProvider>,
}

impl GuardedConnection {
    pub(crate) fn new(inner: Arc<dyn AsyncConnection>, provider: Arc<dyn AsyncDataProvider>) -> Self {
        Self { inner, provider }
    }
}

/// Makes the call if it may be waited for; otherwise answers the error, with what was handed over.
macro_rules! guard {
    ($self:ident, $call:expr) => {
        match $self.provider.may_block() {
            Ok(()) => $call,
            Err(error) => Box::pin(ready(Err(error))),
        }
    };
    ($self:ident, $call:expr, $back:ident) => {
        match $self.provider.may_block() {
            Ok(()) => $call,
            Err(error) => Box::pin(ready(($back, Err(error)))),
        }
    };
}

impl AsyncConnection for GuardedConnection {
    fn sync(
        &self,
        entities: Vec<&'static EntitySchema>,
        how: SchemaSync,
    ) -> BoxFuture<'_, Result<SyncReport>> {
        guard!(self, self.inner.sync(entities, how))
    }

    fn select(
        &self,
        plan: Arc<Select>,
        sink: Box<dyn RowSink>,
    ) -> BoxFuture<'_, (Box<dyn RowSink>, Result<()>)> {
        guard!(self, self.inner.select(plan, sink), sink)
    }

    fn find(
        &self,
        entity: &'static EntitySchema,
        key: KeyValues,
        sink: Box<dyn RowSink>,
    ) -> BoxFuture<'_, (Box<dyn RowSink>, Result<()>)> {
        guard!(self, self.inner.find(entity, key, sink), sink)
    }

    fn explain(&self, plan: Arc<Select>) -> BoxFuture<'_, Result<Vec<String>>> {
        guard!(self, self.inner.explain(plan))
    }

    fn sql(
        &self,
        statement: Arc<SqlStatement>,
        sink: Box<dyn SqlSink>,
    ) -> BoxFuture<'_, (Box<dyn SqlSink>, Result<u64>)> {
        guard!(self, self.inner.sql(statement, sink), sink)
    }

    fn table(&self, entity: &'static EntitySchema) -> Option<String> {
        self.inner.table(entity)
    }

    fn apply(&self, batch: WriteBatch) -> BoxFuture<'_, (WriteBatch, Result<Written>)> {
        guard!(self, self.inner.apply(batch), batch)
    }

    fn begin(&self, options: TxOptions) -> BoxFuture<'_, Result<Box<dyn AsyncTransaction>>> {
        guard!(
            self,
            Box::pin(async move {
                let inner = self.inner.begin(options).await?;
                let provider = Arc::clone(&self.provider);
                Ok(Box::new(GuardedTransaction { inner, provider }) as Box<dyn AsyncTransaction>)
            })
        )
    }
}

impl AsyncTransaction for GuardedTransaction {
    fn select(
        &mut self,
        plan: Arc<Select>,
        sink: Box<dyn RowSink>,
    ) -> BoxFuture<'_, (Box<dyn RowSink>, Result<()>)> {
        guard!(self, self.inner.select(plan, sink), sink)
    }

    fn find(
        &mut self,
        entity: &'static EntitySchema,
        key: KeyValues,
        sink: Box<dyn RowSink>,
    ) -> BoxFuture<'_, (Box<dyn RowSink>, Result<()>)> {
        guard!(self, self.inner.find(entity, key, sink), sink)
    }

    fn sql(
        &mut self,
        statement: Arc<SqlStatement>,
        sink: Box<dyn SqlSink>,
    ) -> BoxFuture<'_, (Box<dyn SqlSink>, Result<u64>)> {
        guard!(self, self.inner.sql(statement, sink), sink)
    }

    fn apply(&mut self, batch: WriteBatch) -> BoxFuture<'_, (WriteBatch, Result<Written>)> {
        guard!(self, self.inner.apply(batch), batch)
    }

    fn savepoint(&mut self, number: u32) -> BoxFuture<'_, Result<()>> {
        guard!(self, self.inner.savepoint(number))
    }

    fn rollback_to(&mut self, number: u32) -> BoxFuture<'_, Result<()>> {
        guard!(self, self.inner.rollback_to(number))
    }

    fn release(&mut self, number: u32) -> BoxFuture<'_, Result<()>> {
        guard!(self, self.inner.release(number))
    }

    fn commit(self: Box<Self>) -> BoxFuture<'static, Result<()>> {
        guard!(self, self.inner.commit())
    }

    fn rollback(self: Box<Self>) -> BoxFuture<'static, Result<()>> {
        guard!(self, self.inner.rollback())
    }
}
