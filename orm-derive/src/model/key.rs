//! The key.

use super::Column;
use crate::errors::Errors;
use crate::parse::{KeyAttr, Source, types};
use proc_macro2::Ident;

/// Which columns are the key, and where it comes from when a record has none.
pub(crate) struct Key {
    pub(crate) fields: Vec<usize>,
    pub(crate) source: Source,
}

/// The widest key that `KeyType` and `IntoKey` are implemented for.
const WIDEST: usize = 4;

/// Types that are no integers by their looks; other names are left to the compiler.
const NO_INTEGERS: [&str; 14] = [
    "String",
    "bool",
    "f32",
    "f64",
    "Vec",
    "Uuid",
    "Decimal",
    "Date",
    "Time",
    "DateTime",
    "Timestamp",
    "NaiveDate",
    "NaiveTime",
    "NaiveDateTime",
];

/// Checks the `#[key]` attributes, each with the place of its column.
pub(super) fn resolve(
    model: &Ident,
    columns: &[Column],
    keys: Vec<(usize, KeyAttr)>,
    errors: &mut Errors,
) -> Key {
    if keys.is_empty() {
        errors.add(
            model,
            format!("`{model}` has no key: mark the field that tells its records apart with `#[key]`"),
        );
    }
    if let Some((_, extra)) = keys.get(WIDEST) {
        errors.add(&extra.place, format!("a key has at most {WIDEST} fields"));
    }
    for (column, key) in &keys {
        check_type(&columns[*column], key, errors);
        if keys.len() > 1 && !matches!(key.source, Source::Given) {
            errors.add(
                &key.place,
                format!("`{}` is for a key of one field: this one has {}", key.place, keys.len()),
            );
        }
    }
    let mut fields: Vec<usize> = keys.iter().map(|(column, _)| *column).take(WIDEST).collect();
    if fields.is_empty() && !columns.is_empty() {
        // The mistake is told; what else is checked goes on as if the key were the first column.
        fields.push(0);
    }
    Key { fields, source: keys.into_iter().next().map_or(Source::Given, |(_, key)| key.source) }
}

fn check_type(column: &Column, key: &KeyAttr, errors: &mut Errors) {
    let Some(segment) = types::last_segment(&column.ty) else {
        return;
    };
    if segment.ident == "Option" {
        errors.add(
            &column.ty,
            "a key is never NULL: leave out the `Option` (a record whose key isn't known yet is a draft)",
        );
    } else if matches!(key.source, Source::Auto) && NO_INTEGERS.iter().any(|name| segment.ident == name) {
        errors.add(
            &column.ty,
            "`#[key(auto)]` makes integers: take an integer type, or `#[key(uid)]` for a UUID",
        );
    }
}
