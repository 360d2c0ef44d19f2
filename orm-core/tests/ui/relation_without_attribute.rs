use orm_core::Model;
use orm_core::model::{Many, One};

#[derive(Model)]
struct User {
    #[key]
    id: u64,
    posts: Many<User>,
    boss: One<User>,
    maybe: Option<One<User>>,
}

fn main() {}
