//! Columns: the fields that hold no relation.

use super::relations::Found;
use super::{Embed, member};
use crate::errors::Errors;
use crate::names::Rule;
use crate::parse::{Default, Field, KeyAttr, types};
use proc_macro2::{Ident, TokenStream};
use quote::quote;
use quote::quote_spanned;
use std::collections::HashMap;
use syn::spanned::Spanned;
use syn::{Type, Visibility};

/// A column.
pub(crate) struct Column {
    pub(crate) ident: Ident,
    pub(crate) name: String,
    pub(crate) vis: Visibility,
    /// The type of the column, which is the field's unless it is stored as something else.
    pub(crate) ty: Type,
    /// How the field's value becomes the column's.
    pub(crate) form: Form,
    /// The name in serialized input.
    pub(crate) member: String,
    /// The name in a table.
    pub(crate) column: String,
    pub(crate) default: Option<Default>,
    pub(crate) scale: Option<(u8, syn::Expr)>,
    /// Where the field is marked as that which says when a record was first, or last, written.
    pub(crate) created_at: Option<Ident>,
    pub(crate) updated_at: Option<Ident>,
    pub(crate) hidden: bool,
    pub(crate) cast: bool,
    pub(crate) mutate: Option<syn::Path>,
    pub(crate) index: bool,
    pub(crate) unique: bool,
}

/// How a field is stored.
pub(crate) enum Form {
    /// As it is.
    Plain,
    /// As JSON; the field's type, and whether it is an `Option`.
    Json { inner: Type, option: bool },
}

/// A field as a column, and its `#[key]`.
pub(super) fn resolve(
    field: Field,
    rule: Option<Rule>,
    krate: &TokenStream,
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
    let (ty, form) =
        if field.attr.json { json(&field, krate, errors) } else { (field.ty.clone(), Form::Plain) };
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
        ty,
        form,
        default: attr.default,
        scale: attr.scale,
        created_at: attr.created_at,
        updated_at: attr.updated_at,
        hidden: attr.hidden,
        cast: attr.cast,
        mutate: attr.mutate,
        index: attr.index,
        unique: attr.unique,
    };
    Some((column, field.key))
}

/// The type of a column that holds a field as JSON.
fn json(field: &Field, krate: &TokenStream, errors: &mut Errors) -> (Type, Form) {
    if let Some(key) = &field.key {
        errors.add(&key.place, "JSON can't be a key: a key has one plain form");
    }
    let option = types::last_segment(&field.ty).filter(|segment| segment.ident == "Option");
    let (inner, option) = match option.and_then(types::argument) {
        Some(inner) => (inner.clone(), true),
        None => (field.ty.clone(), false),
    };
    let span = inner.span();
    let core = crate::expand::core_at(krate, span);
    let json = quote_spanned!(crate::expand::at(span)=> #core::value::Json<#inner>);
    let stored = if option { quote!(::core::option::Option<#json>) } else { json };
    (syn::parse_quote!(#stored), Form::Json { inner, option })
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
pub(super) fn check_names(columns: &[Column], relations: &[Found], embeds: &[Embed], errors: &mut Errors) {
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
        .chain(relations.iter().map(|r| (&r.ident, &r.name, &r.member, r.attr.kind.name())))
        .chain(embeds.iter().map(|e| (&e.ident, &e.name, &e.member, "field")));
    for (ident, name, member, attr) in members {
        if let Some(first) = by_member.insert(member, name) {
            errors.add(
                ident,
                format!("the member `{member}` of the input is `{first}`'s already: give one of them another name by `#[{attr}(rename = \"…\")]`"),
            );
        }
    }
}
