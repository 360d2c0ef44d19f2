//! Loading relations along: what is loaded, and in how many statements.

use super::BLOG;
use crate::scenarios::blog::{Comment, Post, Profile, Tag, User};
use crate::scenarios::staff::Employee;
use crate::{Setup, TestResult, cases, go};
use orm_core::database::Database;
use orm_core::prelude::{Load, Model};
use orm_core::{Error, Mode};

cases![
    unloaded_is_an_error_that_names_the_cure,
    to_many,
    to_one,
    many_to_many_from_both_sides,
    nested_filtered_ordered,
    limit_per_parent,
    two_relations_to_one_model,
    a_model_that_refers_to_itself,
    many_parents_of_one_record,
    one_statement_per_relation_and_level,
    loads_are_values,
    nothing_to_load_from,
];

async fn blog<D: Mode>(setup: &Setup) -> Result<Database<D>, Error> {
    let db = setup.database::<D>().await?;
    go!(D, db.repository::<User>().save_json(BLOG))?;
    setup.statements();
    Ok(db)
}

async fn unloaded_is_an_error_that_names_the_cure<D: Mode>(setup: Setup) -> TestResult {
    let db = blog::<D>(&setup).await?;
    let ada = go!(D, db.repository::<User>().find(1))?.unwrap();
    let error = ada.posts.get().unwrap_err().to_string();
    assert!(error.contains("`User.posts`") && error.contains(".with("), "{error}");
    assert!(ada.profile.get_partial().is_err());
    let limited = go!(D, db.repository::<User>().query().with(|u| u.posts.limit(1)).find(1))?.unwrap();
    let error = limited.posts.get().unwrap_err().to_string();
    assert!(error.contains("`User.posts`") && error.contains("get_partial"), "{error}");
    assert_eq!(limited.posts.get_partial()?.len(), 1);
    Ok(())
}

async fn to_many<D: Mode>(setup: Setup) -> TestResult {
    let db = blog::<D>(&setup).await?;
    let users = go!(
        D,
        db.repository::<User>()
            .query()
            .order_by(|u| u.id.asc())
            .with(|u| u.posts.order_by(|p| p.id.asc()))
            .get()
    )?;
    let posts: Vec<Vec<u64>> =
        users.iter().map(|u| u.posts.get().unwrap().iter().map(|p| p.id).collect()).collect();
    assert_eq!(posts, [vec![1, 2, 3], vec![4], vec![]]);
    assert!(users[0].profile.is_not_loaded());
    Ok(())
}

async fn to_one<D: Mode>(setup: Setup) -> TestResult {
    let db = blog::<D>(&setup).await?;
    let posts = go!(
        D,
        db.repository::<Post>().query().order_by(|p| p.id.asc()).with(|p| p.author).with(|p| p.editor).get()
    )?;
    let names = |one: &orm_core::prelude::One<User>| one.get().unwrap().map(|u| u.name.clone());
    assert_eq!(names(&posts[0].author).as_deref(), Some("Ada"));
    assert_eq!(names(&posts[0].editor).as_deref(), Some("Bob"));
    assert_eq!(names(&posts[1].editor), None);
    let users = go!(D, db.repository::<User>().query().order_by(|u| u.id.asc()).with(|u| u.profile).get())?;
    assert_eq!(users[0].profile.get()?, None);
    assert_eq!(users[1].profile.get()?.unwrap().bio, "Hi");
    Ok(())
}

