use orm_core::Model;
use orm_core::model::{Many, One};

#[derive(Model)]
struct Country {
    #[key]
    id: u64,
    #[has_many_through]
    notes: Many<Note>,
    #[has_one_through(through = Person, keys = id)]
    first: One<Note>,
    #[has_many_through(through = Person, foreign_key = (country_id, other_id))]
    pairs: Many<Note>,
}

#[derive(Model)]
struct Person {
    #[key]
    id: u64,
    country_id: u64,
    other_id: u64,
}

#[derive(Model)]
struct Note {
    #[key]
    id: u64,
    person_id: u64,
}

fn main() {}
