//! Keys of two columns on every side of every kind of relation.

use orm_core::prelude::*;

/// Where shows are given.
#[derive(Model, Debug, Clone, PartialEq)]
pub struct Venue {
    /// The city.
    #[key]
    pub city: String,
    /// The number in the city.
    #[key]
    pub number: u32,
    /// The name.
    #[field(default = "")]
    pub name: String,
    /// What is given there.
    #[has_many(foreign_key = (venue_city, venue_number))]
    pub shows: Many<Show>,
    /// Its permit, whose key is the venue's.
    #[has_one(foreign_key = (city, number))]
    pub permit: One<Permit>,
    /// Who pays.
    #[belongs_to_many(
        pivot = Sponsorship,
        foreign_key = (venue_city, venue_number),
        related_key = (sponsor_country, sponsor_code)
    )]
    pub sponsors: Many<Sponsor>,
}

/// What is given.
#[derive(Model, Debug, Clone, PartialEq)]
pub struct Show {
    /// The key.
    #[key]
    pub id: u64,
    /// The title.
    pub title: String,
    /// The venue's city.
    pub venue_city: Option<String>,
    /// The venue's number.
    pub venue_number: Option<u32>,
    /// Where it is given.
    #[belongs_to(foreign_key = (venue_city, venue_number))]
    pub venue: One<Venue>,
}

/// Allows a venue to open.
#[derive(Model, Debug, Clone, PartialEq)]
pub struct Permit {
    /// The venue's city.
    #[key]
    pub city: String,
    /// The venue's number.
    #[key]
    pub number: u32,
    /// Until when.
    pub until: i32,
}

/// Pays for venues.
#[derive(Model, Debug, Clone, PartialEq)]
pub struct Sponsor {
    /// The country.
    #[key]
    pub country: String,
    /// The code there.
    #[key]
    pub code: u32,
    /// How it is called.
    #[field(default = "?")]
    pub label: String,
    /// What it pays for.
    #[belongs_to_many(
        pivot = Sponsorship,
        foreign_key = (sponsor_country, sponsor_code),
        related_key = (venue_city, venue_number)
    )]
    pub venues: Many<Venue>,
}

/// Between venues and sponsors.
#[derive(Model, Debug, Clone, PartialEq)]
pub struct Sponsorship {
    /// The venue's city.
    #[key]
    pub venue_city: String,
    /// The venue's number.
    #[key]
    pub venue_number: u32,
    /// The sponsor's country.
    #[key]
    pub sponsor_country: String,
    /// The sponsor's code.
    #[key]
    pub sponsor_code: u32,
}
