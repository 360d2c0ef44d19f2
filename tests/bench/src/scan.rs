//! Many records by a condition or in an order, in memory.

use crate::report::{Report, Unit, Work};
use crate::timing::{Medians, in_turns, timed, tried};
use crate::users::{User, filled};
use crate::{Form, Outcome};
use orm_core::prelude::*;
use orm_provider_memory::Memory;
use std::collections::HashMap;
use std::hint::black_box;

/// The users of which about half are counted.
const AGE: i32 = 45;

/// How many come of an order with a limit.
const FIRST: usize = 20;

const LOOP: &str = "a loop over `Vec<User>`";

pub(crate) fn run(form: &Form, report: &mut Report) -> Outcome {
    let size = form.pick(1_000_000, 50_000);
    count(form, report, 1_000, 1.0)?;
    count(form, report, size, 0.2)?;
    collect(form, report, size)?;
    ordered(form, report, size)?;
    indexed(form, report, size)
}

fn medians_of<T>(
    rounds: usize,
    operations: usize,
    ours: impl Fn() -> orm_core::Result<T>,
    theirs: impl Fn() -> T,
) -> Outcome<Medians> {
    in_turns(
        rounds,
        |_| tried(|| (0..operations).map(|_| ours()).collect::<orm_core::Result<Vec<T>>>()),
        |_| timed(|| (0..operations).map(|_| theirs()).collect::<Vec<T>>()),
    )
}

fn count(form: &Form, report: &mut Report, size: u64, bar: f64) -> Outcome {
    let users = filled(&(0..size).collect::<Vec<_>>())?;
    let all: Vec<User> = (0..size).map(User::number).collect();
    let by_hand = || black_box(&all).iter().filter(|u| u.age >= black_box(AGE)).count() as u64;
    let ours = || users.query().filter(|u| u.age.ge(black_box(AGE))).count();
    assert_eq!(ours()?, by_hand());

    let operations = (1_000_000 / size as usize).max(1);
    let medians = medians_of(form.pick(25, 5), operations, ours, by_hand)?;
    let work = Work {
        group: "scan",
        work: format!("filter on a column without index and count, {size} records"),
        against: LOOP,
        unit: Unit::Microseconds,
        bar: Some(bar),
    };
    report.times(work, &medians, operations);
    Ok(())
}

/// Conditions that one in a hundred records meets, their records collected.
fn collect(form: &Form, report: &mut Report, size: u64) -> Outcome {
    // Ages go up to 89; here every hundredth user has one of their own.
    let keys: Vec<u64> = (0..size).collect();
    let users = filled(&keys)?;
    for part in keys.chunks(50_000) {
        users.save_many(
            part.iter().filter(|&&id| id % 100 == 7).map(|&id| User { age: 1_000, ..User::number(id) }),
        )?;
    }
    let all: Vec<User> = keys
        .iter()
        .map(|&id| if id % 100 == 7 { User { age: 1_000, ..User::number(id) } } else { User::number(id) })
        .collect();
    let by_key = |mut users: Vec<User>| {
        users.sort_unstable_by_key(|u| u.id);
        users
    };
    let work = |work: &str, bar: f64| Work {
        group: "scan",
        work: format!("{work}, collect 1% of {size} records"),
        against: LOOP,
        unit: Unit::Milliseconds,
        bar: Some(bar),
    };

    let ours = || users.query().filter(|u| u.age.eq(black_box(1_000))).get();
    let by_hand =
        || -> Vec<User> { black_box(&all).iter().filter(|u| u.age == black_box(1_000)).cloned().collect() };
    assert!(by_key(ours()?) == by_hand() && by_hand().len() as u64 == size / 100);
    report.times(work("integer filter", 0.5), &medians_of(form.pick(15, 5), 1, ours, by_hand)?, 1);

    // The first two digits: about one in a hundred.
    let prefix = "User number 42";
    let ours = || users.query().filter(|u| u.name.starts_with(black_box(prefix))).get();
    let by_hand = || -> Vec<User> {
        black_box(&all).iter().filter(|u| u.name.starts_with(black_box(prefix))).cloned().collect()
    };
    assert!(by_key(ours()?) == by_hand());
    report.times(work("text prefix", 1.0), &medians_of(form.pick(15, 5), 1, ours, by_hand)?, 1);
    Ok(())
}

