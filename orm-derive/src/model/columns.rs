//! Columns: the fields that hold no relation.

use super::relations::Found;
use super::{Embed, member};
use crate::errors::Errors;
use crate::names::Rule;
use crate::parse::{Default, Field, KeyAttr, types};
use proc_macro2::{Ident, Span, TokenStream};
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
    pub(crate) deleted_at: bool,
    pub(crate) version: bool,
}

/// How a field is stored.
pub(crate) enum Form {
    /// As it is.
    Plain,
    /// In a wrapper; the field's type without its `Option`, and whether it has one.
    Wrapped { by: Wrapper, inner: Box<Type>, option: bool },
}

/// The types of orm-core that store other types.
#[derive(Clone, Copy)]
pub(crate) enum Wrapper {
    Json,
    /// The decimal form of `u64`.
    Wide,
}

impl Wrapper {
    /// The wrapper's name.
    pub(crate) fn name(self) -> Ident {
        Ident::new(if let Wrapper::Json = self { "Json" } else { "Wide" }, Span::call_site())
    }

    /// The wrapper around a type.
    pub(crate) fn around(self, krate: &TokenStream, inner: &Type) -> TokenStream {
        let span = crate::expand::at(inner.span());
        match self {
            Wrapper::Json => quote_spanned!(span=> #krate::value::Json<#inner>),
            Wrapper::Wide => quote_spanned!(span=> #krate::value::Wide),
        }
    }
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
    let wrapper = match (&field.attr.decimal, field.attr.json) {
        (Some(place), json) => {
            check_decimal(&field, place, json, errors);
            Some(Wrapper::Wide)
        }
        (None, true) => Some(Wrapper::Json),
        (None, false) => None,
    };
    let (ty, form) = match wrapper {
        Some(by) => wrapped(&field, by, krate, errors),
        None => (field.ty.clone(), Form::Plain),
    };
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
        deleted_at: attr.deleted_at,
        version: attr.version,
    };
    Some((column, field.key))
}

/// `decimal` is for `u64` and stands alone.
fn check_decimal(field: &Field, place: &Ident, json: bool, errors: &mut Errors) {
    if json {
        errors.add(place, "a column is stored in one form: keep `decimal` or `json`");
    }
    let (inner, _) = without_option(&field.ty);
    if types::last_segment(inner).is_none_or(|segment| segment.ident != "u64") {
        errors.add(&field.ty, "`decimal` keeps the whole range of a `u64`: other types have no need of it");
    }
}

fn without_option(ty: &Type) -> (&Type, bool) {
    let option = types::last_segment(ty).filter(|segment| segment.ident == "Option");
    match option.and_then(types::argument) {
        Some(inner) => (inner, true),
        None => (ty, false),
    }
}

/// The type of a column that holds a field in a wrapper.
fn wrapped(field: &Field, by: Wrapper, krate: &TokenStream, errors: &mut Errors) -> (Type, Form) {
    if let (Wrapper::Json, Some(key)) = (by, &field.key) {
        errors.add(&key.place, "JSON can't be a key: a key has one plain form");
    }
    let (inner, option) = without_option(&field.ty);
    let core = crate::expand::core_at(krate, inner.span());
    let wrapper = by.around(&core, inner);
    let stored = if option { quote!(::core::option::Option<#wrapper>) } else { wrapper };
    (syn::parse_quote!(#stored), Form::Wrapped { by, inner: Box::new(inner.clone()), option })
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
