//! Saves by key where other columns are unique too: the engine's own upsert would overwrite whichever
//! record it meets.

use crate::server;
use orm_core::Error;
use orm_core::prelude::*;
use orm_core::provider::Counted;

/// Has a key, and two more things that are unique.
#[derive(Model, Debug, Clone, PartialEq)]
#[model(entity = "seats")]
#[unique(row, number)]
struct Seat {
    #[key]
    id: u64,
    #[field(unique)]
    code: Option<String>,
    row: i32,
    number: i32,
    #[field(default = 0)]
    price: i64,
}

fn seat(id: u64, code: &str, row: i32, number: i32, price: i64) -> Seat {
    Seat { id, code: Some(code.to_owned()), row, number, price }
}

#[test]
fn nothing_but_the_key_decides_what_is_overwritten() {
    let Some(server) = server() else { return };
    let db = Database::builder().provider(server.provider().unwrap()).models::<Seat>().start().unwrap();
    let seats = db.repository::<Seat>();
    let stored = [seat(1, "A", 1, 1, 10), seat(2, "B", 1, 2, 20)];
    seats.save_many(stored.to_vec()).unwrap();
    let all = || seats.query().order_by(|s| s.id.asc()).get().unwrap();
    let broken = |write: Vec<Seat>| match seats.save_many(write).unwrap_err() {
        Error::Unique { at, columns, .. } => {
            assert_eq!(all(), stored, "nothing is kept");
            (at, columns)
        }
        other => panic!("{other}"),
    };
    // New keys, stored values: alone, among others, by each of the indexes.
    assert_eq!(broken(vec![seat(3, "A", 3, 3, 0)]), ("$".to_owned() + "[0]", "code".to_owned()));
    assert_eq!(broken(vec![seat(4, "D", 4, 4, 0), seat(3, "C", 1, 2, 0)]).1, "row, number");
    assert_eq!(broken(vec![seat(4, "D", 4, 4, 0), seat(3, "C", 1, 2, 0)]).0, "$[1]");
    // A stored key with values of another record.
    assert_eq!(broken(vec![seat(1, "B", 1, 1, 0)]).1, "code");
    // Values are free once the record that had them has others, in the order of the batch.
    seats.save_many(vec![seat(1, "C", 1, 1, 11), seat(3, "A", 3, 3, 30)]).unwrap();
    assert_eq!(all(), [seat(1, "C", 1, 1, 11), stored[1].clone(), seat(3, "A", 3, 3, 30)]);
    // NULL is equal to nothing.
    seats.save_many((4..6).map(|id| Seat { code: None, ..seat(id, "", id as i32, 1, 0) })).unwrap();
    assert_eq!(seats.count().unwrap(), 5);
}

#[test]
fn texts_that_are_too_long_for_an_index_are_refused() {
    let Some(server) = server() else { return };
    let db = Database::builder().provider(server.provider().unwrap()).models::<Seat>().start().unwrap();
    let seats = db.repository::<Seat>();
    seats.save(seat(1, &"\u{1F4BA}".repeat(768), 1, 1, 0)).unwrap();
    assert_eq!(seats.query().filter(|s| s.code.ends_with("\u{1F4BA}")).count().unwrap(), 1);
    let error = seats.save(seat(2, &"x".repeat(769), 2, 2, 0)).unwrap_err();
    assert!(error.to_string().contains("Data too long for column 'code'"), "{error}");
    assert!(error.to_string().contains("unique indexes"), "{error}");
    assert_eq!(seats.count().unwrap(), 1);
}

#[test]
fn values_that_move_in_one_direction_take_one_statement() {
    let Some(server) = server() else { return };
    let counted = Counted::new(server.provider().unwrap());
    let db = Database::builder().provider(counted.clone()).models::<Seat>().start().unwrap();
    let seats = db.repository::<Seat>();
    // In the order of the keys, each would meet the next one; and back again.
    let numbers = || seats.query().order_by(|s| s.id.asc()).select(|s| s.number).get().unwrap();
    seats.save_many((1..=500).map(|n| seat(n, &n.to_string(), 1, n as i32, 0))).unwrap();
    counted.reset();
    assert_eq!(seats.query().filter(|s| s.row.eq(1)).update(|s| s.number.add(1)).unwrap(), 500);
    assert_eq!(counted.statements().total(), 1, "{:?}", counted.statements());
    assert_eq!(numbers(), (2..=501).collect::<Vec<_>>());
    assert_eq!(seats.query().all_rows().update(|s| [s.number.add(-2), s.price.add(1)]).unwrap(), 500);
    assert_eq!(numbers(), (0..=499).collect::<Vec<_>>());
    // The one that stays has it.
    let some = seats.query().filter(|s| s.number.lt(499));
    assert!(matches!(some.update(|s| s.number.add(1)), Err(Error::Unique { .. })));
    assert_eq!(numbers(), (0..=499).collect::<Vec<_>>());
}
