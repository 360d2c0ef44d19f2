//! Updates by a condition that move unique values: what counts is how the records are at the end.

use crate::scenarios::races::{Runner, Ticket};
use crate::{Setup, TestResult, cases, go};
use orm_core::database::Database;
use orm_core::events::ChangeSet;
use orm_core::{Error, Mode, Result};
use std::collections::BTreeMap;

cases![
    values_move_up_and_down,
    values_of_others_are_refused,
    a_part_of_an_index_moves,
    several_columns_move_at_once,
    values_in_a_circle_are_refused,
    what_is_set_is_compared_at_the_end,
    nulls_stay_and_overflows_change_nothing,
    moves_count_versions_and_are_told,
    moves_are_seen_by_hooks,
    moves_in_a_transaction,
];

/// Runners whose places are in no order of their keys: 3, 1, 5, 2, 4.
async fn race<D: Mode>(db: &Database<D>) -> Result<()> {
    let places = [3, 1, 5, 2, 4].into_iter().zip(1_u64..);
    let drafts = places.map(|(place, id)| Runner::draft().id(id).place(place).bib(place as i16 * 10));
    go!(D, db.repository::<Runner>().save_many(drafts.collect::<Vec<_>>())).map(drop)
}

async fn places<D: Mode>(db: &Database<D>) -> Result<Vec<Option<i32>>> {
    let runners = go!(D, db.repository::<Runner>().query().order_by(|r| r.id.asc()).get())?;
    Ok(runners.iter().map(|r| r.place).collect())
}

fn some(places: impl IntoIterator<Item = i32>) -> Vec<Option<i32>> {
    places.into_iter().map(Some).collect()
}

async fn values_move_up_and_down<D: Mode>(setup: Setup) -> TestResult {
    let db = setup.database::<D>().await?;
    race(&db).await?;
    let runners = db.repository::<Runner>();
    assert_eq!(go!(D, runners.query().all_rows().update(|r| r.place.add(1)))?, 5);
    assert_eq!(places(&db).await?, some([4, 2, 6, 3, 5]));
    assert_eq!(go!(D, runners.query().filter(|r| r.place.ge(1)).update(|r| r.place.add(-2)))?, 5);
    assert_eq!(places(&db).await?, some([2, 0, 4, 1, 3]));
    assert_eq!(go!(D, runners.query().filter(|r| r.place.ge(3)).update(|r| r.place.add(1)))?, 2);
    assert_eq!(places(&db).await?, some([2, 0, 5, 1, 4]));
    assert_eq!(go!(D, runners.query().filter(|r| r.place.gt(9)).update(|r| r.place.add(1)))?, 0);
    Ok(())
}

async fn values_of_others_are_refused<D: Mode>(setup: Setup) -> TestResult {
    let db = setup.database::<D>().await?;
    race(&db).await?;
    let first = db.repository::<Runner>().query().filter(|r| r.place.le(3));
    let taken = go!(D, first.update(|r| [r.place.add(1), r.bib.add(1)]));
    let told = |at: &str, columns: &str| (at, columns) == ("runners", "place");
    assert!(matches!(&taken, Err(Error::Unique { at, columns, .. }) if told(at, columns)), "{taken:?}");
    assert_eq!(places(&db).await?, some([3, 1, 5, 2, 4]));
    assert_eq!(go!(D, db.repository::<Runner>().query().filter(|r| r.bib.eq(30)).count())?, 1);
    Ok(())
}

async fn tickets<D: Mode>(db: &Database<D>) -> Result<BTreeMap<u64, (Option<i32>, i32)>> {
    let all = go!(D, db.repository::<Ticket>().all())?;
    Ok(all.iter().map(|t| (t.id, (t.row, t.seat))).collect())
}

