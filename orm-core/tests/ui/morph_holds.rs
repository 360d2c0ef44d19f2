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

fn main() {
    let _ = Remark::fields().subject.is_a::<Tag>();
    let _ = Remark::draft().subject(Tag::draft().id(1));
}
