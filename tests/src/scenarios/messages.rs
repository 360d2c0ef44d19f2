//! Records whose errors are read by people.

use orm_core::prelude::*;
use orm_core::value::Timestamp;

/// Soft-deleted, with unique columns of which one is nobody's business.
#[derive(Model, Debug, Clone, PartialEq)]
#[model(soft_delete, entity = "guests_named")]
#[unique(floor, door)]
pub struct Guest {
    /// The key.
    #[key]
    pub id: u64,
    /// No two are the same.
    #[field(unique)]
    pub email: Option<String>,
    /// Nobody's business.
    #[field(unique, hidden)]
    pub token: Option<String>,
    /// The floor.
    pub floor: Option<i32>,
    /// The door on it.
    pub door: Option<String>,
    /// Isn't cast.
    pub age: Option<i32>,
    /// Is cast.
    #[field(cast)]
    pub size: Option<i32>,
    /// When the guest left.
    pub deleted_at: Option<Timestamp>,
}
