//! Keys: of several columns, made by the storage, made by us.

use crate::scenarios::keys::{Booking, Seat};
use crate::scenarios::staff::{Employee, Task};
use crate::{Setup, TestResult, cases, go};
use orm_core::prelude::*;
use orm_core::{Error, Mode};

cases![
    composite_keys,
    relations_over_composite_keys,
    keys_that_the_storage_makes,
    keys_are_threaded_to_children,
    keys_given_and_made_side_by_side,
    // Transactions that the core fills in make keys after the largest that is stored.
    keys_are_not_used_again needs(transactions),
    what_fails_spends_no_keys,
    keys_that_we_make,
    decimal_keys_of_any_scale,
];

async fn what_fails_spends_no_keys<D: Mode>(setup: Setup) -> TestResult {
    let db = setup.database::<D>().await?;
    let tasks = db.repository::<Task>();
    // The largest key there is, on a record that lacks a column, alone and after one that is whole.
    for json in [
        format!(r#"{{ "id": {} }}"#, i64::MAX),
        format!(r#"[{{ "id": {}, "what": "whole", "employee_id": 1 }}, {{ "id": 1 }}]"#, i64::MAX),
    ] {
        assert!(matches!(go!(D, tasks.save_json(&json)), Err(Error::MissingField { .. })));
    }
    assert_eq!(go!(D, tasks.count())?, 0);
    assert_eq!(go!(D, tasks.save(Task::draft().what("first").employee_id(1)))?.id, 1);
    // What is stated and stored counts, also where it comes later in the same save.
    let saved = go!(
        D,
        tasks.save_json(
            r#"[{ "what": "made", "employee_id": 1 }, { "id": 7, "what": "stated", "employee_id": 1 }]"#
        )
    )?;
    assert_eq!(saved.keys()?, [8, 7]);
    Ok(())
}

async fn composite_keys<D: Mode>(setup: Setup) -> TestResult {
    let db = setup.database::<D>().await?;
    let seats = db.repository::<Seat>();
    go!(D, seats.save_json(r#"[{ "row": "A", "number": 1, "price": 9.5 }, { "row": "A", "number": 2, "price": "10.00" }, { "row": "B", "number": 1, "price": 8 }]"#))?;
    assert_eq!(go!(D, seats.find(("A", 2)))?.unwrap().price, Decimal::new(10, 0));
    assert!(go!(D, seats.find(("B", 2)))?.is_none());
    let found = go!(D, seats.find_many([("B", 1), ("A", 1)]))?;
    assert_eq!(found.iter().map(|s| s.row.as_str()).collect::<Vec<_>>(), ["B", "A"]);
    go!(D, seats.save(Seat::draft().row("A").number(1).price(Decimal::new(1, 2))))?;
    assert_eq!(go!(D, seats.find(("A", 1)))?.unwrap().price.to_string(), "0.01");
    assert!(go!(D, seats.destroy(("A", 1)))?);
    assert_eq!(go!(D, seats.destroy_many([("A", 2), ("B", 7)]))?, 1);
    assert_eq!(go!(D, seats.count())?, 1);
    assert!(matches!(
        go!(D, seats.save_json(r#"{ "row": "C", "price": 1 }"#)),
        Err(Error::MissingKey { .. })
    ));
    let too_fine = go!(D, seats.save_json(r#"{ "row": "C", "number": 1, "price": 1.005 }"#));
    assert!(matches!(too_fine, Err(Error::WrongType { .. })));
    Ok(())
}

async fn relations_over_composite_keys<D: Mode>(setup: Setup) -> TestResult {
    let db = setup.database::<D>().await?;
    let json = r#"[{ "row": "A", "number": 1, "price": 5, "bookings": [{ "name": "x" }, { "name": "y" }] }, { "row": "A", "number": 2, "price": 6 }]"#;
    go!(D, db.repository::<Seat>().save_json(json))?;
    let seats = go!(
        D,
        db.repository::<Seat>()
            .query()
            .order_by(|s| s.number.asc())
            .with(|s| s.bookings.order_by(|b| b.name.desc()).limit(1))
            .get()
    )?;
    assert_eq!(seats[0].bookings.get_partial()?[0].name, "y");
    assert!(seats[1].bookings.get_partial()?.is_empty());
    let bookings = db.repository::<Booking>();
    go!(D, bookings.save(Booking::draft().name("z").seat(Seat::draft().row("A").number(2))))?;
    let free = go!(D, bookings.save(Booking::draft().name("none")))?;
    assert_eq!((free.seat_row, free.seat_number), (None, None));
    let all = go!(D, bookings.query().order_by(|b| b.name.asc()).with(|b| b.seat).get())?;
    let seats: Vec<_> = all.iter().map(|b| b.seat.get().unwrap().map(|s| s.number)).collect();
    assert_eq!(seats, [None, Some(1), Some(1), Some(2)]);
    assert_eq!(go!(D, bookings.query().filter(|b| b.seat.is(|s| s.price.ge(6))).count())?, 1);
    Ok(())
}

async fn keys_that_the_storage_makes<D: Mode>(setup: Setup) -> TestResult {
    let db = setup.database::<D>().await?;
    let staff = db.repository::<Employee>();
    let first = go!(D, staff.save(Employee::draft().name("a")))?;
    let more = go!(D, staff.save_many([Employee::draft().name("b"), Employee::draft().name("c")]))?;
    assert!(first.id < more[0].id && more[0].id < more[1].id);
    assert_eq!(go!(D, staff.find(more[1].id))?.unwrap().name, "c");
    let saved = go!(D, staff.save_json(r#"[{ "name": "d" }, { "name": "e" }]"#))?;
    let keys = saved.keys()?;
    assert_eq!(
        go!(D, staff.find_many(keys))?.iter().map(|e| e.name.as_str()).collect::<Vec<_>>(),
        ["d", "e"]
    );
    Ok(())
}

async fn keys_are_threaded_to_children<D: Mode>(setup: Setup) -> TestResult {
    let db = setup.database::<D>().await?;
    let staff = db.repository::<Employee>();
    let json = r#"[{ "tasks": [{ "what": "w" }, { "what": "x" }], "name": "lead", "reports": [{ "name": "one", "tasks": [{ "what": "y" }] }] },
                   { "name": "new", "manager": { "name": "boss" } }]"#;
    let saved = go!(D, staff.save_json(json))?;
    let records = go!(D, saved.records())?;
    let lead = &records[0];
    let report = &lead.reports.get_partial()?[0];
    assert_eq!((report.name.as_str(), report.manager_id), ("one", Some(lead.id)));
    assert_eq!(report.tasks.get_partial()?[0].employee_id, report.id);
    assert_eq!(lead.tasks.get_partial()?.iter().map(|t| t.what.as_str()).collect::<Vec<_>>(), ["w", "x"]);
    let boss = records[1].manager.get()?.unwrap();
    assert_eq!((boss.name.as_str(), records[1].manager_id), ("boss", Some(boss.id)));
    let tasks = go!(D, db.repository::<Task>().query().filter(|t| t.employee_id.eq(lead.id)).count())?;
    assert_eq!(tasks, 2);
    assert_eq!(go!(D, staff.count())?, 4);
    Ok(())
}

async fn keys_given_and_made_side_by_side<D: Mode>(setup: Setup) -> TestResult {
    let db = setup.database::<D>().await?;
    let staff = db.repository::<Employee>();
    let saved = go!(D, staff.save_many([Employee::draft().id(50).name("a"), Employee::draft().name("b")]))?;
    assert_eq!(saved[0].id, 50);
    let next = go!(D, staff.save(Employee::draft().name("c")))?;
    assert!(next.id > 50, "{}", next.id);
    assert_eq!(go!(D, staff.count())?, 3);
    Ok(())
}

async fn keys_are_not_used_again<D: Mode>(setup: Setup) -> TestResult {
    let db = setup.database::<D>().await?;
    let staff = db.repository::<Employee>();
    let first = go!(D, staff.save(Employee::draft().name("a")))?;
    go!(D, staff.destroy(first.id))?;
    assert!(go!(D, staff.save(Employee::draft().name("b")))?.id > first.id);
    Ok(())
}

async fn keys_that_we_make<D: Mode>(setup: Setup) -> TestResult {
    let db = setup.database::<D>().await?;
    let bookings = db.repository::<Booking>();
    let made = go!(D, bookings.save_many([Booking::draft().name("a"), Booking::draft().name("b")]))?;
    assert!(made[0].id < made[1].id, "v7 keys grow with time");
    let own = uuid::Uuid::from_u128(7);
    let given = go!(D, bookings.save(Booking::draft().id(own).name("c")))?;
    assert_eq!(given.id, own);
    assert_eq!(go!(D, bookings.find(made[1].id))?.unwrap().name, "b");
    let json = format!(r#"{{ "id": "{}", "name": "d" }}"#, made[0].id);
    go!(D, bookings.save_json(&json))?;
    assert_eq!(go!(D, bookings.find(made[0].id))?.unwrap().name, "d");
    assert!(matches!(
        go!(D, bookings.save_json(r#"{ "id": "xyz", "name": "d" }"#)),
        Err(Error::WrongType { .. })
    ));
    Ok(())
}

/// Has a decimal as its key, whose values may be written with fewer digits than the column keeps.
#[derive(Model, Debug, PartialEq)]
struct Rate {
    #[key]
    #[field(scale = 2)]
    percent: Decimal,
    name: String,
    #[has_many(foreign_key = percent)]
    charges: Many<Charge>,
}

/// Refers to a decimal key.
#[derive(Model, Debug, PartialEq)]
struct Charge {
    #[key]
    id: u64,
    #[field(scale = 2)]
    percent: Option<Decimal>,
    #[belongs_to(foreign_key = percent)]
    rate: One<Rate>,
}

async fn decimal_keys_of_any_scale<D: Mode>(setup: Setup) -> TestResult {
    let db = setup.database::<D>().await?;
    let rates = db.repository::<Rate>();
    let half = Decimal::new(5, 1);
    let draft =
        Rate::draft().percent(half).name("half").charges([Charge::draft().id(1), Charge::draft().id(2)]);
    let saved = go!(D, rates.save(draft))?;
    assert_eq!(saved.charges.get_partial()?.len(), 2);
    let again =
        [Rate::draft().percent(half).name("a"), Rate::draft().percent(Decimal::new(500, 3)).name("b")];
    let again = go!(D, rates.save_many(again))?;
    assert_eq!(again.iter().map(|r| r.name.as_str()).collect::<Vec<_>>(), ["b", "b"]);
    for key in [half, Decimal::new(50, 2), Decimal::new(5000, 4)] {
        assert_eq!(go!(D, rates.find(key))?.unwrap().name, "b");
        assert_eq!(go!(D, rates.find_many([key]))?.len(), 1);
        assert_eq!(go!(D, rates.query().find(key))?.unwrap().name, "b");
    }
    assert_eq!(go!(D, rates.find_many([half, Decimal::new(50, 2)]))?.len(), 2);
    assert!(go!(D, rates.find(Decimal::new(505, 3)))?.is_none());
    let charges = go!(D, db.repository::<Charge>().query().order_by(|c| c.id.asc()).with(|c| c.rate).get())?;
    assert_eq!(charges[1].rate.get()?.unwrap().name, "b");
    assert_eq!(go!(D, rates.query().with(|r| r.charges).first())?.unwrap().charges.get()?.len(), 2);
    assert!(go!(D, rates.destroy(half))?);
    Ok(())
}
