//! What comes in is cast and mutated, whichever way it comes.

use crate::scenarios::fields::{Account, Lenient};
use crate::{Setup, TestResult, cases, go};
use orm_core::prelude::Decimal;
use orm_core::value::Timestamp;
use orm_core::{Error, Mode};

cases![
    input_is_cast,
    what_cant_be_cast_is_refused,
    keys_are_cast,
    values_are_mutated_on_every_way_in,
    keys_are_mutated
];

async fn input_is_cast<D: Mode>(setup: Setup) -> TestResult {
    let db = setup.database::<D>().await?;
    let all = db.repository::<Lenient>();
    go!(
        D,
        all.save_json(
            r#"[{ "id": "1", "count": "07", "on": 1, "name": 5, "ratio": "2.5", "price": "1.5", "seen": 1500 },
                { "id": 2, "count": 3.0, "on": "TRUE", "name": true, "ratio": " ", "price": 2, "seen": "" },
                { "id": 3, "count": true, "on": "0", "name": 2.5, "ratio": 1, "price": "", "seen": "1970-01-01T00:00:01Z" },
                { "id": 4, "count": 1, "on": false, "name": 18446744073709551615, "ratio": null }]"#
        )
    )?;
    let found = go!(D, all.query().order_by(|l| l.id.asc()).get())?;
    assert_eq!(found.iter().map(|l| l.count).collect::<Vec<_>>(), [7, 3, 1, 1]);
    assert_eq!(found.iter().map(|l| l.on).collect::<Vec<_>>(), [true, true, false, false]);
    let names: Vec<_> = found.iter().map(|l| l.name.as_str()).collect();
    assert_eq!(names, ["5", "true", "2.5", "18446744073709551615"]);
    assert_eq!(found.iter().map(|l| l.ratio).collect::<Vec<_>>(), [Some(2.5), None, Some(1.0), None]);
    let prices: Vec<_> = found.iter().map(|l| l.price).collect();
    assert_eq!(prices, [Some(Decimal::new(150, 2)), Some(Decimal::new(200, 2)), None, None]);
    let seen: Vec<_> = found.iter().map(|l| l.seen.map(Timestamp::micros)).collect();
    assert_eq!(seen, [Some(1_500_000), None, Some(1_000_000), None]);
    Ok(())
}

async fn what_cant_be_cast_is_refused<D: Mode>(setup: Setup) -> TestResult {
    let db = setup.database::<D>().await?;
    let all = db.repository::<Lenient>();
    for (json, path) in [
        (r#"{ "id": 1, "count": "2.5" }"#, "$.count"),
        (r#"{ "id": 1, "count": "" }"#, "$.count"),
        (r#"{ "id": 1, "count": "99999999999" }"#, "$.count"),
        (r#"{ "id": 1, "count": [1] }"#, "$.count"),
        (r#"{ "id": 1, "on": 2 }"#, "$.on"),
        (r#"{ "id": 1, "on": "yes" }"#, "$.on"),
        (r#"{ "id": 1, "name": null }"#, "$.name"),
        (r#"{ "id": 1, "ratio": "NaN" }"#, "$.ratio"),
        (r#"{ "id": 1, "price": "1.234" }"#, "$.price"),
        (r#"{ "id": 1, "seen": "yesterday" }"#, "$.seen"),
        (r#"{ "id": 1, "exact": "1" }"#, "$.exact"),
        (r#"{ "id": 1, "children": [{ "id": 2, "on": {} }] }"#, "$.children[0].on"),
    ] {
        match go!(D, all.save_json(json)) {
            Err(Error::WrongType { at, .. }) => assert_eq!(at, path, "{json}"),
            other => panic!("{json}: {other:?}"),
        }
    }
    assert_eq!(go!(D, all.count())?, 0);
    Ok(())
}

async fn keys_are_cast<D: Mode>(setup: Setup) -> TestResult {
    let db = setup.database::<D>().await?;
    let all = db.repository::<Lenient>();
    go!(D, all.save_json(r#"[{ "id": "1", "children": [{ "id": "2" }] }, { "id": 3, "parent": "2" }]"#))?;
    go!(D, all.save_json(r#"{ "id": "1", "children": ["3"] }"#))?;
    let root = go!(D, all.query().with(|l| l.children.order_by(|c| c.id.asc())).find(1))?.unwrap();
    assert_eq!(root.children.get()?.iter().map(|c| c.id).collect::<Vec<_>>(), [2, 3]);
    Ok(())
}

async fn values_are_mutated_on_every_way_in<D: Mode>(setup: Setup) -> TestResult {
    let db = setup.database::<D>().await?;
    let all = db.repository::<Account>();
    let stored = go!(D, all.save(Account::draft().email("A@x").nick(Some(" a ")).score(-1)))?;
    assert_eq!((stored.email.as_str(), stored.nick.as_deref(), stored.score), ("a@x", Some("a"), 1));
    // A typed value goes through the same; NULL goes through nothing.
    let typed = Account { email: "B@X".into(), nick: None, score: -2, ..stored };
    let stored = go!(D, all.save(typed))?;
    assert_eq!((stored.email.as_str(), stored.nick.as_deref(), stored.score), ("b@x", None, 2));
    go!(D, all.save_json(r#"[{ "email": "C@X", "nick": "\tc" }, { "email": "c@x", "score": -7 }]"#))?;
    let stored = go!(D, all.find("c@x"))?.unwrap();
    assert_eq!((stored.nick.as_deref(), stored.score), (Some("c"), 7));
    // A default is taken as it was written.
    go!(D, all.save(Account::draft().email("D@x")))?;
    assert_eq!(go!(D, all.find("d@x"))?.unwrap().score, -5);
    // What is assigned is a value on its way in; what is added is not.
    let c = || all.query().filter(|a| a.email.eq("c@x"));
    assert_eq!(go!(D, c().update(|a| [a.nick.set("  n "), a.score.set(-8)]))?, 1);
    assert_eq!(go!(D, c().update(|a| a.score.add(-3)))?, 1);
    let stored = go!(D, all.find("c@x"))?.unwrap();
    assert_eq!((stored.nick.as_deref(), stored.score), (Some("n"), 5));
    Ok(())
}

async fn keys_are_mutated<D: Mode>(setup: Setup) -> TestResult {
    let db = setup.database::<D>().await?;
    let all = db.repository::<Account>();
    go!(D, all.save_json(r#"[{ "email": "a@x" }, { "email": "b@x", "friend": "A@X" }]"#))?;
    go!(D, all.save(Account::draft().email("C@x").friend_key("B@X")))?;
    for (email, friend) in [("b@x", "a@x"), ("c@x", "b@x")] {
        let found = go!(D, all.query().with(|a| a.friend).find(email))?.unwrap();
        assert_eq!(found.friend.get()?.map(|f| f.email.as_str()), Some(friend));
    }
    Ok(())
}
