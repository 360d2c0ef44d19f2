//! Relations that are read in one statement with their records: the same records, in fewer statements.

use super::BLOG;
use crate::scenarios::blog::{Comment, Post, Profile, User};
use crate::scenarios::composite::{Permit, Show, Venue};
use crate::scenarios::library::{Author, Book};
use crate::scenarios::morph::{Article, Clip, Remark};
use crate::scenarios::staff::Employee;
use crate::{Setup, TestResult, cases, go};
use orm_core::Mode;
use orm_core::database::Database;

cases![
    several_of_each,
    one_of_each,
    what_is_nowhere_is_nothing,
    records_of_one_order_stay_apart,
    filtered_and_ordered,
    cut_records,
    several_relations_at_once,
    with_relations_of_their_own,
    keys_of_several_columns,
    a_model_that_refers_to_itself,
    told_apart_by_a_type,
    deleted_and_scoped_ones_are_left_out,
    of_two_that_claim_a_place,
    many_of_some,
    streamed,
    locked_and_in_a_transaction,
    what_can_not_be_joined_is_read_apart,
    the_statement_is_told,
];

async fn blog<D: Mode>(setup: &Setup) -> orm_core::Result<Database<D>> {
    let db = setup.database::<D>().await?;
    go!(D, db.repository::<User>().save_json(BLOG))?;
    setup.statements();
    Ok(db)
}

/// The keys of each list.
fn posts(users: &[User]) -> Vec<(u64, Vec<u64>)> {
    users.iter().map(|u| (u.id, u.posts.get_partial().unwrap().iter().map(|p| p.id).collect())).collect()
}

/// How many statements a joined read takes: one, where the provider joins.
fn takes<D: Mode>(setup: &Setup, db: &Database<D>, joined: u64) {
    let taken = setup.statements();
    if db.capabilities().joins {
        assert_eq!(taken, joined);
    }
}

async fn several_of_each<D: Mode>(setup: Setup) -> TestResult {
    let db = blog::<D>(&setup).await?;
    let users = db.repository::<User>();
    let mut joined = go!(D, users.query().with(|u| u.posts.joined()).get())?;
    takes(&setup, &db, 1);
    joined.sort_by_key(|u| u.id);
    let mut lists = posts(&joined);
    lists.iter_mut().for_each(|(_, list)| list.sort_unstable());
    assert_eq!(lists, [(1, vec![1, 2, 3]), (2, vec![4]), (3, vec![])]);
    // All columns are there, and only what was asked for.
    assert_eq!((joined[0].name.as_str(), joined[0].age, joined[2].email.as_deref()), ("Ada", 36, None));
    assert!(joined[0].profile.is_not_loaded());
    let hello = &joined[1].posts.get()?[0];
    assert_eq!(
        (hello.title.as_str(), hello.views, hello.author_id, hello.editor_id),
        ("Hello", 0, Some(2), Some(1))
    );
    assert!(hello.comments.is_not_loaded());
    Ok(())
}

async fn one_of_each<D: Mode>(setup: Setup) -> TestResult {
    let db = blog::<D>(&setup).await?;
    let read = |joined: bool| {
        let query = db.repository::<Post>().query().order_by(|p| p.id.asc());
        match joined {
            true => query.with(|p| p.author.joined()).with(|p| p.editor.joined()),
            false => query.with(|p| p.author).with(|p| p.editor),
        }
    };
    let joined = go!(D, read(true).get())?;
    takes(&setup, &db, 1);
    assert_eq!(joined, go!(D, read(false).get())?);
    let names: Vec<_> = joined.iter().map(|p| p.editor.get().unwrap().map(|u| u.name.as_str())).collect();
    assert_eq!(names, [Some("Bob"), None, None, Some("Ada")]);
    setup.statements();
    let users =
        go!(D, db.repository::<User>().query().order_by(|u| u.id.asc()).with(|u| u.profile.joined()).get())?;
    takes(&setup, &db, 1);
    assert_eq!(users[0].profile.get()?, None);
    assert_eq!(users[1].profile.get()?.unwrap().bio, "Hi");
    Ok(())
}

