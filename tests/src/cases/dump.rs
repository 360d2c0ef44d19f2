//! Dumps: all data as frames, and back.

use super::BLOG;
use super::types::{largest, smallest};
use crate::scenarios::blog::{Comment, Post, PostTag, Tag, User};
use crate::scenarios::keys::{Booking, Seat};
use crate::scenarios::types::{Everything, Maybe};
use crate::{Setup, TestResult, cases, go};
use orm_core::database::Database;
use orm_core::dump::{CellValue, Frame, RowsFrame};
use orm_core::prelude::*;
use orm_core::{Error, Mode, Result};
use orm_provider_memory::Memory;

cases![
    frames_come_in_order,
    what_is_restored_is_what_was_dumped,
    every_type_survives,
    large_entities_come_in_pieces,
    composite_keys_page_too,
    made_keys_go_on,
    one_moment_is_dumped,
    restoring_is_all_or_nothing,
    another_shape_is_refused,
    hostile_frames_are_refused,
    truncated_text_is_refused,
    those_who_listen_are_told_once,
];

type All = (User, Everything, Maybe, Seat, Ticket);

/// Its key is made by the storage.
#[derive(Model, Debug, Clone, PartialEq)]
struct Ticket {
    #[key(auto)]
    id: u64,
    title: String,
}

async fn open<D: Mode>(setup: &Setup, name: &str) -> Result<Database<D>> {
    go!(D, setup.builder::<D>().connection(name).models::<All>().start())
}

/// A database of another provider.
async fn elsewhere<D: Mode>() -> Result<Database<D>> {
    go!(D, Database::<D>::builder().provider(Memory::new()).models::<All>().start())
}

async fn frames<D: Mode>(db: &Database<D>) -> Result<Vec<Frame>> {
    let (mut rows, mut all) = (db.dump(), Vec::new());
    while let Some(frame) = D::next(&mut rows).await {
        all.push(frame?);
    }
    Ok(all)
}

fn ok(frames: Vec<Frame>) -> Vec<Result<Frame>> {
    frames.into_iter().map(Ok).collect()
}

async fn frames_come_in_order<D: Mode>(setup: Setup) -> TestResult {
    let db = open::<D>(&setup, "one").await?;
    go!(D, db.repository::<User>().save_json(BLOG))?;
    let frames = frames(&db).await?;
    assert!(matches!(frames[0], Frame::Start { format: 1 }));
    let entities: Vec<_> = frames
        .iter()
        .filter_map(|f| match f {
            Frame::Entity(entity) => Some(entity.name.as_str()),
            _ => None,
        })
        .collect();
    // Those that are referred to come first, and a pivot after both.
    let place = |name: &str| entities.iter().position(|e| *e == name).expect("it is there");
    assert!(place("users") < place("posts") && place("posts") < place("comments"), "{entities:?}");
    assert!(place("posts") < place("post_tags") && place("tags") < place("post_tags"), "{entities:?}");
    assert!(place("seats") < place("bookings"), "{entities:?}");
    let users = frames.iter().find_map(|f| match f {
        Frame::Rows(rows) if rows.entity == "users" => Some(&rows.rows),
        _ => None,
    });
    let text = |text: &str| CellValue::Text(text.to_owned());
    let ada = vec![CellValue::Int(1), text("Ada"), CellValue::Int(36), text("ada@example.org")];
    let bob = vec![CellValue::Int(2), text("Bob"), CellValue::Int(17), CellValue::Null];
    assert_eq!(users.map(|users| &users[..2]), Some(&[ada, bob][..]));
    // 3 users, 1 profile, 4 posts, 3 comments, 2 tags, 3 pairs.
    assert!(matches!(frames.last(), Some(Frame::End { rows: 16 })), "{:?}", frames.last());
    Ok(())
}

