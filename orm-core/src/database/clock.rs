//! What time it is.

use crate::value::Timestamp;

/// Tells the time; a database's is given by [`Builder::clock`](super::Builder::clock).
pub type Clock = fn() -> Timestamp;

/// The system's clock.
#[cfg(not(all(target_family = "wasm", target_os = "unknown")))]
#[must_use]
pub fn system_clock() -> Timestamp {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    // A clock before 1970 is a clock that isn't set.
    let micros = since.map_or(0, |since| i64::try_from(since.as_micros()).unwrap_or(0));
    Timestamp::from_micros(micros)
}

/// The system's clock; this target has none, so it stands at 1970 until another is given.
#[cfg(all(target_family = "wasm", target_os = "unknown"))]
#[must_use]
pub fn system_clock() -> Timestamp {
    Timestamp::from_micros(0)
}
