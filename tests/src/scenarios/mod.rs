//! Sets of models, written once for all cases.

pub mod blog;
pub mod fields;
pub mod keys;
pub mod secrets;
pub mod staff;
pub mod types;
