//! Filters, order, limits, counts.

use super::BLOG;
use crate::scenarios::blog::{Comment, Post, Profile, User};
use crate::{Setup, TestResult, cases, go};
use orm_core::database::Database;
use orm_core::prelude::{Fields, Filter, Model};
use orm_core::query::{all, any};
use orm_core::{Error, Mode};

cases![
    comparisons,
    null_is_unknown,
    lists,
    texts,
    and_or_not,
    columns_of_one_record,
    relation_predicates,
    relation_counts,
    filters_are_values,
    order_and_nulls,
    limit_and_offset,
    count_and_exists,
    find_many_in_the_order_asked,
    first_and_find_of_a_query,
    names_that_collide,
];

/// No keys.
const NONE: [u64; 0] = [];

async fn blog<D: Mode>(setup: &Setup) -> Result<Database<D>, Error> {
    let db = setup.database::<D>().await?;
    go!(D, db.repository::<User>().save_json(BLOG))?;
    Ok(db)
}

async fn ids<D: Mode>(
    db: &Database<D>,
    filter: impl FnOnce(&Fields<Post>) -> Filter<Post>,
) -> Result<Vec<u64>, Error> {
    let posts = db.repository::<Post>().query().filter(filter).order_by(|p| p.id.asc());
    Ok(go!(D, posts.get())?.iter().map(|p| p.id).collect())
}

async fn comparisons<D: Mode>(setup: Setup) -> TestResult {
    let db = blog::<D>(&setup).await?;
    assert_eq!(ids(&db, |p| p.views.eq(20)).await?, [3]);
    assert_eq!(ids(&db, |p| p.views.ne(20)).await?, [1, 2, 4]);
    assert_eq!(ids(&db, |p| p.views.lt(20)).await?, [1, 4]);
    assert_eq!(ids(&db, |p| p.views.le(20)).await?, [1, 3, 4]);
    assert_eq!(ids(&db, |p| p.views.gt(20)).await?, [2]);
    assert_eq!(ids(&db, |p| p.views.ge(20)).await?, [2, 3]);
    assert_eq!(ids(&db, |p| p.views.between(10, 20)).await?, [1, 3]);
    assert_eq!(ids(&db, |p| p.id.eq(4_i8)).await?, [4]);
    assert_eq!(ids(&db, |p| p.title.gt("Notes")).await?, [2, 3]);
    // A number beyond the column's range is a number all the same.
    let users = db.repository::<User>();
    assert_eq!(go!(D, users.query().filter(|u| u.age.lt(3_000_000_000_i64)).count())?, 3);
    Ok(())
}

async fn null_is_unknown<D: Mode>(setup: Setup) -> TestResult {
    let db = blog::<D>(&setup).await?;
    assert_eq!(ids(&db, |p| p.editor_id.is_null()).await?, [2, 3]);
    assert_eq!(ids(&db, |p| p.editor_id.is_not_null()).await?, [1, 4]);
    assert_eq!(ids(&db, |p| p.editor_id.eq(2)).await?, [1]);
    assert_eq!(ids(&db, |p| p.editor_id.ne(2)).await?, [4]);
    assert_eq!(ids(&db, |p| p.editor_id.eq(2).not()).await?, [4]);
    // Unknown or true is true, unknown and true is unknown.
    assert_eq!(ids(&db, |p| p.editor_id.eq(2).or(p.id.le(2))).await?, [1, 2]);
    assert_eq!(ids(&db, |p| p.editor_id.eq(2).and(p.id.le(2)).not()).await?, [3, 4]);
    assert_eq!(ids(&db, |p| p.editor_id.in_([2, 9])).await?, [1]);
    assert_eq!(ids(&db, |p| p.editor_id.not_in([2, 9])).await?, [4]);
    Ok(())
}

async fn lists<D: Mode>(setup: Setup) -> TestResult {
    let db = blog::<D>(&setup).await?;
    assert_eq!(ids(&db, |p| p.id.in_([4, 1, 1, 77])).await?, [1, 4]);
    assert_eq!(ids(&db, |p| p.title.in_(["Hello", "x"])).await?, [4]);
    let none: [i64; 0] = [];
    assert_eq!(ids(&db, |p| p.id.in_(none)).await?, NONE);
    assert_eq!(ids(&db, |p| p.editor_id.not_in(none)).await?, [1, 2, 3, 4]);
    let many = ids(&db, |p| p.id.in_((0..50_000_u64).rev())).await?;
    assert_eq!(many, [1, 2, 3, 4]);
    Ok(())
}

