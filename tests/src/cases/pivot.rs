//! Pivots that say more than which two records they tie: written, read, and asked.

use crate::scenarios::pivot::{Membership, Player, Team};
use crate::scenarios::through::{Country, Note, Person};
use crate::{Setup, TestResult, cases, go};
use orm_core::database::Database;
use orm_core::prelude::*;
use orm_core::{Error, Mode};

cases![
    written_from_json,
    written_from_drafts,
    a_missing_column_is_an_error_with_its_path,
    broken_pivots_are_errors,
    the_member_is_unknown_elsewhere,
    read_along,
    read_along_what_leads_through,
    filtered,
    asked,
    another_model_is_an_error,
    what_was_not_loaded_is_named,
];

/// The storage makes the keys of the teams: 1 and 2.
const ADA: &str = r#"{ "id": 1, "name": "Ada", "teams": [
    { "name": "Reds", "pivot": { "number": 7, "since": 2001 } },
    { "pivot": { "number": 3 }, "name": "Blues" }] }"#;

const BOB: &str = r#"{ "id": 2, "name": "Bob", "teams": [
    { "id": 1, "pivot": { "number": 9, "sponsor": { "id": 5, "name": "Eve" } } }] }"#;

async fn players<D: Mode>(setup: &Setup) -> Result<Database<D>, Error> {
    let db = setup.database::<D>().await?;
    go!(D, db.repository::<Player>().save_json(ADA))?;
    go!(D, db.repository::<Player>().save_json(BOB))?;
    setup.statements();
    Ok(db)
}

