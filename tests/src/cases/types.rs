//! Every type's extremes, there and back.

use crate::scenarios::types::{Everything, Maybe};
use crate::{Setup, TestResult, cases, go};
use chrono::{DateTime, NaiveDate, NaiveTime, Utc};
use orm_core::prelude::Decimal;
use orm_core::{Error, Mode};

cases![
    extremes_come_back,
    floats_of_32_bits_are_found_by_what_was_written,
    nulls_come_back,
    json_of_every_type,
    what_cant_be_stored_is_refused,
    types_order
];

pub(super) fn smallest() -> Everything {
    let date = NaiveDate::from_ymd_opt(1, 1, 1).unwrap();
    Everything {
        id: 0,
        bool: false,
        i8: i8::MIN,
        i16: i16::MIN,
        i32: i32::MIN,
        i64: i64::MIN,
        u8: 0,
        u16: 0,
        u32: 0,
        u64: 0,
        f32: f32::MIN,
        f64: f64::MIN,
        text: String::new(),
        bytes: Vec::new(),
        uuid: uuid::Uuid::nil(),
        date,
        time: NaiveTime::MIN,
        date_time: date.and_time(NaiveTime::MIN),
        instant: date.and_time(NaiveTime::MIN).and_utc(),
        decimal: Decimal::new(-999_999_999_999_999_999, 3),
    }
}

pub(super) fn largest() -> Everything {
    let date = NaiveDate::from_ymd_opt(9999, 12, 31).unwrap();
    let time = NaiveTime::from_hms_micro_opt(23, 59, 59, 999_999).unwrap();
    Everything {
        id: i64::MAX as u64,
        bool: true,
        i8: i8::MAX,
        i16: i16::MAX,
        i32: i32::MAX,
        i64: i64::MAX,
        u8: u8::MAX,
        u16: u16::MAX,
        u32: u32::MAX,
        u64: i64::MAX as u64,
        f32: f32::MAX,
        f64: f64::MIN_POSITIVE,
        text: "nul \0 quote ' \" \\ % _ 日本 \u{10FFFF}".repeat(1000),
        bytes: (0..=255).cycle().take(100_000).collect(),
        uuid: uuid::Uuid::max(),
        date,
        time,
        date_time: date.and_time(time),
        instant: date.and_time(time).and_utc(),
        decimal: Decimal::new(999_999_999_999_999_999, 3),
    }
}

async fn extremes_come_back<D: Mode>(setup: Setup) -> TestResult {
    let db = setup.database::<D>().await?;
    let all = db.repository::<Everything>();
    for value in [smallest(), largest()] {
        let key = value.id;
        assert_eq!(go!(D, all.save(value.clone()))?, value);
        assert_eq!(go!(D, all.find(key))?, Some(value));
    }
    let (small, large) = (smallest(), largest());
    let found = all.query().filter(|e| {
        e.i64
            .eq(large.i64)
            .and(e.f32.eq(large.f32))
            .and(e.text.eq(&large.text))
            .and(e.bytes.eq(&large.bytes))
            .and(e.bool.eq(true))
    });
    assert_eq!(go!(D, found.count())?, 1);
    let found = all.query().filter(|e| {
        e.uuid
            .eq(small.uuid)
            .and(e.date.eq(small.date))
            .and(e.time.eq(small.time))
            .and(e.date_time.eq(small.date_time))
            .and(e.instant.eq(small.instant))
            .and(e.decimal.eq(small.decimal))
            .and(e.f64.eq(f64::MIN))
    });
    assert_eq!(go!(D, found.count())?, 1);
    Ok(())
}

