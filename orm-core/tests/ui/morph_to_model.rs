use orm_core::Model;
use orm_core::model::One;

#[derive(Model)]
struct Remark {
    #[key]
    id: u64,
    subject_id: u64,
    subject_type: String,
    #[morph_to]
    subject: One<Post>,
}

#[derive(Model)]
struct Post {
    #[key]
    id: u64,
}

fn main() {}
