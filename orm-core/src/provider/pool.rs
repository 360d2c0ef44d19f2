//! Worker threads for calls that block.

use super::one_shot::{Receiver, one_shot};
use crate::error::{Error, Result};
use std::any::Any;
use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

type Job = Box<dyn FnOnce() + Send>;

/// Worker threads that start when they are first needed and end when the pool is dropped.
pub(super) struct Pool {
    shared: Arc<Shared>,
    name: String,
    most: usize,
}

#[derive(Default)]
struct Shared {
    queue: Mutex<Queue>,
    ready: Condvar,
}

#[derive(Default)]
struct Queue {
    jobs: VecDeque<Job>,
    threads: usize,
    idle: usize,
    closed: bool,
}

impl Shared {
    /// No foreign code runs under the lock, so a poisoned one has broken nothing.
    fn lock(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What a worker does until the pool is closed and its queue is empty.
    fn work(&self) {
        let mut queue = self.lock();
        loop {
            if let Some(job) = queue.jobs.pop_front() {
                drop(queue);
                // Jobs answer their own panics; this one is of an answer's destructor, and nobody
                // is left to be told.
                let _ = catch_unwind(AssertUnwindSafe(job));
                queue = self.lock();
            } else if queue.closed {
                return;
            } else {
                queue.idle += 1;
                queue = self.ready.wait(queue).unwrap_or_else(PoisonError::into_inner);
                queue.idle -= 1;
            }
        }
    }
}

impl Pool {
    /// A pool of at most `most` threads, of which there is at least one.
    pub(super) fn new(name: String, most: usize) -> Self {
        Self { shared: Arc::default(), name, most: most.max(1) }
    }

    /// Makes sure that a job which is handed in now is run.
    ///
    /// # Errors
    /// When the system gives no thread and there is none yet.
    pub(super) fn ready(&self) -> Result<()> {
        let mut queue = self.shared.lock();
        if queue.idle > queue.jobs.len() || queue.threads >= self.most {
            return Ok(());
        }
        let shared = Arc::clone(&self.shared);
        let started = std::thread::Builder::new().name(self.name.clone()).spawn(move || shared.work());
        match started {
            Ok(_) => queue.threads += 1,
            Err(error) if queue.threads == 0 => {
                return Err(Error::provider("starting a worker thread", error));
            }
            // The threads there are will come to it.
            Err(_) => {}
        }
        Ok(())
    }

    /// Hands in a job; call [`Pool::ready`] before. A job that nobody waits for any more when its
    /// turn comes is not begun.
    pub(super) fn run<T: Send + 'static>(&self, job: impl FnOnce() -> T + Send + 'static) -> Receiver<T> {
        let (sender, receiver) = one_shot();
        self.push(Box::new(move || {
            if !sender.is_unwanted() {
                // What nobody takes is dropped here, on the worker.
                let _ = sender.send(job());
            }
        }));
        receiver
    }

    /// Drops something on a worker, or here if there is none.
    pub(super) fn dispose<T: Send + 'static>(&self, of: T) {
        if self.ready().is_ok() {
            self.push(Box::new(move || drop(of)));
        }
    }

    fn push(&self, job: Job) {
        self.shared.lock().jobs.push_back(job);
        self.shared.ready.notify_one();
    }
}

impl Drop for Pool {
    /// The threads finish what is queued and end; nobody waits for them, since the last handle may
    /// be dropped on one of them.
    fn drop(&mut self) {
        self.shared.lock().closed = true;
        self.shared.ready.notify_all();
    }
}

/// Calls into an engine; a panic becomes an error.
pub(super) fn guarded<T>(call: impl FnOnce() -> Result<T>) -> Result<T> {
    // Whoever made the panic must keep its own state right: std's locks are poisoned by it.
    catch_unwind(AssertUnwindSafe(call)).unwrap_or_else(|panic| {
        let what = message(&*panic).to_owned();
        Err(Error::provider("the engine panicked", what))
    })
}

fn message(panic: &(dyn Any + Send)) -> &str {
    let text = panic.downcast_ref::<&str>().copied();
    text.or_else(|| panic.downcast_ref::<String>().map(String::as_str)).unwrap_or("without a message")
}
