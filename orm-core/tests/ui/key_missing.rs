use orm_core::Model;

#[derive(Model)]
struct User {
    id: u64,
    name: String,
}

fn main() {}
