use orm_core::Model;
use orm_core::model::{Many, One};

#[derive(Model)]
struct Post {
    #[key]
    id: u64,
    #[morph_many]
    remarks: Many<Remark>,
    #[morph_one(foreign_key = subject_id)]
    first: One<Remark>,
    #[morph_to_many(name = labelled)]
    labels: Many<Remark>,
    #[morph_many(name = "subject")]
    quoted: Many<Remark>,
}

#[derive(Model)]
struct Remark {
    #[key]
    id: u64,
    subject_id: u64,
    subject_type: String,
}

fn main() {}
