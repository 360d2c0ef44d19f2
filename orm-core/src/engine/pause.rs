//! Waiting between tries, longer each time and never in step with others.

use super::Mode;
use std::future::poll_fn;
use std::hash::{BuildHasher, RandomState};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Poll, Waker};
use std::thread;
use std::time::Duration;

/// How often something is tried, and how long is waited in between.
#[derive(Debug)]
pub(crate) struct Backoff {
    tries_left: u32,
    ceiling: Duration,
}

impl Backoff {
    /// A first try and `retries` more.
    pub(crate) fn new(retries: u32) -> Self {
        Self { tries_left: retries, ceiling: Duration::from_millis(2) }
    }

    /// Waits a random time below a ceiling that doubles; `false` when there are no tries left.
    pub(crate) fn again<D: Mode>(&mut self) -> impl Future<Output = bool> {
        self.again_as(D::BLOCKING)
    }

    /// The same, by blocking the thread or not.
    pub(crate) async fn again_as(&mut self, blocking: bool) -> bool {
        if self.tries_left == 0 {
            return false;
        }
        self.tries_left -= 1;
        let random = RandomState::new().hash_one(0_u8);
        let micros = self.ceiling.as_micros() as u64;
        let time = Duration::from_micros(random % micros.max(1) + 1);
        self.ceiling = (self.ceiling * 2).min(Duration::from_millis(250));
        if blocking {
            thread::sleep(time);
        } else {
            sleep(time).await;
        }
        true
    }
}

/// Sleeps on a thread of its own: conflicts are rare, and the core knows no runtime with timers.
async fn sleep(time: Duration) {
    type State = (bool, Option<Waker>);
    let state: Arc<Mutex<State>> = Arc::default();
    let sleeper = Arc::clone(&state);
    let started = thread::Builder::new().name("orm-backoff".to_owned()).spawn(move || {
        thread::sleep(time);
        let mut state = sleeper.lock().unwrap_or_else(PoisonError::into_inner);
        state.0 = true;
        if let Some(waker) = state.1.take() {
            waker.wake();
        }
    });
    if started.is_err() {
        // No thread to be had: trying again at once is better than not at all.
        return;
    }
    poll_fn(|context| {
        let mut state = state.lock().unwrap_or_else(PoisonError::into_inner);
        if state.0 {
            return Poll::Ready(());
        }
        state.1 = Some(context.waker().clone());
        Poll::Pending
    })
    .await;
}
