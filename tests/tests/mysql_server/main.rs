//! What only shows on a real server: who may connect, what is stored how. Without a server, each test says
//! that it is skipped. (Faults that all servers have are in `server_faults`.)

#[path = "../growth/mod.rs"]
mod growth;

#[path = "../on_servers/bulk.rs"]
mod bulk;
mod connecting;
#[path = "../on_servers/keys.rs"]
mod keys;
mod large;
mod names;
mod net;
mod schema;
mod sql;
#[path = "../on_servers/texts.rs"]
mod texts;
mod timeouts;
mod unique;
mod values;

use orm_tests::servers::{FaultyServer as _, MysqlServer};

/// The server of all tests here; it ends with the process.
pub(crate) fn server() -> Option<&'static MysqlServer> {
    MysqlServer::shared()
}
