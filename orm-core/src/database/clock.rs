//! What time it is.

use crate::value::Timestamp;
use std::fmt;
use std::sync::Arc;

/// Tells the time; a database's is given by [`Builder::clock`](super::Builder::clock).
#[derive(Clone)]
pub(crate) enum Clock {
    /// The system's, which every save copies for nothing.
    System,
    /// One of the user's own.
    Own(Arc<dyn Fn() -> Timestamp + Send + Sync>),
}

impl Clock {
    /// What it shows.
    pub(crate) fn now(&self) -> Timestamp {
        match self {
            Clock::System => system_clock(),
            // What can't be stored is as good as the first or the last moment that can.
            Clock::Own(clock) => clock().clamp(Timestamp::MIN, Timestamp::MAX),
        }
    }
}

impl fmt::Debug for Clock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Clock::System => "the system's clock",
            Clock::Own(_) => "a clock of its own",
        })
    }
}

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