async fn many_to_many_from_both_sides<D: Mode>(setup: Setup) -> TestResult {
    let db = blog::<D>(&setup).await?;
    let posts = go!(
        D,
        db.repository::<Post>()
            .query()
            .order_by(|p| p.id.asc())
            .with(|p| p.tags.order_by(|t| t.name.asc()))
            .get()
    )?;
    let tags: Vec<Vec<&str>> =
        posts.iter().map(|p| p.tags.get().unwrap().iter().map(|t| t.name.as_str()).collect()).collect();
    assert_eq!(tags, [vec!["engines", "math"], vec!["math"], vec![], vec![]]);
    let tags = go!(
        D,
        db.repository::<Tag>()
            .query()
            .order_by(|t| t.name.desc())
            .with(|t| t.posts.order_by(|p| p.id.desc()))
            .get()
    )?;
    let posts: Vec<Vec<u64>> =
        tags.iter().map(|t| t.posts.get().unwrap().iter().map(|p| p.id).collect()).collect();
    assert_eq!(posts, [vec![2, 1], vec![1]]);
    let one_each = go!(
        D,
        db.repository::<Tag>()
            .query()
            .order_by(|t| t.name.desc())
            .with(|t| t.posts.order_by(|p| p.id.desc()).limit(1))
            .get()
    )?;
    let posts: Vec<Vec<u64>> =
        one_each.iter().map(|t| t.posts.get_partial().unwrap().iter().map(|p| p.id).collect()).collect();
    assert_eq!(posts, [vec![2], vec![1]]);
    Ok(())
}

async fn nested_filtered_ordered<D: Mode>(setup: Setup) -> TestResult {
    let db = blog::<D>(&setup).await?;
    let query = db.repository::<User>().query().filter(|u| u.id.eq(1)).with(|u| {
        u.posts
            .filter(|p| p.views.ge(10))
            .filter(|p| p.views.lt(30).or(p.comments.any(|c| c.text.eq("more"))))
            .order_by(|p| p.views.desc())
            .with(|p| p.comments.order_by(|c| c.text.asc()).with(|c| c.post))
    });
    let ada = go!(D, query.first())?.unwrap();
    assert!(ada.posts.is_partial());
    let posts = ada.posts.get_partial()?;
    assert_eq!(posts.iter().map(|p| p.id).collect::<Vec<_>>(), [2, 3, 1]);
    let texts: Vec<_> = posts[2].comments.get()?.iter().map(|c| c.text.as_str()).collect();
    assert_eq!(texts, ["no", "yes"]);
    assert_eq!(posts[2].comments.get()?[0].post.get()?.unwrap().title, "Notes");
    Ok(())
}

async fn limit_per_parent<D: Mode>(setup: Setup) -> TestResult {
    let db = blog::<D>(&setup).await?;
    macro_rules! posts {
        ($load:expr) => {
            go!(D, db.repository::<User>().query().order_by(|u| u.id.asc()).with($load).get())?
                .iter()
                .map(|u| u.posts.get_partial().unwrap().iter().map(|p| p.id).collect::<Vec<_>>())
                .collect::<Vec<_>>()
        };
    }
    assert_eq!(posts!(|u| u.posts.order_by(|p| p.views.desc()).limit(2)), [vec![2, 3], vec![4], vec![]]);
    assert_eq!(
        posts!(|u| u.posts.order_by(|p| p.views.desc()).offset(1).limit(1)),
        [vec![3], vec![], vec![]]
    );
    assert_eq!(posts!(|u| u.posts.order_by(|p| p.views.asc()).offset(1)), [vec![3, 2], vec![], vec![]]);
    assert_eq!(posts!(|u| u.posts.limit(2)), [vec![1, 2], vec![4], vec![]]);
    assert_eq!(
        posts!(|u| u.posts.filter(|p| p.views.lt(30)).order_by(|p| p.views.desc()).limit(1)),
        [vec![3], vec![4], vec![]]
    );
    assert_eq!(posts!(|u| u.posts.limit(0)), [vec![], vec![], Vec::<u64>::new()]);
    Ok(())
}

async fn two_relations_to_one_model<D: Mode>(setup: Setup) -> TestResult {
    let db = blog::<D>(&setup).await?;
    let users = go!(
        D,
        db.repository::<User>().query().order_by(|u| u.id.asc()).with(|u| u.edited).with(|u| u.posts).get()
    )?;
    let edited: Vec<Vec<u64>> =
        users.iter().map(|u| u.edited.get().unwrap().iter().map(|p| p.id).collect()).collect();
    assert_eq!(edited, [vec![4], vec![1], vec![]]);
    assert_eq!(users[0].posts.get()?.len(), 3);
    Ok(())
}

