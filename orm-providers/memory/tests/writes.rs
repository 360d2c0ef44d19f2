//! What batches do, and that they do all of it or nothing.

mod common;
use common::*;
use orm_core::Error;
use orm_core::error::RowFault;
use orm_core::plan::*;
use orm_core::provider::*;
use orm_core::value::*;
use orm_provider_memory::Memory;
use std::sync::Arc;

fn eq(column: usize, value: Value) -> Predicate {
    Predicate::Compare { column, op: CompareOp::Eq, value }
}

#[test]
fn merge_fills_and_keeps() {
    let mut db = connect();
    apply(&db, vec![merge(&USERS, &[record![1, "Ada", _, "a@x"]])]).unwrap();
    assert_eq!(
        db.one(&USERS, int(1)).unwrap(),
        [int(1), text("Ada"), int(18), text("a@x"), Value::Null, Value::Null]
    );
    apply(&db, vec![merge(&USERS, &[record![1, _, 36, null]])]).unwrap();
    let ada = db.one(&USERS, int(1)).unwrap();
    assert_eq!(ada[1..4], [text("Ada"), int(36), Value::Null]);
    assert_eq!(db.one(&USERS, int(2)), None);
    assert_eq!(db.one(&USERS, text("1")), None);
}

#[test]
fn the_first_fault_leaves_nothing() {
    let mut db = connect();
    apply(&db, vec![merge(&USERS, &[record![1, "Ada", 36, "a@x"]])]).unwrap();
    let before = db.all(&USERS);
    let users = merge(&USERS, &[record![1, "Eda", _, "e@x"], record![2, "Bob", _, "a@x"]]);
    let clear = Write { entity: &TAGS, change: Change::Clear };
    apply(&db, vec![merge(&TAGS, &[record!["rust", 1]])]).unwrap();
    for (second, expected) in [
        (merge(&POSTS, &[record![7, 1, "T", 0], record![8, 1, _, 0]]), RowFault::Missing(2)),
        (put(&POSTS, RowWrite::Update, &[record![7, 1]]), RowFault::NotFound),
        (put(&POSTS, RowWrite::Insert, &[record![7, 1, "T", 0], record![7, 1, "T", 0]]), RowFault::Duplicate),
        (merge(&POSTS, &[record![7, 1, null, 0]]), RowFault::Missing(2)),
        (merge(&USERS, &[record![3, "Eve", _, "e@x"]]), RowFault::Unique(0)),
    ] {
        let writes = vec![clear.clone(), users.clone(), second];
        let (write, _, fault) = fault(apply(&db, writes));
        assert_eq!((write, fault), (2, expected));
        assert_eq!(db.all(&USERS), before);
        assert_eq!(db.all(&POSTS), [[]; 0] as [[Value; 0]; 0]);
        assert_eq!(db.count(&TAGS, Predicate::Constant(true)), 1);
        assert_eq!(db.keys(&USERS, eq(3, text("a@x"))), [int(1)]);
        assert_eq!(db.keys(&USERS, eq(3, text("e@x"))), []);
    }
}

#[test]
fn a_record_may_be_completed_later_in_the_batch() {
    let mut db = connect();
    let partial = merge(&POSTS, &[record![7, _, _, 3], record![7, 1, "T", _]]);
    assert_eq!(apply(&db, vec![partial]).unwrap(), [2]);
    assert_eq!(db.one(&POSTS, int(7)).unwrap()[1..4], [int(1), text("T"), int(3)]);
    let apart = vec![merge(&POSTS, &[record![8, _, _, 3]]), merge(&POSTS, &[record![8, _, "U"]])];
    apply(&db, apart).unwrap();
    let lacking = vec![merge(&POSTS, &[record![9, _, _, 3]]), merge(&POSTS, &[record![9, 1]])];
    assert_eq!(fault(apply(&db, lacking)), (0, 0, RowFault::Missing(2)));
    assert_eq!(db.one(&POSTS, int(9)), None);
}

