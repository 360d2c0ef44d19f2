//! Random batches against a plain map, in and outside of transactions.

mod common;
use common::*;
use orm_core::plan::*;
use orm_core::provider::*;
use orm_core::value::*;
use std::collections::BTreeMap;
use std::sync::Arc;

/// Users by key.
type Users = BTreeMap<i64, Vec<Value>>;

fn unique(users: &Users) -> bool {
    let mut emails: Vec<_> = users.values().filter_map(|u| u[3].as_ref().to_text()).collect();
    emails.sort_unstable();
    emails.windows(2).all(|w| w[0] != w[1])
}

trait ToText<'a> {
    fn to_text(self) -> Option<&'a str>;
}
impl<'a> ToText<'a> for ValueRef<'a> {
    fn to_text(self) -> Option<&'a str> {
        match self {
            ValueRef::Text(text) => Some(text),
            _ => None,
        }
    }
}

fn record(random: &mut Random, keys: u64) -> Vec<Option<Value>> {
    let mut cell = |value: Value, absent: u64| match random.below(absent) {
        0 => None,
        _ => Some(value),
    };
    let name = cell(text("some name"), 4);
    let age = cell(int(7), 2);
    let email = match random.below(4) {
        0 => None,
        1 => Some(Value::Null),
        _ => Some(text(&format!("{}@x", random.below(keys * 4)))),
    };
    let level = match random.below(3) {
        0 => Some(Value::Null),
        1 => Some(int(random.below(3) as i64)),
        _ => None,
    };
    vec![Some(int(random.below(keys) as i64)), name, age, email, None, level]
}

/// Does to the map what a write does to the store; `false` when the write must fail.
fn model(users: &mut Users, write: &Write, lacking: &mut Vec<i64>) -> bool {
    match &write.change {
        Change::Rows { how, rows } => {
            for row in 0..rows.len() {
                let key = rows.value(row, 0).as_raw_int().unwrap();
                match (users.contains_key(&key), how) {
                    (true, RowWrite::Insert) | (false, RowWrite::Update) => return false,
                    (false, _) => {
                        let mut user = vec![Value::Null; 6];
                        user[2] = int(18);
                        users.insert(key, user);
                        if !rows.is_given(row, 1) {
                            lacking.push(key);
                        }
                    }
                    _ => {}
                }
                for column in 0..6 {
                    if let Cell::Given(value) = rows.cell(row, column) {
                        users.get_mut(&key).unwrap()[column] = value.to_value();
                        if column == 1 {
                            lacking.retain(|k| *k != key);
                        }
                    }
                }
                if !unique(users) {
                    return false;
                }
            }
        }
        Change::Delete { keys } => {
            for at in 0..keys.len() {
                let key = keys.get(at, 0).as_raw_int().unwrap();
                users.remove(&key);
                lacking.retain(|k| *k != key);
            }
        }
        Change::Clear => {
            users.clear();
            lacking.clear();
        }
        Change::DeleteWhere { filter } => {
            users.retain(|key, user| {
                let gone = met(filter, user);
                if gone {
                    lacking.retain(|k| k != key);
                }
                !gone
            });
        }
        Change::UpdateWhere { filter, set } => {
            for user in users.values_mut().filter(|user| met(filter, user)) {
                for (column, assignment) in set {
                    user[*column] = match (assignment, &user[*column]) {
                        (Assignment::Set(value), _) => value.clone(),
                        (Assignment::Add(_), Value::Null) => Value::Null,
                        (Assignment::Add(Value::Int(by)), Value::Int(old)) => int(old + by),
                        other => panic!("{other:?}"),
                    };
                }
            }
            return unique(users);
        }
        other => panic!("{other:?}"),
    }
    true
}

/// The two filters that are made here.
fn met(filter: &Predicate, user: &[Value]) -> bool {
    match filter {
        Predicate::Compare { column, op, value } => {
            let ordering = user[*column].as_ref().compare(value.as_ref());
            ordering.is_some_and(|ordering| op.holds(ordering))
        }
        other => panic!("{other:?}"),
    }
}

fn write(random: &mut Random, keys: u64) -> Write {
    let filter = |random: &mut Random| match random.below(2) {
        0 => Predicate::Compare { column: 5, op: CompareOp::Eq, value: int(random.below(3) as i64) },
        _ => Predicate::Compare { column: 0, op: CompareOp::Lt, value: int(random.below(keys) as i64 / 2) },
    };
    let change = match random.below(12) {
        0 => Change::DeleteWhere { filter: filter(random) },
        1 | 2 => Change::UpdateWhere {
            filter: filter(random),
            set: match random.below(4) {
                0 => vec![(3, Assignment::Set(Value::Null))],
                1 => vec![(3, Assignment::Set(text("same@x")))],
                2 => vec![(2, Assignment::Add(int(1))), (5, Assignment::Set(int(1)))],
                _ => vec![(5, Assignment::Add(int(1)))],
            },
        },
        3 | 4 => {
            let mut delete = KeySet::new([Kind::U64]);
            let first = random.below(keys);
            for key in first..first + random.below(keys) / 8 {
                delete.push(|_| ValueRef::Int(key as i64));
            }
            Change::Delete { keys: delete }
        }
        5 if random.one_in(4) => Change::Clear,
        _ => {
            let how = [RowWrite::Merge, RowWrite::Merge, RowWrite::Insert, RowWrite::Update]
                [random.below(4) as usize];
            let count = match random.below(3) {
                0 => 1,
                1 => random.below(5),
                _ => random.below(keys / 4),
            };
            let mut records: Vec<_> = (0..count).map(|_| record(random, keys)).collect();
            if random.one_in(2) {
                // Mostly distinct and complete, so that whole batches go in.
                for (i, record) in records.iter_mut().enumerate() {
                    record[0] = Some(int(keys as i64 + random.below(9) as i64 + i as i64 * 9));
                    record[1] = Some(text("complete"));
                    record[3] = None;
                }
            }
            Change::Rows { how, rows: rows(&USERS, &records) }
        }
    };
    Write { entity: &USERS, change }
}

