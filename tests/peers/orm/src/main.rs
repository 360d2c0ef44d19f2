//! This workspace's own, as a contestant: blocking where the engine is, async on PostgreSQL.

mod models;
mod works;

use models::User;
use orm_core::prelude::*;
use orm_provider_memory::Memory;
use orm_provider_postgres::Postgres;
use orm_provider_sqlite::Sqlite;
use peer_contest::{Outcome, at_once, engine, serve};
use works::Ours;

fn main() -> Outcome {
    match engine()? {
        (engine, _) if engine == "memory" => {
            let db = Database::builder().provider(Memory::new()).models::<User>().start()?;
            at_once(serve(Ours::new(&db)))
        }
        (engine, _) if engine == "sqlite" => {
            let db = Database::builder().provider(Sqlite::memory()?).models::<User>().start()?;
            at_once(serve(Ours::new(&db)))
        }
        (engine, Some(url)) if engine == "postgres" => {
            tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(on_server(&url))
        }
        (engine, _) => Err(format!("`{engine}` isn't known, or has no address").into()),
    }
}

async fn on_server(url: &str) -> Outcome {
    use orm_core::asynchronous::prelude::*;
    let postgres = Postgres::connect(url).await?;
    let db = Database::builder().provider(postgres).connection("orm").models::<User>().start().await?;
    serve(Ours::new(&db)).await
}
