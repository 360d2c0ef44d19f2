//! Results read piece by piece.

use super::BLOG;
use crate::scenarios::blog::{Post, User};
use crate::{Setup, TestResult, cases, go};
use orm_core::database::Database;
use orm_core::query::Query;
use orm_core::{Error, Mode};

cases![
    chunks,
    records_one_by_one,
    order_limit_and_offset,
    relations_per_chunk,
    more_than_one_read,
    one_state,
    dropped_early,
    in_a_transaction,
    errors_end_it,
    nothing_is_read_before_it_is_asked,
];

async fn blog<D: Mode>(setup: &Setup) -> Result<Database<D>, Error> {
    let db = setup.database::<D>().await?;
    go!(D, db.repository::<User>().save_json(BLOG))?;
    setup.statements();
    Ok(db)
}

async fn chunked<D: Mode>(query: Query<Post, D>, size: u64) -> Result<Vec<Vec<u64>>, Error> {
    let mut chunks = query.chunk(size);
    let mut all = Vec::new();
    while let Some(chunk) = D::next(&mut chunks).await {
        all.push(chunk?.iter().map(|p| p.id).collect());
    }
    // It stays at its end.
    assert!(D::next(&mut chunks).await.is_none());
    Ok(all)
}

async fn streamed<D: Mode>(query: Query<Post, D>) -> Result<Vec<u64>, Error> {
    let mut records = query.stream();
    let mut all = Vec::new();
    while let Some(record) = D::next(&mut records).await {
        all.push(record?.id);
    }
    Ok(all)
}

async fn chunks<D: Mode>(setup: Setup) -> TestResult {
    let db = blog::<D>(&setup).await?;
    let posts = db.repository::<Post>();
    assert_eq!(chunked(posts.query(), 3).await?, [vec![1, 2, 3], vec![4]]);
    assert_eq!(chunked(posts.query(), 2).await?, [[1, 2], [3, 4]]);
    assert_eq!(chunked(posts.query(), u64::MAX).await?, [[1, 2, 3, 4]]);
    let none: [Vec<u64>; 0] = [];
    assert_eq!(chunked(posts.query().filter(|p| p.id.gt(9)), 2).await?, none);
    Ok(())
}

async fn records_one_by_one<D: Mode>(setup: Setup) -> TestResult {
    let db = blog::<D>(&setup).await?;
    let posts = db.repository::<Post>();
    assert_eq!(streamed(posts.query()).await?, [1, 2, 3, 4]);
    assert_eq!(
        streamed(posts.query().filter(|p| p.views.gt(5)).order_by(|p| p.views.desc())).await?,
        [2, 3, 1]
    );
    assert_eq!(streamed(posts.query().limit(0)).await?, [] as [u64; 0]);
    Ok(())
}

async fn order_limit_and_offset<D: Mode>(setup: Setup) -> TestResult {
    let db = blog::<D>(&setup).await?;
    let query = || db.repository::<Post>().query().order_by(|p| p.editor_id.desc());
    // Bob corrected 1, Ada 4, nobody 2 and 3.
    assert_eq!(chunked(query(), 1).await?, [[1], [4], [2], [3]]);
    assert_eq!(chunked(query().limit(3), 2).await?, [vec![1, 4], vec![2]]);
    assert_eq!(chunked(query().limit(2), 2).await?, [[1, 4]]);
    assert_eq!(chunked(query().offset(1), 2).await?, [vec![4, 2], vec![3]]);
    assert_eq!(chunked(query().offset(1).limit(2), 1).await?, [[4], [2]]);
    assert_eq!(streamed(query().offset(3).limit(9)).await?, [3]);
    Ok(())
}

async fn relations_per_chunk<D: Mode>(setup: Setup) -> TestResult {
    let db = blog::<D>(&setup).await?;
    let query = db.repository::<Post>().query().with(|p| p.comments).with_count(|p| p.tags);
    let mut chunks = query.chunk(2);
    let first = D::next(&mut chunks).await.unwrap()?;
    assert_eq!(first[0].comments.get()?.len(), 2);
    assert_eq!(first[0].tags.count()?, 2);
    let second = D::next(&mut chunks).await.unwrap()?;
    assert_eq!(second[1].comments.get()?.len(), 0);
    assert_eq!(second[1].tags.count()?, 0);
    Ok(())
}

