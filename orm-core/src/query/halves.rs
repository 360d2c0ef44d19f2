//! Optional embedded structs are whole or missing: no update may leave a part of one.

use crate::error::{Error, Result};
use crate::model::schema::{EmbedSchema, EntitySchema};
use crate::plan::{Assignment, Predicate, Rows};
use crate::provider::Row;
use crate::provider::fallback::Record;
use crate::value::{Cell, Value};
use std::ops::Range;

/// Refuses an update by a condition that may set a part of a struct where the rest is NULL.
pub(crate) fn of_update(
    entity: &'static EntitySchema,
    filter: &Predicate,
    set: &[(usize, Assignment)],
) -> Result<()> {
    for embed in entity.embeds.iter().filter(|embed| embed.optional) {
        let becomes = |column: usize| set.iter().rev().find(|(c, _)| *c == column).map(|(_, how)| how);
        let is_null = |column: usize| {
            matches!(becomes(column), Some(Assignment::Set(Value::Null) | Assignment::Add(Value::Null)))
        };
        // What is added to NULL leaves it NULL.
        let is_set = |column: usize| !is_null(column) && matches!(becomes(column), Some(Assignment::Set(_)));
        if required(embed).any(is_null) {
            if !columns(embed).all(is_null) {
                return Err(half(entity, embed, required(embed).filter(|&column| is_null(column))));
            }
        } else if columns(embed).any(is_set)
            && !required(embed).all(is_set)
            && !filter.needs_value(&columns(embed))
        {
            return Err(half(entity, embed, required(embed).filter(|&column| !is_set(column))));
        }
    }
    Ok(())
}

/// Refuses a row that leaves a part of a struct, of which hooks may have set columns.
pub(crate) fn of_row(
    entity: &'static EntitySchema,
    rows: &Rows,
    row: usize,
    stored: Option<&Record>,
) -> Result<()> {
    for embed in entity.embeds.iter().filter(|embed| embed.optional) {
        let is_null = |column: usize| match rows.cell(row, column) {
            Cell::Given(value) => value.is_null(),
            Cell::Absent => stored.is_none_or(|stored| stored.value(column).is_null()),
        };
        if required(embed).any(is_null) && !columns(embed).all(is_null) {
            return Err(half(entity, embed, required(embed).filter(|&column| is_null(column))));
        }
    }
    Ok(())
}

fn columns(embed: &EmbedSchema) -> Range<usize> {
    embed.first..embed.first + embed.fields.len()
}

/// The columns that are not NULL where the struct is there.
fn required(embed: &EmbedSchema) -> impl Iterator<Item = usize> {
    columns(embed).zip(embed.fields).filter(|(_, field)| !field.nullable).map(|(column, _)| column)
}

fn half(entity: &EntitySchema, embed: &EmbedSchema, missing: impl Iterator<Item = usize>) -> Error {
    let missing: Vec<_> = missing.map(|column| entity.fields[column].field).collect();
    Error::HalfEmbedded { model: entity.model, field: embed.field, missing: missing.join(", ") }
}
