//! A key of several columns in serialized input: a list of its parts.

use super::cells::{CellSeed, Found, owned};
use crate::model::schema::EntitySchema;
use crate::value::{KeyValues, Mismatch};
use serde::de::{IgnoredAny, SeqAccess};

/// Reads the parts of an entity's key, or says what is wrong with them.
pub(super) fn key<'de, A: SeqAccess<'de>>(
    entity: &'static EntitySchema,
    seq: &mut A,
) -> Result<Result<KeyValues, Mismatch>, A::Error> {
    let mut parts = Vec::with_capacity(entity.key.len());
    let mut fault = None;
    for &column in entity.key {
        let field = entity.field(column);
        let take = |found: Found<'_>| match owned(field, found) {
            Ok(value) => parts.push(value),
            Err(mismatch) => fault = fault.take().or(Some(mismatch)),
        };
        if seq.next_element_seed(CellSeed { field, take })?.is_none() {
            break;
        }
    }
    let mut more = 0_usize;
    while seq.next_element::<IgnoredAny>()?.is_some() {
        more += 1;
    }
    Ok(match fault {
        Some(mismatch) => Err(mismatch),
        None if parts.len() != entity.key.len() || more > 0 => {
            let expected = format!("the {} parts of a key of `{}`", entity.key.len(), entity.model);
            Err(Mismatch { expected, found: format!("a list of {}", parts.len() + more) })
        }
        None => Ok(KeyValues::many(parts)),
    })
}
