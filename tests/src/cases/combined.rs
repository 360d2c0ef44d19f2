//! Columns, groups, pages and counts of fields and relations of every kind.

use crate::scenarios::fields::{Address, Level, Page, Settings, Site, Status, Task};
use crate::scenarios::morph::{Article, Clip};
use crate::{Setup, TestResult, cases, go};
use orm_core::query::count;
use orm_core::value::Json;
use orm_core::{Error, Mode};

cases![
    enums_and_json_are_selected,
    enums_are_grouped_and_paged,
    embedded_columns_are_selected_and_grouped,
    relations_to_several_models_are_counted,
    relations_to_several_models_are_no_paths,
];

async fn enums_and_json_are_selected<D: Mode>(setup: Setup) -> TestResult {
    let db = setup.database::<D>().await?;
    let tasks = db.repository::<Task>();
    go!(
        D,
        tasks.save_many([
            Task::draft().id(1).level(Level::Top),
            Task::draft().id(2).status(Status::Suspended).before(Status::Active)
        ])
    )?;
    let found =
        go!(D, tasks.query().order_by(|t| t.id.asc()).select(|t| (t.status, t.before, t.level)).get())?;
    assert_eq!(
        found,
        [(Status::Active, None, Level::Top), (Status::Suspended, Some(Status::Active), Level::Low)]
    );
    let pages = db.repository::<Page>();
    go!(
        D,
        pages
            .save_json(r#"{ "id": 1, "settings": { "theme": "DARK", "sizes": { "a": 1 } }, "tags": ["x"] }"#)
    )?;
    let (settings, tags): (Json<Settings>, Json<Vec<String>>) =
        go!(D, pages.query().select(|p| (p.settings, p.tags)).first())?.unwrap();
    assert_eq!((settings.0.theme.as_str(), settings.0.sizes["a"]), ("dark", 1));
    assert_eq!(tags.0, ["x"]);
    Ok(())
}

async fn enums_are_grouped_and_paged<D: Mode>(setup: Setup) -> TestResult {
    let db = setup.database::<D>().await?;
    let tasks = db.repository::<Task>();
    let drafts = [(1, Status::Active), (2, Status::Suspended), (3, Status::Active), (4, Status::InReview)];
    go!(D, tasks.save_many(drafts.map(|(id, status)| Task::draft().id(id).status(status))))?;
    let groups =
        tasks.query().group_by(|t| (t.status, t.before)).aggregate(|t| (count(), t.id.max(), t.level.min()));
    let found = go!(D, groups.order_by(|_| count().desc()).order_by(|t| t.id.max().asc()).get())?;
    let low = Level::Low;
    assert_eq!(
        found,
        [
            ((Status::Active, None), (2, 3, low)),
            ((Status::Suspended, None), (1, 2, low)),
            ((Status::InReview, None), (1, 4, low))
        ]
    );
    // As text: active, in_review, off.
    let query = || tasks.query().order_by(|t| t.status.asc());
    let first = go!(D, query().page(2))?;
    assert_eq!(first.records.iter().map(|t| t.id).collect::<Vec<_>>(), [1, 3]);
    let second = go!(D, query().page_after(&first.next.unwrap().to_string().parse()?, 2))?;
    assert_eq!(second.records.iter().map(|t| t.id).collect::<Vec<_>>(), [4, 2]);
    Ok(())
}

async fn embedded_columns_are_selected_and_grouped<D: Mode>(setup: Setup) -> TestResult {
    let db = setup.database::<D>().await?;
    let sites = db.repository::<Site>();
    let home = |country: &str, floor: i32| Address {
        street: "Elm".into(),
        zip_code: "1".into(),
        country: country.into(),
        floor: Some(floor),
        notes: Vec::new(),
    };
    let site = |id: u64, country: &str, floor: i32| {
        Site::draft().id(id).name(format!("n{id}")).home(home(country, floor))
    };
    go!(D, sites.save_many([site(1, "AT", 3), site(2, "DE", 1), site(3, "AT", 5)]))?;
    let query = sites.query().order_by(|s| s.home.floor.asc());
    let found = go!(D, query.select(|s| (s.home.country, s.home.floor)).get())?;
    let expected = [("DE", 1), ("AT", 3), ("AT", 5)];
    assert_eq!(found, expected.map(|(country, floor)| (country.to_owned(), Some(floor))));
    let groups = sites.query().group_by(|s| s.home.country).aggregate(|s| (count(), s.home.floor.sum()));
    let found = go!(D, groups.order_by(|s| s.home.country.asc()).get())?;
    assert_eq!(found, [("AT".to_owned(), (2, Some(8))), ("DE".to_owned(), (1, Some(1)))]);
    let last = go!(D, sites.query().order_by(|s| s.home.floor.desc()).page(2))?;
    assert_eq!(last.records.iter().map(|s| s.id).collect::<Vec<_>>(), [3, 1]);
    let rest = go!(D, sites.query().order_by(|s| s.home.floor.desc()).page_after(&last.next.unwrap(), 2))?;
    assert_eq!(rest.records.iter().map(|s| s.id).collect::<Vec<_>>(), [2]);
    Ok(())
}

async fn relations_to_several_models_are_counted<D: Mode>(setup: Setup) -> TestResult {
    let db = setup.database::<D>().await?;
    let (articles, clips) = (db.repository::<Article>(), db.repository::<Clip>());
    go!(
        D,
        articles.save_json(
            r#"[{ "id": 1, "title": "a", "remarks": [{ "id": 1, "text": "x" }, { "id": 2, "text": "y" }], "labels": [{ "name": "l" }, { "name": "m" }] },
                { "id": 2, "title": "b" }]"#
        )
    )?;
    go!(
        D,
        clips.save_json(
            r#"{ "id": 1, "seconds": 5, "remarks": [{ "id": 3, "text": "z" }], "labels": [{ "name": "l" }] }"#
        )
    )?;
    let counted = |records: Vec<Article>| -> Vec<_> {
        records.iter().map(|a| (a.remarks.count().unwrap(), a.labels.count().unwrap())).collect()
    };
    let query = || articles.query().order_by(|a| a.id.asc());
    let found = go!(D, query().with_count(|a| a.remarks).with_count(|a| a.labels).get())?;
    assert_eq!(counted(found), [(2, 2), (0, 0)]);
    let filtered =
        query().with_count(|a| a.remarks.filter(|r| r.text.eq("x"))).with_count(|a| a.labels.limit(1));
    assert_eq!(counted(go!(D, filtered.get())?), [(1, 1), (0, 0)]);
    // All relations, in chunks.
    let mut chunks = clips.query().with_all().chunk(1);
    let chunk = D::next(&mut chunks).await.unwrap()?;
    assert_eq!((chunk[0].remarks.count()?, chunk[0].labels.count()?), (1, 1));
    assert_eq!(chunk[0].picture.get()?, None);
    Ok(())
}

async fn relations_to_several_models_are_no_paths<D: Mode>(setup: Setup) -> TestResult {
    let db = setup.database::<D>().await?;
    let articles = db.repository::<Article>();
    let groups = articles.query().group_by(|a| a.picture.column(|p| p.id)).aggregate(|_| count());
    let error = go!(D, groups.get()).unwrap_err();
    assert!(matches!(&error, Error::Configuration(text) if text.contains("`Article.picture`")), "{error}");
    Ok(())
}
