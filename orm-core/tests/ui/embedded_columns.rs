use orm_core::prelude::*;

#[derive(Embedded)]
struct Point {
    x: i32,
    y: i32,
}

#[derive(Model)]
#[index(point.z)]
struct Site {
    #[key]
    id: u64,
    #[field(embed)]
    point: Point,
}

#[derive(Model)]
struct Twice {
    #[key]
    id: u64,
    a_x: i32,
    #[field(embed = "a_")]
    a: Point,
}

fn main() {}
