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
            Session::Connection(link, hub) | Session::Hosted(link, hub, _) => {
                let options = TxOptions::new();
                let slot = Arc::new(TxSlot::new(link.begin(options).await?, Arc::clone(hub), options));
                if let Some(peers) = session.peers() {
                    slot.introduce(peers);
                }
                let session = Session::Transaction(Arc::clone(&slot));
                Ok(Self { session, slot, savepoint: None, ended: false })
            }
            Session::Transaction(slot) => {
                let number = slot.savepoint().await?;
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
            Some(number) => self.slot.end_savepoint(number, outcome.is_ok()).await,
            None => match &outcome {
                Ok(_) => self.slot.commit("it has ended").await,
                Err(_) => self.slot.finish("it has ended").await?.rollback().await,
            },
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
