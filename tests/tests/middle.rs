//! Conditions on the records in between, and their columns, beneath the models: the same from every
//! provider.

use orm_core::connection::ConnectionName;
use orm_core::model::schema::{
    EntitySchema, FieldSchema, KeySource, PivotSchema, RelationKind, RelationSchema,
};
use orm_core::plan::CompareOp::{Eq, Ge, Gt, Lt};
use orm_core::plan::{Predicate, Related, RowWrite, Select, WriteBatch};
use orm_core::provider::fallback::{Gather, Record, complete};
use orm_core::provider::{Connection, DataProvider};
use orm_core::value::{Kind, Value};
use orm_provider_memory::Memory;
use orm_provider_sqlite::Sqlite;
use orm_tests::hand_built::{ascending, compare, equal, filtered, ints, keys, read, write};
use orm_tests::row;
use orm_tests::tiny::Tiny;
use std::any::TypeId;
use std::sync::Arc;

const fn field(name: &'static str, kind: Kind) -> FieldSchema {
    FieldSchema { field: name, name, column: name, kind, ..FieldSchema::BASE }
}

struct Person;
static PEOPLE: EntitySchema = EntitySchema {
    name: "people",
    model: "Person",
    type_id: TypeId::of::<Person>,
    fields: &[field("id", Kind::U64), field("name", Kind::Text)],
    key: &[0],
    relations: &[RelationSchema {
        model: "Person",
        field: "clubs",
        name: "clubs",
        kind: RelationKind::BelongsToMany,
        target: || &CLUBS,
        from: &[0],
        to: &[0],
        pivot: Some(PivotSchema { entity: || &STAYS, from: &[1], to: &[2] }),
        ..RelationSchema::BASE
    }],
    ..EntitySchema::BASE
};

struct Club;
static CLUBS: EntitySchema = EntitySchema {
    name: "clubs",
    model: "Club",
    type_id: TypeId::of::<Club>,
    fields: &[field("id", Kind::U64), field("name", Kind::Text)],
    key: &[0],
    ..EntitySchema::BASE
};

struct Stay;
/// A person may have stayed in a club several times.
static STAYS: EntitySchema = EntitySchema {
    name: "stays",
    model: "Stay",
    type_id: TypeId::of::<Stay>,
    fields: &[
        field("id", Kind::U64),
        field("person_id", Kind::U64),
        field("club_id", Kind::U64),
        field("years", Kind::I32),
    ],
    key: &[0],
    key_source: KeySource::Given,
    ..EntitySchema::BASE
};

/// Ada was in the chess club for 1 and for 5 years, and in the choir for 3. Bob was in the choir for 2
/// years, twice. Cy was in none.
fn fill(connection: &dyn Connection) {
    connection.sync(&[&PEOPLE, &CLUBS, &STAYS], Default::default()).unwrap();
    let writes = vec![
        write(&PEOPLE, RowWrite::Insert, &[row![1, "Ada"], row![2, "Bob"], row![3, "Cy"]]),
        write(&CLUBS, RowWrite::Insert, &[row![7, "Chess"], row![8, "Choir"]]),
        write(
            &STAYS,
            RowWrite::Insert,
            &[row![13, 1, 7, 1], row![12, 1, 7, 5], row![11, 1, 8, 3], row![15, 2, 8, 2], row![14, 2, 8, 2]],
        ),
    ];
    connection.apply(&mut WriteBatch { writes, links: Vec::new() }).unwrap();
}

fn each(test: impl Fn(&str, &dyn Connection)) {
    let name = ConnectionName::new("middle").unwrap();
    let providers: [(&str, Arc<dyn DataProvider>); 3] = [
        ("memory", Arc::new(Memory::new())),
        ("sqlite", Arc::new(Sqlite::memory().unwrap())),
        ("tiny", Arc::new(Tiny::default())),
    ];
    for (provider, engine) in providers {
        let connection = complete(engine.capabilities(), engine.open(&name).unwrap());
        fill(&*connection);
        test(provider, &*connection);
    }
}

fn clubs(filter: Predicate, middle: Option<Predicate>, count: (orm_core::plan::CompareOp, u64)) -> Predicate {
    Predicate::Related {
        relation: &PEOPLE.relations[0],
        filter: Box::new(filter),
        middle: middle.map(Box::new),
        count,
    }
}

