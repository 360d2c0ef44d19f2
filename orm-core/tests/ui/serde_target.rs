use orm_core::prelude::*;

#[derive(Model)]
#[model(serde)]
struct User {
    #[key]
    id: u64,
    #[has_many]
    posts: Many<Post>,
}

#[derive(Model)]
struct Post {
    #[key]
    id: u64,
    user_id: u64,
}

fn main() {}
