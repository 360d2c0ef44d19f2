//! An open connection of the provider.

use crate::dialect::PostgresDialect;
use crate::pool::Server;
use crate::raw::Raw;
use crate::read;
use crate::session::Place;
use crate::sync::Sync;
use crate::transaction::PostgresTransaction;
use crate::write::{self, Frame};
use orm_core::model::schema::EntitySchema;
use orm_core::plan::{Select, WriteBatch, Written};
use orm_core::provider::{
    AsyncConnection, AsyncTransaction, BoxFuture, RowSink, SchemaSync, SqlSink, SqlStatement, SyncReport,
    TxOptions,
};
use orm_core::value::KeyValues;
use orm_core::{Error, Result};
use orm_provider_server::Caller;
use orm_provider_sql::Dialect as _;
use std::sync::Arc;

/// An open connection of the provider.
pub(crate) struct PostgresConnection {
    server: Arc<Server>,
    place: Arc<Place>,
    caller: Caller,
}

impl PostgresConnection {
    pub(crate) fn new(server: Arc<Server>, place: Arc<Place>, caller: Caller) -> Self {
        Self { server, place, caller }
    }
}

/// Reads on a connection that nobody else uses. Where that is lost before it answered, which a pooled
/// connection may have been for long, the read is done once more on another.
macro_rules! read {
    ($self:ident, $session:ident => $read:expr) => {{
        let mut again = true;
        loop {
            let mut lease = $self.server.lease($self.caller, "a read", Some(&$self.place.name)).await?;
            let $session = lease.session()?;
            $session.unsettled();
            let outcome = $read.await;
            match outcome {
                Err(Error::ConnectionLost(_)) if again && !$session.answered => again = false,
                outcome => {
                    $session.settled();
                    break outcome;
                }
            }
        }
    }};
}

impl AsyncConnection for PostgresConnection {
    fn sync(
        &self,
        entities: Vec<&'static EntitySchema>,
        how: SchemaSync,
    ) -> BoxFuture<'_, Result<SyncReport>> {
        Box::pin(async move {
            let mut lease = self.server.lease(self.caller, "a schema sync", Some(&self.place.name)).await?;
            let session = lease.session()?;
            session.unsettled();
            let net = self.server.options.foreign_keys;
            let report = Sync { place: &self.place, entities: &entities, net }.run(session, how).await;
            if matches!(report, Ok(_) | Err(Error::SchemaDrift { .. })) {
                session.settled();
            }
            report
        })
    }

    fn select(
        &self,
        plan: Arc<Select>,
        mut sink: Box<dyn RowSink>,
    ) -> BoxFuture<'_, (Box<dyn RowSink>, Result<()>)> {
        Box::pin(async move {
            let outcome =
                async { read!(self, session => read::select(session, &self.place, &plan, &mut *sink)) };
            let outcome = outcome.await;
            (sink, outcome)
        })
    }

    fn find(
        &self,
        entity: &'static EntitySchema,
        key: KeyValues,
        mut sink: Box<dyn RowSink>,
    ) -> BoxFuture<'_, (Box<dyn RowSink>, Result<()>)> {
        Box::pin(async move {
            let outcome =
                async { read!(self, session => read::find(session, &self.place, entity, &key, &mut *sink)) };
            let outcome = outcome.await;
            (sink, outcome)
        })
    }

    fn explain(&self, plan: Arc<Select>) -> BoxFuture<'_, Result<Vec<String>>> {
        Box::pin(async move {
            let mut lease = self.server.lease(self.caller, "an explanation", Some(&self.place.name)).await?;
            let session = lease.session()?;
            session.unsettled();
            let lines = read::explain(session, &self.place, &plan).await?;
            session.settled();
            Ok(lines)
        })
    }

    fn sql(
        &self,
        statement: Arc<SqlStatement>,
        mut sink: Box<dyn SqlSink>,
    ) -> BoxFuture<'_, (Box<dyn SqlSink>, Result<u64>)> {
        Box::pin(async move {
            let outcome = async {
                let raw = Raw::new(&statement)?;
                let mut again = true;
                loop {
                    let mut lease =
                        self.server.lease(self.caller, "a statement", Some(&self.place.name)).await?;
                    let session = lease.session()?;
                    session.unsettled();
                    match raw.run_alone(session, &self.place, &mut *sink).await {
                        // It was lost before the statement was sent.
                        Err(Error::ConnectionLost(_)) if again && !session.answered => again = false,
                        outcome => break outcome,
                    }
                }
            };
            let outcome = outcome.await;
            (sink, outcome)
        })
    }

    fn table(&self, entity: &'static EntitySchema) -> Option<String> {
        let mut out = String::new();
        PostgresDialect.table(&mut out, &self.place.schema, entity);
        Some(out)
    }

    fn apply(&self, mut batch: WriteBatch) -> BoxFuture<'_, (WriteBatch, Result<Written>)> {
        Box::pin(async move {
            let outcome = async {
                let mut lease = self.server.lease(self.caller, "a write", Some(&self.place.name)).await?;
                let session = lease.session()?;
                session.unsettled();
                write::apply(session, &self.place, &mut batch, Frame::Own).await
            };
            let outcome = outcome.await;
            (batch, outcome)
        })
    }

    fn begin(&self, options: TxOptions) -> BoxFuture<'_, Result<Box<dyn AsyncTransaction>>> {
        Box::pin(async move {
            let lease = self.server.lease(self.caller, "a transaction", Some(&self.place.name)).await?;
            let begun = PostgresTransaction::begin(lease, Arc::clone(&self.place), options).await?;
            Ok(Box::new(begun) as Box<dyn AsyncTransaction>)
        })
    }
}
