//! Errors of hooks, with the record that they ran for.

use super::along::place;
use crate::error::{Error, RowAt, RowFault};
use crate::model::schema::EntitySchema;
use crate::plan::{Rows, WriteBatch, shown_key};
use crate::provider::Row;

/// An error of a hook.
pub(super) struct Refused {
    /// The row that it ran for, where the write is of rows.
    row: Option<usize>,
    /// The record that it ran for, as messages name it, where its key is known.
    record: Option<String>,
    error: Box<Error>,
}

impl From<(Option<usize>, Error)> for Refused {
    fn from((row, error): (Option<usize>, Error)) -> Self {
        Self { row, record: None, error: Box::new(error) }
    }
}

impl Refused {
    /// The error of a row.
    pub(super) fn of(error: Error, rows: &Rows, row: usize) -> Self {
        let record = rows.has_key(row).then(|| record_of(rows.entity(), &rows.row(row)));
        Self { row: Some(row), record, error: Box::new(error) }
    }

    /// The error of a record that is stored.
    pub(super) fn stored(error: Error, record: String) -> Self {
        Self { row: None, record: Some(record), error: Box::new(error) }
    }

    /// The same, where the caller doesn't know of rows.
    pub(super) fn without_row(self) -> Self {
        Self { row: None, ..self }
    }

    /// Gives a veto its place: the row, if the write is the caller's `own`, or else the record, with the
    /// model whose hook wrote it along, if one did.
    pub(super) fn located(
        self,
        write: usize,
        own: bool,
        entity: &'static EntitySchema,
        by: Option<&'static str>,
    ) -> Error {
        match (*self.error, self.row) {
            (Error::Vetoed { at, reason, .. }, Some(row)) if at.is_empty() && own => {
                Error::row(write, row, RowFault::Vetoed(reason))
            }
            (Error::Vetoed { at, model, reason }, _) if at.is_empty() => {
                let record = self.record.unwrap_or_else(|| entity.name.to_owned());
                let at = match by.filter(|_| !own) {
                    Some(by) => place(&record, by),
                    None => record,
                };
                Error::Vetoed { at, model, reason }
            }
            (error, _) => error,
        }
    }
}

/// A record as messages name it: `posts[7]`.
pub(super) fn record_of(entity: &EntitySchema, record: &dyn Row) -> String {
    let key = shown_key(entity, |column| record.value(column));
    if entity.key.len() == 1 { format!("{}[{key}]", entity.name) } else { format!("{}{key}", entity.name) }
}

/// The record of a row that the caller doesn't know.
pub(super) fn of_row(batch: &WriteBatch, at: RowAt) -> String {
    let entity = batch.writes[at.write].entity;
    match batch.rows(at.write) {
        Some(rows) if at.row < rows.len() && rows.has_key(at.row) => record_of(entity, &rows.row(at.row)),
        _ => entity.name.to_owned(),
    }
}
