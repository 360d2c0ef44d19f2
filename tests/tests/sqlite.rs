//! The conformance suite on SQLite in memory, as it is and with foreign keys.

use orm_provider_sqlite::{Sqlite, SqliteOptions};
use orm_tests::Suite;
use std::sync::Arc;

fn main() -> std::process::ExitCode {
    Suite::new("sqlite", || Ok(Arc::new(Sqlite::memory()?)))
        .and(Suite::new("sqlite with foreign keys", || {
            Ok(Arc::new(SqliteOptions::memory().foreign_keys(true).open()?))
        }))
        .run()
}
