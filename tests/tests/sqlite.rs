//! The conformance suite on SQLite in memory.

fn main() -> std::process::ExitCode {
    orm_tests::conformance("sqlite", || Ok(std::sync::Arc::new(orm_provider_sqlite::Sqlite::memory()?)))
}
