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
//!
//! [`Suite`] runs parts of it, providers that are async by nature, and several providers in one
//! program. While a provider grows, `cargo test --test memory -- query` runs one area, and
//! `… -- query::filters_by_text` one case.
//!
//! The cases assume nothing but the contract, and what an author has to know of them is little:
//!
//! - a new provider is made for each case; several connections of it are used side by side;
//! - what the provider doesn't claim is done by the core, and is tested all the same;
//! - what it does claim is tested on the provider's own connections, in the area `claims`: nothing is
//!   filled in there;
//! - a case that makes no sense without a capability is reported as ignored, with the reason;
//! - the area `faults` lets each call fail before and after the work, by
//!   [`Faults`](orm_core::provider::Faults).
//!
//! Users find the wrappers that the suite is built on in the core, for tests of their own:
//! [`Counted`](orm_core::provider::Counted) counts statements,
//! [`NPlusOne`](orm_core::provider::NPlusOne) refuses the same statement again and again, and
//! [`Faults`](orm_core::provider::Faults) fails on purpose.

pub mod cases;
pub mod guide;
pub mod hand_built;
mod matrix;
pub mod polling;
pub mod raw;
pub mod scenarios;
mod setup;
pub mod shelf;
mod suite;
pub mod tiny;
pub mod watched;

/// Where this project records what the suite ran on its providers.
pub const SUPPORT_MATRIX: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/support.md");

pub use orm_test_support::{executor, servers};
pub use setup::{Case, EitherEngine, Engine, MakeProvider, Setup, TestResult};
pub use suite::{Ending, Outcome, Suite, conformance};
