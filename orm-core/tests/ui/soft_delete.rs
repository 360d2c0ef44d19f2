use orm_core::prelude::*;
use orm_core::value::Timestamp;

#[derive(Model)]
#[model(soft_delete)]
struct Lacking {
    #[key]
    id: u64,
}

#[derive(Model)]
#[model(soft_delete = true)]
struct Valued {
    #[key]
    id: u64,
    #[field(deleted_at)]
    first: Option<Timestamp>,
    #[field(deleted_at)]
    second: Option<Timestamp>,
}

fn main() {}
