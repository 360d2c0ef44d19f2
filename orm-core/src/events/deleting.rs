//! A record that is to go, as hooks see it.

use super::along::Along;
use super::saving::veto;
use crate::error::Result;
use crate::model::{IntoDraft, Model};
use crate::plan::RowWrite;
use crate::provider::Row;
use std::fmt;

/// A record that is about to be deleted, whatever its model.
pub(super) struct Doomed<'a> {
    pub(super) stored: &'a dyn Row,
    pub(super) along: &'a mut Along,
}

/// A record that is about to be deleted, as the hooks
/// [`deleting`](crate::database::Builder::deleting) get it.
pub struct Deleting<'a, M> {
    record: M,
    along: &'a mut Along,
}

impl<'a, M: Model> Deleting<'a, M> {
    pub(super) fn new(of: Doomed<'a>) -> Result<Self> {
        Ok(Self { record: M::hydrate(of.stored)?, along: of.along })
    }

    /// The record as it is stored; its relations are not loaded.
    #[must_use]
    pub fn record(&self) -> &M {
        &self.record
    }

    /// The error that refuses the deletion: nothing is deleted, and the caller gets
    /// [`Error::Vetoed`](crate::Error::Vetoed).
    ///
    /// # Errors
    /// Always: `return deleting.veto("the last one stays")`.
    pub fn veto<R>(&self, reason: impl Into<String>) -> Result<R> {
        Err(veto(M::schema(), reason.into()))
    }

    /// Saves another record along, of any model: in the same transaction, all or nothing. The hooks of
    /// its model run before it, and may write more along, as by
    /// [`Saving::also_save`](super::Saving::also_save). Its model must be registered.
    ///
    /// # Errors
    /// As [`Repository::save`](crate::repository::Repository::save) before it touches the storage.
    pub fn also_save<T: Model>(&mut self, record: impl IntoDraft<T>) -> Result<()> {
        self.along.add(RowWrite::Merge, record)
    }

    /// As [`also_save`](Self::also_save), of a record that must be new.
    ///
    /// # Errors
    /// As there.
    pub fn also_insert<T: Model>(&mut self, record: impl IntoDraft<T>) -> Result<()> {
        self.along.add(RowWrite::Insert, record)
    }
}

impl<M: Model> fmt::Debug for Deleting<'_, M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Deleting").field("model", &M::schema().model).finish_non_exhaustive()
    }
}
