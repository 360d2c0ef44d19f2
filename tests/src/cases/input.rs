//! What bad input gets: a clear error with its place, and nothing stored.

use crate::scenarios::blog::{Post, User};
use crate::scenarios::keys::Seat;
use crate::{Setup, TestResult, cases, go};
use orm_core::prelude::Model;
use orm_core::{Error, Mode};

cases![
    malformed_json_says_where,
    a_wrong_type_says_what_was_expected,
    a_number_out_of_range_is_refused,
    a_missing_key_is_refused,
    unknown_members_are_ignored_unless_denied,
    depth_is_bounded,
    junk_in_the_place_of_records,
    a_composite_key_is_no_scalar,
    operands_that_cant_be_stored,
];

/// A model that knows all its fields.
#[derive(Model, Debug)]
#[model(deny_unknown_fields)]
struct Closed {
    #[key]
    id: u64,
}

async fn malformed_json_says_where<D: Mode>(setup: Setup) -> TestResult {
    let db = setup.database::<D>().await?;
    let users = db.repository::<User>();
    for (json, path, position) in [
        ("", "$", "line 1 column 0"),
        ("[", "$[0]", "line 1 column 1"),
        ("{ \"id\": 1, \"name\": \"Ada\" } x", "$", "line 1 column 28"),
        (
            "[{ \"id\": 1, \"name\": \"Ada\" },\n { \"id\": 2, \"posts\": [{ \"id\": 1, \"title\": tru }] }]",
            "$[1].posts[0].title",
            "line 2 column 46",
        ),
        ("{ \"id\": 1, \"name\": \"\\ud800\" }", "$.name", "line 1"),
        ("{ \"id\" 1 }", "$.id", "line 1 column 8"),
    ] {
        match go!(D, users.save_json(json)) {
            Err(Error::Malformed { at, message }) => {
                assert_eq!(at, path, "{json}: {message}");
                assert!(message.contains(position), "{json}: {message}");
            }
            other => panic!("{json}: {other:?}"),
        }
    }
    assert_eq!(go!(D, users.count())?, 0);
    Ok(())
}

