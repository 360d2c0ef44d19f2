//! The traits of models that the core looks after in some way.

use crate::model::Model;
use proc_macro2::TokenStream;
use quote::quote;

pub(super) fn expand(model: &Model) -> TokenStream {
    let Model { ident, krate, .. } = model;
    let soft_delete = model.marks.deleted_at.map(|_| {
        quote! {
            #[automatically_derived]
            impl #krate::model::SoftDelete for #ident {}
        }
    });
    quote!(#soft_delete)
}
