use orm_core::prelude::*;

#[derive(Model)]
struct Page {
    #[key]
    #[field(json)]
    id: Vec<u8>,
    #[field(json = true)]
    text: String,
}

fn main() {}