async fn a_wrong_type_says_what_was_expected<D: Mode>(setup: Setup) -> TestResult {
    let db = setup.database::<D>().await?;
    let users = db.repository::<User>();
    for (json, path, expected, found) in [
        (r#"{ "id": "1", "name": "x" }"#, "$.id", "integer", "\"1\""),
        (r#"{ "id": 1, "name": 5 }"#, "$.name", "text", "5"),
        (r#"{ "id": 1, "name": null }"#, "$.name", "text", "null"),
        (r#"{ "id": 1, "name": ["x"] }"#, "$.name", "text", "list"),
        (r#"{ "id": 1, "name": {"x": [{}]} }"#, "$.name", "text", "object"),
        (r#"{ "id": 1, "age": 1.5 }"#, "$.age", "integer", "1.5"),
        (r#"{ "id": 1, "age": true }"#, "$.age", "integer", "true"),
        (
            r#"[{ "id": 1, "name": "x", "posts": [{ "id": 1, "title": "t" }, { "id": 2, "title": false }] }]"#,
            "$[0].posts[1].title",
            "text",
            "false",
        ),
        (r#"{ "id": 1, "name": "x", "posts": { "id": 1 } }"#, "$.posts", "list", "object"),
        (r#"{ "id": 1, "name": "x", "profile": [{ "id": 1 }] }"#, "$.profile", "record", "list"),
        (r#"{ "id": 1, "name": "x", "profile": "p" }"#, "$.profile", "integer", "\"p\""),
    ] {
        match go!(D, users.save_json(json)) {
            Err(Error::WrongType { at, mismatch }) => {
                assert_eq!(at, path, "{json}");
                assert!(mismatch.expected.contains(expected), "{json}: {}", mismatch.expected);
                assert!(mismatch.found.contains(found), "{json}: {}", mismatch.found);
            }
            other => panic!("{json}: {other:?}"),
        }
    }
    assert_eq!(go!(D, users.count())?, 0);
    Ok(())
}

async fn a_number_out_of_range_is_refused<D: Mode>(setup: Setup) -> TestResult {
    let db = setup.database::<D>().await?;
    let users = db.repository::<User>();
    for (json, path) in [
        (r#"{ "id": 1, "name": "x", "age": 2147483648 }"#, "$.age"),
        (r#"{ "id": -1, "name": "x" }"#, "$.id"),
        (r#"{ "id": 9223372036854775808, "name": "x" }"#, "$.id"),
        (r#"{ "id": 99999999999999999999, "name": "x" }"#, "$.id"),
    ] {
        match go!(D, users.save_json(json)) {
            Err(Error::WrongType { at, .. }) => assert_eq!(at, path, "{json}"),
            other => panic!("{json}: {other:?}"),
        }
    }
    match go!(D, users.save(User::draft().id(u64::MAX).name("x"))) {
        Err(Error::WrongType { at, .. }) => assert_eq!(at, "$.id"),
        other => panic!("{other:?}"),
    }
    assert_eq!(go!(D, users.count())?, 0);
    Ok(())
}

async fn a_missing_key_is_refused<D: Mode>(setup: Setup) -> TestResult {
    let db = setup.database::<D>().await?;
    let json = r#"[{ "id": 1, "name": "x" }, { "id": 2, "name": "y", "posts": [{ "title": "t" }] }]"#;
    match go!(D, db.repository::<User>().save_json(json)) {
        Err(Error::MissingKey { at, model }) => {
            assert_eq!((at.as_str(), model), ("$[1].posts[0].id", "Post"))
        }
        other => panic!("{other:?}"),
    }
    // A parent without a key can't give it to its children.
    match go!(
        D,
        db.repository::<User>().save_json(r#"{ "name": "x", "posts": [{ "id": 1, "title": "t" }] }"#)
    ) {
        Err(Error::MissingKey { at, model }) => assert_eq!((at.as_str(), model), ("$.id", "User")),
        other => panic!("{other:?}"),
    }
    assert_eq!(go!(D, db.repository::<User>().count())?, 0);
    assert_eq!(go!(D, db.repository::<Post>().count())?, 0);
    Ok(())
}

async fn unknown_members_are_ignored_unless_denied<D: Mode>(setup: Setup) -> TestResult {
    let db = setup.database::<D>().await?;
    match go!(D, db.repository::<Closed>().save_json(r#"[{ "id": 1 }, { "id": 2, "nam": 1 }]"#)) {
        Err(Error::UnknownField { at, .. }) => assert_eq!(at, "$[1].nam"),
        other => panic!("{other:?}"),
    }
    go!(D, db.repository::<User>().save_json(r#"{ "id": 1, "name": "x", "nam": [[[]]] }"#))?;
    assert_eq!(go!(D, db.repository::<Closed>().count())?, 0);
    Ok(())
}

async fn depth_is_bounded<D: Mode>(setup: Setup) -> TestResult {
    let db = setup.database::<D>().await?;
    let posts = db.repository::<Post>();
    // Each level is a post in an author in a list of posts: three containers.
    let nest = |levels: usize| {
        let open = r#"{ "id": 1, "title": "t", "author": { "id": 1, "name": "n", "posts": ["#.repeat(levels);
        format!("{open}{}", "] } }".repeat(levels))
    };
    go!(D, posts.save_json(&nest(40)))?;
    for levels in [41, 10_000] {
        match go!(D, posts.save_json(&nest(levels))) {
            Err(Error::TooDeep { bound, at }) => {
                assert_eq!(bound, 120);
                assert!(at.starts_with("$.author.posts[0]") && at.len() < 400, "{at}");
            }
            other => panic!("{other:?}"),
        }
    }
    let shallow: orm_core::database::Database<D> =
        go!(D, setup.builder::<D>().connection("main").max_depth(3).start())?;
    assert!(go!(D, shallow.repository::<Post>().save_json(&nest(1))).is_ok());
    assert!(matches!(
        go!(D, shallow.repository::<Post>().save_json(&nest(2))),
        Err(Error::TooDeep { bound: 3, .. })
    ));
    Ok(())
}

async fn junk_in_the_place_of_records<D: Mode>(setup: Setup) -> TestResult {
    let db = setup.database::<D>().await?;
    let users = db.repository::<User>();
    for json in ["null", "5", "\"x\"", "true", "[5]", "[[{}]]", "[true]", "1e400"] {
        match go!(D, users.save_json(json)) {
            Err(Error::WrongType { at, .. } | Error::Malformed { at, .. }) => {
                assert!(at.starts_with('$'), "{json}: {at}")
            }
            other => panic!("{json}: {other:?}"),
        }
    }
    assert!(go!(D, users.save_json("[]"))?.is_empty());
    assert_eq!(go!(D, users.count())?, 0);
    Ok(())
}

async fn a_composite_key_is_no_scalar<D: Mode>(setup: Setup) -> TestResult {
    let db = setup.database::<D>().await?;
    let bookings = db.repository::<crate::scenarios::keys::Booking>();
    match go!(D, bookings.save_json(r#"{ "name": "x", "seat": "A" }"#)) {
        Err(Error::WrongType { at, .. }) => assert_eq!(at, "$.seat"),
        other => panic!("{other:?}"),
    }
    assert_eq!(go!(D, db.repository::<Seat>().count())?, 0);
    Ok(())
}

async fn operands_that_cant_be_stored<D: Mode>(setup: Setup) -> TestResult {
    let db = setup.database::<D>().await?;
    let users = db.repository::<User>();
    assert!(matches!(go!(D, users.find(u64::MAX)), Err(Error::Operand { model: "User", .. })));
    let filtered = users.query().filter(|u| u.id.eq(u64::MAX).or(u.age.eq(1)));
    assert!(matches!(go!(D, filtered.get()), Err(Error::Operand { column: "id", .. })));
    // No key is negative: there is no such record, and that is no error.
    assert!(go!(D, users.find(-1))?.is_none());
    Ok(())
}
