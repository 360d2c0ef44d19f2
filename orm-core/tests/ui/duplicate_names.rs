use orm_core::Model;
use orm_core::model::One;

#[derive(Model)]
struct User {
    #[key]
    id: u64,
    #[field(column = "id")]
    number: u64,
    #[field(rename = "boss")]
    boss_id: u64,
    #[belongs_to]
    boss: One<User>,
}

fn main() {}
