//! A provider's own connection, called alike whether it blocks or is async.

use crate::hand_built::width;
use orm_core::model::schema::EntitySchema;
use orm_core::plan::{Select, WriteBatch, Written};
use orm_core::provider::fallback::{Gather, Record};
use orm_core::provider::{AsyncConnection, AsyncTransaction, Connection, RowSink, Transaction, TxOptions};
use orm_core::{Error, Result};
use std::any::Any;
use std::sync::Arc;

/// A connection as the provider opens it.
pub enum Raw {
    /// Its calls block.
    Blocking(Arc<dyn Connection>),
    /// Its calls are async.
    Async(Arc<dyn AsyncConnection>),
}

/// A transaction of the provider's own.
pub enum RawTransaction {
    /// Its calls block.
    Blocking(Box<dyn Transaction>),
    /// Its calls are async.
    Async(Box<dyn AsyncTransaction>),
}

fn gathered(sink: Box<dyn RowSink>) -> Result<Vec<Record>> {
    let sink: Box<dyn Any> = sink;
    let gather = sink.downcast::<Gather>();
    gather.map(|g| g.rows).map_err(|_| Error::unsupported("the answer", "another sink came back"))
}

impl Raw {
    /// Makes the storage ready for entities.
    ///
    /// # Errors
    /// Those of the provider.
    pub async fn sync(&self, entities: &[&'static EntitySchema]) -> Result<()> {
        match self {
            Raw::Blocking(connection) => connection.sync(entities, Default::default()).map(drop),
            Raw::Async(connection) => connection.sync(entities.to_vec(), Default::default()).await.map(drop),
        }
    }

    /// What a plan puts out.
    ///
    /// # Errors
    /// Those of the provider.
    pub async fn read(&self, plan: Select) -> Result<Vec<Record>> {
        let mut gather = Gather::new(width(&plan));
        let plan = Arc::new(plan);
        match self {
            Raw::Blocking(connection) => connection.select(&plan, &mut gather).map(|()| gather.rows),
            Raw::Async(connection) => {
                let (sink, outcome) = connection.select(plan, Box::new(gather)).await;
                outcome.and_then(|()| gathered(sink))
            }
        }
    }

    /// Applies a batch.
    ///
    /// # Errors
    /// Those of the provider.
    pub async fn apply(&self, mut batch: WriteBatch) -> Result<Written> {
        match self {
            Raw::Blocking(connection) => connection.apply(&mut batch),
            Raw::Async(connection) => connection.apply(batch).await.1,
        }
    }

    /// Begins a transaction.
    ///
    /// # Errors
    /// Those of the provider.
    pub async fn begin(&self, options: TxOptions) -> Result<RawTransaction> {
        Ok(match self {
            Raw::Blocking(connection) => RawTransaction::Blocking(connection.begin(&options)?),
            Raw::Async(connection) => RawTransaction::Async(connection.begin(options).await?),
        })
    }
}

/// Calls a method of a transaction of either kind.
macro_rules! on_either {
    ($self:ident, $tx:ident => $call:expr) => {
        match $self {
            RawTransaction::Blocking($tx) => $call,
            RawTransaction::Async($tx) => $call.await,
        }
    };
}

impl RawTransaction {
    /// What a plan puts out.
    ///
    /// # Errors
    /// Those of the provider.
    pub async fn read(&mut self, plan: Select) -> Result<Vec<Record>> {
        let mut gather = Gather::new(width(&plan));
        let plan = Arc::new(plan);
        match self {
            RawTransaction::Blocking(tx) => tx.select(&plan, &mut gather).map(|()| gather.rows),
            RawTransaction::Async(tx) => {
                let (sink, outcome) = tx.select(plan, Box::new(gather)).await;
                outcome.and_then(|()| gathered(sink))
            }
        }
    }

    /// Applies a batch.
    ///
    /// # Errors
    /// Those of the provider.
    pub async fn apply(&mut self, mut batch: WriteBatch) -> Result<Written> {
        match self {
            RawTransaction::Blocking(tx) => tx.apply(&mut batch),
            RawTransaction::Async(tx) => tx.apply(batch).await.1,
        }
    }

    /// Sets a savepoint.
    ///
    /// # Errors
    /// Those of the provider.
    pub async fn savepoint(&mut self, number: u32) -> Result<()> {
        on_either!(self, tx => tx.savepoint(number))
    }

    /// Goes back to a savepoint.
    ///
    /// # Errors
    /// Those of the provider.
    pub async fn rollback_to(&mut self, number: u32) -> Result<()> {
        on_either!(self, tx => tx.rollback_to(number))
    }

    /// Forgets a savepoint.
    ///
    /// # Errors
    /// Those of the provider.
    pub async fn release(&mut self, number: u32) -> Result<()> {
        on_either!(self, tx => tx.release(number))
    }

    /// Makes it all durable.
    ///
    /// # Errors
    /// Those of the provider.
    pub async fn commit(self) -> Result<()> {
        on_either!(self, tx => tx.commit())
    }

    /// Undoes it all.
    ///
    /// # Errors
    /// Those of the provider.
    pub async fn rollback(self) -> Result<()> {
        on_either!(self, tx => tx.rollback())
    }
}
