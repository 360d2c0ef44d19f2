//! Embedded structs: fields whose own fields are columns.

use super::member;
use crate::errors::Errors;
use crate::names::Rule;
use crate::parse::{Field, types};
use proc_macro2::Ident;
use syn::{Type, Visibility};

/// An embedded struct.
pub(crate) struct Embed {
    pub(crate) ident: Ident,
    pub(crate) name: String,
    pub(crate) vis: Visibility,
    pub(crate) ty: Type,
    /// The type without its `Option`.
    pub(crate) inner: Type,
    /// The name in serialized input.
    pub(crate) member: String,
    /// What the columns' names in a table start with.
    pub(crate) prefix: String,
}

/// A field that is marked with `embed`.
pub(super) fn resolve(field: Field, rule: Option<Rule>, errors: &mut Errors) -> Option<Embed> {
    let attr = field.attr;
    let embed = attr.embed.as_ref()?;
    if let Some(key) = &field.key {
        errors.add(&key.place, "an embedded struct can't be a key: mark a field of the model's own");
    }
    if attr.is_of_a_column() {
        errors.add(
            &embed.place,
            "with `embed` goes `rename` only: what is said of columns is said on the embedded struct's fields, \
             and an index on the model, `#[index(a.b)]`",
        );
    }
    let option = types::last_segment(&field.ty).filter(|segment| segment.ident == "Option");
    Some(Embed {
        inner: option.and_then(types::argument).unwrap_or(&field.ty).clone(),
        member: attr.rename.map_or_else(|| member(&field.name, rule), |name| name.value),
        prefix: match attr.embed.and_then(|embed| embed.prefix) {
            Some(prefix) => prefix,
            None => format!("{}_", field.name),
        },
        ident: field.ident,
        name: field.name,
        vis: field.vis,
        ty: field.ty,
    })
}
