use orm_core::Model;
use orm_core::model::{Many, One};

#[derive(Model)]
struct User {
    #[key]
    id: u64,
    user_id: u64,
    #[belongs_to]
    user: Many<User>,
    #[has_many]
    users: One<User>,
    #[has_one]
    first: Many<User>,
    #[belongs_to_many(pivot = User)]
    friends: One<User>,
}

fn main() {}
