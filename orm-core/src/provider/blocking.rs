//! An async engine in blocking code: the thread waits for its futures.

use super::fallback::{Record, width};
use super::{
    AsyncConnection, AsyncDataProvider, AsyncTransaction, Capabilities, Connection, DataProvider, Flow, Row,
    RowSink, SchemaSync, SyncReport, Transaction, TxOptions,
};
use crate::connection::ConnectionName;
use crate::error::Result;
use crate::model::schema::EntitySchema;
use crate::plan::{Select, WriteBatch, Written};
use crate::value::KeyValues;
use std::future::Future;
use std::pin::pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Wake, Waker};
use std::thread::Thread;

/// An [`AsyncDataProvider`] as a [`DataProvider`]: calls wait for its futures.
///
/// Before each wait it asks [`AsyncDataProvider::may_block`], so that a call from inside of the runtime
/// that drives the provider is an error instead of a dead-lock.
pub struct Waiting(Arc<dyn AsyncDataProvider>);

impl Waiting {
    /// Wraps a provider.
    #[must_use]
    pub fn new(provider: Arc<dyn AsyncDataProvider>) -> Self {
        Self(provider)
    }
}

impl DataProvider for Waiting {
    fn capabilities(&self) -> &Capabilities {
        self.0.capabilities()
    }

    fn open(&self, connection: &ConnectionName) -> Result<Arc<dyn Connection>> {
        self.0.may_block()?;
        let inner = wait(self.0.open(connection))?;
        let provider = Arc::clone(&self.0);
        Ok(Arc::new(WaitingConnection { inner, provider }))
    }
}

struct WaitingConnection {
    inner: Arc<dyn AsyncConnection>,
    provider: Arc<dyn AsyncDataProvider>,
}

impl Connection for WaitingConnection {
    fn sync(&self, entities: &[&'static EntitySchema], how: SchemaSync) -> Result<SyncReport> {
        self.provider.may_block()?;
        wait(self.inner.sync(entities.to_vec(), how))
    }

    fn select(&self, plan: &Arc<Select>, sink: &mut dyn RowSink) -> Result<()> {
        self.provider.may_block()?;
        relayed(width(plan), sink, |relay| self.inner.select(Arc::clone(plan), relay))
    }

    fn find(&self, entity: &'static EntitySchema, key: &KeyValues, sink: &mut dyn RowSink) -> Result<()> {
        self.provider.may_block()?;
        relayed(entity.fields.len(), sink, |relay| self.inner.find(entity, key.clone(), relay))
    }

    fn apply(&self, batch: &mut WriteBatch) -> Result<Written> {
        self.provider.may_block()?;
        let (back, result) = wait(self.inner.apply(std::mem::take(batch)));
        *batch = back;
        result
    }

    fn begin(&self, options: &TxOptions) -> Result<Box<dyn Transaction>> {
        self.provider.may_block()?;
        let inner = wait(self.inner.begin(*options))?;
        let provider = Arc::clone(&self.provider);
        Ok(Box::new(WaitingTransaction { inner, provider }))
    }
}

struct WaitingTransaction {
    inner: Box<dyn AsyncTransaction>,
    provider: Arc<dyn AsyncDataProvider>,
}

impl Transaction for WaitingTransaction {
    fn select(&mut self, plan: &Arc<Select>, sink: &mut dyn RowSink) -> Result<()> {
        self.provider.may_block()?;
        relayed(width(plan), sink, |relay| self.inner.select(Arc::clone(plan), relay))
    }

    fn find(&mut self, entity: &'static EntitySchema, key: &KeyValues, sink: &mut dyn RowSink) -> Result<()> {
        self.provider.may_block()?;
        relayed(entity.fields.len(), sink, |relay| self.inner.find(entity, key.clone(), relay))
    }

    fn apply(&mut self, batch: &mut WriteBatch) -> Result<Written> {
        self.provider.may_block()?;
        let (back, result) = wait(self.inner.apply(std::mem::take(batch)));
        *batch = back;
        result
    }

    fn savepoint(&mut self, number: u32) -> Result<()> {
        self.provider.may_block()?;
        wait(self.inner.savepoint(number))
    }

    fn rollback_to(&mut self, number: u32) -> Result<()> {
        self.provider.may_block()?;
        wait(self.inner.rollback_to(number))
    }

    fn release(&mut self, number: u32) -> Result<()> {
        self.provider.may_block()?;
        wait(self.inner.release(number))
    }

    fn commit(self: Box<Self>) -> Result<()> {
        self.provider.may_block()?;
        wait(self.inner.commit())
    }

    fn rollback(self: Box<Self>) -> Result<()> {
        self.provider.may_block()?;
        wait(self.inner.rollback())
    }
}

/// Waits for a future on this thread.
pub(super) fn wait<T>(future: impl Future<Output = T>) -> T {
    wait_between(future, || {})
}

/// Waits for a future on this thread and does something after each poll.
fn wait_between<T>(future: impl Future<Output = T>, mut between: impl FnMut()) -> T {
    struct Unpark(Thread);
    impl Wake for Unpark {
        fn wake(self: Arc<Self>) {
            self.0.unpark();
        }
    }
    let waker = Waker::from(Arc::new(Unpark(std::thread::current())));
    let mut context = Context::from_waker(&waker);
    let mut future = pin!(future);
    loop {
        let polled = future.as_mut().poll(&mut context);
        between();
        match polled {
            Poll::Ready(answer) => return answer,
            // A wake since the poll is remembered, so it isn't slept through.
            Poll::Pending => std::thread::park(),
        }
    }
}

/// Runs a call with a sink that stands for a borrowed one, which an async call can't take along.
fn relayed<'f>(
    width: usize,
    sink: &mut dyn RowSink,
    call: impl FnOnce(Box<dyn RowSink>) -> super::BoxFuture<'f, (Box<dyn RowSink>, Result<()>)>,
) -> Result<()> {
    let passed = Arc::new(Mutex::new(Passed::default()));
    let relay = Relay { width, passed: Arc::clone(&passed) };
    let mut outcome = Ok(Flow::More);
    let (_, result) = wait_between(call(Box::new(relay)), || {
        let rows = std::mem::take(&mut lock(&passed).rows);
        for row in rows {
            if matches!(outcome, Ok(Flow::More)) {
                outcome = sink.row(&row);
            }
        }
        lock(&passed).enough = !matches!(outcome, Ok(Flow::More));
    });
    // What the sink said comes first: it is why the engine stopped.
    outcome.map(drop).and(result)
}

/// Rows on their way to a borrowed sink.
#[derive(Default)]
struct Passed {
    rows: Vec<Record>,
    enough: bool,
}

/// No foreign code runs under the lock, so a poisoned one has broken nothing.
fn lock(passed: &Mutex<Passed>) -> MutexGuard<'_, Passed> {
    passed.lock().unwrap_or_else(PoisonError::into_inner)
}

struct Relay {
    width: usize,
    passed: Arc<Mutex<Passed>>,
}

impl RowSink for Relay {
    fn row(&mut self, row: &dyn Row) -> Result<Flow> {
        let record = Record::copy(row, self.width);
        let mut passed = lock(&self.passed);
        if passed.enough {
            return Ok(Flow::Stop);
        }
        passed.rows.push(record);
        Ok(Flow::More)
    }
}
