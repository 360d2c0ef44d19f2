//! The verbs of a repository beyond saving and finding.

use super::BLOG;
use crate::scenarios::blog::{Comment, Post, PostTag, Tag, User};
use crate::scenarios::customers::{Cart, Customer, Order, Place};
use crate::scenarios::library::{Author, Book, Chapter, Folder, Loan, Review};
use crate::scenarios::races::Runner;
use crate::{Setup, TestResult, cases, go};
use orm_core::provider::On;
use orm_core::{Error, Mode};

cases![
    fresh_replaces_the_whole_content,
    fresh_cascades_for_what_does_not_come_back,
    fresh_makes_keys_and_fails_whole,
    new_stores_a_record_of_defaults,
    make_stores_nothing,
    make_names_all_that_is_missing,
    upsert_by_a_unique_column,
    upsert_by_several_columns,
    upsert_many_looks_up_once,
    upsert_refuses_what_it_must,
    update_or_create_does_either,
    first_or_create_does_either,
    another_unique_index_is_no_race,
    update_many_must_exist,
    revive_finds_the_shape_of_the_input,
    revive_writes_nothing,
    load_fills_records_in_hand,
    refresh_reads_the_columns_again,
];

async fn fresh_replaces_the_whole_content<D: Mode>(setup: Setup) -> TestResult {
    let db = setup.database::<D>().await?;
    go!(D, db.repository::<User>().save_json(BLOG))?;
    let posts = db.repository::<Post>();
    let new = [
        Post::draft().id(9).title("Nine").tags([Tag::draft().name("new")]),
        Post::draft().id(1).title("One").comments([Comment::draft().id(1).text("kept")]),
    ];
    let answer = go!(D, posts.fresh(new))?;
    assert_eq!(
        answer.iter().map(|p| (p.id, p.views, p.author_id)).collect::<Vec<_>>(),
        [(9, 0, None), (1, 0, None)]
    );
    assert_eq!(answer[0].tags.get_partial()?[0].color, "grey");
    let all = go!(D, posts.query().order_by(|p| p.id.asc()).get())?;
    assert_eq!(all.iter().map(|p| p.title.as_str()).collect::<Vec<_>>(), ["One", "Nine"]);
    // Other entities are merged.
    assert_eq!(go!(D, db.repository::<Tag>().count())?, 3);
    assert_eq!(go!(D, db.repository::<Comment>().count())?, 3);
    assert_eq!(go!(D, db.repository::<PostTag>().count())?, 4);
    let none: [Post; 0] = [];
    assert!(go!(D, posts.fresh(none))?.is_empty());
    assert_eq!(go!(D, posts.count())?, 0);
    Ok(())
}

async fn fresh_cascades_for_what_does_not_come_back<D: Mode>(setup: Setup) -> TestResult {
    let models = setup.builder::<D>().connection("main").models::<(Author, Review, Loan, Folder)>();
    let db = go!(D, models.start())?;
    let json = r#"[{ "id": 1, "title": "One", "chapters": [{ "id": 1 }] }, { "id": 2, "title": "Two", "chapters": [{ "id": 2 }] }]"#;
    let books = db.repository::<Book>();
    go!(D, books.save_json(json))?;
    go!(D, db.repository::<Loan>().save(Loan::draft().id(1).book_id(2)))?;
    assert!(matches!(
        go!(D, books.fresh([Book::draft().id(1).title("New")])),
        Err(Error::Restricted { count: 1, .. })
    ));
    assert_eq!(go!(D, books.find(1))?.unwrap().title, "One");
    // What comes back was never gone to those that refer to it.
    go!(D, books.fresh([Book::draft().id(2).title("New")]))?;
    assert_eq!(go!(D, books.with_deleted().get())?.len(), 1);
    assert_eq!(go!(D, db.repository::<Chapter>().all())?.iter().map(|c| c.id).collect::<Vec<_>>(), [2]);
    // Deleted records go for good, too.
    go!(D, db.repository::<Loan>().flush())?;
    go!(D, books.destroy(2))?;
    let back = go!(D, books.fresh([Book::draft().id(2).title("Back")]))?;
    assert_eq!(back[0].removed, None);
    assert!(go!(D, books.find(2))?.is_some());
    Ok(())
}

