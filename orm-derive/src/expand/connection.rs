//! The connection that a model is bound to.

use crate::model::Model;
use proc_macro2::TokenStream;
use quote::quote;

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
    if model.connection.is_none() {
        return TokenStream::new();
    }
    let (ident, krate) = (&model.ident, &model.krate);
    quote!(connection: #krate::derive_support::bound_to::<#ident>(),)
}
