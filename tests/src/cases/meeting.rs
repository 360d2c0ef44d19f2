//! Where features meet: hooks and validation, versions and replaced sets, ties of several types.

use crate::scenarios::blog::{Tag, User};
use crate::scenarios::fields::{Guest, Page, Star};
use crate::scenarios::library::{Author, Club, Membership};
use crate::scenarios::morph::{Article, Clip, Label, Labelling};
use crate::{Setup, TestResult, cases, go};
use orm_core::database::{Builder, Database};
use orm_core::prelude::*;
use orm_core::query::Query;
use orm_core::value::Timestamp;
use orm_core::{Error, Mode};
use std::sync::{Arc, Mutex};

cases![
    what_hooks_make_of_a_record_is_validated,
    what_hooks_write_along_is_validated,
    a_refused_record_along_leaves_a_transaction_usable,
    a_replaced_set_checks_and_counts_versions,
    a_fresh_record_is_new_to_hooks,
    what_comes_back_is_told_as_new,
    syncing_leaves_the_ties_of_other_types_alone,
    pages_go_over_json_and_wide_numbers,
    long_lists_of_new_keys,
];

async fn start<D: Mode>(builder: Builder<D>) -> Result<Database<D>, Error> {
    go!(D, builder.connection("main").models::<(Guest, User, Tag)>().start())
}

async fn what_hooks_make_of_a_record_is_validated<D: Mode>(setup: Setup) -> TestResult {
    let builder = setup.builder::<D>().saving::<Guest>(|saving| match saving.get(|g| g.name)?.as_deref() {
        Some("clear") => saving.set(|g| g.name, ""),
        Some("") => saving.set(|g| g.name, "nobody"),
        _ => Ok(()),
    });
    let db = start(builder).await?;
    let guests = db.repository::<Guest>();
    let guest = |id: u64, name: &str| Guest { id, name: name.into(), vip: false, booking_id: None };
    // Whole records and parts of them are validated as they will be stored.
    for outcome in [
        go!(D, guests.save(guest(1, "clear"))),
        go!(D, guests.insert(guest(1, "clear"))),
        go!(D, guests.save(Guest::draft().id(1).name("clear"))),
    ] {
        assert!(matches!(&outcome, Err(Error::Invalid { at, .. }) if at == "$"), "{outcome:?}");
    }
    let json = r#"[{ "id": 1, "name": "clear", "vip": true, "booking_id": null }]"#;
    assert!(matches!(go!(D, guests.save_json(json)), Err(Error::Invalid { .. })));
    assert_eq!(go!(D, guests.count())?, 0);
    assert_eq!(go!(D, guests.save(guest(2, "")))?.name, "nobody");
    let named = guests.query().filter(|g| g.id.eq(2));
    assert!(matches!(go!(D, named.update(|g| g.name.set("clear"))), Err(Error::Invalid { .. })));
    assert_eq!(go!(D, guests.find(2))?.unwrap().name, "nobody");
    Ok(())
}

fn along<D: Mode>(setup: &Setup) -> Builder<D> {
    setup.builder::<D>().saving::<User>(|saving| {
        let name = saving.get(|u| u.name)?.unwrap_or_default();
        let id = saving.get(|u| u.id)?.unwrap_or_default();
        saving.also_save(Guest::draft().id(id).name(name.trim()))
    })
}

async fn what_hooks_write_along_is_validated<D: Mode>(setup: Setup) -> TestResult {
    let db = start(along::<D>(&setup)).await?;
    let (users, guests) = (db.repository::<User>(), db.repository::<Guest>());
    go!(D, users.save(User::draft().id(1).name("Ada")))?;
    assert_eq!(go!(D, guests.find(1))?.unwrap().name, "Ada");
    let outcome = go!(D, users.save(User::draft().id(2).name(" ")));
    assert!(matches!(outcome, Err(Error::Invalid { model: "Guest", .. })), "{outcome:?}");
    assert_eq!((go!(D, users.count())?, go!(D, guests.count())?), (1, 1));
    Ok(())
}

async fn a_refused_record_along_leaves_a_transaction_usable<D: Mode>(setup: Setup) -> TestResult {
    let db = start(along::<D>(&setup)).await?;
    let tx = go!(D, db.begin())?;
    go!(D, tx.repository::<User>().save(User::draft().id(1).name("Ada")))?;
    assert!(go!(D, tx.repository::<User>().save(User::draft().id(2).name(" "))).is_err());
    assert_eq!(go!(D, tx.repository::<User>().count())?, 1);
    go!(D, tx.commit())?;
    assert_eq!(go!(D, db.repository::<User>().count())?, 1);
    assert_eq!(go!(D, db.repository::<Guest>().count())?, 1);
    Ok(())
}

