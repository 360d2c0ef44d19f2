//! How many statements reach the storage.

use super::{
    AsyncConnection, AsyncDataProvider, AsyncTransaction, BoxFuture, Capabilities, Connection, DataProvider,
    RowSink, SchemaSync, SyncReport, Transaction, TxOptions,
};
use crate::connection::ConnectionName;
use crate::error::Result;
use crate::events::ChangeHubs;
use crate::model::schema::EntitySchema;
use crate::plan::{Select, WriteBatch, Written};
use crate::value::KeyValues;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// A provider that counts the statements which reach it, for tests: one for each `select` and `find`,
/// one for each write of an `apply`, inside of transactions too; begin, commit and savepoints are not
/// counted.
///
/// It serves whichever of [`DataProvider`] and [`AsyncDataProvider`] the wrapped provider serves. A
/// clone is another handle to the same provider and the same counts: give one to the database and
/// keep one to ask.
#[derive(Debug)]
pub struct Counted<P> {
    provider: Arc<P>,
    tally: Arc<Tally>,
}

/// How many statements reached a storage.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Statements {
    /// Reads: calls of `select` and `find`.
    pub reads: u64,
    /// Writes: each write of each `apply`.
    pub writes: u64,
}

impl Statements {
    /// All together.
    #[must_use]
    pub fn total(self) -> u64 {
        self.reads + self.writes
    }
}

#[derive(Debug, Default)]
struct Tally {
    reads: AtomicU64,
    writes: AtomicU64,
    /// `None` unless a log is kept.
    log: Mutex<Option<Vec<String>>>,
}

impl Tally {
    fn log(&self) -> MutexGuard<'_, Option<Vec<String>>> {
        self.log.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn note(&self, what: &str, entity: &EntitySchema) {
        if let Some(log) = &mut *self.log() {
            log.push(format!("{what} {}", entity.name));
        }
    }

    fn read(&self, entity: &EntitySchema) {
        self.reads.fetch_add(1, Ordering::Relaxed);
        self.note("read", entity);
    }

    fn write(&self, batch: &WriteBatch) {
        self.writes.fetch_add(batch.writes.len() as u64, Ordering::Relaxed);
        for write in &batch.writes {
            self.note("write", write.entity);
        }
    }
}

impl<P> Counted<P> {
    /// Counts the statements that reach a provider.
    #[must_use]
    pub fn new(provider: P) -> Self {
        Self { provider: Arc::new(provider), tally: Arc::default() }
    }

    /// The same, keeping a log.
    #[must_use]
    pub fn with_log(self) -> Self {
        *self.tally.log() = Some(Vec::new());
        self
    }

    /// The provider.
    #[must_use]
    pub fn provider(&self) -> &P {
        &self.provider
    }

    /// How many statements there were since the last [`reset`](Self::reset).
    #[must_use]
    pub fn statements(&self) -> Statements {
        Statements {
            reads: self.tally.reads.load(Ordering::Relaxed),
            writes: self.tally.writes.load(Ordering::Relaxed),
        }
    }

    /// Which statements there were since the last [`reset`](Self::reset), in order: `read users`,
    /// `write posts`. Empty without [`with_log`](Self::with_log).
    #[must_use]
    pub fn log(&self) -> Vec<String> {
        self.tally.log().clone().unwrap_or_default()
    }

    /// Starts again from zero.
    pub fn reset(&self) {
        self.tally.reads.store(0, Ordering::Relaxed);
        self.tally.writes.store(0, Ordering::Relaxed);
        if let Some(log) = &mut *self.tally.log() {
            log.clear();
        }
    }
}

impl<P> Clone for Counted<P> {
    fn clone(&self) -> Self {
        Self { provider: Arc::clone(&self.provider), tally: Arc::clone(&self.tally) }
    }
}

/// A connection or a transaction whose statements are counted.
struct Counting<C> {
    inner: C,
    tally: Arc<Tally>,
}

impl<P: DataProvider> DataProvider for Counted<P> {
    fn capabilities(&self) -> &Capabilities {
        self.provider.capabilities()
    }

    fn open(&self, connection: &ConnectionName) -> Result<Arc<dyn Connection>> {
        let inner = self.provider.open(connection)?;
        let tally = Arc::clone(&self.tally);
        Ok(Arc::new(Counting { inner, tally }))
    }

    fn change_hubs(&self) -> Option<&ChangeHubs> {
        self.provider.change_hubs()
    }
}

impl Connection for Counting<Arc<dyn Connection>> {
    fn sync(&self, entities: &[&'static EntitySchema], how: SchemaSync) -> Result<SyncReport> {
        self.inner.sync(entities, how)
    }

    fn select(&self, plan: &Arc<Select>, sink: &mut dyn RowSink) -> Result<()> {
        self.tally.read(plan.entity);
        self.inner.select(plan, sink)
    }

    fn find(&self, entity: &'static EntitySchema, key: &KeyValues, sink: &mut dyn RowSink) -> Result<()> {
        self.tally.read(entity);
        self.inner.find(entity, key, sink)
    }

    fn apply(&self, batch: &mut WriteBatch) -> Result<Written> {
        self.tally.write(batch);
        self.inner.apply(batch)
    }

    fn begin(&self, options: &TxOptions) -> Result<Box<dyn Transaction>> {
        let inner = self.inner.begin(options)?;
        let tally = Arc::clone(&self.tally);
        Ok(Box::new(Counting { inner, tally }))
    }
}

impl Transaction for Counting<Box<dyn Transaction>> {
    fn select(&mut self, plan: &Arc<Select>, sink: &mut dyn RowSink) -> Result<()> {
        self.tally.read(plan.entity);
        self.inner.select(plan, sink)
    }

