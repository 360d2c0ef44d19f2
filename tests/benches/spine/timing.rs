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

/// Runs both sides in turns, one round more than is counted. A side gets the round's number, so that
/// both can take the same part of the data.
pub(crate) fn in_turns(
    rounds: usize,
    mut ours: impl FnMut(usize) -> Outcome<Duration>,
    mut theirs: impl FnMut(usize) -> Outcome<Duration>,
) -> Outcome<Medians> {
    let (mut our_times, mut their_times) = (Vec::new(), Vec::new());
    for round in 0..=rounds {
        let (ours, theirs) = (ours(round)?, theirs(round)?);
        if round > 0 {
            our_times.push(ours);
            their_times.push(theirs);
        }
    }
    Ok(Medians { ours: median(our_times), theirs: median(their_times) })
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort_unstable();
    let middle = times.len() / 2;
    if times.len() % 2 == 1 { times[middle] } else { (times[middle - 1] + times[middle]) / 2 }
}