async fn what_is_nowhere_is_nothing<D: Mode>(setup: Setup) -> TestResult {
    let db = setup.database::<D>().await?;
    assert!(go!(D, db.repository::<User>().query().with(|u| u.posts.joined()).get())?.is_empty());
    go!(D, db.repository::<User>().save_json(BLOG))?;
    let none = db.repository::<User>().query().filter(|u| u.id.eq(3)).with(|u| u.posts.joined());
    let cy = go!(D, none.one())?;
    assert!(cy.posts.get()?.is_empty());
    // A record that nobody refers to any more, and a reference that leads nowhere.
    go!(D, db.repository::<Post>().query().filter(|p| p.id.eq(4)).update(|p| p.author_id.set(None::<u64>)))?;
    let hello = go!(D, db.repository::<Post>().query().with(|p| p.author.joined()).find(4))?.unwrap();
    assert_eq!(hello.author.get()?, None);
    let bob = go!(D, db.repository::<User>().query().with(|u| u.posts.joined()).find(2))?.unwrap();
    assert!(bob.posts.get()?.is_empty());
    Ok(())
}

async fn records_of_one_order_stay_apart<D: Mode>(setup: Setup) -> TestResult {
    let db = setup.database::<D>().await?;
    let users = db.repository::<User>();
    // Two of each age, whose posts come in turns when all rows are ordered by age and title.
    let some = (1..=6_u64).map(|id| {
        let posts = (1..=3).map(move |n| Post::draft().id(id * 10 + n).title(format!("{}", 9 - n)));
        User::draft().id(id).name(format!("{id}")).age((id as i32 + 1) / 2).posts(posts)
    });
    go!(D, users.save_many(some.collect::<Vec<_>>()))?;
    let query = users.query().order_by(|u| u.age.desc()).order_by(|u| u.id.asc());
    let read = go!(D, query.with(|u| u.posts.order_by(|p| p.title.asc()).joined()).get())?;
    let expected: Vec<_> =
        [5, 6, 3, 4, 1, 2].map(|id: u64| (id, vec![id * 10 + 3, id * 10 + 2, id * 10 + 1])).to_vec();
    assert_eq!(posts(&read), expected);
    // Where records aren't told apart by the order, theirs are still in order.
    let read = go!(
        D,
        users.query().order_by(|u| u.age.desc()).with(|u| u.posts.order_by(|p| p.title.asc()).joined()).get()
    )?;
    assert_eq!(read.iter().map(|u| u.age).collect::<Vec<_>>(), [3, 3, 2, 2, 1, 1]);
    let mut lists = posts(&read);
    lists.sort_unstable();
    let mut expected = expected;
    expected.sort_unstable();
    assert_eq!(lists, expected);
    Ok(())
}

async fn filtered_and_ordered<D: Mode>(setup: Setup) -> TestResult {
    let db = blog::<D>(&setup).await?;
    let query = db.repository::<User>().query().filter(|u| u.age.ge(18)).order_by(|u| u.name.desc());
    let read = go!(
        D,
        query
            .with(|u| u
                .posts
                .filter(|p| p.views.ge(20).or(p.title.eq("x")))
                .order_by(|p| p.views.desc())
                .joined())
            .get()
    )?;
    takes(&setup, &db, 1);
    assert_eq!(posts(&read), [(3, vec![]), (1, vec![2, 3])]);
    assert!(read[1].posts.get().is_err(), "some may be missing");
    // A condition on relations, of records and of those that are joined.
    let query = db.repository::<User>().query().filter(|u| u.posts.any(|p| p.views.gt(25)));
    let read = go!(
        D,
        query.with(|u| u.posts.filter(|p| p.comments.exists()).order_by(|p| p.id.asc()).joined()).get()
    )?;
    assert_eq!(posts(&read), [(1, vec![1, 2])]);
    // Values of both stand in one statement, in their order.
    let query =
        db.repository::<Post>().query().filter(|p| p.title.contains("o")).order_by(|p| p.id.asc()).limit(2);
    let read = go!(D, query.with(|p| p.author.filter(|u| u.name.ne("Bob")).joined()).get())?;
    let authors: Vec<_> =
        read.iter().map(|p| (p.id, p.author.get_partial().unwrap().map(|u| u.id))).collect();
    assert_eq!(authors, [(1, Some(1)), (3, Some(1))]);
    Ok(())
}

