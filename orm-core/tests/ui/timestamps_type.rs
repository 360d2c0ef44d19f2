use orm_core::prelude::*;

#[derive(Model)]
#[model(timestamps)]
struct Note {
    #[key]
    id: u64,
    created_at: i64,
    updated_at: String,
}

fn main() {}