async fn fresh_makes_keys_and_fails_whole<D: Mode>(setup: Setup) -> TestResult {
    let db = setup.database::<D>().await?;
    let customers = db.repository::<Customer>();
    let first = go!(D, customers.fresh([Customer::draft().email("a"), Customer::draft().email("b")]))?;
    let order = Order::draft().what("tea");
    let second = go!(D, customers.fresh([Customer::draft().email("a").orders([order])]))?;
    assert!(second[0].id > first[1].id, "keys of removed records aren't used again");
    assert_eq!(second[0].orders.get_partial()?[0].customer_id, Some(second[0].id));
    assert_eq!(second[0].version, 1);
    match go!(D, customers.fresh([Customer::draft().email("c"), Customer::draft().email("c")])) {
        Err(Error::Unique { at, .. }) => assert_eq!(at, "$[1]"),
        other => panic!("{other:?}"),
    }
    assert_eq!(go!(D, customers.all())?.iter().map(|c| c.email.as_str()).collect::<Vec<_>>(), ["a"]);
    Ok(())
}

async fn new_stores_a_record_of_defaults<D: Mode>(setup: Setup) -> TestResult {
    let db = setup.database::<D>().await?;
    let carts = db.repository::<Cart>();
    let (a, b) = (go!(D, carts.new())?, go!(D, carts.new())?);
    assert_eq!((a.items, a.note.clone()), (3, None));
    assert!(b.id > a.id);
    assert_eq!(go!(D, carts.find(a.id))?, Some(a));
    assert!(matches!(go!(D, db.repository::<Customer>().new()), Err(Error::MissingField { .. })));
    assert!(matches!(go!(D, db.repository::<Tag>().new()), Err(Error::MissingKey { .. })));
    Ok(())
}

async fn make_stores_nothing<D: Mode>(setup: Setup) -> TestResult {
    let db = setup.database::<D>().await?;
    let users = db.repository::<User>();
    let posts = [Post::draft().id(1).title("Notes"), Post::draft().id(2).title("More").views(4)];
    let ada = users.make(User::draft().id(1).name("Ada").posts(posts))?;
    assert_eq!((ada.age, ada.email.as_deref()), (18, None));
    let made = ada.posts.get_partial()?;
    assert_eq!(made.iter().map(|p| (p.views, p.author_id)).collect::<Vec<_>>(), [(0, Some(1)), (4, Some(1))]);
    assert!(ada.profile.is_not_loaded());
    assert_eq!(go!(D, users.count())?, 0);
    // It can be saved as it is.
    go!(D, users.save(ada))?;
    assert_eq!(go!(D, db.repository::<Post>().count())?, 2);
    let place = db.repository::<Place>().make(Place::draft().shelf("a").slot(1))?;
    assert!(!place.id.is_nil(), "keys that we make are made");
    Ok(())
}

async fn make_names_all_that_is_missing<D: Mode>(setup: Setup) -> TestResult {
    let db = setup.database::<D>().await?;
    let users = db.repository::<User>();
    match users.make(User::draft().id(1).posts([Post::draft().id(1), Post::draft().id(2).title("x")])) {
        Err(Error::Incomplete { model, fields }) => {
            assert_eq!(model, "User");
            assert_eq!(fields, ["$.name", "$.posts[0].title"]);
        }
        other => panic!("{other:?}"),
    }
    match db.repository::<Customer>().make(Customer::draft().email("a")) {
        Err(Error::Incomplete { fields, .. }) => assert_eq!(fields, ["$.id"]),
        other => panic!("{other:?}"),
    }
    // A key that nobody makes is one of them, also those of nested records.
    match users.make(User::draft().age(3).posts([Post::draft().title("x")])) {
        Err(Error::Incomplete { fields, .. }) => assert_eq!(fields, ["$.id", "$.name", "$.posts[0].id"]),
        other => panic!("{other:?}"),
    }
    assert!(matches!(users.make(User::draft().id(1).age(5_000_000_000_i64)), Err(Error::WrongType { .. })));
    Ok(())
}

