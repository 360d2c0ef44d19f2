//! What a save does with nested records, and what it answers.

use super::BLOG;
use crate::scenarios::blog::{Comment, Post, PostTag, Profile, Tag, User};
use crate::{Setup, TestResult, cases, go};
use orm_core::prelude::{Many, One};
use orm_core::{Error, Mode};

cases![
    takes_nested_records_apart,
    merges_by_key,
    null_and_absent_and_empty_relations_touch_nothing,
    merges_repeats_in_order_of_appearance,
    a_partial_record_may_come_before_the_whole_one,
    the_nesting_wins_over_a_stated_foreign_key,
    strict_nesting_refuses_a_contradiction,
    relations_given_as_keys,
    members_come_in_any_order,
    answers_the_shape_of_the_input,
    typed_values_save_their_loaded_relations,
    drafts_say_only_some_fields,
    saved_answers_keys_and_records,
    is_all_or_nothing,
    takes_values_and_readers,
    a_cycle_in_the_data_ends_at_the_record_already_met,
];

async fn takes_nested_records_apart<D: Mode>(setup: Setup) -> TestResult {
    let db = setup.database::<D>().await?;
    let saved = go!(D, db.repository::<User>().save_json(BLOG))?;
    assert_eq!(saved.keys()?, [1, 2, 3]);
    assert_eq!(go!(D, db.repository::<User>().count())?, 3);
    assert_eq!(go!(D, db.repository::<Post>().count())?, 4);
    assert_eq!(go!(D, db.repository::<Comment>().count())?, 3);
    assert_eq!(go!(D, db.repository::<Tag>().count())?, 2);
    assert_eq!(go!(D, db.repository::<PostTag>().count())?, 3);
    assert_eq!(go!(D, db.repository::<Profile>().find(9))?.unwrap().user_id, Some(2));
    let post = go!(D, db.repository::<Post>().find(1))?.unwrap();
    assert_eq!((post.author_id, post.editor_id), (Some(1), Some(2)));
    let tag = go!(D, db.repository::<Tag>().find("math"))?.unwrap();
    assert_eq!(tag.color, "grey");
    assert_eq!(go!(D, db.repository::<User>().find(3))?.unwrap().age, 18);
    Ok(())
}

