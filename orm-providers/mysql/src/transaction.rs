//! Open transactions.

use crate::pool::Lease;
use crate::raw::Raw;
use crate::read;
use crate::session::{Condition, Place, Session};
use crate::write::{self, Frame};
use orm_core::model::schema::EntitySchema;
use orm_core::plan::{Select, WriteBatch, Written};
use orm_core::provider::{AsyncTransaction, BoxFuture, Isolation, RowSink, SqlSink, SqlStatement, TxOptions};
use orm_core::value::KeyValues;
use orm_core::{Error, Result};
use std::sync::Arc;

/// An open transaction. It owns its connection, which goes back when it is dropped, and what is open is
/// rolled back then.
pub(crate) struct MysqlTransaction {
    lease: Lease,
    place: Arc<Place>,
    read_only: bool,
}

impl MysqlTransaction {
    pub(crate) async fn begin(mut lease: Lease, place: Arc<Place>, options: TxOptions) -> Result<Self> {
        let session = lease.session()?;
        session.unsettled();
        let level = match options.isolation {
            Isolation::ReadCommitted => "READ COMMITTED",
            Isolation::Serializable => "SERIALIZABLE",
            // The snapshot of some servers lets the changes of others be overwritten unseen.
            _ if !options.read_only && !session.server.snapshots_conflict => "SERIALIZABLE",
            _ => "REPEATABLE READ",
        };
        let mut begin = format!("SET TRANSACTION ISOLATION LEVEL {level}; START TRANSACTION");
        if level == "REPEATABLE READ" {
            begin.push_str(" WITH CONSISTENT SNAPSHOT");
        }
        if options.read_only {
            begin.push_str(if level == "REPEATABLE READ" { ", READ ONLY" } else { " READ ONLY" });
        }
        session.run(&begin).await?;
        Ok(Self { lease, place, read_only: options.read_only })
    }

    /// The connection, if the engine goes on with the transaction.
    fn session(&mut self) -> Result<&mut Session> {
        let session = self.lease.session()?;
        if session.is_undone() {
            // Statements would be transactions of their own.
            return Err(Error::TransactionClosed("the engine rolled it back after an earlier failure"));
        }
        if session.condition() == Condition::Dead {
            return Err(Error::TransactionClosed("its connection was lost"));
        }
        Ok(session)
    }

    async fn run(&mut self, sql: &str) -> Result<()> {
        self.session()?.run(sql).await
    }
}

impl AsyncTransaction for MysqlTransaction {
    fn select(
        &mut self,
        plan: Arc<Select>,
        mut sink: Box<dyn RowSink>,
    ) -> BoxFuture<'_, (Box<dyn RowSink>, Result<()>)> {
        Box::pin(async move {
            let place = Arc::clone(&self.place);
            let outcome = match self.session() {
                Ok(session) => read::select(session, &place, &plan, &mut *sink).await,
                Err(error) => Err(error),
            };
            (sink, outcome)
        })
    }

    fn find(
        &mut self,
        entity: &'static EntitySchema,
        key: KeyValues,
        mut sink: Box<dyn RowSink>,
    ) -> BoxFuture<'_, (Box<dyn RowSink>, Result<()>)> {
        Box::pin(async move {
            let place = Arc::clone(&self.place);
            let outcome = match self.session() {
                Ok(session) => read::find(session, &place, entity, &key, &mut *sink).await,
                Err(error) => Err(error),
            };
            (sink, outcome)
        })
    }

    fn sql(
        &mut self,
        statement: Arc<SqlStatement>,
        mut sink: Box<dyn SqlSink>,
    ) -> BoxFuture<'_, (Box<dyn SqlSink>, Result<u64>)> {
        Box::pin(async move {
            let outcome = async {
                let session = self.session()?;
                // It goes back to a savepoint of its own, so the transaction goes on.
                Raw::new(&statement, session)?.run_within(session, &mut *sink).await
            };
            let outcome = outcome.await;
            (sink, outcome)
        })
    }

    fn apply(&mut self, mut batch: WriteBatch) -> BoxFuture<'_, (WriteBatch, Result<Written>)> {
        Box::pin(async move {
            if self.read_only {
                let error = Error::read_only(&batch);
                return (batch, Err(error));
            }
            let place = Arc::clone(&self.place);
            let outcome = match self.session() {
                // It goes back to a savepoint of its own, so the transaction goes on.
                Ok(session) => write::apply(session, &place, &mut batch, Frame::Savepoint).await,
                Err(error) => Err(error),
            };
            (batch, outcome)
        })
    }

    fn savepoint(&mut self, number: u32) -> BoxFuture<'_, Result<()>> {
        Box::pin(async move { self.run(&format!("SAVEPOINT orm_{number}")).await })
    }

    fn rollback_to(&mut self, number: u32) -> BoxFuture<'_, Result<()>> {
        Box::pin(async move {
            self.run(&format!("ROLLBACK TO SAVEPOINT orm_{number}; RELEASE SAVEPOINT orm_{number}")).await
        })
    }

    fn release(&mut self, number: u32) -> BoxFuture<'_, Result<()>> {
        Box::pin(async move { self.run(&format!("RELEASE SAVEPOINT orm_{number}")).await })
    }

    fn commit(mut self: Box<Self>) -> BoxFuture<'static, Result<()>> {
        Box::pin(async move {
            let session = self.session()?;
            session.commit().await?;
            session.settled();
            Ok(())
        })
    }

    fn rollback(mut self: Box<Self>) -> BoxFuture<'static, Result<()>> {
        Box::pin(async move {
            let session = self.lease.session()?;
            session.run("ROLLBACK").await?;
            session.settled();
            Ok(())
        })
    }
}