async fn upsert_by_a_unique_column<D: Mode>(setup: Setup) -> TestResult {
    let db = setup.database::<D>().await?;
    let customers = db.repository::<Customer>();
    let new = go!(D, customers.upsert(|c| c.email, Customer::draft().email("a").paid(5)))?;
    assert_eq!((new.name.as_str(), new.paid, new.version), ("someone", 5, 1));
    let draft = Customer::draft().email("a").name("Ada").orders([Order::draft().what("tea")]);
    let same = go!(D, customers.upsert(|c| c.email, draft))?;
    assert_eq!((same.id, same.name.as_str(), same.paid, same.version), (new.id, "Ada", 5, 2));
    assert_eq!(same.orders.get_partial()?[0].customer_id, Some(new.id));
    assert_eq!(go!(D, customers.count())?, 1);
    // A key that is stated is for new records only.
    let users = db.repository::<User>();
    go!(D, users.save(User::draft().id(1).name("Ada").email("x")))?;
    let kept = go!(D, users.upsert(|u| u.email, User::draft().id(7).name("Eve").email("x")))?;
    assert_eq!((kept.id, kept.age), (1, 18));
    assert_eq!(go!(D, users.upsert(|u| u.email, User::draft().id(7).name("Bob").email("y")))?.id, 7);
    // By key it is a save.
    assert_eq!(go!(D, users.upsert(|u| u.id, User::draft().id(7).age(50)))?.name, "Bob");
    Ok(())
}

async fn upsert_by_several_columns<D: Mode>(setup: Setup) -> TestResult {
    let db = setup.database::<D>().await?;
    let places = db.repository::<Place>();
    let a = go!(D, places.upsert(|p| (p.shelf, p.slot), Place::draft().shelf("a").slot(1)))?;
    let b = go!(D, places.upsert(|p| (p.slot, p.shelf), Place::draft().shelf("a").slot(1).what("tea")))?;
    assert_eq!((a.id, b.what.as_deref()), (b.id, Some("tea")));
    assert_eq!(go!(D, places.upsert(|p| (p.shelf, p.slot), Place::draft().shelf("a").slot(2)))?.what, None);
    // A typed value states its key, which gives way to the stored one.
    let stated = Place { what: Some("milk".into()), id: uuid::Uuid::nil(), ..b };
    let saved = go!(D, places.upsert(|p| (p.shelf, p.slot), stated))?;
    assert_eq!((saved.id, saved.what.as_deref()), (a.id, Some("milk")));
    assert_eq!(go!(D, places.count())?, 2);
    Ok(())
}

async fn upsert_many_looks_up_once<D: Mode>(setup: Setup) -> TestResult {
    let db = setup.database::<D>().await?;
    let customers = db.repository::<Customer>();
    let drafts = |n: i64| (0..50).map(move |i| Customer::draft().email(format!("c{i}")).paid(n));
    let first = go!(D, customers.upsert_many(|c| c.email, drafts(1)))?;
    setup.statements();
    let more = drafts(2).chain([Customer::draft().email("new"), Customer::draft().email("c7").paid(9)]);
    let second = go!(D, customers.upsert_many(|c| c.email, more))?;
    assert!(setup.statements() <= 8, "whatever the number of records");
    assert_eq!(second.len(), 52);
    assert!(first.iter().zip(&second).all(|(a, b)| a.id == b.id));
    assert_eq!((second[7].paid, second[51].paid, second[7].id), (9, 9, second[51].id));
    assert_eq!(go!(D, customers.count())?, 51);
    // New ones with the same values are one, where their key is known.
    let twice = [Place::draft().shelf("z").slot(1), Place::draft().shelf("z").slot(1).what("x")];
    let same = go!(D, db.repository::<Place>().upsert_many(|p| (p.shelf, p.slot), twice))?;
    assert_eq!(same[0], same[1]);
    assert_eq!(same[0].what.as_deref(), Some("x"));
    Ok(())
}

