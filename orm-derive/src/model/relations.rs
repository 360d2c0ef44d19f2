//! Relations: which columns meet, by what the attribute says or by convention.

use super::{Column, between, local_column, member, no_column};
use crate::errors::Errors;
use crate::names::{Rule, nearest, snake};
use crate::parse::types::{Slot, last_segment};
use crate::parse::{Field, Kind, OnDelete, RelationAttr};
use proc_macro2::{Ident, Span};
use syn::ext::IdentExt;
use syn::spanned::Spanned;
use syn::{Path, Type, Visibility};

/// A relation.
pub(crate) struct Relation {
    pub(crate) ident: Ident,
    pub(crate) name: String,
    pub(crate) vis: Visibility,
    pub(crate) kind: Kind,
    pub(crate) target: Type,
    /// The target's name, for messages.
    pub(crate) target_name: String,
    /// The name in serialized input.
    pub(crate) member: String,
    /// The columns of this side.
    pub(crate) from: Vec<usize>,
    /// The columns of the target.
    pub(crate) to: There,
    pub(crate) pivot: Option<Pivot>,
    pub(crate) on_delete: Option<OnDelete>,
    pub(crate) guard: Option<Guard>,
    /// The attribute's name.
    pub(crate) span: Span,
}

impl Relation {
    /// Where the target is named.
    pub(crate) fn target_span(&self) -> Span {
        self.target.span()
    }
}

impl Pivot {
    /// Where the pivot is named.
    pub(crate) fn span(&self) -> Span {
        self.path.span()
    }
}

/// Columns of another model, which only the compiler can look up.
pub(crate) enum There {
    /// Its key.
    Key,
    /// Columns by name.
    Named(Names),
}

/// Names of columns of another model.
pub(crate) struct Names {
    pub(crate) texts: Vec<String>,
    /// Where they are said, or the attribute that stands for the convention.
    pub(crate) span: Span,
    /// For a name by convention: the argument that would say it.
    pub(crate) argument: Option<&'static str>,
}

/// The entity between two others.
pub(crate) struct Pivot {
    pub(crate) path: Path,
    /// The pivot's name, for messages.
    pub(crate) name: String,
    pub(crate) from: Names,
    pub(crate) to: There,
}

/// The column that says whose a record is, for relations to several models.
pub(crate) struct Guard {
    pub(crate) column: Names,
    pub(crate) value: GuardValue,
}

/// What the column holds.
pub(crate) enum GuardValue {
    /// The name of this model's entity.
    Own,
    /// The name of the target's.
    Target,
    /// What the attribute says.
    Text(String),
}

/// A relation's field, before its columns are looked up.
pub(super) struct Found {
    pub(super) ident: Ident,
    pub(super) name: String,
    pub(super) member: String,
    pub(super) attr: RelationAttr,
    pub(super) vis: Visibility,
    pub(super) target: Type,
}

/// What a relation needs to know of the model that has it.
pub(super) struct Owner<'a> {
    pub(super) name: &'a str,
    pub(super) columns: &'a [Column],
    pub(super) key: &'a [usize],
}

/// Takes a field of type `One<T>` or `Many<T>` as a relation.
pub(super) fn take(field: Field, slot: Slot, rule: Option<Rule>, errors: &mut Errors) -> Option<Found> {
    let (many, target) = match slot {
        Slot::One(target) => (false, target),
        Slot::Many(target) => (true, target),
        Slot::Column => return None,
    };
    if let Some(key) = field.key {
        errors.add(key.place, "a relation can't be a key: mark the column that holds the other's key");
    }
    if let Some(place) = field.attr_place {
        errors.add(place, "`#[field]` is for columns; a relation says it all in its own attribute");
    }
    let Some(attr) = field.relation else {
        let kinds = if many {
            "`#[has_many]` or `#[belongs_to_many(pivot = …)]`"
        } else {
            "`#[belongs_to]` or `#[has_one]`"
        };
        errors.add(
            &field.ident,
            format!("`{}` holds records of another model: say how they are related by {kinds}", field.name),
        );
        return None;
    };
    if attr.kind.to_many() != many {
        let (kind, other) = (attr.kind.name(), attr.kind.counterpart().name());
        let wanted = if attr.kind.to_many() { "Many" } else { "One" };
        errors.add(
            &field.ty,
            format!("a `#[{kind}]` field is a `{wanted}<T>`; for this type there is `#[{other}]`"),
        );
        return None;
    }
    Some(Found {
        member: match &attr.rename {
            Some(name) => name.value.clone(),
            None => member(&field.name, rule),
        },
        ident: field.ident,
        name: field.name,
        vis: field.vis,
        target,
        attr,
    })
}

