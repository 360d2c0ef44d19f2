//! Records that know their changes, and records whose writes are counted.

use crate::scenarios::blog::User;
use crate::scenarios::customers::{Customer, Order};
use crate::{Setup, TestResult, cases, go};
use orm_core::{Error, Mode, Tracked};

cases![
    tracked_records_know_their_changes,
    tracked_records_write_only_changes,
    tracked_records_refuse_what_they_must,
    versions_begin_at_one_and_count_writes,
    an_old_version_is_stale,
    writes_without_a_version_count_without_a_check,
    nested_and_repeated_records_count_once,
    updates_by_query_count,
    tracked_changes_of_an_old_version_are_stale,
    a_version_in_a_transaction,
    versions_are_not_set_by_hand,
];

async fn tracked_records_know_their_changes<D: Mode>(setup: Setup) -> TestResult {
    let db = setup.database::<D>().await?;
    let users = db.repository::<User>();
    go!(D, users.save(User::draft().id(1).name("Ada").age(36)))?;
    let mut ada = go!(D, users.find_tracked(1))?.unwrap();
    assert!(!ada.is_dirty() && ada.changes().is_empty());
    ada.age = 37;
    ada.email = Some("a@x".into());
    assert_eq!(ada.changes(), ["age", "email"]);
    ada.age = 36;
    assert_eq!(ada.changes(), ["email"]);
    assert!(go!(D, users.find_tracked(2))?.is_none());
    assert_eq!(Tracked::new(ada.into_inner()).changes(), [""; 0]);
    Ok(())
}

