//! Records that are reached on several ways: an order's invoice and parcel go to one address; a flight
//! has two airports.

use orm_core::prelude::*;

/// Something ordered.
#[derive(Model, Debug, Clone, PartialEq)]
pub struct Order {
    /// The key.
    #[key]
    pub id: u64,
    /// Who ordered.
    pub customer: String,
    /// The bill.
    #[has_one]
    pub invoice: One<Invoice>,
    /// What is sent.
    #[has_many]
    pub parcels: Many<Parcel>,
}

/// A bill.
#[derive(Model, Debug, Clone, PartialEq)]
pub struct Invoice {
    /// The key.
    #[key]
    pub id: u64,
    /// What is to be paid.
    pub total: i64,
    /// What was ordered.
    pub order_id: u64,
    /// Where it goes.
    pub address_id: u64,
    /// What was ordered.
    #[belongs_to]
    pub order: One<Order>,
    /// Where it goes.
    #[belongs_to]
    pub address: One<Address>,
}

/// Something sent.
#[derive(Model, Debug, Clone, PartialEq)]
pub struct Parcel {
    /// The key.
    #[key]
    pub id: u64,
    /// What was ordered.
    pub order_id: u64,
    /// Where it goes.
    pub address_id: u64,
    /// What was ordered.
    #[belongs_to]
    pub order: One<Order>,
    /// Where it goes.
    #[belongs_to]
    pub address: One<Address>,
}

/// A place.
#[derive(Model, Debug, Clone, PartialEq)]
pub struct Address {
    /// The key.
    #[key]
    pub id: u64,
    /// The street.
    pub street: String,
    /// The town.
    pub town: Option<String>,
    /// The parcels that go there.
    #[has_many]
    pub parcels: Many<Parcel>,
}

/// From one airport to another.
#[derive(Model, Debug, Clone, PartialEq)]
pub struct Flight {
    /// Made by the storage.
    #[key(auto)]
    pub id: u64,
    /// Where it starts.
    pub origin_id: u64,
    /// Where it ends.
    pub destination_id: u64,
    /// Where it starts.
    #[belongs_to]
    pub origin: One<Airport>,
    /// Where it ends.
    #[belongs_to]
    pub destination: One<Airport>,
}

/// Where flights start and end.
#[derive(Model, Debug, Clone, PartialEq)]
pub struct Airport {
    /// Made by the storage.
    #[key(auto)]
    pub id: u64,
    /// The code.
    #[field(unique)]
    pub code: String,
    /// The flights that start here.
    #[has_many(foreign_key = origin_id)]
    pub departures: Many<Flight>,
    /// The flights that end here.
    #[has_many(foreign_key = destination_id)]
    pub arrivals: Many<Flight>,
}