async fn upsert_refuses_what_it_must<D: Mode>(setup: Setup) -> TestResult {
    let db = setup.database::<D>().await?;
    let customers = db.repository::<Customer>();
    match go!(D, customers.upsert(|c| c.name, Customer::draft().email("a"))) {
        Err(Error::Configuration(what)) => assert!(what.contains("`#[field(unique)]` to `name`"), "{what}"),
        other => panic!("{other:?}"),
    }
    match go!(D, db.repository::<Place>().upsert(|p| p.shelf, Place::draft().shelf("a"))) {
        Err(Error::Configuration(what)) => {
            assert!(
                what.contains("over `shelf` alone") && what.contains("`|m| (m.shelf, m.slot)`"),
                "{what}"
            );
        }
        other => panic!("{other:?}"),
    }
    match go!(
        D,
        customers.upsert_many(|c| c.email, [Customer::draft().email("a"), Customer::draft().name("b")])
    ) {
        Err(Error::NothingToMatch { at, model }) => {
            assert_eq!((at.as_str(), model), ("$[1].email", "Customer"))
        }
        other => panic!("{other:?}"),
    }
    let users = db.repository::<User>();
    assert!(matches!(
        go!(D, users.upsert(|u| u.email, User::draft().id(1).name("a").email(None::<&str>))),
        Err(Error::NothingToMatch { .. })
    ));
    assert_eq!(go!(D, customers.count())?, 0);
    Ok(())
}

async fn update_or_create_does_either<D: Mode>(setup: Setup) -> TestResult {
    let db = setup.database::<D>().await?;
    let customers = db.repository::<Customer>();
    let named = || Customer::draft().email("a");
    let made = go!(D, customers.update_or_create(named(), Customer::draft().name("Ada")))?;
    assert_eq!((made.name.as_str(), made.email.as_str(), made.version), ("Ada", "a", 1));
    let changed = go!(D, customers.update_or_create(named(), Customer::draft().paid(3)))?;
    assert_eq!((changed.id, changed.name.as_str(), changed.paid), (made.id, "Ada", 3));
    // Null is looked for as such; of several the first by key is taken.
    let carts = db.repository::<Cart>();
    let (first, _) = (go!(D, carts.new())?, go!(D, carts.new())?);
    let cart = go!(D, carts.update_or_create(Cart::draft().note(None::<&str>), Cart::draft().items(9)))?;
    assert_eq!((cart.id, cart.items), (first.id, 9));
    match go!(D, customers.update_or_create(Customer::draft(), Customer::draft().email("z"))) {
        Err(Error::NothingToMatch { model, .. }) => assert_eq!(model, "Customer"),
        other => panic!("{other:?}"),
    }
    // What stands against it otherwise is told.
    let other = Customer::draft().email("a").name("Eve");
    assert!(matches!(
        go!(D, customers.update_or_create(Customer::draft().name("nobody"), other)),
        Err(Error::Unique { .. })
    ));
    Ok(())
}

async fn first_or_create_does_either<D: Mode>(setup: Setup) -> TestResult {
    let db = setup.database::<D>().await?;
    let customers = db.repository::<Customer>();
    let made = go!(D, customers.first_or_create(Customer::draft().email("a"), Customer::draft().paid(1)))?;
    let found = go!(D, customers.first_or_create(Customer::draft().email("a"), Customer::draft().paid(2)))?;
    assert_eq!(found, made);
    assert_eq!(found.paid, 1);
    Ok(())
}

async fn update_many_must_exist<D: Mode>(setup: Setup) -> TestResult {
    let db = setup.database::<D>().await?;
    go!(D, db.repository::<User>().save_json(BLOG))?;
    let users = db.repository::<User>();
    let answer = go!(D, users.update_many([User::draft().id(2).age(3), User::draft().id(1).age(4)]))?;
    assert_eq!(answer.iter().map(|u| (u.name.as_str(), u.age)).collect::<Vec<_>>(), [("Bob", 3), ("Ada", 4)]);
    match go!(D, users.update_many([User::draft().id(1).age(9), User::draft().id(77).age(9)])) {
        Err(Error::NotFound { at, key, .. }) => assert_eq!((at.as_str(), key.as_str()), ("$[1]", "77")),
        other => panic!("{other:?}"),
    }
    assert_eq!(go!(D, users.find(1))?.unwrap().age, 4);
    Ok(())
}

