//! `impl Model`.

use super::embeds::first;
use super::{at, morphs, parts};
use crate::model::Model;
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
    each: TokenStream,
}

/// The bodies of a model without mistakes.
pub(super) fn bodies(model: &Model) -> Bodies {
    let krate = &model.krate;
    let (schema, first_of_all) = (quote!(&__SCHEMA), quote!());
    let read = parts::reads(model, &schema, &first_of_all, |place| quote!(values[#place]));
    let width = model.columns.len();
    let embedded = model.embeds.iter().enumerate().map(|(place, embed)| {
        let (name, ty, first) = (&embed.ident, &embed.ty, first(place));
        let krate = model.core_at(ty.span());
        quote_spanned! {at(ty.span())=>
            #name: <#ty as #krate::model::Embedded>::hydrate(row, &__SCHEMA, #first)?
        }
    });
    let unloaded = model.relations.iter().enumerate().map(|(place, relation)| {
        let name = &relation.ident;
        let slot = if relation.kind.to_many() { quote!(Many) } else { quote!(One) };
        quote!(#name: #krate::model::#slot::unloaded(&__SCHEMA.relations[#place]))
    });
    let morphs = || model.morphs.iter().enumerate();
    let unloaded_morphs = morphs().map(|(number, m)| morphs::unloaded(model, number, m));
    let visited_morphs = morphs().map(|(number, m)| morphs::visit(model, number, m));
    let values = parts::values(model);
    let embedded_values = model.embeds.iter().enumerate().map(|(place, embed)| {
        let (name, ty, first) = (&embed.ident, &embed.ty, first(place));
        let krate = model.core_at(ty.span());
        quote_spanned! {at(ty.span())=>
            column if column >= #first
                && column < #first + <#ty as #krate::model::Embedded>::FIELDS.len() =>
            {
                <#ty as #krate::model::Embedded>::value(&self.#name, column - #first)
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
    let each = model.relations.iter().map(|relation| {
        let (name, target) = (&relation.ident, &relation.target);
        let krate = model.core_at(target.span());
        let visit = if relation.kind.to_many() { quote!(many) } else { quote!(one) };
        quote_spanned! {at(target.span())=>
            #krate::model::FieldsVisitor::#visit::<#target>(visitor, __FIELDS.#name);
        }
    });
    let each_morph = model.morphs.iter().map(|m| morphs::each(model, m));
    Bodies {
        schema: quote!(&__SCHEMA),
        fields: quote!(&__FIELDS),
        hydrate: quote! {
            let mut values = [#krate::value::ValueRef::Null; #width];
            row.values(&mut values);
            ::core::result::Result::Ok(Self {
                #(#read,)* #(#embedded,)* #(#unloaded,)* #(#unloaded_morphs,)*
            })
        },
        value: quote! {
            match column {
                #(#values,)*
                #(#embedded_values)*
                _ => ::core::result::Result::Ok(#krate::value::ValueRef::Null),
            }
        },
        relations: quote! {
            #(#visits)*
            #(#visited_morphs)*
            ::core::result::Result::Ok(())
        },
        each: quote!(#(#each)* #(#each_morph)*),
    }
}

/// Bodies that are never run: there are mistakes, so nothing is compiled to the end.
pub(super) fn no_bodies() -> Bodies {
    let none = || quote!(::core::unimplemented!());
    Bodies { schema: none(), fields: none(), hydrate: none(), value: none(), relations: none(), each: none() }
}

pub(super) fn expand(model: &Model, bodies: &Bodies) -> TokenStream {
    let Model { ident, krate, entity, fields_ident, draft_ident, .. } = model;
    let Bodies { schema, fields, hydrate, value, relations, each } = bodies;
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

            fn each_relation<V: #krate::model::FieldsVisitor<Self>>(visitor: &mut V) {
                #each
            }
        }

        #[automatically_derived]
        impl #krate::sql::FromRow for #ident {
            fn layout(names: &[&str]) -> #krate::Result<#krate::sql::Layout> {
                #krate::sql::Layout::of_model::<Self>(names)
            }

            fn read(
                row: &dyn #krate::provider::Row,
                layout: &#krate::sql::Layout,
            ) -> #krate::Result<Self> {
                layout.model::<Self>(row)
            }
        }
    }
}
