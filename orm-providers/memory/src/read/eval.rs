//! Trying prepared predicates on single rows and on whole chunks.

use super::compare;
use super::counts::KeyCounts;
use super::test::{Test, counts_hold};
use crate::store::bits::Mask;
use crate::store::chunk::Chunk;
use crate::store::column::{Column, Data};
use orm_core::value::{ValueRef, keys};

/// The rows of a chunk for which a test is true, and those for which it is unknown.
#[derive(Debug, Clone, Copy)]
pub(super) struct Outcome {
    pub(super) yes: Mask,
    pub(super) unknown: Mask,
}

/// Tries a test on one row; `None` is unknown.
pub(super) fn row(test: &Test<'_>, chunk: &Chunk, at: usize) -> Option<bool> {
    match test {
        Test::Constant(value) => Some(*value),
        Test::Range { column, low, high, outside } => {
            let raw = chunk.columns[*column].raw_int(at)?;
            Some((*low <= raw && raw <= *high) != *outside)
        }
        Test::Float { column, op, value } => match chunk.value(at, *column) {
            ValueRef::Float(cell) => Some(op.holds(cell.partial_cmp(value)?)),
            _ => None,
        },
        Test::Compare { column, op, value } => Some(op.holds(chunk.value(at, *column).compare(*value)?)),
        Test::Columns { left, op, right } => {
            Some(op.holds(chunk.value(at, *left).compare(chunk.value(at, *right))?))
        }
        Test::In { columns, set, with_nulls } => in_set(columns, set, with_nulls, chunk, at),
        Test::Null { column } => Some(chunk.columns[*column].is_null(at)),
        Test::Text { column, matcher } => match &chunk.columns[*column] {
            column if column.is_null(at) => None,
            Column { data: Data::Text(packed), .. } => Some(matcher.matches(packed, at)),
            _ => None,
        },
        Test::And(terms) => all(terms.iter().map(|term| row(term, chunk, at))),
        Test::Or(terms) => {
            // Not any is all not, in three-valued logic too.
            all(terms.iter().map(|term| row(term, chunk, at).map(|v| !v))).map(|v| !v)
        }
        Test::Not(inner) => row(inner, chunk, at).map(|v| !v),
        Test::NotTrue(inner) => Some(row(inner, chunk, at) != Some(true)),
        Test::Counted { from, counts, count } => {
            let found = counts.get(|i| chunk.value(at, from[i]));
            Some(counts_hold(*count, u64::from(found)))
        }
        Test::Listed { column, kind, keys: set, count } => {
            let found = match chunk.value(at, *column) {
                ValueRef::Text(text) => {
                    let list = keys::read(text, *kind);
                    list.iter().filter(|key| set.get(|_| key.as_ref()) > 0).count()
                }
                _ => 0,
            };
            Some(counts_hold(*count, found as u64))
        }
        Test::Lookup(lookup) => Some(lookup.holds(|column| chunk.value(at, column))),
    }
}

fn all(terms: impl Iterator<Item = Option<bool>>) -> Option<bool> {
    let mut outcome = Some(true);
    for term in terms {
        match term {
            Some(false) => return Some(false),
            None => outcome = None,
            Some(true) => {}
        }
    }
    outcome
}

fn in_set(
    columns: &[usize],
    set: &KeyCounts,
    with_nulls: &[(Vec<usize>, KeyCounts)],
    chunk: &Chunk,
    at: usize,
) -> Option<bool> {
    if columns.iter().all(|&c| !chunk.columns[c].is_null(at)) {
        return Some(set.get(|i| chunk.value(at, columns[i])) > 0);
    }
    let given = (0..columns.len()).filter(|&i| !chunk.columns[columns[i]].is_null(at));
    let possible = with_nulls
        .iter()
        .find(|(pattern, _)| given.clone().eq(pattern.iter().copied()))
        .is_none_or(|(pattern, counts)| counts.get(|i| chunk.value(at, columns[pattern[i]])) > 0);
    if possible { None } else { Some(false) }
}

/// How many rows of a chunk a test is true for.
pub(super) fn count(test: &Test<'_>, chunk_: &Chunk) -> usize {
    if let Test::Range { column, low, high, outside: false } = test
        && let column = &chunk_.columns[*column]
        && chunk_.is_whole()
        && !column.has_nulls()
    {
        return compare::count(&column.data, *low, *high);
    }
    chunk(test, chunk_, &chunk_.live).yes.count()
}

/// Tries a test on the rows of a chunk that are `wanted`.
pub(super) fn chunk(test: &Test<'_>, chunk_: &Chunk, wanted: &Mask) -> Outcome {
    let known = |yes: Mask| Outcome { yes: yes.and(wanted), unknown: Mask::NONE };
    let nullable = |column: usize, yes: Mask| {
        let column = &chunk_.columns[column];
        if !column.has_nulls() {
            return known(yes);
        }
        Outcome { yes: yes.and(wanted).without(&column.nulls()), unknown: column.nulls().and(wanted) }
    };
    match test {
        Test::Constant(true) => known(*wanted),
        Test::Constant(false) => known(Mask::NONE),
        Test::Range { column, low, high, outside } => {
            let inside = compare::range(&chunk_.columns[*column].data, *low, *high);
            let yes = if *outside { wanted.without(&inside) } else { inside };
            nullable(*column, yes)
        }
        Test::Float { column, op, value } => {
            let yes = compare::float(&chunk_.columns[*column].data, *op, *value);
            nullable(*column, yes)
        }
        Test::Null { column } => known(chunk_.columns[*column].nulls()),
        Test::Text { column, matcher } => {
            let cells = &chunk_.columns[*column];
            let Data::Text(texts) = &cells.data else {
                return known(Mask::NONE);
            };
            nullable(*column, matcher.chunk(texts, &wanted.without(&cells.nulls())))
        }
        Test::And(terms) => {
            let (mut yes, mut unknown) = (*wanted, Mask::NONE);
            for term in terms {
                let possible = yes.or(&unknown);
                if possible.is_empty() {
                    break;
                }
                let next = chunk(term, chunk_, &possible);
                let both = yes.and(&next.yes);
                unknown = next.yes.or(&next.unknown).without(&both);
                yes = both;
            }
            Outcome { yes, unknown }
        }
        Test::Or(terms) => {
            let (mut yes, mut unknown, mut left) = (Mask::NONE, Mask::NONE, *wanted);
            for term in terms {
                if left.is_empty() {
                    break;
                }
                let next = chunk(term, chunk_, &left);
                yes = yes.or(&next.yes);
                unknown = unknown.or(&next.unknown);
                left = left.without(&next.yes);
            }
            Outcome { yes, unknown: unknown.without(&yes) }
        }
        Test::Not(inner) => {
            let inner = chunk(inner, chunk_, wanted);
            Outcome { yes: wanted.without(&inner.yes).without(&inner.unknown), unknown: inner.unknown }
        }
        Test::NotTrue(inner) => {
            let inner = chunk(inner, chunk_, wanted);
            known(wanted.without(&inner.yes))
        }
        one_by_one => {
            let mut outcome = Outcome { yes: Mask::NONE, unknown: Mask::NONE };
            for at in wanted.ones() {
                match row(one_by_one, chunk_, at) {
                    Some(true) => outcome.yes.put(at, true),
                    None => outcome.unknown.put(at, true),
                    Some(false) => {}
                }
            }
            outcome
        }
    }
}
