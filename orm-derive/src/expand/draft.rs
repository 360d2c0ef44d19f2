//! The draft: a builder with a method for each field.

use crate::resolve::{Model, ResolvedRelation};
use proc_macro2::TokenStream;
use quote::{format_ident, quote, quote_spanned};
use syn::ext::IdentExt;
use syn::spanned::Spanned;

pub(super) fn draft(model: &Model) -> TokenStream {
    let (krate, owner, vis) = (&model.krate, &model.ident, &model.vis);
    let name = format_ident!("{}Draft", owner);
    let columns = model.columns.iter().enumerate().map(|(place, column)| {
        let (ident, vis, ty) = (&column.field.ident, &column.field.vis, &column.field.ty);
        quote_spanned! {ty.span()=>
            #[must_use]
            #vis fn #ident(self, value: impl #krate::value::IntoOperand<#ty>) -> Self {
                Self(self.0.set::<#ty>(#place, value))
            }
        }
    });
    let relations =
        model.relations.iter().enumerate().map(|(place, relation)| nested(model, place, relation));
    quote! {
        #[derive(Debug, Clone)]
        pub struct #name(#krate::model::RawDraft);

        impl #name {
            #(#columns)*
            #(#relations)*
        }

        impl #owner {
            /// A record that says nothing yet: say what there is to say, field by field.
            #[must_use]
            #vis fn draft() -> #name {
                #name(#krate::model::RawDraft::new(&__SCHEMA))
            }
        }

        impl #krate::model::IntoDraft<#owner> for #name {
            fn into_draft(self) -> #krate::model::RawDraft {
                self.0
            }
        }
    }
}

fn nested(model: &Model, place: usize, relation: &ResolvedRelation) -> TokenStream {
    let krate = &model.krate;
    let ResolvedRelation { ident, vis, target, .. } = relation;
    let many = relation.kind.to_many();
    let record = quote!(impl #krate::model::IntoDraft<#target>);
    let key = quote!(impl #krate::value::IntoKey<<#target as #krate::model::Model>::Key>);
    let (suffix, records, keys, pass) = if many {
        (
            "keys",
            quote!(impl ::core::iter::IntoIterator<Item = #record>),
            quote!(impl ::core::iter::IntoIterator<Item = #key>),
            quote!(given),
        )
    } else {
        ("key", record, key, quote!([given]))
    };
    let by_key = format_ident!("{}_{}", ident.unraw(), suffix);
    let taken =
        model.columns.iter().any(|c| by_key == c.plain) || model.relations.iter().any(|r| by_key == r.plain);
    let refer = (!taken).then(|| {
        quote_spanned! {target.span()=>
            /// Names the related records by their keys.
            #[must_use]
            #vis fn #by_key(self, given: #keys) -> Self {
                Self(self.0.refer::<#target>(#place, #pass))
            }
        }
    });
    quote_spanned! {target.span()=>
        /// Nests related records.
        #[must_use]
        #vis fn #ident(self, given: #records) -> Self {
            Self(self.0.nest::<#target>(#place, #pass))
        }
        #refer
    }
}
