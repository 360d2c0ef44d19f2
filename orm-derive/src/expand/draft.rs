//! The type behind `Draft<M>`: a builder with a method for each field.

use super::{at, morphs};
use crate::model::{Model, Relation};
use proc_macro2::{Ident, TokenStream};
use quote::{quote, quote_spanned};
use std::collections::HashSet;
use syn::spanned::Spanned;

pub(super) fn expand(model: &Model) -> TokenStream {
    let Model { ident, vis, krate, draft_ident, .. } = model;
    let about = format!("A [`{}`] that says only some of its fields.", model.name);
    let methods = columns(model).chain(embeds(model)).chain(relations(model));
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
                Self(#krate::model::RawDraft::new(<#ident as #krate::model::Model>::schema()))
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

pub(crate) fn columns(model: &Model) -> impl Iterator<Item = TokenStream> {
    model.columns.iter().enumerate().map(|(place, column)| {
        let (name, vis, ty) = (&column.ident, &column.vis, &column.ty);
        let about = format!("Gives `{}` its value.", column.name);
        let krate = model.core_at(ty.span());
        quote_spanned! {at(ty.span())=>
            #[doc = #about]
            #vis fn #name(self, value: impl #krate::value::IntoOperand<#ty>) -> Self {
                Self(self.0.set::<#ty>(#place, value))
            }
        }
    })
}

fn embeds(model: &Model) -> impl Iterator<Item = TokenStream> {
    model.embeds.iter().enumerate().map(|(place, embed)| {
        let (name, vis, ty) = (&embed.ident, &embed.vis, &embed.ty);
        let first = super::embeds::first(place);
        let about = format!("Gives `{}` its content, or what a draft says of it.", embed.name);
        let krate = model.core_at(ty.span());
        quote_spanned! {at(ty.span())=>
            #[doc = #about]
            #vis fn #name(self, content: impl #krate::model::IntoEmbedded<#ty>) -> Self {
                Self(self.0.embed::<#ty>(#first, content))
            }
        }
    })
}

fn relations(model: &Model) -> impl Iterator<Item = TokenStream> {
    let columns = model.columns.iter().map(|c| c.name.as_str());
    let columns = columns.chain(model.embeds.iter().map(|e| e.name.as_str()));
    let relations = model.relations.iter().map(|r| r.name.as_str());
    let morphs = model.morphs.iter().map(|m| m.name.as_str());
    let taken: HashSet<&str> = columns.chain(relations).chain(morphs).collect();
    let relations = model.relations.iter().enumerate();
    let ordinary = relations.map(|(place, r)| relation(model, place, r, &taken));
    let morphs = model.morphs.iter().enumerate();
    let morphs = morphs.map(|(number, m)| morphs::draft(model, number, m, &taken));
    ordinary.chain(morphs).collect::<Vec<_>>().into_iter()
}

/// A method that takes records and, unless a field has its name, one that takes keys.
fn relation(model: &Model, place: usize, relation: &Relation, taken: &HashSet<&str>) -> TokenStream {
    let (name, vis, target) = (&relation.ident, &relation.vis, &relation.target);
    let span = at(target.span());
    let krate = model.core_at(span);
    let many = relation.kind.to_many();
    let argument = |item: TokenStream| {
        if many {
            quote_spanned!(span=> impl ::core::iter::IntoIterator<Item = impl #item>)
        } else {
            quote_spanned!(span=> impl #item)
        }
    };
    let given = if many { quote_spanned!(span=> given) } else { quote_spanned!(span=> [given]) };
    let key_name = format!("{}_key{}", relation.name, if many { "s" } else { "" });
    let by_key = (!taken.contains(key_name.as_str())).then(|| {
        let key_ident = Ident::new(&key_name, at(name.span()));
        let about = format!("Says `{}` by key.", relation.name);
        let keys =
            argument(quote_spanned!(span=> #krate::value::IntoKey<<#target as #krate::model::Model>::Key>));
        quote_spanned! {span=>
            #[doc = #about]
            #vis fn #key_ident(self, given: #keys) -> Self {
                Self(self.0.refer::<#target>(#place, #given))
            }
        }
    });
    let with_name = format!("{}_with", relation.name);
    let tied = relation.kind.has_pivot() && !taken.contains(with_name.as_str());
    let with_pivot = relation.pivot.as_ref().filter(|_| tied).map(|pivot| {
        let (with_ident, path) = (Ident::new(&with_name, at(name.span())), &pivot.path);
        let about = format!("Nests what is given in `{}`, each with its `{}`.", relation.name, pivot.name);
        quote_spanned! {span=>
            #[doc = #about]
            #vis fn #with_ident(
                self,
                given: impl ::core::iter::IntoIterator<
                    Item = (impl #krate::model::IntoDraft<#target>, impl #krate::model::IntoDraft<#path>),
                >,
            ) -> Self {
                Self(self.0.nest_tied::<#target, #path>(#place, given))
            }
        }
    });
    let about = format!("Nests what is given in `{}`.", relation.name);
    let records = argument(quote_spanned!(span=> #krate::model::IntoDraft<#target>));
    quote_spanned! {span=>
        #[doc = #about]
        #vis fn #name(self, given: #records) -> Self {
            Self(self.0.nest::<#target>(#place, #given))
        }
        #with_pivot
        #by_key
    }
}
