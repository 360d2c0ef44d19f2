//! `#[key]`, `#[key(auto)]`, `#[key(uid)]`, `#[key(uid = path)]`.

use super::args::Args;
use crate::errors::Errors;
use proc_macro2::Ident;
use syn::{Attribute, Expr};

/// A field's `#[key]`.
pub(crate) struct KeyAttr {
    /// The word `key`, or the argument that says where the key comes from.
    pub(crate) place: Ident,
    pub(crate) source: Source,
}

/// Where the key comes from when a record has none.
#[derive(Clone)]
pub(crate) enum Source {
    Given,
    Auto,
    Uid,
    UidBy(Expr),
}

impl KeyAttr {
    /// Reads the attribute.
    pub(crate) fn read(attr: &Attribute, errors: &mut Errors) -> Option<Self> {
        let mut args = Args::read(attr, &["auto", "uid"], errors);
        let uid = args.take("uid");
        let auto = args.take("auto");
        if let (Some(auto), Some(_)) = (&auto, &uid) {
            errors.add(
                &auto.name,
                "a key is either made by the storage (`auto`) or by a function (`uid`): choose one",
            );
        }
        let place = attr.path().get_ident()?.clone();
        Some(if let Some(auto) = auto {
            let place = auto.name.clone();
            if let Some(value) = auto.optional_value() {
                errors.add(value, "`auto` takes no value: write `#[key(auto)]`");
            }
            Self { place, source: Source::Auto }
        } else if let Some(uid) = uid {
            let place = uid.name.clone();
            let source = match uid.optional_value() {
                None => Source::Uid,
                Some(path @ Expr::Path(_)) => Source::UidBy(path),
                Some(other) => {
                    errors.add(
                        other,
                        "`uid` takes the path of a function without arguments: `#[key(uid = path::to::it)]`",
                    );
                    Source::Uid
                }
            };
            Self { place, source }
        } else {
            Self { place, source: Source::Given }
        })
    }
}
