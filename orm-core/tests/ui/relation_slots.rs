use orm_core::Model;
use orm_core::model::{Many, One};

#[derive(Model)]
struct Post {
    #[key]
    id: u64,
    subject_id: u64,
    subject_type: String,
    #[has_many_through(through = Post)]
    a: One<Post>,
    #[has_one_through(through = Post)]
    b: Many<Post>,
    #[morph_many(name = subject)]
    c: One<Post>,
    #[morph_one(name = subject)]
    d: Many<Post>,
    #[morph_to]
    e: Many<Post>,
    #[has_many_by]
    f: One<Post>,
    #[morph_to_many(pivot = Post, name = subject)]
    g: One<Post>,
}

fn main() {}
