//! The threads on which the driver runs, whatever runs the application.

use orm_core::{Error, Result};
use std::fmt;
use std::future::Future;
use tokio::runtime::{Builder, Handle, Runtime};
use tokio::task::JoinHandle;

/// The provider's own runtime: sockets are read and written here, so that calls may be awaited on any
/// executor, or waited for by any thread.
pub(crate) struct Driver {
    runtime: Option<Runtime>,
    handle: Handle,
}

impl Driver {
    pub(crate) fn start(threads: usize) -> Result<Self> {
        let runtime = Builder::new_multi_thread()
            .worker_threads(threads.max(1))
            .thread_name("orm-postgres")
            .enable_io()
            .enable_time()
            .build()
            .map_err(|e| Error::provider("starting the threads of the PostgreSQL driver", e))?;
        Ok(Self { handle: runtime.handle().clone(), runtime: Some(runtime) })
    }

    /// Runs something on the driver's threads. It goes on if nobody waits for it any more.
    pub(crate) fn spawn<F>(&self, future: F) -> JoinHandle<F::Output>
    where
        F: Future<Output: Send> + Send + 'static,
    {
        self.handle.spawn(future)
    }

    /// Whether this thread is one of the driver's own, which must not wait for the others.
    pub(crate) fn is_here(&self) -> bool {
        Handle::try_current().is_ok_and(|handle| handle.id() == self.handle.id())
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
