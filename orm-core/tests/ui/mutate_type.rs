use orm_core::prelude::*;

#[derive(Model)]
struct Member {
    #[key]
    id: u64,
    #[field(mutate = shorten)]
    name: Option<String>,
}

fn shorten(name: Option<String>) -> Option<String> {
    name
}

fn main() {}
