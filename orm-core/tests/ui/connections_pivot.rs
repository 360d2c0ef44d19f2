use orm_core::prelude::*;

#[derive(Connection)]
struct Secret;

#[derive(Model)]
#[model(connection = Secret)]
struct Note {
    #[key]
    id: u64,
    #[belongs_to_many(pivot = NoteTag)]
    tags: Many<Tag>,
    #[has_many_through(through = Book)]
    pages: Many<Page>,
}

#[derive(Model)]
struct Book {
    #[key]
    id: u64,
    note_id: u64,
}

#[derive(Model)]
#[model(connection = Secret)]
struct Page {
    #[key]
    id: u64,
    book_id: u64,
}

#[derive(Model)]
#[model(connection = Secret)]
struct Tag {
    #[key]
    id: u64,
}

#[derive(Model)]
struct NoteTag {
    #[key]
    note_id: u64,
    #[key]
    tag_id: u64,
}

fn main() {}
