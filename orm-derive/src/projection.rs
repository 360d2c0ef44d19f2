//! `#[derive(Projection)]`: a small struct that is read from some columns of a model.

use crate::errors::Errors;
use crate::expand::at;
use proc_macro2::{Ident, TokenStream};
use quote::{quote, quote_spanned};
use syn::ext::IdentExt as _;
use syn::parse::{Parse, ParseStream};
use syn::spanned::Spanned;
use syn::{Data, DeriveInput, Fields, Path, Token};

/// `#[projection(User)]`, maybe with `crate = path`.
struct Target {
    model: Path,
    krate: Option<Path>,
}

impl Parse for Target {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let model = input.call(Path::parse_mod_style)?;
        let mut krate = None;
        if input.parse::<Option<Token![,]>>()?.is_some() && !input.is_empty() {
            let name = Ident::parse_any(input)?;
            if name != "crate" {
                return Err(syn::Error::new_spanned(
                    name,
                    "`#[projection]` takes a model and maybe `crate = path`",
                ));
            }
            input.parse::<Token![=]>()?;
            krate = Some(input.call(Path::parse_mod_style)?);
        }
        Ok(Self { model, krate })
    }
}

/// The code of a projection.
pub(crate) fn expand(input: &DeriveInput) -> TokenStream {
    let mut errors = Errors::default();
    let target = target(input, &mut errors);
    let fields = fields(input, &mut errors);
    if !input.generics.params.is_empty() {
        errors.add(&input.generics, "a projection can't be generic: its fields are columns of one model");
    }
    match (errors.into_tokens(), target) {
        (Some(errors), _) => errors,
        (None, Some(target)) => code(&input.ident, &target, &fields),
        (None, None) => TokenStream::new(),
    }
}

fn target(input: &DeriveInput, errors: &mut Errors) -> Option<Target> {
    let mut attrs = input.attrs.iter().filter(|attr| attr.path().is_ident("projection"));
    let Some(attr) = attrs.next() else {
        errors.add(&input.ident, "say which model this is read from: `#[projection(TheModel)]`");
        return None;
    };
    if let Some(second) = attrs.next() {
        errors.add(second, "a projection is read from one model");
    }
    attr.parse_args().map_err(|error| errors.add_error(error)).ok()
}

fn fields<'a>(input: &'a DeriveInput, errors: &mut Errors) -> Vec<&'a syn::Field> {
    if let Data::Struct(data) = &input.data
        && let Fields::Named(fields) = &data.fields
        && !fields.named.is_empty()
    {
        return fields.named.iter().collect();
    }
    errors.add(&input.ident, "a projection is a struct with named fields: they name columns of its model");
    Vec::new()
}

fn code(this: &Ident, target: &Target, fields: &[&syn::Field]) -> TokenStream {
    let model = &target.model;
    let krate = target.krate.as_ref().map_or_else(|| quote!(::orm_core), |path| quote!(#path));
    // Each is checked at its place: that there is such a column, and that it has this type.
    let places = fields.iter().map(|field| {
        let (name, ty) = (&field.ident, &field.ty);
        quote_spanned! {at(ty.span())=>
            #krate::derive_support::projected::<#ty, _>(__fields.#name)
        }
    });
    let read = fields.iter().map(|field| {
        let (name, ty) = (&field.ident, &field.ty);
        quote_spanned!(at(ty.span())=> #name: __reader.next::<#ty>()?)
    });
    quote! {
        #[doc(hidden)]
        #[allow(dead_code, unused_qualifications, clippy::all, clippy::pedantic, clippy::nursery)]
        const _: () = {
            #[automatically_derived]
            impl #krate::query::Projection for #this {
                type Model = #model;

                fn places() -> ::std::vec::Vec<usize> {
                    let __fields = <#model as #krate::model::Model>::fields();
                    ::std::vec![#(#places),*]
                }

                fn read(__reader: &mut #krate::query::Reader<'_>) -> #krate::Result<Self> {
                    ::core::result::Result::Ok(Self { #(#read),* })
                }
            }

            #[automatically_derived]
            impl #krate::sql::FromRow for #this {
                fn layout(names: &[&str]) -> #krate::Result<#krate::sql::Layout> {
                    #krate::sql::Layout::of_projection::<Self>(names)
                }

                fn read(
                    row: &dyn #krate::provider::Row,
                    layout: &#krate::sql::Layout,
                ) -> #krate::Result<Self> {
                    layout.projection::<Self>(row)
                }
            }
        };
    }
}
