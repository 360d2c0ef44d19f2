//! Inserting, updating, removing: what is expected of records, and of filters.

use super::BLOG;
use crate::scenarios::blog::{Post, Tag, User};
use crate::{Setup, TestResult, cases, go};
use orm_core::{Error, Mode};

cases![
    insert_must_be_new,
    insert_saves_nested_records,
    update_must_exist,
    update_by_query,
    update_by_query_refuses_what_it_must,
    arithmetic_never_wraps,
    destroy_and_delete,
    flush_empties_one_entity,
    unique_columns,
    a_filter_that_is_always_true_is_refused,
    everything_sees_what_was_written,
];

async fn insert_must_be_new<D: Mode>(setup: Setup) -> TestResult {
    let db = setup.database::<D>().await?;
    let users = db.repository::<User>();
    go!(D, users.insert(User::draft().id(1).name("Ada")))?;
    match go!(D, users.insert(User::draft().id(1).name("Bob"))) {
        Err(Error::DuplicateKey { model, key, .. }) => assert_eq!((model, key.as_str()), ("User", "1")),
        other => panic!("{other:?}"),
    }
    let twice = [User::draft().id(2).name("a"), User::draft().id(3).name("b"), User::draft().id(2).name("c")];
    match go!(D, users.insert_many(twice)) {
        Err(Error::DuplicateKey { at, .. }) => assert_eq!(at, "$[2]"),
        other => panic!("{other:?}"),
    }
    assert_eq!(go!(D, users.count())?, 1);
    assert_eq!(go!(D, users.find(1))?.unwrap().name, "Ada");
    assert!(matches!(go!(D, users.insert(User::draft().id(4))), Err(Error::MissingField { .. })));
    Ok(())
}

async fn insert_saves_nested_records<D: Mode>(setup: Setup) -> TestResult {
    let db = setup.database::<D>().await?;
    go!(D, db.repository::<Post>().save(Post::draft().id(1).title("old")))?;
    let user = User::draft()
        .id(1)
        .name("Ada")
        .posts([Post::draft().id(1).views(9), Post::draft().id(2).title("new")]);
    let ada = go!(D, db.repository::<User>().insert(user))?;
    assert_eq!(ada.posts.get_partial()?[0].title, "old");
    assert_eq!(go!(D, db.repository::<Post>().find(1))?.unwrap().author_id, Some(1));
    Ok(())
}

async fn update_must_exist<D: Mode>(setup: Setup) -> TestResult {
    let db = setup.database::<D>().await?;
    let users = db.repository::<User>();
    match go!(D, users.update(User::draft().id(1).name("Ada"))) {
        Err(Error::NotFound { model, key, .. }) => assert_eq!((model, key.as_str()), ("User", "1")),
        other => panic!("{other:?}"),
    }
    assert!(matches!(go!(D, users.update(User::draft().id(1))), Err(Error::NotFound { .. })));
    go!(D, users.save(User::draft().id(1).name("Ada").age(5)))?;
    let ada = go!(D, users.update(User::draft().id(1).age(6)))?;
    assert_eq!((ada.name.as_str(), ada.age), ("Ada", 6));
    assert_eq!(go!(D, users.update(User::draft().id(1)))?.age, 6);
    assert!(matches!(go!(D, users.update(User::draft().age(1))), Err(Error::MissingKey { .. })));
    Ok(())
}

