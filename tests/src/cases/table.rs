//! What the table of semantics says of values, and no other area shows in full.

use crate::scenarios::types::Maybe;
use crate::{Setup, TestResult, cases, go};
use chrono::NaiveDate;
use orm_core::database::Database;
use orm_core::model::IntoDraft;
use orm_core::query::Filter;
use orm_core::value::Decimal;
use orm_core::{Error, Mode, Model, Result};

cases![
    text_is_compared_by_code_point,
    patterns_take_characters_as_they_are,
    text_that_is_null_contains_nothing,
    decimals_compare_beyond_their_scale,
    zero_has_no_sign,
    the_shorter_bytes_are_smaller,
    what_is_finer_than_a_microsecond,
    false_comes_before_true,
    whole_numbers_keep_their_range,
];

async fn maybe<D: Mode>(db: &Database<D>, drafts: Vec<impl IntoDraft<Maybe>>) -> Result<()> {
    go!(D, db.repository::<Maybe>().save_many(drafts)).map(drop)
}

async fn ids<D: Mode>(db: &Database<D>, filter: Filter<Maybe>) -> Result<Vec<u64>> {
    let found = db.repository::<Maybe>().query().filter_by(filter).order_by(|m| m.id.asc());
    Ok(go!(D, found.get())?.iter().map(|m| m.id).collect())
}

async fn texts<D: Mode>(setup: &Setup, texts: &[&str]) -> Result<Database<D>> {
    let db = setup.database::<D>().await?;
    let draft = |(id, text): (u64, &&str)| Maybe::draft().id(id).text(*text);
    maybe(&db, (1..).zip(texts).map(draft).collect()).await?;
    Ok(db)
}

async fn text_is_compared_by_code_point<D: Mode>(setup: Setup) -> TestResult {
    // In order: an emoji is the largest as a code point, not as UTF-16.
    let ordered = [
        "", "\0", "\0a", "\u{1}", " ", "A", "Z", "a", "a ", "ab", "e\u{301}", "z", "ä", "é", "\u{ff41}", "😀",
    ];
    let mut shuffled = ordered;
    shuffled.reverse();
    let db = texts::<D>(&setup, &shuffled).await?;
    let all = go!(D, db.repository::<Maybe>().query().order_by(|m| m.text.asc()).get())?;
    let found: Vec<_> = all.iter().map(|m| m.text.as_deref().unwrap_or("NULL")).collect();
    assert_eq!(found, ordered);
    let m = Maybe::fields();
    // The id of a text is its place from the end.
    let id = |text: &str| shuffled.iter().zip(1_u64..).find(|(t, _)| **t == text).map(|(_, id)| id).unwrap();
    for text in ordered {
        assert_eq!(ids(&db, m.text.eq(text)).await?, [id(text)], "{text:?}");
    }
    assert_eq!(ids(&db, m.text.gt("é")).await?, [1, 2]);
    assert_eq!(ids(&db, m.text.lt("\u{1}")).await?, [14, 15, 16]);
    assert_eq!(ids(&db, m.text.in_(["a ", "É"])).await?, [id("a ")]);
    Ok(())
}

async fn patterns_take_characters_as_they_are<D: Mode>(setup: Setup) -> TestResult {
    let db = texts::<D>(&setup, &["a\\", "a%", "a_", "ab", "a\n", "a\0", "😀b", "ÄB", "äb"]).await?;
    let m = Maybe::fields();
    assert_eq!(ids(&db, m.text.like("a\\")).await?, [1], "at the end it stands for itself");
    assert_eq!(ids(&db, m.text.like("a\\\\")).await?, [1]);
    assert_eq!(ids(&db, m.text.like("a\\%")).await?, [2]);
    assert_eq!(ids(&db, m.text.like("a\\b")).await?, [4]);
    assert_eq!(ids(&db, m.text.like("a_")).await?, [1, 2, 3, 4, 5, 6]);
    assert_eq!(ids(&db, m.text.like("_b")).await?, [4, 7, 9], "one character, however many bytes");
    assert_eq!(ids(&db, m.text.ilike("_b")).await?, [4, 7, 8, 9]);
    assert_eq!(ids(&db, m.text.ilike("äB")).await?, [9]);
    assert_eq!(ids(&db, m.text.starts_with("a%")).await?, [2]);
    assert_eq!(ids(&db, m.text.ends_with("_")).await?, [3]);
    assert_eq!(ids(&db, m.text.contains("\0")).await?, [6]);
    Ok(())
}

async fn text_that_is_null_contains_nothing<D: Mode>(setup: Setup) -> TestResult {
    let db = setup.database::<D>().await?;
    maybe(&db, vec![Maybe::draft().id(1), Maybe::draft().id(2).text("")]).await?;
    let m = Maybe::fields();
    for filter in [m.text.contains(""), m.text.starts_with(""), m.text.ends_with(""), m.text.like("%")] {
        assert_eq!(ids(&db, filter.clone()).await?, [2]);
        assert_eq!(ids(&db, filter.not()).await?, Vec::<u64>::new());
    }
    let none: [&str; 0] = [];
    assert_eq!(ids(&db, m.text.in_(none)).await?, Vec::<u64>::new());
    assert_eq!(ids(&db, m.text.not_in(none)).await?, [1, 2]);
    Ok(())
}

