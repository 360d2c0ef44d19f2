//! JSON in columns.

use crate::scenarios::fields::{Page, Settings};
use crate::{Setup, TestResult, cases, go};
use orm_core::{Error, Mode};
use serde_json::json;

cases![
    json_comes_back,
    json_is_captured_from_input,
    json_that_doesnt_fit_is_refused,
    json_is_equal_by_content,
    json_has_no_order,
    json_is_bounded_in_depth
];

fn settings(theme: &str) -> Settings {
    let sizes = [("b".to_owned(), 2), ("a".to_owned(), 1), ("c".to_owned(), 3)];
    Settings { theme: theme.to_owned(), sizes: sizes.into() }
}

async fn json_comes_back<D: Mode>(setup: Setup) -> TestResult {
    let db = setup.database::<D>().await?;
    let pages = db.repository::<Page>();
    let new = go!(D, pages.save(Page::draft().id(1)))?;
    let empty = Page {
        id: 1,
        settings: Settings::default(),
        draft: None,
        any: json!({}),
        maybe: None,
        tags: Vec::new(),
    };
    assert_eq!(new, empty);
    let full = Page {
        id: 1,
        settings: settings("dark"),
        draft: Some(settings("Light")),
        any: json!([1, -2.5, "x \" \\ \u{0}", null, { "b": [], "a": u64::MAX }]),
        maybe: Some(json!(null)),
        tags: vec!["x".into(), String::new()],
    };
    assert_eq!(go!(D, pages.save(full.clone()))?, full);
    assert_eq!(go!(D, pages.find(1))?, Some(full.clone()));
    // The mutator of `settings` has its own type; drafts take values and references.
    let shouting = settings("LOUD");
    go!(
        D,
        pages.save(
            Page::draft()
                .id(2)
                .settings(&shouting)
                .draft(Some(shouting.clone()))
                .any(json!(true))
                .tags(vec!["t".to_owned()])
        )
    )?;
    let stored = go!(D, pages.find(2))?.unwrap();
    assert_eq!((stored.settings, stored.draft, stored.any), (settings("loud"), Some(shouting), json!(true)));
    assert_eq!(
        go!(
            D,
            pages.query().filter(|p| p.id.eq(2)).update(|p| [p.any.set(json!("s")), p.maybe.set(json!(7))])
        )?,
        1
    );
    let stored = go!(D, pages.find(2))?.unwrap();
    assert_eq!((stored.any, stored.maybe), (json!("s"), Some(json!(7))));
    Ok(())
}

async fn json_is_captured_from_input<D: Mode>(setup: Setup) -> TestResult {
    let db = setup.database::<D>().await?;
    let pages = db.repository::<Page>();
    let text = r#"[
        { "settings": { "sizes": { "z": 1 }, "theme": "T" }, "id": 1, "any": null, "maybe": null, "draft": null },
        { "any": { "b": 1, "a": [ { } ], "b": 2 }, "tags": ["x"], "id": 2, "maybe": 18446744073709551615 },
        { "id": 3, "any": "text", "maybe": [1.5, "2"] }]"#;
    go!(D, pages.save_json(text))?;
    let found = go!(D, pages.find_many([1, 2, 3]))?;
    assert_eq!(found[0].settings, Settings { theme: "t".into(), sizes: [("z".to_owned(), 1)].into() });
    // Where a column is never NULL, null is JSON's.
    assert_eq!((&found[0].any, &found[0].maybe, &found[0].draft), (&json!(null), &None, &None));
    assert_eq!(found[1].any, json!({ "a": [{}], "b": 2 }));
    assert_eq!((&found[1].tags[..], &found[1].maybe), (&["x".to_owned()][..], &Some(json!(u64::MAX))));
    assert_eq!((&found[2].any, &found[2].maybe), (&json!("text"), &Some(json!([1.5, "2"]))));
    go!(D, pages.save_from(json!({ "id": 3, "any": { "k": true } })))?;
    assert_eq!(go!(D, pages.find(3))?.unwrap().any, json!({ "k": true }));
    Ok(())
}

