//! The works that contestants of one engine are asked for, in turns.

use super::process::{Contestant, Reply};
use crate::report::{Report, Unit, Work};
use crate::timing::Times;
use crate::{Form, Outcome};
use std::time::{Duration, Instant};

/// All contestants of one engine.
pub(super) struct Contest<'a> {
    pub(super) form: &'a Form,
    pub(super) report: &'a mut Report,
    pub(super) ours: Contestant,
    pub(super) peers: Vec<Contestant>,
    /// Whether ours must be ahead.
    pub(super) ahead: bool,
    /// What is done when all have filled their tables.
    pub(super) filled: &'a dyn Fn() -> Outcome,
}

/// How many posts a user has, and comments a post, where they are many.
const MANY: usize = 10;

/// Beside a work that takes longer, what was in the caches before doesn't count.
const SHORT: Duration = Duration::from_millis(50);

/// How many records are found or updated by one question.
const BY_KEY: usize = 100;

impl Contest<'_> {
    pub(super) fn run(mut self) -> Outcome {
        let sizes = match self.form.quick {
            true => &[1, 10, 100, 1_000][..],
            false => &[1, 10, 100, 1_000, 10_000],
        };
        for &size in sizes {
            let times = repeats(size);
            self.fill(&format!("fill {size} 1 0"))?;
            self.work(format!("all rows of {size}"), size >= 1_000, |_| format!("all {times}"))?;
            let work = format!("half of {size} users by a filter, each with a post");
            self.work(work, size >= 1_000, |_| format!("joined {times}"))?;
        }
        for &users in self.form.pick(&[10, 100][..], &[10]) {
            let times = repeats(users * MANY * MANY);
            self.fill(&format!("fill {users} {MANY} {MANY}"))?;
            let work = format!("{users} users with {MANY} posts with {MANY} comments");
            self.work(work, true, |_| format!("nested {times}"))?;
        }
        let size = self.form.pick(10_000, 1_000);
        self.fill(&format!("fill {size} 0 0"))?;
        let work = format!("`find` by key, {BY_KEY} of {size} rows");
        self.work(work, true, |round| format!("find {size} {round}"))?;
        let work = format!("update a column by key, {BY_KEY} of {size} rows");
        self.work(work, true, |round| format!("rename {size} {round}"))?;
        for &size in sizes {
            let times = repeats(size);
            let work = format!("insert {size} in one call, keys made");
            self.work(work, size >= 10, |_| format!("insert {size} {times}"))?;
        }
        let users = self.form.pick(1_000, 50);
        let work = format!("save {users} users × 5 posts × 2 comments, keys made");
        self.work(work, false, |_| format!("save {users} 5 2 1"))
    }

    /// Fills all tables with the same. Who can't, or has something else then, is out of the contest.
    fn fill(&mut self, question: &str) -> Outcome {
        let Reply::Done { sum, .. } = self.ours.ask(question)? else {
            return Err(format!("`{question}` failed").into());
        };
        self.peers.retain_mut(|peer| match right(peer.ask(question), &sum) {
            Ok(_) => true,
            Err(why) => {
                println!("skipped: {} from here on ({why})", peer.label);
                false
            }
        });
        (self.filled)()
    }

    /// Asks all for the same, round by round, and reports each peer beside ours.
    fn work(&mut self, work: String, bar: bool, question: impl Fn(usize) -> String) -> Outcome {
        let mut times: Vec<_> = self.peers.iter().map(|_| Some(Times::default())).collect();
        for round in 0..=self.form.pick(25, 5) {
            let question = question(round);
            let (ours, sum) = match asked(&mut self.ours, &question)? {
                Reply::Done { time, sum } => (time, sum),
                Reply::No => return Err(format!("`{question}` isn't known").into()),
                Reply::Failed(why) => return Err(format!("`{question}` failed: {why}").into()),
            };
            for (peer, slot) in self.peers.iter_mut().zip(&mut times) {
                let Some(times) = slot else { continue };
                match right(asked(peer, &question), &sum) {
                    Ok(Some(theirs)) => times.add(round, ours, theirs),
                    Ok(None) => *slot = None,
                    Err(why) => {
                        println!("skipped: {}, {work} ({why})", peer.label);
                        *slot = None;
                    }
                }
            }
        }
        for (peer, times) in self.peers.iter().zip(times) {
            let Some(times) = times else { continue };
            let bar = (bar && self.ahead).then_some(1.0);
            let work = Work {
                group: "peers",
                work: work.clone(),
                against: peer.label,
                unit: Unit::Microseconds,
                bar,
            };
            self.report.times(work, &times.medians(), 1);
        }
        Ok(())
    }
}

/// The answer of a contestant who has just been at work: what is short is asked twice, and the second time
/// counts. Otherwise one would pay for another's having filled the processor's caches before, always the same
/// one for the same other.
fn asked(contestant: &mut Contestant, question: &str) -> Outcome<Reply> {
    let start = Instant::now();
    let reply = contestant.ask(question)?;
    if start.elapsed() < SHORT { contestant.ask(question) } else { Ok(reply) }
}

/// How often a work over so many rows is done by one question: what is short is measured many times.
fn repeats(rows: usize) -> usize {
    (2_000 / rows.max(1)).clamp(1, 50)
}

/// The time of a reply, if what came of it is the same as with ours; nothing from who doesn't do such work.
fn right(reply: Outcome<Reply>, expected: &str) -> Outcome<Option<Duration>> {
    match reply? {
        Reply::Done { time, sum } if sum == expected => Ok(Some(time)),
        Reply::Done { sum, .. } => Err(format!("another answer: {sum}, ours is {expected}").into()),
        Reply::No => Ok(None),
        Reply::Failed(why) => Err(why.into()),
    }
}
