//! From the model to code: statics and thin accessors, no logic. What there is to do is done by
//! functions of orm-core that are compiled once.

mod draft;
mod fields;
mod model_impl;
mod schema;

use crate::resolve::Model;
use proc_macro2::TokenStream;
use quote::quote;

/// All that is generated for a model, in a scope of its own.
pub(crate) fn model(model: &Model) -> TokenStream {
    let schema = schema::schema(model);
    let fields = fields::fields(model);
    let draft = draft::draft(model);
    let implementation = model_impl::model_impl(model);
    quote! {
        #[automatically_derived]
        #[allow(
            dead_code,
            missing_docs,
            missing_debug_implementations,
            unreachable_pub,
            unused_qualifications,
            non_upper_case_globals,
            clippy::all,
            clippy::pedantic,
            clippy::nursery
        )]
        const _: () = {
            #schema
            #fields
            #draft
            #implementation
        };
    }
}
