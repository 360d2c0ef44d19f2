//! Removing records: for good, or by marking them as deleted.

use super::cascade::Cascade;
use super::{Clock, Inner};
use crate::engine::{Session, Snapshot};
use crate::error::Result;
use crate::model::schema::EntitySchema;
use crate::plan::{Assignment, Change, KeySet, Predicate, Write, WriteBatch};
use crate::provider::TxOptions;
use crate::value::{Timestamp, Value};
use std::sync::Arc;

/// Records that are to be removed.
#[derive(Debug, Clone)]
pub(crate) struct Removal {
    pub(crate) entity: &'static EntitySchema,
    pub(crate) which: Which,
    /// What they must meet besides, to be seen at all.
    pub(crate) seen: Predicate,
    /// Whether records that could be marked are removed for good.
    pub(crate) forever: bool,
}

/// Which records.
#[derive(Debug, Clone)]
pub(crate) enum Which {
    All,
    Keys(KeySet),
    Where(Predicate),
}

impl Removal {
    /// The column to be set, where the records are only marked.
    pub(super) fn mark(&self) -> Option<usize> {
        self.entity.deleted_at.filter(|_| !self.forever)
    }

    /// The condition that the records meet.
    pub(super) fn filter(self) -> Predicate {
        let which = match self.which {
            Which::All => Predicate::Constant(true),
            Which::Keys(keys) => Predicate::Keys { columns: self.entity.key, keys: Arc::new(keys) },
            Which::Where(filter) => filter,
        };
        which.and(self.seen)
    }

    /// The write that does it, where nothing else is touched.
    fn write(self, clock: &Clock) -> Write {
        let entity = self.entity;
        let everything = self.seen == Predicate::Constant(true);
        let change = match (self.mark(), self.which) {
            (Some(column), which) => {
                let filter = Removal { which, ..self }.filter();
                Change::UpdateWhere { filter, set: vec![marked(column, clock.now())] }
            }
            (None, Which::All) if everything => Change::Clear,
            (None, Which::Keys(keys)) if everything => Change::Delete { keys },
            (None, which) => Change::DeleteWhere { filter: Removal { which, ..self }.filter() },
        };
        Write { entity, change }
    }
}

/// The assignment that marks a record as deleted.
pub(super) fn marked(column: usize, now: Timestamp) -> (usize, Assignment) {
    (column, Assignment::Set(Value::Timestamp(now)))
}

impl Inner {
    /// Removes records and answers how many, once. What refers to them doesn't count.
    pub(crate) async fn remove(&self, session: &Session, removal: Removal) -> Result<u64> {
        if !self.registry.is_referred_to(removal.entity) {
            return self.write_all(session, vec![removal.write(&self.settings.clock)]).await;
        }
        self.ready_to_remove(removal.entity, session).await?;
        let work = Snapshot::begin(session, TxOptions::default()).await?;
        let outcome = match self.removal(work.session(), removal).await {
            Ok(writes) => self.write_all(work.session(), writes).await,
            Err(error) => Err(error),
        };
        work.end(outcome).await
    }

    /// Makes the storage ready for all that may refer to an entity's records.
    pub(crate) async fn ready_to_remove(
        &self,
        entity: &'static EntitySchema,
        session: &Session,
    ) -> Result<()> {
        for child in self.registry.referrers.reach(entity) {
            if !self.registry.register(child).is_ready() {
                self.make_ready(child, session).await?;
            }
        }
        Ok(())
    }

    /// The writes of a removal, the last of which is that of the records themselves. What it reads must
    /// not change before they are written: `session` is a transaction where others refer to the records.
    pub(crate) async fn removal(&self, session: &Session, removal: Removal) -> Result<Vec<Write>> {
        if !self.registry.is_referred_to(removal.entity) {
            return Ok(vec![removal.write(&self.settings.clock)]);
        }
        let marked = removal.mark().map(|_| self.settings.clock.now());
        let entity = removal.entity;
        Cascade::new(self, session, marked).writes(entity, removal.filter()).await
    }

    /// Applies writes and answers how many records the last one touched.
    async fn write_all(&self, session: &Session, writes: Vec<Write>) -> Result<u64> {
        let batch = WriteBatch { writes, links: Vec::new() };
        let (_, written) = self.apply(session, batch).await;
        Ok(written?.affected.last().copied().unwrap_or(0))
    }
}