#[test]
fn unique_follows_merges_and_exempts_null() {
    let mut db = connect();
    let both = |a, b| vec![merge(&USERS, &[record![1, "A", _, a], record![2, "B", _, b]])];
    assert_eq!(fault(apply(&db, both("x", "x"))), (0, 1, RowFault::Unique(0)));
    apply(&db, both("x", "y")).unwrap();
    // What the first gives up, the second may take.
    apply(&db, both("z", "x")).unwrap();
    assert_eq!(db.keys(&USERS, eq(3, text("x"))), [int(2)]);
    assert_eq!(db.keys(&USERS, eq(3, text("y"))), []);
    let none = merge(&USERS, &[record![1, _, _, null], record![2, _, _, null]]);
    apply(&db, vec![none]).unwrap();
    apply(&db, both("x", "y")).unwrap();
    // All at once: the outcome counts.
    let rename = |value: Value| Write {
        entity: &USERS,
        change: Change::UpdateWhere {
            filter: Predicate::Constant(true),
            set: vec![(3, Assignment::Set(value))],
        },
    };
    assert!(matches!(apply(&db, vec![rename(text("x"))]), Err(Error::Unique { .. })));
    assert_eq!(db.keys(&USERS, eq(3, text("y"))), [int(2)]);
    assert_eq!(apply(&db, vec![rename(Value::Null)]).unwrap(), [2]);
}

#[test]
fn many_records_at_once() {
    let mut db = connect();
    let user = |id: i64| record![id, (&format!("user {id}")), _, (&format!("{id}@x"))];
    let many: i64 = sized(5000, 500);
    let (count, most) = (many as usize, many * 8 / 5);
    let users: Vec<_> = (0..many).map(user).collect();
    apply(&db, vec![merge(&USERS, &users)]).unwrap();
    assert_eq!(db.count(&USERS, eq(2, int(18))), many);
    assert_eq!(db.keys(&USERS, eq(3, text("432@x"))), [int(432)]);
    // One fault among many: duplicates of a stored key, within the batch, of a unique value.
    let fresh: Vec<_> = (many..most).map(user).collect();
    let (last, among) = (fresh.len() - 1, fresh.len() * 2 / 3);
    let with = |at: usize, record: &[Option<Value>]| {
        let mut records = fresh.clone();
        records[at] = record.to_vec();
        records
    };
    for (records, expected) in [
        (with(among, &user(17)), (0, among, RowFault::Duplicate)),
        (with(among, &user(many + 1)), (0, among, RowFault::Duplicate)),
        (with(among, &record![9000, "x", _, "17@x"]), (0, among, RowFault::Unique(0))),
        (with(among, &record![9000, "x", _, (&format!("{}@x", many + 1))]), (0, among, RowFault::Unique(0))),
        (with(last, &record![9000, _]), (0, last, RowFault::Missing(1))),
    ] {
        let insert = put(&USERS, RowWrite::Insert, &records);
        assert_eq!(fault(apply(&db, vec![insert])), expected);
        assert_eq!(db.count(&USERS, Predicate::Constant(true)), many);
        assert_eq!(db.keys(&USERS, eq(3, text(&format!("{}@x", many + 3)))), []);
    }
    // A fault after a bulk insert takes it back.
    let second = merge(&USERS, &[record![1, _, _, "2@x"]]);
    assert_eq!(fault(apply(&db, vec![merge(&USERS, &fresh), second])), (1, 0, RowFault::Unique(0)));
    assert_eq!(db.count(&USERS, Predicate::Constant(true)), many);
    let delete = Write {
        entity: &USERS,
        change: Change::DeleteWhere {
            filter: Predicate::Compare { column: 0, op: CompareOp::Lt, value: int(many * 4 / 5) },
        },
    };
    assert_eq!(
        apply(&db, vec![delete, merge(&USERS, &fresh)]).unwrap(),
        [count as u64 * 4 / 5, count as u64 * 3 / 5]
    );
    assert_eq!(db.count(&USERS, Predicate::Constant(true)), many * 4 / 5);
    assert_eq!(db.keys(&USERS, eq(3, text(&format!("{}@x", most - 1)))), [int(most - 1)]);
    assert_eq!(db.keys(&USERS, eq(3, text("17@x"))), []);
    let again: Vec<_> = (0..many * 9 / 5).map(user).collect();
    apply(&db, vec![merge(&USERS, &again)]).unwrap();
    assert_eq!(db.all(&USERS).len(), count * 9 / 5);
}

