//! The conformance suite on SQLite in memory, as it is and with foreign keys.

use orm_provider_sqlite::{Sqlite, SqliteOptions};
use orm_tests::{SUPPORT_MATRIX, Suite};
use std::process::ExitCode;
use std::sync::Arc;

fn main() -> ExitCode {
    let plain = Suite::new("sqlite", || Ok(Arc::new(Sqlite::memory()?))).recorded_in(SUPPORT_MATRIX);
    let net = Suite::new("sqlite with foreign keys", || {
        Ok(Arc::new(SqliteOptions::memory().foreign_keys(true).open()?))
    });
    let net = net.except(
        "cascade::keys_that_are_not_stored_cascade_nothing",
        "foreign keys refuse what refers to nothing",
    );
    plain.and(net).run()
}
