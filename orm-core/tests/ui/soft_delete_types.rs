use orm_core::prelude::*;
use orm_core::value::Timestamp;

#[derive(Model)]
#[model(soft_delete)]
struct Always {
    #[key]
    id: u64,
    deleted_at: Timestamp,
}

#[derive(Model)]
struct Flag {
    #[key]
    id: u64,
    #[field(deleted_at)]
    gone: Option<bool>,
}

#[derive(Model)]
struct Versioned {
    #[key]
    id: u64,
    #[field(version)]
    version: String,
}

fn main() {}
