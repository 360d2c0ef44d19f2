//! The one way from a repository to the storage: whatever is written passes here.

use super::Inner;
use crate::engine::Session;
use crate::error::Result;
use crate::plan::{WriteBatch, Written};

impl Inner {
    /// Applies a batch, once; the batch comes back with the keys that the storage made.
    pub(crate) async fn apply(
        &self,
        session: &Session,
        batch: WriteBatch,
    ) -> (WriteBatch, Result<Written>) {
        session.apply(batch).await
    }
}
