//! Hooks that run before writes: which there are, and for which writes.

use super::collect::marks;
use super::deleting::{Deleting, Doomed};
use super::saving::{Saving, Written};
use crate::error::Result;
use crate::model::Model;
use crate::model::schema::EntitySchema;
use crate::plan::{Change, Write, WriteBatch};
use std::fmt;

type OfRow = Box<dyn Fn(Written<'_>) -> Result<()> + Send + Sync>;
type OfDeletion = Box<dyn Fn(Doomed<'_>) -> Result<()> + Send + Sync>;

/// All hooks of a database, in the order in which they were registered.
#[derive(Default)]
pub(crate) struct Hooks(Vec<OfModel>);

/// The hooks of one model.
pub(super) struct OfModel {
    schema: &'static EntitySchema,
    pub(super) saving: Vec<OfRow>,
    pub(super) inserting: Vec<OfRow>,
    pub(super) updating: Vec<OfRow>,
    pub(super) deleting: Vec<OfDeletion>,
}

/// When a hook of records that are written runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum When {
    Saving,
    Inserting,
    Updating,
}

impl Hooks {
    fn entry(&mut self, schema: &'static EntitySchema) -> &mut OfModel {
        let at = self.0.iter().position(|hooks| hooks.schema.is(schema)).unwrap_or_else(|| {
            self.0.push(OfModel {
                schema,
                saving: Vec::new(),
                inserting: Vec::new(),
                updating: Vec::new(),
                deleting: Vec::new(),
            });
            self.0.len() - 1
        });
        &mut self.0[at]
    }

    pub(crate) fn on_write<M: Model>(
        &mut self,
        when: When,
        hook: impl Fn(&mut Saving<'_, M>) -> Result<()> + Send + Sync + 'static,
    ) {
        let hook: OfRow = Box::new(move |written| hook(&mut Saving::new(written)));
        let hooks = self.entry(M::schema());
        match when {
            When::Saving => hooks.saving.push(hook),
            When::Inserting => hooks.inserting.push(hook),
            When::Updating => hooks.updating.push(hook),
        }
    }

    pub(crate) fn on_delete<M: Model>(
        &mut self,
        hook: impl Fn(&mut Deleting<'_, M>) -> Result<()> + Send + Sync + 'static,
    ) {
        let hook: OfDeletion = Box::new(move |doomed| hook(&mut Deleting::new(doomed)?));
        self.entry(M::schema()).deleting.push(hook);
    }

    /// Whether any hook is to run before this batch.
    #[inline]
    pub(crate) fn concern(&self, batch: &WriteBatch) -> bool {
        !self.0.is_empty() && batch.writes.iter().any(|write| self.of(write).is_some())
    }

    /// Whether any hook may change records of an entity that are saved.
    pub(crate) fn change(&self, entity: &EntitySchema) -> bool {
        self.0.iter().any(|hooks| hooks.schema.is(entity) && hooks.any_of_rows())
    }

    /// The hooks that are to run before a write.
    pub(super) fn of(&self, write: &Write) -> Option<&OfModel> {
        let hooks = self.0.iter().find(|hooks| hooks.schema.is(write.entity))?;
        let any = match &write.change {
            Change::Rows { .. } => hooks.any_of_rows(),
            Change::UpdateWhere { set, .. } if marks(write.entity, set) == Some(true) => {
                !hooks.deleting.is_empty()
            }
            Change::UpdateWhere { .. } => !hooks.saving.is_empty() || !hooks.updating.is_empty(),
            Change::Delete { .. } | Change::DeleteWhere { .. } | Change::Clear => !hooks.deleting.is_empty(),
        };
        any.then_some(hooks)
    }
}

impl OfModel {
    fn any_of_rows(&self) -> bool {
        !(self.saving.is_empty() && self.inserting.is_empty() && self.updating.is_empty())
    }

    /// The hooks of a record that is written, in the order in which they run.
    pub(super) fn of_row(&self, new: bool) -> impl Iterator<Item = &OfRow> {
        self.saving.iter().chain(if new { &self.inserting } else { &self.updating })
    }
}

impl fmt::Debug for Hooks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut map = f.debug_map();
        for hooks in &self.0 {
            let counts = [
                ("saving", hooks.saving.len()),
                ("inserting", hooks.inserting.len()),
                ("updating", hooks.updating.len()),
                ("deleting", hooks.deleting.len()),
            ];
            let there: Vec<_> = counts.into_iter().filter(|(_, count)| *count > 0).collect();
            map.entry(&hooks.schema.model, &there);
        }
        map.finish()
    }
}
