//! What repositories do whatever their model: compiled once, not for each model.

use super::save::Assemble;
use crate::database::{Inner, ModelState, Scopes, View};
use crate::engine::{Backoff, Blocking, LentSink, Mode, Session};
use crate::error::Result;
use crate::model::schema::EntitySchema;
use crate::normalize::Gather;
use crate::plan::{KeySet, Predicate, Select, WriteBatch, Written};
use crate::value::KeyValues;
use std::sync::Arc;

/// Where a repository works: all that it has but the model's type.
#[derive(Clone, Copy)]
pub(crate) struct Place<'a> {
    pub(crate) database: &'a Inner,
    pub(crate) session: &'a Session,
    pub(crate) state: &'a ModelState,
    /// Whether its calls may block the thread that they are made on.
    pub(crate) blocking: bool,
}

impl<'a> Place<'a> {
    pub(crate) fn entity(self) -> &'static EntitySchema {
        self.state.schema
    }

    pub(crate) fn scopes(self) -> &'a Scopes {
        &self.database.registry.scopes
    }

    /// Makes sure that the storage is ready for the model and what it reaches.
    #[inline]
    pub(crate) async fn ready(self) -> Result<()> {
        if self.state.is_ready() {
            return Ok(());
        }
        self.database.make_ready(self.entity(), self.session).await
    }

    /// The tries of a write: one only in a transaction, which must be begun anew.
    pub(crate) fn backoff(self) -> Backoff {
        self.backoff_in(self.session)
    }

    pub(super) fn backoff_in(self, session: &Session) -> Backoff {
        Backoff::new(if session.in_transaction() { 0 } else { self.database.retries })
    }

    /// Applies a batch, trying again what may be tried again.
    pub(crate) async fn apply(self, mut batch: WriteBatch) -> Result<(WriteBatch, Written)> {
        let mut backoff = self.backoff();
        loop {
            let (back, written) = self.database.apply(self.session, batch).await;
            match written {
                Ok(written) => return Ok((back, written)),
                Err(error) if error.is_transient() && backoff.again_as(self.blocking).await => batch = back,
                Err(error) => return Err(error),
            }
        }
    }

    /// Reads the record of a key.
    pub(super) async fn find(self, key: KeyValues, into: &mut dyn LentSink) -> Result<()> {
        self.ready().await?;
        if self.state.narrowed {
            let (entity, scopes) = (self.entity(), self.scopes());
            let kinds = entity.key.iter().map(|&column| entity.field(column).kind);
            let keys = Arc::new(KeySet::single(kinds, &key));
            let filter = Predicate::Keys { columns: entity.key, keys };
            let plan = scopes.plan(Select { filter, ..Select::all(entity) }, View::default());
            return self.session.select_into(&Arc::new(plan), into).await;
        }
        self.session.find_into(self.entity(), key, into).await
    }

    /// [`find`](Self::find), where it may block.
    pub(super) fn find_now(self, key: KeyValues, into: &mut dyn LentSink) -> Result<()> {
        Blocking::answer(self.find(key, into))
    }

    /// [`write_all`](Self::write_all), where it may block.
    pub(super) fn write_all_now(self, gather: &mut Gather, assemble: &mut Assemble<'_>) -> Result<()> {
        Blocking::answer(self.write_all(gather, assemble))
    }

    /// [`write_streamed`](Self::write_streamed), where it may block.
    pub(super) fn write_streamed_now(self, gather: &mut Gather) -> Result<()> {
        Blocking::answer(self.write_streamed(gather))
    }
}