async fn nulls_come_back<D: Mode>(setup: Setup) -> TestResult {
    let db = setup.database::<D>().await?;
    let all = db.repository::<Maybe>();
    let empty = go!(D, all.save(Maybe::draft().id(1)))?;
    assert!(
        empty.text.is_none() && empty.uuid.is_none() && empty.decimal.is_none() && empty.r#where.is_none()
    );
    assert_eq!(go!(D, all.find(1))?, Some(empty));
    let full = go!(
        D,
        all.save(
            Maybe::draft().id(1).text("").bytes(Vec::new()).f64(-0.0).decimal(Decimal::ZERO).r#where("w")
        )
    )?;
    assert_eq!((full.text.as_deref(), full.bytes.as_deref()), (Some(""), Some(&[][..])));
    assert_eq!(go!(D, all.query().filter(|m| m.f64.eq(0)).count())?, 1);
    assert_eq!(go!(D, all.query().filter(|m| m.uuid.is_null().and(m.r#where.eq("w"))).count())?, 1);
    Ok(())
}

async fn json_of_every_type<D: Mode>(setup: Setup) -> TestResult {
    let db = setup.database::<D>().await?;
    let json = r#"{ "id": 1, "bool": true, "i32": -5, "u64": 7, "f64": 3, "text": "t", "bytes": [1, 255],
        "uuid": "67e55044-10b1-426f-9247-bb680e5fe0c8", "date": "2024-02-29", "time": "10:20", "date_time": "2024-02-29T10:20:30.5",
        "instant": "2024-02-29T10:20:30+02:00", "decimal": 12.5, "from": "renamed" }"#;
    go!(D, db.repository::<Maybe>().save_json(json))?;
    let found = go!(D, db.repository::<Maybe>().find(1))?.unwrap();
    assert_eq!((found.f64, found.bytes.as_deref()), (Some(3.0), Some(&[1, 255][..])));
    assert_eq!(found.uuid.unwrap().to_string(), "67e55044-10b1-426f-9247-bb680e5fe0c8");
    assert_eq!(found.date_time.unwrap().to_string(), "2024-02-29 10:20:30.500");
    assert_eq!(found.instant.unwrap().to_rfc3339(), "2024-02-29T08:20:30+00:00");
    assert_eq!(
        (found.decimal.unwrap().to_string(), found.r#where.as_deref()),
        ("12.500000".into(), Some("renamed"))
    );
    Ok(())
}

async fn what_cant_be_stored_is_refused<D: Mode>(setup: Setup) -> TestResult {
    let db = setup.database::<D>().await?;
    let all = db.repository::<Everything>();
    let refused = [
        ("$.f64", Everything { f64: f64::NAN, ..smallest() }),
        ("$.f32", Everything { f32: f32::INFINITY, ..smallest() }),
        ("$.u64", Everything { u64: u64::MAX, ..smallest() }),
        ("$.date", Everything { date: NaiveDate::from_ymd_opt(10_000, 1, 1).unwrap(), ..smallest() }),
        ("$.instant", Everything { instant: DateTime::<Utc>::MAX_UTC, ..smallest() }),
        ("$.decimal", Everything { decimal: Decimal::new(1, 4), ..smallest() }),
    ];
    for (path, value) in refused {
        match go!(D, all.save(value)) {
            Err(Error::WrongType { at, .. }) => assert_eq!(at, path),
            other => panic!("{path}: {other:?}"),
        }
    }
    for json in [
        r#"{ "id": 1, "date": "2023-02-29" }"#,
        r#"{ "id": 1, "time": "25:00" }"#,
        r#"{ "id": 1, "instant": "2024-01-01T00:00:00" }"#,
        r#"{ "id": 1, "bytes": [256] }"#,
    ] {
        assert!(
            matches!(
                go!(D, db.repository::<Maybe>().save_json(json)),
                Err(Error::WrongType { .. } | Error::Malformed { .. })
            ),
            "{json}"
        );
    }
    assert_eq!(go!(D, all.count())?, 0);
    Ok(())
}

async fn floats_of_32_bits_are_found_by_what_was_written<D: Mode>(setup: Setup) -> TestResult {
    let db = setup.database::<D>().await?;
    let all = db.repository::<Everything>();
    go!(D, all.save(Everything { f32: 0.1, ..smallest() }))?;
    assert_eq!(go!(D, all.query().filter(|e| e.f32.eq(0.1)).count())?, 1);
    assert_eq!(go!(D, all.query().filter(|e| e.f32.eq(0.1_f32)).count())?, 1);
    let mut json = serde_json::Map::new();
    json.insert("id".into(), 0.into());
    json.insert("f32".into(), 0.2.into());
    go!(D, all.save_from(serde_json::Value::Object(json)))?;
    assert_eq!(go!(D, all.query().filter(|e| e.f32.eq(0.2)).count())?, 1);
    assert_eq!(go!(D, all.query().all_rows().update(|e| e.f32.set(0.7)))?, 1);
    assert_eq!(go!(D, all.query().filter(|e| e.f32.in_([0.7])).count())?, 1);
    Ok(())
}

async fn types_order<D: Mode>(setup: Setup) -> TestResult {
    let db = setup.database::<D>().await?;
    let all = db.repository::<Everything>();
    let middle = Everything {
        id: 5,
        f64: 0.0,
        text: "b".into(),
        date: NaiveDate::from_ymd_opt(1999, 12, 31).unwrap(),
        time: NaiveTime::from_hms_opt(9, 0, 0).unwrap(),
        date_time: NaiveDate::from_ymd_opt(1999, 12, 31).unwrap().and_time(NaiveTime::MIN),
        instant: NaiveDate::from_ymd_opt(1999, 12, 31).unwrap().and_time(NaiveTime::MIN).and_utc(),
        decimal: Decimal::new(15, 1),
        uuid: uuid::Uuid::from_u128(1 << 100),
        ..smallest()
    };
    go!(D, all.save_many([largest(), middle, smallest()]))?;
    let order = [0, 5, i64::MAX as u64];
    macro_rules! ordered {
        ($($column:ident),*) => { $(
            let found = go!(D, all.query().order_by(|e| [e.$column.asc(), e.id.asc()]).get())?;
            assert_eq!(found.iter().map(|e| e.id).collect::<Vec<_>>(), order, stringify!($column));
        )* };
    }
    ordered!(i8, u64, text, bytes, uuid, date, time, date_time, instant, decimal, bool);
    assert_eq!(go!(D, all.query().filter(|e| e.decimal.gt(1).and(e.decimal.lt(2))).count())?, 1);
    assert_eq!(
        go!(D, all.query().filter(|e| e.time.lt(NaiveTime::from_hms_opt(10, 0, 0).unwrap())).count())?,
        2
    );
    Ok(())
}
