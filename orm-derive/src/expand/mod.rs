//! From a checked model to code.
//!
//! The budget: statics and thin accessors, no logic; every path absolute; everything documented and
//! as visible as what the user wrote, so that no lint of the user's crate is tripped.

mod checks;
mod connection;
pub(crate) mod draft;
mod embeds;
mod fields;
mod marks;
mod model_impl;
mod morphs;
pub(crate) mod parts;
mod relations;
pub(crate) mod schema;
mod serde;

use crate::model::Model;
use proc_macro2::{Span, TokenStream, TokenTree};
use quote::quote;

/// The place of `span`, marked as generated: errors show there, lints that spare macros do so.
pub(crate) fn at(span: Span) -> Span {
    Span::call_site().located_at(span)
}

/// The path of orm-core, as if it stood at `span`: where all tokens of a call have one place, the
/// compiler shows a mistake there.
pub(crate) fn core_at(krate: &TokenStream, span: Span) -> TokenStream {
    let place = at(span);
    let token = |mut token: TokenTree| {
        token.set_span(place);
        token
    };
    krate.clone().into_iter().map(token).collect()
}

/// All the code of a model.
pub(crate) fn model(model: &Model) -> TokenStream {
    let columns = schema::columns(model);
    let checks = checks::expand(model);
    let schema = schema::expand(model);
    let fields = fields::expand(model);
    let draft = draft::expand(model);
    let model_impl = model_impl::expand(model, &model_impl::bodies(model));
    let marks = marks::expand(model);
    let serde = model.serde.then(|| serde::expand(model));
    block(quote!(#columns #checks #schema #fields #draft #model_impl #marks #serde))
}

/// The types of a model that has mistakes and nothing behind them: models that refer to it and code
/// that uses it aren't told that there is no such model.
pub(crate) fn stub(model: &Model) -> TokenStream {
    let columns = schema::columns(model);
    let fields = fields::declare(model);
    let draft = draft::expand(model);
    let model_impl = model_impl::expand(model, &model_impl::no_bodies());
    let marks = marks::expand(model);
    let serde = model.serde.then(|| serde::expand(model));
    block(quote!(#columns #fields #draft #model_impl #marks #serde))
}

fn block(content: TokenStream) -> TokenStream {
    quote! {
        #[doc(hidden)]
        #[allow(dead_code, unused_qualifications, clippy::all, clippy::pedantic, clippy::nursery)]
        const _: () = { #content };
    }
}
