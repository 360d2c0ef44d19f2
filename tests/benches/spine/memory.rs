//! One by key, and counting by a column without an index, against a map and a vector.

use crate::report::{Report, Unit, Work};
use crate::timing::{in_turns, timed, tried};
use crate::{Form, Outcome};
use orm_core::prelude::*;
use orm_provider_memory::Memory;
use std::collections::HashMap;
use std::hint::black_box;
use std::sync::RwLock;

#[derive(Model, Debug, Clone, PartialEq)]
struct User {
    #[key]
    id: u64,
    name: String,
    email: String,
    age: i32,
}

impl User {
    fn number(id: u64) -> Self {
        Self {
            id,
            name: format!("User number {id}"),
            email: format!("user{id}@example.org"),
            age: (id * 7919 % 90) as i32,
        }
    }
}

/// The users of which about half are counted.
const AGE: i32 = 45;

/// How many a statement of the filling takes.
const PART: usize = 50_000;

pub(crate) fn run(form: &Form, report: &mut Report) -> Outcome {
    let many = form.pick(1_000_000, 50_000);
    let (users, stored) = filled((0..1_000).collect())?;
    find(form, report, &users, &stored, "hot keys")?;
    count(form, report, &users, 1_000)?;
    let (users, stored) = filled((0..many).collect())?;
    find(form, report, &users, &stored, "shuffled keys")?;
    count(form, report, &users, many)?;
    // A key made in order is found where it is to be expected; here none is.
    let (users, stored) = filled(shuffled(many, 7))?;
    find(form, report, &users, &stored, "stored in no order, shuffled keys")
}

/// A repository with users of these keys, stored in this order.
fn filled(keys: Vec<u64>) -> Outcome<(Repository<User>, Vec<u64>)> {
    let db = Database::builder().provider(Memory::new()).connection("entities").start()?;
    let users = db.repository::<User>();
    for part in keys.chunks(PART) {
        users.insert_many(part.iter().map(|&id| User::number(id)))?;
    }
    Ok((users, keys))
}

fn find(form: &Form, report: &mut Report, users: &Repository<User>, stored: &[u64], order: &str) -> Outcome {
    let size = stored.len() as u64;
    let map: RwLock<HashMap<u64, User>> =
        RwLock::new(stored.iter().map(|&id| (id, User::number(id))).collect());
    let by_hand = |id: u64| map.read().unwrap().get(&id).cloned();
    let keys = shuffled(size, 1);
    for &id in keys.iter().take(1_000).chain(&[size]) {
        assert_eq!(users.find(id)?, by_hand(id));
    }

    let operations = form.pick(200_000, 20_000);
    // Each round goes on where the last one ended.
    let part =
        |round: usize| keys.iter().copied().cycle().skip(round * operations % keys.len()).take(operations);
    let medians = in_turns(
        form.pick(15, 5),
        |round| {
            let part: Vec<u64> = part(round).collect();
            tried(|| part.iter().try_for_each(|&id| users.find(id).map(|u| drop(black_box(u)))))
        },
        |round| {
            let part: Vec<u64> = part(round).collect();
            timed(|| part.iter().for_each(|&id| drop(black_box(by_hand(id)))))
        },
    )?;
    let work = Work {
        group: "memory",
        work: format!("`find` by key, {size} records, {order}"),
        against: "`RwLock<HashMap<u64, User>>`, get and clone",
        unit: Unit::Nanoseconds,
        bar: Some(2.0),
    };
    report.times(work, &medians, operations);
    Ok(())
}

fn count(form: &Form, report: &mut Report, users: &Repository<User>, size: u64) -> Outcome {
    let all: Vec<User> = (0..size).map(User::number).collect();
    let by_hand = || black_box(&all).iter().filter(|u| u.age >= black_box(AGE)).count() as u64;
    let ours = || users.query().filter(|u| u.age.ge(black_box(AGE))).count();
    assert_eq!(ours()?, by_hand());

    let operations = (1_000_000 / size as usize).max(1);
    let medians = in_turns(
        form.pick(25, 5),
        |_| tried(|| (0..operations).try_for_each(|_| ours().map(|n| _ = black_box(n)))),
        |_| timed(|| (0..operations).for_each(|_| _ = black_box(by_hand()))),
    )?;
    let work = Work {
        group: "memory",
        work: format!("filter on a column without index and count, {size} records"),
        against: "a loop over `Vec<User>`",
        unit: Unit::Microseconds,
        bar: Some(1.0),
    };
    report.times(work, &medians, operations);
    Ok(())
}

/// The keys below `size`, in an order that looks like none and is always the same for one seed.
fn shuffled(size: u64, seed: u64) -> Vec<u64> {
    let mut keys: Vec<u64> = (0..size).collect();
    let mut state = 0x9e37_79b9_7f4a_7c15_u64.wrapping_mul(seed);
    for i in (1..keys.len()).rev() {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        keys.swap(i, (state % (i as u64 + 1)) as usize);
    }
    keys
}
