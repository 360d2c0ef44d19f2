use orm_core::prelude::*;

#[derive(Embedded)]
struct Address {
    #[key]
    street: String,
    #[field(unique)]
    zip: String,
    #[field(embed)]
    point: Point,
    sites: Many<Site>,
}

#[derive(Embedded)]
struct Point {
    x: i32,
    y: i32,
}

#[derive(Embedded)]
struct Tuple(i32);

#[derive(Model)]
#[index(point)]
#[index(id.x)]
struct Site {
    #[key]
    id: u64,
    #[key]
    #[field(embed)]
    point: Point,
    #[field(embed, unique)]
    other: Point,
    #[field(embed = 1)]
    third: Point,
}

fn main() {}
