//! What only shows on a real server: who may connect, what is stored how, what is left of lost
//! connections and of futures that are dropped. Without a server, each test says that it is skipped.

#[path = "../growth/mod.rs"]
mod growth;

mod bulk;
mod cancelled;
mod connecting;
mod keys;
mod lost;
mod names;
mod net;
mod schema;
mod sql;
mod texts;
mod timeouts;
mod unique;
mod values;

use orm_tests::servers::MysqlServer;
use std::sync::OnceLock;

/// The server of all tests here; it ends with the process.
pub(crate) fn server() -> Option<&'static MysqlServer> {
    static SERVER: OnceLock<Result<MysqlServer, String>> = OnceLock::new();
    match SERVER.get_or_init(MysqlServer::find) {
        Ok(server) => Some(server),
        Err(why) => {
            eprintln!("skipped: this needs MariaDB, and there is {why}");
            None
        }
    }
}
