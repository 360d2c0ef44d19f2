//! Unsigned integers with their whole range.

use crate::scenarios::fields::Star;
use crate::{Setup, TestResult, cases, go};
use orm_core::value::Wide;
use orm_core::{Error, Mode};

cases![
    the_whole_range_comes_back,
    wide_numbers_order_as_numbers,
    wide_numbers_are_keys,
    wide_numbers_come_from_input,
    what_is_no_wide_number_is_refused
];

const BIG: u64 = i64::MAX as u64 + 1;

async fn the_whole_range_comes_back<D: Mode>(setup: Setup) -> TestResult {
    let db = setup.database::<D>().await?;
    let stars = db.repository::<Star>();
    for (id, mass) in [(0, 0), (1, BIG), (BIG, i64::MAX as u64 - 1), (u64::MAX, u64::MAX - 1)] {
        let star = go!(D, stars.save(Star::draft().id(id).mass(mass).sun_id(mass)))?;
        assert_eq!((star.id, star.mass, star.sun_id), (id, mass, Some(mass)));
        assert_eq!(go!(D, stars.find(id))?, Some(star.clone()));
        assert_eq!(go!(D, stars.save(star.clone()))?, star);
    }
    // The default is taken as it is, the mutator has the field's own type.
    assert_eq!(go!(D, stars.save(Star::draft().id(7)))?.mass, u64::MAX);
    assert_eq!(go!(D, stars.save(Star::draft().id(7).mass(9)))?.mass, 8);
    assert_eq!(go!(D, stars.query().filter(|s| s.id.eq(7)).update(|s| s.mass.set(u64::MAX)))?, 1);
    assert_eq!(go!(D, stars.find(7))?.unwrap().mass, u64::MAX - 1);
    Ok(())
}

async fn wide_numbers_order_as_numbers<D: Mode>(setup: Setup) -> TestResult {
    let db = setup.database::<D>().await?;
    let stars = db.repository::<Star>();
    let ids = [10, 9, u64::MAX, 0, BIG, 100, BIG - 1];
    go!(D, stars.save_many(ids.map(|id| Star::draft().id(id))))?;
    let sorted = go!(D, stars.query().order_by(|s| s.id.asc()).get())?;
    assert_eq!(sorted.iter().map(|s| s.id).collect::<Vec<_>>(), [0, 9, 10, 100, BIG - 1, BIG, u64::MAX]);
    assert_eq!(go!(D, stars.query().filter(|s| s.id.ge(BIG)).count())?, 2);
    assert_eq!(go!(D, stars.query().filter(|s| s.id.between(9, 100)).count())?, 3);
    assert_eq!(go!(D, stars.query().filter(|s| s.id.in_([0, u64::MAX])).count())?, 2);
    assert_eq!(go!(D, stars.query().filter(|s| s.sun_id.is_null()).count())?, 7);
    Ok(())
}

async fn wide_numbers_are_keys<D: Mode>(setup: Setup) -> TestResult {
    let db = setup.database::<D>().await?;
    let stars = db.repository::<Star>();
    let planets = [Star::draft().id(BIG), Star::draft().id(1)];
    let saved = go!(D, stars.save(Star::draft().id(u64::MAX).planets(planets)))?;
    assert_eq!(saved.planets.get_partial()?[0].sun_id, Some(u64::MAX));
    let loaded = go!(D, stars.query().with(|s| s.planets.order_by(|p| p.id.asc())).find(u64::MAX))?.unwrap();
    assert_eq!(loaded.planets.get()?.iter().map(|p| p.id).collect::<Vec<_>>(), [1, BIG]);
    let loaded = go!(D, stars.query().filter(|s| s.sun.is(|s| s.id.eq(u64::MAX))).with(|s| s.sun).get())?;
    assert_eq!(loaded.len(), 2);
    assert!(loaded.iter().all(|s| s.sun.get().is_ok_and(|sun| sun.is_some_and(|sun| sun.id == u64::MAX))));
    let found = go!(D, stars.find_many([BIG, 5, u64::MAX]))?;
    assert_eq!(found.iter().map(|s| s.id).collect::<Vec<_>>(), [BIG, u64::MAX]);
    assert!(go!(D, stars.destroy(BIG))?);
    Ok(())
}

async fn wide_numbers_come_from_input<D: Mode>(setup: Setup) -> TestResult {
    let db = setup.database::<D>().await?;
    let stars = db.repository::<Star>();
    let saved = go!(
        D,
        stars.save_json(
            r#"[{ "id": 18446744073709551615, "mass": 4, "sun": 1 }, { "id": 1, "sun_id": "18446744073709551615" }]"#
        )
    )?;
    assert_eq!(saved.keys()?, [Wide(u64::MAX), Wide(1)]);
    let found = go!(D, stars.find_many([u64::MAX, 1]))?;
    assert_eq!((found[0].mass, found[0].sun_id, found[1].sun_id), (4, Some(1), Some(u64::MAX)));
    let text = serde_json::to_string(&found[0])?;
    assert_eq!(text, r#"{"id":18446744073709551615,"mass":4,"sun_id":1}"#);
    assert_eq!(serde_json::from_str::<Star>(&text)?, found[0]);
    Ok(())
}

async fn what_is_no_wide_number_is_refused<D: Mode>(setup: Setup) -> TestResult {
    let db = setup.database::<D>().await?;
    let stars = db.repository::<Star>();
    for (json, path) in [
        (r#"{ "id": -1 }"#, "$.id"),
        (r#"{ "id": 1.5 }"#, "$.id"),
        (r#"{ "id": "1" }"#, "$.id"),
        (r#"{ "id": "00000000000000000001" }"#, "$.id"),
        (r#"{ "id": 1, "mass": null }"#, "$.mass"),
        (r#"{ "id": 1, "sun_id": "18446744073709551616" }"#, "$.sun_id"),
        (r#"{ "id": 1, "sun_id": "-1" }"#, "$.sun_id"),
    ] {
        match go!(D, stars.save_json(json)) {
            Err(Error::WrongType { at, mismatch }) => {
                assert_eq!(at, path);
                assert_eq!(mismatch.expected, "an integer from 0 to 18446744073709551615", "{json}");
            }
            other => panic!("{json}: {other:?}"),
        }
    }
    match go!(D, stars.find(-1)) {
        Err(Error::Operand { .. }) => Ok(()),
        other => panic!("{other:?}"),
    }
}
