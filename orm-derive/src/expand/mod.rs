//! From a checked model to code.
//!
//! The budget: statics and thin accessors, no logic; every path absolute; everything documented and
//! as visible as what the user wrote, so that no lint of the user's crate is tripped.

mod checks;
mod draft;
mod fields;
mod model_impl;
mod morphs;
mod relations;
mod schema;

use crate::model::Model;
use proc_macro2::{Span, TokenStream};
use quote::quote;

/// The place of `span`, marked as generated: errors show there, lints that spare macros do so.
pub(crate) fn at(span: Span) -> Span {
    Span::call_site().located_at(span)
}

/// All the code of a model.
pub(crate) fn model(model: &Model) -> TokenStream {
    let columns = schema::columns(model);
    let checks = checks::expand(model);
    let schema = schema::expand(model);
    let fields = fields::expand(model);
    let draft = draft::expand(model);
    let model_impl = model_impl::expand(model, &model_impl::bodies(model));
    block(quote!(#columns #checks #schema #fields #draft #model_impl))
}

/// The types of a model that has mistakes and nothing behind them: models that refer to it and code
/// that uses it aren't told that there is no such model.
pub(crate) fn stub(model: &Model) -> TokenStream {
    let columns = schema::columns(model);
    let fields = fields::declare(model);
    let draft = draft::expand(model);
    let model_impl = model_impl::expand(model, &model_impl::no_bodies());
    block(quote!(#columns #fields #draft #model_impl))
}

fn block(content: TokenStream) -> TokenStream {
    quote! {
        #[doc(hidden)]
        #[allow(dead_code, unused_qualifications, clippy::all, clippy::pedantic, clippy::nursery)]
        const _: () = { #content };
    }
}
