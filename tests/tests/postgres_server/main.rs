//! What only shows on a real server: who may connect, what is stored how, what takes too long. Without a
//! server, each test says that it is skipped. (Faults that all servers have are in `server_faults`.)

#[path = "../on_servers/bulk.rs"]
mod bulk;
mod connecting;
#[path = "../growth/mod.rs"]
mod growth;
#[path = "../on_servers/keys.rs"]
mod keys;
mod many;
mod saved;
mod schema;
#[path = "../on_servers/texts.rs"]
mod texts;
mod timeouts;

use orm_tests::servers::{FaultyServer as _, PostgresServer};

/// The server of all tests here; it ends with the process.
pub(crate) fn server() -> Option<&'static PostgresServer> {
    PostgresServer::shared()
}
