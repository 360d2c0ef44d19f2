//! The conformance suite on a provider that only scans and applies: the core does the rest.

fn main() -> std::process::ExitCode {
    orm_tests::conformance("tiny", || Ok(std::sync::Arc::new(orm_tests::tiny::Tiny::default())))
}
