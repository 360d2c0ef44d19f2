//! An ORM that is driven by one derive: normalized entity stores and multi-database repositories
//! behind the same models.

// Derived code says `::orm_core`, also in tests of this crate.
#[allow(unused_extern_crates)]
extern crate self as orm_core;

pub mod connection;
pub mod error;
pub mod model;
pub mod plan;
pub mod provider;
pub mod value;

pub use error::{Error, Result};
pub use model::Model;
pub use orm_derive::Model;

#[doc(hidden)]
pub mod derive_support;
