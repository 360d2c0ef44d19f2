//! Calls that take too long, told to the engine.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// After how many of its steps the engine asks whether to go on.
const STEPS: i32 = 1_000;

/// Until when the call at hand may take.
#[derive(Debug)]
pub(crate) struct Deadline {
    limit: Duration,
    opened: Instant,
    /// In microseconds since it was opened.
    end: Arc<AtomicU64>,
}

impl Deadline {
    /// Lets the engine ask.
    pub(crate) fn set(engine: &mut rusqlite::Connection, limit: Duration) -> rusqlite::Result<Self> {
        let (opened, end) = (Instant::now(), Arc::new(AtomicU64::new(u64::MAX)));
        let until = Arc::clone(&end);
        let is_late = move || micros(opened.elapsed()) > until.load(Ordering::Relaxed);
        engine.progress_handler(STEPS, Some(is_late))?;
        Ok(Self { limit, opened, end })
    }

    /// A call begins.
    pub(crate) fn begin(&self) {
        let end = self.opened.elapsed().saturating_add(self.limit);
        self.end.store(micros(end), Ordering::Relaxed);
    }

    /// What follows takes as long as it takes.
    pub(crate) fn lift(&self) {
        self.end.store(u64::MAX, Ordering::Relaxed);
    }
}

fn micros(time: Duration) -> u64 {
    u64::try_from(time.as_micros()).unwrap_or(u64::MAX)
}
