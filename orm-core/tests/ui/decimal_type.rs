use orm_core::prelude::*;

#[derive(Model)]
struct Star {
    #[key]
    id: u64,
    #[field(decimal)]
    mass: i64,
    #[field(decimal, json)]
    size: u64,
}

fn main() {}
