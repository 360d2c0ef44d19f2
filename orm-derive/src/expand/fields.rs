//! The type behind `Fields<M>`: data fields only, so that no name can collide.

use super::{at, morphs};
use crate::model::Model;
use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use syn::spanned::Spanned;

/// The type and its only value.
pub(super) fn expand(model: &Model) -> TokenStream {
    let (krate, fields_ident) = (&model.krate, &model.fields_ident);
    let declared = declare(model);
    let columns = model.columns.iter().enumerate().map(|(place, column)| {
        let field = &column.ident;
        quote!(#field: #krate::model::Column::new(#place))
    });
    let embedded = model.embeds.iter().enumerate().map(|(place, embed)| {
        let (field, inner, ident) = (&embed.ident, &embed.inner, &model.ident);
        let first = super::embeds::first(place);
        quote_spanned!(at(inner.span())=> #field: <#inner>::__fields::<#ident>(#first))
    });
    let relations = model.relations.iter().enumerate().map(|(place, relation)| {
        let (field, kind) = (&relation.ident, accessor(relation.kind.to_many()));
        quote!(#field: #krate::model::#kind::new(#place, |m| &mut m.#field))
    });
    let morphs = model.morphs.iter().enumerate().map(|(number, m)| morphs::field(model, number, m));
    quote! {
        #declared
        static __FIELDS: #fields_ident =
            #fields_ident { #(#columns,)* #(#embedded,)* #(#relations,)* #(#morphs,)* };
    }
}

/// The type.
pub(super) fn declare(model: &Model) -> TokenStream {
    let Model { ident, vis, krate, fields_ident, .. } = model;
    let about = format!("The columns and relations of [`{}`].", model.name);
    let columns = model.columns.iter().map(|column| {
        let (field, vis, ty) = (&column.ident, &column.vis, &column.ty);
        let about = format!("The column of `{}`.", column.name);
        quote!(#[doc = #about] #vis #field: #krate::model::Column<#ident, #ty>)
    });
    let embedded = model.embeds.iter().map(|embed| {
        let (field, vis, ty) = (&embed.ident, &embed.vis, &embed.ty);
        let about = format!("The columns of `{}`.", embed.name);
        let krate = model.core_at(ty.span());
        quote_spanned! {at(ty.span())=>
            #[doc = #about] #vis #field: <#ty as #krate::model::Embedded>::Fields<#ident>
        }
    });
    let relations = model.relations.iter().map(|relation| {
        let (field, vis, target) = (&relation.ident, &relation.vis, &relation.target);
        let kind = accessor(relation.kind.to_many());
        let about = format!("The relation of `{}`.", relation.name);
        quote!(#[doc = #about] #vis #field: #krate::model::#kind<#ident, #target>)
    });
    let morphs = model.morphs.iter().map(|m| morphs::declared(model, m));
    quote! {
        #[doc = #about]
        #[derive(::core::fmt::Debug)]
        #vis struct #fields_ident {
            #(#columns,)*
            #(#embedded,)*
            #(#relations,)*
            #(#morphs,)*
        }
    }
}

fn accessor(many: bool) -> TokenStream {
    if many { quote!(ToMany) } else { quote!(ToOne) }
}
