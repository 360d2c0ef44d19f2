//! Writing plans.

use super::{KeySet, Predicate, Rows};
use crate::model::schema::EntitySchema;
use crate::value::Value;
use std::collections::HashMap;
use std::sync::Arc;

/// Writes that happen together or not at all, in order.
///
/// Rows whose key the storage makes come without it; the provider gives every such row its key
/// ([`EntitySchema::key`] has one integer column then), carries the keys along the [links](Self::links)
/// and leaves both in the batch, where the caller reads them. [`WriteBatch::assign_keys`] does it for
/// providers that can tell the next keys in advance.
#[derive(Debug, Clone, Default)]
pub struct WriteBatch {
    /// The writes; entities that are referred to come before those that refer to them.
    pub writes: Vec<Write>,
    /// Cells that take a key which is not known yet.
    pub links: Vec<Link>,
}

/// A write to one entity.
#[derive(Debug, Clone)]
pub struct Write {
    /// The entity.
    pub entity: &'static EntitySchema,
    /// What happens to it.
    pub change: Change,
}

/// What happens to an entity.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum Change {
    /// Records are written, in order; a later record of the same key meets what the earlier wrote.
    Rows {
        /// What is expected of records that exist.
        how: RowWrite,
        /// The records.
        rows: Rows,
    },
    /// The records of these keys are removed; keys that aren't stored are no error.
    Delete {
        /// The keys.
        keys: KeySet,
    },
    /// The records that meet a condition are removed.
    DeleteWhere {
        /// The condition.
        filter: Predicate,
    },
    /// The records that meet a condition are changed. Key columns are not among the assignments, and the
    /// core adds to no column of a unique index so, since engines differ in when they check it; but where
    /// [`ordered_updates`](crate::provider::Capabilities::ordered_updates) is claimed, it may add to
    /// [one](crate::plan::moved).
    UpdateWhere {
        /// The condition.
        filter: Predicate,
        /// Columns and what they become.
        set: Vec<(usize, Assignment)>,
    },
    /// All records are removed.
    Clear,
}

/// What is expected of the records that [`Change::Rows`] writes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum RowWrite {
    /// Merge by key: given columns overwrite, absent ones stay as stored; a new record takes the
    /// [fillers](Rows::filler), and lacking a required column is [`crate::Error::MissingField`]. (Where a batch says
    /// more of a record further on, the core has seen to it that the first row says it too.)
    Merge,
    /// The record must be new: [`crate::Error::DuplicateKey`] otherwise. Fillers as for `Merge`.
    Insert,
    /// The record must exist: [`crate::Error::NotFound`] otherwise. Absent columns stay.
    Update,
}

/// What a column becomes.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Assignment {
    /// This value.
    Set(Value),
    /// Its own value plus this number; NULL stays NULL, overflow is an error.
    Add(Value),
}

/// A foreign key that is filled from a record whose key may still have to be made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Link {
    /// The place in [`WriteBatch::writes`] of the record that refers.
    pub write: u32,
    /// Its row.
    pub row: u32,
    /// Its column.
    pub column: u32,
    /// The place in [`WriteBatch::writes`] of the record referred to.
    pub to_write: u32,
    /// Its row.
    pub to_row: u32,
    /// The column whose value is taken.
    pub to_column: u32,
    /// The place of the key in the list, where the column is a [list of keys](crate::value::keys).
    pub item: Option<u32>,
}

/// What an [apply](crate::provider::Connection::apply) did.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Written {
    /// For each write of the batch, how many records it inserted, changed or removed.
    pub affected: Vec<u64>,
}

impl WriteBatch {
    /// A batch of one write.
    #[must_use]
    pub fn one(entity: &'static EntitySchema, change: Change) -> Self {
        Self { writes: vec![Write { entity, change }], links: Vec::new() }
    }

    /// The rows of a write, if it has any.
    #[must_use]
    pub fn rows(&self, write: usize) -> Option<&Rows> {
        match &self.writes.get(write)?.change {
            Change::Rows { rows, .. } => Some(rows),
            _ => None,
        }
    }

    /// Gives keys to the rows of one write that lack theirs: `reserve` is asked once for as many
    /// consecutive keys as are lacking and answers the first.
    ///
    /// Call it for each write whose entity's key the storage makes, then [`WriteBatch::follow_links`].
    ///
    /// # Errors
    /// Those of `reserve`.
    pub fn assign_keys(
        &mut self,
        write: usize,
        reserve: impl FnOnce(u64) -> crate::Result<i64>,
    ) -> crate::Result<()> {
        let Some(Write { entity, change: Change::Rows { rows, .. } }) = self.writes.get_mut(write) else {
            return Ok(());
        };
        let column = entity.key[0];
        if rows.all_values(column) {
            return Ok(());
        }
        if rows.none_valued(column) {
            let first = reserve(rows.len() as u64)?;
            rows.number(column, first);
            return Ok(());
        }
        let lacking: Vec<usize> = (0..rows.len()).filter(|&r| !rows.has_value(r, column)).collect();
        let first = reserve(lacking.len() as u64)?;
        for (key, row) in (first..).zip(lacking) {
            // Integers take no buffer, so there is none to outgrow.
            let _ = rows.set(row, column, crate::value::ValueRef::Int(key));
        }
        Ok(())
    }

    /// Copies keys along the links; call it when all keys are known.
    pub fn follow_links(&mut self) {
        if self.links.is_empty() {
            return;
        }
        let mut lists: HashMap<(u32, u32, u32), HashMap<u32, Value>> = HashMap::new();
        for i in 0..self.links.len() {
            let link = self.links[i];
            let value = match self.rows(link.to_write as usize) {
                Some(rows) => rows.value(link.to_row as usize, link.to_column as usize).to_value(),
                None => continue,
            };
            match link.item {
                // A key of integers takes no buffer.
                None => self.rewrite(link.write, |rows| {
                    rows.set(link.row as usize, link.column as usize, value.as_ref())
                }),
                Some(item) => {
                    lists.entry((link.write, link.row, link.column)).or_default().insert(item, value);
                }
            }
        }
        for ((write, row, column), keys) in lists {
            // A list was made with room for its keys.
            self.rewrite(write, |rows| rows.set_items(row as usize, column as usize, &keys));
        }
    }

    fn rewrite(&mut self, write: u32, how: impl FnOnce(&mut Rows) -> bool) {
        if let Some(Write { change: Change::Rows { rows, .. }, .. }) = self.writes.get_mut(write as usize) {
            let _ = how(rows);
        }
    }

    /// The condition that a record is one of those that writes before this one remove for good; `None`
    /// where there are no such writes.
    pub(crate) fn removed_before(&self, write: usize) -> Option<Predicate> {
        let entity = self.writes[write].entity;
        let earlier = self.writes[..write].iter().filter(|earlier| earlier.entity.is(entity));
        let removed = earlier.filter_map(|earlier| match &earlier.change {
            Change::Clear => Some(Predicate::Constant(true)),
            Change::Delete { keys } => {
                Some(Predicate::Keys { columns: entity.key, keys: Arc::new(keys.clone()) })
            }
            Change::DeleteWhere { filter } => Some(filter.clone()),
            Change::Rows { .. } | Change::UpdateWhere { .. } => None,
        });
        let mut removed: Vec<Predicate> = removed.collect();
        if removed.len() < 2 { removed.pop() } else { Some(Predicate::Or(removed)) }
    }
}
