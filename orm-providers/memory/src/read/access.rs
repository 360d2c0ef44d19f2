//! Choosing an index for a condition.

use super::finder::Finder;
use crate::store::EntityStore;
use crate::store::index::Index;
use orm_core::plan::{CompareOp, Predicate};
use orm_core::value::{Kind, ValueRef};

/// The terms of a conjunction, nested ones flattened.
pub(super) fn terms(predicate: &Predicate) -> Vec<&Predicate> {
    fn flatten<'a>(predicate: &'a Predicate, into: &mut Vec<&'a Predicate>) {
        match predicate {
            Predicate::And(terms) => terms.iter().for_each(|term| flatten(term, into)),
            Predicate::Constant(true) => {}
            other => into.push(other),
        }
    }
    let mut terms = Vec::new();
    flatten(predicate, &mut terms);
    terms
}

/// A way to the rows that satisfy some terms.
struct Path<'a> {
    finder: Finder<'a>,
    keys: Keys<'a>,
    /// The terms that it satisfies.
    uses: Vec<usize>,
}

enum Keys<'a> {
    One(Vec<ValueRef<'a>>),
    Many(usize, Box<dyn Fn(usize, usize) -> ValueRef<'a> + 'a>),
}

impl Path<'_> {
    fn keys(&self) -> usize {
        match &self.keys {
            Keys::One(_) => 1,
            Keys::Many(count, _) => *count,
        }
    }

    /// The rows in storage order; `None` when there are more than `most`.
    fn rows(&self, most: usize) -> Option<Vec<u32>> {
        gathered(most, |visit| match &self.keys {
            Keys::One(key) => self.finder.each(|part| key[part], visit),
            Keys::Many(count, key) => {
                (0..*count).all(|at| self.finder.each(|part| key(at, part), &mut *visit))
            }
        })
    }
}

/// The rows that `each` shows, in storage order; `None` when there are more than `most`.
#[inline]
fn gathered(most: usize, each: impl FnOnce(&mut dyn FnMut(u32) -> bool) -> bool) -> Option<Vec<u32>> {
    let mut rows = Vec::with_capacity(16);
    let all = each(&mut |row| {
        rows.push(row);
        rows.len() <= most
    });
    if !all {
        return None;
    }
    rows.sort_unstable();
    rows.dedup();
    Some(rows)
}

/// A scan tries many rows in the time that an index takes for one.
fn most(store: &EntityStore) -> usize {
    store.live() / 8 + 16
}

/// The only column of an index and the value that it must have, where a condition is no more than that.
/// It is the commonest one, and short enough that planning it would take most of the time.
fn plain<'a>(store: &'a EntityStore, terms: &[&'a Predicate]) -> Option<(&'a Index, ValueRef<'a>)> {
    let [Predicate::Compare { column, op: CompareOp::Eq, value }] = terms else {
        return None;
    };
    let index = store.index_over(&[*column])?;
    Some((index, store.schema.fields[*column].kind.fit(value.as_ref()).ok()?))
}

/// Whether an index may serve some of the terms.
pub(super) fn may_serve(store: &EntityStore, terms: &[&Predicate]) -> bool {
    let serves = |column: usize| store.indexes().iter().any(|index| index.columns.contains(&column));
    terms.iter().any(|term| match term {
        Predicate::Compare { column, op: CompareOp::Eq, .. } | Predicate::In { column, .. } => {
            serves(*column)
        }
        Predicate::Keys { columns, .. } => columns.iter().all(|&column| serves(column)),
        _ => false,
    })
}

/// Rows among which all that satisfy the terms are, found by an index, and the terms that remain
/// to be tried. `None` when a scan is better.
pub(super) fn by_index<'p>(
    store: &EntityStore,
    terms: &[&'p Predicate],
) -> Option<(Vec<u32>, Vec<&'p Predicate>)> {
    if let Some((index, value)) = plain(store, terms) {
        let rows = gathered(most(store), |visit| index.each(store, |_| value, visit))?;
        return Some((rows, Vec::new()));
    }
    let (path, rows) = best(store, terms)?;
    let rest = terms.iter().enumerate();
    let rest = rest.filter(|(i, _)| !path.uses.contains(i));
    Some((rows, rest.map(|(_, term)| *term).collect()))
}

/// The columns of the index by which the rows would be found, and whether it is unique.
pub(super) fn index_of(store: &EntityStore, terms: &[&Predicate]) -> Option<(Vec<usize>, bool)> {
    let (path, _) = best(store, terms)?;
    Some((path.finder.columns().to_vec(), path.finder.is_unique()))
}

fn best<'a>(store: &'a EntityStore, terms: &[&'a Predicate]) -> Option<(Path<'a>, Vec<u32>)> {
    let mut paths = paths(store, terms);
    paths.sort_by_key(|path| (!path.finder.is_unique(), path.keys()));
    let most = most(store);
    paths.into_iter().find_map(|path| {
        let rows = (path.keys() <= most).then(|| path.rows(most)).flatten()?;
        Some((path, rows))
    })
}

fn paths<'a>(store: &'a EntityStore, terms: &[&'a Predicate]) -> Vec<Path<'a>> {
    let kind = |column: usize| store.schema.fields[column].kind;
    let mut paths = Vec::new();
    let mut equal: Vec<(usize, usize, ValueRef<'a>)> = Vec::new();
    for (place, term) in terms.iter().enumerate() {
        match term {
            Predicate::Compare { column, op: CompareOp::Eq, value } => {
                if let Ok(value) = kind(*column).fit(value.as_ref()) {
                    equal.push((place, *column, value));
                }
            }
            Predicate::In { column, values } => {
                let kind = kind(*column);
                let key = move |at: usize, _: usize| fitted(kind, values.get(at));
                paths.extend(Finder::indexed(store, &[*column]).map(|finder| Path {
                    finder,
                    keys: Keys::Many(values.len(), Box::new(key)),
                    uses: vec![place],
                }));
            }
            Predicate::Keys { columns, keys } => {
                let kinds: Vec<Kind> = columns.iter().map(|&c| kind(c)).collect();
                let key = move |at: usize, part: usize| fitted(kinds[part], keys.get(at, part));
                paths.extend(Finder::indexed(store, columns).map(|finder| Path {
                    finder,
                    keys: Keys::Many(keys.len(), Box::new(key)),
                    uses: vec![place],
                }));
            }
            _ => {}
        }
    }
    if equal.is_empty() {
        return paths;
    }
    for index in store.indexes() {
        let part = |c: &usize| equal.iter().find(|(_, column, _)| column == c);
        let parts: Option<Vec<_>> = index.columns.iter().map(part).collect();
        if let Some(parts) = parts
            && let Some(finder) = Finder::indexed(store, &index.columns)
        {
            paths.push(Path {
                finder,
                keys: Keys::One(parts.iter().map(|(_, _, value)| *value).collect()),
                uses: parts.iter().map(|(place, _, _)| *place).collect(),
            });
        }
    }
    paths
}

/// A value in the form of a column; NULL, which equals nothing, if it doesn't fit.
fn fitted(kind: Kind, value: ValueRef<'_>) -> ValueRef<'_> {
    kind.fit(value).unwrap_or(ValueRef::Null)
}
