//! What derived code calls. Not for use by hand; it may change with any version.

mod columns;
mod connection;
mod embedding;
mod enums;
mod marks;
mod serde_model;
mod serde_value;
mod uid;

pub use crate::model::morph::with_morphs;
pub use crate::normalize::Nesting;
pub use columns::{
    Named, Side, exist, find, foreign, guard, key_column, listed, meet, morph, owner, scaled, stamp_column,
};
pub use connection::{beside, bound_to, distinct};
pub use embedding::{Embedding, embed_schema, embedded_place, join_columns, join_fields, texts, texts_len};
pub use enums::EnumValues;
pub use marks::{can_be_null, deleted_at_column, version_column};
pub use serde;
pub use serde_model::{TakeRelations, deserialize_model, serialize_columns};
pub use serde_value::{deserialize_value, serialize_value};
mod projected;
pub use projected::{ReadsAs, projected};
pub use uid::{Uid, uuid_v7};

use crate::model::schema::EntitySchema;
use crate::provider::Row;
#[cfg(feature = "json")]
use crate::value::JsonRef;
use crate::value::{FieldType, IntoOperand, Kind, Mismatch, Value, ValueRef};
use crate::{Error, Result};

/// Reads the value of a column by its type's `from_place`.
///
/// # Errors
/// When the stored value doesn't fit the field.
#[inline(always)]
pub fn read<'a, T>(
    value: &ValueRef<'a>,
    schema: &'static EntitySchema,
    column: usize,
    from_place: impl FnOnce(&ValueRef<'a>) -> Result<T, Mismatch>,
) -> Result<T> {
    from_place(value).map_err(|mismatch| misread(schema, column, mismatch))
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

/// The time by the system's clock, for records that are written without a database's.
#[must_use]
pub fn now() -> Value {
    Value::Timestamp(crate::database::system_clock())
}

/// Validates the record of a row.
///
/// # Errors
/// [`Error::Invalid`] without a place; that of a row that is no record.
pub fn validate<M: crate::Model, E: std::fmt::Display>(
    row: &dyn Row,
    by: impl FnOnce(&M) -> Result<(), E>,
) -> Result<()> {
    by(&M::hydrate(row)?).map_err(|error| Error::Invalid {
        at: String::new(),
        model: M::schema().model,
        message: error.to_string(),
    })
}

/// A value that `#[field(mutate = path)]` changes on its way in.
///
/// # Errors
/// When the value isn't one of the column's, or what became of it can't be stored.
pub fn mutate<T: FieldType>(value: ValueRef<'_>, by: fn(T) -> T) -> Result<Value, Mismatch> {
    by(T::from_value(value)?).to_value().map(ValueRef::to_value)
}

/// The value of a field that is stored in decimal form.
///
/// # Errors
/// None.
pub fn wide(field: &u64) -> Result<ValueRef<'_>, Mismatch> {
    Ok(ValueRef::Wide(*field))
}

/// The value of an optional field that is stored in decimal form.
///
/// # Errors
/// None.
pub fn wide_option(field: &Option<u64>) -> Result<ValueRef<'_>, Mismatch> {
    Ok(field.map_or(ValueRef::Null, ValueRef::Wide))
}

/// The value of a field that is stored as JSON.
///
/// # Errors
/// None: what has no JSON form is told when it is written out.
#[cfg(feature = "json")]
pub fn json<T: crate::value::JsonContent>(field: &T) -> Result<ValueRef<'_>, Mismatch> {
    Ok(ValueRef::Json(JsonRef::new(field)))
}

/// The value of an optional field that is stored as JSON.
///
/// # Errors
/// As [`json`].
#[cfg(feature = "json")]
pub fn json_option<T: crate::value::JsonContent>(field: &Option<T>) -> Result<ValueRef<'_>, Mismatch> {
    field.as_ref().map_or(Ok(ValueRef::Null), json)
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
