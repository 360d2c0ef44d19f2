//! Faults of rows, as errors that name the record.

use super::{Rows, WriteBatch};
use crate::error::{Error, RowAt, RowFault};
use crate::model::schema::{EntitySchema, FieldSchema};
use crate::value::{Cell, ValueRef};

/// The error for a row's fault, at a place that the caller describes.
pub(crate) fn described(batch: &WriteBatch, at: RowAt, fault: RowFault, place: String) -> Error {
    match batch.rows(at.write) {
        Some(rows) if at.row < rows.len() => of_row(rows, at.row, fault, place),
        _ => Error::Row { at, fault },
    }
}

/// The error for the fault of a row that stands at a place.
pub(crate) fn of_row(rows: &Rows, row: usize, fault: RowFault, at: String) -> Error {
    let entity = rows.entity();
    let model = entity.model;
    match fault {
        RowFault::Duplicate => Error::DuplicateKey { at, model, key: key_of(rows, row) },
        RowFault::NotFound => Error::NotFound { at, model, key: key_of(rows, row) },
        RowFault::Stale => Error::Stale { at, model, key: key_of(rows, row) },
        RowFault::Missing(column) => {
            Error::MissingField { at: format!("{at}.{}", entity.field(column).name), model }
        }
        RowFault::Unique(index) => match Error::unique(entity, index) {
            Error::Unique { model, columns, may_be_deleted, .. } => {
                Error::Unique { at, model, columns, values: stated(rows, row, index), may_be_deleted }
            }
            other => other,
        },
        RowFault::Vetoed(reason) => Error::Vetoed { at, model, reason },
        RowFault::Refused(why) => Error::provider(at, why),
    }
}

/// The key of a row, as messages show it: `7`, or `[7, "a"]` where it has several columns.
pub(crate) fn key_of(rows: &Rows, row: usize) -> String {
    shown_key(rows.entity(), |column| rows.value(row, column))
}

/// The key of a record, as messages show it.
pub(crate) fn shown_key<'v>(entity: &EntitySchema, value: impl Fn(usize) -> ValueRef<'v>) -> String {
    let parts: Vec<String> = entity.key.iter().map(|&column| format!("{:?}", value(column))).collect();
    if let [one] = &parts[..] { one.clone() } else { format!("[{}]", parts.join(", ")) }
}

impl Error {
    /// The error of a write that would make two records equal in the unique index at place `index` of the
    /// entity, where it isn't known which of the records are at fault; for providers, which report the
    /// fault of a row by [`Error::row`].
    #[must_use]
    pub fn unique(entity: &EntitySchema, index: usize) -> Self {
        let fields = fields_of(entity, index).map(|field| field.field).collect::<Vec<_>>();
        Error::Unique {
            at: entity.name.to_owned(),
            model: entity.model,
            columns: fields.join(", "),
            values: None,
            may_be_deleted: entity.deleted_at.is_some(),
        }
    }
}

fn fields_of(entity: &EntitySchema, index: usize) -> impl Iterator<Item = &'static FieldSchema> {
    let fields = entity.indexes.get(index).map_or(&[][..], |index| index.fields);
    fields.iter().map(|&column| entity.field(column))
}

/// What a row states of an index, if it states all of it and nobody hides a part.
fn stated(rows: &Rows, row: usize, index: usize) -> Option<String> {
    let entity = rows.entity();
    if fields_of(entity, index).any(|field| field.hidden) {
        return None;
    }
    let values = entity.indexes.get(index)?.fields.iter().map(|&column| match rows.cell(row, column) {
        Cell::Given(value) => Some(value.shown()),
        Cell::Absent => None,
    });
    Some(values.collect::<Option<Vec<String>>>()?.join(", "))
}
