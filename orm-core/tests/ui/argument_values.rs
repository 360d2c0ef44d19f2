use orm_core::Model;
use orm_core::model::One;

#[derive(Model)]
#[model(entity = users, rename_all = "CamelCase", deny_unknown_fields = true)]
struct User {
    #[key(auto = 1)]
    id: u64,
    #[field(default)]
    age: i32,
    #[field(column = "", unique = true, scale = 200)]
    name: String,
    #[belongs_to(foreign_key = "boss_id")]
    boss: One<User>,
    #[field(index, index)]
    boss_id: u64,
    #[field = "x"]
    other: u64,
}

fn main() {}
