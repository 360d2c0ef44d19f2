use orm_core::prelude::*;

#[derive(Connection)]
struct Secret;

#[derive(Model)]
#[model(connection = Secret)]
struct Note {
    #[key]
    id: u64,
}

#[derive(Model)]
struct Song {
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

fn other_model(stores: Stores) -> orm_core::Result<()> {
    stores.transaction::<Secret>(|tx| {
        tx.repository::<Note>().find(1)?;
        tx.repository::<Song>().find(1)?;
        Ok(())
    })
}

fn main() {}
