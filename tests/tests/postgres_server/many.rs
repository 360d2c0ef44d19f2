//! Thousands of records at once, by means that only this engine has.

use crate::server;
use orm_core::Error;
use orm_core::prelude::*;
use orm_tests::scenarios::races::Runner;

#[test]
fn unique_values_of_thousands_move_on() {
    let Some(server) = server() else { return };
    let db = Database::builder().provider(server.provider().unwrap()).models::<Runner>().start().unwrap();
    let runners = db.repository::<Runner>();
    // In no order of their keys.
    let place = |id: u64| (id * 7_919 % 2_003) as i32;
    runners.insert_many((1..2_003).map(|id| Runner::draft().id(id).place(place(id)))).unwrap();
    assert_eq!(runners.query().all_rows().update(|r| r.place.add(1)).unwrap(), 2_002);
    let all = runners.all().unwrap();
    assert!(all.len() == 2_002 && all.iter().all(|r| r.place == Some(place(r.id) + 1)));
    assert!(all.iter().all(|r| r.version == 2));
}

#[test]
fn values_of_every_type_are_copied_as_they_are() {
    let Some(server) = server() else { return };
    let db = Database::builder().provider(server.provider().unwrap()).models::<Copied>().start().unwrap();
    let copied = db.repository::<Copied>();
    let text = |n: i64| format!("{n} nul \0 \u{1}\u{2} quote ' \\ \t \n \\. 日本 \u{10FFFF}");
    let one = |n: i64| Copied {
        id: n,
        flag: n % 2 == 0,
        tiny: (n % 256 - 128) as i8,
        small: (n * 11 % 65_536 - 32_768) as i16,
        int: i32::MIN + n as i32,
        big: i64::MAX - n,
        single: n as f32 / 3.0,
        double: -n as f64 / 7.0,
        text: text(n),
        bytes: n.to_be_bytes().to_vec(),
        price: Decimal::new(n * 12_345 - 7_000_000, 2),
        maybe: (n % 3 == 0).then(|| n * 2),
        day: orm_core::value::Date::from_days(n as i32 - 4_000),
        at: orm_core::value::Timestamp::from_micros(n * 1_234_567_891 - 5_000_000_000),
    };
    let all: Vec<Copied> = (1..=12_000).map(one).collect();
    copied.insert_many(all.clone()).unwrap();
    assert_eq!(copied.query().order_by(|c| c.id.asc()).get().unwrap(), all);
    // A record that exists is told by its place, as without.
    let more = (12_000..=18_000).rev().map(one).chain([one(17)]);
    match copied.insert_many(more.collect::<Vec<_>>()).unwrap_err() {
        Error::DuplicateKey { at, .. } => assert!(at.starts_with("$[6000]"), "{at}"),
        other => panic!("{other}"),
    }
    assert_eq!(copied.count().unwrap(), 12_000);
    // Inside of a transaction, too, which goes on after a failure.
    let tx = db.begin().unwrap();
    let inside = tx.repository::<Copied>();
    assert!(inside.insert_many((11_000..=20_000).map(one)).is_err());
    inside.insert_many((12_001..=20_000).map(one)).unwrap();
    tx.commit().unwrap();
    assert_eq!(copied.count().unwrap(), 20_000);
    assert_eq!(copied.find(20_000).unwrap(), Some(one(20_000)));
}

#[derive(Model, Debug, Clone, PartialEq)]
#[allow(missing_docs)]
struct Copied {
    #[key]
    id: i64,
    flag: bool,
    tiny: i8,
    small: i16,
    int: i32,
    big: i64,
    single: f32,
    double: f64,
    text: String,
    bytes: Vec<u8>,
    #[field(scale = 2)]
    price: Decimal,
    maybe: Option<i64>,
    day: orm_core::value::Date,
    at: orm_core::value::Timestamp,
}
