//! Customers and shelves: unique indexes, versions, keys that the storage makes.

use orm_core::prelude::*;

/// Known by an address; its writes are counted.
#[derive(Model, Debug, Clone, PartialEq)]
pub struct Customer {
    /// Made by the storage.
    #[key(auto)]
    pub id: i64,
    /// No two are the same.
    #[field(unique)]
    pub email: String,
    /// The name.
    #[field(default = "someone")]
    pub name: String,
    /// What was paid.
    #[field(default = 0)]
    pub paid: i64,
    /// Counts the writes.
    #[field(version)]
    pub version: u32,
    /// The orders.
    #[has_many]
    pub orders: Many<Order>,
}

/// What a customer ordered.
#[derive(Model, Debug, Clone, PartialEq)]
pub struct Order {
    /// Made by the storage.
    #[key(auto)]
    pub id: i64,
    /// What.
    #[field(default = "nothing")]
    pub what: String,
    /// Who.
    pub customer_id: Option<i64>,
    /// Who.
    #[belongs_to]
    pub customer: One<Customer>,
}

/// Known by where it stands.
#[derive(Model, Debug, Clone, PartialEq)]
#[unique(shelf, slot)]
pub struct Place {
    /// Made by us.
    #[key(uid)]
    pub id: uuid::Uuid,
    /// The shelf.
    pub shelf: String,
    /// The slot on it.
    pub slot: i32,
    /// What stands there.
    pub what: Option<String>,
}

/// Has nothing but defaults.
#[derive(Model, Debug, Clone, PartialEq)]
pub struct Cart {
    /// Made by the storage.
    #[key(auto)]
    pub id: i64,
    /// How many.
    #[field(default = 3)]
    pub items: i32,
    /// What for.
    pub note: Option<String>,
}
