//! Hooks and callbacks that a database has from the start.

use super::Builder;
use crate::engine::Mode;
use crate::error::Result;
use crate::events::{ChangeSet, Deleting, Saving, When};
use crate::model::Model;
use std::sync::Arc;

impl<D: Mode> Builder<D> {
    /// Runs `hook` before a record of `M` is written, be it new or not, nested or not, by value, draft or
    /// JSON, or found by the filter of an update. It may [change](Saving::set) the record,
    /// [refuse](Saving::veto) it or [write](Saving::also_save) others along.
    ///
    /// Hooks run in the order in which they are registered, each seeing what those before it made of the
    /// record: all of `saving` first, then those of [`inserting`](Self::inserting) or
    /// [`updating`](Self::updating). They may run again when the write is tried again after a conflict.
    /// What a hook writes along meets the hooks of its own model, which may write more along: after 16 such
    /// rounds that is taken for a circle, and the write ends as
    /// [`Error::Configuration`](crate::Error::Configuration).
    ///
    /// What is stored of the records is read before, in the same transaction; an update by filter becomes
    /// one of each record that was found. All of that costs nothing for models without hooks.
    ///
    /// ```
    /// # use orm_core::prelude::*;
    /// # #[derive(Model)] struct User { #[key] id: u64, name: String }
    /// # fn example(provider: impl orm_core::provider::DataProvider) -> orm_core::Result<()> {
    /// let db = Database::builder()
    ///     .provider(provider)
    ///     .saving::<User>(|saving| {
    ///         let Some(name) = saving.get(|u| u.name)? else { return Ok(()) };
    ///         if name.trim().is_empty() {
    ///             return saving.veto("a name has letters");
    ///         }
    ///         saving.set(|u| u.name, name.trim())
    ///     })
    ///     .start()?;
    /// # Ok(()) }
    /// ```
    pub fn saving<M: Model>(
        mut self,
        hook: impl Fn(&mut Saving<'_, M>) -> Result<()> + Send + Sync + 'static,
    ) -> Self {
        self.hooks.on_write(When::Saving, hook);
        self
    }

    /// As [`saving`](Self::saving), of records that are new.
    pub fn inserting<M: Model>(
        mut self,
        hook: impl Fn(&mut Saving<'_, M>) -> Result<()> + Send + Sync + 'static,
    ) -> Self {
        self.hooks.on_write(When::Inserting, hook);
        self
    }

    /// As [`saving`](Self::saving), of records that exist.
    pub fn updating<M: Model>(
        mut self,
        hook: impl Fn(&mut Saving<'_, M>) -> Result<()> + Send + Sync + 'static,
    ) -> Self {
        self.hooks.on_write(When::Updating, hook);
        self
    }

    /// Runs `hook` before a record of `M` is deleted, by its key, by a filter or with all others. The
    /// records are read before, in the same transaction. It may [refuse](Deleting::veto).
    pub fn deleting<M: Model>(
        mut self,
        hook: impl Fn(&mut Deleting<'_, M>) -> Result<()> + Send + Sync + 'static,
    ) -> Self {
        self.hooks.on_delete(hook);
        self
    }

    /// Calls back after each commit for as long as the database is there: see
    /// [`Database::on_change`](super::Database::on_change).
    pub fn on_change(mut self, callback: impl Fn(&ChangeSet) + Send + Sync + 'static) -> Self {
        self.callbacks.push(Arc::new(callback));
        self
    }
}
