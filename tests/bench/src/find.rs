//! One record by its key, in memory.

use crate::report::{Report, Unit, Work};
use crate::timing::{in_turns, timed, tried};
use crate::users::{User, filled, shuffled};
use crate::{Form, Outcome};
use std::collections::HashMap;
use std::hint::black_box;
use std::sync::RwLock;

pub(crate) fn run(form: &Form, report: &mut Report) -> Outcome {
    let many = form.pick(1_000_000, 50_000);
    let hot: Vec<u64> = (0..1_000).collect();
    find(form, report, &hot, "hot keys", 1.6)?;
    let in_order: Vec<u64> = (0..many).collect();
    find(form, report, &in_order, "shuffled keys", 1.4)?;
    // A key made in order is found where it is to be expected; here none is.
    find(form, report, &shuffled(many, 7), "stored in no order, shuffled keys", 1.4)
}

fn find(form: &Form, report: &mut Report, stored: &[u64], order: &str, bar: f64) -> Outcome {
    let users = filled(stored)?;
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
        group: "find",
        work: format!("`find` by key, {size} records, {order}"),
        against: "`RwLock<HashMap<u64, User>>`, get and clone",
        unit: Unit::Nanoseconds,
        bar: Some(bar),
    };
    report.times(work, &medians, operations);
    Ok(())
}
