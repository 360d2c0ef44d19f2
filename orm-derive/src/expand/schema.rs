//! The statics: the columns' list and the schema.

use super::at;
use crate::model::{Column, Model, Name, Relation, There};
use crate::parse::{Default, Kind, Source};
use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use syn::spanned::Spanned;

pub(super) fn expand(model: &Model) -> TokenStream {
    let krate = &model.krate;
    let schema = quote!(#krate::model::schema);
    let (ident, name, entity) = (&model.ident, &model.name, &model.entity);
    let columns = model.columns.iter().map(|c| column(model, c));
    let fields = model.columns.iter().enumerate().map(|(i, c)| field(model, i, c));
    let key = &model.key.fields;
    let source = source(model);
    let indexes = model.indexes.iter().map(|index| {
        let (fields, unique) = (&index.fields, index.unique);
        quote!(#schema::IndexSchema { fields: &[#(#fields),*], unique: #unique })
    });
    let relations = model.relations.iter().map(|r| relation(model, r));
    let deny = model.deny_unknown_fields;
    let checks = super::checks::expand(model);
    quote! {
        const __COLUMNS: &[(&'static str, #krate::value::Kind)] = &[#(#columns),*];
        #checks
        static __SCHEMA: #schema::EntitySchema = #schema::EntitySchema {
            name: #entity,
            model: #name,
            type_id: ::core::any::TypeId::of::<#ident>,
            fields: &[#(#fields),*],
            key: &[#(#key),*],
            key_source: #source,
            indexes: &[#(#indexes),*],
            relations: &[#(#relations),*],
            deny_unknown_fields: #deny,
        };
    }
}

/// One entry of `COLUMNS`.
fn column(model: &Model, column: &Column) -> TokenStream {
    let krate = &model.krate;
    let (name, ty) = (&column.name, &column.ty);
    let kind = quote_spanned!(at(ty.span())=> <#ty as #krate::value::FieldType>::KIND);
    match &column.scale {
        Some((scale, at_scale)) => quote_spanned! {at(at_scale.span())=>
            (#name, #krate::derive_support::scaled(#kind, #scale))
        },
        None => quote!((#name, #kind)),
    }
}

fn field(model: &Model, place: usize, column: &Column) -> TokenStream {
    let krate = &model.krate;
    let (name, member, in_table, ty) = (&column.name, &column.member, &column.column, &column.ty);
    let nullable = quote_spanned!(at(ty.span())=> <#ty as #krate::value::FieldType>::NULLABLE);
    let default = match &column.default {
        None => quote!(::core::option::Option::None),
        Some(default) => {
            let value = match default {
                Default::Value(value) => quote_spanned! {at(value.span())=>
                    #krate::derive_support::default_value::<#ty>(#value)
                },
                Default::With(path) => quote_spanned! {at(path.span())=>
                    #krate::derive_support::made_value::<#ty>(#path())
                },
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
            default: #default,
        }
    }
}

fn source(model: &Model) -> TokenStream {
    let krate = &model.krate;
    let source = quote!(#krate::model::schema::KeySource);
    let ty = model.key.fields.first().map(|i| &model.columns[*i].ty);
    match &model.key.source {
        Source::Given => quote!(#source::Given),
        Source::Auto => quote!(#source::Storage),
        Source::Uid => quote_spanned! {at(model.key.span)=>
            #source::Made(|| #krate::derive_support::made_value(#krate::derive_support::uuid_v7::<#ty>()))
        },
        Source::UidBy(path) => quote_spanned! {at(path.span())=>
            #source::Made(|| #krate::derive_support::made_value::<#ty>(#path()))
        },
    }
}

fn relation(model: &Model, relation: &Relation) -> TokenStream {
    let krate = &model.krate;
    let schema = quote!(#krate::model::schema);
    let (name, member, target) = (&relation.name, &relation.member, &relation.target);
    let model_name = &model.name;
    let kind = match relation.kind {
        Kind::BelongsTo => quote!(BelongsTo),
        Kind::HasOne => quote!(HasOne),
        Kind::HasMany => quote!(HasMany),
        Kind::BelongsToMany => quote!(BelongsToMany),
    };
    let from = &relation.from;
    let here = quote! {
        &#krate::derive_support::Side {
            model: #model_name,
            columns: __COLUMNS,
            at: &[#(#from),*],
        }
    };
    let columns = |ty: TokenStream| quote!(<#ty as #krate::model::Model>::COLUMNS);
    let target_columns = columns(quote!(#target));
    let target_key = quote!(<#target as #krate::model::Model>::KEY);
    let target_name = &relation.target_name;
    let (to, pivot) = match (&relation.pivot, relation.kind) {
        (Some(pivot), _) => {
            let to = match &relation.to {
                There::Key => target_key,
                There::Named(names) => {
                    let span = span_of(names, relation);
                    let names = texts(names);
                    quote_spanned!(span=> &#krate::derive_support::places(#target_name, #target_columns, [#(#names),*]))
                }
            };
            let (path, pivot_name) = (&pivot.path, &pivot.name);
            let pivot_columns = columns(quote!(#path));
            let there = quote! {
                &#krate::derive_support::Side { model: #target_name, columns: #target_columns, at: #to }
            };
            let refer = |names: &[Name], side: &TokenStream| {
                let span = span_of(names, relation);
                let names = texts(names);
                quote_spanned!(span=> &#krate::derive_support::foreign(#side, #pivot_name, #pivot_columns, [#(#names),*]))
            };
            let from = refer(&pivot.from, &here);
            let related = refer(&pivot.to, &there);
            let pivot = quote! {
                ::core::option::Option::Some(#schema::PivotSchema {
                    entity: <#path as #krate::model::Model>::schema,
                    from: #from,
                    to: #related,
                })
            };
            (to, pivot)
        }
        (None, kind) => {
            let to = match &relation.to {
                There::Key => quote_spanned! {at(relation.span)=>
                    #krate::derive_support::owner_key(#here, #target_name, #target_columns, #target_key)
                },
                There::Named(names) => {
                    let span = span_of(names, relation);
                    let names = texts(names);
                    let look = if kind == Kind::BelongsTo {
                        quote_spanned!(span=> #krate::derive_support::owner)
                    } else {
                        quote_spanned!(span=> #krate::derive_support::foreign)
                    };
                    quote_spanned!(span=> &#look(#here, #target_name, #target_columns, [#(#names),*]))
                }
            };
            (to, quote!(::core::option::Option::None))
        }
    };
    quote! {
        #schema::RelationSchema {
            model: #model_name,
            field: #name,
            name: #member,
            kind: #schema::RelationKind::#kind,
            target: <#target as #krate::model::Model>::schema,
            from: &[#(#from),*],
            to: #to,
            pivot: #pivot,
        }
    }
}

fn texts(names: &[Name]) -> impl Iterator<Item = &str> {
    names.iter().map(|n| n.text.as_str())
}

/// Where a mistake in these names shows: at the first of them.
fn span_of(names: &[Name], relation: &Relation) -> proc_macro2::Span {
    at(names.first().map_or(relation.span, |n| n.span))
}
