//! News of commits.

use super::Database;
use crate::engine::Mode;
use crate::events::{ChangeSet, Subscription};
use std::sync::Arc;

impl<D: Mode> Database<D> {
    /// Calls back after each commit that changed something, until the answer is dropped.
    ///
    /// It hears of the commits of all databases of this process on this connection of this provider,
    /// once for each commit: a save is one, a transaction is one. What is rolled back, to a savepoint
    /// too, is never told; nor is a commit of which nobody knows whether it happened
    /// ([`Error::CommitUnknown`](crate::Error::CommitUnknown)). What an open transaction wrote before
    /// somebody began to listen is not told either.
    ///
    /// The callback runs where the commit was made, before that answers, so it should be short; for more
    /// there is [`subscribe`](Self::subscribe). It may use the database, and is called for what it writes
    /// itself; one that holds the database keeps it open. Whether it panics or not, what is committed stays
    /// so.
    ///
    /// To know which records are new, and which ones a filter touches, their keys are read in the same
    /// transaction before they are written. That costs nothing unless somebody listens.
    pub fn on_change(&self, callback: impl Fn(&ChangeSet) + Send + Sync + 'static) -> Subscription {
        self.inner.hub.hub().call(Arc::new(callback))
    }

    /// What is committed from now on, set by set: as [`on_change`](Self::on_change), to be read at leisure.
    ///
    /// Waiting for the next set blocks the thread, or the task. It never holds up those who write: when
    /// more than 1,024 sets (or those with more than a million keys) wait, the oldest are dropped, and the
    /// next one says [how many](ChangeSet::missed). Ends when the last database on the connection is
    /// closed.
    ///
    /// ```
    /// # use orm_core::prelude::*;
    /// # #[derive(Model)] struct User { #[key] id: u64, name: String }
    /// # fn example(db: Database) {
    /// let changes = db.subscribe();
    /// std::thread::spawn(move || {
    ///     for set in changes {
    ///         println!("new users: {:?}", set.inserted::<User>());
    ///     }
    /// });
    /// # }
    /// ```
    pub fn subscribe(&self) -> D::Rows<'static, ChangeSet> {
        let inbox = self.inner.hub.hub().subscribe();
        D::rows(inbox, |inbox| async move {
            let set = inbox.next().await?;
            Some((set, inbox))
        })
    }
}
