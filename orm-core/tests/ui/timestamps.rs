use orm_core::prelude::*;
use orm_core::value::Timestamp;

#[derive(Model)]
#[model(timestamps)]
struct Bare {
    #[key]
    id: u64,
    created_at: Timestamp,
}

#[derive(Model)]
struct Twice {
    #[key]
    id: u64,
    #[field(created_at)]
    born: Timestamp,
    #[field(created_at)]
    made: Timestamp,
}

fn main() {}
