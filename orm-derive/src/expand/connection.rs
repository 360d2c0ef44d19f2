//! The connection that a model is bound to.

use super::at;
use crate::model::Model;
use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use syn::spanned::Spanned;

/// The type that stands for it.
pub(super) fn marker(model: &Model) -> TokenStream {
    let krate = &model.krate;
    match &model.connection {
        Some(path) => quote!(#path),
        None => quote!(#krate::connections::AnyConnection),
    }
}

/// The field of the schema; nothing for models that are bound to none.
pub(super) fn name(model: &Model) -> TokenStream {
    let Some(path) = &model.connection else {
        return TokenStream::new();
    };
    let krate = model.core_at(path.span());
    quote_spanned! {at(path.span())=>
        connection: <#path as #krate::connections::ConnectionMarker>::BOUND_TO,
    }
}
