//! A blocking engine in async code: its calls run on worker threads.

use super::pool::{Pool, guarded};
use super::{
    AsyncConnection, AsyncTransaction, BoxFuture, Connection, Flow, Patient, Row, RowSink, SchemaSync,
    SqlSink, SqlStatement, SyncReport, Transaction, TxOptions, Wanted,
};
use crate::error::{Error, Result};
use crate::model::schema::EntitySchema;
use crate::plan::{Select, WriteBatch, Written};
use crate::value::KeyValues;
use std::sync::Arc;

/// A blocking connection as an [`AsyncConnection`]: its calls run on worker threads of its own.
///
/// The threads start when they are first needed and end when the adapter and its transactions are
/// dropped. Of a future that is dropped, the call is finished or was never begun; a transaction whose
/// call is dropped is rolled back, on a worker, and answers [`Error::TransactionClosed`] from then on.
/// A panic in the engine is answered as an error; it ends a transaction.
pub struct Threads {
    connection: Arc<dyn Connection>,
    pool: Arc<Pool>,
}

impl Threads {
    /// Runs the calls on up to `threads` threads of this name, and at least one:
    /// see [`Capabilities::threads`](super::Capabilities::threads).
    #[must_use]
    pub fn new(connection: Arc<dyn Connection>, name: &str, threads: usize) -> Self {
        Self { connection, pool: Arc::new(Pool::new(name.to_owned(), threads)) }
    }

    /// Runs a call that takes nothing along.
    async fn call<T: Send + 'static>(
        &self,
        call: impl FnOnce(&dyn Connection) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        let connection = Arc::clone(&self.connection);
        self.pool.ready()?;
        let answer = self.pool.run(move || guarded(|| call(&*connection)));
        answer.await.unwrap_or_else(|| Err(lost()))
    }

    /// Runs a call that takes something along and brings it back.
    async fn carry<C: Carried, T: Send + 'static>(
        &self,
        mut carried: C,
        call: impl FnOnce(&dyn Connection, &mut C) -> Result<T> + Send + 'static,
    ) -> (C, Result<T>) {
        let connection = Arc::clone(&self.connection);
        if let Err(error) = self.pool.ready() {
            return (carried, Err(error));
        }
        let answer = self.pool.run(move || {
            let result = guarded(|| call(&*connection, &mut carried));
            (carried, result)
        });
        answer.await.unwrap_or_else(|| (C::lost(), Err(lost())))
    }
}

/// What goes to a worker and comes back.
trait Carried: Send + 'static {
    /// What comes back should a worker be lost, which the pool rules out.
    fn lost() -> Self;
}

struct Lost;

impl RowSink for Lost {
    fn row(&mut self, _: &dyn Row) -> Result<Flow> {
        Err(lost())
    }
}

impl SqlSink for Lost {
    fn columns(&mut self, _: &[&str]) -> Result<Vec<Wanted>> {
        Err(lost())
    }
}

impl Carried for Box<dyn RowSink> {
    fn lost() -> Self {
        Box::new(Lost)
    }
}

impl Carried for Patient {
    fn lost() -> Self {
        Patient(Box::new(Lost))
    }
}

impl Carried for WriteBatch {
    fn lost() -> Self {
        WriteBatch::default()
    }
}

fn lost() -> Error {
    Error::provider("a worker thread", "it ended without an answer")
}

impl AsyncConnection for Threads {
    fn sync(
        &self,
        entities: Vec<&'static EntitySchema>,
        how: SchemaSync,
    ) -> BoxFuture<'_, Result<SyncReport>> {
        Box::pin(self.call(move |connection| connection.sync(&entities, how)))
    }

    fn select(
        &self,
        plan: Arc<Select>,
        sink: Box<dyn RowSink>,
    ) -> BoxFuture<'_, (Box<dyn RowSink>, Result<()>)> {
        Box::pin(self.carry(sink, move |connection, sink| connection.select(&plan, &mut **sink)))
    }

    fn find(
        &self,
        entity: &'static EntitySchema,
        key: KeyValues,
        sink: Box<dyn RowSink>,
    ) -> BoxFuture<'_, (Box<dyn RowSink>, Result<()>)> {
        Box::pin(self.carry(sink, move |connection, sink| connection.find(entity, &key, &mut **sink)))
    }

    fn explain(&self, plan: Arc<Select>) -> BoxFuture<'_, Result<Vec<String>>> {
        Box::pin(self.call(move |connection| connection.explain(&plan)))
    }

    fn sql(
        &self,
        statement: Arc<SqlStatement>,
        sink: Box<dyn SqlSink>,
    ) -> BoxFuture<'_, (Box<dyn SqlSink>, Result<u64>)> {
        Box::pin(async move {
            let call =
                move |connection: &dyn Connection, sink: &mut Patient| connection.sql(&statement, sink);
            let (sink, outcome) = self.carry(Patient(sink), call).await;
            (sink.0, outcome)
        })
    }

    fn table(&self, entity: &'static EntitySchema) -> Option<String> {
        self.connection.table(entity)
    }

    fn apply(&self, batch: WriteBatch) -> BoxFuture<'_, (WriteBatch, Result<Written>)> {
        Box::pin(self.carry(batch, |connection, batch| connection.apply(batch)))
    }

    fn begin(&self, options: TxOptions) -> BoxFuture<'_, Result<Box<dyn AsyncTransaction>>> {
        Box::pin(async move {
            let pool = Arc::clone(&self.pool);
            let lodged = self
                .call(move |connection| {
                    let inner = Some(connection.begin(&options)?);
                    Ok(Lodged { inner, pool })
                })
                .await?;
            let open = Some(lodged);
            Ok(Box::new(ThreadsTransaction { open }) as Box<dyn AsyncTransaction>)
        })
    }
}

