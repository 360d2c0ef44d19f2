//! The type behind `Draft<M>`: a builder with a method for each field.

use super::at;
use crate::model::Model;
use proc_macro2::TokenStream;
use quote::{format_ident, quote, quote_spanned};
use std::collections::HashSet;
use syn::spanned::Spanned;

pub(super) fn expand(model: &Model) -> TokenStream {
    let Model { ident, vis, krate, draft_ident, .. } = model;
    let about = format!("A [`{}`] that says only some of its fields.", model.name);
    let methods = columns(model).chain(relations(model));
    quote! {
        #[doc = #about]
        #[derive(::core::fmt::Debug, ::core::clone::Clone)]
        #[must_use]
        #vis struct #draft_ident(#krate::model::RawDraft);

        #[automatically_derived]
        impl #draft_ident {
            #(#methods)*
        }

        #[automatically_derived]
        impl ::core::default::Default for #draft_ident {
            fn default() -> Self {
                Self(#krate::model::RawDraft::new(&__SCHEMA))
            }
        }

        #[automatically_derived]
        impl #krate::model::IntoDraft<#ident> for #draft_ident {
            fn into_draft(self) -> #krate::model::RawDraft {
                self.0
            }
        }

        #[automatically_derived]
        impl #ident {
            /// A record that says nothing yet.
            #vis fn draft() -> #draft_ident {
                ::core::default::Default::default()
            }
        }
    }
}

fn columns(model: &Model) -> impl Iterator<Item = TokenStream> {
    let krate = &model.krate;
    model.columns.iter().enumerate().map(move |(place, column)| {
        let (name, vis, ty) = (&column.ident, &column.vis, &column.ty);
        let about = format!("Gives `{}` its value.", column.name);
        quote_spanned! {at(ty.span())=>
            #[doc = #about]
            #vis fn #name(self, value: impl #krate::value::IntoOperand<#ty>) -> Self {
                Self(self.0.set::<#ty>(#place, value))
            }
        }
    })
}

fn relations(model: &Model) -> impl Iterator<Item = TokenStream> {
    let krate = &model.krate;
    let taken: HashSet<&str> = model
        .columns
        .iter()
        .map(|c| c.name.as_str())
        .chain(model.relations.iter().map(|r| r.name.as_str()))
        .collect();
    model.relations.iter().enumerate().map(move |(place, relation)| {
        let (name, vis, target) = (&relation.ident, &relation.vis, &relation.target);
        let record = quote!(impl #krate::model::IntoDraft<#target>);
        let key = quote!(impl #krate::value::IntoKey<<#target as #krate::model::Model>::Key>);
        let many = relation.kind.to_many();
        let key_name = format!("{}_key{}", relation.name, if many { "s" } else { "" });
        let about = if many {
            format!("Nests records in `{}`.", relation.name)
        } else {
            format!("Nests a record in `{}`.", relation.name)
        };
        let list = |item: &TokenStream| quote!(impl ::core::iter::IntoIterator<Item = #item>);
        let (records, given) = if many { (list(&record), quote!(given)) } else { (record, quote!([given])) };
        let by_key = (!taken.contains(key_name.as_str())).then(|| {
            let key_ident = format_ident!("{key_name}", span = at(name.span()));
            let about = format!("Says `{}` by key.", relation.name);
            let keys = if many { list(&key) } else { key };
            quote_spanned! {at(target.span())=>
                #[doc = #about]
                #vis fn #key_ident(self, given: #keys) -> Self {
                    Self(self.0.refer::<#target>(#place, #given))
                }
            }
        });
        quote_spanned! {at(target.span())=>
            #[doc = #about]
            #vis fn #name(self, given: #records) -> Self {
                Self(self.0.nest::<#target>(#place, #given))
            }
            #by_key
        }
    })
}