async fn what_is_restored_is_what_was_dumped<D: Mode>(setup: Setup) -> TestResult {
    let (one, two) = (open::<D>(&setup, "one").await?, open::<D>(&setup, "two").await?);
    go!(D, one.repository::<User>().save_json(BLOG))?;
    assert_eq!(go!(D, two.restore_from(ok(frames(&one).await?)))?, 16);
    assert_eq!(frames(&two).await?, frames(&one).await?);
    let three = open::<D>(&setup, "three").await?;
    let mut lines = Vec::new();
    assert_eq!(go!(D, one.dump_json_lines(&mut lines))?, 16);
    let text = String::from_utf8(lines)?;
    let first = text.lines().next().unwrap_or_default();
    assert_eq!(first, r#"{"start":{"format":1}}"#);
    assert!(text.contains(r#"[1,"Ada",36,"ada@example.org"],[2,"Bob",17,null]"#), "{text}");
    assert_eq!(go!(D, three.restore_json_lines(text.as_bytes()))?, 16);
    assert_eq!(frames(&three).await?, frames(&one).await?);
    let ada = go!(
        D,
        three.repository::<User>().query().with(|u| u.posts.with(|p| p.tags).with(|p| p.comments)).find(1)
    )?
    .expect("Ada");
    let notes = ada.posts.get()?.iter().find(|p| p.id == 1).expect("a post");
    assert_eq!((notes.tags.get()?.len(), notes.comments.get()?.len()), (2, 2));
    Ok(())
}

async fn every_type_survives<D: Mode>(setup: Setup) -> TestResult {
    let (one, two) = (open::<D>(&setup, "one").await?, open::<D>(&setup, "two").await?);
    let odd = Everything { id: 5, f32: 0.1, f64: 0.1 + 0.2, i64: (1 << 53) + 1, ..smallest() };
    go!(D, one.repository::<Everything>().save_many([smallest(), odd, largest()]))?;
    go!(
        D,
        one.repository::<Maybe>().save_json(r#"[{ "id": 1 }, { "id": 2, "text": "null", "where": "1" }]"#)
    )?;
    let mut lines = Vec::new();
    go!(D, one.dump_json_lines(&mut lines))?;
    go!(D, two.restore_json_lines(&lines[..]))?;
    for key in [0, 5, i64::MAX as u64] {
        let before = go!(D, one.repository::<Everything>().find(key))?;
        assert!(before.is_some());
        assert_eq!(go!(D, two.repository::<Everything>().find(key))?, before);
    }
    assert_eq!(go!(D, two.repository::<Maybe>().all())?, go!(D, one.repository::<Maybe>().all())?);
    Ok(())
}

async fn large_entities_come_in_pieces<D: Mode>(setup: Setup) -> TestResult {
    let (one, two) = (open::<D>(&setup, "one").await?, elsewhere::<D>().await?);
    let tags = (0..2000).map(|n| Tag::draft().name(format!("tag {n}")).color("c"));
    go!(D, one.repository::<Tag>().save_many(tags))?;
    let frames = frames(&one).await?;
    let pieces: Vec<_> = frames
        .iter()
        .filter_map(|f| match f {
            Frame::Rows(rows) => Some(rows.rows.len()),
            _ => None,
        })
        .collect();
    assert_eq!(pieces, [1000, 1000]);
    assert_eq!(go!(D, two.restore(one.dump()))?, 2000);
    assert_eq!(go!(D, two.repository::<Tag>().count())?, 2000);
    // What is heavy comes in fewer rows.
    go!(D, one.repository::<Tag>().flush())?;
    let heavy = "x".repeat(3 << 20);
    let heavy = (0..3).map(|n| Tag::draft().name(format!("{n}")).color(heavy.as_str()));
    go!(D, one.repository::<Tag>().save_many(heavy))?;
    let mut rows = one.dump();
    let mut pieces = Vec::new();
    while let Some(frame) = D::next(&mut rows).await {
        if let Frame::Rows(rows) = frame? {
            pieces.push(rows.rows.len());
        }
    }
    assert_eq!(pieces, [2, 1]);
    Ok(())
}

async fn composite_keys_page_too<D: Mode>(setup: Setup) -> TestResult {
    let (one, two) = (open::<D>(&setup, "one").await?, elsewhere::<D>().await?);
    let seats = (0..1100_u32).map(|n| Seat::draft().row(format!("{}", n % 3)).number(n / 3).price(1));
    go!(D, one.repository::<Seat>().save_many(seats))?;
    let booking = Booking::draft().name("Ada").seat_row("2").seat_number(7_u32);
    let booking = go!(D, one.repository::<Booking>().save(booking))?;
    assert_eq!(go!(D, two.restore(one.dump()))?, 1101);
    assert_eq!(go!(D, two.repository::<Booking>().find(booking.id))?, Some(booking));
    assert_eq!(frames(&two).await?, frames(&one).await?);
    Ok(())
}

async fn made_keys_go_on<D: Mode>(setup: Setup) -> TestResult {
    let (one, two) = (elsewhere::<D>().await?, open::<D>(&setup, "two").await?);
    let tickets = [Ticket::draft().title("a"), Ticket::draft().id(40).title("b")];
    go!(D, one.repository::<Ticket>().save_many(tickets))?;
    go!(D, two.restore(one.dump()))?;
    let next = go!(D, two.repository::<Ticket>().save(Ticket::draft().title("c")))?;
    // The first got 41, because 40 was in the same batch.
    assert_eq!(next.id, 42);
    assert_eq!(go!(D, two.repository::<Ticket>().count())?, 3);
    Ok(())
}

async fn one_moment_is_dumped<D: Mode>(setup: Setup) -> TestResult {
    let db = open::<D>(&setup, "one").await?;
    let users = db.repository::<User>();
    go!(D, users.save_json(BLOG))?;
    let rows = db.dump();
    // Nothing is read before it is asked for.
    go!(D, users.destroy(3))?;
    let mut rows = rows;
    let mut count = 0;
    while let Some(frame) = D::next(&mut rows).await {
        if let Frame::End { rows } = frame? {
            count = rows;
        }
    }
    assert_eq!(count, 15);
    assert!(D::next(&mut rows).await.is_none());
    // Dropped half-way, it lets go of the storage.
    let mut rows = db.dump();
    D::next(&mut rows).await.expect("a frame")?;
    D::next(&mut rows).await.expect("a frame")?;
    drop(rows);
    go!(D, users.destroy(2))?;
    Ok(())
}

async fn restoring_is_all_or_nothing<D: Mode>(setup: Setup) -> TestResult {
    let (one, two) = (elsewhere::<D>().await?, open::<D>(&setup, "two").await?);
    go!(D, one.repository::<User>().save_json(BLOG))?;
    go!(D, two.repository::<Post>().save(Post::draft().id(2).title("in the way")))?;
    match go!(D, two.restore(one.dump())) {
        Err(Error::DuplicateKey { at, model, key }) => {
            assert_eq!((model, key.as_str()), ("Post", "2"));
            assert!(at.starts_with("frame ") && at.ends_with(", row 2"), "{at}");
        }
        other => panic!("{other:?}"),
    }
    assert_eq!(go!(D, two.repository::<User>().count())?, 0);
    go!(D, two.repository::<Post>().flush())?;
    let whole = frames(&one).await?;
    // Without its end, a dump isn't whole, wherever it was cut.
    for cut in 0..whole.len() {
        let part = ok(whole[..cut].to_vec());
        assert!(matches!(go!(D, two.restore_from(part)), Err(Error::Restore { .. })), "{cut}");
    }
    let broken: Vec<Result<Frame, std::fmt::Error>> =
        whole.iter().cloned().map(Ok).chain([Err(std::fmt::Error)]).collect();
    assert!(matches!(go!(D, two.restore_from(broken)), Err(Error::Restore { .. })));
    assert_eq!(go!(D, two.repository::<User>().count())?, 0);
    assert_eq!(go!(D, two.restore_from(ok(whole)))?, 16);
    Ok(())
}

/// What restoring changed frames is refused with.
async fn refused<D: Mode>(
    db: &Database<D>,
    frames: &[Frame],
    change: impl FnOnce(&mut Vec<Frame>),
) -> String {
    let mut frames = frames.to_vec();
    change(&mut frames);
    match go!(D, db.restore_from(ok(frames))) {
        Err(error @ (Error::Restore { .. } | Error::MissingField { .. })) => error.to_string(),
        other => panic!("{other:?}"),
    }
}

fn entity<'a>(frames: &'a mut [Frame], name: &str) -> &'a mut orm_core::dump::EntityFrame {
    let mut entities = frames.iter_mut().filter_map(|f| match f {
        Frame::Entity(entity) => Some(entity),
        _ => None,
    });
    entities.find(|e| e.name == name).expect("it is there")
}

fn rows<'a>(frames: &'a mut [Frame], name: &str) -> &'a mut RowsFrame {
    let mut rows = frames.iter_mut().filter_map(|f| match f {
        Frame::Rows(rows) => Some(rows),
        _ => None,
    });
    rows.find(|r| r.entity == name).expect("it is there")
}

