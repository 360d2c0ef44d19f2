//! What a field's type says by its looks.

use proc_macro2::{Group, Ident, TokenStream, TokenTree};
use quote::ToTokens;
use syn::{GenericArgument, PathArguments, PathSegment, Type};

/// What a field holds.
pub(crate) enum Slot {
    Column,
    One(Type),
    Many(Type),
}

/// What a field of this type holds: a relation is written out as `One<T>` or `Many<T>`.
pub(crate) fn slot(ty: &Type) -> Slot {
    let Some(segment) = last_segment(ty) else {
        return Slot::Column;
    };
    match (segment.ident.to_string().as_str(), argument(segment)) {
        ("One", Some(target)) => Slot::One(target.clone()),
        ("Many", Some(target)) => Slot::Many(target.clone()),
        _ => Slot::Column,
    }
}

/// The last part of the type's path: `Option` of `std::option::Option<T>`.
pub(crate) fn last_segment(ty: &Type) -> Option<&PathSegment> {
    match ty {
        // Types that come through a macro's `$t:ty` are in invisible groups.
        Type::Group(group) => last_segment(&group.elem),
        Type::Paren(paren) => last_segment(&paren.elem),
        Type::Path(path) => path.path.segments.last(),
        _ => None,
    }
}

/// The type's only argument: `T` of `Option<T>`.
pub(crate) fn argument(segment: &PathSegment) -> Option<&Type> {
    let PathArguments::AngleBracketed(list) = &segment.arguments else {
        return None;
    };
    match (list.args.len(), list.args.first()) {
        (1, Some(GenericArgument::Type(ty))) => Some(ty),
        _ => None,
    }
}

/// The type with `Self` written out: generated code stands where `Self` has no meaning.
pub(crate) fn without_self(ty: &Type, this: &Ident) -> Type {
    let tokens = replace_self(ty.to_token_stream(), this);
    syn::parse2(tokens).unwrap_or_else(|_| ty.clone())
}

fn replace_self(tokens: TokenStream, this: &Ident) -> TokenStream {
    tokens
        .into_iter()
        .map(|token| match token {
            TokenTree::Ident(ident) if ident == "Self" => {
                let mut this = this.clone();
                this.set_span(ident.span());
                TokenTree::Ident(this)
            }
            TokenTree::Group(group) => {
                let mut inner = Group::new(group.delimiter(), replace_self(group.stream(), this));
                inner.set_span(group.span());
                TokenTree::Group(inner)
            }
            other => other,
        })
        .collect()
}
