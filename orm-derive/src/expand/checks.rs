//! What only the compiler can check: types behind aliases, and the columns of other models. Each check
//! is a constant of its own, so that all mistakes are told, each at its place.

use super::{at, morphs, relations};
use crate::model::Model;
use crate::parse::{Kind, Source};
use proc_macro2::TokenStream;
use quote::quote_spanned;
use syn::spanned::Spanned;

pub(super) fn expand(model: &Model) -> TokenStream {
    let keys = model.key.fields.iter().map(|i| key(model, *i));
    let relations = model.relations.iter().map(|r| relations::checks(model, r));
    let stamps = [model.stamps.created_at, model.stamps.updated_at].into_iter().flatten();
    let stamps = stamps.map(|place| stamp(model, place));
    let morphs = model.morphs.iter().map(|m| morphs::checks(model, m));
    keys.chain(relations).chain(morphs).chain(stamps).chain(marks(model)).chain(set_null(model)).collect()
}

fn stamp(model: &Model, place: usize) -> TokenStream {
    let ty = &model.columns[place].ty;
    let krate = model.core_at(ty.span());
    quote_spanned! {at(ty.span())=>
        const _: () = #krate::derive_support::stamp_column(<#ty as #krate::value::FieldType>::KIND);
    }
}

fn key(model: &Model, place: usize) -> TokenStream {
    let ty = &model.columns[place].ty;
    let krate = model.core_at(ty.span());
    let auto = matches!(model.key.source, Source::Auto);
    quote_spanned! {at(ty.span())=>
        const _: () = #krate::derive_support::key_column(
            <#ty as #krate::value::FieldType>::KIND,
            <#ty as #krate::value::FieldType>::NULLABLE,
            #auto,
        );
    }
}

/// The columns that the core looks after have types that it can.
fn marks(model: &Model) -> impl Iterator<Item = TokenStream> {
    let deleted_at = model.marks.deleted_at.map(|at| (at, "deleted_at_column"));
    let version = model.marks.version.map(|at| (at, "version_column"));
    deleted_at.into_iter().chain(version).map(|(place, check)| {
        let ty = &model.columns[place].ty;
        let krate = model.core_at(ty.span());
        let check = proc_macro2::Ident::new(check, at(ty.span()));
        quote_spanned! {at(ty.span())=>
            const _: () = #krate::derive_support::#check(
                <#ty as #krate::value::FieldType>::KIND,
                <#ty as #krate::value::FieldType>::NULLABLE,
            );
        }
    })
}

/// Where a foreign key of this model is to become NULL, it can.
fn set_null(model: &Model) -> impl Iterator<Item = TokenStream> {
    let holding = model.relations.iter().filter(|r| r.kind == Kind::BelongsTo);
    holding.filter_map(move |relation| {
        let said = relation.on_delete.as_ref().filter(|said| said.variant == "SetNull")?;
        let place = said.place.span();
        let krate = model.core_at(place);
        let nullable = relation.from.iter().map(|&column| {
            let (name, ty) = (&model.columns[column].name, &model.columns[column].ty);
            quote_spanned!(at(place)=> (#name, <#ty as #krate::value::FieldType>::NULLABLE))
        });
        Some(quote_spanned! {at(place)=>
            const _: () = #krate::derive_support::can_be_null(&[#(#nullable),*]);
        })
    })
}
