//! Records that are checked before they are stored.

use crate::scenarios::fields::{Booking, Guest, Room, Visit};
use crate::{Setup, TestResult, cases, go};
use orm_core::{Error, Mode, Result};
use std::fmt::Debug;

cases![
    typed_values_are_validated,
    drafts_are_validated_with_what_is_stored,
    nested_records_are_validated,
    rows_between_records_are_validated,
    serialized_input_is_validated,
    updates_by_query_are_validated,
    refused_records_leave_a_transaction_usable,
    valid_records_are_answered_as_ever
];

/// The place and the reason of a record that was refused.
fn refused<T: Debug>(outcome: Result<T>) -> (String, String) {
    match outcome {
        Err(Error::Invalid { at, message, .. }) => (at, message),
        other => panic!("{other:?}"),
    }
}

fn told(at: &str, message: &str) -> (String, String) {
    (at.to_owned(), message.to_owned())
}

async fn typed_values_are_validated<D: Mode>(setup: Setup) -> TestResult {
    let db = setup.database::<D>().await?;
    let guests = db.repository::<Guest>();
    let guest = |id: u64, name: &str| Guest { id, name: name.into(), vip: false, booking_id: None };
    assert_eq!(refused(go!(D, guests.save(guest(1, "")))), told("$", "a guest has a name"));
    assert_eq!(
        refused(go!(D, guests.insert_many([guest(1, "Ada"), guest(2, "")]))),
        told("$[1]", "a guest has a name")
    );
    assert_eq!(go!(D, guests.count())?, 0);
    setup.statements();
    go!(D, guests.save(guest(1, "Ada")))?;
    // What says everything is validated before it is written: no more statements than without.
    assert_eq!(setup.statements(), 1);
    assert_eq!(refused(go!(D, guests.update(guest(1, "")))), told("$", "a guest has a name"));
    assert_eq!(go!(D, guests.find(1))?.unwrap().name, "Ada");
    Ok(())
}

async fn drafts_are_validated_with_what_is_stored<D: Mode>(setup: Setup) -> TestResult {
    let db = setup.database::<D>().await?;
    let bookings = db.repository::<Booking>();
    // The default counts, and so does the key that the storage makes.
    assert_eq!(refused(go!(D, bookings.save(Booking::draft().first(11)))), told("$", "11 is after 10"));
    assert_eq!(go!(D, bookings.count())?, 0);
    let key = go!(D, bookings.save(Booking::draft().first(3).last(7)))?.id;
    assert_eq!(refused(go!(D, bookings.save(Booking::draft().id(key).first(8)))), told("$", "8 is after 7"));
    assert_eq!(refused(go!(D, bookings.update(Booking::draft().id(key).last(2)))), told("$", "3 is after 2"));
    let stored = go!(D, bookings.find(key))?.unwrap();
    assert_eq!((stored.first, stored.last), (3, 7));
    assert_eq!(go!(D, bookings.save(Booking::draft().id(key).first(7)))?.first, 7);
    Ok(())
}

async fn nested_records_are_validated<D: Mode>(setup: Setup) -> TestResult {
    let db = setup.database::<D>().await?;
    let guest = |id: u64, name: &str| Guest::draft().id(id).name(name);
    let draft = Booking::draft().first(1).guests([guest(1, "Ada"), guest(2, "")]);
    assert_eq!(
        refused(go!(D, db.repository::<Booking>().save(draft))),
        told("$.guests[1]", "a guest has a name")
    );
    // Also under a record that isn't validated itself.
    let room = Room::draft().id(1).bookings([Booking::draft().first(1), Booking::draft().first(2).last(0)]);
    assert_eq!(refused(go!(D, db.repository::<Room>().save(room))), told("$.bookings[1]", "2 is after 0"));
    for count in [
        go!(D, db.repository::<Booking>().count())?,
        go!(D, db.repository::<Guest>().count())?,
        go!(D, db.repository::<Room>().count())?,
    ] {
        assert_eq!(count, 0);
    }
    Ok(())
}

