//! Storage in memory for `orm-core`: columns, bitmaps and indexes.
//!
//! ```
//! use orm_core::connection::ConnectionName;
//! use orm_core::provider::DataProvider;
//! use orm_provider_memory::Memory;
//!
//! let memory = Memory::new();
//! let connection = memory.open(&ConnectionName::new("entities")?)?;
//! assert!(memory.capabilities().transactions);
//! # drop(connection);
//! # Ok::<(), orm_core::Error>(())
//! ```
//!
//! Each entity is kept column by column in chunks, with indexes on its key, on foreign keys and on
//! what the model asks for. Reads work on snapshots, so that no read waits for a write for longer
//! than the write takes, and no write for a read; transactions are optimistic and answer
//! [`Error::Serialization`](orm_core::Error::Serialization) when another one wrote the same record
//! first.

mod connection;
mod hash;
mod history;
mod namespace;
mod read;
mod reads;
mod store;
mod transaction;
mod write;

use connection::{MemoryConnection, Shared};
use orm_core::Result;
use orm_core::connection::ConnectionName;
use orm_core::provider::{Capabilities, ChangeHubs, Connection, DataProvider};
use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

/// A storage in memory. Clones are handles to the same data, which lives as long as one of them or
/// an open connection does.
#[derive(Clone, Default)]
pub struct Memory {
    connections: Arc<Mutex<BTreeMap<ConnectionName, Arc<Shared>>>>,
    hubs: Arc<ChangeHubs>,
}

static CAPABILITIES: Capabilities = Capabilities::full("memory").embedded();

impl Memory {
    /// An empty storage.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }
}

impl DataProvider for Memory {
    fn capabilities(&self) -> &Capabilities {
        &CAPABILITIES
    }

    fn open(&self, connection: &ConnectionName) -> Result<Arc<dyn Connection>> {
        let mut connections = self.connections.lock().unwrap_or_else(PoisonError::into_inner);
        let shared = connections
            .entry(connection.clone())
            .or_insert_with(|| Arc::new(Shared::new(connection.clone())));
        Ok(Arc::new(MemoryConnection::new(Arc::clone(shared))))
    }

    fn change_hubs(&self) -> Option<&ChangeHubs> {
        Some(&self.hubs)
    }
}

impl fmt::Debug for Memory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let connections = self.connections.lock().unwrap_or_else(PoisonError::into_inner);
        f.debug_struct("Memory").field("connections", &connections.keys().collect::<Vec<_>>()).finish()
    }
}