async fn cut_records<D: Mode>(setup: Setup) -> TestResult {
    let db = blog::<D>(&setup).await?;
    let users = || db.repository::<User>().query().order_by(|u| u.id.asc());
    let by_id = |u: &orm_core::prelude::Fields<User>| u.posts.order_by(|p| p.id.asc()).joined();
    // Records are counted, not what is joined with them.
    assert_eq!(posts(&go!(D, users().with(by_id).limit(2).get())?), [(1, vec![1, 2, 3]), (2, vec![4])]);
    assert_eq!(posts(&go!(D, users().with(by_id).offset(1).limit(1).get())?), [(2, vec![4])]);
    assert_eq!(go!(D, users().with(by_id).first())?.unwrap().posts.get()?.len(), 3);
    setup.statements();
    let query = db.repository::<Post>().query().order_by(|p| p.id.desc()).offset(1).limit(2);
    let read = go!(D, query.with(|p| p.author.joined()).get())?;
    takes(&setup, &db, 1);
    let authors: Vec<_> = read.iter().map(|p| (p.id, p.author.get().unwrap().map(|u| u.id))).collect();
    assert_eq!(authors, [(3, Some(1)), (2, Some(1))]);
    // Without an order, the key decides which.
    let read = go!(D, db.repository::<Post>().query().limit(3).with(|p| p.author.joined()).get())?;
    assert_eq!(read.iter().map(|p| p.id).collect::<Vec<_>>(), [1, 2, 3]);
    Ok(())
}

async fn several_relations_at_once<D: Mode>(setup: Setup) -> TestResult {
    let db = blog::<D>(&setup).await?;
    let read = go!(
        D,
        db.repository::<User>()
            .query()
            .order_by(|u| u.id.asc())
            .with(|u| u.posts.order_by(|p| p.id.asc()).joined())
            .with(|u| u.edited.order_by(|p| p.id.asc()).joined())
            .with(|u| u.profile.joined())
            .with_count(|u| u.posts)
            .get()
    )?;
    assert_eq!(posts(&read), [(1, vec![1, 2, 3]), (2, vec![4]), (3, vec![])]);
    let edited: Vec<Vec<u64>> =
        read.iter().map(|u| u.edited.get().unwrap().iter().map(|p| p.id).collect()).collect();
    assert_eq!(edited, [vec![4], vec![1], vec![]]);
    assert_eq!(read[1].profile.get()?.unwrap().id, 9);
    assert_eq!(read.iter().map(|u| u.posts.count().unwrap()).collect::<Vec<_>>(), [3, 1, 0]);
    Ok(())
}

async fn with_relations_of_their_own<D: Mode>(setup: Setup) -> TestResult {
    let db = blog::<D>(&setup).await?;
    let read = |joined: bool| {
        let query = db.repository::<User>().query().order_by(|u| u.id.asc());
        query.with(|u| {
            let load = u.posts.order_by(|p| p.id.asc()).with(|p| p.comments.order_by(|c| c.id.asc()));
            let load = load.with(|p| p.tags.order_by(|t| t.name.asc())).with(|p| p.editor.joined());
            if joined { load.joined() } else { load }
        })
    };
    let joined = go!(D, read(true).get())?;
    assert_eq!(joined, go!(D, read(false).get())?);
    let comments: Vec<Vec<u64>> = joined[0]
        .posts
        .get()?
        .iter()
        .map(|p| p.comments.get().unwrap().iter().map(|c| c.id).collect())
        .collect();
    assert_eq!(comments, [vec![1, 2], vec![3], vec![]]);
    assert_eq!(joined[0].posts.get()?[0].tags.get()?.len(), 2);
    let comment = db.repository::<Comment>().query().with(|c| c.post.joined().with(|p| p.author.joined()));
    let comment = go!(D, comment.find(3))?.unwrap();
    assert_eq!(comment.post.get()?.unwrap().author.get()?.unwrap().name, "Ada");
    Ok(())
}

