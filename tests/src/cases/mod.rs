//! The behaviours, by area.

pub mod aggregate;
pub mod cascade;
pub mod changes;
pub mod claims;
pub mod columns;
pub mod combined;
pub mod compare;
pub mod composite;
pub mod connections;
pub mod database;
pub mod diamond;
pub mod dump;
pub mod embedded;
pub mod enums;
pub mod explain;
pub mod extend;
pub mod extremes;
pub mod faults;
pub mod group;
pub mod halves;
pub mod hooks;
pub mod hostile;
pub mod input;
pub mod intake;
pub mod isolation;
pub mod joined;
pub mod json;
pub mod keys;
pub mod listed;
pub mod load;
pub mod locks;
pub mod meeting;
pub mod messages;
pub mod moments;
pub mod morph;
pub mod morph_to;
pub mod moving;
pub mod orphans;
pub mod page;
pub mod pivot;
pub mod query;
pub mod related;
pub mod removals;
pub mod save;
pub mod scopes;
pub mod select;
pub mod serde_models;
pub mod soft_delete;
pub mod sql;
pub mod sql_filter;
pub mod stamps;
pub mod stream;
pub mod sync;
pub mod table;
pub mod through;
pub mod transaction;
pub mod types;
pub mod validate;
pub mod verb_faults;
pub mod verbs;
pub mod versions;
pub mod watch;
pub mod wide;
pub mod with;
pub mod write;

/// All cases of all areas.
pub fn all() -> Vec<crate::Case> {
    [
        aggregate::cases(),
        cascade::cases(),
        changes::cases(),
        claims::cases(),
        columns::cases(),
        combined::cases(),
        compare::cases(),
        composite::cases(),
        connections::cases(),
        database::cases(),
        diamond::cases(),
        dump::cases(),
        embedded::cases(),
        enums::cases(),
        explain::cases(),
        extremes::cases(),
        extend::cases(),
        faults::cases(),
        group::cases(),
        halves::cases(),
        hooks::cases(),
        hostile::cases(),
        input::cases(),
        intake::cases(),
        isolation::cases(),
        joined::cases(),
        json::cases(),
        keys::cases(),
        listed::cases(),
        load::cases(),
        locks::cases(),
        meeting::cases(),
        messages::cases(),
        morph::cases(),
        orphans::cases(),
        page::cases(),
        morph_to::cases(),
        moments::cases(),
        moving::cases(),
        pivot::cases(),
        query::cases(),
        related::cases(),
        removals::cases(),
        save::cases(),
        scopes::cases(),
        select::cases(),
        serde_models::cases(),
        soft_delete::cases(),
        sql::cases(),
        sql_filter::cases(),
        stamps::cases(),
        stream::cases(),
        sync::cases(),
        table::cases(),
        through::cases(),
        transaction::cases(),
        types::cases(),
        validate::cases(),
        verb_faults::cases(),
        verbs::cases(),
        versions::cases(),
        watch::cases(),
        wide::cases(),
        with::cases(),
        write::cases(),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// Users, posts, comments and tags that most cases work on: Ada (1) wrote posts 1 to 3, Bob (2) wrote
/// post 4, Cy (3) none.
pub(crate) const BLOG: &str = r#"[
    { "id": 1, "name": "Ada", "age": 36, "email": "ada@example.org", "posts": [
        { "id": 1, "title": "Notes", "views": 10, "editor_id": 2, "comments": [{ "id": 1, "text": "yes" }, { "id": 2, "text": "no" }],
          "tags": [{ "name": "math" }, { "name": "engines", "color": "red" }] },
        { "id": 2, "title": "Numbers", "views": 30, "comments": [{ "id": 3, "text": "more" }], "tags": ["math"] },
        { "id": 3, "title": "notes again", "views": 20 }] },
    { "id": 2, "name": "Bob", "age": 17, "posts": [{ "id": 4, "title": "Hello", "editor_id": 1 }], "profile": { "id": 9, "bio": "Hi" } },
    { "id": 3, "name": "Cy" }
]"#;
