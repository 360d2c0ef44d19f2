//! `Serialize` and `Deserialize` of `#[model(serde)]`.

use super::at;
use crate::model::Model;
use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use syn::spanned::Spanned;

pub(super) fn expand(model: &Model) -> TokenStream {
    let Model { ident, krate, relations, .. } = model;
    let names: Vec<_> =
        relations.iter().map(|r| &r.ident).chain(model.morphs.iter().map(|m| &m.ident)).collect();
    let ordinary = relations.iter().map(|r| (&r.ident, &r.member, r.target.span()));
    let morphs = model.morphs.iter().map(|m| (&m.ident, &m.member, m.choice_span()));
    let members = ordinary.chain(morphs).map(|(name, member, place)| {
        let krate = model.core_at(place);
        quote_spanned! {at(place)=>
            if !self.#name.is_not_loaded() {
                #krate::derive_support::serde::ser::SerializeStruct::serialize_field(&mut members, #member, &self.#name)?;
            }
        }
    });
    let slots = relations.iter().map(|r| {
        let (name, target) = (&r.ident, &r.target);
        let kind = if r.kind.to_many() { quote!(Many) } else { quote!(One) };
        quote!(#name: #krate::model::#kind<#target>)
    });
    let morph_slots = model.morphs.iter().map(|m| {
        let (name, choice) = (&m.ident, &m.choice);
        quote!(#name: #krate::model::One<#choice>)
    });
    let taken_morphs = model.morphs.iter().enumerate().map(|(number, m)| {
        let (name, first) = (&m.ident, super::morphs::first(model, number));
        let krate = model.core_at(m.choice_span());
        quote_spanned! {at(m.choice_span())=>
            relation if relation == #first => {
                self.#name = #krate::derive_support::serde::de::MapAccess::next_value(map)?
            }
        }
    });
    let taken = relations.iter().enumerate().map(|(place, r)| {
        let name = &r.ident;
        let krate = model.core_at(r.target.span());
        quote_spanned! {at(r.target.span())=>
            #place => self.#name = #krate::derive_support::serde::de::MapAccess::next_value(map)?,
        }
    });
    let serde = quote!(#krate::derive_support::serde);
    quote! {
        #[automatically_derived]
        impl #serde::Serialize for #ident {
            fn serialize<S: #serde::Serializer>(
                &self,
                serializer: S,
            ) -> ::core::result::Result<S::Ok, S::Error> {
                let loaded = 0 #(+ usize::from(!self.#names.is_not_loaded()))*;
                #[allow(unused_mut)]
                let mut members = #krate::derive_support::serialize_columns(self, loaded, serializer)?;
                #(#members)*
                #serde::ser::SerializeStruct::end(members)
            }
        }

        #[derive(::core::default::Default)]
        struct __Relations { #(#slots,)* #(#morph_slots,)* }

        #[automatically_derived]
        impl<'de> #krate::derive_support::TakeRelations<'de, #ident> for __Relations {
            fn take<A: #serde::de::MapAccess<'de>>(
                &mut self,
                relation: usize,
                map: &mut A,
            ) -> ::core::result::Result<(), A::Error> {
                match relation {
                    #(#taken)*
                    #(#taken_morphs)*
                    _ => {
                        #serde::de::MapAccess::next_value::<#serde::de::IgnoredAny>(map)?;
                    }
                }
                ::core::result::Result::Ok(())
            }

            fn give(self, record: &mut #ident) {
                #(if !self.#names.is_not_loaded() {
                    record.#names = self.#names;
                })*
            }
        }

        #[automatically_derived]
        impl<'de> #serde::Deserialize<'de> for #ident {
            fn deserialize<D: #serde::Deserializer<'de>>(
                deserializer: D,
            ) -> ::core::result::Result<Self, D::Error> {
                #krate::derive_support::deserialize_model::<Self, __Relations, D>(deserializer)
            }
        }
    }
}
