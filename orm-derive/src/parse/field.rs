//! Columns: `#[key]` and `#[field]`.

use super::attribute::{settings, text};
use crate::errors::Errors;
use proc_macro2::Span;
use syn::spanned::Spanned;
use syn::{Attribute, Expr, Ident, LitInt, LitStr, Path, Type, Visibility};

/// A column as it was written.
pub(crate) struct Field {
    pub(crate) ident: Ident,
    pub(crate) vis: Visibility,
    pub(crate) ty: Type,
    pub(crate) key: Option<(Key, Span)>,
    pub(crate) default: Option<Expr>,
    pub(crate) default_with: Option<Path>,
    pub(crate) rename: Option<LitStr>,
    pub(crate) column: Option<LitStr>,
    pub(crate) unique: bool,
    pub(crate) index: bool,
    pub(crate) scale: Option<u8>,
}

/// Where the key comes from.
pub(crate) enum Key {
    /// The record states it.
    Given,
    /// The storage makes it.
    Auto,
    /// We make it, by this function if one is named.
    Uid(Option<Path>),
}

const KEY: [&str; 2] = ["auto", "uid"];
const FIELD: [&str; 7] = ["default", "default_with", "rename", "column", "unique", "index", "scale"];

impl Field {
    pub(super) fn parse(field: &syn::Field, ident: &Ident, errors: &mut Errors) -> Self {
        let mut parsed = Self {
            ident: ident.clone(),
            vis: field.vis.clone(),
            ty: field.ty.clone(),
            key: None,
            default: None,
            default_with: None,
            rename: None,
            column: None,
            unique: false,
            index: false,
            scale: None,
        };
        for attribute in &field.attrs {
            if attribute.path().is_ident("key") {
                if parsed.key.is_some() {
                    errors.at(attribute.span(), "the field is a key already");
                }
                let key = errors.ok(key(attribute)).unwrap_or(Key::Given);
                parsed.key = Some((key, attribute.path().span()));
            } else if attribute.path().is_ident("field") {
                let outcome = parsed.settings(attribute);
                errors.ok(outcome);
            }
        }
        parsed
    }

    fn settings(&mut self, attribute: &Attribute) -> syn::Result<()> {
        settings(attribute, &FIELD, |name, meta| {
            match name {
                "default" => self.default = Some(meta.value()?.parse()?),
                "default_with" => self.default_with = Some(meta.value()?.parse()?),
                "rename" => self.rename = Some(text(&meta)?),
                "column" => self.column = Some(text(&meta)?),
                "unique" => self.unique = true,
                "index" => self.index = true,
                _ => {
                    let scale: LitInt = meta.value()?.parse()?;
                    match scale.base10_parse::<u8>() {
                        Ok(digits) if digits <= 18 => self.scale = Some(digits),
                        _ => return Err(syn::Error::new(scale.span(), "a scale is a number from 0 to 18")),
                    }
                }
            }
            Ok(())
        })?;
        if let (Some(_), Some(path)) = (&self.default, &self.default_with) {
            return Err(syn::Error::new(
                path.span(),
                "a field has one default: leave out `default` or `default_with`",
            ));
        }
        Ok(())
    }
}

fn key(attribute: &Attribute) -> syn::Result<Key> {
    let mut key = Key::Given;
    settings(attribute, &KEY, |name, meta| {
        key = match name {
            "auto" => Key::Auto,
            _ if meta.input.peek(syn::Token![=]) => Key::Uid(Some(meta.value()?.parse()?)),
            _ => Key::Uid(None),
        };
        Ok(())
    })?;
    Ok(key)
}
