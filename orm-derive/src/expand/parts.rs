//! What models and embedded structs do with their columns.

use super::at;
use crate::model::{Form, Model};
use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use syn::spanned::Spanned;

/// For each field how it is read from `row`, whose columns start at `first` (`first +`, or nothing).
pub(crate) fn reads<'m>(
    model: &'m Model,
    schema: &'m TokenStream,
    first: &'m TokenStream,
) -> impl Iterator<Item = TokenStream> + 'm {
    model.columns.iter().enumerate().map(move |(place, column)| {
        let (name, ty) = (&column.ident, &column.ty);
        let krate = model.core_at(ty.span());
        let from_value = quote_spanned!(at(ty.span())=> <#ty as #krate::value::FieldType>::from_value);
        let from_value = match &column.form {
            Form::Plain => from_value,
            Form::Json { option: false, .. } => quote!(|value| #from_value(value).map(|json| json.0)),
            Form::Json { option: true, .. } => {
                quote!(|value| #from_value(value).map(|json| json.map(|json| json.0)))
            }
        };
        quote_spanned! {at(ty.span())=>
            #name: #krate::derive_support::read(row, #schema, #first #place, #from_value)?
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
            Form::Json { option, .. } => {
                let function = if *option { quote!(json_option) } else { quote!(json) };
                quote_spanned!(at(ty.span())=> #place => #krate::derive_support::#function(&self.#name))
            }
        }
    })
}
