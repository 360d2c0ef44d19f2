use orm_core::prelude::*;

type Key = u64;

#[derive(Model)]
struct User {
    #[key]
    id: u64,
}

#[derive(Model)]
struct Post {
    #[key]
    id: u64,
    user_id: Key,
    #[belongs_to(on_delete = set_null)]
    user: One<User>,
}

fn main() {}
