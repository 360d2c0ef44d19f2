//! Open transactions.

use crate::pool::Lease;
use crate::raw::Raw;
use crate::read;
use crate::session::{Asked, Place, Session};
use crate::write::{self, Frame};
use orm_core::model::schema::EntitySchema;
use orm_core::plan::{LockWait, Output, Select, WriteBatch, Written};
use orm_core::provider::{AsyncTransaction, BoxFuture, Isolation, RowSink, SqlSink, SqlStatement, TxOptions};
use orm_core::value::KeyValues;
use orm_core::{Error, Result};
use std::sync::Arc;

/// An open transaction. It owns its connection, which goes back when it is dropped, and what is open is
/// rolled back then.
pub(crate) struct PostgresTransaction {
    lease: Lease,
    place: Arc<Place>,
    read_only: bool,
    /// The beginning, while its answer wasn't read: what only reads can be asked for meanwhile.
    beginning: Option<Asked>,
    /// Whether its end has nothing to tell: it can neither fail nor be waited for by others.
    ends_quietly: bool,
    /// Whether the engine refuses everything until a savepoint is gone back to.
    failed: bool,
}

impl PostgresTransaction {
    pub(crate) async fn begin(mut lease: Lease, place: Arc<Place>, options: TxOptions) -> Result<Self> {
        let session = lease.session()?;
        session.unsettled();
        // Only a statement takes the snapshot; without one it would be as of the first read.
        let asked = session
            .ask(match (options.isolation, options.read_only) {
                (Isolation::ReadCommitted, false) => "BEGIN ISOLATION LEVEL READ COMMITTED",
                (Isolation::ReadCommitted, true) => "BEGIN ISOLATION LEVEL READ COMMITTED READ ONLY",
                (Isolation::Snapshot, false) => "BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT 1",
                (Isolation::Snapshot, true) => "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; SELECT 1",
                (_, false) => "BEGIN ISOLATION LEVEL SERIALIZABLE; SELECT 1",
                (_, true) => "BEGIN ISOLATION LEVEL SERIALIZABLE READ ONLY; SELECT 1",
            })
            .await?;
        let read_only = options.read_only;
        let ends_quietly =
            read_only && matches!(options.isolation, Isolation::ReadCommitted | Isolation::Snapshot);
        let mut begun = Self { lease, place, read_only, beginning: Some(asked), ends_quietly, failed: false };
        if !read_only {
            begun.begun().await?;
        }
        Ok(begun)
    }

    /// Reads the answer to the beginning, if that is still to be done.
    async fn begun(&mut self) -> Result<()> {
        let Some(asked) = self.beginning.take() else { return Ok(()) };
        let outcome = self.lease.session()?.answer("beginning a transaction", asked).await;
        self.failed |= outcome.is_err();
        outcome
    }

    /// The connection, if the engine goes on with the transaction.
    fn session(&mut self) -> Result<&mut Session> {
        if self.failed {
            return Err(Error::TransactionClosed("the engine gave it up after an earlier failure"));
        }
        self.lease.session()
    }

    async fn run(&mut self, sql: &str) -> Result<()> {
        self.begun().await?;
        let outcome = self.session()?.run(sql).await;
        self.failed |= outcome.is_err();
        outcome
    }

    async fn end(&mut self) -> Result<()> {
        self.begun().await?;
        let quietly = self.ends_quietly;
        let session = self.session()?;
        if quietly {
            // Whoever gets the connection next asks after this.
            session.ask("COMMIT").await?;
        } else {
            session.commit().await?;
        }
        session.settled();
        Ok(())
    }
}

impl AsyncTransaction for PostgresTransaction {
    fn select(
        &mut self,
        plan: Arc<Select>,
        mut sink: Box<dyn RowSink>,
    ) -> BoxFuture<'_, (Box<dyn RowSink>, Result<()>)> {
        Box::pin(async move {
            // A sum that doesn't fit is the one thing that a read of ours fails for by its content, and what
            // isn't waited for may be locked; the transaction goes on all the same.
            let sums = matches!(plan.output, Output::Groups(_));
            let tries = plan.lock.is_some_and(|lock| lock.wait == LockWait::Fail);
            let outcome = async {
                if sums || tries {
                    self.run("SAVEPOINT orm_read").await?;
                }
                let place = Arc::clone(&self.place);
                let outcome = read::select(self.session()?, &place, &plan, &mut *sink).await;
                let outcome = self.begun().await.and(outcome);
                self.failed |= outcome.as_ref().is_err_and(of_the_engine);
                if tries && outcome.is_ok() {
                    // Going back would give the locks back.
                    self.run("RELEASE SAVEPOINT orm_read").await?;
                } else if sums || tries {
                    self.failed = false;
                    self.run("ROLLBACK TO SAVEPOINT orm_read; RELEASE SAVEPOINT orm_read").await?;
                }
                outcome
            };
            let outcome = outcome.await;
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
            let outcome = self.begun().await.and(outcome);
            self.failed |= outcome.as_ref().is_err_and(of_the_engine);
            (sink, outcome)
        })
    }

    fn sql(
        &mut self,
        statement: Arc<SqlStatement>,
        mut sink: Box<dyn SqlSink>,
    ) -> BoxFuture<'_, (Box<dyn SqlSink>, Result<u64>)> {
        Box::pin(async move {
            let place = Arc::clone(&self.place);
            let outcome = async {
                self.begun().await?;
                let raw = Raw::new(&statement)?;
                // It goes back to a savepoint of its own, so the transaction goes on.
                raw.run_within(self.session()?, &place, &mut *sink).await
            };
            let outcome = outcome.await;
            (sink, outcome)
        })
    }

    fn apply(&mut self, mut batch: WriteBatch) -> BoxFuture<'_, (WriteBatch, Result<Written>)> {
        Box::pin(async move {
            if self.read_only {
                let refused = Error::read_only(&batch);
                return (batch, Err(refused));
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
            // The engine takes this even where it refuses all else, and keeps the savepoint itself.
            self.failed = false;
            self.run(&format!("ROLLBACK TO SAVEPOINT orm_{number}; RELEASE SAVEPOINT orm_{number}")).await
        })
    }

    fn release(&mut self, number: u32) -> BoxFuture<'_, Result<()>> {
        Box::pin(async move { self.run(&format!("RELEASE SAVEPOINT orm_{number}")).await })
    }

    fn commit(mut self: Box<Self>) -> BoxFuture<'static, Result<()>> {
        Box::pin(async move { self.end().await })
    }

    fn rollback(mut self: Box<Self>) -> BoxFuture<'static, Result<()>> {
        Box::pin(async move {
            // Whether it began well no longer matters.
            (self.beginning, self.failed) = (None, false);
            let quietly = self.ends_quietly;
            let session = self.session()?;
            if quietly {
                session.ask("ROLLBACK").await?;
            } else {
                session.run("ROLLBACK").await?;
            }
            session.settled();
            Ok(())
        })
    }
}

/// Whether the engine may have given up the transaction: what the sink or the plan is at fault for,
/// it knows nothing of.
fn of_the_engine(error: &Error) -> bool {
    matches!(
        error,
        Error::Provider { .. }
            | Error::Serialization
            | Error::Deadlock(_)
            | Error::Timeout(_)
            | Error::Busy(_)
            | Error::ConnectionLost(_)
            | Error::TransactionClosed(_)
            | Error::StorageFull(_)
    )
}
