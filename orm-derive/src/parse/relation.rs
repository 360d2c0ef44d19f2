//! Relations: `#[belongs_to]`, `#[has_one]`, `#[has_many]`, `#[belongs_to_many]`.

use super::attribute::{Columns, settings, text};
use crate::errors::Errors;
use proc_macro2::Span;
use syn::spanned::Spanned;
use syn::{Attribute, Ident, LitStr, Path, Type, Visibility};

/// A relation as it was written.
pub(crate) struct Relation {
    pub(crate) ident: Ident,
    pub(crate) vis: Visibility,
    pub(crate) kind: RelationKind,
    /// The attribute, for errors.
    pub(crate) span: Span,
    /// The `T` of `One<T>` or `Many<T>`.
    pub(crate) target: Type,
    pub(crate) rename: Option<LitStr>,
    pub(crate) foreign_key: Option<Vec<Ident>>,
    pub(crate) local_key: Option<Vec<Ident>>,
    pub(crate) owner_key: Option<Vec<Ident>>,
    pub(crate) related_key: Option<Vec<Ident>>,
    pub(crate) pivot: Option<Path>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum RelationKind {
    BelongsTo,
    HasOne,
    HasMany,
    BelongsToMany,
}

impl RelationKind {
    const ALL: [Self; 4] = [Self::BelongsTo, Self::HasOne, Self::HasMany, Self::BelongsToMany];

    pub(crate) fn attribute(self) -> &'static str {
        match self {
            Self::BelongsTo => "belongs_to",
            Self::HasOne => "has_one",
            Self::HasMany => "has_many",
            Self::BelongsToMany => "belongs_to_many",
        }
    }

    pub(crate) fn to_many(self) -> bool {
        matches!(self, Self::HasMany | Self::BelongsToMany)
    }

    fn settings(self) -> &'static [&'static str] {
        match self {
            Self::BelongsTo => &["foreign_key", "owner_key", "rename"],
            Self::HasOne | Self::HasMany => &["foreign_key", "local_key", "rename"],
            Self::BelongsToMany => {
                &["pivot", "foreign_key", "related_key", "local_key", "owner_key", "rename"]
            }
        }
    }

    pub(super) fn of(attribute: &Attribute) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| attribute.path().is_ident(kind.attribute()))
    }
}

/// What wraps the target of a relation.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Wrapper {
    One,
    Many,
}

/// The wrapper and the target of a field's type, if it is `One<T>` or `Many<T>`, however it is named.
pub(super) fn wrapped(ty: &Type) -> Option<(Wrapper, Type)> {
    let Type::Path(path) = ty else { return None };
    let last = path.path.segments.last()?;
    let wrapper = match last.ident.to_string().as_str() {
        "One" => Wrapper::One,
        "Many" => Wrapper::Many,
        _ => return None,
    };
    let syn::PathArguments::AngleBracketed(arguments) = &last.arguments else { return None };
    match arguments.args.first()? {
        syn::GenericArgument::Type(target) if arguments.args.len() == 1 => Some((wrapper, target.clone())),
        _ => None,
    }
}

impl Relation {
    pub(super) fn parse(
        field: &syn::Field,
        ident: &Ident,
        kind: RelationKind,
        attribute: &Attribute,
        errors: &mut Errors,
    ) -> Option<Self> {
        let expected = if kind.to_many() { "Many" } else { "One" };
        let target = match wrapped(&field.ty) {
            Some((wrapper, target)) if (wrapper == Wrapper::Many) == kind.to_many() => target,
            _ => {
                let message = format!(
                    "a `#[{}]` relation is held by a field of type `{expected}<T>`, where `T` is the related model",
                    kind.attribute()
                );
                errors.at(field.ty.span(), message);
                return None;
            }
        };
        let mut parsed = Self {
            ident: ident.clone(),
            vis: field.vis.clone(),
            kind,
            span: attribute.path().span(),
            target,
            rename: None,
            foreign_key: None,
            local_key: None,
            owner_key: None,
            related_key: None,
            pivot: None,
        };
        let outcome = settings(attribute, kind.settings(), |name, meta| {
            let columns =
                || -> syn::Result<Option<Vec<Ident>>> { Ok(Some(meta.value()?.parse::<Columns>()?.0)) };
            match name {
                "foreign_key" => parsed.foreign_key = columns()?,
                "local_key" => parsed.local_key = columns()?,
                "owner_key" => parsed.owner_key = columns()?,
                "related_key" => parsed.related_key = columns()?,
                "pivot" => parsed.pivot = Some(meta.value()?.parse()?),
                _ => parsed.rename = Some(text(&meta)?),
            }
            Ok(())
        });
        errors.ok(outcome)?;
        if kind == RelationKind::BelongsToMany && parsed.pivot.is_none() {
            errors.at(
                parsed.span,
                "name the model between the two: `#[belongs_to_many(pivot = PostTag)]`, where `PostTag` has both keys",
            );
            return None;
        }
        Some(parsed)
    }
}
