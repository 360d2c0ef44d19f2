use orm_core::Model;
use orm_core::model::One;

#[derive(Model)]
struct User {
    #[key]
    id: u64,
    boss_id: u64,
    #[key]
    #[field(unique)]
    #[belongs_to]
    boss: One<User>,
}

fn main() {}
