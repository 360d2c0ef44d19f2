//! The conformance suite.

pub mod hand_built;
pub mod tiny;
