//! A provider whose calls somebody sees before they are made and after they succeeded, and may let
//! fail: what the [counter](super::Counted), the [guard](super::NPlusOne) and the
//! [injector](super::Faults) are made of.

use super::{
    AsyncConnection, AsyncTransaction, BoxFuture, Connection, RowSink, SchemaSync, SqlSink, SqlStatement,
    SyncReport, Transaction, TxOptions,
};
use crate::error::Result;
use crate::model::schema::EntitySchema;
use crate::plan::{Select, WriteBatch, Written};
use crate::value::KeyValues;
use std::sync::Arc;

/// A call that reaches a storage.
#[derive(Debug, Clone, Copy)]
pub(super) enum Call<'a> {
    Sync,
    Select(&'a Select),
    Find(&'static EntitySchema),
    Sql(&'a SqlStatement),
    Apply(&'a WriteBatch),
    Begin,
    Savepoint,
    RollbackTo,
    Release,
    Commit,
    Rollback,
}

/// Sees the calls. What it answers instead of `Ok` is the answer of the call.
pub(super) trait Observer: Send + Sync + 'static {
    /// Before the engine is called; an error keeps it from being called.
    fn before(&self, call: Call<'_>, inside: bool) -> Result<()>;

    /// After the engine did the work.
    fn after(&self, _call: Call<'_>, _inside: bool) -> Result<()> {
        Ok(())
    }
}

/// A connection or a transaction whose calls are seen.
pub(super) struct Observed<C, O> {
    pub(super) inner: C,
    pub(super) observer: Arc<O>,
}

/// Makes a handle to a provider and an observer a provider of either kind: `$provider` and `$observer`
/// are its fields, both in an `Arc`.
macro_rules! observed_provider {
    ($wrapper:ident, $provider:ident, $observer:ident) => {
        impl<P> Clone for $wrapper<P> {
            fn clone(&self) -> Self {
                Self {
                    $provider: std::sync::Arc::clone(&self.$provider),
                    $observer: std::sync::Arc::clone(&self.$observer),
                }
            }
        }

        impl<P: $crate::provider::DataProvider> $crate::provider::DataProvider for $wrapper<P> {
            fn capabilities(&self) -> &$crate::provider::Capabilities {
                self.$provider.capabilities()
            }

            fn open(
                &self,
                connection: &$crate::connection::ConnectionName,
            ) -> $crate::error::Result<std::sync::Arc<dyn $crate::provider::Connection>> {
                let inner = self.$provider.open(connection)?;
                let observer = std::sync::Arc::clone(&self.$observer);
                Ok(std::sync::Arc::new($crate::provider::observed::Observed { inner, observer }))
            }

            fn change_hubs(&self) -> Option<&$crate::provider::ChangeHubs> {
                self.$provider.change_hubs()
            }
        }

        impl<P: $crate::provider::AsyncDataProvider> $crate::provider::AsyncDataProvider for $wrapper<P> {
            fn capabilities(&self) -> &$crate::provider::Capabilities {
                self.$provider.capabilities()
            }

            fn open<'a>(
                &'a self,
                connection: &'a $crate::connection::ConnectionName,
            ) -> $crate::provider::BoxFuture<
                'a,
                $crate::error::Result<std::sync::Arc<dyn $crate::provider::AsyncConnection>>,
            > {
                Box::pin(async move {
                    let inner = self.$provider.open(connection).await?;
                    let observer = std::sync::Arc::clone(&self.$observer);
                    let observed = $crate::provider::observed::Observed { inner, observer };
                    Ok(std::sync::Arc::new(observed) as std::sync::Arc<dyn $crate::provider::AsyncConnection>)
                })
            }

            fn open_blocking<'a>(
                &'a self,
                connection: &'a $crate::connection::ConnectionName,
            ) -> $crate::provider::BoxFuture<
                'a,
                $crate::error::Result<std::sync::Arc<dyn $crate::provider::AsyncConnection>>,
            > {
                Box::pin(async move {
                    let inner = self.$provider.open_blocking(connection).await?;
                    let observer = std::sync::Arc::clone(&self.$observer);
                    let observed = $crate::provider::observed::Observed { inner, observer };
                    Ok(std::sync::Arc::new(observed) as std::sync::Arc<dyn $crate::provider::AsyncConnection>)
                })
            }

            fn may_block(&self) -> $crate::error::Result<()> {
                self.$provider.may_block()
            }

            fn change_hubs(&self) -> Option<&$crate::provider::ChangeHubs> {
                self.$provider.change_hubs()
            }
        }
    };
}
pub(super) use observed_provider;

impl<O: Observer> Connection for Observed<Arc<dyn Connection>, O> {
    fn sync(&self, entities: &[&'static EntitySchema], how: SchemaSync) -> Result<SyncReport> {
        self.observer.before(Call::Sync, false)?;
        let report = self.inner.sync(entities, how)?;
        self.observer.after(Call::Sync, false).map(|()| report)
    }

    fn select(&self, plan: &Arc<Select>, sink: &mut dyn RowSink) -> Result<()> {
        self.observer.before(Call::Select(plan), false)?;
        self.inner.select(plan, sink)?;
        self.observer.after(Call::Select(plan), false)
    }

    fn find(&self, entity: &'static EntitySchema, key: &KeyValues, sink: &mut dyn RowSink) -> Result<()> {
        self.observer.before(Call::Find(entity), false)?;
        self.inner.find(entity, key, sink)?;
        self.observer.after(Call::Find(entity), false)
    }

    fn explain(&self, plan: &Arc<Select>) -> Result<Vec<String>> {
        self.inner.explain(plan)
    }

    fn sql(&self, statement: &Arc<SqlStatement>, sink: &mut dyn SqlSink) -> Result<u64> {
        self.observer.before(Call::Sql(statement), false)?;
        let touched = self.inner.sql(statement, sink)?;
        self.observer.after(Call::Sql(statement), false).map(|()| touched)
    }

    fn table(&self, entity: &'static EntitySchema) -> Option<String> {
        self.inner.table(entity)
    }

    fn apply(&self, batch: &mut WriteBatch) -> Result<Written> {
        self.observer.before(Call::Apply(batch), false)?;
        let written = self.inner.apply(batch)?;
        self.observer.after(Call::Apply(batch), false).map(|()| written)
    }

    fn begin(&self, options: &TxOptions) -> Result<Box<dyn Transaction>> {
        self.observer.before(Call::Begin, false)?;
        let inner = self.inner.begin(options)?;
        self.observer.after(Call::Begin, false)?;
        let observer = Arc::clone(&self.observer);
        Ok(Box::new(Observed { inner, observer }))
    }
}

impl<O: Observer> Transaction for Observed<Box<dyn Transaction>, O> {
    fn select(&mut self, plan: &Arc<Select>, sink: &mut dyn RowSink) -> Result<()> {
        self.observer.before(Call::Select(plan), true)?;
        self.inner.select(plan, sink)?;
        self.observer.after(Call::Select(plan), true)
    }

    fn find(&mut self, entity: &'static EntitySchema, key: &KeyValues, sink: &mut dyn RowSink) -> Result<()> {
        self.observer.before(Call::Find(entity), true)?;
        self.inner.find(entity, key, sink)?;
        self.observer.after(Call::Find(entity), true)
    }

    fn sql(&mut self, statement: &Arc<SqlStatement>, sink: &mut dyn SqlSink) -> Result<u64> {
        self.observer.before(Call::Sql(statement), true)?;
        let touched = self.inner.sql(statement, sink)?;
        self.observer.after(Call::Sql(statement), true).map(|()| touched)
    }

    fn apply(&mut self, batch: &mut WriteBatch) -> Result<Written> {
        self.observer.before(Call::Apply(batch), true)?;
        let written = self.inner.apply(batch)?;
        self.observer.after(Call::Apply(batch), true).map(|()| written)
    }

    fn savepoint(&mut self, number: u32) -> Result<()> {
        self.observer.before(Call::Savepoint, true)?;
        self.inner.savepoint(number)?;
        self.observer.after(Call::Savepoint, true)
    }

    fn rollback_to(&mut self, number: u32) -> Result<()> {
        self.observer.before(Call::RollbackTo, true)?;
        self.inner.rollback_to(number)?;
        self.observer.after(Call::RollbackTo, true)
    }

    fn release(&mut self, number: u32) -> Result<()> {
        self.observer.before(Call::Release, true)?;
        self.inner.release(number)?;
        self.observer.after(Call::Release, true)
    }

    fn commit(self: Box<Self>) -> Result<()> {
        self.observer.before(Call::Commit, true)?;
        self.inner.commit()?;
        self.observer.after(Call::Commit, true)
    }

    fn rollback(self: Box<Self>) -> Result<()> {
        self.observer.before(Call::Rollback, true)?;
        self.inner.rollback()?;
        self.observer.after(Call::Rollback, true)
    }
}

impl<O: Observer> AsyncConnection for Observed<Arc<dyn AsyncConnection>, O> {
    fn sync(
        &self,
        entities: Vec<&'static EntitySchema>,
        how: SchemaSync,
    ) -> BoxFuture<'_, Result<SyncReport>> {
        Box::pin(async move {
            self.observer.before(Call::Sync, false)?;
            let report = self.inner.sync(entities, how).await?;
            self.observer.after(Call::Sync, false).map(|()| report)
        })
    }

    fn select(
        &self,
        plan: Arc<Select>,
        sink: Box<dyn RowSink>,
    ) -> BoxFuture<'_, (Box<dyn RowSink>, Result<()>)> {
        Box::pin(async move {
            if let Err(error) = self.observer.before(Call::Select(&plan), false) {
                return (sink, Err(error));
            }
            let (sink, outcome) = self.inner.select(Arc::clone(&plan), sink).await;
            (sink, outcome.and_then(|()| self.observer.after(Call::Select(&plan), false)))
        })
    }

    fn find(
        &self,
        entity: &'static EntitySchema,
        key: KeyValues,
        sink: Box<dyn RowSink>,
    ) -> BoxFuture<'_, (Box<dyn RowSink>, Result<()>)> {
        Box::pin(async move {
            if let Err(error) = self.observer.before(Call::Find(entity), false) {
                return (sink, Err(error));
            }
            let (sink, outcome) = self.inner.find(entity, key, sink).await;
            (sink, outcome.and_then(|()| self.observer.after(Call::Find(entity), false)))
        })
    }

    fn explain(&self, plan: Arc<Select>) -> BoxFuture<'_, Result<Vec<String>>> {
        self.inner.explain(plan)
    }

    fn sql(
        &self,
        statement: Arc<SqlStatement>,
        sink: Box<dyn SqlSink>,
    ) -> BoxFuture<'_, (Box<dyn SqlSink>, Result<u64>)> {
        Box::pin(async move {
            if let Err(error) = self.observer.before(Call::Sql(&statement), false) {
                return (sink, Err(error));
            }
            let (sink, outcome) = self.inner.sql(Arc::clone(&statement), sink).await;
            let after = |n| self.observer.after(Call::Sql(&statement), false).map(|()| n);
            (sink, outcome.and_then(after))
        })
    }

    fn table(&self, entity: &'static EntitySchema) -> Option<String> {
        self.inner.table(entity)
    }

    fn apply(&self, batch: WriteBatch) -> BoxFuture<'_, (WriteBatch, Result<Written>)> {
        Box::pin(async move {
            if let Err(error) = self.observer.before(Call::Apply(&batch), false) {
                return (batch, Err(error));
            }
            let (batch, outcome) = self.inner.apply(batch).await;
            let outcome = outcome.and_then(|w| self.observer.after(Call::Apply(&batch), false).map(|()| w));
            (batch, outcome)
        })
    }

    fn begin(&self, options: TxOptions) -> BoxFuture<'_, Result<Box<dyn AsyncTransaction>>> {
        Box::pin(async move {
            self.observer.before(Call::Begin, false)?;
            let inner = self.inner.begin(options).await?;
            self.observer.after(Call::Begin, false)?;
            let observer = Arc::clone(&self.observer);
            Ok(Box::new(Observed { inner, observer }) as Box<dyn AsyncTransaction>)
        })
    }
}

