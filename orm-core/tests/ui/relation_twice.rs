use orm_core::Model;
use orm_core::model::One;

#[derive(Model)]
struct User {
    #[key]
    id: u64,
    boss_id: u64,
    #[belongs_to]
    #[has_one]
    boss: One<User>,
}

fn main() {}