async fn more_than_one_read<D: Mode>(setup: Setup) -> TestResult {
    let db = setup.database::<D>().await?;
    let posts = db.repository::<Post>();
    let many: Vec<_> =
        (1..=2_500_u64).map(|id| Post::draft().id(id).title("t").views(i64::MAX - id as i64 / 7)).collect();
    go!(D, posts.save_many(many))?;
    let mut expected: Vec<u64> = (1..=2_500).collect();
    assert_eq!(streamed(posts.query()).await?, expected);
    expected.sort_by_key(|id| (std::cmp::Reverse(id / 7), *id));
    assert_eq!(streamed(posts.query().order_by(|p| p.views.asc())).await?, expected);
    Ok(())
}

async fn one_state<D: Mode>(setup: Setup) -> TestResult {
    // SQLite has one connection to a database in memory, so that nobody could write meanwhile; a file is
    // tried in `streams.rs`.
    let db = blog::<D>(&setup).await?;
    if db.capabilities().name == "sqlite" {
        return Ok(());
    }
    let posts = db.repository::<Post>();
    let mut chunks = posts.query().chunk(2);
    assert_eq!(D::next(&mut chunks).await.unwrap()?.len(), 2);
    go!(D, posts.save_json(r#"{ "id": 9, "title": "New" }"#))?;
    go!(D, posts.destroy(4))?;
    let second = D::next(&mut chunks).await.unwrap()?;
    assert_eq!(second.iter().map(|p| p.id).collect::<Vec<_>>(), [3, 4]);
    assert!(D::next(&mut chunks).await.is_none());
    assert_eq!(streamed(posts.query()).await?, [1, 2, 3, 9]);
    Ok(())
}

async fn dropped_early<D: Mode>(setup: Setup) -> TestResult {
    let db = blog::<D>(&setup).await?;
    let posts = db.repository::<Post>();
    let mut chunks = posts.query().chunk(1);
    assert_eq!(D::next(&mut chunks).await.unwrap()?.len(), 1);
    drop(chunks);
    let mut records = posts.query().stream();
    assert_eq!(D::next(&mut records).await.unwrap()?.id, 1);
    drop(records);
    drop(posts.query().stream());
    // Nothing is held any more.
    go!(D, posts.destroy(1))?;
    assert_eq!(streamed(posts.query()).await?, [2, 3, 4]);
    Ok(())
}

async fn in_a_transaction<D: Mode>(setup: Setup) -> TestResult {
    let db = blog::<D>(&setup).await?;
    let tx = go!(D, db.begin())?;
    let posts = tx.repository::<Post>();
    go!(D, posts.destroy(2))?;
    let mut chunks = posts.query().chunk(2);
    assert_eq!(D::next(&mut chunks).await.unwrap()?.iter().map(|p| p.id).collect::<Vec<_>>(), [1, 3]);
    drop(chunks);
    // The transaction is still open.
    go!(D, posts.destroy(1))?;
    assert_eq!(streamed(posts.query()).await?, [3, 4]);
    go!(D, tx.rollback())?;
    assert_eq!(streamed(db.repository::<Post>().query()).await?, [1, 2, 3, 4]);
    Ok(())
}

async fn errors_end_it<D: Mode>(setup: Setup) -> TestResult {
    let db = blog::<D>(&setup).await?;
    let posts = db.repository::<Post>();
    let mut wrong = posts.query().filter(|p| p.id.eq(u64::MAX)).stream();
    assert!(matches!(D::next(&mut wrong).await, Some(Err(Error::Operand { .. }))));
    assert!(D::next(&mut wrong).await.is_none());
    let mut wrong = posts.query().chunk(0);
    assert!(matches!(D::next(&mut wrong).await, Some(Err(Error::Configuration(_)))));
    assert!(D::next(&mut wrong).await.is_none());
    Ok(())
}

async fn nothing_is_read_before_it_is_asked<D: Mode>(setup: Setup) -> TestResult {
    let db = blog::<D>(&setup).await?;
    let mut chunks = db.repository::<Post>().query().chunk(3);
    assert_eq!(setup.statements(), 0);
    let _ = D::next(&mut chunks).await.unwrap()?;
    assert_eq!(setup.statements(), 1);
    Ok(())
}
