//! Optional embedded structs are whole or missing, whatever an update or a hook does.

use crate::scenarios::fields::{Address, Point, Site};
use crate::{Setup, TestResult, cases, go};
use orm_core::database::Database;
use orm_core::{Error, Mode, Result};

cases![
    updates_that_would_leave_a_half_are_refused,
    updates_of_what_is_there,
    updates_that_set_the_whole,
    hooks_leave_no_halves,
];

/// The first site has both structs, the second none.
async fn sites<D: Mode>(db: &Database<D>) -> Result<()> {
    let work = Address::draft().street("Oak").zip_code("1");
    let home = Address::draft().street("Elm").zip_code("2");
    let first = Site::draft().id(1).name("a").home(home.clone()).work(work).at(Point { x: 1, y: 2 });
    let second = Site::draft().id(2).name("b").home(home);
    go!(D, db.repository::<Site>().save_many([first, second])).map(drop)
}

async fn stored<D: Mode>(db: &Database<D>) -> Result<Vec<(Option<i32>, Option<Point>)>> {
    let all = go!(D, db.repository::<Site>().query().order_by(|s| s.id.asc()).get())?;
    Ok(all.into_iter().map(|s| (s.work.and_then(|work| work.floor), s.at)).collect())
}

fn half(outcome: Result<u64>) -> (&'static str, String) {
    match outcome {
        Err(Error::HalfEmbedded { model: "Site", field, missing }) => (field, missing),
        other => panic!("{other:?}"),
    }
}

async fn updates_that_would_leave_a_half_are_refused<D: Mode>(setup: Setup) -> TestResult {
    let db = setup.database::<D>().await?;
    sites(&db).await?;
    let all = || db.repository::<Site>().query().all_rows();
    let missing = "work.street, work.zip_code, work.country, work.notes".to_owned();
    assert_eq!(half(go!(D, all().update(|s| s.work.floor.set(4)))), ("work", missing));
    assert_eq!(half(go!(D, all().update(|s| s.at.x.set(4)))), ("at", "at.y".to_owned()));
    // The filter must say it of every record.
    let either = db.repository::<Site>().query().filter(|s| s.at.y.eq(2).or(s.id.eq(2)));
    half(go!(D, either.update(|s| s.at.x.set(4))));
    let not = db.repository::<Site>().query().filter(|s| s.at.y.is_null());
    half(go!(D, not.update(|s| s.at.x.set(4))));
    let other = db.repository::<Site>().query().filter(|s| s.work.street.eq("Oak"));
    half(go!(D, other.update(|s| s.at.x.set(4))));
    assert_eq!(stored(&db).await?, [(None, Some(Point { x: 1, y: 2 })), (None, None)]);
    Ok(())
}

async fn updates_of_what_is_there<D: Mode>(setup: Setup) -> TestResult {
    let db = setup.database::<D>().await?;
    sites(&db).await?;
    let query = || db.repository::<Site>().query();
    let there = query().filter(|s| s.work.zip_code.is_null().not());
    assert_eq!(go!(D, there.update(|s| s.work.floor.set(4)))?, 1);
    let named = query().filter(|s| s.at.x.in_([1, 7]).or(s.at.y.gt(5))).filter(|s| s.id.gt(0));
    assert_eq!(go!(D, named.update(|s| s.at.y.set(9)))?, 1);
    // What is added leaves NULL as it is.
    assert_eq!(go!(D, query().all_rows().update(|s| s.at.x.add(1)))?, 2);
    // A column that may be NULL beside others that may not can become so.
    assert_eq!(stored(&db).await?, [(Some(4), Some(Point { x: 2, y: 9 })), (None, None)]);
    assert_eq!(go!(D, query().all_rows().update(|s| s.work.floor.set(None::<i32>)))?, 2);
    assert_eq!(stored(&db).await?[0].0, None);
    Ok(())
}

async fn updates_that_set_the_whole<D: Mode>(setup: Setup) -> TestResult {
    let db = setup.database::<D>().await?;
    sites(&db).await?;
    let query = db.repository::<Site>().query().all_rows();
    assert_eq!(go!(D, query.update(|s| [s.at.x.set(7), s.at.y.set(8)]))?, 2);
    assert!(stored(&db).await?.iter().all(|(_, at)| *at == Some(Point { x: 7, y: 8 })));
    Ok(())
}

async fn hooks_leave_no_halves<D: Mode>(setup: Setup) -> TestResult {
    let builder = setup.builder::<D>().connection("main").saving::<Site>(|saving| {
        if saving.get(|s| s.name)?.as_deref() == Some("here") { saving.set(|s| s.at.x, 5) } else { Ok(()) }
    });
    let db = go!(D, builder.models::<Site>().start())?;
    sites(&db).await?;
    let sites = db.repository::<Site>();
    let named = |id: u64| Site::draft().id(id).name("here");
    match go!(D, sites.update(named(2))) {
        Err(Error::HalfEmbedded { field: "at", missing, .. }) => assert_eq!(missing, "at.y"),
        other => panic!("{other:?}"),
    }
    go!(D, sites.update(named(1)))?;
    assert_eq!(stored(&db).await?, [(None, Some(Point { x: 5, y: 2 })), (None, None)]);
    let home = Address::draft().street("New").zip_code("3");
    let new = go!(D, sites.save(named(3).home(home)));
    assert!(matches!(new, Err(Error::HalfEmbedded { .. })), "{new:?}");
    assert_eq!(go!(D, sites.count())?, 2);
    Ok(())
}
