//! The conformance suite.

pub mod hand_built;
pub mod polling;
pub mod tiny;
pub mod watched;
