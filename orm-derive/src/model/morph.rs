//! `#[morph_to]`: the columns of the key and of the type, by what the attribute says or by convention.

use super::no_column;
use super::relations::{Found, Owner, local_columns};
use crate::errors::Errors;
use proc_macro2::{Ident, Span};
use syn::spanned::Spanned;
use syn::{Type, Visibility};

/// A relation to a record of one of several models.
pub(crate) struct MorphTo {
    pub(crate) ident: Ident,
    pub(crate) name: String,
    pub(crate) vis: Visibility,
    /// The name in serialized input.
    pub(crate) member: String,
    /// The enum of the models.
    pub(crate) choice: Type,
    /// The columns of the key.
    pub(crate) from: Vec<usize>,
    /// The column of the type.
    pub(crate) type_column: usize,
    /// Where the key is said, or the attribute.
    pub(crate) span: Span,
    /// Where the type is.
    pub(crate) type_span: Span,
}

impl MorphTo {
    /// Where the enum is named.
    pub(crate) fn choice_span(&self) -> Span {
        self.choice.span()
    }
}

/// Looks up the columns.
pub(super) fn resolve(found: Found, owner: &Owner<'_>, errors: &mut Errors) -> Option<MorphTo> {
    let attr = found.attr;
    let place = attr.place.span();
    let mut conventional = |suffix: &str, argument: &str| {
        let name = format!("{}_{suffix}", found.name);
        let at = owner.columns.iter().position(|c| c.name == name);
        if at.is_none() {
            errors.add(
                &attr.place,
                format!(
                    "{}; add it, or name the column: `{argument} = …`",
                    no_column(owner.columns, owner.name, &name)
                ),
            );
        }
        at
    };
    let by_id = attr.foreign_key.is_none().then(|| conventional("id", "foreign_key"));
    let by_type = attr.type_key.is_none().then(|| conventional("type", "type_key"));
    let from = match (&attr.foreign_key, by_id) {
        (Some(key), _) => local_columns(owner, key, errors),
        (None, at) => at.flatten().map(|at| vec![at]),
    };
    let type_column = match (&attr.type_key, by_type) {
        (Some(column), _) => local_columns(owner, std::slice::from_ref(column), errors).map(|at| at[0]),
        (None, at) => at.flatten(),
    };
    Some(MorphTo {
        ident: found.ident,
        name: found.name,
        vis: found.vis,
        member: found.member,
        choice: found.target,
        from: from?,
        type_column: type_column?,
        span: attr.foreign_key.and_then(|key| Some(key.first()?.span())).unwrap_or(place),
        type_span: attr.type_key.map_or(place, |column| column.span()),
    })
}
