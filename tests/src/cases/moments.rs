//! Dates and times at the ends of what can be stored, and beyond: as values, in conditions, in updates.

use super::types::{largest, smallest};
use crate::scenarios::types::{Everything, Maybe};
use crate::{Setup, TestResult, cases, go};
use chrono::{DateTime, Days, NaiveDate, NaiveDateTime, NaiveTime, TimeDelta, Utc};
use orm_core::{Error, Mode, Model as _};

cases![
    the_first_and_the_last_are_told_apart_from_their_neighbours,
    what_is_beyond_is_refused_in_conditions,
    what_is_beyond_is_refused_in_updates,
    leap_seconds_are_refused,
    moments_before_1970_keep_their_microseconds,
];

fn first() -> NaiveDateTime {
    NaiveDate::from_ymd_opt(1, 1, 1).unwrap().and_time(NaiveTime::MIN)
}

fn last() -> NaiveDateTime {
    let time = NaiveTime::from_hms_micro_opt(23, 59, 59, 999_999).unwrap();
    NaiveDate::from_ymd_opt(9999, 12, 31).unwrap().and_time(time)
}

const MICRO: TimeDelta = TimeDelta::microseconds(1);

async fn the_first_and_the_last_are_told_apart_from_their_neighbours<D: Mode>(setup: Setup) -> TestResult {
    let db = setup.database::<D>().await?;
    let all = db.repository::<Everything>();
    let at = |id: u64, at: NaiveDateTime| Everything {
        id,
        date: at.date(),
        time: at.time(),
        date_time: at,
        instant: at.and_utc(),
        ..if id < 3 { smallest() } else { largest() }
    };
    let moments = [first(), first() + MICRO, last() - MICRO, last()];
    let stored: Vec<_> = moments.into_iter().zip(1..).map(|(moment, id)| at(id, moment)).collect();
    go!(D, all.save_many(stored.clone()))?;
    assert_eq!(go!(D, all.query().order_by(|e| e.id.asc()).get())?, stored);
    for (moment, id) in moments.into_iter().zip(1_u64..) {
        let utc = moment.and_utc();
        assert_eq!(go!(D, all.query().filter(|e| e.date_time.eq(moment)).count())?, 1, "{moment}");
        assert_eq!(go!(D, all.query().filter(|e| e.instant.in_([utc, utc])).count())?, 1, "{moment}");
        assert_eq!(go!(D, all.query().filter(|e| e.date_time.lt(moment)).count())?, id - 1, "{moment}");
        assert_eq!(go!(D, all.query().filter(|e| e.instant.ge(utc)).count())?, 5 - id, "{moment}");
    }
    assert_eq!(go!(D, all.query().filter(|e| e.date.gt(first().date())).count())?, 2);
    assert_eq!(go!(D, all.query().filter(|e| e.date.le(last().date())).count())?, 4);
    assert_eq!(go!(D, all.query().filter(|e| e.time.between(NaiveTime::MIN, last().time())).count())?, 4);
    assert_eq!(go!(D, all.query().filter(|e| e.time.gt(last().time() - MICRO)).count())?, 1);
    Ok(())
}

async fn what_is_beyond_is_refused_in_conditions<D: Mode>(setup: Setup) -> TestResult {
    let db = setup.database::<D>().await?;
    let all = db.repository::<Everything>();
    go!(D, all.save_many([smallest(), largest()]))?;
    let beyond = [
        first() - MICRO,
        last() + MICRO,
        NaiveDate::from_ymd_opt(0, 12, 31).unwrap().and_time(NaiveTime::MIN),
        NaiveDate::from_ymd_opt(-4712, 1, 1).unwrap().and_time(NaiveTime::MIN),
        NaiveDate::from_ymd_opt(10_000, 1, 1).unwrap().and_time(NaiveTime::MIN),
        NaiveDateTime::MIN,
        NaiveDateTime::MAX,
    ];
    let e = Everything::fields();
    for at in beyond {
        let (date, utc) = (at.date(), at.and_utc());
        for (what, filter) in [
            ("eq", e.date_time.eq(at)),
            ("lt", e.date_time.lt(at)),
            ("ge", e.instant.ge(utc)),
            ("in", e.instant.in_([last().and_utc(), utc])),
            ("not in", e.date.not_in([date])),
            ("between", e.date.between(first().date(), date)),
        ] {
            let counted = go!(D, all.query().filter(|_| filter.clone()).count());
            assert!(matches!(&counted, Err(Error::Operand { .. })), "{at}, {what}: {counted:?}");
        }
    }
    Ok(())
}

