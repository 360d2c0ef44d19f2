//! The conformance suite on PostgreSQL: the server that `ORM_TEST_POSTGRES_URL` names, or a throw-away
//! one. Without either it is skipped.

use orm_tests::servers::PostgresServer;
use orm_tests::{SUPPORT_MATRIX, Suite};
use std::process::ExitCode;
use std::sync::Arc;

fn main() -> ExitCode {
    let server = match PostgresServer::find() {
        Ok(server) => Arc::new(server),
        Err(why) => {
            println!("skipped: the conformance suite on PostgreSQL, because there is {why}");
            return ExitCode::SUCCESS;
        }
    };
    let of_each_case = Arc::clone(&server);
    Suite::asynchronous("postgres", move || of_each_case.scratch()).recorded_in(SUPPORT_MATRIX).run()
}
