//! A connection of either kind.

use super::lent::{LentSink, another_sink};
use crate::error::Result;
use crate::model::schema::EntitySchema;
use crate::plan::{Select, WriteBatch, Written};
use crate::provider::{
    AsyncConnection, AsyncTransaction, Connection, RowSink, SchemaSync, SqlSink, SqlStatement, SyncReport,
    Transaction, TxOptions,
};
use crate::value::KeyValues;
use std::any::Any;
use std::sync::Arc;

/// A connection, called where it stands or by its futures.
#[derive(Clone)]
pub(crate) enum Link {
    Direct(Arc<dyn Connection>),
    Remote(Arc<dyn AsyncConnection>),
}

/// A transaction of either kind.
pub(crate) enum OpenTx {
    Direct(Box<dyn Transaction>),
    Remote(Box<dyn AsyncTransaction>),
}

/// The sink that was handed over, back again.
pub(crate) fn returned<S: RowSink>(sink: Box<dyn Any>) -> Result<S> {
    sink.downcast::<S>().map(|s| *s).map_err(|_| another_sink())
}

impl Link {
    #[inline]
    pub(crate) async fn select(&self, plan: &Arc<Select>, sink: &mut dyn LentSink) -> Result<()> {
        match self {
            Link::Direct(connection) => connection.select(plan, sink),
            Link::Remote(connection) => {
                let (back, outcome) = connection.select(Arc::clone(plan), sink.hand_over()).await;
                outcome.and_then(|()| sink.take_back(back))
            }
        }
    }

    #[inline]
    pub(crate) async fn find(
        &self,
        entity: &'static EntitySchema,
        key: KeyValues,
        sink: &mut dyn LentSink,
    ) -> Result<()> {
        match self {
            Link::Direct(connection) => connection.find(entity, &key, sink),
            Link::Remote(connection) => {
                let (back, outcome) = connection.find(entity, key, sink.hand_over()).await;
                outcome.and_then(|()| sink.take_back(back))
            }
        }
    }

    pub(crate) async fn sql<S: SqlSink>(
        &self,
        statement: &Arc<SqlStatement>,
        mut sink: S,
    ) -> Result<(S, u64)> {
        match self {
            Link::Direct(connection) => {
                let touched = connection.sql(statement, &mut sink)?;
                Ok((sink, touched))
            }
            Link::Remote(connection) => {
                let (sink, outcome) = connection.sql(Arc::clone(statement), Box::new(sink)).await;
                let touched = outcome?;
                Ok((returned(sink)?, touched))
            }
        }
    }

    pub(crate) fn table(&self, entity: &'static EntitySchema) -> Option<String> {
        match self {
            Link::Direct(connection) => connection.table(entity),
            Link::Remote(connection) => connection.table(entity),
        }
    }

    pub(crate) async fn apply(&self, mut batch: WriteBatch) -> (WriteBatch, Result<Written>) {
        match self {
            Link::Direct(connection) => {
                let written = connection.apply(&mut batch);
                (batch, written)
            }
            Link::Remote(connection) => connection.apply(batch).await,
        }
    }

    pub(crate) async fn explain(&self, plan: &Arc<Select>) -> Result<Vec<String>> {
        match self {
            Link::Direct(connection) => connection.explain(plan),
            Link::Remote(connection) => connection.explain(Arc::clone(plan)).await,
        }
    }

    pub(crate) async fn sync(
        &self,
        entities: Vec<&'static EntitySchema>,
        how: SchemaSync,
    ) -> Result<SyncReport> {
        match self {
            Link::Direct(connection) => connection.sync(&entities, how),
            Link::Remote(connection) => connection.sync(entities, how).await,
        }
    }

    pub(crate) async fn begin(&self, options: TxOptions) -> Result<OpenTx> {
        match self {
            Link::Direct(connection) => connection.begin(&options).map(OpenTx::Direct),
            Link::Remote(connection) => connection.begin(options).await.map(OpenTx::Remote),
        }
    }
}

/// Calls a method of a transaction of either kind.
macro_rules! on_either {
    ($self:ident, $tx:ident => $call:expr) => {
        match $self {
            OpenTx::Direct($tx) => $call,
            OpenTx::Remote($tx) => $call.await,
        }
    };
}

impl OpenTx {
    pub(crate) async fn select(&mut self, plan: &Arc<Select>, sink: &mut dyn LentSink) -> Result<()> {
        match self {
            OpenTx::Direct(tx) => tx.select(plan, sink),
            OpenTx::Remote(tx) => {
                let (back, outcome) = tx.select(Arc::clone(plan), sink.hand_over()).await;
                outcome.and_then(|()| sink.take_back(back))
            }
        }
    }

    pub(crate) async fn find(
        &mut self,
        entity: &'static EntitySchema,
        key: KeyValues,
        sink: &mut dyn LentSink,
    ) -> Result<()> {
        match self {
            OpenTx::Direct(tx) => tx.find(entity, &key, sink),
            OpenTx::Remote(tx) => {
                let (back, outcome) = tx.find(entity, key, sink.hand_over()).await;
                outcome.and_then(|()| sink.take_back(back))
            }
        }
    }

    pub(crate) async fn sql<S: SqlSink>(
        &mut self,
        statement: &Arc<SqlStatement>,
        mut sink: S,
    ) -> Result<(S, u64)> {
        match self {
            OpenTx::Direct(tx) => {
                let touched = tx.sql(statement, &mut sink)?;
                Ok((sink, touched))
            }
            OpenTx::Remote(tx) => {
                let (sink, outcome) = tx.sql(Arc::clone(statement), Box::new(sink)).await;
                let touched = outcome?;
                Ok((returned(sink)?, touched))
            }
        }
    }

    pub(crate) async fn apply(&mut self, mut batch: WriteBatch) -> (WriteBatch, Result<Written>) {
        match self {
            OpenTx::Direct(tx) => {
                let written = tx.apply(&mut batch);
                (batch, written)
            }
            OpenTx::Remote(tx) => tx.apply(batch).await,
        }
    }

    pub(crate) async fn savepoint(&mut self, number: u32) -> Result<()> {
        on_either!(self, tx => tx.savepoint(number))
    }

    pub(crate) async fn rollback_to(&mut self, number: u32) -> Result<()> {
        on_either!(self, tx => tx.rollback_to(number))
    }

    pub(crate) async fn release(&mut self, number: u32) -> Result<()> {
        on_either!(self, tx => tx.release(number))
    }

    pub(crate) async fn commit(self) -> Result<()> {
        on_either!(self, tx => tx.commit())
    }

    pub(crate) async fn rollback(self) -> Result<()> {
        on_either!(self, tx => tx.rollback())
    }
}
