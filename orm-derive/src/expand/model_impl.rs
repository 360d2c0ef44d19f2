//! `impl Model`.

use super::at;
use crate::model::Model;
use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use syn::spanned::Spanned;

pub(super) fn expand(model: &Model) -> TokenStream {
    let Model { ident, krate, fields_ident, draft_ident, .. } = model;
    let key_places = &model.key.fields;
    let key_types: Vec<_> = key_places.iter().map(|i| &model.columns[*i].ty).collect();
    let key = match key_types.as_slice() {
        [one] => quote!(#one),
        several => quote!((#(#several),*)),
    };
    let read_columns = model.columns.iter().enumerate().map(|(place, column)| {
        let (name, ty) = (&column.ident, &column.ty);
        quote_spanned!(at(ty.span())=> #name: #krate::derive_support::read::<#ty>(row, &__SCHEMA, #place)?)
    });
    let unloaded = model.relations.iter().enumerate().map(|(place, relation)| {
        let (name, slot) = (&relation.ident, slot(relation.kind.to_many()));
        quote!(#name: #krate::model::#slot::unloaded(&__SCHEMA.relations[#place]))
    });
    let values = model.columns.iter().enumerate().map(|(place, column)| {
        let (name, ty) = (&column.ident, &column.ty);
        quote_spanned!(at(ty.span())=> #place => <#ty as #krate::value::FieldType>::to_value(&self.#name))
    });
    let visits = model.relations.iter().enumerate().map(|(place, relation)| {
        let (name, target) = (&relation.ident, &relation.target);
        let visit = if relation.kind.to_many() { quote!(many) } else { quote!(one) };
        quote_spanned! {at(target.span())=>
            #krate::model::RelationVisitor::#visit::<#target>(visitor, #place, &mut self.#name)?;
        }
    });
    quote! {
        #[automatically_derived]
        impl #krate::model::Model for #ident {
            type Key = #key;
            type Fields = #fields_ident;
            type Draft = #draft_ident;

            const COLUMNS: &'static [(&'static str, #krate::value::Kind)] = __COLUMNS;
            const KEY: &'static [usize] = &[#(#key_places),*];

            fn schema() -> &'static #krate::model::schema::EntitySchema {
                &__SCHEMA
            }

            fn fields() -> &'static Self::Fields {
                &__FIELDS
            }

            fn hydrate(row: &dyn #krate::provider::Row) -> #krate::Result<Self> {
                ::core::result::Result::Ok(Self {
                    #(#read_columns,)*
                    #(#unloaded,)*
                })
            }

            fn value(
                &self,
                column: usize,
            ) -> ::core::result::Result<#krate::value::ValueRef<'_>, #krate::value::Mismatch> {
                match column {
                    #(#values,)*
                    _ => ::core::result::Result::Ok(#krate::value::ValueRef::Null),
                }
            }

            fn relations<V: #krate::model::RelationVisitor>(
                &mut self,
                visitor: &mut V,
            ) -> #krate::Result<()> {
                #(#visits)*
                ::core::result::Result::Ok(())
            }
        }
    }
}

/// The type of a relation's field.
fn slot(many: bool) -> TokenStream {
    if many { quote!(Many) } else { quote!(One) }
}
