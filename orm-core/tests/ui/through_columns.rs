use orm_core::Model;
use orm_core::model::Many;

#[derive(Model)]
struct Country {
    #[key]
    id: u64,
    #[has_many_through(through = Person)]
    notes: Many<Note>,
    #[has_many_through(through = Person, foreign_key = home_id, related_key = writer_id)]
    written: Many<Note>,
    #[has_many_through(through = Person, foreign_key = home_id, related_key = name)]
    named: Many<Note>,
}

#[derive(Model)]
struct Person {
    #[key]
    id: u64,
    home_id: u64,
}

#[derive(Model)]
struct Note {
    #[key]
    id: u64,
    name: String,
}

fn main() {}
