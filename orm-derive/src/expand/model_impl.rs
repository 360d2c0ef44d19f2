//! The implementation of `Model`.

use crate::resolve::Model;
use proc_macro2::TokenStream;
use quote::{format_ident, quote, quote_spanned};
use syn::spanned::Spanned;

pub(super) fn model_impl(model: &Model) -> TokenStream {
    let (krate, owner) = (&model.krate, &model.ident);
    let (fields, draft) = (format_ident!("{}Fields", owner), format_ident!("{}Draft", owner));
    let key_types: Vec<_> = model.key.iter().map(|&i| &model.columns[i].field.ty).collect();
    let key_type = match key_types.as_slice() {
        [one] => quote!(#one),
        many => quote!((#(#many,)*)),
    };
    let key = &model.key;
    let columns = model.columns.iter().map(|column| {
        let (plain, kind) = (&column.plain, super::schema::kind(model, &column.field));
        quote!((#plain, #kind))
    });
    let read = model.columns.iter().enumerate().map(|(place, column)| {
        let (ident, ty) = (&column.field.ident, &column.field.ty);
        quote_spanned!(ty.span()=> #ident: #krate::derive_support::read::<#ty>(row, &__SCHEMA, #place)?)
    });
    let unloaded = model.relations.iter().enumerate().map(|(place, relation)| {
        let (ident, target) = (&relation.ident, &relation.target);
        let wrapper = wrapper(relation.kind.to_many());
        quote!(#ident: #krate::model::#wrapper::<#target>::unloaded(&__SCHEMA.relations[#place]))
    });
    let values = model.columns.iter().enumerate().map(|(place, column)| {
        let (ident, ty) = (&column.field.ident, &column.field.ty);
        quote_spanned!(ty.span()=> #place => <#ty as #krate::value::FieldType>::to_value(&self.#ident))
    });
    let visits = model.relations.iter().enumerate().map(|(place, relation)| {
        let (ident, target) = (&relation.ident, &relation.target);
        let method = format_ident!("{}", if relation.kind.to_many() { "many" } else { "one" });
        quote_spanned!(target.span()=> visitor.#method::<#target>(#place, &mut self.#ident)?;)
    });
    let visitor = if model.relations.is_empty() { quote!(_) } else { quote!(visitor) };
    quote! {
        impl #krate::model::Model for #owner {
            type Key = #key_type;
            type Fields = #fields;
            type Draft = #draft;

            const COLUMNS: &'static [(&'static str, #krate::value::Kind)] = &[#(#columns),*];
            const KEY: &'static [usize] = &[#(#key),*];

            fn schema() -> &'static #krate::model::schema::EntitySchema {
                &__SCHEMA
            }

            fn fields() -> &'static Self::Fields {
                &__FIELDS
            }

            fn hydrate(row: &dyn #krate::provider::Row) -> #krate::Result<Self> {
                ::core::result::Result::Ok(Self { #(#read,)* #(#unloaded,)* })
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

            fn relations<__V: #krate::model::RelationVisitor>(
                &mut self,
                #visitor: &mut __V,
            ) -> #krate::Result<()> {
                #(#visits)*
                ::core::result::Result::Ok(())
            }
        }
    }
}

fn wrapper(many: bool) -> TokenStream {
    if many { quote!(Many) } else { quote!(One) }
}
