//! SeaORM, as a contestant: joins where there is one of each, the loader for lists, statements of many
//! rows.

mod models;
mod works;

use peer_contest::{Outcome, POSTGRES, SQLITE, engine, postgres_schema, serve};
use sea_orm::{ConnectOptions, ConnectionTrait, Database, DatabaseConnection};
use works::SeaOrm;

fn main() -> Outcome {
    tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(contest())
}

async fn contest() -> Outcome {
    let db = match engine()? {
        (engine, _) if engine == "sqlite" => {
            let db = connect("sqlite::memory:").await?;
            db.execute_unprepared(SQLITE).await?;
            db
        }
        (engine, Some(url)) if engine == "postgres" => {
            let db = connect(&url).await?;
            db.execute_unprepared(&postgres_schema("sea_orm")).await?;
            db.execute_unprepared(POSTGRES).await?;
            db
        }
        (engine, _) => return Err(format!("`{engine}` isn't known, or has no address").into()),
    };
    serve(SeaOrm(db)).await
}

/// One connection, which is neither logged nor asked whether it is still there.
async fn connect(url: &str) -> Outcome<DatabaseConnection> {
    let mut options = ConnectOptions::new(url);
    options.max_connections(1).min_connections(1).sqlx_logging(false).test_before_acquire(false);
    options.idle_timeout(None).max_lifetime(None);
    Ok(Database::connect(options).await?)
}
