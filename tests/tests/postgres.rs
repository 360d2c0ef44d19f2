//! The conformance suite on PostgreSQL: the server that `ORM_TEST_POSTGRES_URL` names, or a throw-away
//! one. Without either it is skipped.

use orm_tests::servers::PostgresServer;
use orm_tests::{SUPPORT_MATRIX, Suite};
use std::process::ExitCode;
use std::sync::Arc;
use tokio::runtime::Builder;

fn main() -> ExitCode {
    let server = match PostgresServer::find() {
        Ok(server) => Arc::new(server),
        Err(why) => {
            println!("skipped: the conformance suite on PostgreSQL, because there is {why}");
            return ExitCode::SUCCESS;
        }
    };
    // As most applications do, it has a runtime, in which connections then live; futures are polled
    // elsewhere, and blocking code doesn't care.
    let runtime = match Builder::new_multi_thread().worker_threads(2).enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            eprintln!("error: no runtime: {error}");
            return ExitCode::FAILURE;
        }
    };
    let handle = runtime.handle().clone();
    let of_each_case = Arc::clone(&server);
    Suite::asynchronous("postgres", move || of_each_case.scratch())
        .recorded_in(SUPPORT_MATRIX)
        .within(move |case| {
            let _inside = handle.enter();
            case();
        })
        .run()
}
