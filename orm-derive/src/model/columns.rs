//! Columns: the fields that hold no relation.

use super::member;
use super::relations::Found;
use crate::errors::Errors;
use crate::names::Rule;
use crate::parse::{Default, Field, KeyAttr, types};
use proc_macro2::Ident;
use std::collections::HashMap;
use syn::{Type, Visibility};

/// A column.
pub(crate) struct Column {
    pub(crate) ident: Ident,
    pub(crate) name: String,
    pub(crate) vis: Visibility,
    pub(crate) ty: Type,
    /// The name in serialized input.
    pub(crate) member: String,
    /// The name in a table.
    pub(crate) column: String,
    pub(crate) default: Option<Default>,
    pub(crate) scale: Option<(u8, syn::Expr)>,
    pub(crate) index: bool,
    pub(crate) unique: bool,
    pub(crate) deleted_at: bool,
    pub(crate) version: bool,
}

/// A field as a column, and its `#[key]`.
pub(super) fn resolve(
    field: Field,
    rule: Option<Rule>,
    errors: &mut Errors,
) -> Option<(Column, Option<KeyAttr>)> {
    if let Some(relation) = &field.relation {
        let wanted = if relation.kind.to_many() { "Many" } else { "One" };
        let kind = relation.kind.name();
        errors.add(
            &field.ty,
            format!("a `#[{kind}]` field holds records: its type is written `{wanted}<T>`, where `T` is the other model"),
        );
        return None;
    }
    if let Some(slot) = wrapped_relation(&field.ty) {
        errors.add(
            &field.ty,
            format!("write `{slot}<T>` itself: it knows of nothing loaded, no record and many"),
        );
        return None;
    }
    let attr = field.attr;
    let column = Column {
        member: match attr.rename {
            Some(name) => name.value,
            None => member(&field.name, rule),
        },
        column: attr.column.map_or_else(|| field.name.clone(), |c| c.value),
        ident: field.ident,
        name: field.name,
        vis: field.vis,
        ty: field.ty,
        default: attr.default,
        scale: attr.scale,
        index: attr.index,
        unique: attr.unique,
        deleted_at: attr.deleted_at,
        version: attr.version,
    };
    Some((column, field.key))
}

/// `One` of `Option<One<T>>`: which relation field stands inside of another type.
fn wrapped_relation(ty: &Type) -> Option<&'static str> {
    let inner = types::argument(types::last_segment(ty)?)?;
    match types::slot(inner) {
        types::Slot::One(_) => Some("One"),
        types::Slot::Many(_) => Some("Many"),
        types::Slot::Column => None,
    }
}

/// Columns and members of the input are told apart by their names.
pub(super) fn check_names(columns: &[Column], relations: &[Found], errors: &mut Errors) {
    let mut by_column: HashMap<&str, &str> = HashMap::new();
    for column in columns {
        if let Some(first) = by_column.insert(&column.column, &column.name) {
            errors.add(
                &column.ident,
                format!("the column `{}` is `{first}`'s already: give one of them another name by `#[field(column = \"…\")]`", column.column),
            );
        }
    }
    let mut by_member: HashMap<&str, &str> = HashMap::new();
    let members = columns
        .iter()
        .map(|c| (&c.ident, &c.name, &c.member, "field"))
        .chain(relations.iter().map(|r| (&r.ident, &r.name, &r.member, r.attr.kind.name())));
    for (ident, name, member, attr) in members {
        if let Some(first) = by_member.insert(member, name) {
            errors.add(
                ident,
                format!("the member `{member}` of the input is `{first}`'s already: give one of them another name by `#[{attr}(rename = \"…\")]`"),
            );
        }
    }
}
