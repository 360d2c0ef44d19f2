//! Columns that the core looks after: when a record was deleted, how often it was written.

use super::Column;
use crate::errors::Errors;
use proc_macro2::Ident;

/// The places of these columns.
pub(crate) struct Marks {
    pub(crate) deleted_at: Option<usize>,
    pub(crate) version: Option<usize>,
}

/// Finds the columns.
pub(super) fn resolve(
    model: &str,
    columns: &[Column],
    soft_delete: Option<&Ident>,
    errors: &mut Errors,
) -> Marks {
    let marked = one(columns, "deleted_at", |c| c.deleted_at, errors);
    let named = columns.iter().position(|c| c.name == "deleted_at");
    if let (Some(word), None, None) = (soft_delete, marked, named) {
        errors.add(
            word,
            format!(
                "`{model}` has no column `deleted_at`: add `deleted_at: Option<Timestamp>`, or mark another \
                 by `#[field(deleted_at)]`"
            ),
        );
    }
    let version = one(columns, "version", |c| c.version, errors);
    Marks { deleted_at: marked.or(named.filter(|_| soft_delete.is_some())), version }
}

/// The column of which this is said; of a second one it is a mistake.
fn one(columns: &[Column], mark: &str, has: fn(&Column) -> bool, errors: &mut Errors) -> Option<usize> {
    let mut marked = columns.iter().enumerate().filter(|(_, c)| has(c));
    let first = marked.next();
    if let (Some((_, first)), Some((_, second))) = (first, marked.next()) {
        errors.add(
            &second.ident,
            format!("`{}` is `#[field({mark})]` already: a model has one of them", first.name),
        );
    }
    first.map(|(at, _)| at)
}
