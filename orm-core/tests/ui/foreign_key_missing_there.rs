use orm_core::Model;
use orm_core::model::{Many, One};

#[derive(Model)]
struct User {
    #[key]
    id: u64,
    #[has_many(foreign_key = auther_id)]
    posts: Many<Post>,
    #[has_one]
    latest: One<Post>,
}

#[derive(Model)]
struct Post {
    #[key]
    id: u64,
    author_id: u64,
    #[belongs_to(owner_key = uid)]
    author: One<User>,
}

fn main() {}
