//! Plug-ins: what a database is extended by.

use super::Builder;
use crate::engine::Mode;
use std::any::type_name;

/// Something that extends a database before it starts: by models, hooks, callbacks or settings.
///
/// ```
/// use orm_core::database::{Builder, Plugin};
/// use orm_core::{Mode, prelude::*};
/// # #[derive(Model)] struct User { #[key] id: u64, name: String }
///
/// #[derive(Model)]
/// struct Entry {
///     #[key(auto)]
///     id: u64,
///     text: String,
/// }
///
/// /// Writes down every user that is saved, in the same transaction.
/// struct Journal;
///
/// impl<D: Mode> Plugin<D> for Journal {
///     fn install(self, builder: Builder<D>) -> Builder<D> {
///         builder.models::<Entry>().saving::<User>(|saving| {
///             let name = saving.get(|u| u.name)?.unwrap_or_default();
///             saving.also_insert::<Entry>(Entry::draft().text(name))
///         })
///     }
/// }
///
/// # fn example(provider: impl orm_core::provider::DataProvider) -> orm_core::Result<()> {
/// let db = Database::builder()
///     .provider(provider)
///     .plugin(Journal)
///     .plugin(|builder: Builder<_>| builder.max_depth(20)) // a closure is one too
///     .start()?;
/// # Ok(()) }
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no plug-in of a database whose mode is `{D}`",
    label = "expected a `Plugin`, or a closure from a builder to a builder",
    note = "implement it for every mode: `impl<D: Mode> Plugin<D> for {Self}`"
)]
pub trait Plugin<D: Mode>: Sized {
    /// What it is called where plug-ins are listed; the name of its type unless told.
    fn name(&self) -> &'static str {
        type_name::<Self>()
    }

    /// Adds what it brings.
    fn install(self, builder: Builder<D>) -> Builder<D>;
}

impl<D: Mode, F: FnOnce(Builder<D>) -> Builder<D>> Plugin<D> for F {
    fn install(self, builder: Builder<D>) -> Builder<D> {
        self(builder)
    }
}

impl<D: Mode> Builder<D> {
    /// Extends the database by a plug-in. Hooks and callbacks of plug-ins run in the order in which they
    /// are added, as if they were written here.
    pub fn plugin(mut self, plugin: impl Plugin<D>) -> Self {
        self.plugins.push(plugin.name());
        plugin.install(self)
    }
}
