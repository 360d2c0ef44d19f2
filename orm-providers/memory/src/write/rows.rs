//! Records that are merged, inserted or updated.

use super::{Incomplete, Writer, fault};
use crate::store::Refusal;
use crate::store::bulk::Bulk;
use orm_core::error::RowFault;
use orm_core::model::schema::EntitySchema;
use orm_core::plan::{RowWrite, Rows};
use orm_core::value::{Cell, Value, ValueRef};
use orm_core::{Error, Result};

/// Fewer rows than this go in one by one.
const BULK: usize = 16;

impl Writer<'_> {
    /// Writes records in order. `last` says that nothing follows in the batch.
    pub(super) fn put_rows(
        &mut self,
        slot: usize,
        write: usize,
        how: RowWrite,
        rows: &Rows,
        last: bool,
    ) -> Result<()> {
        let mut next = 0;
        if how != RowWrite::Update && rows.len() >= BULK {
            // Deleted rows are used again first, or the store would grow for ever.
            while rows.len() - next >= BULK && self.namespace.at(slot).has_holes() {
                self.put_row(slot, write, how, rows, next, false)?;
                next += 1;
            }
            if rows.len() - next >= BULK && self.append(slot, write, rows, next)? {
                return Ok(());
            }
        }
        self.expect(slot, rows.len() - next);
        for row in next..rows.len() {
            // Nothing can fail after the last row, unless records still wait for their columns.
            let last = last && row + 1 == rows.len() && self.incomplete.is_empty();
            self.put_row(slot, write, how, rows, row, last)?;
        }
        Ok(())
    }

    /// Adds all the rows from `next` on at once; `false` when they have to go one by one.
    fn append(&mut self, slot: usize, write: usize, rows: &Rows, next: usize) -> Result<bool> {
        let count = rows.len() - next;
        match self.namespace.at_mut(slot).append(rows, next) {
            Ok(Bulk::Done(first)) => {
                self.undo.appended(slot, first, count);
                if self.touched.is_some() {
                    for stored in (first..).take(count) {
                        self.touch(slot, stored, false);
                    }
                }
                Ok(true)
            }
            // A column that is lacking may still be given by a later write of the batch.
            Ok(Bulk::Mixed) | Err((_, Refusal::Missing(_))) => Ok(false),
            Err((row, refusal)) => Err(Error::row(write, row, fault(refusal))),
        }
    }

    fn put_row(
        &mut self,
        slot: usize,
        write: usize,
        how: RowWrite,
        rows: &Rows,
        row: usize,
        last: bool,
    ) -> Result<()> {
        let store = self.namespace.at(slot);
        let schema = store.schema;
        let refuse = |what: RowFault| Err(Error::row(write, row, what));
        if let Some(&column) = schema.key.iter().find(|&&c| !rows.has_value(row, c)) {
            return refuse(RowFault::Missing(column));
        }
        if let Some(column) = forbidden_null(schema, rows, row) {
            return refuse(RowFault::Missing(column));
        }
        let found = store.key_index().first(store, |part| rows.value(row, schema.key[part]));
        match (found, how) {
            (Some(_), RowWrite::Insert) => refuse(RowFault::Duplicate),
            (None, RowWrite::Update) => refuse(RowFault::NotFound),
            (Some(stored), _) => {
                self.merge(slot, stored, rows, row, last).or_else(|refusal| refuse(fault(refusal)))
            }
            (None, _) => {
                let (lacks, made) = fill_in(schema, rows, row);
                if let (true, Some(&column)) = (last, lacks.first()) {
                    return refuse(RowFault::Missing(column));
                }
                let value = |c: usize| match rows.cell(row, c) {
                    Cell::Given(value) => value,
                    Cell::Absent => made
                        .iter()
                        .find(|(column, _)| *column == c)
                        .map_or(ValueRef::Null, |(_, value)| value.as_ref()),
                };
                let stored = match self.namespace.at_mut(slot).insert(value) {
                    Ok(stored) => stored,
                    Err(refusal) => return refuse(fault(refusal)),
                };
                if !last {
                    self.undo.inserted(slot, stored);
                }
                self.touch(slot, stored, false);
                if !lacks.is_empty() {
                    self.incomplete.push(Incomplete { slot, stored, lacks, write, row });
                }
                Ok(())
            }
        }
    }

    /// Writes the given cells over a stored record.
    fn merge(
        &mut self,
        slot: usize,
        stored: u32,
        rows: &Rows,
        row: usize,
        last: bool,
    ) -> Result<(), Refusal> {
        let given = |c: usize| match rows.cell(row, c) {
            Cell::Given(value) => Some(value),
            Cell::Absent => None,
        };
        // Conflicts are about records that were written, changed by it or not.
        self.touch(slot, stored, false);
        let mut old = Vec::new();
        let keep = !last && !self.undo.is_covered(slot);
        let changed = self.namespace.at_mut(slot).update(stored, given, |c, value| {
            if keep {
                old.push((c, value.to_value()));
            }
        });
        if keep && !old.is_empty() {
            // Noted even when the update was cut short, as some cells may be written then.
            self.undo.updated(slot, stored, old);
        }
        changed?;
        for incomplete in &mut self.incomplete {
            if incomplete.slot == slot && incomplete.stored == stored {
                incomplete.lacks.retain(|&c| given(c).is_none());
            }
        }
        Ok(())
    }
}

/// A column that is given as NULL and mustn't be.
fn forbidden_null(schema: &EntitySchema, rows: &Rows, row: usize) -> Option<usize> {
    (0..schema.fields.len())
        .find(|&c| !schema.fields[c].nullable && rows.is_given(row, c) && !rows.has_value(row, c))
}

/// What a new record lacks, and what defaults make of the columns it doesn't state.
fn fill_in(schema: &EntitySchema, rows: &Rows, row: usize) -> (Vec<usize>, Vec<(usize, Value)>) {
    let (mut lacks, mut made) = (Vec::new(), Vec::new());
    for (c, field) in schema.fields.iter().enumerate() {
        if rows.is_given(row, c) {
            continue;
        }
        if field.required() {
            lacks.push(c);
        } else if field.default.is_some() {
            made.extend(rows.filler(c).map(|value| (c, value)));
        }
    }
    (lacks, made)
}
