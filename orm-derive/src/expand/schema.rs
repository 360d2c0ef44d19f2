//! The statics: the columns' list and the schema.

use super::at;
use super::{morphs, relations};
use crate::model::{Column, Form, Model, Place};
use crate::parse::{Default, Source, Validate};
use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use syn::ext::IdentExt;
use syn::spanned::Spanned;

/// The names and kinds of the columns, which other models look at.
pub(crate) fn columns(model: &Model) -> TokenStream {
    let krate = &model.krate;
    let columns = model.columns.iter().map(|c| column(model, c));
    let kind = quote!(#krate::value::Kind);
    let own = quote!(&[(&'static str, #kind)] = &[#(#columns),*];);
    if model.embeds.is_empty() {
        return quote!(const __COLUMNS: #own);
    }
    let fields = fields(model);
    let embeds = super::embeds::columns(model);
    quote! {
        const __OWN_COLUMNS: #own
        const __OWN_FIELDS: &[#krate::model::schema::FieldSchema] = #fields;
        #embeds
    }
}

/// The list of the model's own columns.
pub(crate) fn fields(model: &Model) -> TokenStream {
    let fields = model.columns.iter().enumerate().map(|(i, c)| field(model, i, c));
    quote!(&[#(#fields),*])
}

/// The schema.
pub(super) fn expand(model: &Model) -> TokenStream {
    let krate = &model.krate;
    let schema = quote!(#krate::model::schema);
    let (ident, name, entity) = (&model.ident, &model.name, &model.entity);
    let (fields, embeds) = match model.embeds.is_empty() {
        true => (fields(model), quote!(&[])),
        false => (quote!(&__FIELDS_OF_ALL), super::embeds::schemas(model)),
    };
    let key = &model.key.fields;
    let source = source(model);
    let indexes = model.indexes.iter().map(|index| {
        let (fields, unique) = (index.fields.iter().map(|place| index_place(model, place)), index.unique);
        quote!(#schema::IndexSchema { fields: &[#(#fields),*], unique: #unique })
    });
    let ordinary: Vec<_> = model.relations.iter().map(|r| relations::entry(model, r)).collect();
    let (more, relations) = morphs::relations(model, &ordinary);
    let deny = model.deny_unknown_fields;
    let connection = super::connection::name(model);
    let validate = validate(model);
    let created_at = optional(model.stamps.created_at);
    let updated_at = optional(model.stamps.updated_at);
    let deleted_at = model.marks.deleted_at.map(|at| quote!(deleted_at: ::core::option::Option::Some(#at),));
    let version = model.marks.version.map(|at| quote!(version: ::core::option::Option::Some(#at),));
    quote! {
        #more
        static __SCHEMA: #schema::EntitySchema = #schema::EntitySchema {
            name: #entity,
            model: #name,
            type_id: ::core::any::TypeId::of::<#ident>,
            fields: #fields,
            embeds: #embeds,
            key: &[#(#key),*],
            key_source: #source,
            indexes: &[#(#indexes),*],
            relations: #relations,
            deny_unknown_fields: #deny,
            #connection
            validate: #validate,
            created_at: #created_at,
            updated_at: #updated_at,
            #deleted_at
            #version
            ..#schema::EntitySchema::BASE
        };
    }
}

/// What checks a record before it is stored.
fn validate(model: &Model) -> TokenStream {
    let ident = &model.ident;
    let (place, by) = match &model.validate {
        None => return quote!(::core::option::Option::None),
        Some(Validate::Own(place)) => {
            let core = model.core_at(place.span());
            (place.span(), quote_spanned!(at(place.span())=> <#ident as #core::model::Validate>::validate))
        }
        Some(Validate::By(path)) => (path.span(), quote!(#path)),
    };
    let core = model.core_at(place);
    quote_spanned! {at(place)=>
        ::core::option::Option::Some(|row| #core::derive_support::validate::<#ident, _>(row, #by))
    }
}

/// The place of a column of an index.
fn index_place(model: &Model, place: &Place) -> TokenStream {
    match place {
        Place::Own(place) => quote!(#place),
        Place::Embedded(embed, inner) => {
            let (this, first) = (super::embeds::embedding(*embed), super::embeds::first(*embed));
            let name = inner.unraw().to_string();
            let krate = model.core_at(inner.span());
            quote_spanned! {at(inner.span())=>
                #krate::derive_support::embedded_place(&#this, #first, #name)
            }
        }
    }
}

/// An optional place.
fn optional(place: Option<usize>) -> TokenStream {
    match place {
        Some(place) => quote!(::core::option::Option::Some(#place)),
        None => quote!(::core::option::Option::None),
    }
}

/// One entry of `COLUMNS`.
fn column(model: &Model, column: &Column) -> TokenStream {
    let (name, ty) = (&column.name, &column.ty);
    let krate = model.core_at(ty.span());
    let kind = quote_spanned!(at(ty.span())=> <#ty as #krate::value::FieldType>::KIND);
    match &column.scale {
        Some((scale, said)) => {
            let krate = model.core_at(said.span());
            quote_spanned!(at(said.span())=> (#name, #krate::derive_support::scaled(#kind, #scale)))
        }
        None => quote!((#name, #kind)),
    }
}

fn field(model: &Model, place: usize, column: &Column) -> TokenStream {
    let krate = &model.krate;
    let (name, member, in_table, ty) = (&column.name, &column.member, &column.column, &column.ty);
    let core = model.core_at(ty.span());
    let nullable = quote_spanned!(at(ty.span())=> <#ty as #core::value::FieldType>::NULLABLE);
    let list = quote_spanned!(at(ty.span())=> <#ty as #core::value::FieldType>::LIST);
    let default = match &column.default {
        None if model.stamps.has(place) => {
            quote!(::core::option::Option::Some(#krate::derive_support::now))
        }
        None if model.marks.version == Some(place) => {
            quote!(::core::option::Option::Some(|| #krate::value::Value::Int(1)))
        }
        None => quote!(::core::option::Option::None),
        Some(default) => {
            let value = match default {
                Default::Value(value) => {
                    let core = model.core_at(value.span());
                    quote_spanned! {at(value.span())=>
                        #core::derive_support::default_value::<#ty>(#value)
                    }
                }
                Default::With(path) => {
                    let made_by = match &column.form {
                        Form::Plain => quote!(#path),
                        Form::Wrapped { by, option, .. } => {
                            let wrapper = by.name();
                            match option {
                                false => quote!((|| #krate::value::#wrapper(#path()))),
                                true => quote!((|| #path().map(#krate::value::#wrapper))),
                            }
                        }
                    };
                    made(model, &made_by, ty)
                }
            };
            quote!(::core::option::Option::Some(|| #value))
        }
    };
    let columns = if model.embeds.is_empty() { quote!(__COLUMNS) } else { quote!(__OWN_COLUMNS) };
    let (cast, hidden) = (column.cast, column.hidden);
    let mutate = match &column.mutate {
        None => quote!(::core::option::Option::None),
        Some(path) => {
            let core = model.core_at(path.span());
            let path = match &column.form {
                Form::Plain => quote!(#path),
                Form::Wrapped { by, inner, .. } => {
                    let (name, wrapper) = (by.name(), by.around(&core, inner));
                    quote!(|#core::value::#name(value): #wrapper| #core::value::#name(#path(value)))
                }
            };
            let call = quote_spanned! {at(path.span())=>
                #core::derive_support::mutate::<<#ty as #core::value::FieldType>::Plain>(value, #path)
            };
            quote!(::core::option::Option::Some(|value| #call))
        }
    };
    let intake = quote_spanned! {at(ty.span())=>
        #core::value::Intake::of(#cast, #mutate, <#ty as #core::value::FieldType>::CHECK)
    };
    quote! {
        #krate::model::schema::FieldSchema {
            field: #name,
            name: #member,
            column: #in_table,
            kind: #columns[#place].1,
            nullable: #nullable,
            list: #list,
            default: #default,
            hidden: #hidden,
            intake: #intake,
            ..#krate::model::schema::FieldSchema::BASE
        }
    }
}

/// A value of type `ty` that the function at `path` makes.
fn made(model: &Model, path: &TokenStream, ty: &syn::Type) -> TokenStream {
    let place = path.span();
    let krate = model.core_at(place);
    quote_spanned!(at(place)=> #krate::derive_support::made_value::<#ty>(#path()))
}

fn source(model: &Model) -> TokenStream {
    let krate = &model.krate;
    let source = quote!(#krate::model::schema::KeySource);
    let Some(ty) = model.key.fields.first().map(|i| &model.columns[*i].ty) else {
        return quote!(#source::Given);
    };
    match &model.key.source {
        Source::Given => quote!(#source::Given),
        Source::Auto => quote!(#source::Storage),
        Source::Uid => {
            let made = made(model, &quote!(#krate::derive_support::uuid_v7::<#ty>), ty);
            quote!(#source::Made(|| #made))
        }
        Source::UidBy(path) => {
            let made = made(model, &quote!(#path), ty);
            quote!(#source::Made(|| #made))
        }
    }
}
