use orm_core::prelude::*;

struct Point {
    x: i32,
}

#[derive(Model)]
struct Site {
    #[key]
    id: u64,
    #[field(embed)]
    point: Point,
}

fn main() {}
