use orm_core::Model;

#[derive(Model)]
struct Pair(#[key] u64, String);

fn main() {}
