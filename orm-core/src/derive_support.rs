//! What derived code calls. Not for use by hand; it may change with any version.

mod columns;
mod uid;

pub use crate::model::morph::with_morphs;
pub use crate::normalize::Nesting;
pub use columns::{Named, Side, exist, find, foreign, guard, key_column, listed, meet, morph, owner, scaled};
pub use uid::{Uid, uuid_v7};

use crate::model::schema::EntitySchema;
use crate::provider::Row;
use crate::value::{FieldType, IntoOperand, Kind, Mismatch, Value, ValueRef};
use crate::{Error, Result};

/// Reads one column of a row by its type's `from_value`.
///
/// # Errors
/// When the stored value doesn't fit the field.
#[inline(always)]
pub fn read<'a, T>(
    row: &'a dyn Row,
    schema: &'static EntitySchema,
    column: usize,
    from_value: impl FnOnce(ValueRef<'a>) -> Result<T, Mismatch>,
) -> Result<T> {
    from_value(row.value(column)).map_err(|mismatch| misread(schema, column, mismatch))
}

#[cold]
fn misread(schema: &'static EntitySchema, column: usize, mismatch: Mismatch) -> Error {
    Error::Operand { model: schema.model, column: schema.field(column).field, mismatch }
}

/// The value of a default; NULL, which `start()` reports, when it can't be stored.
#[must_use]
pub fn default_value<T: FieldType>(value: impl IntoOperand<T>) -> Value {
    value.into_operand().unwrap_or(Value::Null)
}

/// The value that a `default_with` or `uid` function made.
#[must_use]
pub fn made_value<T: FieldType>(value: T) -> Value {
    value.to_value().map_or(Value::Null, ValueRef::to_value)
}

/// The column's place in another model's columns, or `None`; for `const` assertions.
#[must_use]
pub const fn column(columns: &[(&str, Kind)], name: &str) -> Option<usize> {
    let mut at = 0;
    while at < columns.len() {
        if same(columns[at].0, name) {
            return Some(at);
        }
        at += 1;
    }
    None
}

const fn same(a: &str, b: &str) -> bool {
    let (a, b) = (a.as_bytes(), b.as_bytes());
    if a.len() != b.len() {
        return false;
    }
    let mut i = 0;
    while i < a.len() {
        if a[i] != b[i] {
            return false;
        }
        i += 1;
    }
    true
}
