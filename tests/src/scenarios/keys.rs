//! Keys of several columns, and keys that we make.

use orm_core::prelude::*;

/// Has a key of two columns.
#[derive(Model, Debug, Clone, PartialEq)]
pub struct Seat {
    /// The row.
    #[key]
    pub row: String,
    /// The number in the row.
    #[key]
    pub number: u32,
    /// What it costs.
    #[field(scale = 2)]
    pub price: Decimal,
    /// Who has it.
    #[has_many(foreign_key = (seat_row, seat_number))]
    pub bookings: Many<Booking>,
}

/// Refers to a key of two columns, and has a key that we make.
#[derive(Model, Debug, Clone, PartialEq)]
pub struct Booking {
    /// Made by us.
    #[key(uid)]
    pub id: uuid::Uuid,
    /// Who booked.
    pub name: String,
    /// The seat's row.
    pub seat_row: Option<String>,
    /// The seat's number.
    pub seat_number: Option<u32>,
    /// The seat.
    #[belongs_to(foreign_key = (seat_row, seat_number))]
    pub seat: One<Seat>,
}