async fn update_by_query<D: Mode>(setup: Setup) -> TestResult {
    let db = setup.database::<D>().await?;
    go!(D, db.repository::<User>().save_json(BLOG))?;
    let posts = db.repository::<Post>();
    let changed = posts.query().filter(|p| p.views.ge(20)).update(|p| [p.views.add(5), p.title.set("x")]);
    assert_eq!(go!(D, changed)?, 2);
    let changed = go!(D, posts.query().filter(|p| p.title.eq("x")).order_by(|p| p.id.asc()).get())?;
    assert_eq!(changed.iter().map(|p| (p.id, p.views)).collect::<Vec<_>>(), [(2, 35), (3, 25)]);
    // Through a relation, to null, and adding to null.
    let of_ada =
        posts.query().filter(|p| p.author.is(|u| u.name.eq("Ada"))).update(|p| p.editor_id.set(None::<u64>));
    assert_eq!(go!(D, of_ada)?, 3);
    assert_eq!(go!(D, posts.query().filter(|p| p.id.eq(1)).update(|p| p.editor_id.add(1)))?, 1);
    assert_eq!(go!(D, posts.find(1))?.unwrap().editor_id, None);
    assert_eq!(go!(D, posts.query().filter(|p| p.id.eq(77)).update(|p| p.views.set(1)))?, 0);
    Ok(())
}

async fn update_by_query_refuses_what_it_must<D: Mode>(setup: Setup) -> TestResult {
    let db = setup.database::<D>().await?;
    go!(D, db.repository::<User>().save_json(BLOG))?;
    let users = db.repository::<User>();
    let one = || users.query().filter(|u| u.id.eq(1));
    assert!(matches!(go!(D, one().update(|u| u.id.set(9))), Err(Error::KeyUpdate { column: "id", .. })));
    assert!(matches!(
        go!(D, one().update(|u| u.age.set(3_000_000_000_i64))),
        Err(Error::Operand { column: "age", .. })
    ));
    assert!(matches!(go!(D, one().limit(1).delete()), Err(Error::Unsupported { .. })));
    assert_eq!(go!(D, one().update(|_| Vec::new()))?, 1);
    Ok(())
}

async fn arithmetic_never_wraps<D: Mode>(setup: Setup) -> TestResult {
    let db = setup.database::<D>().await?;
    let users = db.repository::<User>();
    go!(
        D,
        users.save_many([User::draft().id(1).name("a").age(1), User::draft().id(2).name("b").age(i32::MAX)])
    )?;
    match go!(D, users.query().all_rows().update(|u| u.age.add(1))) {
        Err(Error::Overflow { model, column }) => assert_eq!((model, column), ("User", "age")),
        other => panic!("{other:?}"),
    }
    assert_eq!(go!(D, users.find(1))?.unwrap().age, 1);
    let posts = db.repository::<Post>();
    go!(D, posts.save(Post::draft().id(1).title("t").views(i64::MIN)))?;
    assert!(matches!(
        go!(D, posts.query().all_rows().update(|p| p.views.add(-1))),
        Err(Error::Overflow { .. })
    ));
    assert_eq!(go!(D, posts.query().all_rows().update(|p| p.views.add(i64::MAX)))?, 1);
    assert_eq!(go!(D, posts.find(1))?.unwrap().views, -1);
    Ok(())
}

async fn destroy_and_delete<D: Mode>(setup: Setup) -> TestResult {
    let db = setup.database::<D>().await?;
    go!(D, db.repository::<User>().save_json(BLOG))?;
    let posts = db.repository::<Post>();
    assert!(go!(D, posts.destroy(1))?);
    assert!(!go!(D, posts.destroy(1))?);
    assert_eq!(go!(D, posts.destroy_many([2, 2, 99]))?, 1);
    assert_eq!(go!(D, posts.query().filter(|p| p.author.is(|u| u.name.eq("Bob"))).delete())?, 1);
    assert_eq!(go!(D, posts.all())?.iter().map(|p| p.id).collect::<Vec<_>>(), [3]);
    // A record of a removed key is new again.
    let back = go!(D, posts.save(Post::draft().id(1).title("again")))?;
    assert_eq!((back.views, back.author_id), (0, None));
    assert!(go!(D, db.repository::<Tag>().destroy("math"))?);
    Ok(())
}

