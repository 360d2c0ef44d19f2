//! Tying records to one relation of a record, and untying them.

use super::BLOG;
use crate::scenarios::blog::{Comment, Post, PostTag, Profile, Tag, User};
use crate::scenarios::customers::{Customer, Order};
use crate::scenarios::library::{Author, Book, BookGenre, Genre};
use crate::scenarios::staff::Employee;
use crate::{Setup, TestResult, cases, go};
use orm_core::database::Database;
use orm_core::{Error, Mode};

cases![
    attach_ties_once,
    attach_with_says_what_is_in_between,
    attach_is_all_or_nothing,
    detach_unties,
    sync_attaches_just_these,
    toggle_turns_around,
    a_pivot_takes_few_statements,
    add_saves_and_ties,
    replace_unties_the_rest,
    replace_removes_what_can_not_be_untied,
    replace_through_a_pivot,
    has_one_has_one,
    associate_and_dissociate,
    kinds_have_their_own_verbs,
    deleted_records_are_not_there_to_be_tied,
    inside_of_a_transaction,
    a_relation_of_a_model_to_itself,
];

async fn blog<D: Mode>(setup: &Setup) -> orm_core::Result<Database<D>> {
    let db = setup.database::<D>().await?;
    go!(D, db.repository::<User>().save_json(BLOG))?;
    go!(D, db.repository::<Tag>().save_many(["a", "b", "c"].map(|name| Tag::draft().name(name))))?;
    Ok(db)
}

/// The tags of a post.
async fn tags<D: Mode>(db: &Database<D>, post: u64) -> orm_core::Result<Vec<String>> {
    let posts = db.repository::<Post>();
    let post = go!(D, posts.query().with(|p| p.tags.order_by(|t| t.name.asc())).find(post))?.unwrap();
    Ok(post.tags.get()?.iter().map(|t| t.name.clone()).collect())
}

async fn attach_ties_once<D: Mode>(setup: Setup) -> TestResult {
    let db = blog::<D>(&setup).await?;
    let posts = db.repository::<Post>();
    let of_four = posts.related(4, |p| p.tags);
    assert_eq!(go!(D, of_four.attach(["a", "b", "a"]))?, 2);
    assert_eq!(go!(D, of_four.attach(["b", "c"]))?, 1);
    assert_eq!(tags(&db, 4).await?, ["a", "b", "c"]);
    assert_eq!(go!(D, of_four.attach(Vec::<&str>::new()))?, 0);
    assert_eq!(tags(&db, 1).await?, ["engines", "math"]);
    // From the other side.
    let tags_of = db.repository::<Tag>();
    assert_eq!(go!(D, tags_of.related("a", |t| t.posts).attach([1, 4]))?, 1);
    assert_eq!(tags(&db, 1).await?, ["a", "engines", "math"]);
    Ok(())
}

