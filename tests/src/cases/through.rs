//! Relations that lead through a model in between.

use crate::scenarios::through::{Badge, Country, Note, Person, Sight, Visit};
use crate::{Setup, TestResult, cases, go};
use orm_core::database::Database;
use orm_core::prelude::*;
use orm_core::{Error, Mode};

cases![
    loads,
    loads_are_filtered_ordered_and_cut,
    what_is_reached_twice_goes_out_once,
    predicates,
    what_is_nested_is_saved_but_not_tied,
];

/// Notes 1 to 3 were written in Austria, by 1 and 2; note 4 in Bhutan, by 3; note 5 nowhere, by 4;
/// note 6 by nobody. Bhutan's head is 3, Austria's is 1, who has no badge; Chad has nobody.
async fn countries<D: Mode>(setup: &Setup) -> Result<Database<D>, Error> {
    let db = setup.database::<D>().await?;
    let json = r#"[
        { "id": 1, "name": "Austria", "people": [
            { "id": 1, "head_of": 1, "notes": [{ "id": 1, "text": "a" }, { "id": 2, "text": "b" }] },
            { "id": 2, "notes": [{ "id": 3, "text": "c" }] }] },
        { "id": 2, "name": "Bhutan", "people": [{ "id": 3, "head_of": 2, "notes": [{ "id": 4, "text": "a" }] }] },
        { "id": 3, "name": "Chad" }]"#;
    go!(D, db.repository::<Country>().save_json(json))?;
    let alone = r#"[{ "id": 4, "notes": [{ "id": 5, "text": "a" }] }]"#;
    go!(D, db.repository::<Person>().save_json(alone))?;
    go!(D, db.repository::<Note>().save_json(r#"{ "id": 6, "text": "a" }"#))?;
    go!(
        D,
        db.repository::<Badge>().save_json(r#"[{ "id": 9, "holder_id": 3 }, { "id": 8, "holder_id": 2 }]"#)
    )?;
    let visit = |country: u64, city: &str| Visit::draft().country_id(country).city(city);
    let visits = [visit(1, "Rome"), visit(1, "Rome"), visit(1, "Oslo"), visit(2, "Rome")];
    go!(D, db.repository::<Visit>().save_many(visits))?;
    let sights = r#"[{ "id": 1, "city": "Rome" }, { "id": 2, "city": "Rome" }, { "id": 3, "city": "Oslo" }, { "id": 4, "city": "Bonn" }]"#;
    go!(D, db.repository::<Sight>().save_json(sights))?;
    setup.statements();
    Ok(db)
}

async fn loads<D: Mode>(setup: Setup) -> TestResult {
    let db = countries::<D>(&setup).await?;
    let all = go!(
        D,
        db.repository::<Country>()
            .query()
            .order_by(|c| c.id.asc())
            .with(|c| c.notes.order_by(|n| n.id.asc()))
            .with(|c| c.badge)
            .get()
    )?;
    // The snapshot, the countries, the notes, the badges, and the snapshot's end.
    assert!(setup.statements() <= 5);
    let notes: Vec<Vec<u64>> =
        all.iter().map(|c| c.notes.get().unwrap().iter().map(|n| n.id).collect()).collect();
    assert_eq!(notes, [vec![1, 2, 3], vec![4], vec![]]);
    let badges: Vec<Option<u64>> = all.iter().map(|c| c.badge.get().unwrap().map(|b| b.id)).collect();
    assert_eq!(badges, [None, Some(9), None]);
    Ok(())
}

async fn loads_are_filtered_ordered_and_cut<D: Mode>(setup: Setup) -> TestResult {
    let db = countries::<D>(&setup).await?;
    let all = go!(
        D,
        db.repository::<Country>()
            .query()
            .order_by(|c| c.id.asc())
            .with(|c| c.notes.filter(|n| n.text.ne("c")).order_by(|n| n.text.desc()).limit(1))
            .get()
    )?;
    let notes: Vec<Vec<u64>> =
        all.iter().map(|c| c.notes.get_partial().unwrap().iter().map(|n| n.id).collect()).collect();
    assert_eq!(notes, [vec![2], vec![4], vec![]]);
    Ok(())
}

async fn what_is_reached_twice_goes_out_once<D: Mode>(setup: Setup) -> TestResult {
    let db = countries::<D>(&setup).await?;
    let countries = db.repository::<Country>();
    let all =
        go!(D, countries.query().order_by(|c| c.id.asc()).with(|c| c.sights.order_by(|s| s.id.asc())).get())?;
    let sights: Vec<Vec<u64>> =
        all.iter().map(|c| c.sights.get().unwrap().iter().map(|s| s.id).collect()).collect();
    assert_eq!(sights, [vec![1, 2, 3], vec![1, 2], vec![]]);
    let cut = go!(
        D,
        countries.query().order_by(|c| c.id.asc()).with(|c| c.sights.order_by(|s| s.id.asc()).limit(2)).get()
    )?;
    assert_eq!(cut[0].sights.get_partial()?.iter().map(|s| s.id).collect::<Vec<_>>(), [1, 2]);
    let ids = async |filter: Filter<Country>| -> Result<Vec<u64>, Error> {
        let all = go!(D, countries.query().filter(|_| filter).order_by(|c| c.id.asc()).get())?;
        Ok(all.into_iter().map(|c| c.id).collect())
    };
    let c = Country::fields();
    assert_eq!(ids(c.sights.count().eq(3)).await?, [1]);
    assert_eq!(ids(c.sights.count().filter(|s| s.city.eq("Rome")).eq(2)).await?, [1, 2]);
    assert_eq!(ids(c.sights.all(|s| s.city.eq("Rome"))).await?, [2, 3]);
    Ok(())
}

async fn predicates<D: Mode>(setup: Setup) -> TestResult {
    let db = countries::<D>(&setup).await?;
    let ids = async |filter: Filter<Country>| -> Result<Vec<u64>, Error> {
        let query = db.repository::<Country>().query().filter(|_| filter);
        Ok(go!(D, query.order_by(|c| c.id.asc()).get())?.into_iter().map(|c| c.id).collect())
    };
    let c = Country::fields();
    assert_eq!(ids(c.notes.any(|n| n.text.eq("a"))).await?, [1, 2]);
    assert_eq!(ids(c.notes.all(|n| n.text.eq("a"))).await?, [2, 3]);
    assert_eq!(ids(c.notes.none(|n| n.text.eq("c"))).await?, [2, 3]);
    assert_eq!(ids(c.notes.exists()).await?, [1, 2]);
    assert_eq!(ids(c.notes.count().ge(3)).await?, [1]);
    assert_eq!(ids(c.notes.count().eq(0)).await?, [3]);
    assert_eq!(ids(c.badge.is(|b| b.id.eq(9))).await?, [2]);
    assert_eq!(ids(c.badge.exists().not()).await?, [1, 3]);
    Ok(())
}

async fn what_is_nested_is_saved_but_not_tied<D: Mode>(setup: Setup) -> TestResult {
    let db = setup.database::<D>().await?;
    let countries = db.repository::<Country>();
    // The people in between come later in the input, yet are written before the notes.
    let json = r#"{ "id": 1, "name": "Austria", "notes": [{ "id": 1, "text": "a", "person_id": 7 }, { "id": 2, "text": "b" }],
        "people": [{ "id": 7 }], "badge": { "id": 5, "holder_id": 7 } }"#;
    go!(D, countries.save_json(json))?;
    let note = go!(D, db.repository::<Note>().find(2))?.unwrap();
    assert_eq!(note.person_id, None);
    let read = go!(D, countries.query().with(|c| c.notes).with(|c| c.badge).first())?.unwrap();
    assert_eq!(read.notes.get()?.iter().map(|n| n.id).collect::<Vec<_>>(), [1]);
    assert_eq!(read.badge.get()?, None);
    // Typed values and drafts do the same.
    let saved = go!(D, countries.save(read))?;
    assert_eq!(saved.notes.get_partial()?.len(), 1);
    let draft = Country::draft().id(2).name("Bhutan").notes([Note::draft().id(3).text("c").person_id(8)]);
    let saved = go!(D, countries.save(draft))?;
    assert_eq!(saved.notes.get_partial()?[0].person_id, Some(8));
    assert_eq!(go!(D, countries.query().filter(|c| c.id.eq(2)).filter(|c| c.notes.exists()).count())?, 0);
    go!(D, db.repository::<Person>().save(Person::draft().id(8).country_id(2)))?;
    assert_eq!(go!(D, countries.query().filter(|c| c.id.eq(2)).filter(|c| c.notes.exists()).count())?, 1);
    Ok(())
}
