//! Data that is removed when nobody uses it any more, so that thousands of tables don't fill the disk.

use orm_core::Result;
use orm_core::connection::ConnectionName;
use orm_core::provider::{AsyncConnection, AsyncDataProvider, BoxFuture, Capabilities, ChangeHubs};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};

/// A provider whose data is removed when the last clone is dropped.
struct Scratch<P> {
    provider: P,
    prefix: String,
    removed: Sender<String>,
}

impl<P> Drop for Scratch<P> {
    fn drop(&mut self) {
        // Where nobody listens any more, the server ends anyway.
        let _ = self.removed.send(std::mem::take(&mut self.prefix));
    }
}

impl<P: AsyncDataProvider> AsyncDataProvider for Scratch<P> {
    fn capabilities(&self) -> &Capabilities {
        self.provider.capabilities()
    }

    fn open<'a>(&'a self, connection: &'a ConnectionName) -> BoxFuture<'a, Result<Arc<dyn AsyncConnection>>> {
        self.provider.open(connection)
    }

    fn open_blocking<'a>(
        &'a self,
        connection: &'a ConnectionName,
    ) -> BoxFuture<'a, Result<Arc<dyn AsyncConnection>>> {
        self.provider.open_blocking(connection)
    }

    fn may_block(&self) -> Result<()> {
        self.provider.may_block()
    }

    fn change_hubs(&self) -> Option<&ChangeHubs> {
        self.provider.change_hubs()
    }
}

/// The thread that removes data by its prefix.
#[derive(Debug, Default)]
pub(super) struct Remover(Mutex<Option<(Sender<String>, JoinHandle<()>)>>);

impl Remover {
    /// The provider, whose data has this prefix. `remove` removes what has the prefixes that come in.
    pub(super) fn watch(
        &self,
        provider: impl AsyncDataProvider,
        prefix: String,
        remove: impl FnOnce(&Receiver<String>) + Send + 'static,
    ) -> Arc<dyn AsyncDataProvider> {
        let mut remover = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (removed, _) = remover.get_or_insert_with(|| {
            let (sender, receiver) = channel();
            (sender, thread::spawn(move || remove(&receiver)))
        });
        Arc::new(Scratch { provider, prefix, removed: removed.clone() })
    }

    /// Waits until all is removed.
    pub(super) fn finish(&self) {
        let remover = self.0.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some((sender, thread)) = remover {
            drop(sender);
            let _ = thread.join();
        }
    }
}