async fn flush_empties_one_entity<D: Mode>(setup: Setup) -> TestResult {
    let db = setup.database::<D>().await?;
    go!(D, db.repository::<User>().save_json(BLOG))?;
    assert_eq!(go!(D, db.repository::<Post>().flush())?, 4);
    assert_eq!(go!(D, db.repository::<Post>().count())?, 0);
    assert_eq!(go!(D, db.repository::<User>().count())?, 3);
    let users = go!(D, db.repository::<User>().query().filter(|u| u.id.eq(1)).with(|u| u.posts).get())?;
    assert!(users[0].posts.get()?.is_empty());
    Ok(())
}

async fn unique_columns<D: Mode>(setup: Setup) -> TestResult {
    let db = setup.database::<D>().await?;
    let users = db.repository::<User>();
    go!(
        D,
        users.save_json(
            r#"[{ "id": 1, "name": "a", "email": "x" }, { "id": 2, "name": "b" }, { "id": 3, "name": "c" }]"#
        )
    )?;
    match go!(D, users.save_json(r#"[{ "id": 4, "name": "d" }, { "id": 2, "email": "x" }]"#)) {
        Err(Error::Unique { at, model, columns, .. }) => {
            assert_eq!((at.as_str(), model), ("$[1]", "User"));
            assert_eq!(columns, "email");
        }
        other => panic!("{other:?}"),
    }
    assert_eq!(go!(D, users.count())?, 3);
    // It may move within a transaction of its own, and be said again of the same record.
    go!(
        D,
        users.save_json(
            r#"[{ "id": 1, "email": "y" }, { "id": 2, "email": "x" }, { "id": 2, "email": "x" }]"#
        )
    )?;
    assert_eq!(go!(D, users.query().filter(|u| u.email.eq("x")).first())?.unwrap().id, 2);
    Ok(())
}

async fn a_filter_that_is_always_true_is_refused<D: Mode>(setup: Setup) -> TestResult {
    let db = setup.database::<D>().await?;
    let users = db.repository::<User>();
    go!(D, users.save_json(BLOG))?;
    let none: [u64; 0] = [];
    assert!(matches!(go!(D, users.query().delete()), Err(Error::AllRows { operation: "delete", .. })));
    assert!(matches!(
        go!(D, users.query().filter(|u| u.id.not_in(none)).delete()),
        Err(Error::AllRows { .. })
    ));
    assert!(matches!(
        go!(D, users.query().update(|u| u.age.set(1))),
        Err(Error::AllRows { operation: "update", .. })
    ));
    assert_eq!(go!(D, users.count())?, 3);
    assert_eq!(go!(D, users.query().filter(|u| u.id.in_(none)).delete())?, 0);
    assert_eq!(go!(D, users.query().all_rows().delete())?, 3);
    Ok(())
}

async fn everything_sees_what_was_written<D: Mode>(setup: Setup) -> TestResult {
    // Many rounds of writes, so that indexes, reused rows and caches meet each other.
    let db = setup.database::<D>().await?;
    let posts = db.repository::<Post>();
    for round in 0..20_u64 {
        let batch: Vec<_> = (0..50)
            .map(|i| Post::draft().id(i * (round % 3 + 1)).title(format!("r{round}")).author_id(round % 4))
            .collect();
        go!(D, posts.save_many(batch))?;
        go!(D, posts.query().filter(|p| p.id.gt(90)).delete())?;
        let all = go!(D, posts.all())?;
        for author in 0..4 {
            let expected = all.iter().filter(|p| p.author_id == Some(author)).count() as u64;
            assert_eq!(go!(D, posts.query().filter(|p| p.author_id.eq(author)).count())?, expected);
        }
        let expected = all.iter().filter(|p| p.title == "r0").count() as u64;
        assert_eq!(go!(D, posts.query().filter(|p| p.title.eq("r0")).count())?, expected);
        for post in &all {
            assert_eq!(go!(D, posts.find(post.id))?.as_ref(), Some(post));
        }
    }
    Ok(())
}
