use orm_core::model::One;
use orm_core::{Model, Morph};

#[derive(Model)]
struct Remark {
    #[key]
    id: u64,
    subject_id: u64,
    subject_type: String,
    #[morph_to]
    subject: One<Subject>,
}

#[derive(Morph)]
enum Subject {
    Post(Post),
    Tag(Tag),
}

#[derive(Model)]
struct Post {
    #[key]
    id: u64,
}

#[derive(Model)]
struct Tag {
    #[key]
    name: String,
}

fn main() {}