async fn a_part_of_an_index_moves<D: Mode>(setup: Setup) -> TestResult {
    let db = setup.database::<D>().await?;
    let tickets_of = db.repository::<Ticket>();
    let all = [(1, Some(1), 2), (2, Some(1), 1), (3, Some(2), 3), (4, None, 1), (5, None, 1)];
    let draft = |(id, row, seat): (u64, Option<i32>, i32)| Ticket::draft().id(id).row(row).seat(seat);
    go!(D, tickets_of.save_many(all.map(draft)))?;
    assert_eq!(go!(D, tickets_of.query().all_rows().update(|t| t.seat.add(1)))?, 5);
    let now = [(1, (Some(1), 3)), (2, (Some(1), 2)), (3, (Some(2), 4)), (4, (None, 2)), (5, (None, 2))];
    assert_eq!(tickets(&db).await?, BTreeMap::from(now));
    // All come into one row, each two seats further: two of them pass through each other's places.
    let placed = tickets_of.query().filter(|t| t.id.le(3));
    assert_eq!(go!(D, placed.clone().update(|t| [t.row.set(1), t.seat.add(1)]))?, 3);
    let row: Vec<_> = tickets(&db).await?.into_values().take(3).collect();
    assert_eq!(row, [(Some(1), 4), (Some(1), 3), (Some(1), 5)]);
    assert_eq!(go!(D, placed.update(|t| [t.row.add(1), t.seat.add(-1)]))?, 3);
    let row: Vec<_> = tickets(&db).await?.into_values().take(3).collect();
    assert_eq!(row, [(Some(2), 3), (Some(2), 2), (Some(2), 4)]);
    Ok(())
}

async fn several_columns_move_at_once<D: Mode>(setup: Setup) -> TestResult {
    let db = setup.database::<D>().await?;
    let runners = db.repository::<Runner>();
    // The second takes the first's place, the third the second's bib: last one first by place, first
    // one first by bib.
    let of = |(id, place, bib): (u64, i32, i16)| Runner::draft().id(id).place(place).bib(bib);
    go!(D, runners.save_many([(1, 2, 1), (2, 1, 3), (3, 7, 4)].map(of)))?;
    assert_eq!(go!(D, runners.query().all_rows().update(|r| [r.place.add(1), r.bib.add(-1)]))?, 3);
    let all = go!(D, runners.query().order_by(|r| r.id.asc()).get())?;
    let now: Vec<_> = all.iter().map(|r| (r.place, r.bib)).collect();
    assert_eq!(now, [(Some(3), Some(0)), (Some(2), Some(2)), (Some(8), Some(3))]);
    Ok(())
}

async fn values_in_a_circle_are_refused<D: Mode>(setup: Setup) -> TestResult {
    let db = setup.database::<D>().await?;
    let runners = db.repository::<Runner>();
    let of = |(id, place, bib): (u64, i32, i16)| Runner::draft().id(id).place(place).bib(bib);
    go!(D, runners.save_many([(1, 1, 2), (2, 2, 1)].map(of)))?;
    let circle = go!(D, runners.query().all_rows().update(|r| [r.place.add(1), r.bib.add(1)]));
    assert!(matches!(circle, Err(Error::Unsupported { .. })), "{circle:?}");
    assert_eq!(places(&db).await?, some([1, 2]));
    // One after the other there is a way.
    assert_eq!(go!(D, runners.query().all_rows().update(|r| r.place.add(1)))?, 2);
    assert_eq!(go!(D, runners.query().all_rows().update(|r| r.bib.add(1)))?, 2);
    assert_eq!(places(&db).await?, some([2, 3]));
    Ok(())
}

async fn what_is_set_is_compared_at_the_end<D: Mode>(setup: Setup) -> TestResult {
    let db = setup.database::<D>().await?;
    race(&db).await?;
    let of = |id: u64| db.repository::<Runner>().query().filter(|r| r.id.eq(id));
    let all = go!(D, db.repository::<Runner>().query().all_rows().update(|r| r.place.set(9)));
    assert!(matches!(all, Err(Error::Unique { .. })), "{all:?}");
    assert!(matches!(go!(D, of(1).update(|r| r.place.set(5))), Err(Error::Unique { .. })));
    assert_eq!(go!(D, of(1).update(|r| r.place.set(3)))?, 1, "its own value is no hindrance");
    assert_eq!(places(&db).await?, some([3, 1, 5, 2, 4]));
    assert_eq!(go!(D, db.repository::<Runner>().query().all_rows().update(|r| r.place.set(None::<i32>)))?, 5);
    assert_eq!(places(&db).await?, [None; 5]);
    Ok(())
}

