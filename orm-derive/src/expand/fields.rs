//! The type behind `Fields<M>`: data fields only, so that no name can collide.

use crate::model::Model;
use proc_macro2::TokenStream;
use quote::quote;

pub(super) fn expand(model: &Model) -> TokenStream {
    let Model { ident, vis, krate, fields_ident, .. } = model;
    let about = format!("The columns and relations of [`{}`].", model.name);
    let mut declared = Vec::new();
    let mut made = Vec::new();
    for (place, column) in model.columns.iter().enumerate() {
        let (field, vis, ty) = (&column.ident, &column.vis, &column.ty);
        let about = format!("The column of `{}`.", column.name);
        declared.push(quote!(#[doc = #about] #vis #field: #krate::model::Column<#ident, #ty>));
        made.push(quote!(#field: #krate::model::Column::new(#place)));
    }
    for (place, relation) in model.relations.iter().enumerate() {
        let (field, vis, target) = (&relation.ident, &relation.vis, &relation.target);
        let about = format!("The relation of `{}`.", relation.name);
        let kind = if relation.kind.to_many() { quote!(ToMany) } else { quote!(ToOne) };
        declared.push(quote!(#[doc = #about] #vis #field: #krate::model::#kind<#ident, #target>));
        made.push(quote!(#field: #krate::model::#kind::new(#place, |m| &mut m.#field)));
    }
    quote! {
        #[doc = #about]
        #[derive(::core::fmt::Debug)]
        #vis struct #fields_ident {
            #(#declared,)*
        }
        static __FIELDS: #fields_ident = #fields_ident { #(#made,)* };
    }
}
