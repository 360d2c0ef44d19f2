//! `#[derive(Connections)]`.

use super::{block, core};
use crate::errors::Errors;
use crate::expand::at;
use crate::parse::Args;
use proc_macro2::{Ident, Span, TokenStream, TokenTree};
use quote::{ToTokens, quote, quote_spanned};
use syn::ext::IdentExt;
use syn::punctuated::Punctuated;
use syn::spanned::Spanned;
use syn::{Attribute, Data, DeriveInput, Fields, Path, Token, Type};

/// A field that holds a database.
struct Host {
    ident: Ident,
    ty: Type,
    /// Where `default` is said.
    default: Option<Path>,
    marker: Option<Path>,
}

/// The derive.
pub(crate) fn connections(input: DeriveInput) -> TokenStream {
    let mut errors = Errors::default();
    let mut krate = None;
    for attr in input.attrs.iter().filter(|attr| attr.path().is_ident("connection")) {
        krate = Args::read(attr, &["crate"], &mut errors).path("crate", &mut errors).or(krate);
    }
    let hosts = read(&input, &mut errors);
    if let Some(hosts) = &hosts {
        check(&input.ident, hosts, &mut errors);
    }
    match (errors.into_tokens(), hosts) {
        (Some(errors), _) => errors,
        (None, Some(hosts)) => block(expand(&input, &core(krate), &hosts)),
        (None, None) => TokenStream::new(),
    }
}

fn read(input: &DeriveInput, errors: &mut Errors) -> Option<Vec<Host>> {
    const SHAPE: &str = "a set of connections is a struct with named fields: one `Database` for each";
    let fields = match &input.data {
        Data::Struct(data) => match &data.fields {
            Fields::Named(fields) => fields,
            Fields::Unnamed(fields) => {
                errors.add(fields, SHAPE);
                return None;
            }
            Fields::Unit => {
                errors.add(&input.ident, SHAPE);
                return None;
            }
        },
        Data::Enum(data) => {
            errors.add(data.enum_token, SHAPE);
            return None;
        }
        Data::Union(data) => {
            errors.add(data.union_token, SHAPE);
            return None;
        }
    };
    let mut hosts = Vec::new();
    for field in &fields.named {
        let mut attrs = field.attrs.iter().filter(|attr| attr.path().is_ident("connection"));
        let (Some(attr), Some(ident)) = (attrs.next(), &field.ident) else { continue };
        if let Some(second) = attrs.next() {
            errors.add(second, "say it in one attribute: `#[connection(default, Marker)]`");
        }
        let mut host = Host { ident: ident.clone(), ty: field.ty.clone(), default: None, marker: None };
        host.read(attr, errors);
        hosts.push(host);
    }
    Some(hosts)
}

impl Host {
    fn read(&mut self, attr: &Attribute, errors: &mut Errors) {
        const SAY: &str = "say which models live here: `#[connection(Marker)]` for those that name the connection, \
                           `#[connection(default)]` for those that name none";
        let parser = Punctuated::<Path, Token![,]>::parse_terminated;
        let Some(said) = attr.parse_args_with(parser).ok().filter(|said| !said.is_empty()) else {
            return errors.add(attr, SAY);
        };
        for path in said {
            if path.segments.last().is_some_and(|last| last.ident == "AnyConnection") {
                errors.add(
                    &path,
                    "models that name no connection are in the default: `#[connection(default)]`",
                );
                continue;
            }
            let slot = if path.is_ident("default") { &mut self.default } else { &mut self.marker };
            if slot.is_some() {
                errors.add(&path, "a database is of one connection: give each a field of its own");
            }
            *slot = Some(path);
        }
    }
}

fn check(set: &Ident, hosts: &[Host], errors: &mut Errors) {
    let mut default: Option<&Host> = None;
    let mut markers: Vec<(String, &Host)> = Vec::new();
    for host in hosts {
        if let Some(said) = &host.default {
            match default {
                Some(first) => errors.add(
                    said,
                    format!("a set of connections has one default, and `{}` is it already", first.ident),
                ),
                None => default = Some(host),
            }
        }
        if let Some(marker) = &host.marker {
            let name = marker.to_token_stream().to_string();
            match markers.iter().find(|(known, _)| *known == name) {
                Some((_, first)) => errors.add(
                    marker,
                    format!(
                        "`{}` hosts this connection already: a model must find one database, so instances of \
                         a connection are in sets of their own",
                        first.ident
                    ),
                ),
                None => markers.push((name, host)),
            }
        }
    }
    // Where nothing could be read, the default may be what was meant.
    let unread = hosts.iter().any(|host| host.default.is_none() && host.marker.is_none());
    if default.is_none() && !unread {
        errors.add(
            set,
            format!(
                "`{set}` has no default: mark one field with `#[connection(default)]`; models that name no \
                 connection are in it"
            ),
        );
    }
}

/// The path of orm-core, as if it stood at `place`.
fn core_at(krate: &TokenStream, place: Span) -> TokenStream {
    let token = |mut token: TokenTree| {
        token.set_span(place);
        token
    };
    krate.clone().into_iter().map(token).collect()
}

fn expand(input: &DeriveInput, krate: &TokenStream, hosts: &[Host]) -> TokenStream {
    let ident = &input.ident;
    let name = ident.unraw().to_string();
    let (generics, of, bounds) = input.generics.split_for_impl();
    let mut listed = Vec::new();
    let mut impls = TokenStream::new();
    for host in hosts {
        let (field, ty) = (&host.ident, &host.ty);
        let place = at(ty.span());
        // Where all tokens stand at the field's type, the compiler shows there that it is no database.
        let krate_here = core_at(krate, place);
        let database = quote_spanned!(place=> <#ty as #krate_here::connections::AnyDatabase>);
        let mode = quote_spanned!(place=> #database::Mode);
        let mut here = field.clone();
        here.set_span(place);
        let method = quote_spanned! {place=>
            fn host(&self) -> &#krate_here::database::Database<#mode> {
                #database::as_database(&self.#here)
            }
        };
        let field_name = field.unraw().to_string();
        let default = host.default.as_ref().map(|_| quote!(#krate::connections::AnyConnection));
        for marker in default.into_iter().chain(host.marker.as_ref().map(ToTokens::to_token_stream)) {
            listed.push(quote! {
                #krate::connections::Hosted::new::<#marker, Self>(#field_name, self)
            });
            impls.extend(quote! {
                #[automatically_derived]
                impl #generics #krate::connections::Hosts<#marker> for #ident #of #bounds {
                    type Mode = #mode;
                    #method
                }
            });
        }
    }
    let markers: Vec<&Path> = hosts.iter().filter_map(|host| host.marker.as_ref()).collect();
    let names = markers.iter().map(|marker| {
        let krate = core_at(krate, at(marker.span()));
        quote_spanned!(at(marker.span())=> <#marker as #krate::connections::ConnectionMarker>::NAME)
    });
    let distinct =
        (markers.len() > 1).then(|| quote!(const _: () = #krate::derive_support::distinct(&[#(#names),*]);));
    quote! {
        #distinct
        #[automatically_derived]
        impl #generics #krate::connections::Connections for #ident #of #bounds {
            const SET: &'static str = #name;
            fn hosted(&self) -> ::std::vec::Vec<#krate::connections::Hosted> {
                ::std::vec::Vec::from([#(#listed),*])
            }
        }
        #impls
    }
}
