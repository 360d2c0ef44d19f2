//! Columns against columns, filters that say nothing, and queries for one record.

use super::BLOG;
use crate::scenarios::blog::{Post, User};
use crate::scenarios::shop::Bid;
use crate::{Setup, TestResult, cases, go};
use orm_core::database::Database;
use orm_core::prelude::{Fields, Filter};
use orm_core::query::{all, any};
use orm_core::{Error, Mode};

cases![
    columns_against_columns,
    decimals_of_different_scales,
    filters_that_are_always_true,
    first_or_fail,
    the_only_record,
];

async fn blog<D: Mode>(setup: &Setup) -> Result<Database<D>, Error> {
    let db = setup.database::<D>().await?;
    go!(D, db.repository::<User>().save_json(BLOG))?;
    Ok(db)
}

async fn columns_against_columns<D: Mode>(setup: Setup) -> TestResult {
    let db = blog::<D>(&setup).await?;
    let posts = db.repository::<Post>();
    go!(D, posts.save_json(r#"{ "id": 8, "title": "own", "author_id": 2, "editor_id": 2 }"#))?;
    macro_rules! ids {
        ($filter:expr) => {{
            let filter: fn(&Fields<Post>) -> Filter<Post> = $filter;
            go!(D, posts.query().filter(filter).order_by(|p| p.id.asc()).select(|p| p.id).get())?
        }};
    }
    // Post 1 is by 1 and corrected by 2, 4 by 2 and 1, 8 by 2 and 2; the others are corrected by nobody.
    assert_eq!(ids!(|p| p.author_id.eq_column(p.editor_id)), [8]);
    assert_eq!(ids!(|p| p.author_id.ne_column(p.editor_id)), [1, 4]);
    assert_eq!(ids!(|p| p.author_id.lt_column(p.editor_id)), [1]);
    assert_eq!(ids!(|p| p.author_id.le_column(p.editor_id)), [1, 8]);
    assert_eq!(ids!(|p| p.author_id.gt_column(p.editor_id)), [4]);
    assert_eq!(ids!(|p| p.author_id.ge_column(p.editor_id)), [4, 8]);
    assert_eq!(ids!(|p| p.author_id.lt_column(p.editor_id).not()), [4, 8]);
    // One may be NULL, the other not; and a column against itself.
    assert_eq!(ids!(|p| p.id.gt_column(p.author_id)), [2, 3, 4, 8]);
    assert_eq!(ids!(|p| p.editor_id.eq_column(p.editor_id)), [1, 4, 8]);
    Ok(())
}

async fn decimals_of_different_scales<D: Mode>(setup: Setup) -> TestResult {
    let db = setup.database::<D>().await?;
    let bids = db.repository::<Bid>();
    go!(
        D,
        bids.save_json(
            r#"[{ "id": 1, "coarse": "1.5", "fine": "1.5000" }, { "id": 2, "coarse": "1.5", "fine": "1.5001" },
                { "id": 3, "coarse": "-1.5", "fine": "-1.5001" }, { "id": 4, "coarse": "-1.5", "fine": "-1.4999" },
                { "id": 5, "coarse": "0", "fine": "-0.0001" }, { "id": 6, "coarse": "9" },
                { "id": 7, "coarse": "99999999999999999.9", "fine": "99999999999999.9999" }]"#
        )
    )?;
    macro_rules! ids {
        ($filter:expr) => {{
            let filter: fn(&Fields<Bid>) -> Filter<Bid> = $filter;
            go!(D, bids.query().filter(filter).order_by(|b| b.id.asc()).select(|b| b.id).get())?
        }};
    }
    assert_eq!(ids!(|b| b.coarse.eq_column(b.fine)), [1]);
    assert_eq!(ids!(|b| b.coarse.ne_column(b.fine)), [2, 3, 4, 5, 7]);
    assert_eq!(ids!(|b| b.coarse.eq_column(b.fine).not()), [2, 3, 4, 5, 7]);
    assert_eq!(ids!(|b| b.coarse.lt_column(b.fine)), [2, 4]);
    assert_eq!(ids!(|b| b.coarse.gt_column(b.fine)), [3, 5, 7]);
    assert_eq!(ids!(|b| b.coarse.ge_column(b.fine)), [1, 3, 5, 7]);
    assert_eq!(ids!(|b| b.fine.lt_column(b.coarse)), [3, 5, 7]);
    assert_eq!(ids!(|b| b.fine.ge_column(b.coarse)), [1, 2, 4]);
    assert_eq!(ids!(|b| b.fine.ge_column(b.coarse).not()), [3, 5, 7]);
    Ok(())
}

async fn filters_that_are_always_true<D: Mode>(setup: Setup) -> TestResult {
    let db = blog::<D>(&setup).await?;
    let users = db.repository::<User>();
    macro_rules! deleted {
        ($filter:expr) => {{
            let filter: fn(&Fields<User>) -> Filter<User> = $filter;
            go!(D, users.query().filter(filter).delete())
        }};
    }
    const NONE: [u64; 0] = [];
    type Condition = fn(&Fields<User>) -> Filter<User>;
    let always: [Condition; 7] = [
        |_| all([]),
        |_| any([]).not(),
        |u| u.id.not_in(NONE),
        |u| u.id.in_(NONE).not(),
        |u| u.posts.count().ge(0),
        |u| u.posts.count().lt(0).not(),
        |u| u.id.eq(1).or(Filter::everything()),
    ];
    for filter in always {
        assert!(matches!(go!(D, users.query().filter(filter).delete()), Err(Error::AllRows { .. })));
        assert_eq!(go!(D, users.query().filter(filter).count())?, 3);
    }
    // What no record meets is no danger.
    assert_eq!(deleted!(|_| any([]))?, 0);
    assert_eq!(deleted!(|_| all([]).not())?, 0);
    assert_eq!(deleted!(|u| u.posts.count().lt(0))?, 0);
    assert_eq!(deleted!(|u| u.id.in_(NONE).and(Filter::everything()))?, 0);
    // Nor is what any record may fail.
    assert_eq!(deleted!(|u| u.posts.count().le(0))?, 1);
    assert_eq!(go!(D, users.count())?, 2);
    Ok(())
}

async fn first_or_fail<D: Mode>(setup: Setup) -> TestResult {
    let db = blog::<D>(&setup).await?;
    let users = db.repository::<User>();
    let oldest = users.query().order_by(|u| u.age.desc()).with(|u| u.posts);
    let ada = go!(D, oldest.first_or_fail())?;
    assert_eq!((ada.name.as_str(), ada.posts.get()?.len()), ("Ada", 3));
    let error = go!(D, users.query().filter(|u| u.age.gt(99)).first_or_fail()).unwrap_err();
    assert!(matches!(error, Error::NotFound { model: "User", .. }), "{error}");
    assert_eq!(error.to_string(), "there is no `User` that meets the query");
    Ok(())
}

async fn the_only_record<D: Mode>(setup: Setup) -> TestResult {
    let db = blog::<D>(&setup).await?;
    let users = db.repository::<User>();
    let one = |name: &'static str| users.query().filter(move |u| u.name.eq(name)).one();
    assert_eq!(go!(D, one("Bob"))?.id, 2);
    assert!(matches!(go!(D, one("Dan")), Err(Error::NotFound { .. })));
    assert!(matches!(go!(D, users.query().one()), Err(Error::NotOne { model: "User" })));
    // Within the limit that was said.
    assert_eq!(go!(D, users.query().order_by(|u| u.id.desc()).limit(1).one())?.id, 3);
    Ok(())
}
