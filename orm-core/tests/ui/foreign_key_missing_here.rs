use orm_core::Model;
use orm_core::model::{Many, One};

#[derive(Model)]
struct Post {
    #[key]
    id: u64,
    auther_id: u64,
    #[belongs_to]
    author: One<Post>,
    #[belongs_to(foreign_key = editor)]
    editor: One<Post>,
    #[has_many(local_key = idd, foreign_key = auther_id)]
    replies: Many<Post>,
}

fn main() {}
