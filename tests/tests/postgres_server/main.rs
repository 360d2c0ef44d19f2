//! What only shows on a real server: who may connect, what is stored how, what is left of lost
//! connections and of futures that are dropped. Without a server, each test says that it is skipped.

mod bulk;
mod cancelled;
mod connecting;
mod keys;
mod lost;
mod schema;
mod statements;
mod texts;

use orm_tests::servers::PostgresServer;
use std::sync::OnceLock;

/// The server of all tests here; it ends with the process.
pub(crate) fn server() -> Option<&'static PostgresServer> {
    static SERVER: OnceLock<Result<PostgresServer, String>> = OnceLock::new();
    match SERVER.get_or_init(PostgresServer::find) {
        Ok(server) => Some(server),
        Err(why) => {
            eprintln!("skipped: this needs PostgreSQL, and there is {why}");
            None
        }
    }
}
