use orm_core::prelude::*;

struct Settings;

#[derive(Model)]
struct Site {
    #[key]
    id: u64,
    #[field(json)]
    settings: Settings,
}

fn main() {}
