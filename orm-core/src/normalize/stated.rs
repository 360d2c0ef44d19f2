//! What gathered records say, and what they would have besides.

use super::gather::Gather;
use super::group::Pending;
use crate::error::Result;
use crate::events::Hooks;
use crate::model::schema::EntitySchema;
use crate::plan::{KeySet, RowWrite};
use crate::query::KeyIndex;

impl Gather {
    /// Gives records of which nothing is stored the columns that they don't state; answers the paths
    /// of those that have no default.
    pub(crate) fn fill_defaults(&mut self) -> Result<Vec<String>> {
        let mut missing = Vec::new();
        for group in 0..self.groups().len() as u32 {
            let entity = self.group(group).entity();
            for row in 0..self.group(group).rows.len() as u32 {
                if self.group(group).origins.get(row).pivot {
                    continue;
                }
                for column in 0..entity.fields.len() {
                    if self.group(group).rows.is_given(row as usize, column) {
                        continue;
                    }
                    match self.group(group).rows.filler(column) {
                        Some(value) => self.set(group, row, column, value.as_ref())?,
                        // The key that it would be is missing itself.
                        None if self.waits((group, row), column) => {}
                        None => missing.push(self.field_path(group, row, column)),
                    }
                }
            }
        }
        Ok(missing)
    }

    /// Gives records that can only be new the columns that they don't state, so that all of them is known
    /// when they are written. Where hooks may look at them, they stay as they were stated.
    pub(crate) fn complete_new(&mut self, hooks: &Hooks) {
        for at in 0..self.groups.len() {
            let group = &self.groups[at];
            let entity = group.entity();
            let new = group.how == RowWrite::Insert || group.is_unkeyed();
            if !new || group.rows.is_empty() || hooks.change(entity) {
                continue;
            }
            for column in 0..entity.fields.len() {
                // What waits for another record's key isn't to have its default.
                let waits = |p: &Pending| (p.group as usize, p.column as usize) == (at, column);
                let open = !entity.key.contains(&column) && !self.groups[at].rows.all_given(column);
                if open && !self.pending.iter().any(waits) {
                    self.groups[at].rows.take_fillers(column);
                }
            }
        }
    }

    /// What is stated of an entity's records in these columns.
    pub(crate) fn stated(&self, entity: &'static EntitySchema, columns: &[usize]) -> KeySet {
        let kinds: Vec<_> = columns.iter().map(|&c| entity.field(c).kind).collect();
        let mut index = KeyIndex::new(&kinds, 0);
        for data in self.groups().iter().filter(|data| data.entity().is(entity)) {
            for row in 0..data.rows.len() {
                index.push(|part| data.rows.value(row, columns[part]));
            }
        }
        index.take_keys()
    }
}
