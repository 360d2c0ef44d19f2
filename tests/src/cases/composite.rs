//! Keys of two columns on every side of every kind of relation.

use crate::scenarios::composite::{Permit, Show, Sponsor, Sponsorship, Venue};
use crate::{Setup, TestResult, cases, go};
use orm_core::database::Database;
use orm_core::prelude::*;
use orm_core::{Error, Mode};

cases![
    nested_saves_thread_all_parts,
    drafts_and_typed_values_thread_all_parts,
    every_kind_loads,
    loads_are_ordered_and_cut,
    predicates,
    keys_are_lists_of_parts,
    broken_keys_are_errors,
];

const VENUES: &str = r#"[
    { "city": "Graz", "number": 1, "name": "Dom",
      "shows": [{ "id": 1, "title": "Aida" }, { "id": 2, "title": "Norma" }],
      "permit": { "until": 2030 },
      "sponsors": [{ "country": "AT", "code": 7, "label": "Bank" }, { "country": "DE", "code": 7 }] },
    { "city": "Graz", "number": 2, "shows": [{ "id": 3, "title": "Tosca" }], "sponsors": [["AT", 7]] },
    { "city": "Linz", "number": 1, "permit": { "until": 2020 } }
]"#;

async fn venues<D: Mode>(setup: &Setup) -> Result<Database<D>, Error> {
    let db = setup.database::<D>().await?;
    go!(D, db.repository::<Venue>().save_json(VENUES))?;
    setup.statements();
    Ok(db)
}

async fn nested_saves_thread_all_parts<D: Mode>(setup: Setup) -> TestResult {
    let db = venues::<D>(&setup).await?;
    let tosca = go!(D, db.repository::<Show>().find(3))?.unwrap();
    assert_eq!((tosca.venue_city.as_deref(), tosca.venue_number), (Some("Graz"), Some(2)));
    assert_eq!(go!(D, db.repository::<Permit>().find(("Linz", 1)))?.unwrap().until, 2020);
    assert!(go!(D, db.repository::<Sponsorship>().find(("Graz", 2, "AT", 7)))?.is_some());
    assert_eq!(go!(D, db.repository::<Sponsorship>().count())?, 3);
    Ok(())
}

async fn drafts_and_typed_values_thread_all_parts<D: Mode>(setup: Setup) -> TestResult {
    let db = setup.database::<D>().await?;
    let shows = db.repository::<Show>();
    let venue = Venue::draft()
        .city("Wien")
        .number(3)
        .permit(Permit::draft().until(2040))
        .sponsors([Sponsor::draft().country("AT").code(1), Sponsor::draft().country("CH").code(1)]);
    let aida = go!(D, shows.save(Show::draft().id(1).title("Aida").venue(venue)))?;
    assert_eq!((aida.venue_city.as_deref(), aida.venue_number), (Some("Wien"), Some(3)));
    assert_eq!(go!(D, db.repository::<Permit>().find(("Wien", 3)))?.unwrap().until, 2040);
    assert_eq!(go!(D, db.repository::<Sponsorship>().count())?, 2);
    let by_key = go!(D, shows.save(Show::draft().id(2).title("Norma").venue_key(("Wien", 3))))?;
    assert_eq!((by_key.venue_city.as_deref(), by_key.venue_number), (Some("Wien"), Some(3)));
    // A typed record that was read, with its relations, goes back as it is.
    let venues = db.repository::<Venue>();
    let mut read = go!(D, venues.query().with(|v| v.shows).with(|v| v.sponsors).first())?.unwrap();
    read.name = "Oper".to_owned();
    let saved = go!(D, venues.save(read))?;
    assert_eq!(saved.name, "Oper");
    assert_eq!(saved.shows.get_partial()?.len(), 2);
    assert_eq!(saved.sponsors.get_partial()?.len(), 2);
    Ok(())
}

async fn every_kind_loads<D: Mode>(setup: Setup) -> TestResult {
    let db = venues::<D>(&setup).await?;
    let all = go!(
        D,
        db.repository::<Venue>()
            .query()
            .order_by(|v| [v.city.asc(), v.number.asc()])
            .with(|v| v.shows.order_by(|s| s.id.asc()))
            .with(|v| v.permit)
            .with(|v| v.sponsors.order_by(|s| s.country.asc()).with(|s| s.venues))
            .get()
    )?;
    // One for the venues, one for each of the four relations.
    assert!(setup.statements() <= 7);
    let titles: Vec<Vec<&str>> =
        all.iter().map(|v| v.shows.get().unwrap().iter().map(|s| s.title.as_str()).collect()).collect();
    assert_eq!(titles, [vec!["Aida", "Norma"], vec!["Tosca"], vec![]]);
    let until: Vec<Option<i32>> = all.iter().map(|v| v.permit.get().unwrap().map(|p| p.until)).collect();
    assert_eq!(until, [Some(2030), None, Some(2020)]);
    let sponsors: Vec<Vec<&str>> =
        all.iter().map(|v| v.sponsors.get().unwrap().iter().map(|s| s.country.as_str()).collect()).collect();
    assert_eq!(sponsors, [vec!["AT", "DE"], vec!["AT"], vec![]]);
    assert_eq!(all[1].sponsors.get()?[0].venues.get()?.len(), 2);
    let shows = go!(D, db.repository::<Show>().query().order_by(|s| s.id.asc()).with(|s| s.venue).get())?;
    let names: Vec<u32> = shows.iter().map(|s| s.venue.get().unwrap().unwrap().number).collect();
    assert_eq!(names, [1, 1, 2]);
    Ok(())
}