/// Looks up this side's columns and says which the others are.
pub(super) fn resolve(found: Found, owner: &Owner<'_>, errors: &mut Errors) -> Option<Relation> {
    let mut attr = found.attr;
    let on_delete = attr.on_delete.take();
    let (kind, span) = (attr.kind, attr.place.span());
    let target_name =
        last_segment(&found.target).map(|segment| segment.ident.unraw().to_string()).unwrap_or_default();
    let spoken = Spoken { owner, target: &target_name };
    let Ends { from, to, pivot, guard } = match attr.kind {
        Kind::BelongsTo => {
            let from = match &attr.foreign_key {
                Some(key) => local_columns(owner, key, errors)?,
                None => vec![conventional(owner, &found.name, &attr.place, errors)?],
            };
            check_width(from.len(), &attr.owner_key, errors);
            Ends { from, to: there(attr.owner_key), pivot: None, guard: None }
        }
        Kind::HasOne | Kind::HasMany => {
            let from = own_columns(owner, &attr.local_key, errors)?;
            check_width(from.len(), &attr.foreign_key, errors);
            let names = match attr.foreign_key {
                Some(key) => names(key),
                None => by_model(owner, &attr.place, from.len(), errors)?,
            };
            Ends { from, to: There::Named(names), pivot: None, guard: None }
        }
        Kind::BelongsToMany | Kind::MorphToMany | Kind::MorphedByMany => {
            between::pivot(attr, &spoken, errors)?
        }
        Kind::HasOneThrough | Kind::HasManyThrough => between::through(attr, &spoken, errors)?,
        Kind::MorphOne | Kind::MorphMany => between::morph(attr, &spoken, errors)?,
        Kind::HasManyBy => by_list(attr, &spoken, errors)?,
        // It has a model of its own.
        Kind::MorphTo => return None,
    };
    Some(Relation {
        ident: found.ident,
        name: found.name,
        vis: found.vis,
        kind,
        target: found.target,
        target_name,
        member: found.member,
        from,
        to,
        pivot,
        on_delete,
        guard,
        span,
    })
}

/// The columns that meet.
pub(super) struct Ends {
    pub(super) from: Vec<usize>,
    pub(super) to: There,
    pub(super) pivot: Option<Pivot>,
    pub(super) guard: Option<Guard>,
}

/// What conventions and messages speak of.
pub(super) struct Spoken<'a> {
    pub(super) owner: &'a Owner<'a>,
    /// The target's name.
    pub(super) target: &'a str,
}

pub(super) fn there(key: Option<Vec<Ident>>) -> There {
    key.map_or(There::Key, |key| There::Named(names(key)))
}

pub(super) fn names(idents: Vec<Ident>) -> Names {
    Names {
        span: idents.first().map_or_else(Span::call_site, Ident::span),
        texts: idents.iter().map(|i| i.unraw().to_string()).collect(),
        argument: None,
    }
}

/// The columns that the attribute names, or the key.
pub(super) fn own_columns(
    owner: &Owner<'_>,
    named: &Option<Vec<Ident>>,
    errors: &mut Errors,
) -> Option<Vec<usize>> {
    match named {
        Some(named) => local_columns(owner, named, errors),
        // Without a key the mistake is told already.
        None => (!owner.key.is_empty()).then(|| owner.key.to_vec()),
    }
}

pub(super) fn local_columns(owner: &Owner<'_>, named: &[Ident], errors: &mut Errors) -> Option<Vec<usize>> {
    let places: Vec<Option<usize>> =
        named.iter().map(|ident| local_column(owner.columns, owner.name, ident, errors)).collect();
    places.into_iter().collect()
}

/// A bare `#[belongs_to] author` means `author_id`.
fn conventional(owner: &Owner<'_>, field: &str, place: &Ident, errors: &mut Errors) -> Option<usize> {
    let name = format!("{field}_id");
    let at = owner.columns.iter().position(|c| c.name == name);
    if at.is_none() {
        let near = nearest(&name, owner.columns.iter().map(|c| c.name.as_str()));
        errors.add(
            place,
            format!(
                "{}; add it, or name the column that refers to the other: `foreign_key = {}`",
                no_column(owner.columns, owner.name, &name),
                near.unwrap_or("…")
            ),
        );
    }
    at
}

/// A bare `#[has_many]` of `User` means the target's `user_id`.
pub(super) fn by_model(owner: &Owner<'_>, place: &Ident, width: usize, errors: &mut Errors) -> Option<Names> {
    if width > 1 {
        errors.add(
            place,
            format!(
                "the key of `{}` has {width} columns: name those that refer to it, `foreign_key = (a, b)`",
                owner.name
            ),
        );
        return None;
    }
    Some(Names {
        texts: vec![format!("{}_id", snake(owner.name))],
        span: place.span(),
        argument: Some("foreign_key"),
    })
}

/// A bare `#[has_many_by]` of `Node` means `node_ids`.
fn by_list(attr: RelationAttr, spoken: &Spoken<'_>, errors: &mut Errors) -> Option<Ends> {
    let owner = spoken.owner;
    let at = match &attr.keys {
        Some(keys) => local_column(owner.columns, owner.name, keys, errors)?,
        None => {
            let name = format!("{}_ids", snake(spoken.target));
            let Some(at) = owner.columns.iter().position(|c| c.name == name) else {
                errors.add(
                    &attr.place,
                    format!(
                        "{}; add it as a `Keys<…>`, or name the column that holds the keys: `keys = …`",
                        no_column(owner.columns, owner.name, &name)
                    ),
                );
                return None;
            };
            at
        }
    };
    Some(Ends { from: vec![at], to: there(attr.owner_key), pivot: None, guard: None })
}

/// Both sides of a relation have as many columns.
pub(super) fn check_width(width: usize, other: &Option<Vec<Ident>>, errors: &mut Errors) {
    if let Some(other) = other
        && other.len() != width
    {
        let span = other.iter().map(Spanned::span).reduce(|a, b| a.join(b).unwrap_or(a));
        let columns = |n: usize| if n == 1 { "column" } else { "columns" };
        errors.add_error(syn::Error::new(
            span.unwrap_or_else(Span::call_site),
            format!(
                "{} {} here, but {width} {} on the other side: they meet one to one",
                other.len(),
                columns(other.len()),
                columns(width)
            ),
        ));
    }
}