async fn written_from_json<D: Mode>(setup: Setup) -> TestResult {
    let db = players::<D>(&setup).await?;
    let memberships = db.repository::<Membership>();
    let all = go!(D, memberships.query().order_by(|m| m.number.asc()).get())?;
    let all: Vec<_> = all.iter().map(|m| (m.player_id, m.team_id, m.number, m.since, m.sponsor_id)).collect();
    assert_eq!(all, [(1, 2, 3, None, None), (1, 1, 7, Some(2001), None), (2, 1, 9, None, Some(5))]);
    assert_eq!(go!(D, db.repository::<Player>().find(5))?.unwrap().name, "Eve");
    // A column that isn't given stays; the other side writes the same record.
    let json = r#"{ "id": 1, "players": [{ "id": 1, "pivot": { "since": 2002 } }] }"#;
    go!(D, db.repository::<Team>().save_json(json))?;
    let now = go!(D, memberships.find((1, 1)))?.unwrap();
    assert_eq!((now.number, now.since), (7, Some(2002)));
    // As the key alone, and without a pivot, it stays too.
    go!(D, db.repository::<Player>().save_json(r#"{ "id": 1, "teams": [1, { "id": 2, "pivot": null }] }"#))?;
    assert_eq!(go!(D, memberships.find((1, 1)))?.unwrap(), now);
    Ok(())
}

async fn written_from_drafts<D: Mode>(setup: Setup) -> TestResult {
    let db = setup.database::<D>().await?;
    let draft = Player::draft().id(1).teams_with([
        (Team::draft().name("Reds"), Membership::draft().number(4).sponsor(Player::draft().id(8))),
        (Team::draft().name("Blues"), Membership::draft().number(5)),
    ]);
    let saved = go!(D, db.repository::<Player>().save(draft))?;
    assert_eq!(saved.teams.get_partial()?.len(), 2);
    let all = go!(D, db.repository::<Membership>().query().order_by(|m| m.number.asc()).get())?;
    let numbers: Vec<_> = all.iter().map(|m| (m.number, m.sponsor_id)).collect();
    assert_eq!(numbers, [(4, Some(8)), (5, None)]);
    Ok(())
}

async fn a_missing_column_is_an_error_with_its_path<D: Mode>(setup: Setup) -> TestResult {
    let db = players::<D>(&setup).await?;
    let players = db.repository::<Player>();
    let json =
        r#"[{ "id": 7, "teams": [1] }, { "id": 8, "teams": [1, { "id": 2, "pivot": { "since": 1 } }] }]"#;
    let error = go!(D, players.save_json(json)).err().map(|e| e.to_string()).unwrap_or_default();
    assert!(error.contains("$[0].teams[0].pivot.number"), "{error}");
    let error = go!(D, players.save(Player::draft().id(7).teams([Team::draft().name("x")])));
    let error = error.err().map(|e| e.to_string()).unwrap_or_default();
    assert!(error.contains("$.teams[0].pivot.number"), "{error}");
    assert_eq!(go!(D, players.count())?, 3);
    Ok(())
}

async fn broken_pivots_are_errors<D: Mode>(setup: Setup) -> TestResult {
    let db = players::<D>(&setup).await?;
    let players = db.repository::<Player>();
    for (pivot, at) in [
        (r#"{ "number": "many" }"#, "$.teams[0].pivot.number"),
        ("7", "$.teams[0].pivot"),
        ("[]", "$.teams[0].pivot"),
        (r#"{ "number": 1, "sponsor": { "id": "x" } }"#, "$.teams[0].pivot.sponsor.id"),
    ] {
        let json = format!(r#"{{ "id": 7, "teams": [{{ "id": 1, "pivot": {pivot} }}] }}"#);
        let error = go!(D, players.save_json(&json)).err().map(|e| e.to_string()).unwrap_or_default();
        assert!(error.contains(at), "{pivot}: {error}");
    }
    let deep =
        format!("{}1{}", r#"{"id":1,"teams":[{"id":1,"pivot":{"sponsor":"#.repeat(60), "}}]}".repeat(60));
    assert!(matches!(go!(D, players.save_json(&deep)), Err(Error::TooDeep { .. })));
    Ok(())
}

async fn the_member_is_unknown_elsewhere<D: Mode>(setup: Setup) -> TestResult {
    let db = setup.database::<D>().await?;
    go!(D, db.repository::<Player>().save_json(r#"{ "id": 1, "pivot": { "number": "?" } }"#))?;
    assert_eq!(go!(D, db.repository::<Membership>().count())?, 0);
    Ok(())
}

async fn read_along<D: Mode>(setup: Setup) -> TestResult {
    let db = players::<D>(&setup).await?;
    let players = db.repository::<Player>();
    let all = go!(
        D,
        players
            .query()
            .order_by(|p| p.id.asc())
            .with(|p| p.teams.order_by(|t| t.name.asc()).with_pivot::<Membership>())
            .get()
    )?;
    // No further statement for the pivots.
    assert!(setup.statements() <= 4);
    let numbers = |p: &Player| -> Vec<(String, i32)> {
        let (teams, pivots) = (p.teams.get().unwrap(), p.teams.pivots::<Membership>().unwrap());
        assert!(pivots.iter().zip(teams).all(|(m, t)| m.team_id == t.id && m.player_id == p.id));
        teams.iter().zip(pivots).map(|(t, m)| (t.name.clone(), m.number)).collect()
    };
    assert_eq!(numbers(&all[0]), [("Blues".to_owned(), 3), ("Reds".to_owned(), 7)]);
    assert_eq!(numbers(&all[1]), [("Reds".to_owned(), 9)]);
    assert_eq!(numbers(&all[2]), []);
    assert_eq!(numbers(&all[0].clone()).len(), 2);
    // What was read with its pivots is saved like any other.
    let again = go!(D, players.save(all[0].clone()))?;
    assert_eq!(again.teams.get_partial()?.len(), 2);
    let without = go!(D, players.query().with(|p| p.teams).first())?.unwrap();
    let error = without.teams.pivots::<Membership>().unwrap_err().to_string();
    assert!(error.contains("with_pivot"), "{error}");
    assert!(all[0].teams.pivots::<Player>().is_err());
    Ok(())
}

async fn read_along_what_leads_through<D: Mode>(setup: Setup) -> TestResult {
    let db = setup.database::<D>().await?;
    let json = r#"{ "id": 1, "name": "Austria", "people": [
        { "id": 1, "notes": [{ "id": 1, "text": "a" }] }, { "id": 2, "notes": [{ "id": 2, "text": "b" }] }] }"#;
    go!(D, db.repository::<Country>().save_json(json))?;
    let country = go!(
        D,
        db.repository::<Country>()
            .query()
            .with(|c| c.notes.order_by(|n| n.id.desc()).limit(2).with_pivot::<Person>())
            .first()
    )?
    .unwrap();
    let people: Vec<u64> = country.notes.pivots::<Person>()?.iter().map(|p| p.id).collect();
    assert_eq!(people, [2, 1]);
    assert_eq!(country.notes.get_partial()?.iter().map(|n: &Note| n.id).collect::<Vec<_>>(), [2, 1]);
    let asked = db.repository::<Country>().query().filter(|c| c.notes.any_pivot::<Person>(|p| p.id.eq(2)));
    assert_eq!(go!(D, asked.count())?, 1);
    Ok(())
}

async fn filtered<D: Mode>(setup: Setup) -> TestResult {
    let db = players::<D>(&setup).await?;
    let teams = go!(
        D,
        db.repository::<Team>()
            .query()
            .order_by(|t| t.id.asc())
            .with(|t| t.players.filter_pivot::<Membership>(|m| m.number.ge(7)).order_by(|p| p.id.asc()))
            .get()
    )?;
    let players: Vec<Vec<u64>> =
        teams.iter().map(|t| t.players.get_partial().unwrap().iter().map(|p| p.id).collect()).collect();
    assert_eq!(players, [vec![1, 2], vec![]]);
    assert!(teams[0].players.get().is_err());
    let first = go!(
        D,
        db.repository::<Team>()
            .query()
            .order_by(|t| t.id.asc())
            .with(|t| {
                t.players
                    .filter_pivot::<Membership>(|m| m.number.ge(3))
                    .filter_pivot::<Membership>(|m| m.since.is_null())
                    .order_by(|p| p.id.asc())
                    .limit(1)
                    .with_pivot::<Membership>()
            })
            .get()
    )?;
    let numbers: Vec<Vec<i32>> = first
        .iter()
        .map(|t| t.players.pivots::<Membership>().unwrap().iter().map(|m| m.number).collect())
        .collect();
    assert_eq!(numbers, [vec![9], vec![3]]);
    Ok(())
}

async fn asked<D: Mode>(setup: Setup) -> TestResult {
    let db = players::<D>(&setup).await?;
    let ids = async |filter: Filter<Player>| -> Result<Vec<u64>, Error> {
        let query = db.repository::<Player>().query().filter(|_| filter);
        Ok(go!(D, query.order_by(|p| p.id.asc()).get())?.into_iter().map(|p| p.id).collect())
    };
    let p = Player::fields();
    assert_eq!(ids(p.teams.any_pivot::<Membership>(|m| m.number.ge(7))).await?, [1, 2]);
    assert_eq!(ids(p.teams.any_pivot::<Membership>(|m| m.sponsor.is(|s| s.name.eq("Eve")))).await?, [2]);
    // One team must meet both.
    let both = |name: &str, number: i32| {
        let (name, number) = (name.to_owned(), number);
        p.teams.count().filter(|t| t.name.eq(name)).filter_pivot::<Membership>(|m| m.number.eq(number)).ge(1)
    };
    assert_eq!(ids(both("Reds", 7)).await?, [1]);
    assert_eq!(ids(both("Reds", 3)).await?, [] as [u64; 0]);
    assert_eq!(ids(p.teams.count().filter_pivot::<Membership>(|m| m.number.lt(9)).eq(0)).await?, [2, 5]);
    Ok(())
}

async fn another_model_is_an_error<D: Mode>(setup: Setup) -> TestResult {
    let db = players::<D>(&setup).await?;
    let players = db.repository::<Player>();
    let wrong = go!(D, players.query().with(|p| p.teams.with_pivot::<Team>()).get());
    let error = wrong.err().map(|e| e.to_string()).unwrap_or_default();
    assert!(
        error.contains("Membership") && error.contains("`Team`") && error.contains("Player.teams"),
        "{error}"
    );
    let wrong = go!(D, players.query().filter(|p| p.teams.any_pivot::<Team>(|t| t.id.eq(1))).get());
    assert!(wrong.is_err());
    // Also where there is nothing to load, or no record to load it for.
    for id in [5_u64, 99] {
        let wrong = players.query().filter(|p| p.id.eq(id)).with(|p| p.teams.with_pivot::<Team>());
        assert!(matches!(go!(D, wrong.get()), Err(Error::Operand { .. })), "{id}");
    }
    let mut none: Vec<Player> = Vec::new();
    assert!(go!(D, players.load(&mut none, |p| p.teams.with_pivot::<Team>())).is_err());
    Ok(())
}

async fn what_was_not_loaded_is_named<D: Mode>(setup: Setup) -> TestResult {
    let db = players::<D>(&setup).await?;
    let players = db.repository::<Player>();
    for id in [1_u64, 5] {
        let query = || players.query().filter(|p| p.id.eq(id));
        let without = go!(D, query().with(|p| p.teams).one())?;
        let wrong = without.teams.pivots::<Player>().unwrap_err().to_string();
        assert_eq!(
            wrong,
            "`Player.teams` has `Membership` in between: ask for them by `.pivots::<Membership>()`"
        );
        let with = go!(D, query().with(|p| p.teams.with_pivot::<Membership>()).one())?;
        assert_eq!(with.teams.pivots::<Player>().unwrap_err().to_string(), wrong);
        assert!(with.teams.pivots::<Membership>().is_ok());
    }
    let without = go!(D, players.query().filter(|p| p.id.eq(1)).with(|p| p.teams).one())?;
    assert_eq!(
        without.teams.pivots::<Membership>().unwrap_err().to_string(),
        "the `Membership` records of `Player.teams` are not loaded: add \
         `.with(|m| m.teams.with_pivot::<Membership>())` to the query"
    );
    Ok(())
}