async fn what_is_beyond_is_refused_in_updates<D: Mode>(setup: Setup) -> TestResult {
    let db = setup.database::<D>().await?;
    let all = db.repository::<Maybe>();
    go!(D, all.save(Maybe::draft().id(1).date_time(last()).instant(last().and_utc()).date(last().date())))?;
    let one = || all.query().filter(|m| m.id.eq(1));
    let next = last().date() + Days::new(1);
    let answers = [
        go!(D, one().update(|m| m.date.set(next))),
        go!(D, one().update(|m| m.date_time.set(last() + MICRO))),
        go!(D, one().update(|m| m.instant.set(DateTime::<Utc>::MAX_UTC))),
        go!(D, one().update(|m| m.instant.set(DateTime::<Utc>::MIN_UTC))),
    ];
    for answer in answers {
        assert!(matches!(answer, Err(Error::Operand { .. })), "{answer:?}");
    }
    let draft = go!(D, all.save(Maybe::draft().id(1).instant((last() + MICRO).and_utc())));
    assert!(matches!(draft, Err(Error::WrongType { .. })), "{draft:?}");
    for json in [
        r#"{ "id": 1, "date": "10000-01-01" }"#,
        r#"{ "id": 1, "date": "0000-12-31" }"#,
        r#"{ "id": 1, "date": "-0001-01-01" }"#,
        r#"{ "id": 1, "time": "24:00:00" }"#,
        r#"{ "id": 1, "time": "23:59:60" }"#,
        r#"{ "id": 1, "time": "12:00:00.0000001" }"#,
        r#"{ "id": 1, "date_time": "9999-12-31T24:00:00" }"#,
        r#"{ "id": 1, "instant": "9999-12-31T23:30:00-01:00" }"#,
        r#"{ "id": 1, "instant": "0001-01-01T00:30:00+01:00" }"#,
    ] {
        let saved = go!(D, all.save_json(json));
        assert!(matches!(saved, Err(Error::WrongType { .. } | Error::Malformed { .. })), "{json}: {saved:?}");
    }
    let kept = go!(D, all.find(1))?.unwrap();
    assert_eq!((kept.date_time, kept.instant), (Some(last()), Some(last().and_utc())));
    Ok(())
}

async fn leap_seconds_are_refused<D: Mode>(setup: Setup) -> TestResult {
    let db = setup.database::<D>().await?;
    let all = db.repository::<Maybe>();
    // It would come back as the first half of the next minute.
    let leap = NaiveTime::from_hms_micro_opt(12, 30, 59, 1_500_000).unwrap();
    let day = NaiveDate::from_ymd_opt(2016, 12, 31).unwrap();
    let at = day.and_time(leap);
    let answers = [
        go!(D, all.save(Maybe::draft().id(1).time(leap))),
        go!(D, all.save(Maybe::draft().id(1).date_time(at))),
        go!(D, all.save(Maybe::draft().id(1).instant(at.and_utc()))),
    ];
    for answer in answers {
        assert!(matches!(answer, Err(Error::WrongType { .. })), "{answer:?}");
    }
    let counted = go!(D, all.query().filter(|m| m.time.eq(leap)).count());
    assert!(matches!(counted, Err(Error::Operand { .. })), "{counted:?}");
    // What is finer than a microsecond is cut, in conditions too.
    let fine = NaiveTime::from_hms_nano_opt(12, 30, 59, 1_999).unwrap();
    go!(D, all.save(Maybe::draft().id(2).time(fine)))?;
    let cut = NaiveTime::from_hms_nano_opt(12, 30, 59, 1_000).unwrap();
    assert_eq!(go!(D, all.find(2))?.unwrap().time, Some(cut));
    assert_eq!(go!(D, all.query().filter(|m| m.time.eq(fine)).count())?, 1);
    Ok(())
}

async fn moments_before_1970_keep_their_microseconds<D: Mode>(setup: Setup) -> TestResult {
    let db = setup.database::<D>().await?;
    let all = db.repository::<Maybe>();
    let epoch = DateTime::<Utc>::UNIX_EPOCH;
    let at = |id: u64| epoch + TimeDelta::microseconds(id as i64 - 3);
    let drafts = (1..6).map(|id| Maybe::draft().id(id).instant(at(id)).date_time(at(id).naive_utc()));
    go!(D, all.save_many(drafts.collect::<Vec<_>>()))?;
    for maybe in go!(D, all.all())? {
        assert_eq!((maybe.instant, maybe.date_time), (Some(at(maybe.id)), Some(at(maybe.id).naive_utc())));
    }
    let before = all.query().filter(|m| m.instant.lt(epoch)).order_by(|m| m.date_time.desc());
    assert_eq!(go!(D, before.get())?.iter().map(|m| m.id).collect::<Vec<_>>(), [2, 1]);
    Ok(())
}
