//! Some columns instead of records.

use super::BLOG;
use crate::scenarios::blog::{Post, User};
use crate::{Setup, TestResult, cases, go};
use orm_core::prelude::Projection;
use orm_core::{Error, Mode};

cases![
    tuples,
    one_column,
    eight_columns,
    order_limit_and_first,
    structs,
    distinct,
    distinct_order,
    no_loads,
    in_a_transaction,
];

async fn posts<D: Mode>(setup: &Setup) -> orm_core::Result<orm_core::repository::Repository<Post, D>> {
    let db = setup.database::<D>().await?;
    go!(D, db.repository::<User>().save_json(BLOG))?;
    Ok(db.repository::<Post>())
}

async fn tuples<D: Mode>(setup: Setup) -> TestResult {
    let posts = posts::<D>(&setup).await?;
    setup.statements();
    let query = posts.query().filter(|p| p.views.gt(5)).order_by(|p| p.id.asc());
    let found: Vec<(u64, String, Option<u64>)> =
        go!(D, query.select(|p| (p.id, p.title, p.editor_id)).get())?;
    assert_eq!(
        found,
        [
            (1, "Notes".to_owned(), Some(2)),
            (2, "Numbers".to_owned(), None),
            (3, "notes again".to_owned(), None)
        ]
    );
    assert_eq!(setup.statements(), 1);
    // In the order named, not in that of the struct; a column may come twice.
    let query = posts.query().order_by(|p| p.views.desc());
    let found = go!(D, query.select(|p| (p.views, p.id, p.views)).get())?;
    assert_eq!(found, [(30, 2, 30), (20, 3, 20), (10, 1, 10), (0, 4, 0)]);
    Ok(())
}

async fn one_column<D: Mode>(setup: Setup) -> TestResult {
    let posts = posts::<D>(&setup).await?;
    let query = posts.query().order_by(|p| p.title.asc());
    let titles: Vec<String> = go!(D, query.select(|p| p.title).get())?;
    assert_eq!(titles, ["Hello", "Notes", "Numbers", "notes again"]);
    let editors: Vec<(Option<u64>,)> =
        go!(D, posts.query().order_by(|p| p.editor_id.asc()).limit(3).select(|p| (p.editor_id,)).get())?;
    assert_eq!(editors, [(None,), (None,), (Some(1),)]);
    // By a column that isn't selected, and by a condition on a relation.
    let query = posts.query().filter(|p| p.comments.exists()).order_by(|p| p.views.desc());
    assert_eq!(go!(D, query.select(|p| p.id).get())?, [2, 1]);
    Ok(())
}

async fn eight_columns<D: Mode>(setup: Setup) -> TestResult {
    let posts = posts::<D>(&setup).await?;
    let found = go!(
        D,
        posts
            .query()
            .filter(|p| p.id.eq(4))
            .select(|p| (p.id, p.title, p.views, p.author_id, p.editor_id, p.id, p.title, p.views))
            .get()
    )?;
    let hello = "Hello".to_owned();
    assert_eq!(found, [(4, hello.clone(), 0, Some(2), Some(1), 4, hello, 0)]);
    Ok(())
}

async fn order_limit_and_first<D: Mode>(setup: Setup) -> TestResult {
    let posts = posts::<D>(&setup).await?;
    let query = posts.query().order_by(|p| p.views.desc()).offset(1).limit(2);
    assert_eq!(go!(D, query.clone().select(|p| p.id).get())?, [3, 1]);
    assert_eq!(go!(D, query.select(|p| p.id).first())?, Some(3));
    assert_eq!(go!(D, posts.query().filter(|p| p.id.eq(99)).select(|p| p.id).first())?, None);
    assert_eq!(go!(D, posts.query().limit(0).select(|p| p.id).first())?, None);
    // Without an order, the key makes limits stable.
    assert_eq!(go!(D, posts.query().limit(2).select(|p| p.title).get())?, ["Notes", "Numbers"]);
    Ok(())
}

