//! What errors tell those who read them: which values, why, and what to do; and what they must not tell.

use crate::scenarios::blog::Post;
use crate::scenarios::messages::Guest;
use crate::{Setup, TestResult, cases, go};
use orm_core::{Error, Mode};

cases![
    the_value_that_is_taken,
    a_hidden_value_is_not_told,
    a_value_that_the_write_does_not_state,
    the_other_may_be_deleted,
    where_a_cast_would_help,
];

const LATER: &str = "; the other may be marked as deleted, `with_deleted()` finds it all the same";

async fn the_value_that_is_taken<D: Mode>(setup: Setup) -> TestResult {
    let db = setup.database::<D>().await?;
    let guests = db.repository::<Guest>();
    go!(D, guests.save(Guest::draft().id(1).email("a@b.c").floor(3).door("x\"y")))?;
    let json = r#"[{ "id": 2 }, { "id": 3, "email": "a@b.c" }]"#;
    let error = go!(D, guests.save_json(json)).err().unwrap().to_string();
    assert_eq!(
        error,
        format!("$[1]: another `Guest` has the same `email` (\"a@b.c\"), which must be unique{LATER}")
    );
    let error = go!(D, guests.insert(Guest::draft().id(2).floor(3).door("x\"y"))).unwrap_err();
    let Error::Unique { columns, values, .. } = &error else { panic!("{error}") };
    assert_eq!((columns.as_str(), values.as_deref()), ("floor, door", Some(r#"3, "x\"y""#)));
    // Long text is cut.
    let long = "ä".repeat(500);
    go!(D, guests.save(Guest::draft().id(1).email(long.clone())))?;
    let error = go!(D, guests.save(Guest::draft().id(2).email(long))).unwrap_err().to_string();
    assert!(error.contains("ää\"…)") && error.len() < 300, "{error}");
    Ok(())
}

async fn a_hidden_value_is_not_told<D: Mode>(setup: Setup) -> TestResult {
    let db = setup.database::<D>().await?;
    let guests = db.repository::<Guest>();
    go!(D, guests.save(Guest::draft().id(1).token("s3cret")))?;
    let error = go!(D, guests.save(Guest::draft().id(2).token("s3cret"))).unwrap_err();
    assert!(matches!(&error, Error::Unique { columns, values: None, .. } if columns == "token"), "{error:?}");
    assert!(!format!("{error} {error:?}").contains("s3cret"), "{error:?}");
    Ok(())
}

async fn a_value_that_the_write_does_not_state<D: Mode>(setup: Setup) -> TestResult {
    let db = setup.database::<D>().await?;
    let guests = db.repository::<Guest>();
    go!(D, guests.save(Guest::draft().id(1).floor(1).door("a")))?;
    go!(D, guests.save(Guest::draft().id(2).floor(2).door("a")))?;
    let error = go!(D, guests.update(Guest::draft().id(2).floor(1))).unwrap_err();
    let Error::Unique { columns, values, .. } = &error else { panic!("{error}") };
    assert_eq!((columns.as_str(), values.as_deref()), ("floor, door", None));
    Ok(())
}

async fn the_other_may_be_deleted<D: Mode>(setup: Setup) -> TestResult {
    let db = setup.database::<D>().await?;
    let guests = db.repository::<Guest>();
    go!(D, guests.save(Guest::draft().id(1).email("a")))?;
    assert!(go!(D, guests.destroy(1))?);
    let error = go!(D, guests.save(Guest::draft().id(2).email("a"))).unwrap_err();
    assert!(matches!(error, Error::Unique { may_be_deleted: true, .. }), "{error:?}");
    assert!(error.to_string().ends_with(LATER), "{error}");
    // Those marked as deleted can be asked for by both: together with others, and alone.
    assert_eq!(go!(D, guests.with_deleted().get())?.len(), 1);
    assert_eq!(go!(D, guests.only_deleted().get())?.len(), 1);
    assert_eq!(go!(D, guests.count())?, 0);
    go!(D, guests.save(Guest::draft().id(2).email("b")))?;
    assert_eq!(go!(D, guests.only_deleted().one())?.id, 1);
    Ok(())
}

async fn where_a_cast_would_help<D: Mode>(setup: Setup) -> TestResult {
    let db = setup.database::<D>().await?;
    let (guests, posts) = (db.repository::<Guest>(), db.repository::<Post>());
    let hint = "`#[field(cast)]` would convert";
    for (member, helps) in [
        (r#""age": "7""#, true),
        (r#""age": " ""#, true),
        (r#""age": 7.0"#, true),
        (r#""age": 7.5"#, false),
        (r#""age": "many""#, false),
        (r#""age": [7]"#, false),
        (r#""age": 99999999999"#, false),
        // It is cast already, so there is nothing to be added.
        (r#""size": "many""#, false),
        (r#""email": 7"#, true),
    ] {
        let error = go!(D, guests.save_json(&format!(r#"{{ "id": 1, {member} }}"#))).err().unwrap();
        assert!(matches!(error, Error::WrongType { .. }), "{error}");
        assert_eq!(error.to_string().contains(hint), helps, "{member}: {error}");
    }
    // Null is no value that could be converted.
    let error = go!(D, posts.save_json(r#"{ "id": 1, "title": null }"#)).err().unwrap().to_string();
    assert!(!error.contains(hint), "{error}");
    Ok(())
}
