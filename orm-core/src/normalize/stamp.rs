//! When records were written: the columns of `#[model(timestamps)]`.

use super::gather::Gather;
use super::group::Group;
use crate::error::Result;
use crate::plan::RowWrite;
use crate::query::KeyIndex;
use crate::value::{Kind, Timestamp, Value, ValueRef};

impl Gather {
    /// Gives the columns that say when a record was written the time of this write, where the input
    /// doesn't state them. To be called when all records are gathered; a second call finds them stated.
    pub(crate) fn stamp(&mut self) -> Result<()> {
        for group in 0..self.groups().len() {
            let entity = self.group(group as u32).entity();
            if entity.created_at.is_none() && entity.updated_at.is_none() {
                continue;
            }
            let now = *self.now.get_or_insert_with(|| self.settings.clock.now());
            if let Some(column) = entity.created_at {
                // Only the storage knows which records of a merge are new.
                self.rows_mut(group).fill(column, Value::Timestamp(now));
                if self.group(group as u32).how == RowWrite::Insert {
                    self.state(group as u32, column, now, &[])?;
                }
            }
            if let Some(column) = entity.updated_at {
                let stated = stated(self.group(group as u32), column);
                self.state(group as u32, column, now, &stated)?;
            }
        }
        Ok(())
    }

    /// Sets a column of the rows that don't state it, except for those that are `settled`.
    fn state(&mut self, group: u32, column: usize, now: Timestamp, settled: &[bool]) -> Result<()> {
        if self.group(group).rows.all_given(column) {
            return Ok(());
        }
        for row in 0..self.group(group).rows.len() {
            if !self.group(group).rows.is_given(row, column) && !settled.get(row).is_some_and(|s| *s) {
                self.set(group, row as u32, column, ValueRef::Timestamp(now))?;
            }
        }
        Ok(())
    }
}

/// The rows whose record states the column somewhere else in the input; empty when there are none.
fn stated(group: &Group, column: usize) -> Vec<bool> {
    let rows = &group.rows;
    if rows.none_given(column) || rows.all_given(column) {
        return Vec::new();
    }
    let entity = group.entity();
    let kinds: Vec<Kind> = entity.key.iter().map(|&c| entity.field(c).kind).collect();
    let mut index = KeyIndex::new(&kinds, rows.len());
    for row in 0..rows.len() {
        index.push(|part| rows.value(row, entity.key[part]));
    }
    let mut stated = vec![false; rows.len()];
    for row in (0..rows.len()).filter(|&row| rows.is_given(row, column)) {
        for same in index.places(|part| rows.value(row, entity.key[part])) {
            stated[same] = true;
        }
    }
    stated
}
