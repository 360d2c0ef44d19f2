//! Indexes: those that are asked for, and one for each foreign key.

use super::{Column, Key, Relation, local_column};
use crate::errors::Errors;
use crate::parse::{IndexAttr, Kind};
use proc_macro2::Ident;

/// An index.
pub(crate) struct Index {
    pub(crate) fields: Vec<usize>,
    pub(crate) unique: bool,
}

/// Gathers the indexes, each once. The key has an index of its own.
pub(super) fn resolve(
    model: &str,
    columns: &[Column],
    key: &Key,
    relations: &[Relation],
    asked: &[IndexAttr],
    errors: &mut Errors,
) -> Vec<Index> {
    let mut indexes: Vec<Index> = Vec::new();
    let mut add = |fields: Vec<usize>, unique: bool| {
        if fields == key.fields {
            return;
        }
        match indexes.iter_mut().find(|i| i.fields == fields) {
            Some(index) => index.unique |= unique,
            None => indexes.push(Index { fields, unique }),
        }
    };
    for (at, column) in columns.iter().enumerate() {
        if column.index || column.unique {
            add(vec![at], column.unique);
        }
    }
    for index in asked {
        if let Some(fields) = places(model, columns, &index.fields, errors) {
            add(fields, index.unique);
        }
    }
    for relation in relations {
        if relation.kind == Kind::BelongsTo {
            add(relation.from.clone(), false);
        }
    }
    indexes
}

/// The places of an index's fields; each field is there once.
fn places(model: &str, columns: &[Column], fields: &[Ident], errors: &mut Errors) -> Option<Vec<usize>> {
    let mut places = Vec::new();
    for field in fields {
        let at = local_column(columns, model, field, errors)?;
        if places.contains(&at) {
            errors.add(field, format!("`{field}` is in this index already"));
            return None;
        }
        places.push(at);
    }
    Some(places)
}
