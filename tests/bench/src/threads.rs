//! Two threads that find and save.

use crate::report::{Report, Unit, Work};
use crate::timing::{in_turns, timed};
use crate::users::{Chance, User, filled};
use crate::{Form, Outcome};
use std::collections::HashMap;
use std::hint::black_box;
use std::sync::RwLock;
use std::thread;

const THREADS: u64 = 2;

/// What a thread does: 95 finds for 5 saves.
fn load(size: u64, operations: usize, seed: u64, find: impl Fn(u64), save: impl Fn(User)) {
    let mut chance = Chance::new(seed);
    for _ in 0..operations {
        let id = chance.below(size);
        if chance.below(100) < 5 { save(User::number(id)) } else { find(id) }
    }
}

fn both(work: impl Fn(u64) + Sync) {
    thread::scope(|scope| {
        for i in 0..THREADS {
            let work = &work;
            scope.spawn(move || work(i));
        }
    });
}

pub(crate) fn run(form: &Form, report: &mut Report) -> Outcome {
    let size = form.pick(1_000_000, 50_000);
    let operations = form.pick(200_000, 20_000);
    let keys: Vec<u64> = (0..size).collect();
    let users = filled(&keys)?;
    let map: RwLock<HashMap<u64, User>> =
        RwLock::new(keys.iter().map(|&id| (id, User::number(id))).collect());

    let ours = |seed: u64| {
        let find = |id| drop(black_box(users.find(id)).expect("it is there"));
        let save = |user| drop(black_box(users.save(user)).expect("it can be saved"));
        load(size, operations, seed, find, save);
    };
    let theirs = |seed: u64| {
        let find = |id: u64| drop(black_box(map.read().unwrap().get(&id).cloned()));
        let save = |user: User| drop(black_box(map.write().unwrap().insert(user.id, user)));
        load(size, operations, seed, find, save);
    };
    let seed = |round: usize, thread: u64| round as u64 * THREADS + thread + 1;
    let medians = in_turns(
        form.pick(11, 3),
        |round| timed(|| both(|thread| ours(seed(round, thread)))),
        |round| timed(|| both(|thread| theirs(seed(round, thread)))),
    )?;
    let work = Work {
        group: "threads",
        work: format!("{THREADS} threads, 95% `find`, 5% `save`, {size} records"),
        against: "`RwLock<HashMap<u64, User>>`",
        unit: Unit::Nanoseconds,
        bar: Some(1.2),
    };
    report.times(work, &medians, operations);
    Ok(())
}
