//! Hundreds of records that are saved by their keys: inserted where none is stored, merged otherwise.

use crate::server;
use orm_core::prelude::*;
use std::thread;
use std::time::{Duration, Instant};

#[derive(Model, Debug, Clone, PartialEq)]
#[allow(missing_docs)]
struct Kept {
    #[key]
    id: i64,
    what: String,
    #[field(default = 7)]
    size: i32,
    note: Option<String>,
}

#[derive(Model, Debug, Clone, PartialEq)]
#[allow(missing_docs)]
struct Named {
    #[key]
    id: uuid::Uuid,
    what: String,
}

fn kept(id: i64, what: &str) -> Kept {
    Kept { id, what: format!("{what} {id}"), size: 1, note: Some(what.to_owned()) }
}

#[test]
fn what_is_stored_keeps_what_is_not_given() {
    let Some(server) = server() else { return };
    let db = Database::builder().provider(server.provider().unwrap()).models::<Kept>().start().unwrap();
    let all = db.repository::<Kept>();
    let said = |id: i64, what: &str| Kept::draft().id(id).what(format!("{what} {id}"));
    let is = |id: i64, what: &str, size: i32, note: Option<&str>| Kept {
        id,
        what: format!("{what} {id}"),
        size,
        note: note.map(str::to_owned),
    };
    // None is stored: what isn't said is filled in. They come in no order.
    let mixed = |n: i64| n * 7_919 % 6_007 + 1;
    all.save_many((0..6_000).map(|n| said(mixed(n), "new"))).unwrap();
    assert_eq!(all.count().unwrap(), 6_000);
    assert_eq!(all.find(mixed(17)).unwrap(), Some(is(mixed(17), "new", 7, None)));
    all.flush().unwrap();

    // One is, in the middle of the others.
    all.insert(kept(300, "old")).unwrap();
    all.save_many((1..=700).map(|id| said(id, "saved"))).unwrap();
    let expected = |id| if id == 300 { is(id, "saved", 1, Some("old")) } else { is(id, "saved", 7, None) };
    let ordered = || all.query().order_by(|k| k.id.asc()).get().unwrap();
    assert_eq!(ordered(), (1..=700).map(expected).collect::<Vec<_>>());

    // All are, some are, in a transaction which goes on after a failure.
    let tx = db.begin().unwrap();
    let inside = tx.repository::<Kept>();
    inside.save_many((1..=700).map(|id| kept(id, "again"))).unwrap();
    inside.save_many((701..=1_400).map(|id| kept(id, "more"))).unwrap();
    assert!(inside.insert_many((1_400..=2_400).map(|id| kept(id, "refused"))).is_err());
    inside.save_many((1_000..=2_000).map(|id| kept(id, "last"))).unwrap();
    tx.commit().unwrap();
    let expected = |id| match id {
        ..=700 => kept(id, "again"),
        701..1_000 => kept(id, "more"),
        _ => kept(id, "last"),
    };
    assert_eq!(ordered(), (1..=2_000).map(expected).collect::<Vec<_>>());
}

#[test]
fn uuids_are_looked_for_in_their_order() {
    let Some(server) = server() else { return };
    let db = Database::builder().provider(server.provider().unwrap()).models::<Named>().start().unwrap();
    let all = db.repository::<Named>();
    let named = |n: u128, what: &str| Named { id: uuid::Uuid::from_u128(n << 64 | n), what: what.to_owned() };
    all.insert(named(600, "old")).unwrap();
    all.save_many((700..1_400).map(|n| named(n, "past"))).unwrap();
    all.save_many((1..=700).map(|n| named(n, "around"))).unwrap();
    assert_eq!(all.count().unwrap(), 1_399);
    assert_eq!(all.query().filter(|k| k.what.eq("around")).count().unwrap(), 700);
    assert_eq!(all.query().filter(|k| k.what.eq("past")).count().unwrap(), 699);
}

#[test]
fn others_may_store_some_of_them_meanwhile() {
    let Some(server) = server() else { return };
    for how_many in [600_i64, 6_000] {
        let db = Database::builder().provider(server.provider().unwrap()).models::<Kept>().start().unwrap();
        let all = db.repository::<Kept>();
        let tx = db.begin().unwrap();
        tx.repository::<Kept>().insert(kept(500, "others")).unwrap();
        thread::scope(|scope| {
            // It doesn't see the other's record, and waits for it.
            let saving = scope.spawn(|| {
                all.save_many((1..=how_many).map(|id| Kept::draft().id(id).what(format!("saved {id}"))))
                    .map(drop)
            });
            let table = db.table::<Kept>().unwrap();
            let waits = format!(
                "SELECT count(*) FROM pg_locks AS w JOIN pg_locks AS t USING (pid) \
                 WHERE NOT w.granted AND w.locktype = 'transactionid' AND t.relation = '{table}'::regclass"
            );
            let begun = Instant::now();
            while db.sql(waits.as_str()).fetch::<i64>().unwrap() == [0] {
                assert!(begun.elapsed() < Duration::from_secs(30), "nobody waits for the record");
                thread::sleep(Duration::from_millis(5));
            }
            tx.commit().unwrap();
            saving.join().unwrap().unwrap();
        });
        assert_eq!(all.count().unwrap(), how_many.unsigned_abs());
        let of_others = Kept { what: "saved 500".to_owned(), ..kept(500, "others") };
        assert_eq!(all.find(500).unwrap(), Some(of_others));
        let new = Kept { id: 501, what: "saved 501".to_owned(), size: 7, note: None };
        assert_eq!(all.find(501).unwrap(), Some(new));
    }
}
