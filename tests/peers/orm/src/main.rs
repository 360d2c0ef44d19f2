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
            // A task of a runtime with one worker, as a request's handler is.
            let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
            runtime.block_on(async {
                let served = tokio::spawn(async { on_server(url).await.map_err(|error| error.to_string()) });
                Ok(served.await??)
            })
        }
        (engine, _) => Err(format!("`{engine}` isn't known, or has no address").into()),
    }
}

async fn on_server(url: String) -> Outcome {
    use orm_core::asynchronous::prelude::*;
    let postgres = Postgres::connect(&url).await?;
    let db = Database::builder().provider(postgres).connection("orm").models::<User>().start().await?;
    serve(Ours::joining(&db)).await
}