async fn decimals_compare_beyond_their_scale<D: Mode>(setup: Setup) -> TestResult {
    let db = setup.database::<D>().await?;
    let decimal = |units| Decimal::new(units, 2);
    let drafts = [0, 1, -1, 150].into_iter().zip(1_u64..);
    maybe(&db, drafts.map(|(units, id)| Maybe::draft().id(id).decimal(decimal(units))).collect()).await?;
    let m = Maybe::fields();
    let half = Decimal::new(5, 3);
    assert_eq!(ids(&db, m.decimal.lt(half)).await?, [1, 3]);
    assert_eq!(ids(&db, m.decimal.ge(half)).await?, [2, 4]);
    assert_eq!(ids(&db, m.decimal.eq(half)).await?, Vec::<u64>::new());
    assert_eq!(ids(&db, m.decimal.ne(half)).await?, [1, 2, 3, 4]);
    assert_eq!(ids(&db, m.decimal.le(Decimal::new(-5, 3))).await?, [3]);
    assert_eq!(ids(&db, m.decimal.eq(Decimal::new(15, 1))).await?, [4], "1.5 is 1.50");
    assert_eq!(ids(&db, m.decimal.in_([half, Decimal::new(1, 2)])).await?, [2]);
    Ok(())
}

async fn zero_has_no_sign<D: Mode>(setup: Setup) -> TestResult {
    let db = setup.database::<D>().await?;
    maybe(&db, vec![Maybe::draft().id(1).f64(-0.0), Maybe::draft().id(2).f64(0.0)]).await?;
    let m = Maybe::fields();
    assert_eq!(ids(&db, m.f64.eq(0.0)).await?, [1, 2]);
    assert_eq!(ids(&db, m.f64.eq(-0.0)).await?, [1, 2]);
    assert_eq!(ids(&db, m.f64.lt(0.0)).await?, Vec::<u64>::new());
    go!(D, db.repository::<Maybe>().save_json(r#"{ "id": 3, "f64": -0.0 }"#))?;
    go!(D, db.repository::<Maybe>().save(Maybe::draft().id(4).f64(1.0)))?;
    go!(D, db.repository::<Maybe>().query().filter(|m| m.id.eq(4)).update(|m| m.f64.set(-0.0)))?;
    for maybe in go!(D, db.repository::<Maybe>().all())? {
        assert_eq!(maybe.f64.map(f64::to_bits), Some(0.0_f64.to_bits()), "{}", maybe.id);
    }
    Ok(())
}

async fn the_shorter_bytes_are_smaller<D: Mode>(setup: Setup) -> TestResult {
    let db = setup.database::<D>().await?;
    let bytes: [&[u8]; 5] = [&[2], &[1, 255], &[1], &[], &[1, 0]];
    let draft = |(bytes, id): (&[u8], u64)| Maybe::draft().id(id).bytes(bytes.to_vec());
    maybe(&db, bytes.into_iter().zip(1..).map(draft).collect()).await?;
    let all = go!(D, db.repository::<Maybe>().query().order_by(|m| m.bytes.asc()).get())?;
    assert_eq!(all.iter().map(|m| m.id).collect::<Vec<_>>(), [4, 3, 5, 2, 1]);
    assert_eq!(ids(&db, Maybe::fields().bytes.lt(vec![1, 0])).await?, [3, 4]);
    Ok(())
}

async fn what_is_finer_than_a_microsecond<D: Mode>(setup: Setup) -> TestResult {
    let db = setup.database::<D>().await?;
    let day = NaiveDate::from_ymd_opt(2024, 2, 29).ok_or("no such day")?;
    let at = |nanos: u32| day.and_hms_nano_opt(1, 2, 3, nanos).unwrap_or_default();
    maybe(&db, vec![Maybe::draft().id(1).date_time(at(123_456_789)).time(at(999_999_999).time())]).await?;
    let stored = go!(D, db.repository::<Maybe>().find(1))?.ok_or("it is there")?;
    assert_eq!(stored.date_time, Some(at(123_456_000)));
    assert_eq!(stored.time, Some(at(999_999_000).time()));
    let finer = r#"{ "id": 2, "date_time": "2024-02-29T01:02:03.1234567" }"#;
    let refused = go!(D, db.repository::<Maybe>().save_json(finer)).map(|_| ());
    assert!(matches!(refused, Err(Error::WrongType { .. })), "{refused:?}");
    Ok(())
}

async fn false_comes_before_true<D: Mode>(setup: Setup) -> TestResult {
    let db = setup.database::<D>().await?;
    let values = [Some(true), None, Some(false)].into_iter().zip(1_u64..);
    maybe(&db, values.map(|(value, id)| Maybe::draft().id(id).bool(value)).collect()).await?;
    let all = go!(D, db.repository::<Maybe>().query().order_by(|m| m.bool.asc()).get())?;
    assert_eq!(all.iter().map(|m| m.id).collect::<Vec<_>>(), [2, 3, 1]);
    assert_eq!(ids(&db, Maybe::fields().bool.lt(true)).await?, [3]);
    Ok(())
}

async fn whole_numbers_keep_their_range<D: Mode>(setup: Setup) -> TestResult {
    let db = setup.database::<D>().await?;
    let maybes = db.repository::<Maybe>();
    for json in [
        r#"{ "id": 1, "i32": 2147483648 }"#,
        r#"{ "id": 1, "u64": 9223372036854775808 }"#,
        r#"{ "id": 1, "u64": -1 }"#,
    ] {
        let refused = go!(D, maybes.save_json(json)).map(|_| ());
        assert!(matches!(refused, Err(Error::WrongType { .. })), "{json}: {refused:?}");
    }
    go!(D, maybes.save_json(r#"{ "id": 1, "i32": -2147483648, "u64": 9223372036854775807 }"#))?;
    let most = go!(D, maybes.query().all_rows().update(|m| m.u64.add(1)));
    assert!(matches!(most, Err(Error::Overflow { column: "u64", .. })), "{most:?}");
    let least = go!(D, maybes.query().all_rows().update(|m| m.i32.add(-1)));
    assert!(matches!(least, Err(Error::Overflow { column: "i32", .. })), "{least:?}");
    Ok(())
}
