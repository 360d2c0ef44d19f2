//! What a task does, and what it was told.

use crate::books::{Booking, COUNTERS, Counter, is_even};
use orm_core::Error;
use orm_core::asynchronous::prelude::*;
use std::collections::HashSet;
use std::fmt;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

pub(crate) const TASKS: u64 = 8;

/// A small generator of numbers.
pub(crate) struct Random(pub(crate) u64);

impl Random {
    pub(crate) fn below(&mut self, end: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % end
    }
}

/// What the calls were told, by their numbers.
#[derive(Default)]
pub(crate) struct Told {
    pub(crate) done: HashSet<u64>,
    /// They were dropped half-way, or the answer to their commit was lost.
    pub(crate) unknown: HashSet<u64>,
    dropped: u64,
    again: u64,
    read: u64,
}

impl Told {
    pub(crate) fn sum(all: impl IntoIterator<Item = Self>) -> Self {
        all.into_iter().fold(Self::default(), |mut sum, one| {
            sum.done.extend(one.done);
            sum.unknown.extend(one.unknown);
            sum.dropped += one.dropped;
            sum.again += one.again;
            sum.read += one.read;
            sum
        })
    }

    pub(crate) fn calls(&self) -> u64 {
        (self.done.len() + self.unknown.len()) as u64 + self.again + self.read
    }
}

impl fmt::Display for Told {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { done, unknown, dropped, again, read } = self;
        let (done, unknown) = (done.len(), unknown.len());
        write!(f, "{done} done, {unknown} unknown ({dropped} dropped), {again} tried again, {read} reads")
    }
}

/// Books until it is over, and counts in `done` what is done.
pub(crate) fn work(db: &Database, task: u64, seed: u64, over: &AtomicBool, done: &AtomicU64) -> Told {
    let mut random = Random(seed.wrapping_mul(2 * task + 1) | 1);
    let mut told = Told::default();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
    runtime.block_on(async {
        let mut number = 0;
        while !over.load(Ordering::Relaxed) {
            number += 1;
            let id = number * TASKS + task;
            match random.below(8) {
                0 => told.read += u64::from(settled(is_even(db, 1 + random.below(COUNTERS)).await)),
                1 | 2 => {
                    let way = random.below(WAYS);
                    let time = Duration::from_micros(random.below(8_000));
                    let call = book(db, way, id, 1 + random.below(COUNTERS), random.below(100) as i64);
                    match tokio::time::timeout(time, call).await {
                        Ok(outcome) => {
                            note(&mut told, id, outcome);
                        }
                        Err(_) => {
                            told.dropped += 1;
                            told.unknown.insert(id);
                        }
                    }
                }
                _ => {
                    let (way, counter) = (random.below(WAYS), 1 + random.below(COUNTERS));
                    let amount = random.below(100) as i64 - 40;
                    while !note(&mut told, id, book(db, way, id, counter, amount).await) {}
                    done.fetch_add(1, Ordering::Relaxed);
                }
            }
        }
    });
    told
}

/// Whether a call ended well; panics where its error is none that may be expected here.
fn settled<T>(outcome: Result<T, Error>) -> bool {
    match outcome {
        Ok(_) => true,
        Err(error) if error.is_transient() => false,
        Err(error) => panic!("{error}: {error:?}"),
    }
}

/// Notes what a call was told; whether that was its end.
fn note(told: &mut Told, id: u64, outcome: Result<(), Error>) -> bool {
    if matches!(outcome, Err(Error::CommitUnknown(_))) {
        told.unknown.insert(id);
        return true;
    }
    let ended = settled(outcome);
    if ended {
        told.done.insert(id);
    } else {
        told.again += 1;
    }
    ended
}

/// How many ways there are to book.
const WAYS: u64 = 4;

/// Books an amount: the counter and the booking, or neither.
async fn book(db: &Database, way: u64, id: u64, counter: u64, amount: i64) -> Result<(), Error> {
    let booking = || Booking::draft().id(id).amount(amount);
    match way {
        // What was read is written.
        0 => {
            let body = db.transaction(async |tx| {
                let counters = tx.repository::<Counter>();
                let total = counters.find(counter).await?.map_or(0, |found| found.total);
                counters.update(Counter::draft().id(counter).total(total + amount)).await?;
                tx.repository::<Booking>().insert(booking().counter_id(counter)).await.map(drop)
            });
            body.await
        }
        // The same as one nested record.
        1 => {
            let body = db.transaction(async |tx| {
                let counters = tx.repository::<Counter>();
                let total = counters.find(counter).await?.map_or(0, |found| found.total);
                let nested = Counter::draft().id(counter).total(total + amount).bookings([booking()]);
                counters.save(nested).await.map(drop)
            });
            body.await
        }
        // The storage adds, under a savepoint.
        2 => {
            let body = db.transaction(async |tx| {
                tx.repository::<Booking>().insert(booking().counter_id(counter)).await?;
                let inner = tx.transaction(async |inner| add(&inner.repository(), counter, amount).await);
                inner.await
            });
            body.await
        }
        // A guard.
        _ => {
            let tx = db.begin().await?;
            add(&tx.repository(), counter, amount).await?;
            tx.repository::<Booking>().insert(booking().counter_id(counter)).await?;
            tx.commit().await
        }
    }
}

async fn add(counters: &Repository<Counter>, counter: u64, amount: i64) -> Result<(), Error> {
    let query = counters.query().filter(|c| c.id.eq(counter));
    let touched = query.update(|c| c.total.add(amount)).await?;
    assert_eq!(touched, 1);
    Ok(())
}
