//! The static schema, and the checks against other models' columns.

use crate::parse::RelationKind;
use crate::resolve::{Column, KeySource, Model, Named, ResolvedRelation};
use proc_macro2::{Span, TokenStream};
use quote::{ToTokens, quote, quote_spanned};
use syn::spanned::Spanned;

pub(super) fn schema(model: &Model) -> TokenStream {
    let krate = &model.krate;
    let ident = &model.ident;
    let (entity, name) = (&model.entity, crate::names::plain(ident));
    let fields = model.columns.iter().map(|column| field(model, column));
    let key = &model.key;
    let key_source = key_source(model);
    let indexes = model.indexes.iter().map(|(places, unique)| {
        quote!(#krate::model::schema::IndexSchema { fields: &[#(#places),*], unique: #unique })
    });
    let relations = model.relations.iter().map(|relation| relation_schema(model, relation));
    let deny_unknown_fields = model.deny_unknown_fields;
    quote! {
        static __SCHEMA: #krate::model::schema::EntitySchema = #krate::model::schema::EntitySchema {
            name: #entity,
            model: #name,
            type_id: || ::core::any::TypeId::of::<#ident>(),
            fields: &[#(#fields),*],
            key: &[#(#key),*],
            key_source: #key_source,
            indexes: &[#(#indexes),*],
            relations: &[#(#relations),*],
            deny_unknown_fields: #deny_unknown_fields,
        };
    }
}

fn field(model: &Model, column: &Column) -> TokenStream {
    let krate = &model.krate;
    let Column { field, plain, name, column } = column;
    let ty = &field.ty;
    let kind = kind(model, field);
    let default = match (&field.default, &field.default_with) {
        (Some(value), _) => {
            let make = quote_spanned!(value.span()=> #krate::derive_support::default_value::<#ty>(#value));
            quote!(::core::option::Option::Some(|| #make))
        }
        (None, Some(path)) => {
            let make = quote_spanned!(path.span()=> #krate::derive_support::made_value::<#ty>(#path()));
            quote!(::core::option::Option::Some(|| #make))
        }
        (None, None) => quote!(::core::option::Option::None),
    };
    let nullable = quote_spanned!(ty.span()=> <#ty as #krate::value::FieldType>::NULLABLE);
    quote! {
        #krate::model::schema::FieldSchema {
            field: #plain,
            name: #name,
            column: #column,
            kind: #kind,
            nullable: #nullable,
            default: #default,
        }
    }
}

/// The kind of a column, as a constant expression.
pub(super) fn kind(model: &Model, field: &crate::parse::Field) -> TokenStream {
    let (krate, ty) = (&model.krate, &field.ty);
    let kind = quote_spanned!(ty.span()=> <#ty as #krate::value::FieldType>::KIND);
    match field.scale {
        Some(scale) => quote!(#krate::derive_support::scaled(#kind, #scale)),
        None => kind,
    }
}

fn key_source(model: &Model) -> TokenStream {
    let krate = &model.krate;
    let source = quote!(#krate::model::schema::KeySource);
    match &model.key_source {
        KeySource::Given => quote!(#source::Given),
        KeySource::Storage => quote!(#source::Storage),
        KeySource::Made(path) => {
            let ty = model.key.first().map(|&i| &model.columns[i].field.ty);
            let make = match path {
                Some(path) => quote_spanned!(path.span()=> #path()),
                None => quote_spanned!(ty.span()=> #krate::derive_support::uuid_v7()),
            };
            quote!(#source::Made(|| #krate::derive_support::made_value::<#ty>(#make)))
        }
    }
}

fn relation_schema(model: &Model, relation: &ResolvedRelation) -> TokenStream {
    let krate = &model.krate;
    let name_of_model = crate::names::plain(&model.ident);
    let ResolvedRelation { plain, name, target, .. } = relation;
    let kind = match relation.kind {
        RelationKind::BelongsTo => quote!(BelongsTo),
        RelationKind::HasOne => quote!(HasOne),
        RelationKind::HasMany => quote!(HasMany),
        RelationKind::BelongsToMany => quote!(BelongsToMany),
    };
    let from = &relation.from;
    let own = places_here(model, from);
    let schema_of_target = quote_spanned!(target.span()=> <#target as #krate::model::Model>::schema());
    let (to, pivot) = match &relation.pivot {
        None => (far_side(model, relation, &own), quote!(::core::option::Option::None)),
        Some(pivot) => {
            let between = &pivot.model;
            let pivot_from = places_there(model, between, &pivot.from, &own, relation.span);
            let (far, far_places) = target_side(model, relation);
            let pivot_to = places_there(model, between, &pivot.to, &far_places, relation.span);
            let pivot = quote! {
                ::core::option::Option::Some(#krate::model::schema::PivotSchema {
                    entity: || <#between as #krate::model::Model>::schema(),
                    from: #pivot_from,
                    to: #pivot_to,
                })
            };
            (far, pivot)
        }
    };
    quote! {
        #krate::model::schema::RelationSchema {
            model: #name_of_model,
            field: #plain,
            name: #name,
            kind: #krate::model::schema::RelationKind::#kind,
            target: || #schema_of_target,
            from: &[#(#from),*],
            to: #to,
            pivot: #pivot,
        }
    }
}

/// Columns and their places, as the checks need them: (model, places).
struct Side {
    model: TokenStream,
    places: TokenStream,
}

fn places_here(model: &Model, from: &[usize]) -> Side {
    Side { model: model.ident.to_token_stream(), places: quote!(&[#(#from),*]) }
}

/// The target's columns of a relation without a pivot, checked against this side's.
fn far_side(model: &Model, relation: &ResolvedRelation, own: &Side) -> TokenStream {
    match &relation.to {
        Some(named) => places_there(model, &relation.target, named, own, relation.span),
        None => {
            let target = &relation.target;
            let krate = &model.krate;
            let places = quote_spanned!(target.span()=> <#target as #krate::model::Model>::KEY);
            let check = check(
                model,
                &Side { model: target.to_token_stream(), places: places.clone() },
                own,
                relation.span,
            );
            quote!({ #check #places })
        }
    }
}

/// The target's columns that a pivot refers to: as an expression, and as a side to check against.
fn target_side(model: &Model, relation: &ResolvedRelation) -> (TokenStream, Side) {
    let krate = &model.krate;
    let target = &relation.target;
    let places = match &relation.to {
        Some(named) => lookup(model, target, named),
        None => quote_spanned!(target.span()=> <#target as #krate::model::Model>::KEY),
    };
    (places.clone(), Side { model: target.to_token_stream(), places })
}

/// The places of named columns of another model, checked against the columns that they meet.
fn places_there(
    model: &Model,
    other: &impl ToTokens,
    named: &[Named],
    meets: &Side,
    span: Span,
) -> TokenStream {
    let places = lookup(model, other, named);
    let side = Side { model: other.to_token_stream(), places: places.clone() };
    let check = check(model, &side, meets, span);
    quote!({ #check #places })
}

/// The places of named columns of another model; a name that isn't there doesn't compile.
fn lookup(model: &Model, other: &impl ToTokens, named: &[Named]) -> TokenStream {
    let krate = &model.krate;
    let shown = other.to_token_stream().to_string().replace(' ', "");
    let places = named.iter().map(|Named { name, span }| {
        let message = format!(
            "`{shown}` has no column `{name}`: add it there, or name the column that refers to the key by `foreign_key = …`"
        );
        quote_spanned! {*span=>
            match #krate::derive_support::column(<#other as #krate::model::Model>::COLUMNS, #name) {
                ::core::option::Option::Some(place) => place,
                ::core::option::Option::None => ::core::panic!(#message),
            }
        }
    });
    // A block in a static is evaluated with it, and its reference is promoted to a static one.
    quote!(const { &[#(#places),*] })
}

/// Fails to compile where two sides have different numbers or types of columns.
fn check(model: &Model, one: &Side, other: &Side, span: Span) -> TokenStream {
    let krate = &model.krate;
    let show = |side: &Side| side.model.to_string().replace(' ', "");
    let widths = format!(
        "the columns of `{}` and `{}` that are to meet differ in number: name them all by `foreign_key = (a, b)`",
        show(one),
        show(other)
    );
    let kinds = format!(
        "the columns of `{}` and `{}` that are to meet differ in type: a foreign key has the type of the key it refers to",
        show(one),
        show(other)
    );
    let (a, b) = (&one.model, &other.model);
    let (a_places, b_places) = (&one.places, &other.places);
    quote_spanned! {span=>
        const {
            let (a, b): (&[usize], &[usize]) = (#a_places, #b_places);
            ::core::assert!(a.len() == b.len(), #widths);
            ::core::assert!(
                #krate::derive_support::meet(
                    <#a as #krate::model::Model>::COLUMNS, a,
                    <#b as #krate::model::Model>::COLUMNS, b,
                ),
                #kinds
            );
        }
    }
}
