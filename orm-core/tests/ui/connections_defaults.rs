use orm_core::prelude::*;

#[derive(Connection)]
struct Secret;

#[derive(Connections)]
struct Two {
    #[connection(default)]
    music: Database,
    #[connection(default)]
    secret: Database,
}

#[derive(Connections)]
struct None {
    #[connection(Secret)]
    secret: Database,
}

fn main() {}
