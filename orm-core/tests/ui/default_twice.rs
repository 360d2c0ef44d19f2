use orm_core::Model;

fn zero() -> i32 {
    0
}

#[derive(Model)]
struct User {
    #[key]
    id: u64,
    #[field(default = 1, default_with = zero)]
    age: i32,
}

fn main() {}
