//! The conformance suite on a provider that only scans and applies: the core does the rest.

use orm_tests::tiny::Tiny;
use orm_tests::{SUPPORT_MATRIX, Suite};
use std::process::ExitCode;
use std::sync::Arc;

fn main() -> ExitCode {
    Suite::new("tiny", || Ok(Arc::new(Tiny::default()))).recorded_in(SUPPORT_MATRIX).run()
}
