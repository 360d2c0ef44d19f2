//! Pages by keys.

use super::BLOG;
use crate::scenarios::blog::{Post, User};
use crate::scenarios::keys::Seat;
use crate::{Setup, TestResult, cases, go};
use orm_core::prelude::{Fields, Order};
use orm_core::query::{Cursor, CursorFault, OneOrMore, Query};
use orm_core::repository::Repository;
use orm_core::{Error, Mode};

cases![
    first_page,
    all_pages_both_ways,
    null_first_and_last,
    keys_of_several_columns,
    with_filters_and_loads,
    what_is_written_meanwhile,
    empty_pages,
    cursors_travel_as_text,
    cursors_of_other_orders,
    hostile_cursors,
    sizes_and_limits,
];

async fn posts<D: Mode>(setup: &Setup) -> Result<Repository<Post, D>, Error> {
    let db = setup.database::<D>().await?;
    go!(D, db.repository::<User>().save_json(BLOG))?;
    // Ties in every column but the key, and NULL in two of them.
    go!(
        D,
        db.repository::<Post>().save_json(
            r#"[{ "id": 5, "title": "Notes", "views": 10, "editor_id": 2 }, { "id": 6, "title": "Notes", "views": 20 },
                { "id": 7, "title": "", "views": -1, "author_id": 3 }]"#
        )
    )?;
    setup.statements();
    Ok(db.repository::<Post>())
}

fn ids(records: &[Post]) -> Vec<u64> {
    records.iter().map(|p| p.id).collect()
}

async fn first_page<D: Mode>(setup: Setup) -> TestResult {
    let posts = posts::<D>(&setup).await?;
    let page = go!(D, posts.query().page(3))?;
    assert_eq!(ids(&page.records), [1, 2, 3]);
    assert_eq!(page.previous, None);
    assert_eq!(setup.statements(), 1);
    let page = go!(D, posts.query().page_after(&page.next.unwrap(), 3))?;
    assert_eq!(ids(&page.records), [4, 5, 6]);
    let last = go!(D, posts.query().page_after(&page.next.unwrap(), 3))?;
    assert_eq!(ids(&last.records), [7]);
    assert_eq!(last.next, None);
    let back = go!(D, posts.query().page_before(&last.previous.unwrap(), 3))?;
    assert_eq!(ids(&back.records), [4, 5, 6]);
    assert!(back.next.is_some() && back.previous.is_some());
    // Exactly as many as there are: nothing follows.
    assert_eq!(go!(D, posts.query().page(7))?.next, None);
    Ok(())
}

/// Walks through all pages of a query and back again.
async fn walk<D: Mode, O: OneOrMore<Order<Post>>>(
    posts: &Repository<Post, D>,
    order: impl Fn(&Fields<Post>) -> O,
) -> TestResult {
    let query = || -> Query<Post, D> { posts.query().order_by(&order) };
    let all = ids(&go!(D, query().order_by(|p| p.id.asc()).get())?);
    assert_eq!(all.len(), 7);
    for size in 1..=8 {
        let (mut seen, mut pages) = (Vec::new(), 0);
        let mut page = go!(D, query().page(size))?;
        loop {
            seen.extend(ids(&page.records));
            pages += 1;
            let Some(next) = page.next else {
                break;
            };
            page = go!(D, query().page_after(&next, size))?;
        }
        assert_eq!(seen, all, "forwards by {size}");
        assert_eq!(pages, all.len().div_ceil(size as usize));
        let mut back = ids(&page.records);
        let mut previous = page.previous;
        while let Some(cursor) = previous {
            let page = go!(D, query().page_before(&cursor, size))?;
            back.splice(0..0, ids(&page.records));
            previous = page.previous;
        }
        assert_eq!(back, all, "backwards by {size}");
    }
    Ok(())
}

async fn all_pages_both_ways<D: Mode>(setup: Setup) -> TestResult {
    let posts = posts::<D>(&setup).await?;
    walk(&posts, |p| p.id.asc()).await?;
    walk(&posts, |p| p.id.desc()).await?;
    walk(&posts, |p| p.title.desc()).await?;
    walk(&posts, |p| [p.title.asc(), p.views.desc()]).await?;
    // Twice the same column: the second says nothing.
    walk(&posts, |p| [p.views.asc(), p.views.desc()]).await?;
    walk::<D, [Order<Post>; 0]>(&posts, |_| []).await
}

