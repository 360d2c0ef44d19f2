//! What models and embedded structs do with their columns.

use super::at;
use crate::model::{Form, Model, Wrapper};
use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use syn::spanned::Spanned;

/// For each field how it is read, from the `value` of its place. The columns start at `first`
/// (`first +`, or nothing).
pub(crate) fn reads<'m>(
    model: &'m Model,
    schema: &'m TokenStream,
    first: &'m TokenStream,
    value: impl Fn(usize) -> TokenStream + 'm,
) -> impl Iterator<Item = TokenStream> + 'm {
    model.columns.iter().enumerate().map(move |(place, column)| {
        let (name, ty) = (&column.ident, &column.ty);
        let krate = model.core_at(ty.span());
        let from_place = quote_spanned!(at(ty.span())=> <#ty as #krate::value::FieldType>::from_place);
        let from_place = match &column.form {
            Form::Plain => from_place,
            Form::Wrapped { option: false, .. } => quote!(|value| #from_place(value).map(|inside| inside.0)),
            Form::Wrapped { option: true, .. } => {
                quote!(|value| #from_place(value).map(|some| some.map(|inside| inside.0)))
            }
        };
        let value = value(place);
        quote_spanned! {at(ty.span())=>
            #name: #krate::derive_support::read(&#value, #schema, #first #place, #from_place)?
        }
    })
}

/// The arms of a match over columns' places, each with the value of the field.
pub(crate) fn values(model: &Model) -> impl Iterator<Item = TokenStream> {
    model.columns.iter().enumerate().map(|(place, column)| {
        let (name, ty) = (&column.ident, &column.ty);
        let krate = model.core_at(ty.span());
        match &column.form {
            Form::Plain => quote_spanned! {at(ty.span())=>
                #place => <#ty as #krate::value::FieldType>::to_value(&self.#name)
            },
            Form::Wrapped { by, option, .. } => {
                let function = match (by, option) {
                    (Wrapper::Json, false) => quote!(json),
                    (Wrapper::Json, true) => quote!(json_option),
                    (Wrapper::Wide, false) => quote!(wide),
                    (Wrapper::Wide, true) => quote!(wide_option),
                };
                quote_spanned!(at(ty.span())=> #place => #krate::derive_support::#function(&self.#name))
            }
        }
    })
}
