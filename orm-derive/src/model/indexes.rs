//! Indexes: those that are asked for, and one for each foreign key.

use super::{Column, Embed, Key, Relation, local_column};
use crate::errors::Errors;
use crate::parse::{FieldPath, IndexAttr, Kind};
use proc_macro2::Ident;

/// An index.
pub(crate) struct Index {
    pub(crate) fields: Vec<Place>,
    pub(crate) unique: bool,
}

/// The place of a column.
#[derive(Clone, PartialEq)]
pub(crate) enum Place {
    /// Among the model's own.
    Own(usize),
    /// Of the embedded struct at this place, the field of this name.
    Embedded(usize, Ident),
}

/// Gathers the indexes, each once. The key has an index of its own.
pub(super) fn resolve(
    model: &str,
    columns: &[Column],
    embeds: &[Embed],
    key: &Key,
    relations: &[Relation],
    asked: &[IndexAttr],
    errors: &mut Errors,
) -> Vec<Index> {
    let mut indexes: Vec<Index> = Vec::new();
    let own = |fields: &[usize]| -> Vec<Place> { fields.iter().copied().map(Place::Own).collect() };
    let mut add = |fields: Vec<Place>, unique: bool| {
        if fields == own(&key.fields) {
            return;
        }
        match indexes.iter_mut().find(|i| i.fields == fields) {
            Some(index) => index.unique |= unique,
            None => indexes.push(Index { fields, unique }),
        }
    };
    for (at, column) in columns.iter().enumerate() {
        if column.index || column.unique {
            add(vec![Place::Own(at)], column.unique);
        }
    }
    for index in asked {
        if let Some(fields) = places(model, (columns, embeds), &index.fields, errors) {
            add(fields, index.unique);
        }
    }
    for relation in relations {
        if relation.kind == Kind::BelongsTo {
            add(own(&relation.from), false);
        }
    }
    indexes
}

/// The places of an index's fields; each field is there once.
fn places(
    model: &str,
    (columns, embeds): (&[Column], &[Embed]),
    fields: &[FieldPath],
    errors: &mut Errors,
) -> Option<Vec<Place>> {
    let mut places = Vec::new();
    for FieldPath { field, inner } in fields {
        let embed = embeds.iter().position(|e| e.ident == *field);
        let place = match (embed, inner) {
            (Some(at), Some(inner)) => Place::Embedded(at, inner.clone()),
            (Some(_), None) => {
                errors.add(field, format!("`{field}` is embedded: name one of its fields, `{field}.a`"));
                return None;
            }
            (None, Some(inner)) => {
                errors.add(inner, format!("`{field}` is no embedded struct, so it has no `{inner}`"));
                return None;
            }
            (None, None) => Place::Own(local_column(columns, model, field, errors)?),
        };
        if places.contains(&place) {
            errors.add(inner.as_ref().unwrap_or(field), format!("`{field}` is in this index already"));
            return None;
        }
        places.push(place);
    }
    Some(places)
}