async fn null_first_and_last<D: Mode>(setup: Setup) -> TestResult {
    let posts = posts::<D>(&setup).await?;
    walk(&posts, |p| p.editor_id.asc()).await?;
    walk(&posts, |p| p.editor_id.desc()).await?;
    walk(&posts, |p| p.editor_id.asc().nulls_last()).await?;
    walk(&posts, |p| p.editor_id.desc().nulls_first()).await?;
    walk(&posts, |p| [p.author_id.desc().nulls_first(), p.editor_id.asc().nulls_last(), p.title.desc()])
        .await?;
    walk(&posts, |p| [p.editor_id.desc(), p.author_id.asc(), p.id.desc()]).await
}

async fn keys_of_several_columns<D: Mode>(setup: Setup) -> TestResult {
    let db = setup.database::<D>().await?;
    let seats = db.repository::<Seat>();
    go!(
        D,
        seats.save_json(
            r#"[{ "row": "b", "number": 1, "price": 2 }, { "row": "a", "number": 2, "price": "0.50" },
                { "row": "a", "number": 1, "price": 2 }, { "row": "c", "number": 3, "price": 2 }]"#
        )
    )?;
    let query = || seats.query().order_by(|s| s.price.desc());
    let mut seen = Vec::new();
    let mut page = go!(D, query().page(1))?;
    loop {
        seen.extend(page.records.iter().map(|s| (s.row.clone(), s.number)));
        let Some(next) = page.next else { break };
        page = go!(D, query().page_after(&next, 1))?;
    }
    let expected = [("a", 1), ("b", 1), ("c", 3), ("a", 2)];
    assert_eq!(seen, expected.map(|(row, number)| (row.to_owned(), number)));
    Ok(())
}

async fn with_filters_and_loads<D: Mode>(setup: Setup) -> TestResult {
    let posts = posts::<D>(&setup).await?;
    let query = || {
        let query = posts.query().filter(|p| p.title.eq("Notes").or(p.comments.exists()));
        query.order_by(|p| p.views.desc()).with(|p| p.comments).with_count(|p| p.tags)
    };
    let first = go!(D, query().page(2))?;
    assert_eq!(ids(&first.records), [2, 6]);
    assert_eq!(first.records[0].comments.get()?.len(), 1);
    let second = go!(D, query().page_after(first.next.as_ref().unwrap(), 2))?;
    assert_eq!(ids(&second.records), [1, 5]);
    assert_eq!(second.records[0].tags.count()?, 2);
    assert_eq!(second.records[0].comments.get()?.len(), 2);
    assert_eq!(second.next, None);
    // Another filter, the same order: the place is the same.
    let other = posts.query().order_by(|p| p.views.desc()).filter(|p| p.id.lt(5));
    assert_eq!(ids(&go!(D, other.page_after(first.next.as_ref().unwrap(), 9))?.records), [1, 4]);
    Ok(())
}

