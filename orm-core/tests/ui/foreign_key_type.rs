use orm_core::Model;
use orm_core::model::{Many, One};

#[derive(Model)]
struct User {
    #[key]
    id: u64,
    #[has_many(foreign_key = author_id)]
    posts: Many<Post>,
}

#[derive(Model)]
struct Post {
    #[key]
    id: u64,
    author_id: String,
    #[belongs_to]
    author: One<User>,
    #[belongs_to(foreign_key = author_id, owner_key = id)]
    same: One<User>,
}

fn main() {}
