//! The statics: the columns' list and the schema.

use super::at;
use super::{morphs, relations};
use crate::model::{Column, Model};
use crate::parse::{Default, Source};
use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use syn::spanned::Spanned;

/// The names and kinds of the columns, which other models look at.
pub(super) fn columns(model: &Model) -> TokenStream {
    let krate = &model.krate;
    let columns = model.columns.iter().map(|c| column(model, c));
    quote! {
        const __COLUMNS: &[(&'static str, #krate::value::Kind)] = &[#(#columns),*];
    }
}

/// The schema.
pub(super) fn expand(model: &Model) -> TokenStream {
    let krate = &model.krate;
    let schema = quote!(#krate::model::schema);
    let (ident, name, entity) = (&model.ident, &model.name, &model.entity);
    let fields = model.columns.iter().enumerate().map(|(i, c)| field(model, i, c));
    let key = &model.key.fields;
    let source = source(model);
    let indexes = model.indexes.iter().map(|index| {
        let (fields, unique) = (&index.fields, index.unique);
        quote!(#schema::IndexSchema { fields: &[#(#fields),*], unique: #unique })
    });
    let ordinary: Vec<_> = model.relations.iter().map(|r| relations::entry(model, r)).collect();
    let (more, relations) = morphs::relations(model, &ordinary);
    let deny = model.deny_unknown_fields;
    quote! {
        #more
        static __SCHEMA: #schema::EntitySchema = #schema::EntitySchema {
            name: #entity,
            model: #name,
            type_id: ::core::any::TypeId::of::<#ident>,
            fields: &[#(#fields),*],
            key: &[#(#key),*],
            key_source: #source,
            indexes: &[#(#indexes),*],
            relations: #relations,
            deny_unknown_fields: #deny,
            ..#schema::EntitySchema::BASE
        };
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
        None => quote!(::core::option::Option::None),
        Some(default) => {
            let value = match default {
                Default::Value(value) => {
                    let core = model.core_at(value.span());
                    quote_spanned! {at(value.span())=>
                        #core::derive_support::default_value::<#ty>(#value)
                    }
                }
                Default::With(path) => made(model, &quote!(#path), ty),
            };
            quote!(::core::option::Option::Some(|| #value))
        }
    };
    quote! {
        #krate::model::schema::FieldSchema {
            field: #name,
            name: #member,
            column: #in_table,
            kind: __COLUMNS[#place].1,
            nullable: #nullable,
            list: #list,
            default: #default,
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
