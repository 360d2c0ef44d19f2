//! `impl Model`.

use super::at;
use crate::model::{Form, Model};
use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use syn::spanned::Spanned;

/// What the methods do.
pub(super) struct Bodies {
    schema: TokenStream,
    fields: TokenStream,
    hydrate: TokenStream,
    value: TokenStream,
    relations: TokenStream,
}

/// The bodies of a model without mistakes.
pub(super) fn bodies(model: &Model) -> Bodies {
    let krate = &model.krate;
    let read = model.columns.iter().enumerate().map(|(place, column)| {
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
            #name: #krate::derive_support::read(row, &__SCHEMA, #place, #from_value)?
        }
    });
    let unloaded = model.relations.iter().enumerate().map(|(place, relation)| {
        let name = &relation.ident;
        let slot = if relation.kind.to_many() { quote!(Many) } else { quote!(One) };
        quote!(#name: #krate::model::#slot::unloaded(&__SCHEMA.relations[#place]))
    });
    let values = model.columns.iter().enumerate().map(|(place, column)| {
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
    });
    let visits = model.relations.iter().enumerate().map(|(place, relation)| {
        let (name, target) = (&relation.ident, &relation.target);
        let krate = model.core_at(target.span());
        let visit = if relation.kind.to_many() { quote!(many) } else { quote!(one) };
        quote_spanned! {at(target.span())=>
            #krate::model::RelationVisitor::#visit::<#target>(visitor, #place, &mut self.#name)?;
        }
    });
    Bodies {
        schema: quote!(&__SCHEMA),
        fields: quote!(&__FIELDS),
        hydrate: quote!(::core::result::Result::Ok(Self { #(#read,)* #(#unloaded,)* })),
        value: quote! {
            match column {
                #(#values,)*
                _ => ::core::result::Result::Ok(#krate::value::ValueRef::Null),
            }
        },
        relations: quote! {
            #(#visits)*
            ::core::result::Result::Ok(())
        },
    }
}

/// Bodies that are never run: there are mistakes, so nothing is compiled to the end.
pub(super) fn no_bodies() -> Bodies {
    let none = || quote!(::core::unimplemented!());
    Bodies { schema: none(), fields: none(), hydrate: none(), value: none(), relations: none() }
}

pub(super) fn expand(model: &Model, bodies: &Bodies) -> TokenStream {
    let Model { ident, krate, entity, fields_ident, draft_ident, .. } = model;
    let Bodies { schema, fields, hydrate, value, relations } = bodies;
    let key_places = &model.key.fields;
    let key_types: Vec<_> = key_places.iter().map(|i| &model.columns[*i].ty).collect();
    let connection = super::connection::marker(model);
    let key = match key_types.as_slice() {
        [one] => quote!(#one),
        several => quote!((#(#several),*)),
    };
    quote! {
        #[automatically_derived]
        impl #krate::model::Model for #ident {
            type Key = #key;
            type Fields = #fields_ident;
            type Draft = #draft_ident;
            type Connection = #connection;

            const ENTITY: &'static str = #entity;
            const COLUMNS: &'static [(&'static str, #krate::value::Kind)] = __COLUMNS;
            const KEY: &'static [usize] = &[#(#key_places),*];

            fn schema() -> &'static #krate::model::schema::EntitySchema {
                #schema
            }

            fn fields() -> &'static Self::Fields {
                #fields
            }

            fn hydrate(row: &dyn #krate::provider::Row) -> #krate::Result<Self> {
                #hydrate
            }

            fn value(
                &self,
                column: usize,
            ) -> ::core::result::Result<#krate::value::ValueRef<'_>, #krate::value::Mismatch> {
                #value
            }

            fn relations<V: #krate::model::RelationVisitor>(
                &mut self,
                visitor: &mut V,
            ) -> #krate::Result<()> {
                #relations
            }
        }
    }
}