/// Has lines that can't be without it.
#[derive(Model, Debug, Clone, PartialEq)]
#[model(entity = "meeting_carts")]
struct Cart {
    #[key]
    id: u64,
    #[has_many(foreign_key = cart_id)]
    lines: Many<Line>,
}

/// Its writes are counted.
#[derive(Model, Debug, Clone, PartialEq)]
#[model(entity = "meeting_lines")]
struct Line {
    #[key]
    id: u64,
    cart_id: u64,
    text: String,
    #[field(version)]
    version: i64,
}

async fn a_replaced_set_checks_and_counts_versions<D: Mode>(setup: Setup) -> TestResult {
    let db = setup.database::<D>().await?;
    let (carts, lines) = (db.repository::<Cart>(), db.repository::<Line>());
    go!(D, carts.save_json(r#"{ "id": 1, "lines": [{ "id": 1, "text": "a" }, { "id": 2, "text": "b" }] }"#))?;
    let old = go!(D, lines.find(1))?.unwrap();
    go!(D, lines.update(Line::draft().id(1).text("c")))?;
    let related = carts.related(1, |c| c.lines);
    // Line 2 goes, in the same write in which line 1 is found to be stale.
    let outcome = go!(D, related.replace([old]));
    assert!(matches!(outcome, Err(Error::Stale { .. })), "{outcome:?}");
    assert_eq!(go!(D, lines.count())?, 2);
    let kept = go!(D, related.replace([Line::draft().id(1).text("d")]))?;
    assert_eq!((kept[0].text.as_str(), kept[0].version), ("d", 3));
    assert_eq!(go!(D, lines.count())?, 1);
    // What was removed in the same write is new.
    go!(D, lines.fresh([Line::draft().id(1).cart_id(1).text("e")]))?;
    assert_eq!(go!(D, lines.find(1))?.unwrap().version, 1);
    Ok(())
}

async fn a_fresh_record_is_new_to_hooks<D: Mode>(setup: Setup) -> TestResult {
    let seen = Arc::new(Mutex::new(Vec::new()));
    let note = Arc::clone(&seen);
    let builder = setup.builder::<D>().saving::<Tag>(move |saving| {
        note.lock().unwrap().push((saving.is_new(), saving.get(|t| t.color)?));
        Ok(())
    });
    let db = start(builder).await?;
    let tags = db.repository::<Tag>();
    go!(D, tags.save(Tag::draft().name("x").color("red")))?;
    seen.lock().unwrap().clear();
    // Nothing is left of what was stored, so that the default will be the color.
    let tag = go!(D, tags.fresh([Tag::draft().name("x")]))?.remove(0);
    assert_ne!(tag.color, "red");
    assert_eq!(*seen.lock().unwrap(), [(true, None)]);
    Ok(())
}

async fn what_comes_back_is_told_as_new<D: Mode>(setup: Setup) -> TestResult {
    // With hooks, each record that is found is written for itself.
    for hooked in [false, true] {
        let mut builder = setup.builder::<D>().connection("main").models::<(Author, Club)>();
        if hooked {
            builder = builder.updating::<Author>(|_| Ok(()));
        }
        let db = go!(D, builder.start())?;
        let (authors, clubs) = (db.repository::<Author>(), db.repository::<Club>());
        let id = 1 + u64::from(hooked);
        let author = go!(D, authors.save(Author::draft().id(id).name("Ada")))?;
        go!(D, clubs.save(Club::draft().id(id)))?;
        go!(D, clubs.related(id, |c| c.members).attach([id]))?;
        go!(D, clubs.related(id, |c| c.members).detach([id]))?;
        go!(D, authors.destroy(id))?;
        let mut news = db.subscribe();
        go!(D, authors.restore(id))?;
        let set = D::next(&mut news).await.unwrap();
        assert_eq!((set.inserted::<Author>(), set.updated::<Author>()), (vec![id], vec![]), "{hooked}");
        // What a record says of itself counts as well.
        go!(D, authors.destroy(id))?;
        D::next(&mut news).await.unwrap();
        go!(D, authors.save(author.clone()))?;
        let set = D::next(&mut news).await.unwrap();
        assert_eq!((set.inserted::<Author>(), set.updated::<Author>()), (vec![id], vec![]));
        go!(D, authors.update(Author { deleted_at: Some(Timestamp::from_micros(1)), ..author }))?;
        assert_eq!(D::next(&mut news).await.unwrap().deleted::<Author>(), [id]);
        go!(D, authors.restore(id))?;
        D::next(&mut news).await.unwrap();
        go!(D, clubs.related(id, |c| c.members).attach([id]))?;
        let set = D::next(&mut news).await.unwrap();
        assert_eq!(set.inserted::<Membership>(), [(id, id)]);
    }
    Ok(())
}

async fn syncing_leaves_the_ties_of_other_types_alone<D: Mode>(setup: Setup) -> TestResult {
    let db = setup.database::<D>().await?;
    go!(
        D,
        db.repository::<Article>().save_json(r#"{ "id": 1, "labels": [{ "name": "a" }, { "name": "b" }] }"#)
    )?;
    go!(D, db.repository::<Clip>().save_json(r#"{ "id": 1, "labels": ["a", "b"] }"#))?;
    let (clips, labels) = (db.repository::<Clip>(), db.repository::<Label>());
    let changed = go!(D, clips.related(1, |c| c.labels).sync(["b"]))?;
    assert_eq!((changed.attached, changed.detached), (vec![], vec!["a".to_owned()]));
    assert_eq!(go!(D, db.repository::<Labelling>().count())?, 3);
    let changed = go!(D, labels.related("b", |l| l.clips).toggle([1]))?;
    assert_eq!((changed.attached, changed.detached), (vec![], vec![1]));
    go!(D, labels.related("a", |l| l.clips).replace([Clip::draft().id(1)]))?;
    assert_eq!(go!(D, clips.related(1, |c| c.labels).detach_all())?, 1);
    let articles = db.repository::<Article>();
    let article = go!(D, articles.query().with_count(|a| a.labels).get())?.remove(0);
    assert_eq!(article.labels.count()?, 2);
    Ok(())
}

/// The keys of all records, page by page, by cursors that travel as text.
async fn walk<M: Model, D: Mode>(query: Query<M, D>, key: fn(&M) -> u64) -> Result<Vec<u64>, Error> {
    let mut page = go!(D, query.clone().page(2))?;
    let mut keys: Vec<u64> = page.records.iter().map(key).collect();
    while let Some(next) = page.next {
        page = go!(D, query.clone().page_after(&next.to_string().parse()?, 2))?;
        keys.extend(page.records.iter().map(key));
    }
    let mut back = Vec::new();
    while let Some(previous) = page.previous {
        page = go!(D, query.clone().page_before(&previous.to_string().parse()?, 2))?;
        back.splice(0..0, page.records.iter().map(key));
    }
    assert_eq!(back, keys[..back.len()]);
    Ok(keys)
}

async fn pages_go_over_json_and_wide_numbers<D: Mode>(setup: Setup) -> TestResult {
    let db = setup.database::<D>().await?;
    let pages = db.repository::<Page>();
    let json = r#"[{ "id": 1, "any": [1], "maybe": 2 }, { "id": 2, "any": null }, { "id": 3, "any": "a", "maybe": 10 },
        { "id": 4, "any": null, "maybe": null }, { "id": 5, "any": {}, "maybe": 2 }]"#;
    go!(D, pages.save_json(json))?;
    // As text: `"a"`, `[1]`, `null`, `{}`; NULL is the smallest, and `10` is before `2`.
    let by_any = pages.query().order_by(|p| p.any.desc());
    assert_eq!(walk(by_any, |p: &Page| p.id).await?, [5, 2, 4, 1, 3]);
    let by_maybe = pages.query().order_by(|p| p.maybe.asc()).order_by(|p| p.any.asc());
    assert_eq!(walk(by_maybe, |p: &Page| p.id).await?, [2, 4, 3, 1, 5]);
    let stars = db.repository::<Star>();
    let wide = [(1, 8), (u64::MAX, 20), (u64::MAX - 1, u64::MAX - 1), (5, 20), (7, u64::MAX - 3)];
    go!(D, stars.save_many(wide.map(|(id, mass)| Star::draft().id(id).mass(mass))))?;
    let by_mass = stars.query().order_by(|s| s.mass.desc());
    assert_eq!(walk(by_mass, |s: &Star| s.id).await?, [u64::MAX - 1, 7, 5, u64::MAX, 1]);
    Ok(())
}

/// Holds the keys of its nodes, which the storage makes.
#[derive(Model, Debug, Clone, PartialEq)]
#[model(entity = "meeting_clusters")]
struct Cluster {
    #[key]
    id: u64,
    node_ids: Keys<u64>,
    #[has_many_by(keys = node_ids)]
    nodes: Many<Node>,
}

#[derive(Model, Debug, Clone, PartialEq)]
#[model(entity = "meeting_nodes")]
struct Node {
    #[key(auto)]
    id: u64,
    #[field(default = 0)]
    load: i64,
}

/// As long as a list of new records may be in one input; the time must not grow by its square.
async fn long_lists_of_new_keys<D: Mode>(setup: Setup) -> TestResult {
    const COUNT: usize = 20_000;
    let db = setup.database::<D>().await?;
    let json = format!(r#"{{ "id": 1, "nodes": [{}] }}"#, vec!["{}"; COUNT].join(","));
    go!(D, db.repository::<Cluster>().save_json(&json))?;
    let cluster = go!(D, db.repository::<Cluster>().find(1))?.unwrap();
    assert_eq!(cluster.node_ids.len(), COUNT);
    assert!(cluster.node_ids.iter().all(|id| *id > 0));
    Ok(())
}
