//! The conformance suite on the memory provider.

use orm_provider_memory::Memory;
use orm_tests::{SUPPORT_MATRIX, Suite};
use std::process::ExitCode;
use std::sync::Arc;

fn main() -> ExitCode {
    Suite::new("memory", || Ok(Arc::new(Memory::new()))).recorded_in(SUPPORT_MATRIX).run()
}
