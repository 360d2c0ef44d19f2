//! Sets of models, written once for all cases.

pub mod blog;
pub mod composite;
pub mod customers;
pub mod diamond;
pub mod extremes;
pub mod fields;
pub mod hostile;
pub mod keys;
pub mod library;
pub mod listed;
pub mod messages;
pub mod morph;
pub mod pivot;
pub mod races;
pub mod records;
pub mod secrets;
pub mod shop;
pub mod staff;
pub mod through;
pub mod types;
