//! Snapshots, conflicts and savepoints.

mod common;
use common::*;
use orm_core::plan::*;
use orm_core::provider::*;
use orm_core::value::*;
use orm_core::{Error, Result};
use std::sync::Arc;

const EVERY: Predicate = Predicate::Constant(true);

fn begin(db: &Arc<dyn Connection>) -> Box<dyn Transaction> {
    db.begin(&TxOptions::default()).unwrap()
}

fn tx_apply(tx: &mut Box<dyn Transaction>, writes: Vec<Write>) -> Result<Written> {
    tx.apply(&mut batch(writes))
}

fn add_age(id: i64, by: i64) -> Write {
    Write {
        entity: &USERS,
        change: Change::UpdateWhere {
            filter: Predicate::Compare { column: 0, op: CompareOp::Eq, value: int(id) },
            set: vec![(2, Assignment::Add(int(by)))],
        },
    }
}

fn clear() -> Write {
    Write { entity: &USERS, change: Change::Clear }
}

fn users(count: i64) -> Write {
    let users: Vec<_> = (0..count).map(|id| record![id, (&format!("user {id}"))]).collect();
    merge(&USERS, &users)
}

#[test]
fn snapshots_stay_as_they_were() {
    let mut db = connect();
    let count = sized(3000, 150);
    apply(&db, vec![users(count)]).unwrap();
    let mut reader = db.begin(&TxOptions::snapshot()).unwrap();
    let mut writer = begin(&db);
    let before = db.all(&USERS);
    apply(&db, vec![add_age(5, 1), users(count + count / 30)]).unwrap();
    for id in 0..count / 15 {
        let write = merge(&USERS, &[record![id, "renamed", _, (&format!("{id}@x"))]]);
        apply(&db, vec![write]).unwrap();
    }
    assert_eq!(reader.all(&USERS), before);
    assert_eq!(writer.all(&USERS), before);
    assert_eq!(reader.one(&USERS, int(7)).unwrap()[1], text("user 7"));
    assert_eq!(db.one(&USERS, int(7)).unwrap()[1], text("renamed"));
    assert_eq!(db.one(&USERS, int(5)).unwrap()[2], int(19));
    apply(&db, vec![clear()]).unwrap();
    assert_eq!((reader.all(&USERS).len(), db.all(&USERS).len()), (count as usize, 0));
    assert!(tx_apply(&mut reader, vec![clear()]).is_err());
}

#[test]
fn own_writes_are_seen_and_others_are_not() {
    let mut db = connect();
    apply(&db, vec![users(10)]).unwrap();
    let mut tx = begin(&db);
    tx_apply(&mut tx, vec![merge(&USERS, &[record![1, "mine", 50], record![20, "new"]])]).unwrap();
    assert_eq!(tx.one(&USERS, int(1)).unwrap()[1], text("mine"));
    assert_eq!((tx.count(&USERS, EVERY), db.count(&USERS, EVERY)), (11, 10));
    assert_eq!(db.one(&USERS, int(1)).unwrap()[1], text("user 1"));
    // What fails leaves the transaction as it was.
    let failing = vec![clear(), merge(&POSTS, &[record![1]])];
    assert!(tx_apply(&mut tx, failing).is_err());
    assert_eq!(tx.count(&USERS, EVERY), 11);
    tx.commit().unwrap();
    assert_eq!(db.one(&USERS, int(1)).unwrap()[1..3], [text("mine"), int(50)]);
    let mut dropped = begin(&db);
    tx_apply(&mut dropped, vec![clear()]).unwrap();
    drop(dropped);
    let mut undone = begin(&db);
    tx_apply(&mut undone, vec![clear()]).unwrap();
    undone.rollback().unwrap();
    assert_eq!(db.count(&USERS, EVERY), 11);
}

#[test]
fn the_second_of_two_that_wrote_one_record_conflicts() {
    let mut db = connect();
    apply(&db, vec![users(10)]).unwrap();
    let other_writes: [&dyn Fn() -> Write; 4] =
        [&|| add_age(3, 1), &|| merge(&USERS, &[record![3, "theirs"]]), &clear, &|| Write {
            entity: &USERS,
            change: Change::DeleteWhere {
                filter: Predicate::Compare { column: 0, op: CompareOp::Le, value: int(3) },
            },
        }];
    for first in other_writes {
        for second in other_writes {
            apply(&db, vec![clear(), users(10)]).unwrap();
            let (mut a, mut b) = (begin(&db), begin(&db));
            tx_apply(&mut a, vec![first()]).unwrap();
            tx_apply(&mut b, vec![second()]).unwrap();
            a.commit().unwrap();
            let after = db.all(&USERS);
            assert!(matches!(b.commit(), Err(Error::Serialization)));
            assert_eq!(db.all(&USERS), after);
            // A write outside of transactions counts as well.
            apply(&db, vec![clear(), users(10)]).unwrap();
            let mut c = begin(&db);
            tx_apply(&mut c, vec![second()]).unwrap();
            apply(&db, vec![first()]).unwrap();
            assert!(matches!(c.commit(), Err(Error::Serialization)));
        }
    }
}

