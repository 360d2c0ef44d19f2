//! What the rows of a write have in common, and their repeats.

use orm_core::plan::Rows;
use orm_core::value::ValueRef;
use std::collections::HashMap;
use std::collections::hash_map::Entry;

/// The columns that a row gives, in order.
pub fn given(rows: &Rows, row: usize, into: &mut Vec<usize>) {
    into.clear();
    into.extend((0..rows.entity().fields.len()).filter(|&c| rows.is_given(row, c)));
}

/// The columns that every row gives, in order; `false` if not all rows give the same.
#[must_use]
pub fn uniform(rows: &Rows, into: &mut Vec<usize>) -> bool {
    into.clear();
    for c in 0..rows.entity().fields.len() {
        if rows.all_given(c) {
            into.push(c);
        } else if !rows.none_given(c) {
            return false;
        }
    }
    true
}

/// Rows of which no two have one key.
#[derive(Debug)]
pub struct Merged {
    /// All rows; the first of a key has what the later ones gave.
    pub rows: Rows,
    /// The places of the first of each key.
    pub firsts: Vec<usize>,
}

/// Merges rows of one key into the first of them, in order; `None` if there is nothing to merge,
/// or if a text buffer would outgrow its bound (then the rows are best written one after another).
///
/// A partial row thereby meets the complete one that follows it.
#[must_use]
pub fn merge_repeats(rows: &Rows) -> Option<Merged> {
    if keys_ascend(rows) {
        return None;
    }
    let mut seen: HashMap<Vec<u8>, usize> = HashMap::with_capacity(rows.len());
    let mut merged: Option<Rows> = None;
    let mut firsts = Vec::with_capacity(rows.len());
    for row in 0..rows.len() {
        match seen.entry(key_bytes(rows, row)) {
            Entry::Vacant(vacant) => {
                vacant.insert(row);
                firsts.push(row);
            }
            Entry::Occupied(first) => {
                let into = merged.get_or_insert_with(|| rows.clone());
                if !into.merge(row, *first.get()) {
                    return None;
                }
            }
        }
    }
    merged.map(|rows| Merged { rows, firsts })
}

/// Whether each row has a greater key than the one before, as records mostly come: then none has another's.
fn keys_ascend(rows: &Rows) -> bool {
    let &[key] = rows.entity().key else { return false };
    let mut before = None;
    (0..rows.len()).all(|row| match rows.value(row, key) {
        ValueRef::Int(value) => before.replace(value).is_none_or(|before| before < value),
        _ => false,
    })
}

/// A row's key, so that equal keys have equal bytes.
fn key_bytes(rows: &Rows, row: usize) -> Vec<u8> {
    bytes_of(rows.entity().key.iter().map(|&column| rows.value(row, column)))
}

/// Values of columns of the same kinds, none of them NULL, so that equal values have equal bytes.
pub fn bytes_of<'v>(values: impl Iterator<Item = ValueRef<'v>>) -> Vec<u8> {
    let mut out = Vec::new();
    for value in values {
        match value {
            ValueRef::Text(text) => bytes(&mut out, text.as_bytes()),
            ValueRef::Bytes(data) => bytes(&mut out, data),
            ValueRef::Uuid(uuid) => bytes(&mut out, &uuid),
            // The sum turns -0.0 into 0.0.
            ValueRef::Float(x) => out.extend_from_slice(&(x + 0.0).to_bits().to_ne_bytes()),
            other => out.extend_from_slice(&other.as_raw_int().unwrap_or(0).to_ne_bytes()),
        }
    }
    out
}

fn bytes(out: &mut Vec<u8>, data: &[u8]) {
    out.extend_from_slice(&data.len().to_ne_bytes());
    out.extend_from_slice(data);
}
