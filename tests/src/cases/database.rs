//! Databases, connections, registration.

use super::BLOG;
use crate::scenarios::blog::{Post, User};
use crate::{Setup, TestResult, cases, go};
use orm_core::database::Database;
use orm_core::prelude::Model;
use orm_core::{Error, Mode};

cases![
    connections_never_see_each_other,
    the_same_connection_is_the_same_data,
    start_reports_every_fault,
    two_models_of_one_entity_name,
    a_bad_connection_name,
    no_provider,
    repositories_are_found_by_type,
];

async fn connections_never_see_each_other<D: Mode>(setup: Setup) -> TestResult {
    let one: Database<D> = go!(D, setup.builder::<D>().connection("one").start())?;
    let two: Database<D> = go!(D, setup.builder::<D>().connection("two").start())?;
    let unnamed: Database<D> = go!(D, setup.builder::<D>().start())?;
    go!(D, one.repository::<User>().save_json(BLOG))?;
    go!(D, two.repository::<User>().save(User::draft().id(1).name("Other")))?;
    assert_eq!(go!(D, one.repository::<User>().count())?, 3);
    assert_eq!(go!(D, two.repository::<User>().count())?, 1);
    assert_eq!(go!(D, unnamed.repository::<User>().count())?, 0);
    assert_eq!(go!(D, two.repository::<Post>().count())?, 0);
    go!(D, two.repository::<User>().flush())?;
    assert_eq!(go!(D, one.repository::<User>().find(1))?.unwrap().name, "Ada");
    Ok(())
}

async fn the_same_connection_is_the_same_data<D: Mode>(setup: Setup) -> TestResult {
    let one: Database<D> = go!(D, setup.builder::<D>().connection("same").start())?;
    let two: Database<D> = go!(D, setup.builder::<D>().connection("same").models::<User>().start())?;
    go!(D, one.repository::<User>().save_json(BLOG))?;
    assert_eq!(go!(D, two.repository::<Post>().count())?, 4);
    assert_eq!(two.connection().as_str(), "same");
    Ok(())
}

/// Its default can't be stored.
#[derive(Model, Debug)]
#[model(entity = "bad_default")]
struct BadDefault {
    #[key]
    id: u64,
    #[field(default = 300)]
    small: u8,
}

/// Shares its entity with [`Second`].
#[derive(Model, Debug)]
#[model(entity = "shared")]
struct First {
    #[key]
    id: u64,
}

/// Shares its entity with [`First`].
#[derive(Model, Debug)]
#[model(entity = "shared")]
struct Second {
    #[key]
    id: u64,
    name: String,
}

async fn start_reports_every_fault<D: Mode>(setup: Setup) -> TestResult {
    let started: Result<Database<D>, _> =
        go!(D, setup.builder::<D>().models::<(User, BadDefault, First, Second)>().start());
    let error = started.unwrap_err();
    assert!(matches!(error, Error::Schema(_)));
    let text = error.to_string();
    for part in ["`BadDefault.small`", "`First`", "`Second`", "`shared`"] {
        assert!(text.contains(part), "{part} is not in: {text}");
    }
    Ok(())
}

async fn two_models_of_one_entity_name<D: Mode>(setup: Setup) -> TestResult {
    let db = setup.database::<D>().await?;
    go!(D, db.repository::<First>().save(First { id: 1 }))?;
    let second = db.repository::<Second>();
    assert!(matches!(go!(D, second.count()), Err(Error::Schema(_))));
    assert!(matches!(go!(D, second.save(Second { id: 1, name: "x".into() })), Err(Error::Schema(_))));
    assert_eq!(go!(D, db.repository::<First>().count())?, 1);
    Ok(())
}

async fn a_bad_connection_name<D: Mode>(setup: Setup) -> TestResult {
    for name in ["", "1st", "a b", "x\"; DROP TABLE y", "ünï", &"x".repeat(49)] {
        let started: Result<Database<D>, _> = go!(D, setup.builder::<D>().connection(name).start());
        assert!(matches!(started, Err(Error::Configuration(_))), "{name}");
    }
    Ok(())
}

async fn no_provider<D: Mode>(_: Setup) -> TestResult {
    let started: Result<Database<D>, _> = go!(D, Database::<D>::builder().start());
    assert!(started.unwrap_err().to_string().contains(".provider("));
    Ok(())
}

async fn repositories_are_found_by_type<D: Mode>(setup: Setup) -> TestResult {
    let db = setup.database::<D>().await?;
    let posts = db.repository::<Post>();
    assert!(format!("{posts:?}").contains("posts"));
    assert!(format!("{db:?}").contains("comments"), "the models that relations reach are registered: {db:?}");
    assert_eq!(go!(D, posts.all())?, []);
    Ok(())
}
