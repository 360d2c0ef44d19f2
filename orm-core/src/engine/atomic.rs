//! Steps that happen together or not at all, inside of a transaction or without one.

use super::session::Session;
use super::slot::TxSlot;
use crate::error::Result;
use crate::provider::TxOptions;
use std::sync::Arc;

/// A transaction of its own, or a savepoint of the one that is open.
pub(crate) struct Atomic {
    session: Session,
    slot: Arc<TxSlot>,
    /// The number of the savepoint; `None` for a transaction of its own, or when it has ended.
    savepoint: Option<u32>,
    ended: bool,
}

impl Atomic {
    pub(crate) async fn begin(session: &Session) -> Result<Self> {
        match session {
            Session::Connection(link) | Session::Hosted(link, _) => {
                let slot = Arc::new(TxSlot::new(link.begin(TxOptions::default()).await?));
                if let Some(peers) = session.peers() {
                    slot.introduce(peers);
                }
                let session = Session::Transaction(Arc::clone(&slot));
                Ok(Self { session, slot, savepoint: None, ended: false })
            }
            Session::Transaction(slot) => {
                let number = slot.next_savepoint();
                let mut guard = slot.take().await?;
                let set = guard.tx()?.savepoint(number).await;
                guard.done();
                set?;
                let slot = Arc::clone(slot);
                Ok(Self { session: session.clone(), slot, savepoint: Some(number), ended: false })
            }
        }
    }

    pub(crate) fn session(&self) -> &Session {
        &self.session
    }

    /// Keeps what came out well and undoes what didn't.
    pub(crate) async fn end<R>(mut self, outcome: Result<R>) -> Result<R> {
        let ended = match self.savepoint {
            Some(number) => {
                let mut guard = self.slot.take().await?;
                let ended = match &outcome {
                    Ok(_) => guard.tx()?.release(number).await,
                    Err(_) => guard.tx()?.rollback_to(number).await,
                };
                if outcome.is_err() && ended.is_err() {
                    // What couldn't be undone mustn't be committed: the guard takes it along.
                    drop(guard);
                } else {
                    guard.done();
                }
                ended
            }
            None => {
                let tx = self.slot.finish("it has ended").await?;
                match &outcome {
                    Ok(_) => tx.commit().await,
                    Err(_) => tx.rollback().await,
                }
            }
        };
        self.ended = true;
        // The first error is the one to tell.
        outcome.and_then(|answer| ended.map(|()| answer))
    }
}

impl Drop for Atomic {
    fn drop(&mut self) {
        if !self.ended {
            drop(self.slot.close("a call in it was cancelled, so it was rolled back"));
        }
    }
}
