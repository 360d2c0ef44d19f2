//! What a column's member of a serialized record holds.

use super::cells::{CellSeed, Found, hinted};
use super::gather::Gather;
#[cfg(feature = "json")]
use super::json::JsonSeed;
use super::stream::fail;
use crate::error::Error;
#[cfg(feature = "json")]
use crate::value::{DEEPEST, Kind, ValueRef, canonical};
use serde::de::MapAccess;

/// Reads what a column's member holds.
#[inline]
pub(super) fn column<'de, A: MapAccess<'de>>(
    gather: &mut Gather,
    (group, row): (u32, u32),
    column: usize,
    depth: usize,
    map: &mut A,
) -> Result<(), A::Error> {
    let field = &gather.group(group).entity().fields[column];
    #[cfg(feature = "json")]
    if field.kind == Kind::Json {
        return json(gather, (group, row), column, depth, map);
    }
    #[cfg(not(feature = "json"))]
    let _ = depth;
    let mut fault = None;
    let seed = CellSeed {
        field,
        take: |found: Found<'_>| {
            fault = match found {
                Ok(value) => gather.set(group, row, column, value).err().map(|error| match error {
                    Error::WrongType { at, mismatch } => {
                        Error::WrongType { at, mismatch: hinted(field, value, mismatch) }
                    }
                    other => other,
                }),
                Err(mismatch) => {
                    Some(Error::WrongType { at: gather.field_path(group, row, column), mismatch })
                }
            };
        },
    };
    let outcome = map.next_value_seed(seed);
    match fault {
        Some(error) => Err(fail(gather, error)),
        None => outcome,
    }
}

/// Reads the JSON that a column holds.
#[cfg(feature = "json")]
fn json<'de, A: MapAccess<'de>>(
    gather: &mut Gather,
    (group, row): (u32, u32),
    column: usize,
    depth: usize,
    map: &mut A,
) -> Result<(), A::Error> {
    let bound = gather.settings.max_depth;
    let left = bound.saturating_sub(depth).min(DEEPEST);
    let mut too_deep = false;
    let tree = match map.next_value_seed(JsonSeed { depth: left, too_deep: &mut too_deep }) {
        Err(_) if too_deep => {
            let at = gather.field_path(group, row, column);
            return Err(fail(gather, Error::TooDeep { at, bound: bound.min(depth + DEEPEST) }));
        }
        outcome => outcome?,
    };
    let set = if tree.is_null() {
        gather.set(group, row, column, ValueRef::Null)
    } else {
        match canonical(&tree) {
            Ok(text) => gather.set(group, row, column, ValueRef::Text(&text)),
            Err(mismatch) => Err(Error::WrongType { at: gather.field_path(group, row, column), mismatch }),
        }
    };
    set.map_err(|error| fail(gather, error))
}
