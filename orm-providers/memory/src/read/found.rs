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
/// Chunks of which more rows than this are read come as a whole.
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
    let test = conjunction(namespace, store, &terms, store.live());
    let mut count = 0;
    each_chunk(store, &test, |_, chunk| {
        count += eval::count(&test, chunk);
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
    each_chunk(store, &test, |number, chunk| {
        let mask = eval::chunk(&test, chunk, &chunk.live).yes;
        mask.is_empty() || visit(number, mask)
    });
}

/// Shows the chunks that have any rows, until `visit` answers `false`.
fn each_chunk<'s>(store: &'s EntityStore, test: &Test<'_>, mut visit: impl FnMut(usize, &'s Chunk) -> bool) {
    let mut chunks = store.chunks().iter().enumerate().filter(|(_, chunk)| chunk.live_count > 0);
    if let (Some(column), AHEAD..) = (test.column(), store.chunks().len()) {
        // Where a column begins is known by way of its chunk, which may not be at hand either.
        let glance = |(_, chunk): (usize, &Chunk)| chunk.columns[column].glance(0);
        let shown = |(number, chunk)| if visit(number, chunk) { Ok(()) } else { Err(()) };
        let _ = each_ahead(chunks, glance, shown);
    } else {
        let _ = chunks.all(|(number, chunk)| visit(number, chunk));
    }
}

/// Whether a test is true for a row.
pub(super) fn meets(store: &EntityStore, test: &Test<'_>, row: u32) -> bool {
    store.place(row).is_some_and(|(chunk, at)| eval::row(test, chunk, at) == Some(true))
}

/// Shows rows or chunks, some of which are looked at before: see [`Chunk::glance`].
fn each_ahead<T: Copy, E>(
    mut all: impl Iterator<Item = T>,
    glance: impl Fn(T) -> usize,
    mut visit: impl FnMut(T) -> Result<(), E>,
) -> Result<(), E> {
    loop {
        let mut ahead: [Option<T>; AHEAD] = [None; AHEAD];
        let mut seen = 0;
        for (place, one) in ahead.iter_mut().zip(&mut all) {
            seen ^= glance(one);
            *place = Some(one);
        }
        std::hint::black_box(seen);
        if ahead[0].is_none() {
            return Ok(());
        }
        ahead.into_iter().flatten().try_for_each(&mut visit)?;
    }
}

/// Shows rows to somebody who reads all of them.
pub(super) fn each_row_ahead<'s, E>(
    rows: impl Iterator<Item = (&'s Chunk, usize)>,
    mut visit: impl FnMut(&'s Chunk, usize) -> Result<(), E>,
) -> Result<(), E> {
    each_ahead(rows, |(chunk, at)| chunk.glance(at), |(chunk, at)| visit(chunk, at))
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
            Found::Rows(rows) => each_row_ahead(rows.iter().filter_map(|&row| store.place(row)), visit),
            Found::Chunks(chunks) => {
                let mut rows =
                    chunks.iter().filter_map(|(number, mask)| Some((store.chunks().get(*number)?, mask)));
                if self.count() > chunks.len() * DENSE {
                    rows.try_for_each(|(chunk, mask)| mask.ones().try_for_each(|at| visit(chunk, at)))
                } else {
                    let rows = rows.flat_map(|(chunk, mask)| mask.ones().map(move |at| (chunk, at)));
                    each_row_ahead(rows, visit)
                }
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
