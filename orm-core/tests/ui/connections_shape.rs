use orm_core::prelude::*;

#[derive(Connections)]
struct Tuple(Database);

#[derive(Connections)]
enum Choice {
    One(Database),
}

fn main() {}