async fn keys_of_several_columns<D: Mode>(setup: Setup) -> TestResult {
    let db = setup.database::<D>().await?;
    let venues = r#"[
        { "city": "Rome", "number": 1, "shows": [{ "id": 1, "title": "a" }, { "id": 2, "title": "b" }], "permit": { "until": 7 } },
        { "city": "Rome", "number": 2, "shows": [{ "id": 3, "title": "c" }] },
        { "city": "Bonn", "number": 1 }]"#;
    go!(D, db.repository::<Venue>().save_json(venues))?;
    go!(D, db.repository::<Show>().save_json(r#"[{ "id": 4, "title": "nowhere", "venue_number": 1 }]"#))?;
    go!(D, db.repository::<Permit>().save_json(r#"[{ "city": "Oslo", "number": 1, "until": 9 }]"#))?;
    setup.statements();
    let query = db.repository::<Venue>().query().order_by(|v| [v.city.asc(), v.number.asc()]);
    let read =
        go!(D, query.with(|v| v.shows.order_by(|s| s.id.asc()).joined()).with(|v| v.permit.joined()).get())?;
    takes(&setup, &db, 1);
    let shows: Vec<Vec<u64>> =
        read.iter().map(|v| v.shows.get().unwrap().iter().map(|s| s.id).collect()).collect();
    assert_eq!(shows, [vec![], vec![1, 2], vec![3]]);
    let permits: Vec<_> = read.iter().map(|v| v.permit.get().unwrap().map(|p| p.until)).collect();
    assert_eq!(permits, [None, Some(7), None]);
    let shows =
        go!(D, db.repository::<Show>().query().order_by(|s| s.id.asc()).with(|s| s.venue.joined()).get())?;
    let venues: Vec<_> = shows.iter().map(|s| s.venue.get().unwrap().map(|v| v.number)).collect();
    assert_eq!(venues, [Some(1), Some(1), Some(2), None]);
    Ok(())
}

async fn a_model_that_refers_to_itself<D: Mode>(setup: Setup) -> TestResult {
    let db = setup.database::<D>().await?;
    let staff = db.repository::<Employee>();
    go!(D, staff.save_json(r#"{ "name": "Ada", "reports": [{ "name": "Bob", "reports": [{ "name": "Cy" }] }, { "name": "Di" }] }"#))?;
    let read = go!(
        D,
        staff
            .query()
            .order_by(|e| e.name.asc())
            .with(|e| e.manager.joined())
            .with(|e| e.reports.order_by(|r| r.name.asc()).joined())
            .get()
    )?;
    let seen: Vec<_> = read
        .iter()
        .map(|e| {
            let manager = e.manager.get().unwrap().map_or("", |m| m.name.as_str());
            let reports: Vec<_> = e.reports.get().unwrap().iter().map(|r| r.name.as_str()).collect();
            (e.name.as_str(), manager, reports)
        })
        .collect();
    assert_eq!(
        seen,
        [
            ("Ada", "", vec!["Bob", "Di"]),
            ("Bob", "Ada", vec!["Cy"]),
            ("Cy", "Bob", vec![]),
            ("Di", "Ada", vec![])
        ]
    );
    Ok(())
}

async fn told_apart_by_a_type<D: Mode>(setup: Setup) -> TestResult {
    let db = setup.database::<D>().await?;
    go!(D, db.repository::<Article>().save_json(r#"[{ "id": 1, "remarks": [{ "text": "a" }, { "text": "b" }], "picture": { "id": 5 } }, { "id": 2 }]"#))?;
    go!(
        D,
        db.repository::<Clip>()
            .save_json(r#"[{ "id": 1, "remarks": [{ "text": "c" }] }, { "id": 2, "picture": { "id": 6 } }]"#)
    )?;
    setup.statements();
    let query = db.repository::<Article>().query().order_by(|a| a.id.asc());
    let read = go!(
        D,
        query.with(|a| a.remarks.order_by(|r| r.text.asc()).joined()).with(|a| a.picture.joined()).get()
    )?;
    let texts: Vec<Vec<&str>> = read
        .iter()
        .map(|a| a.remarks.get_partial().unwrap().iter().map(|r| r.text.as_str()).collect())
        .collect();
    assert_eq!(texts, [vec!["a", "b"], vec![]]);
    assert_eq!(read[0].picture.get_partial()?.map(|p| p.id), Some(5));
    assert_eq!(read[1].picture.get_partial()?.map(|p| p.id), None);
    let remarks = go!(
        D,
        db.repository::<Remark>().query().order_by(|r| r.text.asc()).with(|r| r.follow_ups.joined()).get()
    )?;
    assert_eq!(remarks.len(), 3);
    Ok(())
}

async fn deleted_and_scoped_ones_are_left_out<D: Mode>(setup: Setup) -> TestResult {
    let builder = setup.builder::<D>().connection("main").scope::<Author>(|a| a.tenant.eq(7));
    let db = go!(D, builder.start())?;
    let authors = r#"[
        { "id": 1, "name": "Ada", "tenant": 7, "books": [{ "id": 1, "title": "One" }, { "id": 2, "title": "Two" }] },
        { "id": 2, "name": "Bob", "tenant": 8, "books": [{ "id": 3, "title": "Three" }] }]"#;
    go!(D, db.repository::<Author>().save_json(authors))?;
    go!(D, db.repository::<Book>().destroy(2))?;
    let titles = |author: &Author| {
        author.books.get_partial().unwrap().iter().map(|b| b.title.clone()).collect::<Vec<_>>()
    };
    setup.statements();
    let read = go!(D, db.repository::<Author>().query().with(|a| a.books.joined()).get())?;
    takes(&setup, &db, 1);
    assert_eq!(read.iter().map(titles).collect::<Vec<_>>(), [["One"]]);
    let query =
        db.repository::<Author>().query().with(|a| a.books.order_by(|b| b.id.asc()).with_deleted().joined());
    assert_eq!(go!(D, query.get())?.iter().map(titles).collect::<Vec<_>>(), [["One", "Two"]]);
    let books = || db.repository::<Book>().query().order_by(|b| b.id.asc()).with(|b| b.author.joined());
    let author = |book: &Book| book.author.get_partial().unwrap().map(|a| a.name.clone());
    assert_eq!(go!(D, books().get())?.iter().map(author).collect::<Vec<_>>(), [Some("Ada".to_owned()), None]);
    let all = go!(D, books().without_scopes().get())?;
    assert_eq!(all.iter().map(author).collect::<Vec<_>>(), [Some("Ada".to_owned()), Some("Bob".to_owned())]);
    Ok(())
}

async fn of_two_that_claim_a_place<D: Mode>(setup: Setup) -> TestResult {
    let db = blog::<D>(&setup).await?;
    let profiles =
        ["b", "a", "c"].into_iter().zip(4..).map(|(bio, id)| Profile::draft().id(id).bio(bio).user_id(1));
    go!(D, db.repository::<Profile>().insert_many(profiles.collect::<Vec<_>>()))?;
    let users = || db.repository::<User>().query().order_by(|u| u.id.asc());
    let read = go!(D, users().with(|u| u.profile.joined()).get())?;
    let ids: Vec<_> = read.iter().map(|u| u.profile.get().unwrap().map(|p| p.id)).collect();
    assert_eq!(ids, [Some(4), Some(9), None]);
    assert_eq!(go!(D, users().with(|u| u.profile.joined()).limit(2).get())?.len(), 2);
    Ok(())
}

/// Enough of them for engines to read their tables from end to end.
async fn many_of_some<D: Mode>(setup: Setup) -> TestResult {
    let db = setup.database::<D>().await?;
    let users = db.repository::<User>();
    let many = (1..=200_u64).map(|id| {
        let posts = (0..id % 3).map(move |n| Post::draft().id(id * 3 + n).title("t"));
        User::draft().id(id).name("n").age((id % 2) as i32).posts(posts)
    });
    go!(D, users.save_many(many.collect::<Vec<_>>()))?;
    let expected: Vec<(u64, Vec<u64>)> = (1..=200)
        .filter(|id| id % 2 == 1)
        .map(|id| (id, (0..id % 3).map(|n| id * 3 + n).collect()))
        .collect();
    let odd = || users.query().filter(|u| u.age.eq(1)).order_by(|u| u.id.asc());
    assert_eq!(posts(&go!(D, odd().with(|u| u.posts.order_by(|p| p.id.asc())).get())?), expected);
    assert_eq!(posts(&go!(D, odd().with(|u| u.posts.order_by(|p| p.id.asc()).joined()).get())?), expected);
    Ok(())
}

async fn streamed<D: Mode>(setup: Setup) -> TestResult {
    let db = blog::<D>(&setup).await?;
    let mut pieces = db.repository::<Post>().query().with(|p| p.author.joined()).chunk(3);
    let mut seen = Vec::new();
    while let Some(piece) = D::next(&mut pieces).await {
        seen.extend(piece?.into_iter().map(|p| (p.id, p.author.get().unwrap().map(|u| u.id))));
    }
    assert_eq!(seen, [(1, Some(1)), (2, Some(1)), (3, Some(1)), (4, Some(2))]);
    Ok(())
}

async fn locked_and_in_a_transaction<D: Mode>(setup: Setup) -> TestResult {
    let db = blog::<D>(&setup).await?;
    let tx = go!(D, db.begin())?;
    let users = tx.repository::<User>();
    go!(D, users.save_json(r#"{ "id": 4, "name": "Di", "posts": [{ "id": 8, "title": "new" }] }"#))?;
    let read = go!(
        D,
        users.query().filter(|u| u.id.ge(2)).order_by(|u| u.id.asc()).with(|u| u.posts.joined()).get()
    )?;
    assert_eq!(posts(&read), [(2, vec![4]), (3, vec![]), (4, vec![8])]);
    let locked = users.query().filter(|u| u.id.eq(4)).for_update().with(|u| u.posts.joined());
    assert_eq!(posts(&go!(D, locked.get())?), [(4, vec![8])]);
    go!(D, tx.rollback())?;
    let read =
        go!(D, db.repository::<User>().query().filter(|u| u.id.ge(2)).with(|u| u.posts.joined()).get())?;
    assert_eq!(read.len(), 2);
    Ok(())
}

async fn what_can_not_be_joined_is_read_apart<D: Mode>(setup: Setup) -> TestResult {
    let db = blog::<D>(&setup).await?;
    let users = || db.repository::<User>().query().order_by(|u| u.id.asc());
    let best = go!(D, users().with(|u| u.posts.order_by(|p| p.views.desc()).limit(1).joined()).get())?;
    assert_eq!(posts(&best), [(1, vec![2]), (2, vec![4]), (3, vec![])]);
    let tags = db
        .repository::<Post>()
        .query()
        .order_by(|p| p.id.asc())
        .with(|p| p.tags.order_by(|t| t.name.asc()).joined());
    let tags: Vec<usize> = go!(D, tags.get())?.iter().map(|p| p.tags.get().unwrap().len()).collect();
    assert_eq!(tags, [2, 1, 0, 0]);
    Ok(())
}

async fn the_statement_is_told<D: Mode>(setup: Setup) -> TestResult {
    let db = setup.database::<D>().await?;
    let query = db.repository::<User>().query().filter(|u| u.id.eq(7));
    let explain =
        go!(D, query.with(|u| u.posts.filter(|p| p.views.gt(1)).with(|p| p.comments).joined()).explain())?;
    let of: Vec<_> = explain.steps.iter().map(|step| step.of.as_str()).collect();
    if db.capabilities().joins {
        assert_eq!(of, ["User", "Post.comments"]);
        let plan = "records of users, where id = ?, joined with what `User.posts` leads to where views > ?";
        assert_eq!(explain.steps[0].plan, plan);
        assert!(explain.steps[0].lines[0].contains("LEFT JOIN"), "{explain}");
    } else {
        assert_eq!(of, ["User", "User.posts", "Post.comments"]);
    }
    Ok(())
}