async fn what_is_written_meanwhile<D: Mode>(setup: Setup) -> TestResult {
    let posts = posts::<D>(&setup).await?;
    let query = || posts.query().order_by(|p| p.id.asc());
    let first = go!(D, query().page(3))?;
    // A record before the place comes, and that at the place goes.
    go!(D, posts.save_json(r#"{ "id": 0, "title": "New" }"#))?;
    go!(D, posts.destroy(3))?;
    let second = go!(D, query().page_after(&first.next.unwrap(), 2))?;
    assert_eq!(ids(&second.records), [4, 5]);
    let back = go!(D, query().page_before(&second.previous.unwrap(), 10))?;
    assert_eq!(ids(&back.records), [0, 1, 2]);
    assert_eq!(back.previous, None);
    Ok(())
}

async fn empty_pages<D: Mode>(setup: Setup) -> TestResult {
    let posts = posts::<D>(&setup).await?;
    let nothing = go!(D, posts.query().filter(|p| p.id.gt(99)).page(5))?;
    assert_eq!((nothing.records.len(), nothing.next, nothing.previous), (0, None, None));
    // What followed was removed: the way back begins with the record that is still there.
    let first = go!(D, posts.query().page(4))?;
    go!(D, posts.query().filter(|p| p.id.gt(4)).delete())?;
    let empty = go!(D, posts.query().page_after(&first.next.unwrap(), 4))?;
    assert_eq!((empty.records.len(), &empty.next), (0, &None));
    let back = go!(D, posts.query().page_before(&empty.previous.unwrap(), 2))?;
    assert_eq!(ids(&back.records), [3, 4]);
    // The same at the other end.
    go!(D, posts.query().filter(|p| p.id.lt(3)).delete())?;
    let empty = go!(D, posts.query().page_before(&back.previous.unwrap(), 2))?;
    assert_eq!((empty.records.len(), &empty.previous), (0, &None));
    let again = go!(D, posts.query().page_after(&empty.next.unwrap(), 2))?;
    assert_eq!(ids(&again.records), [3, 4]);
    Ok(())
}

async fn cursors_travel_as_text<D: Mode>(setup: Setup) -> TestResult {
    let posts = posts::<D>(&setup).await?;
    let query = || posts.query().order_by(|p| [p.title.desc(), p.editor_id.asc()]);
    let cursor = go!(D, query().page(2))?.next.unwrap();
    let text = cursor.to_string();
    assert!(text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_'), "{text}");
    let parsed: Cursor = text.parse()?;
    assert_eq!(parsed, cursor);
    let json = serde_json::to_string(&cursor)?;
    assert_eq!(json, format!("\"{text}\""));
    let read: Cursor = serde_json::from_str(&json)?;
    assert_eq!(
        ids(&go!(D, query().page_after(&read, 9))?.records),
        ids(&go!(D, query().page_after(&cursor, 9))?.records)
    );
    assert!(serde_json::from_str::<Cursor>("\"!\"").is_err());
    assert!(serde_json::from_str::<Cursor>("7").is_err());
    Ok(())
}

async fn cursors_of_other_orders<D: Mode>(setup: Setup) -> TestResult {
    let posts = posts::<D>(&setup).await?;
    let cursor = go!(D, posts.query().order_by(|p| p.title.asc()).page(2))?.next.unwrap();
    let others = [
        posts.query(),
        posts.query().order_by(|p| p.title.desc()),
        posts.query().order_by(|p| p.title.asc().nulls_last()),
        posts.query().order_by(|p| p.views.asc()),
        posts.query().order_by(|p| [p.title.asc(), p.views.asc()]),
    ];
    for other in others {
        let error = go!(D, other.clone().page_after(&cursor, 2)).unwrap_err();
        assert!(matches!(error, Error::Cursor(CursorFault::OtherOrder("Post"))), "{error}");
        assert!(matches!(
            go!(D, other.page_before(&cursor, 2)),
            Err(Error::Cursor(CursorFault::OtherOrder(_)))
        ));
    }
    let db = setup.database::<D>().await?;
    let users = db.repository::<User>();
    let of_key = go!(D, posts.query().page(2))?.next.unwrap();
    let of_posts = go!(D, users.query().page_after(&of_key, 2));
    assert!(matches!(of_posts, Err(Error::Cursor(CursorFault::OtherModel("User")))), "{of_posts:?}");
    // The first byte is the version.
    let later = format!("B{}", &of_key.to_string()[1..]);
    assert!(matches!(later.parse::<Cursor>(), Err(Error::Cursor(CursorFault::Version(_)))));
    let cut = of_key.to_string()[..9].parse::<Cursor>();
    assert!(matches!(cut, Err(Error::Cursor(CursorFault::Malformed(_)))), "{cut:?}");
    Ok(())
}

async fn hostile_cursors<D: Mode>(setup: Setup) -> TestResult {
    let posts = posts::<D>(&setup).await?;
    let query = || posts.query().order_by(|p| [p.title.asc(), p.editor_id.desc()]);
    let text = go!(D, query().page(2))?.next.unwrap().to_string();
    let digits = b"AZaz09-_'\";=";
    let mut taken = 0;
    for at in 0..text.len() {
        for digit in digits {
            let mut text = text.clone().into_bytes();
            text[at] = *digit;
            let text = String::from_utf8(text)?;
            // Whatever isn't refused is a place like any other.
            match text.parse::<Cursor>() {
                Ok(cursor) => match go!(D, query().page_after(&cursor, 100)) {
                    Ok(page) => {
                        taken += 1;
                        assert!(page.records.len() <= 7);
                    }
                    Err(error) => assert!(matches!(error, Error::Cursor(_)), "{error}"),
                },
                Err(error) => assert!(matches!(error, Error::Cursor(_)), "{error}"),
            }
        }
    }
    assert!(taken > 0);
    for wrong in ["", "'; DROP TABLE posts; --", "AQ", "////", &"A".repeat(10_000), &text[1..], "é"] {
        assert!(matches!(wrong.parse::<Cursor>(), Err(Error::Cursor(_))), "{wrong}");
    }
    assert_eq!(go!(D, posts.count())?, 7);
    Ok(())
}

async fn sizes_and_limits<D: Mode>(setup: Setup) -> TestResult {
    let posts = posts::<D>(&setup).await?;
    for query in [posts.query().limit(5), posts.query().offset(1)] {
        assert!(matches!(go!(D, query.page(2)), Err(Error::Configuration(_))));
    }
    assert!(matches!(go!(D, posts.query().page(0)), Err(Error::Configuration(_))));
    assert_eq!(go!(D, posts.query().page(u64::MAX))?.records.len(), 7);
    Ok(())
}
