//! What only the compiler can check of a model by itself: types behind aliases.

use super::at;
use crate::model::Model;
use crate::parse::Source;
use proc_macro2::TokenStream;
use quote::quote_spanned;
use syn::spanned::Spanned;

pub(super) fn expand(model: &Model) -> TokenStream {
    let krate = &model.krate;
    let auto = matches!(model.key.source, Source::Auto);
    model
        .key
        .fields
        .iter()
        .map(|i| {
            let ty = &model.columns[*i].ty;
            quote_spanned! {at(ty.span())=>
                const _: () = #krate::derive_support::key_column(
                    __COLUMNS[#i].1,
                    <#ty as #krate::value::FieldType>::NULLABLE,
                    #auto,
                );
            }
        })
        .collect()
}
