//! Ordering rows.

use super::compare;
use super::found::Found;
use crate::store::EntityStore;
use crate::store::bits::{CHUNK, Mask};
use crate::store::chunk::Chunk;
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
        match self.store.place(row) {
            Some((chunk, at)) => self.entry_at(row, chunk, at),
            None => Entry { rank: 1, row, prefix: 0 },
        }
    }

    #[inline]
    fn entry_at(&self, row: u32, chunk: &Chunk, at: usize) -> Entry {
        let mut entry = Entry { rank: 1, row, prefix: 0 };
        if let Some(term) = self.terms.first() {
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

    /// The first `most` of the rows that were found, in order.
    pub(super) fn first(&self, found: &Found, most: usize) -> Vec<u32> {
        if most == 0 {
            return Vec::new();
        }
        let mut best = Best { sorter: self, most, kept: Vec::new(), last: None };
        match found {
            Found::Rows(rows) => rows.iter().for_each(|&row| best.add(self.entry(row))),
            Found::Chunks(chunks) => {
                for (number, mask) in chunks {
                    if let Some(chunk) = self.store.chunks().get(*number) {
                        let first = (number * CHUNK) as u32;
                        let hopeful = best.hopeful(chunk, mask);
                        hopeful.ones().for_each(|at| best.add(self.entry_at(first + at as u32, chunk, at)));
                    }
                }
            }
        }
        best.finish()
    }
}

/// The first of the rows seen so far, and some more.
struct Best<'a> {
    sorter: &'a Sorter<'a>,
    most: usize,
    kept: Vec<Entry>,
    /// The last of as many as are wanted. What is behind it never comes back.
    last: Option<Entry>,
}

impl Best<'_> {
    #[inline]
    fn add(&mut self, entry: Entry) {
        if self.last.is_some_and(|last| self.sorter.compare(&entry, &last).is_gt()) {
            return;
        }
        self.kept.push(entry);
        if self.kept.len() >= self.most.saturating_mul(2).max(1024) {
            self.cut();
            self.last = self.kept.last().copied();
        }
    }

    fn cut(&mut self) {
        if self.kept.len() > self.most {
            let sorter = self.sorter;
            self.kept.select_nth_unstable_by(self.most - 1, |a, b| sorter.compare(a, b));
            self.kept.truncate(self.most);
        }
    }

    /// Which of these rows of a chunk aren't known to be behind the last, by whole columns of integers.
    fn hopeful(&self, chunk: &Chunk, rows: &Mask) -> Mask {
        let (Some(last), Some(term)) = (self.last, self.sorter.terms.first()) else {
            return *rows;
        };
        let column = &chunk.columns[term.column];
        if last.rank != 1 || column.has_nulls() || !column.holds_integers() {
            return *rows;
        }
        let prefix = if term.descending { !last.prefix } else { last.prefix };
        let raw = (prefix ^ 1 << 63) as i64;
        let (low, high) = if term.descending { (raw, i64::MAX) } else { (i64::MIN, raw) };
        rows.and(&compare::range(&column.data, low, high))
    }

    fn finish(mut self) -> Vec<u32> {
        self.cut();
        let sorter = self.sorter;
        self.kept.sort_unstable_by(|a, b| sorter.compare(a, b));
        self.kept.into_iter().map(|entry| entry.row).collect()
    }
}
