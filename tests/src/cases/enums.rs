//! Enums as columns.

use crate::scenarios::fields::{Level, LevelText, Status, Task};
use crate::{Setup, TestResult, cases, go};
use orm_core::model::One;
use orm_core::value::{FieldType, ValueRef};
use orm_core::{Error, Mode};

cases![enums_come_back, enums_are_compared, unknown_variants_are_refused, enums_are_keys];

async fn enums_come_back<D: Mode>(setup: Setup) -> TestResult {
    let db = setup.database::<D>().await?;
    let tasks = db.repository::<Task>();
    let new = go!(D, tasks.save(Task::draft().id(1)))?;
    assert_eq!((new.status, new.before, new.level), (Status::Active, None, Level::Low));
    let typed = Task { status: Status::Suspended, before: Some(Status::InReview), level: Level::Top, ..new };
    go!(D, tasks.save(typed.clone()))?;
    assert_eq!(go!(D, tasks.find(1))?, Some(typed));
    // Serialized input has what is stored; the number may be cast.
    go!(D, tasks.save_json(r#"[{ "id": 2, "status": "in_review", "before": null, "level": "10" }, { "id": 3, "before": "off", "level": 11 }]"#))?;
    let found = go!(D, tasks.find_many([2, 3]))?;
    let found: Vec<_> = found.iter().map(|t| (t.status, t.before, t.level)).collect();
    assert_eq!(
        found,
        [(Status::InReview, None, Level::High), (Status::Active, Some(Status::Suspended), Level::Top)]
    );
    Ok(())
}

async fn enums_are_compared<D: Mode>(setup: Setup) -> TestResult {
    let db = setup.database::<D>().await?;
    let tasks = db.repository::<Task>();
    go!(
        D,
        tasks.save_many([
            Task::draft().id(1).level(Level::Top),
            Task::draft().id(2).status(Status::Suspended).before(Status::Active),
            Task::draft().id(3).status(Status::InReview).before(Some(Status::InReview)).level(Level::High)
        ])
    )?;
    assert_eq!(go!(D, tasks.query().filter(|t| t.status.eq(Status::Suspended)).count())?, 1);
    let two = [Status::Active, Status::InReview];
    assert_eq!(go!(D, tasks.query().filter(|t| t.status.in_(two)).count())?, 2);
    assert_eq!(go!(D, tasks.query().filter(|t| t.status.not_in(two.iter())).count())?, 1);
    assert_eq!(go!(D, tasks.query().filter(|t| t.before.eq(Status::Active)).count())?, 1);
    assert_eq!(go!(D, tasks.query().filter(|t| t.status.eq_column(t.before)).count())?, 1);
    // As numbers they are ordered by number, as text by name.
    assert_eq!(go!(D, tasks.query().filter(|t| t.level.ge(Level::High)).count())?, 2);
    let by_level = go!(D, tasks.query().order_by(|t| t.level.asc()).get())?;
    assert_eq!(by_level.iter().map(|t| t.id).collect::<Vec<_>>(), [2, 3, 1]);
    let by_name = go!(D, tasks.query().order_by(|t| t.status.asc()).get())?;
    assert_eq!(by_name.iter().map(|t| t.id).collect::<Vec<_>>(), [1, 3, 2]);
    let all = tasks.query().all_rows();
    assert_eq!(go!(D, all.update(|t| [t.status.set(Status::Active), t.before.set(None::<Status>)]))?, 3);
    assert_eq!(go!(D, tasks.query().filter(|t| t.status.eq(Status::Active)).count())?, 3);
    Ok(())
}

async fn unknown_variants_are_refused<D: Mode>(setup: Setup) -> TestResult {
    let db = setup.database::<D>().await?;
    let tasks = db.repository::<Task>();
    for (json, path, expected) in [
        (r#"{ "id": 1, "status": "Active" }"#, "$.status", r#"one of "active", "in_review", "off""#),
        (r#"{ "id": 1, "before": "" }"#, "$.before", r#"one of "active", "in_review", "off""#),
        (r#"[{ "id": 1, "level": 2 }]"#, "$[0].level", "one of 1 (Low), 10 (High), 11 (Top)"),
        (r#"{ "id": 1, "level": 300 }"#, "$.level", "an integer from 0 to 255"),
        (r#"{ "id": 1, "status": 1 }"#, "$.status", "text"),
        (r#"{ "id": 1, "status": null }"#, "$.status", "text"),
    ] {
        match go!(D, tasks.save_json(json)) {
            Err(Error::WrongType { at, mismatch }) => {
                assert_eq!((at.as_str(), mismatch.expected.as_str()), (path, expected), "{json}");
            }
            other => panic!("{json}: {other:?}"),
        }
    }
    assert_eq!(go!(D, tasks.count())?, 0);
    // What is stored and isn't known any more is told too.
    let told = Status::from_value(ValueRef::Text("gone")).unwrap_err().to_string();
    assert_eq!(told, r#"expected one of "active", "in_review", "off", found text "gone""#);
    Ok(())
}

async fn enums_are_keys<D: Mode>(setup: Setup) -> TestResult {
    let db = setup.database::<D>().await?;
    let texts = db.repository::<LevelText>();
    go!(
        D,
        db.repository::<Task>().save_json(
            r#"[{ "id": 1, "about": { "level": 10, "text": "much" } }, { "id": 2, "about": 10 }]"#
        )
    )?;
    assert_eq!(go!(D, texts.find(Level::High))?.map(|t| t.text).as_deref(), Some("much"));
    assert_eq!(go!(D, texts.find(Level::Low))?, None);
    let tasks = go!(D, db.repository::<Task>().query().with(|t| t.about).get())?;
    for task in &tasks {
        let about: &One<LevelText> = &task.about;
        assert_eq!((task.level, about.get()?.map(|a| a.level)), (Level::High, Some(Level::High)));
    }
    assert_eq!(tasks.len(), 2);
    Ok(())
}
