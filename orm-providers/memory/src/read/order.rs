//! Ordering rows.

use crate::store::EntityStore;
use crate::store::column::Column;
use orm_core::plan::Sort;
use orm_core::value::ValueRef;
use std::cmp::Ordering;

/// Orders the rows of one store.
#[derive(Debug)]
pub(super) struct Sorter<'a> {
    store: &'a EntityStore,
    terms: Vec<Sort>,
}

/// A row with the head of what it is ordered by, which decides nearly all comparisons.
#[derive(Debug, Clone, Copy)]
pub(super) struct Entry {
    /// Where NULL stands: 0 before the values (1), 2 after them.
    rank: u8,
    pub(super) row: u32,
    prefix: u64,
}

/// The head of a value, in the order of the values, and whether it is all of it.
#[inline]
fn prefix(column: &Column, at: usize) -> (u64, bool) {
    fn head(bytes: &[u8]) -> u64 {
        let mut first = [0; 8];
        let length = bytes.len().min(8);
        first[..length].copy_from_slice(&bytes[..length]);
        u64::from_be_bytes(first)
    }
    if let Some(raw) = column.raw_int(at) {
        return (raw as u64 ^ (1 << 63), true);
    }
    match column.get(at) {
        ValueRef::Float(float) => {
            let bits = (float + 0.0).to_bits();
            // Negative floats order backwards.
            let ordered = if bits >> 63 == 1 { !bits } else { bits | 1 << 63 };
            (ordered, true)
        }
        ValueRef::Text(text) => (head(text.as_bytes()), false),
        ValueRef::Bytes(bytes) => (head(bytes), false),
        ValueRef::Uuid(uuid) => (head(&uuid), false),
        _ => (0, true),
    }
}

impl<'a> Sorter<'a> {
    /// By these terms; ties are broken by the key where the order has to be `stable`.
    pub(super) fn new(store: &'a EntityStore, order: &[Sort], stable: bool) -> Self {
        let mut terms = order.to_vec();
        if stable {
            for &column in store.schema.key {
                if !terms.iter().any(|term| term.column == column) {
                    terms.push(Sort { column, descending: false, nulls_first: true });
                }
            }
        }
        Self { store, terms }
    }

    pub(super) fn entry(&self, row: u32) -> Entry {
        let mut entry = Entry { rank: 1, row, prefix: 0 };
        if let (Some(term), Some((chunk, at))) = (self.terms.first(), self.store.place(row)) {
            let column = &chunk.columns[term.column];
            if column.is_null(at) {
                entry.rank = if term.nulls_first { 0 } else { 2 };
            } else {
                let (prefix, _) = prefix(column, at);
                entry.prefix = if term.descending { !prefix } else { prefix };
            }
        }
        entry
    }

    pub(super) fn compare(&self, a: &Entry, b: &Entry) -> Ordering {
        (a.rank, a.prefix).cmp(&(b.rank, b.prefix)).then_with(|| self.compare_rows(a.row, b.row))
    }

    fn compare_rows(&self, a: u32, b: u32) -> Ordering {
        let (Some((left, a_at)), Some((right, b_at))) = (self.store.place(a), self.store.place(b)) else {
            return a.cmp(&b);
        };
        for term in &self.terms {
            let (x, y) = (&left.columns[term.column], &right.columns[term.column]);
            let nulls = |first: Ordering| {
                if term.nulls_first { first } else { first.reverse() }
            };
            let ordering = match (x.is_null(a_at), y.is_null(b_at)) {
                (true, true) => Ordering::Equal,
                (true, false) => nulls(Ordering::Less),
                (false, true) => nulls(Ordering::Greater),
                (false, false) if term.descending => y.compare(b_at, x, a_at),
                (false, false) => x.compare(a_at, y, b_at),
            };
            if ordering.is_ne() {
                return ordering;
            }
        }
        a.cmp(&b)
    }

    /// The first `most` of the rows, in order.
    pub(super) fn first(&self, rows: impl Iterator<Item = u32>, most: usize) -> Vec<u32> {
        let mut kept: Vec<Entry> = Vec::new();
        if most == 0 {
            return Vec::new();
        }
        let bound = most.saturating_mul(2).max(1024);
        let mut last: Option<Entry> = None;
        for row in rows {
            let entry = self.entry(row);
            // What is behind as many as are wanted never comes back.
            if last.is_some_and(|last| self.compare(&entry, &last).is_gt()) {
                continue;
            }
            kept.push(entry);
            if kept.len() >= bound {
                kept.select_nth_unstable_by(most - 1, |a, b| self.compare(a, b));
                kept.truncate(most);
                last = kept.last().copied();
            }
        }
        if kept.len() > most {
            kept.select_nth_unstable_by(most - 1, |a, b| self.compare(a, b));
            kept.truncate(most);
        }
        kept.sort_unstable_by(|a, b| self.compare(a, b));
        kept.into_iter().map(|entry| entry.row).collect()
    }
}
