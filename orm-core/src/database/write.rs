//! The one way from a repository to the storage: whatever is written passes here.

use super::lowered::{self, Lowered};
use super::{Inner, versions};
use crate::engine::{Session, Snapshot};
use crate::error::Result;
use crate::plan::{WriteBatch, Written};
use crate::provider::TxOptions;

impl Inner {
    /// Applies a batch, once: all of it or nothing, also in an open transaction. The batch comes back
    /// with the keys that the storage made.
    pub(crate) async fn apply(
        &self,
        session: &Session,
        mut batch: WriteBatch,
    ) -> (WriteBatch, Result<Written>) {
        versions::count_updates(&mut batch, &self.settings.clock);
        if self.hooks.concern(&batch) {
            return Box::pin(self.apply_with_hooks(session, batch)).await;
        }
        self.apply_checked(session, batch).await
    }

    /// The same, when hooks have run.
    pub(crate) async fn apply_checked(
        &self,
        session: &Session,
        mut batch: WriteBatch,
    ) -> (WriteBatch, Result<Written>) {
        if !versions::must_be_read(&batch) && !lowered::is_needed(&batch, &self.capabilities) {
            return session.apply(batch).await;
        }
        // What is read must not change before it is written.
        let work = match Snapshot::begin(session, TxOptions::default()).await {
            Ok(work) => work,
            Err(error) => return (batch, Err(error)),
        };
        let lowered = match Lowered::of(&mut batch, work.session(), &self.capabilities).await {
            Ok(lowered) => lowered,
            Err(error) => return (batch, work.end(Err(error)).await),
        };
        let outcome = match versions::check(&mut batch, work.session()).await {
            Ok(()) => {
                let (back, written) = work.session().apply(batch).await;
                batch = back;
                written
            }
            Err(error) => Err(error),
        };
        let outcome = lowered.undo(&mut batch, outcome);
        (batch, work.end(outcome).await)
    }
}
