use orm_core::prelude::*;

#[derive(Connection)]
struct Secret;

#[derive(Model)]
#[model(connection = Secret)]
struct Note {
    #[key]
    id: u64,
}

#[derive(Connections)]
struct Stores {
    #[connection(default)]
    music: Database,
}

fn repository(stores: Stores) {
    let _ = stores.repository::<Note>();
}

fn database(stores: Stores) {
    let _ = stores.database::<Secret>();
}

fn transaction(stores: Stores) {
    let _ = stores.transaction::<Secret>(|_| Ok(1));
}

fn main() {}
