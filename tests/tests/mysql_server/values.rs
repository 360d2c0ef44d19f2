//! Values of every type, by the ways that only many of them take: lists and changes as JSON.

use crate::server;
use chrono::{NaiveDate, NaiveTime};
use orm_core::prelude::*;
use orm_tests::scenarios::types::Everything;

/// More than go into a statement one by one.
const MANY: u64 = 2_000;

fn one(id: u64) -> Everything {
    let (n, odd) = (id as i64, id % 2 == 1);
    let date = NaiveDate::from_ymd_opt(if odd { 1 } else { 9999 }, 12, 1 + (id % 31) as u32).unwrap();
    let time = NaiveTime::from_hms_micro_opt(23, 59, (id % 60) as u32, 999_999).unwrap();
    let of = |least: i64, most: i64| if odd { least + n % 7 } else { most - n % 7 };
    Everything {
        id,
        bool: odd,
        i8: of(i8::MIN.into(), i8::MAX.into()) as i8,
        i16: of(i16::MIN.into(), i16::MAX.into()) as i16,
        i32: of(i32::MIN.into(), i32::MAX.into()) as i32,
        i64: of(i64::MIN, i64::MAX),
        u8: of(0, u8::MAX.into()) as u8,
        u16: of(0, u16::MAX.into()) as u16,
        u32: of(0, u32::MAX.into()) as u32,
        u64: of(0, i64::MAX) as u64,
        f32: [f32::MIN, f32::MAX, f32::MIN_POSITIVE, 0.1, -1e-45][(id % 5) as usize],
        f64: [f64::MIN, f64::MAX, f64::MIN_POSITIVE, 0.1, -5e-324, 1.0 / 3.0][(id % 6) as usize],
        text: format!("{id} \0\u{1}\u{1f}\t\"\\'%_\u{7f}\u{2028}日本\u{10FFFF} "),
        bytes: (0..=255).cycle().skip(id as usize % 256).take(300).collect(),
        uuid: uuid::Uuid::from_u128(u128::MAX - u128::from(id) * 0x1_0000_0001_0000_0001),
        date,
        time,
        date_time: date.and_time(time),
        instant: date.and_time(time).and_utc(),
        decimal: Decimal::new(of(-999_999_999_999_999_999, 999_999_999_999_999_999), 3),
    }
}

#[test]
fn come_back_from_statements_that_change_many() {
    let Some(server) = server() else { return };
    let db = Database::builder().provider(server.provider().unwrap()).models::<Everything>().start().unwrap();
    let all = db.repository::<Everything>();
    all.insert_many((1..=MANY).map(|id| Everything { id, ..one(id + 1) })).unwrap();
    all.update_many((1..=MANY).map(one)).unwrap();
    let found = all.query().order_by(|e| e.id.asc()).get().unwrap();
    for (found, id) in found.iter().zip(1..) {
        assert_eq!(*found, one(id));
    }
    assert_eq!(found.len() as u64, MANY);
    // One of them isn't there: nothing is changed, and it is named.
    let error = all.update_many((2..=MANY + 1).map(|id| Everything { id, ..one(1) })).unwrap_err();
    assert!(error.to_string().contains(&format!("$[{}]", MANY - 1)), "{error}");
    assert_eq!(all.find(2).unwrap().unwrap(), one(2));
}

#[test]
fn are_found_in_lists_of_any_length() {
    let Some(server) = server() else { return };
    let db = Database::builder().provider(server.provider().unwrap()).models::<Everything>().start().unwrap();
    let all = db.repository::<Everything>();
    all.insert_many((1..=100).map(one)).unwrap();
    for length in [1_u64, 2, 9, 100, 1_024, 1_025, 1_500] {
        let many = || (100..100 + length).map(one);
        let e = Everything::fields();
        for (what, filter) in [
            ("i64", e.i64.in_(many().map(|e| e.i64.wrapping_sub(1)).chain([one(100).i64]))),
            ("u64", e.u64.in_(many().map(|e| e.u64 / 2).chain([one(100).u64]))),
            ("text", e.text.in_(many().map(|e| e.text))),
            ("bytes", e.bytes.in_(many().map(|e| [e.bytes, vec![0]].concat()).chain([one(100).bytes]))),
            ("uuid", e.uuid.in_(many().map(|e| e.uuid))),
            ("date_time", e.date_time.in_(many().map(|e| e.date_time + chrono::Days::new(0)))),
            ("instant", e.instant.in_(many().map(|e| e.instant))),
            ("date", e.date.in_(many().map(|e| e.date))),
            ("time", e.time.in_(many().map(|e| e.time))),
            ("decimal", e.decimal.in_(many().map(|e| e.decimal))),
            ("f64", e.f64.in_(many().map(|e| e.f64))),
        ] {
            let found = all.query().filter(|_| filter.clone()).count().unwrap();
            let meant = (1..=100)
                .map(one)
                .filter(|stored| match what {
                    "i64" => {
                        stored.i64 == one(100).i64
                            || many().any(|other| other.i64.wrapping_sub(1) == stored.i64)
                    }
                    "u64" => stored.u64 == one(100).u64 || many().any(|other| other.u64 / 2 == stored.u64),
                    "text" => many().any(|other| other.text == stored.text),
                    "bytes" => stored.bytes == one(100).bytes,
                    "uuid" => many().any(|other| other.uuid == stored.uuid),
                    "date_time" => many().any(|other| other.date_time == stored.date_time),
                    "instant" => many().any(|other| other.instant == stored.instant),
                    "date" => many().any(|other| other.date == stored.date),
                    "time" => many().any(|other| other.time == stored.time),
                    "decimal" => many().any(|other| other.decimal == stored.decimal),
                    _ => many().any(|other| other.f64 == stored.f64),
                })
                .count();
            assert_eq!(found, meant as u64, "{what}, {length}");
        }
    }
}
