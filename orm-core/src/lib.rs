//! An ORM that is driven by one derive: normalized entity stores and multi-database repositories
//! behind the same models.

pub mod connection;
pub mod error;
pub mod model;
pub mod plan;
pub mod provider;
pub mod value;

pub use error::{Error, Result};

#[doc(hidden)]
pub mod derive_support;
