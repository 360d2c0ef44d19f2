//! What only the compiler can check: types behind aliases, and the columns of other models. Each check
//! is a constant of its own, so that all mistakes are told, each at its place.

use super::{at, relations};
use crate::model::Model;
use crate::parse::Source;
use proc_macro2::TokenStream;
use quote::quote_spanned;
use syn::spanned::Spanned;

pub(super) fn expand(model: &Model) -> TokenStream {
    let keys = model.key.fields.iter().map(|i| key(model, *i));
    let relations = model.relations.iter().map(|r| relations::checks(model, r));
    let stamps = [model.stamps.created_at, model.stamps.updated_at].into_iter().flatten();
    keys.chain(relations).chain(stamps.map(|place| stamp(model, place))).collect()
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
