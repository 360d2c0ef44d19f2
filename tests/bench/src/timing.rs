//! Times of two sides, taken in turns.

use crate::Outcome;
use std::error::Error;
use std::hint::black_box;
use std::time::{Duration, Instant};

/// The middle times of both sides.
pub(crate) struct Medians {
    pub(crate) ours: Duration,
    pub(crate) theirs: Duration,
}

impl Medians {
    /// How many times as long ours took.
    pub(crate) fn ratio(&self) -> f64 {
        self.ours.as_secs_f64() / self.theirs.as_secs_f64()
    }
}

/// Lets the allocator put together what was given back before. It does so when next a large piece of
/// memory is wanted, and whoever wants that would pay for what the other side dropped.
fn settle() {
    for _ in 0..4 {
        drop(black_box(Vec::<u8>::with_capacity(1 << 20)));
    }
}

/// How long the work takes; what it makes is dropped after that.
pub(crate) fn timed<T>(work: impl FnOnce() -> T) -> Outcome<Duration> {
    let start = Instant::now();
    let made = black_box(work());
    let time = start.elapsed();
    drop(made);
    Ok(time)
}

/// As [`timed`], for work that may fail.
pub(crate) fn tried<T, E>(work: impl FnOnce() -> Result<T, E>) -> Outcome<Duration>
where
    Box<dyn Error>: From<E>,
{
    let mut error = None;
    let time = timed(|| work().map_err(|e| error = Some(e)))?;
    error.map_or(Ok(time), |error| Err(error.into()))
}

/// As [`tried`], for work that is waited for, and does nothing before.
pub(crate) async fn awaited<T, E>(work: impl Future<Output = Result<T, E>>) -> Outcome<Duration>
where
    Box<dyn Error>: From<E>,
{
    let start = Instant::now();
    let made = black_box(work.await);
    let time = start.elapsed();
    made?;
    Ok(time)
}

/// Runs both sides in turns, one round more than is counted. A side gets the round's number, so that
/// both can take the same part of the data.
pub(crate) fn in_turns(
    rounds: usize,
    mut ours: impl FnMut(usize) -> Outcome<Duration>,
    mut theirs: impl FnMut(usize) -> Outcome<Duration>,
) -> Outcome<Medians> {
    let mut times = Times::default();
    for round in 0..=rounds {
        settle();
        let ours = ours(round)?;
        settle();
        times.add(round, ours, theirs(round)?);
    }
    Ok(times.medians())
}

/// The times so far.
#[derive(Default)]
pub(crate) struct Times {
    ours: Vec<Duration>,
    theirs: Vec<Duration>,
}

impl Times {
    /// Adds a round; the first isn't counted.
    pub(crate) fn add(&mut self, round: usize, ours: Duration, theirs: Duration) {
        if round > 0 {
            self.ours.push(ours);
            self.theirs.push(theirs);
        }
    }

    pub(crate) fn medians(self) -> Medians {
        Medians { ours: median(self.ours), theirs: median(self.theirs) }
    }
}

/// The middle one.
pub(crate) fn median(times: Vec<Duration>) -> Duration {
    quantile(times, 0.5)
}

/// The one that this part of them doesn't exceed.
pub(crate) fn quantile(mut times: Vec<Duration>, part: f64) -> Duration {
    times.sort_unstable();
    let place = ((times.len() as f64 - 1.0) * part).round() as usize;
    times.get(place).copied().unwrap_or_default()
}