#[test]
fn disjoint_writes_both_succeed() {
    let mut db = connect();
    apply(&db, vec![users(10)]).unwrap();
    let (mut a, mut b, mut c) = (begin(&db), begin(&db), begin(&db));
    tx_apply(&mut a, vec![add_age(1, 1), merge(&USERS, &[record![11, "a", _, "a@x"]])]).unwrap();
    let delete = Write {
        entity: &USERS,
        change: Change::DeleteWhere {
            filter: Predicate::Compare { column: 0, op: CompareOp::Ge, value: int(8) },
        },
    };
    let again = merge(&USERS, &[record![9, "again"], record![12, "b", _, "b@x"]]);
    tx_apply(&mut b, vec![delete, again, merge(&TAGS, &[record!["x", 1]])]).unwrap();
    tx_apply(&mut c, vec![merge(&USERS, &[record![13, "c", _, "a@x"]])]).unwrap();
    a.commit().unwrap();
    b.commit().unwrap();
    assert!(matches!(c.commit(), Err(Error::Serialization)), "a@x is taken");
    let ids: Vec<_> = [0, 1, 2, 3, 4, 5, 6, 7, 9, 11, 12].map(int).into();
    assert_eq!(db.keys(&USERS, EVERY), ids);
    assert_eq!(db.one(&USERS, int(9)).unwrap()[1], text("again"));
    assert_eq!(db.one(&USERS, int(1)).unwrap()[2], int(19));
    assert_eq!(db.all(&TAGS).len(), 1);
}

#[test]
fn made_keys_never_meet() {
    let mut db = connect();
    let (mut a, mut b) = (begin(&db), begin(&db));
    for tx in [&mut a, &mut b, &mut begin(&db)] {
        tx_apply(tx, vec![merge(&JOBS, &[record![_, _, "job"], record![_, _, "job"]])]).unwrap();
    }
    a.commit().unwrap();
    b.commit().unwrap();
    assert_eq!(db.keys(&JOBS, EVERY), [1, 2, 3, 4].map(int));
}

#[test]
fn savepoints() {
    let mut db = connect();
    apply(&db, vec![users(3)]).unwrap();
    let mut tx = begin(&db);
    tx_apply(&mut tx, vec![add_age(0, 1)]).unwrap();
    tx.savepoint(1).unwrap();
    tx_apply(&mut tx, vec![add_age(1, 1)]).unwrap();
    tx.savepoint(2).unwrap();
    tx_apply(&mut tx, vec![clear()]).unwrap();
    tx.rollback_to(2).unwrap();
    assert!(tx.rollback_to(2).is_err());
    tx_apply(&mut tx, vec![add_age(2, 1)]).unwrap();
    tx.rollback_to(1).unwrap();
    tx.savepoint(1).unwrap();
    tx_apply(&mut tx, vec![add_age(2, 5)]).unwrap();
    tx.release(1).unwrap();
    // What was rolled back is no conflict.
    apply(&db, vec![add_age(1, 10)]).unwrap();
    tx.commit().unwrap();
    let ages: Vec<_> = db.all(&USERS).into_iter().map(|u| u[2].clone()).collect();
    assert_eq!(ages, [19, 28, 23].map(int));
}

#[test]
fn threads_lose_no_update() {
    let mut db = connect();
    apply(&db, vec![users(4)]).unwrap();
    std::thread::scope(|scope| {
        for thread in 0..4_u64 {
            let mut db = Arc::clone(&db);
            scope.spawn(move || {
                let mut random = Random(thread);
                for round in 0..sized(300, 6) {
                    let (from, to) = (random.below(4) as i64, random.below(4) as i64);
                    if round % 3 == 0 {
                        apply(&db, vec![add_age(from, -1), add_age(to, 1)]).unwrap();
                        continue;
                    }
                    loop {
                        let mut tx = begin(&db);
                        for (id, by) in [(from, -1), (to, 1)] {
                            let age = match tx.one(&USERS, int(id)).unwrap()[2] {
                                Value::Int(age) => age,
                                _ => unreachable!(),
                            };
                            let write = merge(&USERS, &[record![id, _, (age + by)]]);
                            tx_apply(&mut tx, vec![write]).unwrap();
                        }
                        match tx.commit() {
                            Ok(()) => break,
                            Err(Error::Serialization) => {}
                            Err(other) => panic!("{other}"),
                        }
                    }
                    let sum = |rows: Vec<Vec<Value>>| -> i64 {
                        rows.iter().filter_map(|r| r[2].as_ref().as_raw_int()).sum()
                    };
                    assert_eq!(sum(db.all(&USERS)), 4 * 18);
                }
            });
        }
    });
    let mut ages = 0;
    for user in db.all(&USERS) {
        ages += user[2].as_ref().as_raw_int().unwrap();
    }
    assert_eq!(ages, 4 * 18);
}
