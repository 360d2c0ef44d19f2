//! Unique columns that are added to, and records that are removed on two ways.

use orm_core::prelude::*;

/// Takes part in a race.
#[derive(Model, Debug, Clone, PartialEq)]
pub struct Runner {
    /// The key.
    #[key]
    pub id: u64,
    /// Which place it is on, if it is on one.
    #[field(unique)]
    pub place: Option<i32>,
    /// The number on the shirt.
    #[field(unique)]
    pub bib: Option<i16>,
    /// What it is called.
    #[field(default = "")]
    pub name: String,
    /// Counts the writes.
    #[field(version)]
    pub version: u32,
}

/// A seat in a row.
#[derive(Model, Debug, Clone, PartialEq)]
#[unique(row, seat)]
pub struct Ticket {
    /// The key.
    #[key]
    pub id: u64,
    /// The row.
    pub row: Option<i32>,
    /// The seat in it.
    pub seat: i32,
}

/// Goes with all that is in it.
#[derive(Model, Debug, Clone, PartialEq)]
pub struct Room {
    /// The key.
    #[key]
    pub id: u64,
}

/// Sits in a room.
#[derive(Model, Debug, Clone, PartialEq)]
pub struct Person {
    /// The key.
    #[key]
    pub id: u64,
    /// The room.
    pub room_id: u64,
    /// The room.
    #[belongs_to(on_delete = cascade)]
    pub room: One<Room>,
}

/// Stands in a room, and is somebody's.
#[derive(Model, Debug, Clone, PartialEq)]
pub struct Desk {
    /// The key.
    #[key]
    pub id: u64,
    /// The room.
    pub room_id: u64,
    /// Whose it is.
    pub person_id: Option<u64>,
    /// The room.
    #[belongs_to(on_delete = cascade)]
    pub room: One<Room>,
    /// Whose it is.
    #[belongs_to(on_delete = set_null)]
    pub person: One<Person>,
}