/// The store as the indexes and the scan see it is the map.
fn check(db: &mut impl Reads, users: &Users, round: u32) {
    let expected: Vec<_> = users.values().cloned().collect();
    assert_eq!(db.all(&USERS), expected, "round {round}");
    for level in 0..3 {
        let at = |user: &&Vec<Value>| user[5] == int(level);
        let eq = Predicate::Compare { column: 5, op: CompareOp::Eq, value: int(level) };
        let keys: Vec<_> = users.values().filter(at).map(|u| u[0].clone()).collect();
        assert_eq!(db.keys(&USERS, eq), keys, "round {round}");
    }
    for user in users.values().step_by(7) {
        assert_eq!(db.one(&USERS, user[0].clone()).as_ref(), Some(user), "round {round}");
        if !user[3].is_null() {
            let eq = Predicate::Compare { column: 3, op: CompareOp::Eq, value: user[3].clone() };
            assert_eq!(db.keys(&USERS, eq), [user[0].clone()], "round {round}");
        }
    }
}

fn run(seed: u64, keys: u64, rounds: u32) {
    let mut random = Random(seed);
    let mut db = connect();
    let mut users = Users::new();
    let (mut failed, mut done) = (0, 0);
    for round in 0..rounds {
        let mut transaction: Option<Box<dyn Transaction>> =
            random.one_in(3).then(|| db.begin(&TxOptions::default()).unwrap());
        let mut inside = users.clone();
        let before = users.clone();
        for number in 0..if transaction.is_some() { 3 } else { 1 } {
            if let Some(tx) = &mut transaction {
                tx.savepoint(number + 1).unwrap();
            }
            let writes: Vec<_> = (0..=random.below(2)).map(|_| write(&mut random, keys)).collect();
            let (mut after, mut lacking) = (inside.clone(), Vec::new());
            let fine = writes.iter().all(|w| model(&mut after, w, &mut lacking));
            let mut batch = batch(writes);
            let outcome = match &mut transaction {
                Some(tx) => tx.apply(&mut batch),
                None => db.apply(&mut batch),
            };
            let expected = fine && lacking.is_empty();
            assert_eq!(outcome.is_ok(), expected, "round {round}: {outcome:?} {batch:?}");
            if expected {
                done += 1;
                inside = after;
            } else {
                failed += 1;
            }
            if let Some(tx) = &mut transaction {
                check(tx, &inside, round);
            }
        }
        // Others write other keys meanwhile, or nothing.
        let mut others = None;
        if transaction.is_some() && random.one_in(2) {
            let key = 1_000_000 + i64::from(round);
            let write = merge(&USERS, &[record![key, "other"]]);
            apply(&db, vec![write]).unwrap();
            others = db.one(&USERS, int(key)).map(|user| (key, user));
        }
        match transaction {
            None => users = inside,
            Some(mut tx) => {
                if random.one_in(3) {
                    tx.rollback_to(1).unwrap();
                    inside = before;
                }
                match (random.one_in(4), others.is_some()) {
                    (true, _) => tx.rollback().unwrap(),
                    (false, false) => {
                        tx.commit().unwrap();
                        users = inside;
                    }
                    // It may have cleared the entity, which others wrote.
                    (false, true) => {
                        if tx.commit().is_ok() {
                            users = inside;
                        }
                    }
                }
            }
        }
        users.extend(others);
        check(&mut db, &users, round);
    }
    assert!(failed > rounds / 20 && done > rounds / 4, "{failed} {done}");
}

#[test]
fn few_keys() {
    for seed in 0..sized(8, 1) {
        run(seed, 40, sized(120, 10));
    }
}

#[test]
fn many_keys() {
    for seed in 100..sized(103, 101) {
        run(seed, sized(1200, 200), sized(40, 6));
    }
}

#[test]
fn another_connection_is_another_world() {
    let memory = orm_provider_memory::Memory::new();
    let a: Arc<dyn Connection> = memory.open(&name("a")).unwrap();
    let mut b: Arc<dyn Connection> = memory.open(&name("b")).unwrap();
    let write = || merge(&USERS, &[record![1, "a", _, "a@x"]]);
    apply(&a, vec![write()]).unwrap();
    apply(&b, vec![write()]).unwrap();
    apply(&a, vec![merge(&USERS, &[record![1, "b"]])]).unwrap();
    assert_eq!(b.one(&USERS, int(1)).unwrap()[1], text("a"));
}
