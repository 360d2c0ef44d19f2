//! The struct of typed fields, which the closures of queries get.

use crate::parse::RelationKind;
use crate::resolve::{Model, ResolvedRelation};
use proc_macro2::TokenStream;
use quote::{format_ident, quote, quote_spanned};
use syn::spanned::Spanned;

pub(super) fn fields(model: &Model) -> TokenStream {
    let (krate, owner) = (&model.krate, &model.ident);
    let name = format_ident!("{}Fields", owner);
    let mut declared = Vec::new();
    let mut made = Vec::new();
    for (place, column) in model.columns.iter().enumerate() {
        let (ident, vis, ty) = (&column.field.ident, &column.field.vis, &column.field.ty);
        declared.push(quote_spanned!(ty.span()=> #vis #ident: #krate::model::Column<#owner, #ty>));
        made.push(quote!(#ident: #krate::model::Column::new(#place)));
    }
    for (place, relation) in model.relations.iter().enumerate() {
        let ResolvedRelation { ident, vis, target, .. } = relation;
        let wrapper = typed(relation);
        declared.push(quote_spanned!(target.span()=> #vis #ident: #krate::model::#wrapper<#owner, #target>));
        made.push(quote!(#ident: #krate::model::#wrapper::new(#place, |record| &mut record.#ident)));
    }
    quote! {
        #[derive(Debug)]
        pub struct #name { #(#declared),* }

        static __FIELDS: #name = #name { #(#made),* };
    }
}

fn typed(relation: &ResolvedRelation) -> TokenStream {
    match relation.kind {
        RelationKind::BelongsTo | RelationKind::HasOne => quote!(ToOne),
        RelationKind::HasMany | RelationKind::BelongsToMany => quote!(ToMany),
    }
}
