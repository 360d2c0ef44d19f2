//! Other formats than JSON: whatever describes itself can be saved.

use orm_core::Error;
use orm_core::prelude::*;
use orm_provider_memory::Memory;
use orm_tests::scenarios::blog::User;

const TOML: &str = r#"
id = 1
name = "Ada"
unknown = { kept = false }

[[posts]]
id = 7
title = "Notes"
tags = ["math", { name = "engines", color = "red" }]

[[posts]]
id = 8
title = "Numbers"
"#;

fn users() -> (Database, Repository<User>) {
    let db = Database::builder().provider(Memory::new()).start().unwrap();
    let users = db.repository::<User>();
    (db, users)
}

#[test]
fn toml() {
    let (db, users) = users();
    // A tag that is given by its key alone must be stored already, or come in the same input.
    db.repository::<orm_tests::scenarios::blog::Tag>().save_json(r#"{ "name": "math" }"#).unwrap();
    let saved = users.save_from(toml::Deserializer::parse(TOML).unwrap()).unwrap();
    let ada = saved.records().unwrap().remove(0);
    assert_eq!(ada.posts.get_partial().unwrap().len(), 2);
    let tagged = users.query().filter(|u| u.posts.any(|p| p.tags.count().eq(2))).count().unwrap();
    assert_eq!(tagged, 1);

    let wrong = TOML.replace("id = 8", "id = \"8\"");
    match users.save_from(toml::Deserializer::parse(&wrong).unwrap()) {
        Err(Error::WrongType { at, .. }) => assert_eq!(at, "$.posts[1].id"),
        other => panic!("{other:?}"),
    }
}
