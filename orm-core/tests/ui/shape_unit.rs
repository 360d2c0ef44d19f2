use orm_core::Model;

#[derive(Model)]
struct Nothing;

fn main() {}
