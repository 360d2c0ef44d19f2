use orm_core::prelude::*;

struct Pool;

#[derive(Connections)]
struct Stores {
    #[connection(default)]
    music: Pool,
}

fn main() {}
