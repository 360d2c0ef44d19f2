//! The records of one entity in a batch in the making, and what they wait for.

use crate::model::schema::{EntitySchema, KeySource};
use crate::normalize::ROOT;
use crate::plan::{RowWrite, Rows};
use crate::query::KeyIndex;
use crate::value::{Cell, ValueRef};
use std::ops::Range;

/// Where a record came from.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Origin {
    /// The group of the record it was nested in, or [`ROOT`].
    pub(crate) parent: u32,
    pub(crate) parent_row: u32,
    /// The relation of the parent that it was nested in.
    pub(crate) relation: u16,
    /// Whether this is not the related record, but the pivot row that leads to it.
    pub(crate) pivot: bool,
    /// Its place in the list it stood in.
    pub(crate) ordinal: u32,
}

impl Origin {
    pub(crate) fn root(ordinal: u32) -> Self {
        Self { parent: ROOT, parent_row: 0, relation: 0, pivot: false, ordinal }
    }
}

/// Where the records of a group came from, row by row. Those of a plain list take no memory.
#[derive(Debug, Default)]
pub(crate) struct Origins {
    /// How many rows at the beginning are nested in nothing, in the order of the input.
    roots: u32,
    /// Where those behind them came from.
    others: Vec<Origin>,
}

impl Origins {
    #[inline]
    pub(super) fn push(&mut self, origin: Origin) {
        if self.others.is_empty() && origin.parent == ROOT && origin.ordinal == self.roots {
            self.roots += 1;
        } else {
            self.others.push(origin);
        }
    }

    #[inline]
    pub(crate) fn get(&self, row: u32) -> Origin {
        match row.checked_sub(self.roots) {
            None => Origin::root(row),
            Some(at) => self.others[at as usize],
        }
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = Origin> {
        (0..self.roots).map(Origin::root).chain(self.others.iter().copied())
    }

    /// The rows of records that are nested in nothing.
    pub(crate) fn roots(&self) -> impl Iterator<Item = usize> {
        let others = self.others.iter().enumerate().filter(|(_, origin)| origin.parent == ROOT);
        let first = self.roots as usize;
        (0..first).chain(others.map(move |(at, _)| first + at))
    }

    /// Whether no record is nested in another.
    pub(super) fn are_roots(&self) -> bool {
        self.others.iter().all(|origin| origin.parent == ROOT)
    }
}

/// The records of one entity that are written in one way.
#[derive(Debug)]
pub(crate) struct Group {
    pub(crate) how: RowWrite,
    pub(crate) rows: Rows,
    pub(crate) origins: Origins,
    /// The group that each relation's records go to; [`ROOT`] until there is one. Empty until there is any.
    pub(super) targets: Vec<u32>,
    /// The rows whose key the storage makes.
    pub(super) unkeyed: Ascending,
    /// The versions that the input states; a write puts the next ones in their place.
    pub(super) stated: Option<Vec<Option<i64>>>,
}

impl Group {
    pub(crate) fn entity(&self) -> &'static EntitySchema {
        self.rows.entity()
    }

    /// Whether the storage makes the key of every record, so that all of them are new and none is met twice.
    pub(super) fn is_unkeyed(&self) -> bool {
        self.unkeyed.len() == self.rows.len()
    }

    /// Where records lack required columns, makes every record that is met more than once say all that
    /// is said of it anywhere: an incomplete one may come before the whole.
    pub(super) fn merge_repeats(&mut self) {
        if self.rows.len() < 2 || self.is_unkeyed() || self.rows.complete() {
            return;
        }
        let entity = self.entity();
        let kinds: Vec<_> = entity.key.iter().map(|&c| entity.field(c).kind).collect();
        let mut index = KeyIndex::new(&kinds, self.rows.len());
        for row in 0..self.rows.len() {
            index.push(|part| self.rows.value(row, entity.key[part]));
        }
        let mut done = vec![false; self.rows.len()];
        for row in 0..self.rows.len() {
            let rows = &self.rows;
            let mut repeats: Vec<usize> = index.places(|part| rows.value(row, entity.key[part])).collect();
            if repeats.len() < 2 || std::mem::replace(&mut done[row], true) {
                continue;
            }
            repeats.reverse();
            for &later in &repeats[1..] {
                done[later] = true;
                // What fitted into the buffers once for each record may be too much twice over; then
                // the provider meets the records as they are.
                let _ = self.rows.merge(later, repeats[0]);
            }
            for &later in &repeats[1..] {
                let _ = self.rows.merge(repeats[0], later);
            }
        }
    }

    /// Puts the versions back that the input states: an earlier try has counted them on.
    pub(super) fn restate_versions(&mut self) {
        let Some(column) = self.entity().version else { return };
        let rows = &mut self.rows;
        let Some(stated) = &self.stated else {
            let version = |row| match rows.cell(row, column) {
                Cell::Given(ValueRef::Int(version)) => Some(version),
                _ => None,
            };
            self.stated = Some((0..rows.len()).map(version).collect());
            return;
        };
        for (row, stated) in stated.iter().enumerate() {
            match stated {
                // Integers take no buffer, so there is none to outgrow.
                Some(version) => drop(rows.set(row, column, ValueRef::Int(*version))),
                None => rows.unset(row, column),
            }
        }
    }

    /// Whether a cell that has no value gets it as the key that the storage makes.
    pub(super) fn waits_for_storage(&self, column: usize) -> bool {
        matches!(self.entity().key_source, KeySource::Storage) && self.entity().key == [column]
    }
}

/// Rows in ascending order, as runs of such that follow each other: mostly, that is one.
#[derive(Debug, Default)]
pub(super) struct Ascending {
    count: usize,
    last: Range<u32>,
    before: Vec<Range<u32>>,
}

impl Ascending {
    pub(super) fn push(&mut self, row: u32) {
        self.count += 1;
        if self.last.is_empty() {
            self.last = row..row + 1;
        } else if self.last.end == row {
            self.last.end += 1;
        } else {
            self.before.push(std::mem::replace(&mut self.last, row..row + 1));
        }
    }

    pub(super) fn len(&self) -> usize {
        self.count
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = u32> {
        self.before.iter().chain(std::iter::once(&self.last)).cloned().flatten()
    }
}

/// Some of the groups of a batch in the making: mostly none.
#[derive(Debug, Clone, Default)]
pub(crate) struct SomeGroups(Vec<usize>);

impl SomeGroups {
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(crate) fn contains(&self, group: usize) -> bool {
        self.0.contains(&group)
    }
}

impl FromIterator<usize> for SomeGroups {
    fn from_iter<I: IntoIterator<Item = usize>>(groups: I) -> Self {
        Self(groups.into_iter().collect())
    }
}

/// A nested record that waits for its parent to end.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Child {
    pub(super) relation: u16,
    /// Whether this is not the related record, but the pivot row that leads to it by its key.
    pub(super) pivot: bool,
    /// [`ROOT`] where there is but a key, for a list of keys.
    pub(super) group: u32,
    pub(super) row: u32,
}

/// The place of a pivot's row: its group, and the row there.
pub(super) type Tie = (u32, u32);

/// A foreign key that waits for a key that the storage makes.
#[derive(Debug, Clone, Copy)]
pub(super) struct Pending {
    pub(super) group: u32,
    pub(super) row: u32,
    pub(super) column: u32,
    pub(super) to_group: u32,
    pub(super) to_row: u32,
    pub(super) to_column: u32,
    /// The key's place, where the column is a list of keys.
    pub(super) item: Option<u32>,
}
