//! Sets of models, written once for all cases.

pub mod blog;
pub mod keys;
pub mod library;
pub mod shop;
pub mod staff;
pub mod types;
