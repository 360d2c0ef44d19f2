//! Diesel, as a contestant: statements are prepared once by its cache, the tables are known to the
//! compiler.

mod models;
#[cfg(feature = "postgres")]
mod postgres;
mod sqlite;
mod works;

use peer_contest::{Outcome, at_once, engine, serve};

fn main() -> Outcome {
    match engine()? {
        (engine, _) if engine == "sqlite" => at_once(serve(sqlite::connect()?)),
        #[cfg(feature = "postgres")]
        (engine, Some(url)) if engine == "postgres" => at_once(serve(postgres::connect(&url)?)),
        (engine, _) => Err(format!("Diesel isn't built for `{engine}`, or has no address").into()),
    }
}