async fn loads_are_ordered_and_cut<D: Mode>(setup: Setup) -> TestResult {
    let db = venues::<D>(&setup).await?;
    let all = go!(
        D,
        db.repository::<Venue>()
            .query()
            .order_by(|v| [v.city.asc(), v.number.asc()])
            .with(|v| v.shows.order_by(|s| s.title.desc()).limit(1))
            .with(|v| v.sponsors.filter(|s| s.code.eq(7)).order_by(|s| s.country.desc()).limit(1))
            .get()
    )?;
    let shows: Vec<Vec<u64>> =
        all.iter().map(|v| v.shows.get_partial().unwrap().iter().map(|s| s.id).collect()).collect();
    assert_eq!(shows, [vec![2], vec![3], vec![]]);
    let first = |v: &Venue| v.sponsors.get_partial().unwrap().first().map(|s| s.country.clone());
    assert_eq!(first(&all[0]).as_deref(), Some("DE"));
    assert_eq!(first(&all[1]).as_deref(), Some("AT"));
    assert_eq!(first(&all[2]), None);
    Ok(())
}

async fn predicates<D: Mode>(setup: Setup) -> TestResult {
    let db = venues::<D>(&setup).await?;
    let found = async |filter: Filter<Venue>| -> Result<Vec<(String, u32)>, Error> {
        let query = db.repository::<Venue>().query().filter(|_| filter);
        let all = go!(D, query.order_by(|v| [v.city.asc(), v.number.asc()]).get())?;
        Ok(all.into_iter().map(|v| (v.city, v.number)).collect())
    };
    let v = Venue::fields();
    let graz = |n| ("Graz".to_owned(), n);
    let linz = ("Linz".to_owned(), 1);
    assert_eq!(found(v.shows.any(|s| s.title.starts_with("T"))).await?, [graz(2)]);
    assert_eq!(found(v.shows.all(|s| s.id.le(2))).await?, [graz(1), linz.clone()]);
    assert_eq!(found(v.shows.none(|s| s.id.le(2))).await?, [graz(2), linz.clone()]);
    assert_eq!(found(v.shows.count().ge(2)).await?, [graz(1)]);
    assert_eq!(found(v.permit.is(|p| p.until.gt(2025))).await?, [graz(1)]);
    assert_eq!(found(v.permit.exists()).await?, [graz(1), linz]);
    assert_eq!(found(v.sponsors.any(|s| s.country.eq("DE"))).await?, [graz(1)]);
    assert_eq!(found(v.sponsors.count().eq(1)).await?, [graz(2)]);
    let shows =
        go!(D, db.repository::<Show>().query().filter(|s| s.venue.is(|v| v.sponsors.count().ge(2))).count())?;
    assert_eq!(shows, 2);
    Ok(())
}

async fn keys_are_lists_of_parts<D: Mode>(setup: Setup) -> TestResult {
    let db = venues::<D>(&setup).await?;
    let shows = db.repository::<Show>();
    go!(D, shows.save_json(r#"{ "venue": ["Linz", 1], "id": 9, "title": "Rienzi" }"#))?;
    let rienzi = go!(D, shows.find(9))?.unwrap();
    assert_eq!((rienzi.venue_city.as_deref(), rienzi.venue_number), (Some("Linz"), Some(1)));
    let sponsor =
        r#"{ "country": "IT", "code": 2, "venues": [["Linz", 1], { "city": "Graz", "number": 2 }] }"#;
    go!(D, db.repository::<Sponsor>().save_json(sponsor))?;
    assert!(go!(D, db.repository::<Sponsorship>().find(("Linz", 1, "IT", 2)))?.is_some());
    assert!(go!(D, db.repository::<Sponsorship>().find(("Graz", 2, "IT", 2)))?.is_some());
    Ok(())
}

async fn broken_keys_are_errors<D: Mode>(setup: Setup) -> TestResult {
    let db = venues::<D>(&setup).await?;
    let shows = db.repository::<Show>();
    for (key, found) in [
        (r#"["Linz"]"#, "a list of 1"),
        (r#"["Linz", 1, 2]"#, "a list of 3"),
        (r#"["Linz", null]"#, "null"),
        (r#"["Linz", -1]"#, "-1"),
        (r#"[]"#, "a list of 0"),
        (r#""Linz""#, "Linz"),
    ] {
        let json = format!(r#"{{ "id": 9, "title": "x", "venue": {key} }}"#);
        let error = go!(D, shows.save_json(&json)).err().map(|e| e.to_string()).unwrap_or_default();
        assert!(error.contains("$.venue") && error.contains(found), "{key}: {error}");
    }
    assert!(go!(D, shows.find(9))?.is_none());
    Ok(())
}
