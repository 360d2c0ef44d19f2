//! The records that a relation leads to from parents in hand, as they are read.

use super::key_index::KeyIndex;
use super::load::Edge;
use super::pivot::Between;
use super::record_list::{OwnedList, RecordList};
use crate::error::Result;
use crate::model::Ties;
use crate::model::schema::Side;
use crate::provider::{Flow, Row, RowSink};
use crate::value::{Kind, ValueRef};

/// Related records, each with the place of its parent.
pub(super) struct Children {
    pub(super) records: Box<dyn OwnedList>,
    pub(super) parents: Vec<u32>,
    pub(super) index: KeyIndex,
    /// Where the parts of the parent's key stand in a row.
    pub(super) key: Vec<usize>,
    pub(super) between: Option<Box<dyn Between>>,
    /// Where the record in between begins in a row.
    pub(super) between_at: usize,
}

/// What was found of a relation.
pub(super) struct Found {
    pub(super) records: Box<dyn OwnedList>,
    /// The place of each record's parent.
    pub(super) of: Vec<u32>,
    /// For each parent, what stands in between, where that is known.
    pub(super) ties: Vec<Option<Ties>>,
}

impl Found {
    pub(super) fn new(records: Box<dyn OwnedList>, of: Vec<u32>) -> Self {
        Self { records, of, ties: Vec::new() }
    }

    /// How many records each parent has.
    pub(super) fn counts(&self, parents: usize) -> Vec<usize> {
        let mut counts = vec![0; parents];
        for &parent in &self.of {
            counts[parent as usize] += 1;
        }
        counts
    }
}

impl RowSink for Children {
    fn expect(&mut self, rows: usize) {
        self.records.reserve(rows);
        self.parents.reserve(rows);
    }

    #[inline]
    fn row(&mut self, row: &dyn Row) -> Result<Flow> {
        let key = &self.key;
        for parent in self.index.places(|part| row.value(key[part])) {
            self.records.push(row)?;
            self.parents.push(parent as u32);
            if let Some(between) = &mut self.between {
                between.take(row, self.between_at)?;
            }
        }
        Ok(Flow::More)
    }
}

/// The parents' keys by which a relation leads to records, and the places that have each.
pub(super) fn parents_index(edge: Edge, parents: &dyn RecordList) -> KeyIndex {
    let Edge { own, schema: relation, .. } = edge;
    let kinds: Vec<Kind> = relation.from.iter().map(|&c| own.field(c).kind).collect();
    let mut index = KeyIndex::new(&kinds, parents.len());
    let guard = relation.guard.filter(|guard| guard.on == Side::Own);
    for parent in 0..parents.len() {
        if guard.is_some_and(|g| parents.value(parent, g.column) != ValueRef::Text(g.value)) {
            index.push(|_| ValueRef::Null);
            continue;
        }
        index.push(|i| parents.value(parent, relation.from[i]));
    }
    index
}