async fn revive_finds_the_shape_of_the_input<D: Mode>(setup: Setup) -> TestResult {
    let db = setup.database::<D>().await?;
    go!(D, db.repository::<User>().save_json(BLOG))?;
    let users = db.repository::<User>();
    let json = r#"[{ "id": 2 }, { "id": 77 }, { "id": 1, "name": "not Ada", "posts": [
        { "id": 3 }, { "id": 99 }, { "id": 1, "comments": [2, 1], "tags": ["math", "none"], "editor": 2 }] }]"#;
    let revived = go!(D, users.revive_json(json))?;
    assert_eq!(revived.iter().map(|u| u.name.as_str()).collect::<Vec<_>>(), ["Bob", "Ada"]);
    assert!(revived[0].posts.is_not_loaded());
    let posts = revived[1].posts.get_partial()?;
    assert!(revived[1].posts.is_partial());
    assert_eq!(posts.iter().map(|p| p.title.as_str()).collect::<Vec<_>>(), ["notes again", "Notes"]);
    let comments = posts[1].comments.get_partial()?;
    assert_eq!(comments.iter().map(|c| c.text.as_str()).collect::<Vec<_>>(), ["no", "yes"]);
    assert_eq!(posts[1].tags.get_partial()?.iter().map(|t| t.name.as_str()).collect::<Vec<_>>(), ["math"]);
    assert_eq!(posts[1].editor.get_partial()?.map(|u| u.name.as_str()), Some("Bob"));
    let only_unknown = go!(D, users.revive_json(r#"{ "id": 1, "posts": [99] }"#))?;
    assert!(only_unknown[0].posts.get_partial()?.is_empty());
    assert!(go!(D, users.revive_json("[{}]"))?.is_empty());
    Ok(())
}

async fn revive_writes_nothing<D: Mode>(setup: Setup) -> TestResult {
    let db = setup.database::<D>().await?;
    go!(D, db.repository::<User>().save_json(BLOG))?;
    let users = db.repository::<User>();
    go!(
        D,
        users
            .revive_json(r#"[{ "id": 3, "name": "x", "posts": [{ "id": 1 }, { "id": 50, "title": "t" }] }]"#)
    )?;
    assert_eq!(go!(D, users.find(3))?.unwrap().name, "Cy");
    assert_eq!(go!(D, db.repository::<Post>().find(1))?.unwrap().author_id, Some(1));
    assert_eq!(go!(D, db.repository::<Post>().count())?, 4);
    assert!(matches!(go!(D, users.revive_json("[{ \"id\": \"x\" }]")), Err(Error::WrongType { .. })));
    assert!(matches!(go!(D, users.revive_json("[{]")), Err(Error::Malformed { .. })));
    // Deleted records are left out.
    go!(
        D,
        db.repository::<Author>().save_json(
            r#"{ "id": 1, "name": "A", "books": [{ "id": 1, "title": "x" }, { "id": 2, "title": "y" }] }"#
        )
    )?;
    go!(D, db.repository::<Book>().destroy(1))?;
    let authors = go!(D, db.repository::<Author>().revive_json(r#"{ "id": 1, "books": [2, 1] }"#))?;
    assert_eq!(authors[0].books.get_partial()?.iter().map(|b| b.id).collect::<Vec<_>>(), [2]);
    Ok(())
}

async fn load_fills_records_in_hand<D: Mode>(setup: Setup) -> TestResult {
    let db = setup.database::<D>().await?;
    go!(D, db.repository::<User>().save_json(BLOG))?;
    let users = db.repository::<User>();
    let mut all = go!(D, users.query().order_by(|u| u.id.asc()).get())?;
    setup.statements();
    go!(D, users.load(&mut all, |u| u.posts.order_by(|p| p.id.desc()).limit(2)))?;
    assert!(setup.statements() <= 3, "one read, and a snapshot around it where there are any");
    let ids: Vec<Vec<u64>> = all
        .iter()
        .map(|u| u.posts.get_partial().map(|p| p.iter().map(|p| p.id).collect()))
        .collect::<Result<_, _>>()?;
    assert_eq!(ids, [vec![3, 2], vec![4], vec![]]);
    let mut bob = all.swap_remove(1);
    go!(D, users.load(&mut bob, |u| u.profile))?;
    assert_eq!(bob.profile.get()?.map(|p| p.bio.as_str()), Some("Hi"));
    assert_eq!(bob.posts.get_partial()?.len(), 1, "other relations stay");
    go!(D, users.load(&mut all[..1], |u| u.posts.with(|p| p.comments)))?;
    assert_eq!(all[0].posts.get()?.len(), 3);
    let mut none: Vec<User> = Vec::new();
    go!(D, users.load(&mut none, |u| u.posts))?;
    Ok(())
}

async fn refresh_reads_the_columns_again<D: Mode>(setup: Setup) -> TestResult {
    let db = setup.database::<D>().await?;
    go!(D, db.repository::<User>().save_json(BLOG))?;
    let users = db.repository::<User>();
    let mut ada = go!(D, users.query().with(|u| u.posts).find(1))?.unwrap();
    go!(D, users.update(User::draft().id(1).age(99)))?;
    ada.name = "not saved".to_owned();
    go!(D, users.refresh(&mut ada))?;
    assert_eq!((ada.name.as_str(), ada.age), ("Ada", 99));
    assert_eq!(ada.posts.get()?.len(), 3, "relations stay as they are");
    go!(D, users.destroy(1))?;
    match go!(D, users.refresh(&mut ada)) {
        Err(error @ Error::NotFound { .. }) => assert_eq!(error.to_string(), "there is no `User` 1"),
        other => panic!("{other:?}"),
    }
    let authors = db.repository::<Author>();
    let mut author = go!(D, authors.save(Author::draft().id(1).name("A")))?;
    go!(D, authors.destroy(1))?;
    go!(D, authors.refresh(&mut author))?;
    assert!(author.deleted_at.is_some());
    Ok(())
}

async fn another_unique_index_is_no_race<D: Mode>(setup: Setup) -> TestResult {
    let db = setup.database::<D>().await?;
    let runners = db.repository::<Runner>();
    go!(D, runners.save(Runner::draft().id(1).place(1).bib(7)))?;
    let tries = |setup: &Setup| {
        let calls = setup.calls();
        let of = |kind: On| calls.iter().filter(|call| **call == kind).count();
        (of(On::Apply), of(On::Begin))
    };
    // It is looked for once more, and since nothing has come, not written again.
    let new = || Runner::draft().id(2).place(2).bib(7);
    for verb in 0..3 {
        setup.clear_faults();
        let refused = match verb {
            0 => go!(D, runners.upsert(|r| r.place, new())),
            1 => go!(D, runners.first_or_create(Runner::draft().place(2), new())),
            _ => go!(D, runners.update_or_create(Runner::draft().place(2), new())),
        };
        assert!(matches!(&refused, Err(Error::Unique { columns, .. }) if columns == "bib"), "{refused:?}");
        let (writes, begins) = tries(&setup);
        assert!(writes <= 1 && begins <= 2, "{writes} writes in {begins} transactions");
    }
    // Nor is one of a record that was found.
    go!(D, runners.save(Runner::draft().id(3).place(3)))?;
    setup.clear_faults();
    let found = go!(D, runners.update_or_create(Runner::draft().place(3), Runner::draft().bib(7)));
    assert!(matches!(found, Err(Error::Unique { .. })), "{found:?}");
    assert!(tries(&setup).0 <= 1);
    // The key of another is no race either.
    setup.clear_faults();
    let key = go!(D, runners.first_or_create(Runner::draft().place(9), Runner::draft().id(1)));
    assert!(matches!(key, Err(Error::DuplicateKey { .. })), "{key:?}");
    assert!(tries(&setup).0 <= 1);
    Ok(())
}
