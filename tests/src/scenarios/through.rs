//! Relations that lead through a model in between.

use orm_core::prelude::*;

/// People live in countries, and write notes.
#[derive(Model, Debug, Clone, PartialEq)]
pub struct Country {
    /// The key.
    #[key]
    pub id: u64,
    /// The name.
    pub name: String,
    /// Who lives there.
    #[has_many]
    pub people: Many<Person>,
    /// What was written there.
    #[has_many_through(through = Person)]
    pub notes: Many<Note>,
    /// What may be seen in the cities that its people visited, by a column that is no key.
    #[has_many_through(through = Visit, foreign_key = country_id, through_key = city, related_key = city)]
    pub sights: Many<Sight>,
    /// The badge of its head, who refers to it by another column.
    #[has_one_through(through = Person, foreign_key = head_of, related_key = holder_id)]
    pub badge: One<Badge>,
}

/// Lives in a country.
#[derive(Model, Debug, Clone, PartialEq)]
pub struct Person {
    /// The key.
    #[key]
    pub id: u64,
    /// Where they live.
    pub country_id: Option<u64>,
    /// What they are the head of.
    pub head_of: Option<u64>,
    /// What they wrote.
    #[has_many]
    pub notes: Many<Note>,
}

/// Written by somebody.
#[derive(Model, Debug, Clone, PartialEq)]
pub struct Note {
    /// The key.
    #[key]
    pub id: u64,
    /// The text.
    pub text: String,
    /// Who wrote it.
    pub person_id: Option<u64>,
}

/// Belongs to somebody.
#[derive(Model, Debug, Clone, PartialEq)]
pub struct Badge {
    /// The key.
    #[key]
    pub id: u64,
    /// Whose it is.
    pub holder_id: u64,
}

/// Somebody of a country was in a city.
#[derive(Model, Debug, Clone, PartialEq)]
pub struct Visit {
    /// Made by the storage.
    #[key(auto)]
    pub id: u64,
    /// The country.
    pub country_id: u64,
    /// The city.
    pub city: String,
}

/// May be seen in a city.
#[derive(Model, Debug, Clone, PartialEq)]
pub struct Sight {
    /// The key.
    #[key]
    pub id: u64,
    /// The city.
    pub city: String,
}