async fn merges_by_key<D: Mode>(setup: Setup) -> TestResult {
    let db = setup.database::<D>().await?;
    let users = db.repository::<User>();
    go!(D, users.save_json(r#"{ "id": 1, "name": "Ada", "age": 36, "email": "a@b" }"#))?;
    go!(D, users.save_json(r#"[{ "id": 1, "age": 37 }, { "id": 1, "email": null }]"#))?;
    let ada = go!(D, users.find(1))?.unwrap();
    assert_eq!((ada.name.as_str(), ada.age, ada.email), ("Ada", 37, None));
    // A record that says nothing but its key changes nothing.
    go!(D, users.save_json(r#"{ "id": 1 }"#))?;
    assert_eq!(go!(D, users.find(1))?.unwrap().age, 37);
    Ok(())
}

async fn null_and_absent_and_empty_relations_touch_nothing<D: Mode>(setup: Setup) -> TestResult {
    let db = setup.database::<D>().await?;
    let users = db.repository::<User>();
    go!(D, users.save_json(BLOG))?;
    go!(D, users.save_json(r#"[{ "id": 1, "posts": null, "profile": null }, { "id": 1, "posts": [] }, { "id": 1, "posts": [null] }]"#))?;
    go!(D, db.repository::<Post>().save_json(r#"{ "id": 1, "author": null, "tags": [] }"#))?;
    assert_eq!(go!(D, db.repository::<Post>().query().filter(|p| p.author_id.eq(1)).count())?, 3);
    assert_eq!(go!(D, db.repository::<PostTag>().count())?, 3);
    // The foreign key is cleared by its own column.
    go!(D, db.repository::<Post>().save_json(r#"{ "id": 1, "author_id": null }"#))?;
    assert_eq!(go!(D, db.repository::<Post>().find(1))?.unwrap().author_id, None);
    Ok(())
}

async fn merges_repeats_in_order_of_appearance<D: Mode>(setup: Setup) -> TestResult {
    let db = setup.database::<D>().await?;
    let posts = db.repository::<Post>();
    go!(
        D,
        posts.save_json(
            r#"[{ "id": 1, "title": "a", "author": { "id": 1, "name": "Ada", "age": 1 } },
                { "id": 2, "title": "b", "author": { "id": 1, "age": 2 } },
                { "id": 1, "views": 5 }]"#
        )
    )?;
    let ada = go!(D, db.repository::<User>().find(1))?.unwrap();
    assert_eq!((ada.name.as_str(), ada.age), ("Ada", 2));
    let first = go!(D, posts.find(1))?.unwrap();
    assert_eq!((first.title.as_str(), first.views, first.author_id), ("a", 5, Some(1)));
    Ok(())
}

async fn a_partial_record_may_come_before_the_whole_one<D: Mode>(setup: Setup) -> TestResult {
    let db = setup.database::<D>().await?;
    let posts = db.repository::<Post>();
    go!(
        D,
        posts.save_json(
            r#"[{ "id": 1, "title": "a", "author": { "id": 1, "age": 5 } },
                { "id": 2, "title": "b", "author": { "id": 1, "name": "Ada" } }]"#
        )
    )?;
    let ada = go!(D, db.repository::<User>().find(1))?.unwrap();
    assert_eq!((ada.name.as_str(), ada.age), ("Ada", 5));
    Ok(())
}

async fn the_nesting_wins_over_a_stated_foreign_key<D: Mode>(setup: Setup) -> TestResult {
    let db = setup.database::<D>().await?;
    let json = r#"{ "id": 1, "name": "Ada", "posts": [{ "id": 1, "title": "a", "author_id": 7 }] }"#;
    go!(D, db.repository::<User>().save_json(json))?;
    assert_eq!(go!(D, db.repository::<Post>().find(1))?.unwrap().author_id, Some(1));
    Ok(())
}

async fn strict_nesting_refuses_a_contradiction<D: Mode>(setup: Setup) -> TestResult {
    let db = go!(D, setup.builder::<D>().connection("main").strict_nesting(true).start())?;
    let users = db.repository::<User>();
    let agreeing = r#"{ "id": 1, "name": "Ada", "posts": [{ "id": 1, "title": "a", "author_id": 1 }] }"#;
    go!(D, users.save_json(agreeing))?;
    let json = r#"{ "id": 2, "name": "Bob", "posts": [{ "id": 2, "title": "a" }, { "author_id": 7, "id": 3, "title": "b" }] }"#;
    match go!(D, users.save_json(json)) {
        Err(Error::Contradiction { at, stated, nested }) => {
            assert_eq!(at, "$.posts[1].author_id");
            assert!(stated.contains('7') && nested.contains('2'), "{stated} / {nested}");
        }
        other => panic!("{other:?}"),
    }
    assert_eq!(go!(D, users.count())?, 1);
    Ok(())
}

async fn relations_given_as_keys<D: Mode>(setup: Setup) -> TestResult {
    let db = setup.database::<D>().await?;
    go!(D, db.repository::<User>().save_json(BLOG))?;
    let posts = db.repository::<Post>();
    // To one, to many, and many to many; the record's own key comes last.
    go!(D, posts.save_json(r#"{ "author": 2, "tags": ["engines"], "comments": [1], "id": 2 }"#))?;
    assert_eq!(go!(D, posts.find(2))?.unwrap().author_id, Some(2));
    assert_eq!(go!(D, db.repository::<Comment>().find(1))?.unwrap().post_id, 2);
    let tagged = go!(D, posts.query().filter(|p| p.tags.any(|t| t.name.eq("engines"))).count())?;
    assert_eq!(tagged, 2);
    Ok(())
}

async fn members_come_in_any_order<D: Mode>(setup: Setup) -> TestResult {
    let db = setup.database::<D>().await?;
    let json = r#"{ "posts": [{ "comments": [{ "text": "t", "id": 5 }], "title": "a", "id": 4 }], "unknown": { "x": [1, {}] }, "name": "Ada", "id": 3 }"#;
    go!(D, db.repository::<User>().save_json(json))?;
    assert_eq!(go!(D, db.repository::<Post>().find(4))?.unwrap().author_id, Some(3));
    assert_eq!(go!(D, db.repository::<Comment>().find(5))?.unwrap().post_id, 4);
    Ok(())
}

async fn answers_the_shape_of_the_input<D: Mode>(setup: Setup) -> TestResult {
    let db = setup.database::<D>().await?;
    let users = db.repository::<User>();
    go!(D, users.save_json(BLOG))?;
    let draft =
        User::draft().id(1).age(40).posts([Post::draft().id(3).views(1), Post::draft().id(6).title("new")]);
    let ada = go!(D, users.save(draft))?;
    assert_eq!((ada.name.as_str(), ada.age), ("Ada", 40));
    assert!(ada.posts.is_partial() && ada.edited.is_not_loaded() && ada.profile.is_not_loaded());
    let posts: Vec<_> =
        ada.posts.get_partial()?.iter().map(|p| (p.id, p.title.as_str(), p.views, p.author_id)).collect();
    assert_eq!(posts, [(3, "notes again", 1, Some(1)), (6, "new", 0, Some(1))]);
    // Several records, in the order and as often as they were given.
    let again =
        go!(D, users.save_many([User::draft().id(2), User::draft().id(1), User::draft().id(2).age(50)]))?;
    assert_eq!(again.iter().map(|u| (u.id, u.age)).collect::<Vec<_>>(), [(2, 50), (1, 40), (2, 50)]);
    Ok(())
}

fn post(id: u64, title: &str) -> Post {
    Post {
        id,
        title: title.into(),
        views: 3,
        author_id: None,
        editor_id: None,
        author: One::default(),
        editor: One::default(),
        comments: Many::default(),
        tags: Many::default(),
    }
}

async fn typed_values_save_their_loaded_relations<D: Mode>(setup: Setup) -> TestResult {
    let db = setup.database::<D>().await?;
    let user = User {
        id: 0,
        name: "Zero is a key".into(),
        age: 1,
        email: None,
        posts: Many::from([Post {
            comments: [Comment { id: 1, text: "x".into(), post_id: 0, post: One::default() }].into(),
            ..post(1, "a")
        }]),
        edited: Many::default(),
        profile: One::from(Profile { id: 4, bio: "b".into(), user_id: None }),
    };
    let saved = go!(D, db.repository::<User>().save(user))?;
    assert_eq!(saved.id, 0);
    assert_eq!(saved.profile.get()?.unwrap().user_id, Some(0));
    let stored = &saved.posts.get_partial()?[0];
    assert_eq!((stored.author_id, stored.views), (Some(0), 3));
    assert_eq!(stored.comments.get_partial()?[0].post_id, 1);
    assert_eq!(go!(D, db.repository::<Comment>().find(1))?.unwrap().post_id, 1);
    // The nested author gives its key to the post.
    let with_author = Post { author: One::from(saved), ..post(2, "b") };
    let saved = go!(D, db.repository::<Post>().save(with_author))?;
    assert_eq!(saved.author_id, Some(0));
    assert_eq!(saved.author.get()?.unwrap().name, "Zero is a key");
    Ok(())
}

async fn drafts_say_only_some_fields<D: Mode>(setup: Setup) -> TestResult {
    let db = setup.database::<D>().await?;
    let users = db.repository::<User>();
    let ada = go!(D, users.save(User::draft().id(1).name("Ada")))?;
    assert_eq!((ada.age, ada.email), (18, None));
    let ada = go!(D, users.save(User::draft().id(1).email(Some("x"))))?;
    assert_eq!(ada.email.as_deref(), Some("x"));
    let ada = go!(D, users.save(User::draft().id(1).email(None::<&str>)))?;
    assert_eq!((ada.name.as_str(), ada.email), ("Ada", None));
    match go!(D, users.save(User::draft().id(2).posts([Post::draft().id(1).title("t")]))) {
        Err(Error::MissingField { at, model }) => assert_eq!((at.as_str(), model), ("$.name", "User")),
        other => panic!("{other:?}"),
    }
    Ok(())
}

async fn saved_answers_keys_and_records<D: Mode>(setup: Setup) -> TestResult {
    let db = setup.database::<D>().await?;
    let saved = go!(D, db.repository::<User>().save_json(BLOG))?;
    assert_eq!(saved.len(), 3);
    let records = go!(D, saved.records())?;
    assert_eq!(records.iter().map(|u| u.id).collect::<Vec<_>>(), [1, 2, 3]);
    let posts = records[0].posts.get_partial()?;
    assert_eq!(posts.iter().map(|p| p.id).collect::<Vec<_>>(), [1, 2, 3]);
    assert_eq!(posts[0].comments.get_partial()?.len(), 2);
    assert_eq!(posts[0].tags.get_partial()?[1].color, "red");
    assert!(records[2].posts.is_not_loaded());
    assert_eq!(records[1].profile.get()?.unwrap().bio, "Hi");
    Ok(())
}

async fn is_all_or_nothing<D: Mode>(setup: Setup) -> TestResult {
    let db = setup.database::<D>().await?;
    let users = db.repository::<User>();
    go!(D, users.save_json(BLOG))?;
    // The last comment lacks its text: nothing of what stands before it is stored.
    let json = r#"[{ "id": 1, "age": 99, "posts": [{ "id": 50, "title": "x" }] },
                   { "id": 60, "name": "New", "posts": [{ "id": 1, "comments": [{ "id": 1 }, { "id": 70 }] }] }]"#;
    match go!(D, users.save_json(json)) {
        Err(Error::MissingField { at, .. }) => assert_eq!(at, "$[1].posts[0].comments[1].text"),
        other => panic!("{other:?}"),
    }
    assert_eq!(go!(D, users.find(1))?.unwrap().age, 36);
    assert!(go!(D, users.find(60))?.is_none());
    assert!(go!(D, db.repository::<Post>().find(50))?.is_none());
    assert_eq!(go!(D, db.repository::<Post>().find(1))?.unwrap().author_id, Some(1));
    Ok(())
}

async fn takes_values_and_readers<D: Mode>(setup: Setup) -> TestResult {
    let db = setup.database::<D>().await?;
    let users = db.repository::<User>();
    let value: serde_json::Value = serde_json::from_str(BLOG)?;
    assert_eq!(go!(D, users.save_from(&value))?.len(), 3);
    assert_eq!(go!(D, users.save_from(value))?.len(), 3);
    assert_eq!(go!(D, users.save_reader(BLOG.as_bytes()))?.len(), 3);
    assert_eq!(go!(D, db.repository::<Comment>().count())?, 3);
    Ok(())
}

async fn a_cycle_in_the_data_ends_at_the_record_already_met<D: Mode>(setup: Setup) -> TestResult {
    let db = setup.database::<D>().await?;
    let json = r#"{ "id": 1, "name": "Ada", "posts": [{ "id": 1, "title": "a", "author": { "id": 1, "age": 5, "posts": [{ "id": 1, "views": 2 }] } }] }"#;
    let saved = go!(D, db.repository::<User>().save_json(json))?;
    let ada = go!(D, saved.records())?.remove(0);
    assert_eq!((ada.name.as_str(), ada.age), ("Ada", 5));
    let post = go!(D, db.repository::<Post>().find(1))?.unwrap();
    assert_eq!((post.title.as_str(), post.views, post.author_id), ("a", 2, Some(1)));
    Ok(())
}
