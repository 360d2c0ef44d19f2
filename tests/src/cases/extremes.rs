//! The ends of every type: what is there comes back as it was, and what can't be stored is refused alike.

use crate::scenarios::extremes::{Amount, ByByte, ByDate, ByInstant, ByNumber, ByText, ByUuid, Moment};
use crate::scenarios::fields::Page;
use crate::scenarios::types::{Everything, Maybe};
use crate::{Setup, TestResult, cases, go};
use orm_core::prelude::Decimal;
use orm_core::value::{Date, DateTime, Time, Timestamp};
use orm_core::{Error, Mode};
use serde_json::json;

cases![
    floats_to_the_last_bit,
    no_numbers_are_refused_everywhere,
    integers_at_both_ends,
    texts_of_any_characters,
    bytes_of_any_value,
    ten_megabytes,
    dates_at_both_ends,
    dates_beyond_are_refused,
    decimals_of_every_scale,
    decimals_beyond_are_refused,
    json_at_its_ends,
    keys_at_both_ends,
    from_something_to_nothing_and_back,
];

/// What floats of 64 bits have at their ends.
const DOUBLES: [f64; 12] = [
    f64::MIN,
    -1.0,
    -f64::MIN_POSITIVE,
    -5e-324,
    0.0,
    5e-324,
    // The largest that isn't normal.
    2.225_073_858_507_201e-308,
    f64::MIN_POSITIVE,
    f64::EPSILON,
    1.0 / 3.0,
    9_007_199_254_740_992.0,
    f64::MAX,
];

/// The same of 32 bits.
const SINGLES: [f32; 11] = [
    f32::MIN,
    -1.0,
    -f32::MIN_POSITIVE,
    -1e-45,
    0.0,
    1e-45,
    1.175_494_2e-38,
    f32::MIN_POSITIVE,
    f32::EPSILON,
    16_777_216.0,
    f32::MAX,
];

