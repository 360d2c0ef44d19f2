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

/// So many rows are looked at before they are read.
const AHEAD: usize = 16;
/// A chunk of which more rows than this are read comes as a whole.
const DENSE: usize = CHUNK / 4;

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
    let (mut chunks, mut count) = (Vec::new(), 0);
    scan(namespace, store, &cheap, |number, mask| {
        chunks.push((number, mask));
        // They are only counted where somebody may have enough of them.
        if limit < usize::MAX {
            count += mask.count();
        }
        count < limit
    });
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

/// How many rows meet a condition. The search may end when `enough` are found.
pub(super) fn count(namespace: &Namespace, store: &EntityStore, filter: &Predicate, enough: usize) -> usize {
    if filter.is_always_false() {
        return 0;
    }
    let terms = access::terms(filter);
    if is_dear(filter) || access::may_serve(store, &terms) {
        return find(namespace, store, filter, enough).count();
    }
    let mut count = 0;
    scan(namespace, store, &terms, |_, mask| {
        count += mask.count();
        count < enough
    });
    count
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

/// Shows the rows of each chunk that meet all terms, until `visit` answers `false`.
fn scan(
    namespace: &Namespace,
    store: &EntityStore,
    terms: &[&Predicate],
    mut visit: impl FnMut(usize, Mask) -> bool,
) {
    let test = conjunction(namespace, store, terms, store.live());
    for (number, chunk) in store.chunks().iter().enumerate() {
        if chunk.live_count == 0 {
            continue;
        }
        let mask = eval::chunk(&test, chunk, &chunk.live).yes;
        if !mask.is_empty() && !visit(number, mask) {
            return;
        }
    }
}

/// Whether a test is true for a row.
pub(super) fn meets(store: &EntityStore, test: &Test<'_>, row: u32) -> bool {
    store.place(row).is_some_and(|(chunk, at)| eval::row(test, chunk, at) == Some(true))
}

/// Shows rows, some of which are looked at before: see [`Chunk::glance`].
pub(super) fn each_ahead<'s, E>(
    mut rows: impl Iterator<Item = (&'s Chunk, usize)>,
    mut visit: impl FnMut(&'s Chunk, usize) -> Result<(), E>,
) -> Result<(), E> {
    loop {
        let mut ahead: [Option<(&Chunk, usize)>; AHEAD] = [None; AHEAD];
        let mut seen = 0;
        for (place, row) in ahead.iter_mut().zip(&mut rows) {
            seen ^= row.0.glance(row.1);
            *place = Some(row);
        }
        std::hint::black_box(seen);
        if ahead[0].is_none() {
            return Ok(());
        }
        for (chunk, at) in ahead.into_iter().flatten() {
            visit(chunk, at)?;
        }
    }
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

    /// Shows each row, as [`Found::each`], to somebody who reads all of it.
    pub(super) fn each_whole<'s, E>(
        &self,
        store: &'s EntityStore,
        mut visit: impl FnMut(&'s Chunk, usize) -> Result<(), E>,
    ) -> Result<(), E> {
        match self {
            Found::Rows(rows) => each_ahead(rows.iter().filter_map(|&row| store.place(row)), visit),
            Found::Chunks(chunks) => {
                for (number, mask) in chunks {
                    let Some(chunk) = store.chunks().get(*number) else {
                        continue;
                    };
                    if mask.count() > DENSE {
                        mask.ones().try_for_each(|at| visit(chunk, at))?;
                    } else {
                        each_ahead(mask.ones().map(|at| (chunk, at)), &mut visit)?;
                    }
                }
                Ok(())
            }
        }
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