async fn another_shape_is_refused<D: Mode>(setup: Setup) -> TestResult {
    let (one, two) = (open::<D>(&setup, "one").await?, open::<D>(&setup, "two").await?);
    go!(D, one.repository::<User>().save_json(BLOG))?;
    let all = frames(&one).await?;
    let text = refused(&two, &all, |f| entity(f, "users").name = "people".into()).await;
    assert!(text.contains("`people`") && text.contains("models::<"), "{text}");
    let text = refused(&two, &all, |f| entity(f, "users").columns[1].name = "nick".into()).await;
    assert!(text.contains("column nick") && text.contains("`User` has no such column"), "{text}");
    let text = refused(&two, &all, |f| entity(f, "users").columns[1].kind = "bytes".into()).await;
    assert!(text.contains("column name") && text.contains("as text, the dump as bytes"), "{text}");
    let text = refused(&two, &all, |f| entity(f, "users").columns[1].kind = "decimal(99)".into()).await;
    assert!(text.contains("decimal(99)"), "{text}");
    let text = refused(&two, &all, |f| {
        entity(f, "users").columns.remove(1);
    })
    .await;
    assert!(text.contains("column name") && text.contains("`User` needs it"), "{text}");
    let text = refused(&two, &all, |f| {
        entity(f, "users").columns.remove(0);
    })
    .await;
    assert!(text.contains("column id"), "{text}");
    // What has a default may lack, and integers may be of another width as long as they fit.
    let mut lacking = all.clone();
    entity(&mut lacking, "users").columns.remove(2);
    entity(&mut lacking, "users").columns[0].kind = "i16".into();
    rows(&mut lacking, "users").rows.iter_mut().for_each(|row| {
        row.remove(2);
    });
    go!(D, two.restore_from(ok(lacking)))?;
    assert_eq!(go!(D, two.repository::<User>().find(1))?.expect("Ada").age, 18);
    Ok(())
}

