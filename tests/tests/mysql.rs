//! The conformance suite on MariaDB: the server that `ORM_TEST_MYSQL_URL` names, or a throw-away
//! one. Without either it is skipped.

use orm_tests::servers::MysqlServer;
use orm_tests::{SUPPORT_MATRIX, Suite};
use std::process::ExitCode;
use std::sync::Arc;

fn main() -> ExitCode {
    let server = match MysqlServer::find() {
        Ok(server) => Arc::new(server),
        Err(why) => {
            println!("skipped: the conformance suite on MariaDB, because there is {why}");
            return ExitCode::SUCCESS;
        }
    };
    let of_each_case = Arc::clone(&server);
    Suite::asynchronous("mariadb", move || of_each_case.scratch()).recorded_in(SUPPORT_MATRIX).run()
}