async fn a_model_that_refers_to_itself<D: Mode>(setup: Setup) -> TestResult {
    let db = setup.database::<D>().await?;
    let staff = db.repository::<Employee>();
    let json = r#"{ "id": 1, "name": "top", "reports": [
        { "id": 2, "name": "left", "reports": [{ "id": 4, "name": "leaf" }] }, { "id": 3, "name": "right" }] }"#;
    go!(D, staff.save_json(json))?;
    let query =
        staff.query().with(|e| e.reports.order_by(|r| r.id.asc()).with(|r| r.reports)).with(|e| e.manager);
    let top = go!(D, query.clone().find(1))?.unwrap();
    let reports = top.reports.get()?;
    assert_eq!(reports.iter().map(|r| r.id).collect::<Vec<_>>(), [2, 3]);
    assert_eq!(reports[0].reports.get()?[0].name, "leaf");
    assert_eq!(top.manager.get()?, None);
    let leaf = go!(D, staff.query().with(|e| e.manager.with(|m| m.manager)).find(4))?.unwrap();
    assert_eq!(leaf.manager.get()?.unwrap().manager.get()?.unwrap().name, "top");
    assert_eq!(
        go!(D, staff.query().filter(|e| e.manager.is(|m| m.manager.is(|t| t.name.eq("top")))).count())?,
        1
    );
    Ok(())
}

async fn many_parents_of_one_record<D: Mode>(setup: Setup) -> TestResult {
    let db = blog::<D>(&setup).await?;
    let comments = go!(
        D,
        db.repository::<Comment>()
            .query()
            .order_by(|c| c.id.asc())
            .with(|c| c.post.with(|p| p.author).with(|p| p.tags))
            .get()
    )?;
    for comment in &comments[..2] {
        let post = comment.post.get()?.unwrap();
        assert_eq!((post.id, post.tags.get()?.len()), (1, 2));
        assert_eq!(post.author.get()?.unwrap().name, "Ada");
    }
    Ok(())
}

async fn one_statement_per_relation_and_level<D: Mode>(setup: Setup) -> TestResult {
    let db = setup.database::<D>().await?;
    let users = db.repository::<User>();
    let many: Vec<_> = (0..300)
        .map(|i| {
            User::draft()
                .id(i)
                .name("n")
                .posts([Post::draft().id(i).title("t").comments([Comment::draft().id(i).text("c")])])
        })
        .collect();
    go!(D, users.save_many(many))?;
    if !db.capabilities().related {
        // The core fills in by scans, whose number depends on the plan alone all the same.
        setup.statements();
        go!(D, users.query().limit(2).with(|u| u.posts).get())?;
        let few = setup.statements();
        go!(D, users.query().with(|u| u.posts).get())?;
        assert_eq!(setup.statements(), few);
        return Ok(());
    }
    setup.statements();
    let found = go!(
        D,
        users
            .query()
            .with(|u| u.posts.limit(5).with(|p| p.comments).with(|p| p.tags))
            .with(|u| u.profile)
            .get()
    )?;
    assert_eq!(found.len(), 300);
    assert_eq!(setup.statements(), 5);
    go!(D, users.query().filter(|u| u.posts.any(|p| p.comments.any(|c| c.id.lt(50)))).count())?;
    assert_eq!(setup.statements(), 1);
    Ok(())
}

async fn loads_are_values<D: Mode>(setup: Setup) -> TestResult {
    let db = blog::<D>(&setup).await?;
    let load: Load<User> = User::fields().posts.limit(1).into();
    assert!(format!("{load:?}").contains("posts"));
    let ada = go!(D, db.repository::<User>().query().with(|_| load.clone()).find(1))?.unwrap();
    assert_eq!(ada.posts.get_partial()?.len(), 1);
    Ok(())
}

async fn nothing_to_load_from<D: Mode>(setup: Setup) -> TestResult {
    let db = blog::<D>(&setup).await?;
    let none = db.repository::<User>().query().filter(|u| u.id.eq(77)).with(|u| u.posts.with(|p| p.tags));
    assert!(go!(D, none.get())?.is_empty());
    let lost = go!(D, db.repository::<Profile>().save_json(r#"{ "id": 5, "bio": "x" }"#))?;
    assert_eq!(lost.len(), 1);
    Ok(())
}