#[test]
fn keys_are_made_and_linked() {
    let mut db = connect();
    let jobs = [record![_, _, "a"], record![10, _, "b"], record![_, _, "c"]];
    let mut batch = batch(vec![merge(&JOBS, &jobs)]);
    batch.links.push(Link { write: 0, row: 1, column: 1, to_write: 0, to_row: 2, to_column: 0, item: None });
    db.apply(&mut batch).unwrap();
    assert_eq!(batch.rows(0).unwrap().value(0, 0), ValueRef::Int(11));
    assert_eq!(
        db.all(&JOBS),
        [[int(10), int(12), text("b")], [int(11), Value::Null, text("a")], [int(12), Value::Null, text("c")]]
    );
    let full = merge(&JOBS, &[record![(i64::MAX), _, "z"]]);
    apply(&db, vec![full]).unwrap();
    let more = apply(&db, vec![merge(&JOBS, &[record![_, _, "y"]])]);
    assert!(matches!(more, Err(Error::Overflow { .. })), "{more:?}");
}

#[test]
fn arithmetic_is_checked() {
    let mut db = connect();
    let posts = [record![1, _, "a", 250, (Value::Decimal(Decimal::new(150, 2)))], record![2, _, "b", 10]];
    apply(&db, vec![merge(&POSTS, &posts)]).unwrap();
    let add = |column, by: Value, filter| Write {
        entity: &POSTS,
        change: Change::UpdateWhere { filter, set: vec![(column, Assignment::Add(by))] },
    };
    let all = || Predicate::Constant(true);
    let over = apply(&db, vec![add(3, int(6), all())]);
    assert!(matches!(over, Err(Error::Overflow { column: "views", .. })), "{over:?}");
    assert!(apply(&db, vec![add(3, int(-11), all())]).is_err());
    assert_eq!(db.one(&POSTS, int(2)).unwrap()[3], int(10));
    apply(&db, vec![add(3, int(5), all()), add(3, int(1), eq(3, int(15)))]).unwrap();
    apply(&db, vec![add(4, Value::Decimal(Decimal::new(5, 1)), all())]).unwrap();
    let posts = db.all(&POSTS);
    assert_eq!(posts[0][3..], [int(255), Value::Decimal(Decimal::new(200, 2))]);
    assert_eq!(posts[1][3..], [int(16), Value::Null]);
    let most = Value::Decimal(Decimal::new(999_999_999_999_999_999, 2));
    assert!(apply(&db, vec![add(4, most, all())]).is_err());
    assert!(apply(&db, vec![add(2, int(1), all())]).is_err());
}