#[test]
fn predicates_count_what_is_tied_once() {
    each(|provider, connection| {
        let people = |predicate| {
            let plan = Select { order: vec![ascending(0)], ..filtered(&PEOPLE, predicate) };
            ints(&read(connection, plan).unwrap(), 0)
        };
        let every = || Predicate::Constant(true);
        let years = |op, n: i64| Some(compare(3, op, n));
        assert_eq!(people(clubs(every(), None, (Eq, 2))), [1], "{provider}");
        assert_eq!(people(clubs(every(), None, (Eq, 1))), [2], "{provider}");
        assert_eq!(people(clubs(every(), years(Gt, 2), (Ge, 1))), [1], "{provider}");
        assert_eq!(people(clubs(every(), years(Lt, 3), (Eq, 1))), [1, 2], "{provider}");
        assert_eq!(people(clubs(every(), years(Lt, 3), (Eq, 0))), [3], "{provider}");
        // Both conditions are met, but by different clubs.
        assert_eq!(people(clubs(equal(1, "Choir"), years(Gt, 3), (Ge, 1))), [] as [i64; 0], "{provider}");
        assert_eq!(people(clubs(equal(1, "Chess"), years(Gt, 3), (Ge, 1))), [1], "{provider}");
    });
}

#[test]
fn predicates_over_many_rows_are_the_same() {
    // Beyond the few rows that are looked up one by one.
    each(|provider, connection| {
        let more: Vec<Vec<Value>> = (100..400).map(|id| row![id, "Many"]).collect();
        let stays: Vec<Vec<Value>> =
            (100..400).flat_map(|id| (0..2).map(move |i| row![id * 10 + i, id, 7 + id % 2, i])).collect();
        let writes = vec![write(&PEOPLE, RowWrite::Insert, &more), write(&STAYS, RowWrite::Insert, &stays)];
        connection.apply(&mut WriteBatch { writes, links: Vec::new() }).unwrap();
        let people = |predicate| read(connection, filtered(&PEOPLE, predicate)).unwrap().len();
        let years = Some(compare(3, Ge, 1));
        assert_eq!(people(clubs(Predicate::Constant(true), None, (Eq, 1))), 301, "{provider}");
        assert_eq!(people(clubs(equal(1, "Chess"), years.clone(), (Eq, 1))), 151, "{provider}");
        assert_eq!(people(clubs(Predicate::Constant(true), years, (Eq, 0))), 1, "{provider}");
    });
}

fn load(connection: &dyn Connection, related: impl Fn(Related) -> Related) -> Vec<Record> {
    let keys = keys(&[Kind::U64], &[row![1], row![2], row![3]]);
    let related = related(Related::all(&PEOPLE.relations[0], Arc::new(keys)));
    let width = CLUBS.fields.len() + 1 + if related.with_middle { STAYS.fields.len() } else { 0 };
    let plan = Select { related: Some(related), order: vec![ascending(1)], ..Select::all(&CLUBS) };
    let mut gather = Gather::new(width);
    connection.select(&Arc::new(plan), &mut gather).unwrap();
    let mut rows = gather.rows;
    rows.sort_by_key(|row| ints(std::slice::from_ref(row), 2));
    rows
}

#[test]
fn loads_meet_the_condition_in_between() {
    each(|provider, connection| {
        let pairs =
            |rows: &[Record]| -> Vec<(i64, i64)> { ints(rows, 2).into_iter().zip(ints(rows, 0)).collect() };
        let all = load(connection, |r| r);
        assert_eq!(pairs(&all), [(1, 7), (1, 8), (2, 8)], "{provider}");
        let long = load(connection, |r| Related { middle: Some(compare(3, Gt, 3)), ..r });
        assert_eq!(pairs(&long), [(1, 7)], "{provider}");
        let first = load(connection, |r| Related { middle: Some(compare(3, Gt, 1)), limit: Some(1), ..r });
        assert_eq!(pairs(&first), [(1, 7), (2, 8)], "{provider}");
    });
}

#[test]
fn what_is_in_between_goes_out_too() {
    each(|provider, connection| {
        // Of several, the one with the smallest key.
        let all = load(connection, |r| Related { with_middle: true, ..r });
        let expected = [
            row![7, "Chess", 1, 12, 1, 7, 5],
            row![8, "Choir", 1, 11, 1, 8, 3],
            row![8, "Choir", 2, 14, 2, 8, 2],
        ];
        let rows: Vec<Vec<Value>> = all.iter().map(|r| r.to_vec()).collect();
        assert_eq!(rows, expected, "{provider}");
        // Of those that meet the condition.
        let short = load(connection, |r| Related {
            with_middle: true,
            middle: Some(compare(3, Lt, 3)),
            limit: Some(1),
            ..r
        });
        let rows: Vec<Vec<Value>> = short.iter().map(|r| r.to_vec()).collect();
        assert_eq!(rows, [row![7, "Chess", 1, 13, 1, 7, 1], row![8, "Choir", 2, 14, 2, 8, 2]], "{provider}");
    });
}
