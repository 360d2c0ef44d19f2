//! Runs a program on a throw-away server, for scripts: `on_server postgres|mysql <program> <arguments>`.
//!
//! `{url}` among the arguments is the server's address. It ends as the program does; with 77 where there
//! is no server to start.

use orm_tests::servers::{MysqlServer, PostgresServer};
use std::env;
use std::process::{Command, ExitCode};

const USAGE: u8 = 2;
const SKIPPED: u8 = 77;

fn main() -> ExitCode {
    let mut arguments = env::args().skip(1);
    let (Some(kind), Some(program)) = (arguments.next(), arguments.next()) else {
        eprintln!("usage: on_server postgres|mysql <program> <arguments>");
        return ExitCode::from(USAGE);
    };
    let arguments: Vec<String> = arguments.collect();
    // The server ends when this is dropped.
    let outcome = match kind.as_str() {
        "postgres" => PostgresServer::find().map(|server| run(server.url(), &program, &arguments)),
        "mysql" => MysqlServer::find().map(|server| run(server.url(), &program, &arguments)),
        _ => {
            eprintln!("error: `{kind}` is no server that this program knows");
            return ExitCode::from(USAGE);
        }
    };
    match outcome {
        Ok(code) => code,
        Err(why) => {
            eprintln!("skipped: there is {why}");
            ExitCode::from(SKIPPED)
        }
    }
}

fn run(url: &str, program: &str, arguments: &[String]) -> ExitCode {
    let arguments = arguments.iter().map(|argument| argument.replace("{url}", url));
    match Command::new(program).args(arguments).status() {
        Ok(status) => status.code().and_then(|code| u8::try_from(code).ok()).unwrap_or(1).into(),
        Err(error) => {
            eprintln!("error: {program}: {error}");
            ExitCode::FAILURE
        }
    }
}