    fn find(&mut self, entity: &'static EntitySchema, key: &KeyValues, sink: &mut dyn RowSink) -> Result<()> {
        self.tally.read(entity);
        self.inner.find(entity, key, sink)
    }

    fn apply(&mut self, batch: &mut WriteBatch) -> Result<Written> {
        self.tally.write(batch);
        self.inner.apply(batch)
    }

    fn savepoint(&mut self, number: u32) -> Result<()> {
        self.inner.savepoint(number)
    }

    fn rollback_to(&mut self, number: u32) -> Result<()> {
        self.inner.rollback_to(number)
    }

    fn release(&mut self, number: u32) -> Result<()> {
        self.inner.release(number)
    }

    fn commit(self: Box<Self>) -> Result<()> {
        self.inner.commit()
    }

    fn rollback(self: Box<Self>) -> Result<()> {
        self.inner.rollback()
    }
}

impl<P: AsyncDataProvider> AsyncDataProvider for Counted<P> {
    fn capabilities(&self) -> &Capabilities {
        self.provider.capabilities()
    }

    fn open<'a>(&'a self, connection: &'a ConnectionName) -> BoxFuture<'a, Result<Arc<dyn AsyncConnection>>> {
        Box::pin(async move {
            let inner = self.provider.open(connection).await?;
            let tally = Arc::clone(&self.tally);
            Ok(Arc::new(Counting { inner, tally }) as Arc<dyn AsyncConnection>)
        })
    }

    fn may_block(&self) -> Result<()> {
        self.provider.may_block()
    }

    fn change_hubs(&self) -> Option<&ChangeHubs> {
        self.provider.change_hubs()
    }
}

impl AsyncConnection for Counting<Arc<dyn AsyncConnection>> {
    fn sync(
        &self,
        entities: Vec<&'static EntitySchema>,
        how: SchemaSync,
    ) -> BoxFuture<'_, Result<SyncReport>> {
        self.inner.sync(entities, how)
    }

    fn select(
        &self,
        plan: Arc<Select>,
        sink: Box<dyn RowSink>,
    ) -> BoxFuture<'_, (Box<dyn RowSink>, Result<()>)> {
        self.tally.read(plan.entity);
        self.inner.select(plan, sink)
    }

    fn find(
        &self,
        entity: &'static EntitySchema,
        key: KeyValues,
        sink: Box<dyn RowSink>,
    ) -> BoxFuture<'_, (Box<dyn RowSink>, Result<()>)> {
        self.tally.read(entity);
        self.inner.find(entity, key, sink)
    }

    fn apply(&self, batch: WriteBatch) -> BoxFuture<'_, (WriteBatch, Result<Written>)> {
        self.tally.write(&batch);
        self.inner.apply(batch)
    }

    fn begin(&self, options: TxOptions) -> BoxFuture<'_, Result<Box<dyn AsyncTransaction>>> {
        Box::pin(async move {
            let inner = self.inner.begin(options).await?;
            let tally = Arc::clone(&self.tally);
            Ok(Box::new(Counting { inner, tally }) as Box<dyn AsyncTransaction>)
        })
    }
}

impl AsyncTransaction for Counting<Box<dyn AsyncTransaction>> {
    fn select(
        &mut self,
        plan: Arc<Select>,
        sink: Box<dyn RowSink>,
    ) -> BoxFuture<'_, (Box<dyn RowSink>, Result<()>)> {
        self.tally.read(plan.entity);
        self.inner.select(plan, sink)
    }

    fn find(
        &mut self,
        entity: &'static EntitySchema,
        key: KeyValues,
        sink: Box<dyn RowSink>,
    ) -> BoxFuture<'_, (Box<dyn RowSink>, Result<()>)> {
        self.tally.read(entity);
        self.inner.find(entity, key, sink)
    }

    fn apply(&mut self, batch: WriteBatch) -> BoxFuture<'_, (WriteBatch, Result<Written>)> {
        self.tally.write(&batch);
        self.inner.apply(batch)
    }

    fn savepoint(&mut self, number: u32) -> BoxFuture<'_, Result<()>> {
        self.inner.savepoint(number)
    }

    fn rollback_to(&mut self, number: u32) -> BoxFuture<'_, Result<()>> {
        self.inner.rollback_to(number)
    }

    fn release(&mut self, number: u32) -> BoxFuture<'_, Result<()>> {
        self.inner.release(number)
    }

    fn commit(self: Box<Self>) -> BoxFuture<'static, Result<()>> {
        self.inner.commit()
    }

    fn rollback(self: Box<Self>) -> BoxFuture<'static, Result<()>> {
        self.inner.rollback()
    }
}