async fn tracked_records_write_only_changes<D: Mode>(setup: Setup) -> TestResult {
    let db = setup.database::<D>().await?;
    let users = db.repository::<User>();
    go!(
        D,
        users.save_json(r#"{ "id": 1, "name": "Ada", "age": 36, "posts": [{ "id": 1, "title": "t" }] }"#)
    )?;
    let mut ada = go!(D, users.query().with(|u| u.posts).find(1))?.map(Tracked::new).unwrap();
    setup.statements();
    assert!(!go!(D, users.save_changes(&mut ada))?);
    assert_eq!(setup.statements(), 0);
    // Another changes another column meanwhile.
    go!(D, users.update(User::draft().id(1).name("Countess")))?;
    ada.age = 37;
    assert!(go!(D, users.save_changes(&mut ada))?);
    assert_eq!((ada.name.as_str(), ada.age), ("Countess", 37));
    assert_eq!(ada.posts.get()?.len(), 1);
    assert!(!ada.is_dirty());
    assert_eq!(go!(D, users.find(1))?.unwrap().name, "Countess");
    Ok(())
}

async fn tracked_records_refuse_what_they_must<D: Mode>(setup: Setup) -> TestResult {
    let db = setup.database::<D>().await?;
    let users = db.repository::<User>();
    let mut ada = Tracked::new(go!(D, users.save(User::draft().id(1).name("Ada")))?);
    ada.id = 2;
    assert!(matches!(go!(D, users.save_changes(&mut ada)), Err(Error::KeyUpdate { column: "id", .. })));
    ada.id = 1;
    ada.age = 5;
    go!(D, users.destroy(1))?;
    assert!(matches!(go!(D, users.save_changes(&mut ada)), Err(Error::NotFound { .. })));
    assert!(ada.is_dirty(), "nothing was written");
    assert_eq!(go!(D, users.count())?, 0);
    Ok(())
}

async fn versions_begin_at_one_and_count_writes<D: Mode>(setup: Setup) -> TestResult {
    let db = setup.database::<D>().await?;
    let customers = db.repository::<Customer>();
    let mut ada = go!(D, customers.save(Customer::draft().email("a")))?;
    assert_eq!(ada.version, 1);
    for version in 2..5 {
        ada.paid += 1;
        ada = go!(D, customers.save(ada))?;
        assert_eq!(ada.version, version);
    }
    assert_eq!(go!(D, customers.find(ada.id))?, Some(ada));
    let given = go!(D, customers.insert(Customer::draft().email("b").version(7)))?;
    assert_eq!(given.version, 7);
    assert_eq!(go!(D, customers.update(Customer::draft().id(given.id).version(7).paid(1)))?.version, 8);
    Ok(())
}

async fn an_old_version_is_stale<D: Mode>(setup: Setup) -> TestResult {
    let db = setup.database::<D>().await?;
    let customers = db.repository::<Customer>();
    let mut mine = go!(D, customers.save(Customer::draft().email("a")))?;
    let mut theirs = go!(D, customers.find(mine.id))?.unwrap();
    theirs.name = "theirs".to_owned();
    go!(D, customers.save(theirs))?;
    mine.name = "mine".to_owned();
    for update in [false, true] {
        let outcome = if update {
            go!(D, customers.update(mine.clone()))
        } else {
            go!(D, customers.save(mine.clone()))
        };
        match outcome {
            Err(error @ Error::Stale { .. }) => {
                let text = format!(
                    "`Customer` {} was changed by another since it was read; refresh it and try again",
                    mine.id
                );
                assert_eq!(error.to_string(), text);
            }
            other => panic!("{other:?}"),
        }
    }
    go!(D, customers.refresh(&mut mine))?;
    assert_eq!((mine.name.as_str(), mine.version), ("theirs", 2));
    mine.paid = 5;
    assert_eq!(go!(D, customers.save(mine))?.version, 3);
    // All or nothing, with the place.
    let json = r#"[{ "id": 90, "email": "n" }, { "id": 1, "version": 1, "email": "x" }]"#;
    match go!(D, customers.save_json(json)) {
        Err(Error::Stale { at, key, model }) => {
            assert_eq!((at.as_str(), key.as_str(), model), ("$[1]", "1", "Customer"))
        }
        other => panic!("{other:?}"),
    }
    assert_eq!(go!(D, customers.count())?, 1);
    Ok(())
}

async fn writes_without_a_version_count_without_a_check<D: Mode>(setup: Setup) -> TestResult {
    let db = setup.database::<D>().await?;
    let customers = db.repository::<Customer>();
    go!(D, customers.save_json(r#"{ "id": 1, "email": "a" }"#))?;
    go!(D, customers.save_json(r#"{ "id": 1, "paid": 5 }"#))?;
    let saved = go!(D, customers.save_json(r#"{ "id": 1, "paid": 6 }"#))?;
    assert_eq!(go!(D, saved.records())?[0].version, 3);
    assert_eq!(go!(D, customers.update(Customer::draft().id(1).paid(7)))?.version, 4);
    // A key alone is no write.
    go!(D, db.repository::<Order>().save_json(r#"{ "id": 1, "customer": { "id": 1 } }"#))?;
    assert_eq!(go!(D, customers.find(1))?.unwrap().version, 4);
    Ok(())
}

async fn nested_and_repeated_records_count_once<D: Mode>(setup: Setup) -> TestResult {
    let db = setup.database::<D>().await?;
    let customers = db.repository::<Customer>();
    go!(D, customers.save_json(r#"{ "id": 1, "email": "a" }"#))?;
    let orders = r#"[{ "id": 1, "customer": { "id": 1, "version": 1, "paid": 1 } },
                     { "id": 2, "customer": { "id": 1, "version": 1, "name": "Ada" } }]"#;
    go!(D, db.repository::<Order>().save_json(orders))?;
    let ada = go!(D, customers.find(1))?.unwrap();
    assert_eq!((ada.paid, ada.name.as_str(), ada.version), (1, "Ada", 2));
    match go!(D, db.repository::<Order>().save_json(orders)) {
        Err(Error::Stale { at, .. }) => assert_eq!(at, "$[0].customer"),
        other => panic!("{other:?}"),
    }
    Ok(())
}

async fn updates_by_query_count<D: Mode>(setup: Setup) -> TestResult {
    let db = setup.database::<D>().await?;
    let customers = db.repository::<Customer>();
    let mut ada = go!(D, customers.save(Customer::draft().email("a")))?;
    assert_eq!(go!(D, customers.query().filter(|c| c.email.eq("a")).update(|c| c.paid.add(3)))?, 1);
    assert_eq!(go!(D, customers.find(ada.id))?.unwrap().version, 2);
    ada.paid = 9;
    assert!(matches!(go!(D, customers.save(ada)), Err(Error::Stale { .. })));
    Ok(())
}

async fn tracked_changes_of_an_old_version_are_stale<D: Mode>(setup: Setup) -> TestResult {
    let db = setup.database::<D>().await?;
    let customers = db.repository::<Customer>();
    let mut mine = Tracked::new(go!(D, customers.save(Customer::draft().email("a")))?);
    let mut theirs = go!(D, customers.find_tracked(mine.id))?.unwrap();
    theirs.paid = 1;
    assert!(go!(D, customers.save_changes(&mut theirs))?);
    assert_eq!(theirs.version, 2);
    theirs.paid = 2;
    assert!(go!(D, customers.save_changes(&mut theirs))?);
    assert_eq!(theirs.version, 3);
    mine.name = "x".to_owned();
    assert!(matches!(go!(D, customers.save_changes(&mut mine)), Err(Error::Stale { .. })));
    Ok(())
}

async fn a_version_in_a_transaction<D: Mode>(setup: Setup) -> TestResult {
    let db = setup.database::<D>().await?;
    let ada = go!(D, db.repository::<Customer>().save(Customer::draft().email("a")))?;
    let tx = go!(D, db.begin())?;
    let customers = tx.repository::<Customer>();
    let again = go!(D, customers.save(ada.clone()))?;
    assert_eq!(again.version, 2);
    assert!(matches!(go!(D, customers.save(ada)), Err(Error::Stale { .. })));
    // The transaction goes on.
    assert_eq!(go!(D, customers.save(again))?.version, 3);
    go!(D, tx.commit())?;
    assert_eq!(go!(D, db.repository::<Customer>().all())?[0].version, 3);
    Ok(())
}

async fn versions_are_not_set_by_hand<D: Mode>(setup: Setup) -> TestResult {
    for hooks in [false, true] {
        let setup = setup.another()?;
        let builder = setup.builder::<D>().connection("main").models::<Customer>();
        let builder = match hooks {
            true => builder.saving::<Customer>(|saving| match saving.get(|c| c.name)?.as_deref() {
                Some("by a hook") => saving.set(|c| c.version, 9),
                _ => Ok(()),
            }),
            false => builder,
        };
        let db = go!(D, builder.start())?;
        let customers = db.repository::<Customer>();
        go!(D, customers.save(Customer::draft().id(1).email("a")))?;
        let one = || customers.query().filter(|c| c.id.eq(1));
        for outcome in [
            go!(D, one().update(|c| c.version.set(5))),
            go!(D, one().update(|c| c.version.add(5))),
            go!(D, one().update(|c| [c.name.set("x"), c.version.set(5)])),
        ] {
            let told = matches!(outcome, Err(Error::VersionUpdate { model: "Customer", column: "version" }));
            assert!(told, "{outcome:?}");
        }
        if hooks {
            let by_hook = go!(D, customers.update(Customer::draft().id(1).name("by a hook")));
            assert!(matches!(by_hook, Err(Error::VersionUpdate { .. })), "{by_hook:?}");
        }
        let now = go!(D, customers.find(1))?.expect("it is there");
        assert_eq!((now.version, now.name.as_str()), (1, "someone"));
    }
    Ok(())
}
