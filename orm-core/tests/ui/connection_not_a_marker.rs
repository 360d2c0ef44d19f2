use orm_core::prelude::*;

struct Secret;

#[derive(Model)]
#[model(connection = Secret)]
struct Note {
    #[key]
    id: u64,
}

#[derive(Model)]
#[model(connection = "secret")]
struct Page {
    #[key]
    id: u64,
}

#[derive(Connections)]
struct Stores {
    #[connection(default)]
    music: Database,
    #[connection(Secret)]
    secret: Database,
}

fn main() {}
