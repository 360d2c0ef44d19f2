//! The conformance suite: every behaviour, written once, run on every provider in both modes.
//!
//! A provider's author needs a test target without a harness of its own (`harness = false`) and these
//! lines:
//!
//! ```no_run
//! fn main() -> std::process::ExitCode {
//!     orm_tests::conformance("memory", || Ok(std::sync::Arc::new(orm_provider_memory::Memory::new())))
//! }
//! ```

pub mod cases;
pub mod executor;
pub mod guide;
pub mod hand_built;
pub mod polling;
pub mod scenarios;
mod setup;
pub mod tiny;
pub mod watched;

pub use setup::{Case, MakeProvider, Setup, TestResult, conformance};
