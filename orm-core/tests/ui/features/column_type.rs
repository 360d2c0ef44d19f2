use orm_core::Model;

struct Point {
    x: i32,
}

#[derive(Model)]
struct Place {
    #[key]
    id: u64,
    at: Point,
    all: Vec<Point>,
}

fn main() {}
