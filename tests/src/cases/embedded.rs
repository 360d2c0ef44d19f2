//! Structs embedded in models.

use crate::scenarios::fields::{Address, Point, Site};
use crate::{Setup, TestResult, cases, go};
use orm_core::{Error, Mode};
use serde_json::json;

cases![
    embedded_structs_come_back,
    embedded_columns_are_queried,
    embedded_input_is_an_object,
    optional_structs_are_whole_or_missing,
    embedded_mistakes_are_told,
    embedded_columns_are_unique_together,
    embedded_structs_go_through_serde
];

fn address(street: &str) -> Address {
    Address {
        street: street.into(),
        zip_code: "1010".into(),
        country: "AT".into(),
        floor: Some(3),
        notes: vec!["bell".into()],
    }
}

async fn embedded_structs_come_back<D: Mode>(setup: Setup) -> TestResult {
    let db = setup.database::<D>().await?;
    let sites = db.repository::<Site>();
    let draft = Site::draft().id(1).home(address("Elm")).at(Point { x: 1, y: -2 });
    let site = go!(D, sites.save(draft))?;
    assert_eq!((&site.home, &site.work, site.at), (&address("Elm"), &None, Some(Point { x: 1, y: -2 })));
    let changed = Site { work: Some(address("Oak")), at: None, ..site };
    go!(D, sites.save(changed.clone()))?;
    assert_eq!(
        go!(D, sites.find(1))?.map(|s| (s.home, s.work, s.at)),
        Some((changed.home, changed.work, None))
    );
    // A draft of an embedded struct says some of its columns; the others stay.
    go!(D, sites.update(Site::draft().id(1).home(Address::draft().zip_code("2020").country("de"))))?;
    let home = go!(D, sites.find(1))?.unwrap().home;
    assert_eq!(home, Address { zip_code: "2020".into(), country: "DE".into(), ..address("Elm") });
    // A new record takes the defaults of what isn't said.
    go!(D, sites.save(Site::draft().id(2).home(Address::draft().street("Fir").zip_code("1"))))?;
    let home = go!(D, sites.find(2))?.unwrap().home;
    assert_eq!((home.country.as_str(), home.floor, home.notes.len()), ("AT", None, 0));
    go!(D, sites.save(Site::draft().id(1).work(None::<Address>)))?;
    assert_eq!(go!(D, sites.find(1))?.unwrap().work, None);
    Ok(())
}

async fn embedded_columns_are_queried<D: Mode>(setup: Setup) -> TestResult {
    let db = setup.database::<D>().await?;
    let sites = db.repository::<Site>();
    let site = |id: u64, street: &str| Site::draft().id(id).name(street).home(address(street));
    go!(D, sites.save_many([site(1, "C").work(address("W")), site(2, "A"), site(3, "B")]))?;
    let sorted = go!(D, sites.query().order_by(|s| s.home.street.desc()).get())?;
    assert_eq!(sorted.iter().map(|s| s.id).collect::<Vec<_>>(), [1, 3, 2]);
    assert_eq!(go!(D, sites.query().filter(|s| s.home.street.in_(["A", "B"])).count())?, 2);
    assert_eq!(go!(D, sites.query().filter(|s| s.work.street.starts_with("W")).count())?, 1);
    assert_eq!(go!(D, sites.query().filter(|s| s.work.street.is_null()).count())?, 2);
    let of_a = sites.query().filter(|s| s.home.street.eq("A"));
    assert_eq!(go!(D, of_a.update(|s| [s.home.floor.add(1), s.home.country.set("ch")]))?, 1);
    let home = go!(D, sites.find(2))?.unwrap().home;
    assert_eq!((home.floor, home.country.as_str()), (Some(4), "CH"));
    Ok(())
}

