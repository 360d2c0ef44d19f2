//! What time it is.

use crate::value::Timestamp;
use std::time::{SystemTime, UNIX_EPOCH};

/// Tells the time; another one is given by [`Builder::clock`](super::Builder::clock).
pub(crate) type Clock = fn() -> Timestamp;

/// The time of the system, in microseconds.
pub(crate) fn system_clock() -> Timestamp {
    let micros = match SystemTime::now().duration_since(UNIX_EPOCH) {
        Ok(after) => i64::try_from(after.as_micros()).unwrap_or(i64::MAX),
        Err(before) => i64::try_from(before.duration().as_micros()).map_or(i64::MIN, |micros| -micros),
    };
    Timestamp::from_micros(micros)
}
