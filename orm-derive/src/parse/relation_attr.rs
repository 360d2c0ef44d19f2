//! `#[belongs_to]`, `#[has_one]`, `#[has_many]` and `#[belongs_to_many]`.

use super::args::{Arg, Args, Text, attr_name};
use crate::errors::Errors;
use proc_macro2::Ident;
use syn::{Attribute, Expr, Path};

/// The kinds of relations.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    BelongsTo,
    HasOne,
    HasMany,
    BelongsToMany,
}

impl Kind {
    /// The kind that an attribute's name stands for.
    pub(crate) fn of(attr: &Attribute) -> Option<Self> {
        Some(match attr_name(attr).as_str() {
            "belongs_to" => Kind::BelongsTo,
            "has_one" => Kind::HasOne,
            "has_many" => Kind::HasMany,
            "belongs_to_many" => Kind::BelongsToMany,
            _ => return None,
        })
    }

    /// The attribute's name.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Kind::BelongsTo => "belongs_to",
            Kind::HasOne => "has_one",
            Kind::HasMany => "has_many",
            Kind::BelongsToMany => "belongs_to_many",
        }
    }

    /// Whether the field is a `Many`.
    pub(crate) fn to_many(self) -> bool {
        matches!(self, Kind::HasMany | Kind::BelongsToMany)
    }

    fn known(self) -> &'static [&'static str] {
        match self {
            Kind::BelongsTo => &["foreign_key", "owner_key", "rename", "on_delete"],
            Kind::HasOne | Kind::HasMany => &["foreign_key", "local_key", "rename", "on_delete"],
            Kind::BelongsToMany => {
                &["pivot", "foreign_key", "related_key", "local_key", "owner_key", "rename", "on_delete"]
            }
        }
    }
}

/// What happens to the records that refer to a deleted one.
pub(crate) struct OnDelete {
    /// The variant of the core's `OnDelete`.
    pub(crate) variant: &'static str,
    /// The word, for messages.
    pub(crate) place: Ident,
}

impl OnDelete {
    fn read(arg: Arg, errors: &mut Errors) -> Option<Self> {
        let value = arg.value(errors, "cascade")?;
        if let Expr::Path(path) = &value
            && let Some(place) = path.path.get_ident()
            && let Some(variant) = Self::variant(&place.to_string())
        {
            return Some(Self { variant, place: place.clone() });
        }
        errors.add(
            &value,
            "`on_delete` is `cascade` (they are deleted too), `set_null` (they refer to nothing then) or \
             `restrict` (the deletion is refused while there are any)",
        );
        None
    }

    fn variant(word: &str) -> Option<&'static str> {
        match word {
            "cascade" => Some("Cascade"),
            "set_null" => Some("SetNull"),
            "restrict" => Some("Restrict"),
            _ => None,
        }
    }
}

/// What a relation's attribute says.
pub(crate) struct RelationAttr {
    pub(crate) kind: Kind,
    /// The attribute's name, for messages.
    pub(crate) place: Ident,
    pub(crate) foreign_key: Option<Vec<Ident>>,
    pub(crate) local_key: Option<Vec<Ident>>,
    pub(crate) owner_key: Option<Vec<Ident>>,
    pub(crate) related_key: Option<Vec<Ident>>,
    pub(crate) pivot: Option<Path>,
    pub(crate) rename: Option<Text>,
    pub(crate) on_delete: Option<OnDelete>,
}

impl RelationAttr {
    /// Reads the attribute.
    pub(crate) fn read(kind: Kind, attr: &Attribute, errors: &mut Errors) -> Option<Self> {
        let mut args = Args::read(attr, kind.known(), errors);
        Some(Self {
            kind,
            place: attr.path().get_ident()?.clone(),
            foreign_key: args.fields("foreign_key", errors),
            local_key: args.fields("local_key", errors),
            owner_key: args.fields("owner_key", errors),
            related_key: args.fields("related_key", errors),
            pivot: args.path("pivot", errors),
            rename: args.text("rename", errors),
            on_delete: args.take("on_delete").and_then(|arg| OnDelete::read(arg, errors)),
        })
    }
}
