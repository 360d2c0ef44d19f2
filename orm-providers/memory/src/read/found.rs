//! The rows that meet a condition.

use super::access;
use super::eval;
use super::test::{Test, is_dear, prepare};
use crate::namespace::Namespace;
use crate::store::EntityStore;
use crate::store::bits::{CHUNK, Mask};
use crate::store::chunk::Chunk;
use orm_core::plan::Predicate;

/// Rows of a store, in storage order.
#[derive(Debug)]
pub(super) enum Found {
    /// Few, by number.
    Rows(Vec<u32>),
    /// Any number, by chunk.
    Chunks(Vec<(usize, Mask)>),
}

/// Finds the rows that meet a condition. The search may end when `enough` are found.
pub(super) fn find(namespace: &Namespace, store: &EntityStore, filter: &Predicate, enough: usize) -> Found {
    if filter.is_always_false() {
        return Found::Rows(Vec::new());
    }
    let terms = access::terms(filter);
    if let Some((mut rows, rest)) = access::by_index(store, &terms) {
        if !rest.is_empty() {
            let test = conjunction(namespace, store, &rest, rows.len());
            rows.retain(|&row| meets(store, &test, row));
        }
        return Found::Rows(rows);
    }
    let (dear, cheap): (Vec<_>, Vec<_>) = terms.into_iter().partition(|term| is_dear(term));
    let limit = if dear.is_empty() { enough } else { usize::MAX };
    let mut chunks = scan(namespace, store, &cheap, limit);
    if !dear.is_empty() {
        let left = chunks.iter().map(|(_, mask)| mask.count()).sum();
        if left > 0 {
            let test = conjunction(namespace, store, &dear, left);
            chunks.retain_mut(|(number, mask)| {
                if let Some(chunk) = store.chunks().get(*number) {
                    *mask = eval::chunk(&test, chunk, mask).yes;
                }
                !mask.is_empty()
            });
        }
    }
    Found::Chunks(chunks)
}

fn conjunction<'a>(
    namespace: &'a Namespace,
    store: &'a EntityStore,
    terms: &[&'a Predicate],
    rows: usize,
) -> Test<'a> {
    match terms {
        [one] => prepare(namespace, store, one, rows),
        many => Test::And(many.iter().map(|term| prepare(namespace, store, term, rows)).collect()),
    }
}

fn scan(
    namespace: &Namespace,
    store: &EntityStore,
    terms: &[&Predicate],
    enough: usize,
) -> Vec<(usize, Mask)> {
    let test = conjunction(namespace, store, terms, store.live());
    let mut found = Vec::with_capacity(store.chunks().len());
    let mut count = 0;
    for (number, chunk) in store.chunks().iter().enumerate() {
        if chunk.live_count == 0 {
            continue;
        }
        let mask = eval::chunk(&test, chunk, &chunk.live).yes;
        let here = mask.count();
        if here > 0 {
            found.push((number, mask));
            count += here;
            if count >= enough {
                break;
            }
        }
    }
    found
}

/// Whether a test is true for a row.
pub(super) fn meets(store: &EntityStore, test: &Test<'_>, row: u32) -> bool {
    store.place(row).is_some_and(|(chunk, at)| eval::row(test, chunk, at) == Some(true))
}

impl Found {
    pub(super) fn count(&self) -> usize {
        match self {
            Found::Rows(rows) => rows.len(),
            Found::Chunks(chunks) => chunks.iter().map(|(_, mask)| mask.count()).sum(),
        }
    }

    /// Shows each row, with its chunk and its place there, until an error.
    pub(super) fn each<'s, E>(
        &self,
        store: &'s EntityStore,
        mut visit: impl FnMut(u32, &'s Chunk, usize) -> Result<(), E>,
    ) -> Result<(), E> {
        match self {
            Found::Rows(rows) => {
                for &row in rows {
                    if let Some((chunk, at)) = store.place(row) {
                        visit(row, chunk, at)?;
                    }
                }
            }
            Found::Chunks(chunks) => {
                for (number, mask) in chunks {
                    let Some(chunk) = store.chunks().get(*number) else {
                        continue;
                    };
                    for at in mask.ones() {
                        visit((number * CHUNK + at) as u32, chunk, at)?;
                    }
                }
            }
        }
        Ok(())
    }

    /// As [`Found::each`], for visits that never fail.
    pub(super) fn all<'s>(&self, store: &'s EntityStore, mut visit: impl FnMut(u32, &'s Chunk, usize)) {
        let _ = self.each(store, |row, chunk, at| {
            visit(row, chunk, at);
            Ok::<(), std::convert::Infallible>(())
        });
    }

    pub(super) fn into_rows(self, store: &EntityStore) -> Vec<u32> {
        if let Found::Rows(rows) = self {
            return rows;
        }
        let mut rows = Vec::with_capacity(self.count());
        self.all(store, |row, _, _| rows.push(row));
        rows
    }
}