/// Two columns of a post, in another order than the post's.
#[derive(Projection, Debug, PartialEq)]
#[projection(Post)]
struct Line {
    author_id: Option<u64>,
    title: String,
}

async fn structs<D: Mode>(setup: Setup) -> TestResult {
    let posts = posts::<D>(&setup).await?;
    let lines = go!(D, posts.query().order_by(|p| p.id.desc()).limit(2).select_as::<Line>().get())?;
    assert_eq!(
        lines,
        [
            Line { author_id: Some(2), title: "Hello".to_owned() },
            Line { author_id: Some(1), title: "notes again".to_owned() }
        ]
    );
    let first = go!(D, posts.query().order_by(|p| p.id.asc()).select_as::<Line>().first())?;
    assert_eq!(first.map(|line| line.title).as_deref(), Some("Notes"));
    Ok(())
}

async fn distinct<D: Mode>(setup: Setup) -> TestResult {
    let posts = posts::<D>(&setup).await?;
    let mut authors = go!(D, posts.query().select(|p| p.author_id).distinct().get())?;
    authors.sort_unstable();
    assert_eq!(authors, [Some(1), Some(2)]);
    // NULL is a value like any other, and comes once.
    let query = posts.query().order_by(|p| p.editor_id.desc());
    assert_eq!(go!(D, query.select(|p| p.editor_id).distinct().get())?, [Some(2), Some(1), None]);
    let pairs = posts.query().filter(|p| p.id.ne(1)).order_by(|p| [p.author_id.asc(), p.editor_id.asc()]);
    assert_eq!(
        go!(D, pairs.select(|p| (p.author_id, p.editor_id)).distinct().get())?,
        [(Some(1), None), (Some(2), Some(1))]
    );
    Ok(())
}

async fn distinct_order<D: Mode>(setup: Setup) -> TestResult {
    let posts = posts::<D>(&setup).await?;
    // Offset and limit count the different rows, and the columns make them stable.
    let query = posts.query().limit(1).offset(1);
    assert_eq!(go!(D, query.select(|p| p.author_id).distinct().get())?, [Some(2)]);
    let query = posts.query().order_by(|p| p.views.asc());
    let error = go!(D, query.select(|p| p.author_id).distinct().get()).unwrap_err();
    assert!(matches!(&error, Error::Configuration(text) if text.contains("`views`")), "{error}");
    Ok(())
}

async fn no_loads<D: Mode>(setup: Setup) -> TestResult {
    let posts = posts::<D>(&setup).await?;
    let error = go!(D, posts.query().with(|p| p.comments).select(|p| p.id).get()).unwrap_err();
    assert!(matches!(&error, Error::Configuration(text) if text.contains("`.with(…)`")), "{error}");
    let error = go!(D, posts.query().filter(|p| p.id.eq(u64::MAX)).select(|p| p.id).get()).unwrap_err();
    assert!(matches!(error, Error::Operand { .. }), "{error}");
    Ok(())
}

async fn in_a_transaction<D: Mode>(setup: Setup) -> TestResult {
    let db = setup.database::<D>().await?;
    go!(D, db.repository::<User>().save_json(BLOG))?;
    let tx = go!(D, db.begin())?;
    go!(D, tx.repository::<Post>().save_json(r#"{ "id": 9, "title": "New" }"#))?;
    let query = tx.repository::<Post>().query().filter(|p| p.id.ge(4)).order_by(|p| p.id.asc());
    assert_eq!(
        go!(D, query.select(|p| (p.id, p.title)).get())?,
        [(4, "Hello".to_owned()), (9, "New".to_owned())]
    );
    go!(D, tx.rollback())?;
    assert_eq!(go!(D, db.repository::<Post>().query().select(|p| p.id).get())?.len(), 4);
    Ok(())
}