#[test]
fn composite_keys() {
    let mut db = connect();
    let pairs = [record![1, "a", "x"], record![1, "b"], record![2, "a"], record![1, "a", "y"]];
    apply(&db, vec![merge(&POST_TAGS, &pairs)]).unwrap();
    assert_eq!(db.count(&POST_TAGS, Predicate::Constant(true)), 3);
    let mut sink = gather(3, 0);
    let key = KeyValues::many(vec![int(1), text("a")]);
    db.find(&POST_TAGS, &key, &mut sink).unwrap();
    assert_eq!(sink.rows, [[int(1), text("a"), text("y")]]);
    let mut keys = KeySet::new([Kind::I32, Kind::Text]);
    keys.push(|i| [ValueRef::Int(1), ValueRef::Text("b")][i]);
    keys.push(|i| [ValueRef::Int(9), ValueRef::Text("b")][i]);
    let delete = Write { entity: &POST_TAGS, change: Change::Delete { keys } };
    assert_eq!(apply(&db, vec![delete]).unwrap(), [1]);
    assert_eq!(db.count(&POST_TAGS, eq(0, int(1))), 1);
    assert_eq!(db.count(&POST_TAGS, eq(1, text("b"))), 0);
}

#[test]
fn connections_are_apart_and_names_together() {
    let memory = Memory::new();
    let mut a = memory.open(&name("a")).unwrap();
    let mut b = memory.open(&name("b")).unwrap();
    let mut again = memory.clone().open(&name("a")).unwrap();
    apply(&a, vec![merge(&TAGS, &[record!["rust", 1]])]).unwrap();
    assert_eq!((a.all(&TAGS).len(), b.all(&TAGS).len(), again.all(&TAGS).len()), (1, 0, 1));
    assert_eq!(format!("{memory:?}"), "Memory { connections: [\"a\", \"b\"] }");
}

#[test]
fn two_models_of_one_name() {
    use orm_core::model::schema::EntitySchema;
    struct Other;
    static OTHER: EntitySchema = EntitySchema {
        type_id: std::any::TypeId::of::<Other>,
        relations: &[],
        indexes: &[],
        key_source: orm_core::model::schema::KeySource::Given,
        fields: &[],
        key: &[0],
        model: "Other",
        name: "users",
        deny_unknown_fields: false,
        ..EntitySchema::BASE
    };
    let db = connect();
    let drift = db.sync(&[&OTHER], SchemaSync::Create);
    assert!(matches!(drift, Err(Error::Schema(_))));
    let memory = Memory::new();
    let empty = memory.open(&name("a")).unwrap();
    assert!(empty.sync(&[&USERS, &OTHER], SchemaSync::Create).is_err());
    assert!(matches!(empty.sync(&[&USERS], SchemaSync::Check), Err(Error::SchemaDrift { .. })));
    assert_eq!(empty.sync(&[&USERS], SchemaSync::Create).unwrap().created, ["users"]);
    assert!(empty.sync(&[&USERS], SchemaSync::Check).is_ok());
    assert!(empty.sync(&[&USERS], SchemaSync::Create).unwrap().created.is_empty());
}

#[test]
fn a_default_that_panics_leaves_nothing() {
    use orm_core::model::schema::*;
    struct Trap;
    static TRAPS: EntitySchema = EntitySchema {
        name: "traps",
        model: "Trap",
        type_id: std::any::TypeId::of::<Trap>,
        fields: &[
            FieldSchema {
                field: "id",
                name: "id",
                column: "id",
                kind: Kind::I64,
                nullable: false,
                default: None,
                ..FieldSchema::BASE
            },
            FieldSchema {
                field: "at",
                name: "at",
                column: "at",
                kind: Kind::I64,
                nullable: false,
                default: Some(|| panic!("no default today")),
                ..FieldSchema::BASE
            },
        ],
        key: &[0],
        key_source: KeySource::Given,
        indexes: &[],
        relations: &[],
        deny_unknown_fields: false,
        ..EntitySchema::BASE
    };
    let mut db = connect();
    let writes = vec![merge(&TRAPS, &[record![1, 1], record![2, _]])];
    let inner = Arc::clone(&db);
    let outcome = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| apply(&inner, writes)));
    assert!(outcome.is_err());
    assert_eq!(db.all(&TRAPS).len(), 0);
    apply(&db, vec![merge(&TRAPS, &[record![1, 1]])]).unwrap();
    assert_eq!(db.all(&TRAPS).len(), 1);
}