fn ordered(form: &Form, report: &mut Report, size: u64) -> Outcome {
    let users = filled(&(0..size).collect::<Vec<_>>())?;
    let all: Vec<User> = (0..size).map(User::number).collect();
    // Ties are ordered by the key on both sides, as is promised.
    let ours = || users.query().order_by(|u| u.age.desc()).limit(FIRST as u64).get();
    let by_hand = || -> Vec<User> {
        let mut order: Vec<(std::cmp::Reverse<i32>, u64, usize)> = black_box(&all)
            .iter()
            .enumerate()
            .map(|(place, user)| (std::cmp::Reverse(user.age), user.id, place))
            .collect();
        order.select_nth_unstable(FIRST);
        order.truncate(FIRST);
        order.sort_unstable();
        order.iter().map(|&(_, _, place)| all[place].clone()).collect()
    };
    assert_eq!(ours()?, by_hand());
    let work = Work {
        group: "scan",
        work: format!("order by a column without index, the first {FIRST} of {size}"),
        against: "a partial sort of references (`select_nth_unstable`)",
        unit: Unit::Milliseconds,
        bar: Some(1.2),
    };
    report.times(work, &medians_of(form.pick(15, 5), 1, ours, by_hand)?, 1);
    Ok(())
}

#[derive(Model, Debug, Clone, PartialEq)]
#[model(entity = "members")]
struct Member {
    #[key]
    id: u64,
    name: String,
    email: String,
    #[field(index)]
    team: i32,
}

fn indexed(form: &Form, report: &mut Report, size: u64) -> Outcome {
    let teams = size / 10;
    let member = |id: u64| {
        let User { id, name, email, .. } = User::number(id);
        Member { id, name, email, team: (id % teams) as i32 }
    };
    let db = Database::builder().provider(Memory::new()).start()?;
    let members = db.repository::<Member>();
    for start in (0..size).step_by(50_000) {
        members.insert_many((start..(start + 50_000).min(size)).map(member))?;
    }
    let all: Vec<Member> = (0..size).map(member).collect();
    let mut index: HashMap<i32, Vec<usize>> = HashMap::new();
    for (place, member) in all.iter().enumerate() {
        index.entry(member.team).or_default().push(place);
    }

    let ours = |team: i32| members.query().filter(|m| m.team.eq(team)).get();
    let by_hand = |team: i32| -> Vec<Member> {
        index.get(&team).into_iter().flatten().map(|&place| all[place].clone()).collect()
    };
    for team in [0, 1, teams as i32 - 1, teams as i32] {
        let mut found = ours(team)?;
        found.sort_unstable_by_key(|m| m.id);
        assert_eq!(found, by_hand(team));
    }
    let operations = form.pick(20_000, 2_000);
    let team = |round: usize, i: usize| ((round * operations + i) * 7_919 % teams as usize) as i32;
    let medians = in_turns(
        form.pick(15, 5),
        |round| {
            tried(|| {
                (0..operations).try_for_each(|i| ours(team(round, i)).map(|found| drop(black_box(found))))
            })
        },
        |round| timed(|| (0..operations).for_each(|i| drop(black_box(by_hand(team(round, i)))))),
    )?;
    let work = Work {
        group: "scan",
        work: format!("filter on an indexed column, 10 of {size} records"),
        against: "`HashMap<i32, Vec<usize>>`, and clone",
        unit: Unit::Microseconds,
        bar: Some(2.0),
    };
    report.times(work, &medians, operations);
    Ok(())
}
