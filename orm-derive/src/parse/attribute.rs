//! What attributes have in common: settings in parentheses, of which unknown ones are named with the
//! known ones.

use crate::names::nearest;
use syn::meta::ParseNestedMeta;
use syn::parse::{Parse, ParseStream};
use syn::punctuated::Punctuated;
use syn::{Attribute, Ident, LitStr, Meta, Token};

/// Calls `each` for every setting of an attribute; a bare attribute has none.
pub(super) fn settings(
    attribute: &Attribute,
    known: &[&str],
    mut each: impl FnMut(&str, ParseNestedMeta<'_>) -> syn::Result<()>,
) -> syn::Result<()> {
    if matches!(attribute.meta, Meta::Path(_)) {
        return Ok(());
    }
    attribute.parse_nested_meta(|meta| {
        let name = meta.path.get_ident().map(ToString::to_string).unwrap_or_default();
        if !known.contains(&name.as_str()) {
            return Err(unknown(&meta, &name, known));
        }
        each(&name, meta)
    })
}

fn unknown(meta: &ParseNestedMeta<'_>, name: &str, known: &[&str]) -> syn::Error {
    let list = if known.is_empty() {
        "there are none here".to_owned()
    } else {
        format!("there are `{}`", known.join("`, `"))
    };
    match nearest(name, known) {
        Some(meant) => meta.error(format!("unknown setting `{name}`; did you mean `{meant}`? ({list})")),
        None => meta.error(format!("unknown setting `{name}`: {list}")),
    }
}

/// `= "text"`
pub(super) fn text(meta: &ParseNestedMeta<'_>) -> syn::Result<LitStr> {
    let text: LitStr = meta.value()?.parse()?;
    if text.value().is_empty() {
        return Err(syn::Error::new(text.span(), "this name must not be empty"));
    }
    Ok(text)
}

/// One column or, in parentheses, several: `a` or `(a, b)`.
pub(super) struct Columns(pub(super) Vec<Ident>);

impl Parse for Columns {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        if input.peek(syn::token::Paren) {
            let inner;
            syn::parenthesized!(inner in input);
            let list = Punctuated::<Ident, Token![,]>::parse_terminated_with(&inner, parse_ident)?;
            if list.is_empty() {
                return Err(inner.error("name at least one field"));
            }
            return Ok(Self(list.into_iter().collect()));
        }
        if let Ok(text) = input.parse::<LitStr>() {
            let message = format!("name the field itself, without quotes: `{}`", text.value());
            return Err(syn::Error::new(text.span(), message));
        }
        Ok(Self(vec![parse_ident(input)?]))
    }
}

/// An identifier, keywords in raw form included.
pub(super) fn parse_ident(input: ParseStream<'_>) -> syn::Result<Ident> {
    input.parse()
}
