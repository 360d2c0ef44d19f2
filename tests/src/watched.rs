//! An engine that is watched from outside.

use orm_core::Result;
use orm_core::model::schema::EntitySchema;
use orm_core::plan::{Select, WriteBatch, Written};
use orm_core::provider::*;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::sync::{Arc, Condvar, Mutex};

/// An engine that can be held up, that panics at a limit of 13, and that tells what happens in it.
pub struct Watched {
    /// The engine.
    pub inner: Arc<dyn Connection>,
    /// What is known of it.
    pub watch: Arc<Watch>,
}

/// What is known of a [`Watched`] engine.
#[derive(Default)]
pub struct Watch {
    held: Mutex<bool>,
    released: Condvar,
    /// Calls that have begun.
    pub begun: AtomicUsize,
    /// Transactions that are neither ended nor dropped.
    pub open_transactions: AtomicUsize,
    /// The names of the threads on which transactions were dropped.
    pub dropped_on: Mutex<Vec<String>>,
}

impl Watch {
    /// Holds up all calls, or lets them go on.
    ///
    /// # Panics
    /// When a call panicked while it was held up.
    pub fn hold(&self, held: bool) {
        *self.held.lock().unwrap() = held;
        self.released.notify_all();
    }
    fn pass(&self) {
        self.begun.fetch_add(1, SeqCst);
        let held = self.held.lock().unwrap();
        drop(self.released.wait_while(held, |held| *held).unwrap());
    }
}

impl Connection for Watched {
    fn sync(&self, entities: &[&'static EntitySchema], how: SchemaSync) -> Result<SyncReport> {
        self.watch.pass();
        self.inner.sync(entities, how)
    }
    fn select(&self, plan: &Arc<Select>, sink: &mut dyn RowSink) -> Result<()> {
        self.watch.pass();
        assert!(plan.limit != Some(13), "thirteen");
        self.inner.select(plan, sink)
    }
    fn apply(&self, batch: &mut WriteBatch) -> Result<Written> {
        self.watch.pass();
        self.inner.apply(batch)
    }
    fn begin(&self, options: &TxOptions) -> Result<Box<dyn Transaction>> {
        self.watch.pass();
        self.watch.open_transactions.fetch_add(1, SeqCst);
        Ok(Box::new(WatchedTransaction {
            inner: Some(self.inner.begin(options)?),
            watch: Arc::clone(&self.watch),
        }))
    }
}

struct WatchedTransaction {
    inner: Option<Box<dyn Transaction>>,
    /// What is known of it.
    pub watch: Arc<Watch>,
}

impl WatchedTransaction {
    fn inner(&mut self) -> &mut Box<dyn Transaction> {
        self.watch.pass();
        self.inner.as_mut().unwrap()
    }
}

impl Transaction for WatchedTransaction {
    fn select(&mut self, plan: &Arc<Select>, sink: &mut dyn RowSink) -> Result<()> {
        assert!(plan.limit != Some(13), "thirteen");
        self.inner().select(plan, sink)
    }
    fn apply(&mut self, batch: &mut WriteBatch) -> Result<Written> {
        self.inner().apply(batch)
    }
    fn savepoint(&mut self, number: u32) -> Result<()> {
        self.inner().savepoint(number)
    }
    fn rollback_to(&mut self, number: u32) -> Result<()> {
        self.inner().rollback_to(number)
    }
    fn release(&mut self, number: u32) -> Result<()> {
        self.inner().release(number)
    }
    fn commit(mut self: Box<Self>) -> Result<()> {
        self.inner();
        self.inner.take().unwrap().commit()
    }
    fn rollback(mut self: Box<Self>) -> Result<()> {
        self.inner();
        self.inner.take().unwrap().rollback()
    }
}

impl Drop for WatchedTransaction {
    fn drop(&mut self) {
        let name = std::thread::current().name().unwrap_or("").to_owned();
        self.watch.dropped_on.lock().unwrap().push(name);
        self.watch.open_transactions.fetch_sub(1, SeqCst);
    }
}
