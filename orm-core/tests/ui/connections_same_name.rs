use orm_core::prelude::*;

#[derive(Connection)]
struct Secret;

#[derive(Connection)]
#[connection(name = "secret")]
struct Hidden;

#[derive(Connections)]
struct Stores {
    #[connection(default, Secret)]
    music: Database,
    #[connection(Hidden)]
    hidden: Database,
}

fn main() {}