async fn json_that_doesnt_fit_is_refused<D: Mode>(setup: Setup) -> TestResult {
    let db = setup.database::<D>().await?;
    let pages = db.repository::<Page>();
    for (json, path) in [
        (r#"{ "id": 1, "settings": {} }"#, "$.settings"),
        (r#"{ "id": 1, "settings": null }"#, "$.settings"),
        (r#"[{ "id": 1, "draft": { "theme": "x", "sizes": { "a": 256 } } }]"#, "$[0].draft"),
        (r#"{ "id": 1, "tags": [1] }"#, "$.tags"),
    ] {
        match go!(D, pages.save_json(json)) {
            Err(Error::WrongType { at, mismatch }) => {
                assert_eq!(at, path);
                assert!(mismatch.expected.starts_with("JSON of `"), "{mismatch}");
            }
            other => panic!("{json}: {other:?}"),
        }
    }
    assert_eq!(go!(D, pages.count())?, 0);
    Ok(())
}

async fn json_is_equal_by_content<D: Mode>(setup: Setup) -> TestResult {
    let db = setup.database::<D>().await?;
    let pages = db.repository::<Page>();
    go!(D, pages.save_json(r#"[{ "id": 1, "any": { "b": 1, "a": 2 }, "settings": { "theme": "t", "sizes": { "y": 1, "x": 2 } } },
        { "id": 2, "any": { "a": 2.0, "b": 1 }, "maybe": 1 }]"#))?;
    assert_eq!(go!(D, pages.query().filter(|p| p.any.eq(json!({ "a": 2, "b": 1 }))).count())?, 1);
    let wanted = Settings { theme: "t".into(), sizes: [("x".to_owned(), 2), ("y".to_owned(), 1)].into() };
    assert_eq!(go!(D, pages.query().filter(|p| p.settings.eq(&wanted)).count())?, 1);
    assert_eq!(go!(D, pages.query().filter(|p| p.settings.ne(wanted)).count())?, 1);
    assert_eq!(go!(D, pages.query().filter(|p| p.maybe.is_null()).count())?, 1);
    assert_eq!(go!(D, pages.query().filter(|p| p.maybe.in_([json!(1), json!(2)])).count())?, 1);
    Ok(())
}

async fn json_has_no_order<D: Mode>(setup: Setup) -> TestResult {
    let db = setup.database::<D>().await?;
    let pages = db.repository::<Page>();
    match go!(D, pages.query().filter(|p| p.any.lt(json!(1))).get()) {
        Err(Error::Operand { model: "Page", column: "any", .. }) => Ok(()),
        other => panic!("{other:?}"),
    }
}

async fn json_is_bounded_in_depth<D: Mode>(setup: Setup) -> TestResult {
    let db = setup.database::<D>().await?;
    let pages = db.repository::<Page>();
    let nested = |depth: usize| (0..depth).fold(json!(1), |inner, _| json!([inner]));
    // The record is one container of the 120.
    let input = |depth: usize| json!({ "id": 1, "any": nested(depth) });
    go!(D, pages.save_from(input(119)))?;
    assert_eq!(go!(D, pages.find(1))?.unwrap().any, nested(119));
    match go!(D, pages.save_from(input(120))) {
        Err(Error::TooDeep { at, bound: 120 }) => assert_eq!(at, "$.any"),
        other => panic!("{other:?}"),
    }
    // Typed values are bounded too, by what can be read again.
    go!(D, pages.save(Page::draft().id(2).any(nested(120))))?;
    assert_eq!(go!(D, pages.find(2))?.unwrap().any, nested(120));
    match go!(D, pages.save(Page::draft().id(2).any(nested(121)))) {
        Err(Error::WrongType { at, .. }) => assert_eq!(at, "$.any"),
        other => panic!("{other:?}"),
    }
    Ok(())
}
