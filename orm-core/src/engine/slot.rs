//! The place where an open transaction waits between calls.
//!
//! A call takes the transaction out and puts it back. If the call's future is dropped meanwhile, the
//! transaction goes with it (and so is rolled back), and the slot says so to whoever comes after.

use super::watched::OpenTx;
use crate::connections::Peers;
use crate::error::{Error, Result};
use crate::events::{Entry, Hub, News};
use crate::provider::TxOptions;
use std::future::poll_fn;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::task::{Poll, Waker};

/// Holds an open transaction, one caller at a time.
pub(crate) struct TxSlot {
    state: Mutex<State>,
    hub: Arc<Hub>,
    options: TxOptions,
    /// The databases that relations may lead to from here.
    peers: OnceLock<Arc<Peers>>,
}

struct State {
    content: Content,
    waiting: Vec<Waker>,
    savepoints: u32,
    /// Whether a call met what may be gone the next time.
    conflicted: bool,
    /// What was written, to be told after the commit.
    log: Vec<Entry>,
    /// Where in the log the open savepoints were set.
    marks: Vec<(u32, usize)>,
}

enum Content {
    Here(OpenTx),
    Taken,
    Closed(&'static str),
}

/// A transaction that was taken out of its slot; put it back with [`TxGuard::done`].
pub(crate) struct TxGuard<'a> {
    slot: &'a TxSlot,
    tx: Option<OpenTx>,
}

impl TxSlot {
    pub(crate) fn new(tx: OpenTx, hub: Arc<Hub>, options: TxOptions) -> Self {
        let state = State {
            content: Content::Here(tx),
            waiting: Vec::new(),
            savepoints: 0,
            conflicted: false,
            log: Vec::new(),
            marks: Vec::new(),
        };
        Self { state: Mutex::new(state), hub, options, peers: OnceLock::new() }
    }

    /// How it was begun.
    pub(crate) fn options(&self) -> &TxOptions {
        &self.options
    }

    pub(crate) fn hub(&self) -> &Hub {
        &self.hub
    }

    /// Keeps in mind whether a call met what may be gone the next time.
    pub(crate) fn heed<T>(&self, outcome: Result<T>) -> Result<T> {
        if outcome.as_ref().is_err_and(Error::is_transient) {
            self.lock().conflicted = true;
        }
        outcome
    }

    /// Whether a call met what may be gone the next time.
    pub(crate) fn is_conflicted(&self) -> bool {
        self.lock().conflicted
    }

    /// Keeps in mind what was written, and answers `done`.
    pub(crate) fn note<T>(&self, log: Vec<Entry>, done: T) -> T {
        let mut state = self.lock();
        let since = state.marks.last().map_or(0, |(_, mark)| *mark);
        for entry in log {
            if !entry.is_known(&state.log[since..]) {
                state.log.push(entry);
            }
        }
        done
    }

    /// Commits, and tells those who listen.
    pub(crate) async fn commit(&self, why: &'static str) -> Result<()> {
        let tx = self.finish(why).await?;
        let log = std::mem::take(&mut self.lock().log);
        let news = News::new(&self.hub, log);
        let outcome = tx.commit().await;
        news.tell(&outcome);
        match outcome {
            // Nothing was to be made durable, so it may be done again.
            Err(Error::CommitUnknown(why)) if self.options.read_only => Err(Error::ConnectionLost(why)),
            outcome => outcome,
        }
    }

    /// Sets a savepoint and answers its number.
    pub(crate) async fn savepoint(&self) -> Result<u32> {
        let number = self.next_savepoint();
        let mut guard = self.take().await?;
        let set = guard.tx()?.savepoint(number).await;
        guard.done();
        set?;
        let mut state = self.lock();
        let mark = state.log.len();
        state.marks.push((number, mark));
        Ok(number)
    }

    /// Ends a savepoint: what was done since stays, or is undone.
    pub(crate) async fn end_savepoint(&self, number: u32, keep: bool) -> Result<()> {
        let mut guard = self.take().await?;
        let tx = guard.tx()?;
        let ended = if keep { tx.release(number).await } else { tx.rollback_to(number).await };
        if !keep && ended.is_err() {
            // What couldn't be undone mustn't be committed: the guard takes it along.
            drop(guard);
        } else {
            guard.done();
        }
        ended?;
        let mut state = self.lock();
        if let Some(at) = state.marks.iter().position(|(set, _)| *set == number) {
            let (_, mark) = state.marks[at];
            state.marks.truncate(at);
            if !keep {
                state.log.truncate(mark);
            }
        }
        Ok(())
    }

    /// Says which databases relations may lead to from here.
    pub(crate) fn introduce(&self, peers: &Arc<Peers>) {
        // A transaction comes from one set, so whoever was first said the same.
        let _ = self.peers.set(Arc::clone(peers));
    }

    /// The databases that relations may lead to from here.
    pub(crate) fn peers(&self) -> Option<&Arc<Peers>> {
        self.peers.get()
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // The state is whole at every point where a panic could leave the lock.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes the transaction out as soon as no one else has it.
    pub(crate) async fn take(&self) -> Result<TxGuard<'_>> {
        poll_fn(|context| {
            let mut state = self.lock();
            match &state.content {
                Content::Closed(why) => Poll::Ready(Err(Error::TransactionClosed(why))),
                Content::Taken => {
                    state.waiting.push(context.waker().clone());
                    Poll::Pending
                }
                Content::Here(_) => {
                    let Content::Here(tx) = std::mem::replace(&mut state.content, Content::Taken) else {
                        return Poll::Pending;
                    };
                    Poll::Ready(Ok(TxGuard { slot: self, tx: Some(tx) }))
                }
            }
        })
        .await
    }

    /// Closes the slot; what was in it is answered.
    pub(crate) fn close(&self, why: &'static str) -> Option<OpenTx> {
        let mut state = self.lock();
        let content = match &state.content {
            // Whoever closed it first said why.
            Content::Closed(_) => return None,
            _ => std::mem::replace(&mut state.content, Content::Closed(why)),
        };
        let waiting = std::mem::take(&mut state.waiting);
        drop(state);
        waiting.into_iter().for_each(Waker::wake);
        match content {
            Content::Here(tx) => Some(tx),
            _ => None,
        }
    }

    /// Takes the transaction out for good, to be ended.
    pub(crate) async fn finish(&self, why: &'static str) -> Result<OpenTx> {
        let mut guard = self.take().await?;
        let tx = guard.tx.take();
        drop(guard);
        self.close(why);
        tx.ok_or(Error::TransactionClosed(why))
    }

    /// The number of a new savepoint.
    fn next_savepoint(&self) -> u32 {
        let mut state = self.lock();
        state.savepoints += 1;
        state.savepoints
    }
}

impl TxGuard<'_> {
    /// The transaction.
    pub(crate) fn tx(&mut self) -> Result<&mut OpenTx> {
        self.tx.as_mut().ok_or(Error::TransactionClosed("it was taken away"))
    }

    /// Puts the transaction back.
    pub(crate) fn done(mut self) {
        if let Some(tx) = self.tx.take() {
            let mut state = self.slot.lock();
            if matches!(state.content, Content::Taken) {
                state.content = Content::Here(tx);
            }
            let waiting = std::mem::take(&mut state.waiting);
            drop(state);
            waiting.into_iter().for_each(Waker::wake);
        }
    }
}

impl Drop for TxGuard<'_> {
    fn drop(&mut self) {
        if self.tx.take().is_some() {
            self.slot.close("a call in it was cancelled, so it was rolled back");
        }
    }
}
