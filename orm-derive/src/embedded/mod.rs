//! `#[derive(Embedded)]`: a struct whose fields are columns of the model that holds it.

use crate::errors::Errors;
use crate::expand::{at, draft, parts, schema};
use crate::model::Model;
use crate::names::RULES;
use crate::parse::args::Args;
use crate::parse::{Field, types};
use proc_macro2::TokenStream;
use quote::{ToTokens, format_ident, quote};
use syn::{Data, DeriveInput, Fields};

/// Reads the derive's input as a model without key and relations.
pub(crate) fn read(input: DeriveInput, errors: &mut Errors) -> Option<Model> {
    if !input.generics.params.is_empty() {
        errors.add(&input.generics, "an embedded struct can't be generic: its columns are fixed");
    }
    let Data::Struct(syn::DataStruct { fields: Fields::Named(fields), .. }) = input.data else {
        errors.add(&input.ident, "an embedded struct has named fields: they name its columns");
        return None;
    };
    let (mut rule, mut krate) = (None, quote!(::orm_core));
    for attr in input.attrs.iter().filter(|attr| attr.path().is_ident("embedded")) {
        let mut args = Args::read(attr, &["rename_all", "crate"], errors);
        if let Some(path) = args.path("crate", errors) {
            krate = path.into_token_stream();
        }
        if let Some(text) = args.text("rename_all", errors) {
            rule = RULES.iter().find(|(name, _)| *name == text.value).map(|(_, rule)| *rule);
            if rule.is_none() {
                let names: Vec<String> = RULES.iter().map(|(name, _)| format!("`{name}`")).collect();
                let names = names.join(", ");
                errors.add(text.tokens, format!("no such rule: `rename_all` knows {names}"));
            }
        }
    }
    let mut columns = Vec::new();
    for field in fields.named {
        let Some(field) = Field::read(field, &input.ident, errors) else { continue };
        if let Some(place) = refused(&field) {
            errors.add(place, "an embedded struct has plain columns only: keys, relations, indexes and what is embedded belong on the model");
            continue;
        }
        if let types::Slot::One(_) | types::Slot::Many(_) = types::slot(&field.ty) {
            errors.add(&field.ty, "an embedded struct has no relations: they belong on the model");
            continue;
        }
        columns.extend(crate::model::column(field, rule, &krate, errors));
    }
    if columns.is_empty() {
        errors.add(&input.ident, "an embedded struct needs at least one field");
    }
    Some(Model::of_columns(input.ident, input.vis, krate, columns))
}

/// Where a field says what an embedded struct's field can't be.
fn refused(field: &Field) -> Option<TokenStream> {
    let attr = &field.attr;
    let embed = attr.embed.as_ref().map(|embed| &embed.place);
    let marks = [attr.created_at.as_ref(), attr.updated_at.as_ref(), embed];
    let key = field.key.as_ref().map(|key| &key.place);
    let relation = field.relation.as_ref().map(|relation| &relation.place);
    let index = (attr.unique || attr.index).then_some(field.attr_place.as_ref()).flatten();
    let place = marks.into_iter().chain([key, relation, index]).flatten().next();
    place.map(ToTokens::to_token_stream)
}

/// All of its code.
pub(crate) fn expand(model: &Model) -> TokenStream {
    let Model { ident, name, vis, krate, .. } = model;
    let fields_ident = format_ident!("{}Fields", name, span = at(ident.span()));
    let draft_ident = format_ident!("{}Draft", name, span = at(ident.span()));
    let columns = schema::columns(model);
    let fields = schema::fields(model);
    let (row_schema, first) = (quote!(schema), quote!(first+));
    let reads = parts::reads(model, &row_schema, &first, |place| quote!(row.value(#first #place)));
    let values = parts::values(model);
    let methods = draft::columns(model);
    let about_fields = format!("The columns of [`{name}`] in a model `M`.");
    let about_draft = format!("A [`{name}`] that says only some of its fields.");
    let width = model.columns.len();
    let declared = model.columns.iter().map(|column| {
        let (field, vis, ty) = (&column.ident, &column.vis, &column.ty);
        let about = format!("The column of `{}`.", column.name);
        quote!(#[doc = #about] #vis #field: #krate::model::Column<M, #ty>)
    });
    let made = model.columns.iter().enumerate().map(|(place, column)| {
        let field = &column.ident;
        quote!(#field: #krate::model::Column::new(first + #place))
    });
    quote! {
        #[doc(hidden)]
        #[allow(dead_code, unused_qualifications, clippy::all, clippy::pedantic, clippy::nursery)]
        const _: () = {
            #columns

            #[doc = #about_fields]
            #vis struct #fields_ident<M> { #(#declared,)* }

            #[automatically_derived]
            impl<M> ::core::fmt::Debug for #fields_ident<M> {
                fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
                    f.write_str(#name)
                }
            }

            #[doc = #about_draft]
            #[derive(::core::fmt::Debug, ::core::clone::Clone)]
            #[must_use]
            #vis struct #draft_ident(#krate::model::RawDraft);

            #[automatically_derived]
            impl #draft_ident {
                #(#methods)*
            }

            #[automatically_derived]
            impl #krate::model::IntoEmbedded<#ident> for #draft_ident {
                fn into_columns(self) -> #krate::model::RawDraft {
                    self.0
                }
            }

            #[automatically_derived]
            impl #krate::model::IntoEmbedded<::core::option::Option<#ident>> for #draft_ident {
                fn into_columns(self) -> #krate::model::RawDraft {
                    self.0
                }
            }

            #[automatically_derived]
            impl #ident {
                /// One that says nothing yet.
                #vis fn draft() -> #draft_ident {
                    #draft_ident(#krate::model::RawDraft::of_width(#width))
                }

                /// The columns, from the one at `first` on.
                #[doc(hidden)]
                #vis const fn __fields<M>(first: usize) -> #fields_ident<M> {
                    #fields_ident { #(#made,)* }
                }
            }

            #[automatically_derived]
            impl #krate::model::Embedded for #ident {
                type Fields<M: #krate::model::Model> = #fields_ident<M>;
                const NAME: &'static str = #name;
                const FIELDS: &'static [#krate::model::schema::FieldSchema] = #fields;

                fn hydrate(
                    row: &dyn #krate::provider::Row,
                    schema: &'static #krate::model::schema::EntitySchema,
                    first: usize,
                ) -> #krate::Result<Self> {
                    ::core::result::Result::Ok(Self { #(#reads,)* })
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
            }
        };
    }
}