async fn floats_to_the_last_bit<D: Mode>(setup: Setup) -> TestResult {
    let db = setup.database::<D>().await?;
    let all = db.repository::<Everything>();
    let some = super::types::smallest;
    let values =
        (0..12).map(|at| Everything { id: at as u64, f64: DOUBLES[at], f32: SINGLES[at.min(10)], ..some() });
    go!(D, all.insert_many(values))?;
    let found = go!(D, all.query().order_by(|e| [e.f64.asc(), e.id.asc()]).get())?;
    assert_eq!(found.iter().map(|e| e.id).collect::<Vec<_>>(), (0..12).collect::<Vec<_>>());
    for (found, (double, at)) in found.iter().zip(DOUBLES.into_iter().zip(0..)) {
        assert_eq!(found.f64.to_bits(), double.to_bits(), "{double:e}");
        assert_eq!(found.f32.to_bits(), SINGLES[at.min(10)].to_bits(), "{:e}", SINGLES[at.min(10)]);
        assert_eq!(go!(D, all.query().filter(|e| e.f64.eq(double)).count())?, 1, "{double:e}");
        let (single, many) = (SINGLES[at.min(10)], if at >= 10 { 2 } else { 1 });
        assert_eq!(go!(D, all.query().filter(|e| e.f32.eq(single)).count())?, many, "{single:e}");
        assert_eq!(go!(D, all.query().filter(|e| e.f64.lt(double)).count())?, at as u64, "{double:e}");
        // By a change as by a save.
        let one = || all.query().filter(|e| e.id.eq(at as u64));
        go!(D, one().update(|e| [e.f64.set(1), e.f32.set(1)]))?;
        go!(D, one().update(|e| [e.f64.set(double), e.f32.set(single)]))?;
        let again = go!(D, all.find(at as u64))?.ok_or("it is there")?;
        assert_eq!((again.f64.to_bits(), again.f32.to_bits()), (double.to_bits(), single.to_bits()));
    }
    // Text as it is read has all of the digits, too.
    go!(D, db.repository::<Maybe>().save_json(r#"{ "id": 1, "f64": 4.9406564584124654e-324 }"#))?;
    assert_eq!(go!(D, db.repository::<Maybe>().find(1))?.and_then(|m| m.f64), Some(5e-324));
    Ok(())
}

async fn no_numbers_are_refused_everywhere<D: Mode>(setup: Setup) -> TestResult {
    let db = setup.database::<D>().await?;
    let all = db.repository::<Everything>();
    let some = super::types::smallest;
    go!(D, all.insert(some()))?;
    for double in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
        let single = double as f32;
        for (path, value) in
            [("$.f64", Everything { f64: double, ..some() }), ("$.f32", Everything { f32: single, ..some() })]
        {
            let refused = go!(D, all.save(value));
            assert!(matches!(&refused, Err(Error::WrongType { at, .. }) if at == path), "{refused:?}");
        }
        let refused = go!(D, all.query().all_rows().update(|e| e.f64.set(double)));
        assert!(matches!(refused, Err(Error::Operand { column: "f64", .. })), "{refused:?}");
        let refused = go!(D, all.query().filter(|e| e.f32.lt(single)).count());
        assert!(matches!(refused, Err(Error::Operand { column: "f32", .. })), "{refused:?}");
        let refused = go!(D, all.query().filter(|e| e.f64.in_([1.0, double])).count());
        assert!(matches!(refused, Err(Error::Operand { column: "f64", .. })), "{refused:?}");
    }
    for json in [r#"{ "id": 1, "f64": 1e400 }"#, r#"{ "id": 1, "f64": NaN }"#, r#"{ "id": 1, "f64": "NaN" }"#]
    {
        let refused = go!(D, db.repository::<Maybe>().save_json(json)).map(drop);
        assert!(
            matches!(refused, Err(Error::Malformed { .. } | Error::WrongType { .. })),
            "{json}: {refused:?}"
        );
    }
    assert_eq!(go!(D, all.all())?, [some()]);
    Ok(())
}

async fn integers_at_both_ends<D: Mode>(setup: Setup) -> TestResult {
    let db = setup.database::<D>().await?;
    let all = db.repository::<Everything>();
    go!(D, all.insert_many([super::types::smallest(), super::types::largest()]))?;
    macro_rules! ends {
        ($($column:ident: $least:expr, $most:expr;)*) => { $(
            for (id, end) in [(0, $least), (i64::MAX as u64, $most)] {
                let found = go!(D, all.query().filter(|e| e.$column.eq(end)).get())?;
                assert_eq!(found.iter().map(|e| e.id).collect::<Vec<_>>(), [id], "{}", stringify!($column));
                assert_eq!(found[0].$column, end);
                go!(D, all.query().filter(|e| e.id.eq(id)).update(|e| e.$column.set(1)))?;
                go!(D, all.query().filter(|e| e.id.eq(id)).update(|e| e.$column.set(end)))?;
                assert_eq!(go!(D, all.find(id))?.map(|e| e.$column), Some(end));
            }
            let between = all.query().filter(|e| e.$column.between($least, $most));
            assert_eq!(go!(D, between.count())?, 2);
            // One further there is nothing.
            let signed = i128::from($least) < 0;
            for (id, add) in [(0, -1), (i64::MAX as u64, 1)].into_iter().skip(usize::from(!signed)) {
                let over = go!(D, all.query().filter(|e| e.id.eq(id)).update(|e| e.$column.add(add)));
                let column = stringify!($column);
                assert!(matches!(over, Err(Error::Overflow { column: c, .. }) if c == column), "{over:?}");
            }
        )* };
    }
    ends! {
        i8: i8::MIN, i8::MAX;
        i16: i16::MIN, i16::MAX;
        i32: i32::MIN, i32::MAX;
        i64: i64::MIN, i64::MAX;
        u8: 0_u8, u8::MAX;
        u16: 0_u16, u16::MAX;
        u32: 0_u32, u32::MAX;
        u64: 0_u64, i64::MAX as u64;
    }
    Ok(())
}

async fn texts_of_any_characters<D: Mode>(setup: Setup) -> TestResult {
    let db = setup.database::<D>().await?;
    let all = db.repository::<Maybe>();
    let mut texts: Vec<String> = [
        "",
        "\0",
        "\0\0",
        "a\0b",
        " ",
        "  ",
        "a",
        "a ",
        "A",
        "\t\r\n",
        "null",
        "NULL",
        "\\",
        "\\N",
        "'",
        "''",
        "\"",
        "`",
        "%",
        "_",
        "$1",
        "?",
        ":x",
        "{}",
        "/* */ --",
        // The same letter in two ways, and a mark alone.
        "\u{e9}",
        "e\u{301}",
        "\u{301}",
        // Letters that others fold.
        "ß",
        "ss",
        "İ",
        "ı",
        "K",
        "\u{212a}",
        // Not a letter: its order, its width, an invisible one.
        "\u{202e}abc",
        "\u{feff}a",
        "\u{200b}",
        "\u{ad}",
        // Around the gap, and the ends of planes.
        "\u{7f}",
        "\u{80}",
        "\u{7ff}",
        "\u{800}",
        "\u{d7ff}",
        "\u{e000}",
        "\u{fffd}",
        "\u{fffe}",
        "\u{ffff}",
        "\u{10000}",
        "\u{1f9d1}\u{1f3fd}\u{200d}\u{1f680}",
        "\u{10ffff}",
    ]
    .map(str::to_owned)
    .into();
    texts.extend((1_u8..32).map(|code| format!("x{}", char::from(code))));
    let drafts = texts.iter().zip(1_u64..).map(|(text, id)| Maybe::draft().id(id).text(text.as_str()));
    go!(D, all.insert_many(drafts))?;
    let ids = |found: Vec<Maybe>| found.iter().map(|m| m.id).collect::<Vec<_>>();
    for (text, id) in texts.iter().zip(1_u64..) {
        assert_eq!(go!(D, all.find(id))?.and_then(|m| m.text).as_deref(), Some(text.as_str()));
        assert_eq!(ids(go!(D, all.query().filter(|m| m.text.eq(text)).get())?), [id], "{text:?}");
    }
    // By code point, which is the order of the bytes.
    let mut meant: Vec<(&String, u64)> = texts.iter().zip(1..).collect();
    meant.sort();
    let found = go!(D, all.query().order_by(|m| m.text.asc()).get())?;
    assert_eq!(ids(found), meant.iter().map(|(_, id)| *id).collect::<Vec<_>>());
    let list = all.query().filter(|m| m.text.in_(texts.iter().map(String::as_str)));
    assert_eq!(go!(D, list.count())?, texts.len() as u64);
    // Changed to each of them, by a condition and by JSON.
    for text in &texts {
        go!(D, all.query().filter(|m| m.id.eq(1)).update(|m| m.text.set(text)))?;
        assert_eq!(go!(D, all.find(1))?.and_then(|m| m.text).as_ref(), Some(text));
        go!(D, all.save_from(json!({ "id": 2, "text": text, "from": text })))?;
        let stored = go!(D, all.find(2))?.ok_or("it is there")?;
        assert_eq!((stored.text.as_ref(), stored.r#where.as_ref()), (Some(text), Some(text)));
    }
    Ok(())
}

async fn bytes_of_any_value<D: Mode>(setup: Setup) -> TestResult {
    let db = setup.database::<D>().await?;
    let all = db.repository::<Maybe>();
    let mut values: Vec<Vec<u8>> = (0..=255_u8).map(|byte| vec![byte]).collect();
    values.extend([vec![], vec![0, 0], vec![255; 300], b"\\x41".to_vec(), b"' OR 1=1 --".to_vec()]);
    let drafts = values.iter().zip(1_u64..).map(|(bytes, id)| Maybe::draft().id(id).bytes(bytes.clone()));
    go!(D, all.insert_many(drafts))?;
    let mut meant: Vec<(&Vec<u8>, u64)> = values.iter().zip(1..).collect();
    meant.sort();
    let found = go!(D, all.query().order_by(|m| m.bytes.asc()).get())?;
    for (found, (bytes, id)) in found.iter().zip(&meant) {
        assert_eq!((found.id, found.bytes.as_ref()), (*id, Some(*bytes)));
    }
    assert_eq!(found.len(), values.len());
    for bytes in values.iter().step_by(17) {
        assert_eq!(go!(D, all.query().filter(|m| m.bytes.eq(bytes.clone())).count())?, 1, "{bytes:?}");
    }
    Ok(())
}

async fn ten_megabytes<D: Mode>(setup: Setup) -> TestResult {
    const LENGTH: usize = 10 << 20;
    let db = setup.database::<D>().await?;
    let all = db.repository::<Maybe>();
    let text = "'; DROP TABLE maybe_every_type; -- \0 \u{1F4D6} ".repeat(LENGTH / 40);
    assert!(text.len() > LENGTH);
    let bytes: Vec<u8> = (0..=255).cycle().take(LENGTH).collect();
    go!(D, all.save(Maybe::draft().id(1).text(text.as_str())))?;
    go!(D, all.save(Maybe::draft().id(2).bytes(bytes.clone())))?;
    // `assert_eq` would print them.
    assert!(go!(D, all.find(1))?.and_then(|m| m.text).as_ref() == Some(&text));
    assert!(go!(D, all.find(2))?.and_then(|m| m.bytes).as_ref() == Some(&bytes));
    assert_eq!(go!(D, all.query().filter(|m| m.text.eq(&text)).count())?, 1);
    assert_eq!(go!(D, all.query().filter(|m| m.text.eq(&text[1..])).count())?, 0);
    assert_eq!(go!(D, all.query().filter(|m| m.text.ends_with(&text[LENGTH / 2..])).count())?, 1);
    Ok(())
}

const DAY: i64 = 86_400_000_000;

fn moment(id: u64, date: Date, time: Time) -> Moment {
    let micros = i64::from(date.days()) * DAY + time.micros();
    Moment {
        id,
        date,
        time,
        date_time: DateTime::from_micros(micros),
        instant: Timestamp::from_micros(micros),
    }
}

async fn dates_at_both_ends<D: Mode>(setup: Setup) -> TestResult {
    let db = setup.database::<D>().await?;
    let all = db.repository::<Moment>();
    let day = |year, month, day| Date::from_civil(year, month, day).ok_or("no such day");
    let (midnight, last) = (Time::from_micros(0), Time::from_micros(DAY - 1));
    let moments = [
        moment(1, Date::MIN, midnight),
        moment(2, Date::MIN, last),
        // The calendars that changed then are none of ours.
        moment(3, day(1582, 10, 10)?, midnight),
        moment(4, day(1899, 12, 31)?, last),
        moment(5, day(1900, 2, 28)?, last),
        moment(6, day(1969, 12, 31)?, last),
        moment(7, day(1970, 1, 1)?, midnight),
        moment(8, day(1970, 1, 1)?, Time::from_micros(1)),
        moment(9, day(2000, 2, 29)?, midnight),
        // Where others skip an hour, or have a second more.
        moment(10, day(2016, 12, 31)?, last),
        moment(11, day(2024, 3, 31)?, Time::from_micros(DAY / 24 * 2 + 1_800_000_000)),
        moment(12, day(2038, 1, 19)?, Time::from_micros(11_648_000_000)),
        moment(13, Date::MAX, midnight),
        moment(14, Date::MAX, last),
    ];
    go!(D, all.insert_many(moments.clone()))?;
    let found = go!(D, all.query().order_by(|m| m.instant.asc()).get())?;
    assert_eq!(found, moments);
    assert_eq!(go!(D, all.query().order_by(|m| m.date_time.asc()).get())?, moments);
    for one in &moments {
        let same = all.query().filter(|m| {
            m.date
                .eq(one.date)
                .and(m.time.eq(one.time))
                .and(m.date_time.eq(one.date_time))
                .and(m.instant.eq(one.instant))
        });
        assert_eq!(go!(D, same.get())?.as_slice(), std::slice::from_ref(one));
        let text = serde_json::to_string(one)?;
        go!(D, all.save_json(&text))?;
        assert_eq!(go!(D, all.find(one.id))?.as_ref(), Some(one), "{text}");
        go!(D, all.save(moment(99, Date::MIN, midnight)))?;
        let change = all.query().filter(|m| m.id.eq(99));
        go!(
            D,
            change.update(|m| [
                m.date.set(one.date),
                m.time.set(one.time),
                m.date_time.set(one.date_time),
                m.instant.set(one.instant)
            ])
        )?;
        assert_eq!(go!(D, all.find(99))?, Some(Moment { id: 99, ..one.clone() }));
        assert!(go!(D, all.destroy(99))?);
    }
    Ok(())
}

async fn dates_beyond_are_refused<D: Mode>(setup: Setup) -> TestResult {
    let db = setup.database::<D>().await?;
    let all = db.repository::<Moment>();
    let fine = moment(1, Date::MAX, Time::from_micros(0));
    let (before, after) = (i64::from(Date::MIN.days()) * DAY - 1, (i64::from(Date::MAX.days()) + 1) * DAY);
    for (path, value) in [
        ("$.date", Moment { date: Date::from_days(Date::MIN.days() - 1), ..fine.clone() }),
        ("$.date", Moment { date: Date::from_days(Date::MAX.days() + 1), ..fine.clone() }),
        ("$.date", Moment { date: Date::from_days(i32::MIN), ..fine.clone() }),
        ("$.time", Moment { time: Time::from_micros(-1), ..fine.clone() }),
        ("$.time", Moment { time: Time::from_micros(DAY), ..fine.clone() }),
        ("$.date_time", Moment { date_time: DateTime::from_micros(before), ..fine.clone() }),
        ("$.date_time", Moment { date_time: DateTime::from_micros(i64::MIN), ..fine.clone() }),
        ("$.instant", Moment { instant: Timestamp::from_micros(after), ..fine.clone() }),
        ("$.instant", Moment { instant: Timestamp::from_micros(i64::MAX), ..fine.clone() }),
    ] {
        let refused = go!(D, all.save(value));
        assert!(matches!(&refused, Err(Error::WrongType { at, .. }) if at == path), "{path}: {refused:?}");
    }
    for (column, text) in [
        ("date", "0000-12-31"),
        ("date", "10000-01-01"),
        ("date", "-0001-01-01"),
        ("date", "1900-02-29"),
        ("date", "2024-04-31"),
        ("time", "24:00:00"),
        ("time", "23:59:60"),
        ("date_time", "0000-00-00T00:00:00"),
        ("instant", "9999-12-31T23:59:59-01:00"),
        ("instant", "0001-01-01T00:00:00+00:01"),
    ] {
        let mut input = serde_json::to_value(&fine)?;
        input[column] = text.into();
        let refused = go!(D, all.save_from(input)).map(drop);
        let at = format!("$.{column}");
        assert!(matches!(&refused, Err(Error::WrongType { at: a, .. }) if *a == at), "{text}: {refused:?}");
    }
    let refused = go!(D, all.query().filter(|m| m.instant.lt(Timestamp::from_micros(i64::MAX))).count());
    assert!(matches!(refused, Err(Error::Operand { column: "instant", .. })), "{refused:?}");
    assert_eq!(go!(D, all.count())?, 0);
    Ok(())
}

/// As much as a decimal has.
const UNITS: i64 = 999_999_999_999_999_999;

async fn decimals_of_every_scale<D: Mode>(setup: Setup) -> TestResult {
    let db = setup.database::<D>().await?;
    let all = db.repository::<Amount>();
    let units = [-UNITS, -1, 0, 1, UNITS];
    let amounts: Vec<Amount> = units
        .into_iter()
        .zip(1..)
        .map(|(units, id)| Amount {
            id,
            whole: Decimal::new(units, 0),
            money: Decimal::new(units, 2),
            fraction: Decimal::new(units, 18),
            other: Some(rust_decimal::Decimal::new(units, 4)),
        })
        .collect();
    go!(D, all.insert_many(amounts.clone()))?;
    assert_eq!(go!(D, all.query().order_by(|a| a.whole.asc()).get())?, amounts);
    assert_eq!(go!(D, all.query().order_by(|a| a.fraction.asc()).get())?, amounts);
    for (one, at) in amounts.iter().zip(0_u64..) {
        let same = all.query().filter(|a| {
            a.whole
                .eq(one.whole)
                .and(a.money.eq(one.money))
                .and(a.fraction.eq(one.fraction))
                .and(a.other.eq(one.other.unwrap_or_default()))
        });
        assert_eq!(go!(D, same.get())?.as_slice(), std::slice::from_ref(one));
        assert_eq!(go!(D, all.query().filter(|a| a.whole.lt(one.whole)).count())?, at);
        assert_eq!(go!(D, all.query().filter(|a| a.fraction.gt(one.fraction)).count())?, 4 - at);
        let change = all.query().filter(|a| a.id.eq(3));
        go!(
            D,
            change.update(|a| [
                a.whole.set(one.whole),
                a.money.set(one.money),
                a.fraction.set(one.fraction),
                a.other.set(one.other)
            ])
        )?;
        assert_eq!(go!(D, all.find(3))?, Some(Amount { id: 3, ..one.clone() }));
        go!(D, all.save(amounts[2].clone()))?;
    }
    Ok(())
}

async fn decimals_beyond_are_refused<D: Mode>(setup: Setup) -> TestResult {
    let db = setup.database::<D>().await?;
    let all = db.repository::<Amount>();
    let zero =
        Amount { id: 1, whole: Decimal::ZERO, money: Decimal::ZERO, fraction: Decimal::ZERO, other: None };
    for (path, value) in [
        ("$.whole", Amount { whole: Decimal::new(UNITS + 1, 0), ..zero.clone() }),
        ("$.whole", Amount { whole: Decimal::new(i64::MIN, 0), ..zero.clone() }),
        ("$.whole", Amount { whole: Decimal::new(1, 1), ..zero.clone() }),
        ("$.money", Amount { money: Decimal::new(UNITS, 0), ..zero.clone() }),
        ("$.fraction", Amount { fraction: Decimal::new(1, 0), ..zero.clone() }),
        ("$.other", Amount { other: Some(rust_decimal::Decimal::MAX), ..zero.clone() }),
        ("$.other", Amount { other: Some(rust_decimal::Decimal::new(1, 28)), ..zero.clone() }),
    ] {
        let refused = go!(D, all.save(value));
        assert!(matches!(&refused, Err(Error::WrongType { at, .. }) if at == path), "{path}: {refused:?}");
    }
    // What adds up to it is too much as well, and nothing is changed.
    go!(D, all.save(Amount { whole: Decimal::new(UNITS, 0), ..zero.clone() }))?;
    let over = go!(D, all.query().all_rows().update(|a| a.whole.add(Decimal::new(1, 0))));
    assert!(matches!(over, Err(Error::Overflow { column: "whole", .. })), "{over:?}");
    assert_eq!(go!(D, all.find(1))?.map(|a| a.whole), Some(Decimal::new(UNITS, 0)));
    Ok(())
}

async fn json_at_its_ends<D: Mode>(setup: Setup) -> TestResult {
    let db = setup.database::<D>().await?;
    let pages = db.repository::<Page>();
    let values = [
        json!(null),
        json!(""),
        json!({}),
        json!([]),
        json!({ "": "", "\0": "\0", "'; DROP TABLE pages; --": "\"\\", "$.a[0]": [], "\u{10ffff}": "\u{1f4d6}" }),
        json!([u64::MAX, i64::MIN, 0, -1, f64::MAX, f64::MIN_POSITIVE, 5e-324, 0.1, 1e-7, 1.0]),
        json!("x".repeat(1 << 20)),
        json!((0..10_000).collect::<Vec<_>>()),
        serde_json::Value::Object((0..2_000).map(|n| (format!("k{n}"), json!(n))).collect()),
        (0..118).fold(json!({ "end": 1 }), |inner, _| json!({ "in": inner })),
    ];
    for (value, id) in values.iter().zip(1_u64..) {
        go!(D, pages.save(Page::draft().id(id).any(value.clone()).maybe(Some(value.clone()))))?;
        let stored = go!(D, pages.find(id))?.ok_or("it is there")?;
        assert!(stored.any == *value, "{id}");
        assert!(stored.maybe.as_ref() == Some(value), "{id}");
        let same = pages.query().filter(|p| p.any.eq(value.clone()));
        assert_eq!(go!(D, same.count())?, 1, "{id}");
        // The way in from text, and by a condition.
        go!(D, pages.save_from(json!({ "id": 99, "any": value })))?;
        assert!(go!(D, pages.find(99))?.ok_or("it is there")?.any == *value, "{id}");
        go!(D, pages.destroy(99))?;
        go!(D, pages.query().filter(|p| p.id.eq(id)).update(|p| p.maybe.set(value.clone())))?;
        assert!(go!(D, pages.find(id))?.ok_or("it is there")?.maybe.as_ref() == Some(value), "{id}");
    }
    Ok(())
}

async fn keys_at_both_ends<D: Mode>(setup: Setup) -> TestResult {
    let db = setup.database::<D>().await?;
    macro_rules! keys {
        ($model:ident: $($key:expr),* $(,)?) => {{
            let all = db.repository::<$model>();
            let keys = vec![$($key),*];
            // Each names the one before, so the first of all names the last, which comes later.
            let last = keys.last().cloned();
            let drafts = keys.iter().enumerate().map(|(at, key)| {
                let next = if at == 0 { last.clone() } else { keys.get(at - 1).cloned() };
                $model::draft().key(key.clone()).next(next)
            });
            go!(D, all.insert_many(drafts))?;
            let found = go!(D, all.query().order_by(|m| m.key.asc()).with(|m| m.following).get())?;
            assert_eq!(found.iter().map(|m| m.key.clone()).collect::<Vec<_>>(), keys, stringify!($model));
            for record in &found {
                let following = record.following.get()?.map(|m| m.key.clone());
                assert_eq!(following, record.next, stringify!($model));
            }
            for key in &keys {
                let one = go!(D, all.find(key.clone()))?;
                assert_eq!(one.map(|m| m.key).as_ref(), Some(key));
            }
            let many = go!(D, all.find_many(keys.clone()))?;
            assert_eq!(many.len(), keys.len());
            let first = go!(D, all.query().order_by(|m| m.key.desc()).page(1))?;
            let rest = go!(D, all.query().order_by(|m| m.key.desc()).page_after(&first.next.unwrap(), 99))?;
            assert_eq!(rest.records.len(), keys.len() - 1);
            // Each is met by its own key, whatever the engine thinks is equal.
            for key in &keys {
                go!(D, all.save($model::draft().key(key.clone()).next(Some(key.clone()))))?;
            }
            assert_eq!(go!(D, all.query().filter(|m| m.following.exists()).count())?, keys.len() as u64);
            assert_eq!(go!(D, all.count())?, keys.len() as u64);
            for key in keys {
                assert!(go!(D, all.destroy(key))?);
            }
            assert_eq!(go!(D, all.count())?, 0);
        }};
    }
    let text = |text: &str| text.to_owned();
    keys!(ByNumber: i64::MIN, i64::MIN + 1, -1, 0, 1, i64::MAX - 1, i64::MAX);
    keys!(ByByte: i8::MIN, -1, 0, 1, i8::MAX);
    keys!(ByText: text(""), text("\0"), text("\0\0"), text(" "), text("' OR '1'='1"), text("A"), text("A "),
        text("a"), text("e\u{301}"), text("\u{e9}"), text("\u{ffff}"), text("\u{10000}"), text("\u{10ffff}"));
    keys!(ByUuid: uuid::Uuid::nil(), uuid::Uuid::from_u128(1), uuid::Uuid::from_u128(1 << 127),
        uuid::Uuid::from_u128(u128::MAX - 1), uuid::Uuid::max());
    keys!(ByDate: Date::MIN, Date::from_days(-1), Date::from_days(0), Date::MAX);
    let end = (i64::from(Date::MAX.days()) + 1) * DAY - 1;
    keys!(ByInstant: Timestamp::from_micros(i64::from(Date::MIN.days()) * DAY), Timestamp::from_micros(-1),
        Timestamp::from_micros(0), Timestamp::from_micros(1), Timestamp::from_micros(end));
    Ok(())
}

async fn from_something_to_nothing_and_back<D: Mode>(setup: Setup) -> TestResult {
    let db = setup.database::<D>().await?;
    let all = db.repository::<Maybe>();
    let most = super::types::largest();
    let full = Maybe {
        id: 1,
        bool: Some(false),
        i32: Some(i32::MIN),
        u64: Some(0),
        f64: Some(0.0),
        text: Some(String::new()),
        bytes: Some(Vec::new()),
        uuid: Some(uuid::Uuid::nil()),
        date: Some(most.date),
        time: Some(chrono::NaiveTime::MIN),
        date_time: Some(most.date_time),
        instant: Some(most.instant),
        decimal: Some(Decimal::ZERO),
        r#where: Some("\0".into()),
    };
    let nothing = Maybe {
        id: 1,
        bool: None,
        i32: None,
        u64: None,
        f64: None,
        text: None,
        bytes: None,
        uuid: None,
        date: None,
        time: None,
        date_time: None,
        instant: None,
        decimal: None,
        r#where: None,
    };
    let stored = Maybe { decimal: Some(Decimal::new(0, 6)), ..full.clone() };
    for _ in 0..2 {
        go!(D, all.save(full.clone()))?;
        assert_eq!(go!(D, all.find(1))?.as_ref(), Some(&stored));
        assert_eq!(go!(D, all.query().filter(|m| m.text.is_null().or(m.bytes.is_null())).count())?, 0);
        go!(D, all.update(nothing.clone()))?;
        assert_eq!(go!(D, all.find(1))?.as_ref(), Some(&nothing));
        assert_eq!(go!(D, all.query().filter(|m| m.text.eq("").or(m.f64.eq(0))).count())?, 0);
        assert_eq!(go!(D, all.query().filter(|m| m.uuid.is_null().and(m.time.is_null())).count())?, 1);
    }
    // Many at once, some with and some without.
    let many = (2..50)
        .map(|id| if id % 2 == 0 { Maybe { id, ..full.clone() } } else { Maybe { id, ..nothing.clone() } });
    go!(D, all.insert_many(many))?;
    let turned = (2..50)
        .map(|id| if id % 2 == 1 { Maybe { id, ..full.clone() } } else { Maybe { id, ..nothing.clone() } });
    go!(D, all.update_many(turned))?;
    for found in go!(D, all.query().filter(|m| m.id.gt(1)).get())? {
        let meant = if found.id % 2 == 1 { &stored } else { &nothing };
        assert_eq!(found, Maybe { id: found.id, ..meant.clone() });
    }
    Ok(())
}