async fn embedded_input_is_an_object<D: Mode>(setup: Setup) -> TestResult {
    let db = setup.database::<D>().await?;
    let sites = db.repository::<Site>();
    go!(
        D,
        sites.save_json(
            r#"[{ "home": { "zipCode": 1010, "street": "Elm", "notes": ["x"] }, "id": 1, "at": { "y": 2, "x": 1 },
                  "parts": [{ "home": { "street": "In", "zipCode": "1", "country": "de" }, "id": 2 }] },
                { "id": 3, "home": { "street": "S", "zipCode": "3" }, "office": { "street": "O", "zipCode": 4 }, "at": null }]"#
        )
    )?;
    let found = go!(D, sites.find_many([1, 2, 3]))?;
    assert_eq!((found[0].home.zip_code.as_str(), &found[0].home.notes[..]), ("1010", &["x".to_owned()][..]));
    assert_eq!((found[0].at, found[2].at), (Some(Point { x: 1, y: 2 }), None));
    assert_eq!((found[1].home.country.as_str(), found[1].parent_id), ("DE", Some(1)));
    let office = found[2].work.as_ref().unwrap();
    assert_eq!((office.street.as_str(), office.country.as_str(), office.floor), ("O", "AT", None));
    // What an object doesn't say stays, as with records.
    go!(D, sites.save_json(r#"{ "id": 1, "home": { "floor": 9 } }"#))?;
    let home = go!(D, sites.find(1))?.unwrap().home;
    assert_eq!((home.street.as_str(), home.floor), ("Elm", Some(9)));
    Ok(())
}

async fn optional_structs_are_whole_or_missing<D: Mode>(setup: Setup) -> TestResult {
    let db = setup.database::<D>().await?;
    let sites = db.repository::<Site>();
    go!(D, sites.save(Site::draft().id(1).home(address("Elm")).work(address("Oak"))))?;
    // An object stands for all of an optional struct.
    go!(D, sites.save_json(r#"{ "id": 1, "office": { "street": "New", "zipCode": "9" } }"#))?;
    let work = go!(D, sites.find(1))?.unwrap().work.unwrap();
    assert_eq!((work.street.as_str(), work.country.as_str(), work.floor), ("New", "AT", None));
    for (json, missing) in [
        (r#"{ "id": 1, "office": { "street": "New" } }"#, "$.office.zipCode"),
        (r#"{ "id": 1, "at": {} }"#, "$.at.x"),
    ] {
        match go!(D, sites.save_json(json)) {
            Err(Error::MissingField { at, .. }) => assert_eq!(at, missing),
            other => panic!("{json}: {other:?}"),
        }
    }
    match go!(D, sites.save_json(r#"{ "id": 1, "at": { "x": 1, "y": null } }"#)) {
        Err(Error::WrongType { at, .. }) => assert_eq!(at, "$.at.y"),
        other => panic!("{other:?}"),
    }
    match go!(D, sites.save(Site::draft().id(1).work(Address::draft().street("x")))) {
        Err(Error::WrongType { at, .. }) => assert_eq!(at, "$.office.zipCode"),
        other => panic!("{other:?}"),
    }
    go!(D, sites.save_json(r#"{ "id": 1, "office": null }"#))?;
    assert_eq!(go!(D, sites.find(1))?.unwrap().work, None);
    Ok(())
}

async fn embedded_mistakes_are_told<D: Mode>(setup: Setup) -> TestResult {
    let db = setup.database::<D>().await?;
    let sites = db.repository::<Site>();
    for (json, path) in [
        (r#"{ "id": 1, "home": { "street": 5 } }"#, "$.home.street"),
        (r#"[{ "id": 1, "home": { "street": null } }]"#, "$[0].home.street"),
        (r#"{ "id": 1, "home": null }"#, "$.home"),
        (r#"{ "id": 1, "home": [1] }"#, "$.home"),
        (r#"{ "id": 1, "home": "Elm" }"#, "$.home"),
        (r#"{ "id": 1, "parts": [{ "id": 2, "at": 1.5 }] }"#, "$.parts[0].at"),
    ] {
        match go!(D, sites.save_json(json)) {
            Err(Error::WrongType { at, .. }) => assert_eq!(at, path, "{json}"),
            other => panic!("{json}: {other:?}"),
        }
    }
    for (json, path) in [
        (r#"{ "id": 1, "home": { "stret": "" } }"#, "$.home.stret"),
        (r#"{ "id": 1, "home.street": "" }"#, "$.home.street"),
        (r#"{ "id": 1, "home_street": "" }"#, "$.home_street"),
    ] {
        match go!(D, sites.save_json(json)) {
            Err(Error::UnknownField { at, .. }) => assert_eq!(at, path),
            other => panic!("{json}: {other:?}"),
        }
    }
    match go!(D, sites.save_json(r#"{ "id": 1, "home": { "street": "x" } }"#)) {
        Err(Error::MissingField { at, .. }) => assert_eq!(at, "$.home.zipCode"),
        other => panic!("{other:?}"),
    }
    assert_eq!(go!(D, sites.count())?, 0);
    Ok(())
}

async fn embedded_columns_are_unique_together<D: Mode>(setup: Setup) -> TestResult {
    let db = setup.database::<D>().await?;
    let sites = db.repository::<Site>();
    let site =
        |id: u64, zip: &str| Site::draft().id(id).name("n").home(Address::draft().street("s").zip_code(zip));
    go!(D, sites.save_many([site(1, "a"), site(2, "b")]))?;
    match go!(D, sites.save(site(3, "b"))) {
        Err(Error::Unique { columns, .. }) => assert_eq!(columns, "name, home.zip_code"),
        other => panic!("{other:?}"),
    }
    Ok(())
}

async fn embedded_structs_go_through_serde<D: Mode>(setup: Setup) -> TestResult {
    let db = setup.database::<D>().await?;
    let sites = db.repository::<Site>();
    let site = go!(D, sites.save(Site::draft().id(1).home(address("Elm")).at(Point { x: 1, y: 2 })))?;
    let output = serde_json::to_value(&site)?;
    // `notes` are hidden.
    let home = json!({ "street": "Elm", "zipCode": "1010", "country": "AT", "floor": 3 });
    assert_eq!(
        output,
        json!({ "id": 1, "home": home, "name": "", "office": null, "parent_id": null, "at": { "x": 1, "y": 2 } })
    );
    let read: Site = serde_json::from_value(output)?;
    assert_eq!(read, Site { home: Address { notes: Vec::new(), ..address("Elm") }, ..site });
    let told = |json| serde_json::from_value::<Site>(json).unwrap_err().to_string();
    assert_eq!(told(json!({ "id": 1, "home": { "street": "" } })), "missing field `home.zipCode`");
    assert_eq!(
        told(json!({ "id": 1, "at": { "x": "1" } })),
        "`at.x`: expected an integer from -2147483648 to 2147483647, found text \"1\" \
         (which `#[field(cast)]` would convert)"
    );
    assert_eq!(told(json!({ "id": 1, "at": { "z": 1 } })), "`Point` has no member `z`");
    Ok(())
}
