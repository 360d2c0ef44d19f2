//! The threads on which a driver runs, whatever runs the application.

use orm_core::{Error, Result};
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};
use tokio::runtime::{Builder, Handle, Id, Runtime};
use tokio::task::{JoinError, JoinHandle};

/// A provider's own runtime: sockets are read and written here where the application has no runtime that
/// could, so that calls may be awaited on any executor, or waited for by any thread.
pub struct Driver {
    runtime: Option<Runtime>,
    handle: Handle,
}

impl Driver {
    /// Starts so many threads for the driver of an engine, under this name.
    ///
    /// # Errors
    /// [`Error::Provider`] when the machine refuses them.
    pub fn start(engine: &str, name: &str, threads: usize) -> Result<Self> {
        let runtime = Builder::new_multi_thread()
            .worker_threads(threads.max(1))
            .thread_name(name)
            .enable_io()
            .enable_time()
            .build()
            .map_err(|e| Error::provider(format!("starting the threads of the {engine} driver"), e))?;
        Ok(Self { handle: runtime.handle().clone(), runtime: Some(runtime) })
    }

    /// Runs something on the driver's threads. It goes on if nobody waits for it any more.
    pub fn spawn<F>(&self, future: F) -> JoinHandle<F::Output>
    where
        F: Future<Output: Send> + Send + 'static,
    {
        self.handle.spawn(future)
    }

    /// Whether this thread is one of the driver's own, which must not wait for the others.
    #[must_use]
    pub fn is_here(&self) -> bool {
        Handle::try_current().is_ok_and(|handle| self.is(handle.id()))
    }

    /// Whether this is the driver's runtime.
    pub(crate) fn is(&self, runtime: Id) -> bool {
        self.handle.id() == runtime
    }
}

impl Drop for Driver {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            // Waiting for the threads is forbidden in async code, and there is nothing to wait for.
            runtime.shutdown_background();
        }
    }
}

impl fmt::Debug for Driver {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Driver")
    }
}

/// A task that ends when nobody waits for it.
#[derive(Debug)]
pub struct AbortOnDrop<T>(pub JoinHandle<T>);

impl<T> Future for AbortOnDrop<T> {
    type Output = Result<T, JoinError>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        Pin::new(&mut self.0).poll(context)
    }
}

impl<T> Drop for AbortOnDrop<T> {
    fn drop(&mut self) {
        self.0.abort();
    }
}