async fn texts<D: Mode>(setup: Setup) -> TestResult {
    let db = blog::<D>(&setup).await?;
    let posts = db.repository::<Post>();
    go!(D, posts.save_json(r#"[{ "id": 5, "title": "50%_\\ Ünï" }, { "id": 6, "title": "" }, { "id": 7, "title": "Hello " }]"#))?;
    assert_eq!(ids(&db, |p| p.title.starts_with("No")).await?, [1]);
    assert_eq!(ids(&db, |p| p.title.contains("ote")).await?, [1, 3]);
    assert_eq!(ids(&db, |p| p.title.ends_with("s")).await?, [1, 2]);
    assert_eq!(ids(&db, |p| p.title.contains("%_\\")).await?, [5]);
    assert_eq!(ids(&db, |p| p.title.starts_with("")).await?.len(), 7);
    assert_eq!(ids(&db, |p| p.title.like("N%s")).await?, [1, 2]);
    assert_eq!(ids(&db, |p| p.title.like("n%")).await?, [3]);
    assert_eq!(ids(&db, |p| p.title.ilike("n%S")).await?, [1, 2]);
    assert_eq!(ids(&db, |p| p.title.like("Hell_")).await?, [4]);
    assert_eq!(ids(&db, |p| p.title.like("50\\%\\_%")).await?, [5]);
    assert_eq!(ids(&db, |p| p.title.like("%_nï")).await?, [5]);
    assert_eq!(ids(&db, |p| p.title.ilike("%ünï")).await?, NONE);
    assert_eq!(ids(&db, |p| p.title.ilike("%ÜNï")).await?, [5]);
    assert_eq!(ids(&db, |p| p.title.eq("Hello")).await?, [4]);
    assert_eq!(ids(&db, |p| p.title.eq("hello")).await?, NONE);
    assert_eq!(ids(&db, |p| p.title.eq("")).await?, [6]);
    Ok(())
}

async fn and_or_not<D: Mode>(setup: Setup) -> TestResult {
    let db = blog::<D>(&setup).await?;
    assert_eq!(ids(&db, |p| p.id.eq(1).or(p.id.eq(2)).and(p.views.eq(30))).await?, [2]);
    assert_eq!(ids(&db, |p| p.id.eq(1).or(p.id.eq(2).and(p.views.eq(30)))).await?, [1, 2]);
    assert_eq!(ids(&db, |p| !(p.id.eq(1).or(p.id.eq(2)))).await?, [3, 4]);
    assert_eq!(ids(&db, |p| p.id.eq(1).not().not()).await?, [1]);
    assert_eq!(ids(&db, |_| all([])).await?.len(), 4);
    assert_eq!(ids(&db, |_| any([])).await?, NONE);
    assert_eq!(ids(&db, |p| all([p.id.gt(1), p.id.lt(3)])).await?, [2]);
    assert_eq!(ids(&db, |p| any([p.id.eq(1), p.id.eq(3)])).await?, [1, 3]);
    assert_eq!(ids(&db, |_| Filter::nothing()).await?, NONE);
    let posts = db.repository::<Post>();
    let both = posts.query().filter(|p| p.id.gt(1)).filter(|p| p.id.lt(3));
    assert_eq!(go!(D, both.count())?, 1);
    let maybe = posts
        .query()
        .filter_opt(None::<i64>, |p, v| p.views.eq(v))
        .filter_opt(Some(10), |p, v| p.views.eq(v));
    assert_eq!(go!(D, maybe.count())?, 1);
    Ok(())
}

async fn columns_of_one_record<D: Mode>(setup: Setup) -> TestResult {
    let db = blog::<D>(&setup).await?;
    go!(
        D,
        db.repository::<Post>().save_json(r#"{ "id": 8, "title": "own", "author_id": 2, "editor_id": 2 }"#)
    )?;
    assert_eq!(ids(&db, |p| p.author_id.eq_column(p.editor_id)).await?, [8]);
    assert_eq!(ids(&db, |p| p.author_id.eq_column(p.editor_id).not()).await?, [1, 4]);
    Ok(())
}

async fn relation_predicates<D: Mode>(setup: Setup) -> TestResult {
    let db = blog::<D>(&setup).await?;
    go!(D, db.repository::<Post>().save_json(r#"{ "id": 5, "title": "Lost" }"#))?;
    // To one.
    assert_eq!(ids(&db, |p| p.author.is(|u| u.name.eq("Ada"))).await?, [1, 2, 3]);
    assert_eq!(ids(&db, |p| p.author.is(|u| u.name.eq("Ada")).not()).await?, [4, 5]);
    assert_eq!(ids(&db, |p| p.author.exists().not()).await?, [5]);
    assert_eq!(ids(&db, |p| p.editor.is(|u| u.id.eq(1))).await?, [4]);
    // To many, nested, and back.
    let users = db.repository::<User>();
    let writers = users
        .query()
        .filter(|u| u.posts.any(|p| p.comments.any(|c| c.text.eq("more"))))
        .order_by(|u| u.id.asc());
    assert_eq!(go!(D, writers.get())?.iter().map(|u| u.id).collect::<Vec<_>>(), [1]);
    assert_eq!(ids(&db, |p| p.author.is(|u| u.posts.any(|q| q.title.eq("Hello")))).await?, [4]);
    assert_eq!(go!(D, users.query().filter(|u| u.posts.none(|p| p.views.gt(5))).count())?, 2);
    assert_eq!(go!(D, users.query().filter(|u| u.posts.all(|p| p.views.ge(10))).count())?, 2);
    assert_eq!(
        go!(D, users.query().filter(|u| u.posts.exists().and(u.posts.all(|p| p.views.ge(10)))).count())?,
        1
    );
    // All of them means: none for which it is false or unknown.
    assert_eq!(
        go!(D, users.query().filter(|u| u.posts.exists().and(u.posts.all(|p| p.editor_id.eq(2)))).count())?,
        0
    );
    // One of its own, and many to many from both sides.
    assert_eq!(
        go!(D, users.query().filter(|u| u.profile.is(|p: &Fields<Profile>| p.bio.eq("Hi"))).count())?,
        1
    );
    assert_eq!(ids(&db, |p| p.tags.any(|t| t.color.eq("red"))).await?, [1]);
    let tags = db.repository::<crate::scenarios::blog::Tag>();
    assert_eq!(go!(D, tags.query().filter(|t| t.posts.any(|p| p.id.eq(2))).count())?, 1);
    let comments = db.repository::<Comment>();
    assert_eq!(go!(D, comments.query().filter(|c| c.post.is(|p| p.author.is(|u| u.age.gt(30)))).count())?, 3);
    Ok(())
}

async fn relation_counts<D: Mode>(setup: Setup) -> TestResult {
    let db = blog::<D>(&setup).await?;
    let users = db.repository::<User>();
    assert_eq!(go!(D, users.query().filter(|u| u.posts.count().ge(3)).count())?, 1);
    assert_eq!(go!(D, users.query().filter(|u| u.posts.count().eq(0)).count())?, 1);
    assert_eq!(go!(D, users.query().filter(|u| u.posts.count().lt(2)).count())?, 2);
    assert_eq!(go!(D, users.query().filter(|u| u.posts.count().ne(1)).count())?, 2);
    assert_eq!(
        go!(D, users.query().filter(|u| u.posts.count().filter(|p| p.views.gt(15)).eq(2)).count())?,
        1
    );
    assert_eq!(ids(&db, |p| p.tags.count().gt(1)).await?, [1]);
    assert_eq!(ids(&db, |p| p.tags.count().le(0)).await?, [3, 4]);
    Ok(())
}

fn long_read(p: &Fields<Post>, views: i64) -> Filter<Post> {
    p.views.ge(views)
}

async fn filters_are_values<D: Mode>(setup: Setup) -> TestResult {
    let db = blog::<D>(&setup).await?;
    let kept: Filter<Post> = long_read(Post::fields(), 20);
    let sent = std::thread::spawn({
        let kept = kept.clone();
        move || kept.and(Post::fields().id.gt(2))
    });
    let sent = sent.join().map_err(|_| "the thread failed")?;
    assert_eq!(ids(&db, |_| kept).await?, [2, 3]);
    assert_eq!(ids(&db, |_| sent.clone()).await?, [3]);
    assert!(format!("{sent:?}").contains("20"));
    let query = db.repository::<Post>().query().filter_by(sent);
    assert_eq!(go!(D, query.clone().count())?, go!(D, query.count())?);
    Ok(())
}

async fn order_and_nulls<D: Mode>(setup: Setup) -> TestResult {
    let db = blog::<D>(&setup).await?;
    let posts = db.repository::<Post>();
    macro_rules! order {
        ($order:expr) => {
            go!(D, posts.query().order_by($order).get())?.iter().map(|p| p.id).collect::<Vec<_>>()
        };
    }
    assert_eq!(order!(|p| p.views.asc()), [4, 1, 3, 2]);
    assert_eq!(order!(|p| p.views.desc()), [2, 3, 1, 4]);
    // By code point: capitals before small letters.
    assert_eq!(order!(|p| p.title.asc()), [4, 1, 2, 3]);
    assert_eq!(order!(|p| [p.author_id.desc(), p.views.asc()]), [4, 1, 3, 2]);
    // NULL is smallest, unless told.
    assert_eq!(order!(|p| [p.editor_id.asc(), p.id.asc()]), [2, 3, 4, 1]);
    assert_eq!(order!(|p| [p.editor_id.desc(), p.id.asc()]), [1, 4, 2, 3]);
    assert_eq!(order!(|p| [p.editor_id.asc().nulls_last(), p.id.asc()]), [4, 1, 2, 3]);
    assert_eq!(order!(|p| [p.editor_id.desc().nulls_first(), p.id.asc()]), [2, 3, 1, 4]);
    Ok(())
}

async fn limit_and_offset<D: Mode>(setup: Setup) -> TestResult {
    let db = blog::<D>(&setup).await?;
    let posts = db.repository::<Post>();
    macro_rules! page {
        ($offset:expr, $limit:expr) => {
            go!(D, posts.query().order_by(|p| p.views.asc()).offset($offset).limit($limit).get())?
                .iter()
                .map(|p| p.id)
                .collect::<Vec<_>>()
        };
    }
    assert_eq!(page!(0, 2), [4, 1]);
    assert_eq!(page!(2, 2), [3, 2]);
    assert_eq!(page!(3, 2), [2]);
    assert_eq!(page!(9, 2), NONE);
    assert_eq!(page!(0, 0), NONE);
    // Without an order, or with ties, pages are made stable by the key.
    go!(D, posts.query().all_rows().update(|p| p.views.set(1)))?;
    assert_eq!(page!(1, 2), [2, 3]);
    let unordered = go!(D, posts.query().offset(1).limit(2).get())?;
    assert_eq!(unordered.iter().map(|p| p.id).collect::<Vec<_>>(), [2, 3]);
    let only_offset = go!(D, posts.query().offset(3).get())?;
    assert_eq!(only_offset.iter().map(|p| p.id).collect::<Vec<_>>(), [4]);
    Ok(())
}

async fn count_and_exists<D: Mode>(setup: Setup) -> TestResult {
    let db = blog::<D>(&setup).await?;
    let posts = db.repository::<Post>();
    assert_eq!(go!(D, posts.count())?, 4);
    assert_eq!(go!(D, posts.query().filter(|p| p.views.gt(5)).order_by(|p| p.title.asc()).count())?, 3);
    assert_eq!(go!(D, posts.query().limit(2).count())?, 2);
    assert_eq!(go!(D, posts.query().offset(3).count())?, 1);
    assert!(go!(D, posts.query().filter(|p| p.views.gt(29)).exists())?);
    assert!(!go!(D, posts.query().filter(|p| p.views.gt(30)).exists())?);
    Ok(())
}

async fn find_many_in_the_order_asked<D: Mode>(setup: Setup) -> TestResult {
    let db = blog::<D>(&setup).await?;
    let posts = db.repository::<Post>();
    let found = go!(D, posts.find_many([4, 99, 1, 4]))?;
    assert_eq!(found.iter().map(|p| p.id).collect::<Vec<_>>(), [4, 1, 4]);
    assert!(go!(D, posts.find_many([0_u64; 0]))?.is_empty());
    Ok(())
}

async fn first_and_find_of_a_query<D: Mode>(setup: Setup) -> TestResult {
    let db = blog::<D>(&setup).await?;
    let posts = db.repository::<Post>();
    assert_eq!(go!(D, posts.query().order_by(|p| p.views.desc()).first())?.unwrap().id, 2);
    assert!(go!(D, posts.query().filter(|p| p.id.gt(9)).first())?.is_none());
    assert!(go!(D, posts.find(9))?.is_none());
    let loaded = go!(D, posts.query().with(|p| p.author).find(4))?.unwrap();
    assert_eq!(loaded.author.get()?.unwrap().name, "Bob");
    assert!(go!(D, posts.query().filter(|p| p.views.gt(5)).find(4))?.is_none());
    Ok(())
}

/// Fields called like methods and keywords.
#[derive(Model, Debug, PartialEq)]
#[model(entity = "order")]
struct Order {
    #[key]
    filter: i32,
    r#type: String,
    #[field(column = "group by \"x\"")]
    eq: Option<bool>,
    select: i16,
}

async fn names_that_collide<D: Mode>(setup: Setup) -> TestResult {
    let db = setup.database::<D>().await?;
    let orders = db.repository::<Order>();
    go!(D, orders.save_json(r#"[{ "filter": 1, "type": "a", "eq": true, "select": 5 }, { "filter": 2, "type": "'; DROP TABLE \"order\"; --", "select": 6 }]"#))?;
    let found = orders
        .query()
        .filter(|o| o.eq.eq(true).and(o.r#type.eq("a")))
        .order_by(|o| [o.select.asc(), o.filter.desc()]);
    assert_eq!(go!(D, found.get())?, [Order { filter: 1, r#type: "a".into(), eq: Some(true), select: 5 }]);
    let hostile = orders.query().filter(|o| o.r#type.eq("'; DROP TABLE \"order\"; --"));
    assert_eq!(go!(D, hostile.count())?, 1);
    assert_eq!(go!(D, orders.query().filter(|o| o.select.eq(5)).update(|o| o.eq.set(None::<bool>)))?, 1);
    assert_eq!(go!(D, orders.query().filter(|o| o.eq.is_null()).count())?, 2);
    Ok(())
}
