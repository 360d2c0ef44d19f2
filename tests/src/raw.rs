//! A provider's own connection, called alike whether it blocks or is async.

use crate::hand_built::width;
use orm_core::model::schema::EntitySchema;
use orm_core::plan::{Select, WriteBatch, Written};
use orm_core::provider::fallback::{Gather, Record};
use orm_core::provider::{
    AsyncConnection, AsyncTransaction, Connection, Flow, Row, RowSink, SqlSink, SqlStatement, Transaction,
    TxOptions, Wanted,
};
use orm_core::value::Value;
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

/// Takes an entity's columns by their names, in whatever order they come.
struct ByName {
    entity: &'static EntitySchema,
    /// Where each column of the entity stands.
    places: Vec<usize>,
    rows: Vec<Record>,
}

impl RowSink for ByName {
    fn row(&mut self, row: &dyn Row) -> Result<Flow> {
        let values: Vec<Value> = self.places.iter().map(|&place| row.value(place).to_value()).collect();
        self.rows.push(Record::from(values));
        Ok(Flow::More)
    }
}

impl SqlSink for ByName {
    fn columns(&mut self, names: &[&str]) -> Result<Vec<Wanted>> {
        let mut wanted = vec![Wanted::Nothing; names.len()];
        for field in self.entity.fields {
            let place = names.iter().position(|name| *name == field.column);
            let place = place.ok_or(Error::unsupported("the answer", "a column is missing"))?;
            wanted[place] = Wanted::Stored(field.kind);
            self.places.push(place);
        }
        Ok(wanted)
    }
}

impl Raw {
    /// The name of an entity's table in SQL.
    #[must_use]
    pub fn table(&self, entity: &'static EntitySchema) -> Option<String> {
        match self {
            Raw::Blocking(connection) => connection.table(entity),
            Raw::Async(connection) => connection.table(entity),
        }
    }

    /// The records that a statement of SQL puts out, and how many rows it touched.
    ///
    /// # Errors
    /// Those of the provider.
    pub async fn sql(
        &self,
        entity: &'static EntitySchema,
        statement: SqlStatement,
    ) -> Result<(Vec<Record>, u64)> {
        let mut sink = ByName { entity, places: Vec::new(), rows: Vec::new() };
        let statement = Arc::new(statement);
        match self {
            Raw::Blocking(connection) => {
                let touched = connection.sql(&statement, &mut sink)?;
                Ok((sink.rows, touched))
            }
            Raw::Async(connection) => {
                let (sink, outcome) = connection.sql(statement, Box::new(sink)).await;
                let touched = outcome?;
                let sink: Box<dyn Any> = sink;
                let back = Error::unsupported("the answer", "another sink came back");
                sink.downcast::<ByName>().map(|sink| (sink.rows, touched)).map_err(|_| back)
            }
        }
    }

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