async fn attach_with_says_what_is_in_between<D: Mode>(setup: Setup) -> TestResult {
    let db = setup.database::<D>().await?;
    let books = db.repository::<Book>();
    go!(D, books.save(Book::draft().id(1).title("One")))?;
    go!(D, db.repository::<Genre>().save_json(r#"[{ "name": "math" }, { "name": "art" }]"#))?;
    let genres = books.related(1, |b| b.genres);
    assert!(go!(D, genres.attach_with("math", BookGenre::draft().weight(5)))?);
    assert_eq!(go!(D, genres.attach(["math", "art"]))?, 1);
    let weights = |db: &Database<D>| db.repository::<BookGenre>().query().order_by(|g| g.genre_name.asc());
    let stored = go!(D, weights(&db).get())?;
    assert_eq!(stored.iter().map(|g| g.weight).collect::<Vec<_>>(), [1, 5]);
    // Attached already: what is said is merged.
    assert!(!go!(D, genres.attach_with("art", BookGenre::draft().weight(7)))?);
    let stored = go!(D, weights(&db).get())?;
    assert_eq!(stored.iter().map(|g| g.weight).collect::<Vec<_>>(), [7, 5]);
    match go!(D, genres.attach_with("art", Genre::draft())) {
        Err(Error::Configuration(what)) => assert!(what.contains("stands `BookGenre`"), "{what}"),
        other => panic!("{other:?}"),
    }
    Ok(())
}

async fn attach_is_all_or_nothing<D: Mode>(setup: Setup) -> TestResult {
    let db = blog::<D>(&setup).await?;
    let posts = db.repository::<Post>();
    match go!(D, posts.related(4, |p| p.tags).attach(["a", "none"])) {
        Err(Error::NotFound { model, key, .. }) => assert_eq!((model, key.as_str()), ("Tag", "\"none\"")),
        other => panic!("{other:?}"),
    }
    match go!(D, posts.related(99, |p| p.tags).attach(["a"])) {
        Err(Error::NotFound { model, key, .. }) => assert_eq!((model, key.as_str()), ("Post", "99")),
        other => panic!("{other:?}"),
    }
    assert_eq!(go!(D, db.repository::<PostTag>().count())?, 3);
    Ok(())
}

async fn detach_unties<D: Mode>(setup: Setup) -> TestResult {
    let db = blog::<D>(&setup).await?;
    let posts = db.repository::<Post>();
    let of_one = posts.related(1, |p| p.tags);
    assert_eq!(go!(D, of_one.detach(["math", "a", "none"]))?, 1);
    assert_eq!(tags(&db, 1).await?, ["engines"]);
    assert_eq!(tags(&db, 2).await?, ["math"]);
    go!(D, of_one.attach(["a", "b"]))?;
    assert_eq!(go!(D, of_one.detach_all())?, 3);
    assert_eq!(go!(D, of_one.clear())?, 0);
    assert!(tags(&db, 1).await?.is_empty());
    assert_eq!(go!(D, db.repository::<Tag>().count())?, 5, "tags stay");
    Ok(())
}

async fn sync_attaches_just_these<D: Mode>(setup: Setup) -> TestResult {
    let db = blog::<D>(&setup).await?;
    let posts = db.repository::<Post>();
    let of_one = posts.related(1, |p| p.tags);
    let changed = go!(D, of_one.sync(["b", "math", "a"]))?;
    assert_eq!(changed.attached, ["b", "a"]);
    assert_eq!(changed.detached, ["engines"]);
    assert_eq!(tags(&db, 1).await?, ["a", "b", "math"]);
    let changed = go!(D, of_one.sync(["math", "b", "a"]))?;
    assert!(changed.attached.is_empty() && changed.detached.is_empty());
    assert!(matches!(go!(D, of_one.sync(["none"])), Err(Error::NotFound { .. })));
    assert_eq!(tags(&db, 1).await?, ["a", "b", "math"]);
    let none: [&str; 0] = [];
    assert_eq!(go!(D, of_one.sync(none))?.detached.len(), 3);
    Ok(())
}

async fn toggle_turns_around<D: Mode>(setup: Setup) -> TestResult {
    let db = blog::<D>(&setup).await?;
    let posts = db.repository::<Post>();
    let of_one = posts.related(1, |p| p.tags);
    let changed = go!(D, of_one.toggle(["math", "a"]))?;
    assert_eq!((changed.attached, changed.detached), (vec!["a".to_owned()], vec!["math".to_owned()]));
    assert_eq!(tags(&db, 1).await?, ["a", "engines"]);
    // One that is gone can be untied, but not tied.
    go!(D, db.repository::<Tag>().destroy("a"))?;
    assert_eq!(go!(D, of_one.toggle(["a"]))?.detached, ["a"]);
    assert!(matches!(go!(D, of_one.toggle(["a"])), Err(Error::NotFound { .. })));
    Ok(())
}

async fn a_pivot_takes_few_statements<D: Mode>(setup: Setup) -> TestResult {
    let db = blog::<D>(&setup).await?;
    let many: Vec<String> = (0..300).map(|i| format!("t{i}")).collect();
    go!(D, db.repository::<Tag>().save_many(many.iter().map(|name| Tag::draft().name(name))))?;
    let posts = db.repository::<Post>();
    setup.statements();
    assert_eq!(
        go!(D, posts.related(4, |p| p.tags).sync(many.iter().map(String::as_str)))?.attached.len(),
        300
    );
    let count = setup.statements();
    assert!(count <= 8, "{count} statements for 300 tags");
    Ok(())
}

async fn add_saves_and_ties<D: Mode>(setup: Setup) -> TestResult {
    let db = blog::<D>(&setup).await?;
    let users = db.repository::<User>();
    let added = go!(
        D,
        users.related(3, |u| u.posts).add([Post::draft().id(9).title("Nine"), Post::draft().id(4).views(7)])
    )?;
    assert_eq!(
        added.iter().map(|p| (p.title.as_str(), p.author_id)).collect::<Vec<_>>(),
        [("Nine", Some(3)), ("Hello", Some(3))]
    );
    let tags_added = go!(
        D,
        db.repository::<Post>()
            .related(9, |p| p.tags)
            .add([Tag::draft().name("new"), Tag::draft().name("a")])
    )?;
    assert_eq!(tags_added.len(), 2);
    assert_eq!(tags(&db, 9).await?, ["a", "new"]);
    assert!(matches!(
        go!(D, users.related(77, |u| u.posts).add([Post::draft().id(50).title("x")])),
        Err(Error::NotFound { model: "User", .. })
    ));
    assert_eq!(go!(D, db.repository::<Post>().find(50))?, None);
    // Keys that the storage makes.
    let ada = go!(D, db.repository::<Customer>().save(Customer::draft().email("a")))?;
    let orders =
        go!(D, db.repository::<Customer>().related(ada.id, |c| c.orders).add([Order::draft().what("tea")]))?;
    assert_eq!(orders[0].customer_id, Some(ada.id));
    Ok(())
}

async fn replace_unties_the_rest<D: Mode>(setup: Setup) -> TestResult {
    let db = blog::<D>(&setup).await?;
    let users = db.repository::<User>();
    let new = [Post::draft().id(2).views(1), Post::draft().id(9).title("Nine")];
    let posts = go!(D, users.related(1, |u| u.posts).replace(new))?;
    assert_eq!(
        posts.iter().map(|p| (p.id, p.title.as_str())).collect::<Vec<_>>(),
        [(2, "Numbers"), (9, "Nine")]
    );
    let all = go!(D, db.repository::<Post>().query().order_by(|p| p.id.asc()).get())?;
    let authors: Vec<_> = all.iter().map(|p| (p.id, p.author_id)).collect();
    assert_eq!(authors, [(1, None), (2, Some(1)), (3, None), (4, Some(2)), (9, Some(1))]);
    assert_eq!(all[0].editor_id, Some(2), "the other relation to the same model stays");
    assert_eq!(go!(D, users.related(1, |u| u.posts).clear())?, 2);
    assert_eq!(go!(D, db.repository::<Post>().count())?, 5);
    // Nothing is untied when something is wrong.
    let wrong = [Post::draft().id(4).views(1), Post::draft().id(70)];
    assert!(matches!(go!(D, users.related(2, |u| u.posts).replace(wrong)), Err(Error::MissingField { .. })));
    assert_eq!(go!(D, db.repository::<Post>().find(4))?.unwrap().views, 0);
    Ok(())
}

async fn replace_removes_what_can_not_be_untied<D: Mode>(setup: Setup) -> TestResult {
    let db = blog::<D>(&setup).await?;
    let posts = db.repository::<Post>();
    let comments = go!(D, posts.related(1, |p| p.comments).replace([Comment::draft().id(8).text("new")]))?;
    assert_eq!(comments[0].post_id, 1);
    let left = go!(D, db.repository::<Comment>().query().order_by(|c| c.id.asc()).get())?;
    assert_eq!(left.iter().map(|c| c.id).collect::<Vec<_>>(), [3, 8]);
    assert_eq!(go!(D, posts.related(1, |p| p.comments).clear())?, 1);
    assert_eq!(go!(D, db.repository::<Comment>().count())?, 1);
    Ok(())
}

async fn replace_through_a_pivot<D: Mode>(setup: Setup) -> TestResult {
    let db = blog::<D>(&setup).await?;
    let of_one = db.repository::<Post>().related(1, |p| p.tags);
    let new = [Tag::draft().name("math").color("blue"), Tag::draft().name("z")];
    assert_eq!(go!(D, of_one.replace(new))?.len(), 2);
    assert_eq!(tags(&db, 1).await?, ["math", "z"]);
    assert_eq!(tags(&db, 2).await?, ["math"]);
    assert_eq!(go!(D, db.repository::<Tag>().find("math"))?.unwrap().color, "blue");
    assert!(go!(D, db.repository::<Tag>().find("engines"))?.is_some());
    Ok(())
}

async fn has_one_has_one<D: Mode>(setup: Setup) -> TestResult {
    let db = blog::<D>(&setup).await?;
    let users = db.repository::<User>();
    let profile = go!(D, users.related(2, |u| u.profile).replace(Profile::draft().id(10).bio("New")))?;
    assert_eq!((profile.id, profile.user_id), (10, Some(2)));
    assert_eq!(go!(D, db.repository::<Profile>().find(9))?.unwrap().user_id, None);
    assert_eq!(go!(D, users.related(2, |u| u.profile).clear())?, 1);
    assert_eq!(go!(D, db.repository::<Profile>().find(10))?.unwrap().user_id, None);
    Ok(())
}

async fn associate_and_dissociate<D: Mode>(setup: Setup) -> TestResult {
    let db = blog::<D>(&setup).await?;
    let posts = db.repository::<Post>();
    let author = posts.related(1, |p| p.author);
    assert!(go!(D, author.associate(2))?);
    assert!(!go!(D, author.associate(2))?);
    let one = go!(D, posts.find(1))?.unwrap();
    assert_eq!((one.author_id, one.title.as_str(), one.views), (Some(2), "Notes", 10));
    assert!(go!(D, author.dissociate())?);
    assert!(!go!(D, author.dissociate())?);
    assert_eq!(go!(D, posts.find(1))?.unwrap().author_id, None);
    match go!(D, author.associate(77)) {
        Err(Error::NotFound { model, key, .. }) => assert_eq!((model, key.as_str()), ("User", "77")),
        other => panic!("{other:?}"),
    }
    let new = go!(D, author.replace(User::draft().id(5).name("Eve")))?;
    assert_eq!(new.name, "Eve");
    assert_eq!(go!(D, posts.find(1))?.unwrap().author_id, Some(5));
    assert_eq!(go!(D, author.clear())?, 1);
    // A foreign key that can't be NULL must refer to something.
    let comments = db.repository::<Comment>();
    match go!(D, comments.related(1, |c| c.post).dissociate()) {
        Err(Error::Configuration(what)) => {
            assert!(what.contains("`Comment.post_id` can't be NULL"), "{what}")
        }
        other => panic!("{other:?}"),
    }
    let cleared = go!(D, comments.related(1, |c| c.post).clear());
    assert!(matches!(cleared, Err(Error::Configuration(_))), "{cleared:?}");
    assert!(go!(D, comments.related(1, |c| c.post).associate(2))?);
    assert_eq!(go!(D, comments.find(1))?.unwrap().post_id, 2);
    Ok(())
}

async fn kinds_have_their_own_verbs<D: Mode>(setup: Setup) -> TestResult {
    let db = blog::<D>(&setup).await?;
    match go!(D, db.repository::<User>().related(1, |u| u.posts).attach([4])) {
        Err(Error::Configuration(what)) => {
            assert!(what.contains("`attach` is not for `User.posts`") && what.contains("`add`"), "{what}");
        }
        other => panic!("{other:?}"),
    }
    assert!(matches!(
        go!(D, db.repository::<User>().related(2, |u| u.profile).associate(9)),
        Err(Error::Configuration(_))
    ));
    assert!(matches!(
        go!(D, db.repository::<User>().related(u64::MAX, |u| u.profile).clear()),
        Err(Error::Operand { column: "key", .. })
    ));
    Ok(())
}

async fn deleted_records_are_not_there_to_be_tied<D: Mode>(setup: Setup) -> TestResult {
    let db = setup.database::<D>().await?;
    let json = r#"{ "id": 1, "name": "A", "books": [{ "id": 1, "title": "x" }, { "id": 2, "title": "y" }] }"#;
    go!(D, db.repository::<Author>().save_json(json))?;
    go!(D, db.repository::<Genre>().save_json(r#"{ "name": "math" }"#))?;
    go!(D, db.repository::<Book>().destroy(1))?;
    let books = db.repository::<Book>();
    assert!(matches!(go!(D, books.related(1, |b| b.genres).attach(["math"])), Err(Error::NotFound { .. })));
    let of_math = db.repository::<Genre>().related("math", |g| g.books);
    assert!(matches!(go!(D, of_math.attach([1])), Err(Error::NotFound { model: "Book", .. })));
    // What is deleted already isn't untied.
    let authors = db.repository::<Author>();
    assert_eq!(go!(D, authors.related(1, |a| a.books).clear())?, 1);
    assert_eq!(go!(D, books.with_deleted().find(1))?.unwrap().author_id, Some(1));
    assert_eq!(go!(D, books.find(2))?.unwrap().author_id, None);
    Ok(())
}

async fn inside_of_a_transaction<D: Mode>(setup: Setup) -> TestResult {
    let db = blog::<D>(&setup).await?;
    let tx = go!(D, db.begin())?;
    let posts = tx.repository::<Post>();
    assert_eq!(go!(D, posts.related(4, |p| p.tags).attach(["a"]))?, 1);
    assert!(matches!(go!(D, posts.related(4, |p| p.tags).sync(["none"])), Err(Error::NotFound { .. })));
    assert_eq!(go!(D, posts.related(4, |p| p.tags).attach(["a", "b"]))?, 1);
    go!(D, tx.rollback())?;
    assert!(tags(&db, 4).await?.is_empty());
    Ok(())
}

async fn a_relation_of_a_model_to_itself<D: Mode>(setup: Setup) -> TestResult {
    let db = setup.database::<D>().await?;
    let staff = db.repository::<Employee>();
    let boss = go!(
        D,
        staff.save(
            Employee::draft()
                .name("Boss")
                .reports([Employee::draft().name("A"), Employee::draft().name("B")])
        )
    )?;
    let reports = go!(D, staff.related(boss.id, |e| e.reports).replace([Employee::draft().name("C")]))?;
    assert_eq!(reports[0].manager_id, Some(boss.id));
    let free = go!(D, staff.query().filter(|e| e.manager_id.is_null()).order_by(|e| e.name.asc()).get())?;
    assert_eq!(free.iter().map(|e| e.name.as_str()).collect::<Vec<_>>(), ["A", "B", "Boss"]);
    assert!(go!(D, staff.related(boss.id, |e| e.manager).associate(reports[0].id))?);
    assert_eq!(go!(D, staff.find(boss.id))?.unwrap().manager_id, Some(reports[0].id));
    Ok(())
}
