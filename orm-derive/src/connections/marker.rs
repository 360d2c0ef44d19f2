//! `#[derive(Connection)]`.

use super::{block, core};
use crate::errors::Errors;
use crate::names::snake;
use crate::parse::{Args, Text};
use proc_macro2::TokenStream;
use quote::quote;
use syn::ext::IdentExt;
use syn::{Data, DeriveInput, Fields};

/// The derive.
pub(crate) fn connection(input: DeriveInput) -> TokenStream {
    let mut errors = Errors::default();
    let mut name: Option<Text> = None;
    let mut krate = None;
    for attr in input.attrs.iter().filter(|attr| attr.path().is_ident("connection")) {
        let mut args = Args::read(attr, &["name", "crate"], &mut errors);
        name = args.text("name", &mut errors).or(name);
        krate = args.path("crate", &mut errors).or(krate);
    }
    check_shape(&input, &mut errors);
    let said = match &name {
        Some(text) => text.value.clone(),
        None => snake(&input.ident.unraw().to_string()),
    };
    if let Some(why) = fault(&said) {
        match &name {
            Some(text) => errors.add(&text.tokens, why),
            None => errors.add(&input.ident, format!("{why}: say another by `#[connection(name = \"…\")]`")),
        }
    }
    if let Some(errors) = errors.into_tokens() {
        // The type is a connection all the same: models that name it aren't told otherwise.
        let known = implementation(&input, &core(krate), &said);
        return quote!(#errors #known);
    }
    implementation(&input, &core(krate), &said)
}

fn implementation(input: &DeriveInput, krate: &TokenStream, name: &str) -> TokenStream {
    if !input.generics.params.is_empty() {
        return TokenStream::new();
    }
    let ident = &input.ident;
    block(quote! {
        #[automatically_derived]
        impl #krate::connections::ConnectionMarker for #ident {
            const NAME: &'static str = #name;
        }
    })
}

fn check_shape(input: &DeriveInput, errors: &mut Errors) {
    if !input.generics.params.is_empty() {
        errors.add(&input.generics, "a connection can't be generic: it is one name");
    }
    let ident = &input.ident;
    match &input.data {
        Data::Struct(data) => {
            if !matches!(data.fields, Fields::Unit) {
                let why = format!("a connection is a name and nothing else: write `struct {ident};`");
                errors.add(&data.fields, why);
            }
        }
        Data::Enum(data) => {
            errors.add(
                data.enum_token,
                format!("a connection is a struct without fields: write `struct {ident};`"),
            );
        }
        Data::Union(data) => {
            errors.add(
                data.union_token,
                format!("a connection is a struct without fields: write `struct {ident};`"),
            );
        }
    }
}

/// Why a text can't be the name of a connection.
fn fault(name: &str) -> Option<String> {
    let fine = name.len() <= 48
        && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
        && name.bytes().next().is_some_and(|b| b.is_ascii_alphabetic());
    if !fine {
        return Some(format!(
            "`{}` is no name for a connection: use ASCII letters, digits and `_`, starting with a letter, \
             at most 48 characters",
            name.escape_debug()
        ));
    }
    (name.contains("__") || name.ends_with('_')).then(|| {
        format!(
            "`{name}` is no name for a connection: `__` comes between a connection and its instance's name"
        )
    })
}