async fn rows_between_records_are_validated<D: Mode>(setup: Setup) -> TestResult {
    let db = setup.database::<D>().await?;
    let rooms = db.repository::<Room>();
    let room = |id: u64| Room::draft().id(id).visitors([Guest::draft().id(1).name("Ada")]);
    // No input names the row, so its place is told by its entity.
    assert_eq!(refused(go!(D, rooms.save(room(13)))), told("$.visitors[0].pivot", "nobody visits room 13"));
    assert_eq!(go!(D, rooms.count())?, 0);
    go!(D, rooms.save(room(12)))?;
    assert_eq!(go!(D, db.repository::<Visit>().count())?, 1);
    Ok(())
}

async fn serialized_input_is_validated<D: Mode>(setup: Setup) -> TestResult {
    let db = setup.database::<D>().await?;
    let rooms = db.repository::<Room>();
    let json = r#"[{ "id": 1, "bookings": [{ "first": 1, "guests": [{ "id": 1, "name": "A" }] }] },
        { "id": 2, "bookings": [{ "first": 12 }] }]"#;
    assert_eq!(
        refused(go!(D, rooms.save_json(json)).map(|_| ())),
        told("$[1].bookings[0]", "12 is after 10")
    );
    assert_eq!(go!(D, rooms.count())?, 0);
    let saved = go!(D, rooms.save_json(&json.replace("12", "9")))?;
    assert_eq!(saved.len(), 2);
    let records = go!(D, saved.records())?;
    assert_eq!(records[1].bookings.get_partial()?[0].first, 9);
    assert_eq!(
        refused(go!(D, db.repository::<Guest>().save_json(r#"{ "id": 1, "name": "" }"#)).map(|_| ())),
        told("$", "a guest has a name")
    );
    Ok(())
}

async fn updates_by_query_are_validated<D: Mode>(setup: Setup) -> TestResult {
    let db = setup.database::<D>().await?;
    let bookings = db.repository::<Booking>();
    let booking = |id: u64, first: i32, last: i32| Booking::draft().id(id).first(first).last(last);
    go!(D, bookings.save_many([booking(1, 1, 5), booking(2, 2, 9), booking(3, 9, 9)]))?;
    let few = || bookings.query().filter(|b| b.first.lt(9));
    assert_eq!(refused(go!(D, few().update(|b| b.first.add(5)))), told("bookings[1]", "6 is after 5"));
    assert_eq!(go!(D, few().count())?, 2);
    // The records that met the filter are validated, though they don't meet it any more.
    assert_eq!(go!(D, few().update(|b| [b.first.set(9), b.last.set(9)]))?, 2);
    assert_eq!(go!(D, few().update(|b| b.first.set(100)))?, 0);
    assert_eq!(go!(D, few().count())?, 0);
    Ok(())
}

async fn refused_records_leave_a_transaction_usable<D: Mode>(setup: Setup) -> TestResult {
    let db = setup.database::<D>().await?;
    let bookings = db.repository::<Booking>();
    go!(D, bookings.save(Booking::draft().id(1).first(1)))?;
    let tx = go!(D, db.begin())?;
    let inside = tx.repository::<Booking>();
    go!(D, inside.save(Booking::draft().id(2).first(2)))?;
    refused(go!(D, inside.save(Booking::draft().id(1).first(99))));
    refused(go!(D, inside.query().all_rows().update(|b| b.last.set(1))));
    assert_eq!(go!(D, inside.find(2))?.map(|b| (b.first, b.last)), Some((2, 10)));
    go!(D, tx.commit())?;
    let all = go!(D, bookings.query().order_by(|b| b.id.asc()).get())?;
    assert_eq!(all.iter().map(|b| (b.first, b.last)).collect::<Vec<_>>(), [(1, 10), (2, 10)]);
    Ok(())
}

async fn valid_records_are_answered_as_ever<D: Mode>(setup: Setup) -> TestResult {
    let db = setup.database::<D>().await?;
    let draft = |first: i32| Booking::draft().first(first).guests([Guest::draft().id(first).name("x")]);
    let saved = go!(D, db.repository::<Booking>().save_many([draft(1), draft(2)]))?;
    for (booking, first) in saved.iter().zip([1, 2]) {
        let guests = booking.guests.get_partial()?;
        assert_eq!((booking.first, booking.last, guests[0].booking_id), (first, 10, Some(booking.id)));
    }
    Ok(())
}