async fn nulls_stay_and_overflows_change_nothing<D: Mode>(setup: Setup) -> TestResult {
    let db = setup.database::<D>().await?;
    race(&db).await?;
    let runners = db.repository::<Runner>();
    go!(D, runners.save(Runner::draft().id(6).bib(i16::MAX)))?;
    go!(D, runners.save(Runner::draft().id(7)))?;
    assert_eq!(go!(D, runners.query().all_rows().update(|r| r.place.add(1)))?, 7);
    let moved = [Some(4), Some(2), Some(6), Some(3), Some(5), None, None];
    assert_eq!(places(&db).await?, moved);
    let over = go!(D, runners.query().all_rows().update(|r| [r.place.add(1), r.bib.add(1)]));
    assert!(matches!(over, Err(Error::Overflow { column: "bib", .. })), "{over:?}");
    assert_eq!(places(&db).await?, moved);
    Ok(())
}

async fn moves_count_versions_and_are_told<D: Mode>(setup: Setup) -> TestResult {
    let db = setup.database::<D>().await?;
    race(&db).await?;
    let mut changes = db.subscribe();
    let last = db.repository::<Runner>().query().filter(|r| r.place.ge(3));
    assert_eq!(go!(D, last.update(|r| [r.place.add(1), r.bib.set(None::<i16>)]))?, 3);
    let set: Option<ChangeSet> = D::next(&mut changes).await;
    let mut keys = set.map(|set| set.updated::<Runner>()).unwrap_or_default();
    keys.sort_unstable();
    assert_eq!(keys, [1, 3, 5]);
    let all = go!(D, db.repository::<Runner>().query().order_by(|r| r.id.asc()).get())?;
    assert_eq!(all.iter().map(|r| r.version).collect::<Vec<_>>(), [2, 1, 2, 1, 2]);
    assert_eq!(all.iter().map(|r| r.bib).collect::<Vec<_>>(), [None, Some(10), None, Some(20), None]);
    Ok(())
}

async fn moves_are_seen_by_hooks<D: Mode>(setup: Setup) -> TestResult {
    let builder = setup.builder::<D>().connection("main").updating::<Runner>(|saving| {
        let place = saving.get(|r| r.place)?.flatten();
        saving.set(|r| r.name, format!("{place:?}"))
    });
    let db = go!(D, builder.models::<Runner>().start())?;
    race(&db).await?;
    assert_eq!(go!(D, db.repository::<Runner>().query().all_rows().update(|r| r.place.add(1)))?, 5);
    assert_eq!(places(&db).await?, some([4, 2, 6, 3, 5]));
    let named = db.repository::<Runner>().query().filter(|r| r.name.eq("Some(6)"));
    assert_eq!(go!(D, named.first())?.map(|r| r.id), Some(3));
    Ok(())
}

async fn moves_in_a_transaction<D: Mode>(setup: Setup) -> TestResult {
    let db = setup.database::<D>().await?;
    race(&db).await?;
    let tx = go!(D, db.begin())?;
    let runners = tx.repository::<Runner>();
    go!(D, runners.save(Runner::draft().id(6).place(6)))?;
    assert_eq!(go!(D, runners.query().filter(|r| r.place.ge(4)).update(|r| r.place.add(1)))?, 3);
    let taken = go!(D, runners.query().filter(|r| r.place.le(3)).update(|r| r.place.add(2)));
    assert!(matches!(taken, Err(Error::Unique { .. })), "{taken:?}");
    go!(D, tx.commit())?;
    assert_eq!(places(&db).await?, some([3, 1, 6, 2, 5, 7]));
    Ok(())
}