async fn hostile_frames_are_refused<D: Mode>(setup: Setup) -> TestResult {
    let (one, two) = (open::<D>(&setup, "one").await?, open::<D>(&setup, "two").await?);
    go!(D, one.repository::<User>().save_json(BLOG))?;
    let all = frames(&one).await?;
    let text = refused(&two, &all, |f| {
        rows(f, "posts").rows[1].pop();
    })
    .await;
    assert!(text.contains("row 2") && text.contains("4 values") && text.contains("5 columns"), "{text}");
    refused(&two, &all, |f| rows(f, "posts").rows[0].push(CellValue::Null)).await;
    refused(&two, &all, |f| rows(f, "posts").rows[0].clear()).await;
    let text = refused(&two, &all, |f| rows(f, "posts").rows[2][1] = CellValue::Null).await;
    assert!(text.contains("row 3, column title: expected text, found null"), "{text}");
    let text = refused(&two, &all, |f| rows(f, "posts").rows[0][0] = CellValue::Int(-1)).await;
    assert!(text.contains("column id"), "{text}");
    refused(&two, &all, |f| rows(f, "users").rows[0][2] = CellValue::Float(1e300)).await;
    refused(&two, &all, |f| rows(f, "users").entity = "posts; DROP TABLE users".into()).await;
    refused(&two, &all, |f| f.insert(1, Frame::Start { format: 1 })).await;
    refused(&two, &all, |f| f[0] = Frame::Start { format: 2 }).await;
    refused(&two, &all, |f| f.push(Frame::End { rows: 16 })).await;
    refused(&two, &all, |f| *f.last_mut().expect("an end") = Frame::End { rows: 17 }).await;
    refused(&two, &all, |f| {
        let twice = f[1].clone();
        f.insert(1, twice);
    })
    .await;
    refused(&two, &all, |f| {
        let column = entity(f, "users").columns[0].clone();
        entity(f, "users").columns.push(column);
    })
    .await;
    refused(&two, &all, |f| {
        f.remove(0);
    })
    .await;
    assert_eq!(go!(D, two.repository::<User>().count())?, 0);
    assert_eq!(go!(D, two.repository::<PostTag>().count())?, 0);
    Ok(())
}

async fn truncated_text_is_refused<D: Mode>(setup: Setup) -> TestResult {
    let (one, two) = (open::<D>(&setup, "one").await?, open::<D>(&setup, "two").await?);
    go!(D, one.repository::<Comment>().save(Comment::draft().id(1).text("t").post_id(1)))?;
    let mut lines = Vec::new();
    go!(D, one.dump_json_lines(&mut lines))?;
    let end = lines.len() - 2;
    for cut in (0..end).step_by(7).chain(end - 12..end) {
        let cut = go!(D, two.restore_json_lines(&lines[..cut]));
        assert!(matches!(cut, Err(Error::Restore { .. } | Error::Malformed { .. })), "{cut:?}");
    }
    for wrong in [
        "",
        "{}",
        "[]",
        "null",
        r#"{"start":{}}"#,
        r#"{"start":{"format":1}}{"rows":{"entity":"users","rows":[[[]]]}}"#,
        "\u{0}",
    ] {
        assert!(go!(D, two.restore_json_lines(wrong.as_bytes())).is_err(), "{wrong}");
    }
    let deep = "[".repeat(100_000);
    assert!(go!(D, two.restore_json_lines(deep.as_bytes())).is_err());
    assert_eq!(go!(D, two.repository::<Comment>().count())?, 0);
    assert_eq!(go!(D, two.restore_json_lines(&lines[..]))?, 1);
    Ok(())
}

async fn those_who_listen_are_told_once<D: Mode>(setup: Setup) -> TestResult {
    let (one, two) = (elsewhere::<D>().await?, open::<D>(&setup, "two").await?);
    go!(D, one.repository::<User>().save_json(BLOG))?;
    let mut changes = two.subscribe();
    go!(D, two.restore(one.dump()))?;
    let set = D::next(&mut changes).await.expect("a set");
    assert_eq!((set.inserted::<User>().len(), set.inserted::<Post>().len()), (3, 4));
    Ok(())
}