/// A transaction that is only ever dropped on a worker: rolling back blocks.
struct Lodged {
    inner: Option<Box<dyn Transaction>>,
    pool: Arc<Pool>,
}

impl Drop for Lodged {
    fn drop(&mut self) {
        if let Some(inner) = self.inner.take() {
            self.pool.dispose(inner);
        }
    }
}

struct ThreadsTransaction {
    /// `None` while a call is under way, and for good when its future was dropped.
    open: Option<Lodged>,
}

const CLOSED: Error =
    Error::TransactionClosed("an earlier call of it was dropped before it was answered, or ended in a panic");

impl ThreadsTransaction {
    /// Runs a call that takes the transaction and something else along and brings both back.
    async fn carry<C: Carried, T: Send + 'static>(
        &mut self,
        mut carried: C,
        call: impl FnOnce(&mut dyn Transaction, &mut C) -> Result<T> + Send + 'static,
    ) -> (C, Result<T>) {
        let Some(mut lodged) = self.open.take() else {
            return (carried, Err(CLOSED));
        };
        let pool = Arc::clone(&lodged.pool);
        if let Err(error) = pool.ready() {
            self.open = Some(lodged);
            return (carried, Err(error));
        }
        let answer = pool.run(move || {
            let Some(mut inner) = lodged.inner.take() else {
                return (None, carried, Err(CLOSED));
            };
            let mut returned = false;
            let result = guarded(|| {
                let result = call(&mut *inner, &mut carried);
                returned = true;
                result
            });
            // Nobody knows what a panic left half-done.
            if returned {
                lodged.inner = Some(inner);
                (Some(lodged), carried, result)
            } else {
                let dropped = guarded(move || {
                    drop(inner);
                    Ok(())
                });
                (None, carried, dropped.and(result))
            }
        });
        match answer.await {
            Some((open, carried, result)) => {
                self.open = open;
                (carried, result)
            }
            None => (C::lost(), Err(lost())),
        }
    }

    async fn call(
        &mut self,
        call: impl FnOnce(&mut dyn Transaction) -> Result<()> + Send + 'static,
    ) -> Result<()> {
        let nothing = WriteBatch::default();
        let (_, result) = self.carry(nothing, move |transaction, _| call(transaction)).await;
        result
    }

    /// Runs a call that ends the transaction.
    async fn end(
        mut self: Box<Self>,
        call: impl FnOnce(Box<dyn Transaction>) -> Result<()> + Send + 'static,
    ) -> Result<()> {
        let mut lodged = self.open.take().ok_or(CLOSED)?;
        let pool = Arc::clone(&lodged.pool);
        pool.ready()?;
        let answer = pool.run(move || match lodged.inner.take() {
            Some(inner) => call(inner),
            None => Err(CLOSED),
        });
        answer.await.unwrap_or_else(|| Err(lost()))
    }
}

impl AsyncTransaction for ThreadsTransaction {
    fn select(
        &mut self,
        plan: Arc<Select>,
        sink: Box<dyn RowSink>,
    ) -> BoxFuture<'_, (Box<dyn RowSink>, Result<()>)> {
        Box::pin(self.carry(sink, move |transaction, sink| transaction.select(&plan, &mut **sink)))
    }

    fn find(
        &mut self,
        entity: &'static EntitySchema,
        key: KeyValues,
        sink: Box<dyn RowSink>,
    ) -> BoxFuture<'_, (Box<dyn RowSink>, Result<()>)> {
        Box::pin(self.carry(sink, move |transaction, sink| transaction.find(entity, &key, &mut **sink)))
    }

    fn sql(
        &mut self,
        statement: Arc<SqlStatement>,
        sink: Box<dyn SqlSink>,
    ) -> BoxFuture<'_, (Box<dyn SqlSink>, Result<u64>)> {
        Box::pin(async move {
            let call = move |tx: &mut dyn Transaction, sink: &mut Patient| tx.sql(&statement, sink);
            let (sink, outcome) = self.carry(Patient(sink), call).await;
            (sink.0, outcome)
        })
    }

    fn apply(&mut self, batch: WriteBatch) -> BoxFuture<'_, (WriteBatch, Result<Written>)> {
        Box::pin(self.carry(batch, |transaction, batch| transaction.apply(batch)))
    }

    fn savepoint(&mut self, number: u32) -> BoxFuture<'_, Result<()>> {
        Box::pin(self.call(move |transaction| transaction.savepoint(number)))
    }

    fn rollback_to(&mut self, number: u32) -> BoxFuture<'_, Result<()>> {
        Box::pin(self.call(move |transaction| transaction.rollback_to(number)))
    }

    fn release(&mut self, number: u32) -> BoxFuture<'_, Result<()>> {
        Box::pin(self.call(move |transaction| transaction.release(number)))
    }

    fn commit(self: Box<Self>) -> BoxFuture<'static, Result<()>> {
        Box::pin(self.end(|transaction| {
            let mut returned = false;
            let result = guarded(|| {
                let result = transaction.commit();
                returned = true;
                result
            });
            match result {
                Err(panic) if !returned => Err(Error::CommitUnknown(panic.to_string())),
                result => result,
            }
        }))
    }

    fn rollback(self: Box<Self>) -> BoxFuture<'static, Result<()>> {
        Box::pin(self.end(|transaction| guarded(|| transaction.rollback())))
    }
}
