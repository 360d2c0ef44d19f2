//! Nested JSON taken apart, and put together again, against serde_json, three maps and a hash join.

use crate::blog::{COMMENTS, POSTS, Stores, User, flat, input, text};
use crate::report::{Report, Unit, Work};
use crate::timing::{in_turns, timed, tried};
use crate::{Form, Outcome};
use orm_core::prelude::*;
use orm_provider_memory::Memory;

fn fresh() -> orm_core::Result<Repository<User>> {
    let db = Database::builder().provider(Memory::new()).connection("entities").start()?;
    let users = db.repository::<User>();
    // What happens once in a database's life has happened then.
    users.count()?;
    Ok(users)
}

fn load(users: &Repository<User>) -> orm_core::Result<Vec<User>> {
    users.query().with(|u| u.posts.with(|p| p.comments)).get()
}

pub(crate) fn run(form: &Form, report: &mut Report) -> Outcome {
    let count = form.pick(100_000, 1_000);
    let text = text(0..count)?;
    let rounds = form.pick(7, 3);
    save(report, &text, count, rounds)?;
    load_all(report, &text, count, rounds)
}

fn load_all(report: &mut Report, text: &str, count: u64, rounds: usize) -> Outcome {
    let users = fresh()?;
    users.save_json(text)?;
    let mut stores = Stores::default();
    stores.save(text)?;
    let (ours, theirs) = (load(&users)?, stores.load());
    assert_eq!(flat(&ours)?.len() as u64, count * POSTS * COMMENTS);
    assert!(flat(&ours)? == flat(&theirs)?);
    drop((ours, theirs));

    let work = Work {
        group: "json",
        work: format!("load all {count} users with posts and comments"),
        against: "a hash join of three `HashMap`s into the same structs",
        unit: Unit::Milliseconds,
        bar: Some(1.3),
    };
    report.times(work, &in_turns(rounds, |_| tried(|| load(&users)), |_| timed(|| stores.load()))?, 1);
    Ok(())
}

fn save(report: &mut Report, text: &str, count: u64, rounds: usize) -> Outcome {
    let megabytes = text.len() / 1_000_000;
    let work = Work {
        group: "json",
        work: format!(
            "`save_json`, {megabytes} MB nested: {count} users × {POSTS} posts × {COMMENTS} comments"
        ),
        against: "serde_json into structs, taken apart into three `HashMap`s",
        unit: Unit::Milliseconds,
        bar: Some(0.85),
    };

    let ours = |_| {
        let users = fresh()?;
        tried(|| users.save_json(text))
    };
    let by_hand = |_| {
        tried(|| {
            let mut stores = Stores::default();
            stores.save(text).map(|()| stores)
        })
    };
    report.times(work.clone(), &in_turns(rounds, ours, by_hand)?, 1);

    let value = |_| tried(|| serde_json::from_str::<serde_json::Value>(text));
    let against_value =
        Work { against: "serde_json into `Value`, nothing else", bar: Some(0.9), ..work.clone() };
    report.times(against_value, &in_turns(rounds, ours, value)?, 1);

    let with_records = |_| {
        let users = fresh()?;
        tried(|| users.save_json(text)?.records())
    };
    let with_clone = |_| {
        tried(|| {
            let mut stores = Stores::default();
            let tree: Vec<input::User> = serde_json::from_str(text)?;
            let records = tree.clone();
            stores.take(tree);
            Ok::<_, serde_json::Error>((stores, records))
        })
    };
    let work = Work {
        work: format!("{}, with `.records()`", work.work),
        against: "the same by hand, and a clone of the typed tree",
        bar: Some(1.2),
        ..work
    };
    report.times(work, &in_turns(rounds, with_records, with_clone)?, 1);
    Ok(())
}
