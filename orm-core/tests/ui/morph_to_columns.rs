use orm_core::model::One;
use orm_core::{Model, Morph};

#[derive(Model)]
struct Remark {
    #[key]
    id: u64,
    subject_id: u64,
    #[morph_to]
    subject: One<Subject>,
    #[morph_to(foreign_key = about, type_key = subject_id)]
    about: One<Subject>,
}

#[derive(Model)]
struct Picture {
    #[key]
    id: u64,
    subject_id: u64,
    subject_type: i64,
    #[morph_to]
    subject: One<Subject>,
}

#[derive(Model)]
struct Mark {
    #[key]
    id: u64,
    subject_id: u64,
    subject_type: String,
    #[morph_to]
    subject: One<Other>,
}

#[derive(Morph)]
enum Subject {
    Post(Post),
}

#[derive(Morph)]
enum Other {
    Post(Post),
    #[morph(value = "posts")]
    Again(Tag),
    Tag(Seat),
}

#[derive(Model)]
struct Post {
    #[key]
    id: u64,
}

#[derive(Model)]
struct Tag {
    #[key]
    id: u64,
}

#[derive(Model)]
struct Seat {
    #[key]
    row: String,
    #[key]
    number: u32,
}

fn main() {}
