//! The README and the guide: every Rust block in them is a test.

use crate::cases::BLOG;
use crate::scenarios::blog::User;
use orm_core::{Database, Result};
use orm_provider_memory::Memory;

/// The database that the guide's examples work on: Ada (1) wrote posts 1 to 3, Bob (2) wrote post 4,
/// Cy (3) none.
///
/// # Errors
/// Those of a save.
pub fn blog() -> Result<Database> {
    let db = Database::builder().provider(Memory::new()).connection("blog").models::<User>().start()?;
    db.repository::<User>().save_json(BLOG)?;
    Ok(db)
}

macro_rules! pages {
    ($($name:ident: $file:literal),* $(,)?) => { $(
        #[cfg(doctest)]
        #[doc = include_str!(concat!("../../", $file))]
        mod $name {}
    )* };
}
pages! {
    readme: "README.md",
    getting_started: "docs/guide/getting-started.md",
    models: "docs/guide/models.md",
    relations: "docs/guide/relations.md",
    saving: "docs/guide/saving.md",
    querying: "docs/guide/querying.md",
    transactions: "docs/guide/transactions.md",
    schema: "docs/guide/schema.md",
    sql: "docs/guide/sql.md",
    observing: "docs/guide/observing.md",
    events: "docs/guide/events.md",
    dump_and_restore: "docs/guide/dump-and-restore.md",
    blocking_and_async: "docs/guide/blocking-and-async.md",
    connections: "docs/guide/connections.md",
    choosing: "docs/guide/choosing.md",
    memory: "docs/guide/memory.md",
    sqlite: "docs/guide/sqlite.md",
    mysql: "docs/guide/mysql.md",
    postgres: "docs/guide/postgres.md",
    errors: "docs/guide/errors.md",
    testing: "docs/guide/testing.md",
    providers: "docs/guide/providers.md",
    from_vuex_orm: "docs/guide/coming-from-vuex-orm.md",
    from_server_orms: "docs/guide/coming-from-server-orms.md",
    architecture: "docs/architecture.md",
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_guide_shows_the_provider_that_it_builds() {
        let (page, code) = (include_str!("../../docs/guide/providers.md"), include_str!("shelf.rs"));
        let pieces =
            code.split("\n\n").filter(|piece| !piece.starts_with("//!") && !piece.starts_with("use "));
        for piece in pieces {
            assert!(page.contains(piece.trim_end()), "the chapter lacks this:\n{piece}");
        }
    }
}
