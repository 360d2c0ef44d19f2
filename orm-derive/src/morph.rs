//! `#[derive(Morph)]`: an enum with a variant for each of several models.

use crate::errors::Errors;
use crate::expand::at;
use crate::parse::args::{Args, Text};
use crate::parse::types::last_segment;
use proc_macro2::{Ident, TokenStream};
use quote::{ToTokens, quote, quote_spanned};
use syn::ext::IdentExt;
use syn::spanned::Spanned;
use syn::{Data, DeriveInput, Fields, Type, Variant};

/// One of the models.
struct Target {
    ident: Ident,
    model: Type,
    value: Option<Text>,
}

/// The code of the derive; what is wrong goes to `errors`.
pub(crate) fn expand(input: DeriveInput, errors: &mut Errors) -> TokenStream {
    let Data::Enum(data) = input.data else {
        errors.add(
            &input.ident,
            "a choice of models is an enum with a variant for each: `enum Subject { Post(Post), Video(Video) }`",
        );
        return TokenStream::new();
    };
    if !input.generics.params.is_empty() {
        errors.add(&input.generics, "a choice of models can't be generic: it names its models");
    }
    let mut krate = quote!(::orm_core);
    for attr in input.attrs.iter().filter(|a| a.path().is_ident("morph")) {
        if let Some(path) = Args::read(attr, &["crate"], errors).path("crate", errors) {
            krate = path.into_token_stream();
        }
    }
    if data.variants.is_empty() {
        errors.add(&input.ident, "a choice of models has a variant for each; this one has none");
    }
    let mut targets: Vec<Target> = Vec::new();
    for variant in data.variants {
        if let Some(target) = target(variant, errors) {
            let model = target.model.to_token_stream().to_string();
            match targets.iter().find(|t| t.model.to_token_stream().to_string() == model) {
                Some(first) => errors.add(
                    &target.model,
                    format!("`{}` holds this model already: each has one variant", first.ident),
                ),
                None => targets.push(target),
            }
        }
    }
    code(&input.ident, &krate, &targets)
}

fn target(variant: Variant, errors: &mut Errors) -> Option<Target> {
    let mut value = None;
    for attr in variant.attrs.iter().filter(|a| a.path().is_ident("morph")) {
        value = Args::read(attr, &["value"], errors).text("value", errors);
    }
    match variant.fields {
        Fields::Unnamed(fields) if fields.unnamed.len() == 1 => {
            let field = fields.unnamed.into_iter().next()?;
            Some(Target { ident: variant.ident, model: field.ty, value })
        }
        _ => {
            let name = variant.ident.unraw();
            errors
                .add(&variant.ident, format!("a variant holds one model and nothing else: `{name}({name})`"));
            None
        }
    }
}

fn code(ident: &Ident, krate: &TokenStream, targets: &[Target]) -> TokenStream {
    let entries = targets.iter().map(|target| {
        let model = &target.model;
        let span = at(model.span());
        let name = last_segment(model).map(|s| s.ident.unraw().to_string()).unwrap_or_default();
        let item = |item: &str| {
            let item = Ident::new(item, span);
            quote_spanned!(span=> <#model as #krate::model::Model>::#item)
        };
        let (schema, columns, key) = (item("schema"), item("COLUMNS"), item("KEY"));
        let value = match &target.value {
            Some(text) => text.value.to_token_stream(),
            None => item("ENTITY"),
        };
        quote! {
            #krate::model::MorphTarget {
                schema: #schema,
                model: #name,
                value: #value,
                columns: #columns,
                key: #key,
            }
        }
    });
    let visits = targets.iter().map(|target| {
        let model = &target.model;
        quote!(#krate::model::MorphVisitor::<Self>::target::<#model>(visitor)?;)
    });
    let holds = targets.iter().enumerate().map(|(place, target)| {
        let (variant, model) = (&target.ident, &target.model);
        // With one variant there is no other.
        let other = (targets.len() > 1).then(|| quote!(other => ::core::result::Result::Err(other),));
        let none = (targets.len() > 1).then(|| quote!(_ => ::core::option::Option::None,));
        quote! {
            #[automatically_derived]
            impl #krate::model::Holds<#model> for #ident {
                const PLACE: usize = #place;

                fn of(record: #model) -> Self {
                    Self::#variant(record)
                }

                fn get(&self) -> ::core::option::Option<&#model> {
                    match self {
                        Self::#variant(record) => ::core::option::Option::Some(record),
                        #none
                    }
                }

                fn into_record(self) -> ::core::result::Result<#model, Self> {
                    match self {
                        Self::#variant(record) => ::core::result::Result::Ok(record),
                        #other
                    }
                }
            }

            #[automatically_derived]
            impl ::core::convert::From<#model> for #ident {
                fn from(record: #model) -> Self {
                    Self::#variant(record)
                }
            }
        }
    });
    quote! {
        #[doc(hidden)]
        #[allow(dead_code, unused_qualifications, clippy::all, clippy::pedantic, clippy::nursery)]
        const _: () = {
            #[automatically_derived]
            impl #krate::model::Morph for #ident {
                const TARGETS: &'static [#krate::model::MorphTarget] = &[#(#entries),*];

                fn targets<__V: #krate::model::MorphVisitor<Self>>(
                    visitor: &mut __V,
                ) -> #krate::Result<()> {
                    #(#visits)*
                    ::core::result::Result::Ok(())
                }
            }
            #(#holds)*
        };
    }
}
