use orm_core::Model;
use orm_core::model::{Many, One};

#[derive(Model)]
struct Post {
    #[key]
    id: u64,
    #[morph_many(name = subject)]
    remarks: Many<Remark>,
    #[morph_one(foreign_key = about_id, type_key = kind)]
    first: One<Remark>,
    #[morph_to_many(pivot = Labelling, name = labelled)]
    labels: Many<Label>,
}

#[derive(Model)]
struct Remark {
    #[key]
    id: u64,
    about_id: u64,
    kind: i32,
}

#[derive(Model)]
struct Label {
    #[key]
    id: u64,
    #[morphed_by_many(pivot = Labelling, name = labelled)]
    posts: Many<Post>,
}

#[derive(Model)]
struct Labelling {
    #[key]
    label_id: u64,
    #[key]
    labelled_id: String,
    #[key]
    labelled_kind: String,
}

fn main() {}
