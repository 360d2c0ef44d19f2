//! The attributes of relations: `#[belongs_to]`, `#[has_many]` and their kin.

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
    HasOneThrough,
    HasManyThrough,
    MorphOne,
    MorphMany,
    MorphToMany,
    MorphedByMany,
    HasManyBy,
    MorphTo,
}

impl Kind {
    const ALL: [Kind; 12] = [
        Kind::BelongsTo,
        Kind::HasOne,
        Kind::HasMany,
        Kind::BelongsToMany,
        Kind::HasOneThrough,
        Kind::HasManyThrough,
        Kind::MorphOne,
        Kind::MorphMany,
        Kind::MorphToMany,
        Kind::MorphedByMany,
        Kind::HasManyBy,
        Kind::MorphTo,
    ];

    /// The kind that an attribute's name stands for.
    pub(crate) fn of(attr: &Attribute) -> Option<Self> {
        let name = attr_name(attr);
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }

    /// The attribute's name.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Kind::BelongsTo => "belongs_to",
            Kind::HasOne => "has_one",
            Kind::HasMany => "has_many",
            Kind::BelongsToMany => "belongs_to_many",
            Kind::HasOneThrough => "has_one_through",
            Kind::HasManyThrough => "has_many_through",
            Kind::MorphOne => "morph_one",
            Kind::MorphMany => "morph_many",
            Kind::MorphToMany => "morph_to_many",
            Kind::MorphedByMany => "morphed_by_many",
            Kind::HasManyBy => "has_many_by",
            Kind::MorphTo => "morph_to",
        }
    }

    /// Whether the field is a `Many`.
    pub(crate) fn to_many(self) -> bool {
        !matches!(self, Kind::BelongsTo | Kind::HasOne | Kind::HasOneThrough | Kind::MorphOne | Kind::MorphTo)
    }

    /// Whether the two are tied by records of a pivot.
    pub(crate) fn has_pivot(self) -> bool {
        matches!(self, Kind::BelongsToMany | Kind::MorphToMany | Kind::MorphedByMany)
    }

    /// The nearest kind for a field of the other type.
    pub(crate) fn counterpart(self) -> Kind {
        match self {
            Kind::BelongsTo | Kind::HasOne => Kind::HasMany,
            Kind::HasMany => Kind::HasOne,
            Kind::BelongsToMany | Kind::HasManyBy => Kind::BelongsTo,
            Kind::HasOneThrough => Kind::HasManyThrough,
            Kind::HasManyThrough => Kind::HasOneThrough,
            Kind::MorphOne => Kind::MorphMany,
            Kind::MorphTo => Kind::MorphedByMany,
            Kind::MorphMany | Kind::MorphToMany | Kind::MorphedByMany => Kind::MorphOne,
        }
    }

    fn known(self) -> &'static [&'static str] {
        match self {
            Kind::BelongsTo => &["foreign_key", "owner_key", "rename", "on_delete"],
            Kind::HasOne | Kind::HasMany => &["foreign_key", "local_key", "rename", "on_delete"],
            Kind::BelongsToMany => {
                &["pivot", "foreign_key", "related_key", "local_key", "owner_key", "rename", "on_delete"]
            }
            Kind::HasOneThrough | Kind::HasManyThrough => {
                &["through", "foreign_key", "related_key", "local_key", "through_key", "rename"]
            }
            Kind::MorphOne | Kind::MorphMany => {
                &["name", "foreign_key", "type_key", "type_value", "local_key", "rename", "on_delete"]
            }
            Kind::MorphTo => &["foreign_key", "type_key", "rename"],
            Kind::HasManyBy => &["keys", "owner_key", "rename"],
            Kind::MorphToMany | Kind::MorphedByMany => &[
                "pivot",
                "name",
                "foreign_key",
                "related_key",
                "type_key",
                "type_value",
                "local_key",
                "owner_key",
                "rename",
                "on_delete",
            ],
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
    pub(crate) through_key: Option<Vec<Ident>>,
    /// The column that holds the list of keys.
    pub(crate) keys: Option<Ident>,
    /// The model in between: `pivot = …` or `through = …`.
    pub(crate) between: Option<Path>,
    /// What the columns of a morph are called after.
    pub(crate) name: Option<Ident>,
    pub(crate) type_key: Option<Ident>,
    pub(crate) type_value: Option<Text>,
    pub(crate) rename: Option<Text>,
    pub(crate) on_delete: Option<OnDelete>,
}

impl RelationAttr {
    /// Reads the attribute.
    pub(crate) fn read(kind: Kind, attr: &Attribute, errors: &mut Errors) -> Option<Self> {
        let mut args = Args::read(attr, kind.known(), errors);
        let (pivot, through) = (args.path("pivot", errors), args.path("through", errors));
        Some(Self {
            kind,
            place: attr.path().get_ident()?.clone(),
            foreign_key: args.fields("foreign_key", errors),
            local_key: args.fields("local_key", errors),
            owner_key: args.fields("owner_key", errors),
            related_key: args.fields("related_key", errors),
            through_key: args.fields("through_key", errors),
            keys: args.ident("keys", errors),
            between: pivot.or(through),
            name: args.ident("name", errors),
            type_key: args.ident("type_key", errors),
            type_value: args.text("type_value", errors),
            rename: args.text("rename", errors),
            on_delete: args.take("on_delete").and_then(|arg| OnDelete::read(arg, errors)),
        })
    }
}
