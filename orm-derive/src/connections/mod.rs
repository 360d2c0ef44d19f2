//! The derives for connections: `marker` makes a type one, `set` puts databases together.

mod marker;
mod set;

pub(crate) use marker::connection;
pub(crate) use set::connections;

use proc_macro2::TokenStream;
use quote::{ToTokens, quote};
use syn::Path;

/// The path of orm-core.
fn core(named: Option<Path>) -> TokenStream {
    named.map_or_else(|| quote!(::orm_core), Path::into_token_stream)
}

/// What a derive comes to: its code, in a place where its names meet no others.
fn block(content: TokenStream) -> TokenStream {
    quote! {
        #[doc(hidden)]
        #[allow(unused_qualifications, clippy::all, clippy::pedantic, clippy::nursery)]
        const _: () = { #content };
    }
}
