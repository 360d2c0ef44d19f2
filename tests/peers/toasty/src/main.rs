//! Toasty, as a contestant: `include` for what is loaded along, `create_many` for what is inserted.

mod models;
mod works;

use models::User;
use peer_contest::{Outcome, POSTGRES, SQLITE, engine, postgres_schema, serve};
use toasty::Db;
use works::Toasty;

fn main() -> Outcome {
    tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(contest())
}

async fn contest() -> Outcome {
    let contestant = match engine()? {
        (engine, _) if engine == "sqlite" => {
            let mut db = connect("sqlite::memory:").await?;
            run(&mut db, SQLITE).await?;
            Toasty { db, postgres: false }
        }
        (engine, Some(url)) if engine == "postgres" => {
            let mut db = connect(&url).await?;
            run(&mut db, &postgres_schema("toasty")).await?;
            run(&mut db, POSTGRES).await?;
            Toasty { db, postgres: true }
        }
        (engine, _) => return Err(format!("`{engine}` isn't known, or has no address").into()),
    };
    serve(contestant).await
}

/// One connection.
async fn connect(url: &str) -> Outcome<Db> {
    Ok(Db::builder().models(toasty::models!(User)).max_pool_size(1).connect(url).await?)
}

/// Runs statements, one after the other.
async fn run(db: &mut Db, statements: &str) -> Outcome {
    for statement in statements.split(';').filter(|statement| !statement.trim().is_empty()) {
        toasty::sql::statement(statement).exec(db).await?;
    }
    Ok(())
}
