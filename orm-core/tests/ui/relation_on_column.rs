use orm_core::Model;

#[derive(Model)]
struct User {
    #[key]
    id: u64,
    #[belongs_to]
    boss: Option<u64>,
    #[has_many(foreign_key = boss_id)]
    reports: Vec<User>,
}

fn main() {}
