use orm_core::Model;
use orm_core::model::One;

struct User {
    id: u64,
}

#[derive(Model)]
struct Post {
    #[key]
    id: u64,
    author_id: u64,
    #[belongs_to]
    author: One<User>,
}

fn main() {}
