use orm_core::Model;

fn zero() -> i64 {
    0
}

#[derive(Model)]
struct User {
    #[key]
    id: u64,
    #[field(default_with = zero)]
    size: i32,
}

fn main() {}