impl<O: Observer> AsyncTransaction for Observed<Box<dyn AsyncTransaction>, O> {
    fn select(
        &mut self,
        plan: Arc<Select>,
        sink: Box<dyn RowSink>,
    ) -> BoxFuture<'_, (Box<dyn RowSink>, Result<()>)> {
        Box::pin(async move {
            if let Err(error) = self.observer.before(Call::Select(&plan), true) {
                return (sink, Err(error));
            }
            let (sink, outcome) = self.inner.select(Arc::clone(&plan), sink).await;
            (sink, outcome.and_then(|()| self.observer.after(Call::Select(&plan), true)))
        })
    }

    fn find(
        &mut self,
        entity: &'static EntitySchema,
        key: KeyValues,
        sink: Box<dyn RowSink>,
    ) -> BoxFuture<'_, (Box<dyn RowSink>, Result<()>)> {
        Box::pin(async move {
            if let Err(error) = self.observer.before(Call::Find(entity), true) {
                return (sink, Err(error));
            }
            let (sink, outcome) = self.inner.find(entity, key, sink).await;
            (sink, outcome.and_then(|()| self.observer.after(Call::Find(entity), true)))
        })
    }

    fn sql(
        &mut self,
        statement: Arc<SqlStatement>,
        sink: Box<dyn SqlSink>,
    ) -> BoxFuture<'_, (Box<dyn SqlSink>, Result<u64>)> {
        Box::pin(async move {
            if let Err(error) = self.observer.before(Call::Sql(&statement), true) {
                return (sink, Err(error));
            }
            let (sink, outcome) = self.inner.sql(Arc::clone(&statement), sink).await;
            let after = |n| self.observer.after(Call::Sql(&statement), true).map(|()| n);
            (sink, outcome.and_then(after))
        })
    }

    fn apply(&mut self, batch: WriteBatch) -> BoxFuture<'_, (WriteBatch, Result<Written>)> {
        Box::pin(async move {
            if let Err(error) = self.observer.before(Call::Apply(&batch), true) {
                return (batch, Err(error));
            }
            let (batch, outcome) = self.inner.apply(batch).await;
            let outcome = outcome.and_then(|w| self.observer.after(Call::Apply(&batch), true).map(|()| w));
            (batch, outcome)
        })
    }

    fn savepoint(&mut self, number: u32) -> BoxFuture<'_, Result<()>> {
        Box::pin(async move {
            self.observer.before(Call::Savepoint, true)?;
            self.inner.savepoint(number).await?;
            self.observer.after(Call::Savepoint, true)
        })
    }

    fn rollback_to(&mut self, number: u32) -> BoxFuture<'_, Result<()>> {
        Box::pin(async move {
            self.observer.before(Call::RollbackTo, true)?;
            self.inner.rollback_to(number).await?;
            self.observer.after(Call::RollbackTo, true)
        })
    }

    fn release(&mut self, number: u32) -> BoxFuture<'_, Result<()>> {
        Box::pin(async move {
            self.observer.before(Call::Release, true)?;
            self.inner.release(number).await?;
            self.observer.after(Call::Release, true)
        })
    }

    fn commit(self: Box<Self>) -> BoxFuture<'static, Result<()>> {
        Box::pin(async move {
            self.observer.before(Call::Commit, true)?;
            self.inner.commit().await?;
            self.observer.after(Call::Commit, true)
        })
    }

    fn rollback(self: Box<Self>) -> BoxFuture<'static, Result<()>> {
        Box::pin(async move {
            self.observer.before(Call::Rollback, true)?;
            self.inner.rollback().await?;
            self.observer.after(Call::Rollback, true)
        })
    }
}
