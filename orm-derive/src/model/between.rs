//! Relations that something stands between, or whose records say by a type whose they are.

use super::relations::{
    Ends, Guard, GuardValue, Names, Pivot, Spoken, There, by_model, check_width, names, own_columns, there,
};
use crate::errors::Errors;
use crate::names::snake;
use crate::parse::{Kind, RelationAttr};
use proc_macro2::Ident;
use syn::Path;
use syn::ext::IdentExt;

/// `#[belongs_to_many]`, and its kin whose pivot also says by a type what it ties.
pub(super) fn pivot(attr: RelationAttr, spoken: &Spoken<'_>, errors: &mut Errors) -> Option<Ends> {
    let from = own_columns(spoken.owner, &attr.local_key, errors)?;
    check_width(from.len(), &attr.foreign_key, errors);
    if let (Some(related), Some(owner_key)) = (&attr.related_key, &attr.owner_key) {
        check_width(related.len(), &Some(owner_key.clone()), errors);
    }
    let morph = attr.kind != Kind::BelongsToMany;
    // The side that the type is about is called after the morph.
    let (own, other) = match attr.kind {
        Kind::MorphToMany => (true, false),
        Kind::MorphedByMany => (false, true),
        _ => (false, false),
    };
    let guard = if morph {
        let value = if own { GuardValue::Own } else { GuardValue::Target };
        Some(guard(&attr, if own { &attr.foreign_key } else { &attr.related_key }, value, errors)?)
    } else {
        None
    };
    let Some(path) = attr.between else {
        errors.add(
            &attr.place,
            format!("name the model that stands between the two: `#[{}(pivot = …)]`", attr.kind.name()),
        );
        return None;
    };
    let foreign = match (attr.foreign_key, &attr.name) {
        (Some(key), _) => names(key),
        (None, Some(name)) if own => by_name(name, "id", "foreign_key"),
        _ => by_model(spoken.owner, &attr.place, from.len(), errors)?,
    };
    let related = match (attr.related_key, &attr.name) {
        (Some(key), _) => names(key),
        (None, Some(name)) if other => by_name(name, "id", "related_key"),
        _ => referring_to(spoken.target, &attr.place, "related_key"),
    };
    let pivot = Pivot { name: last(&path), path, from: foreign, to: There::Named(related) };
    Some(Ends { from, to: there(attr.owner_key), pivot: Some(pivot), guard })
}

/// `#[has_one_through]` and `#[has_many_through]`: the model in between refers to this one, and the
/// target to it.
pub(super) fn through(attr: RelationAttr, spoken: &Spoken<'_>, errors: &mut Errors) -> Option<Ends> {
    let from = own_columns(spoken.owner, &attr.local_key, errors)?;
    check_width(from.len(), &attr.foreign_key, errors);
    if let (Some(related), Some(through_key)) = (&attr.related_key, &attr.through_key) {
        check_width(related.len(), &Some(through_key.clone()), errors);
    }
    let Some(path) = attr.between else {
        errors.add(
            &attr.place,
            format!("name the model that leads to the other: `#[{}(through = …)]`", attr.kind.name()),
        );
        return None;
    };
    let name = last(&path);
    let foreign = match attr.foreign_key {
        Some(key) => names(key),
        None => by_model(spoken.owner, &attr.place, from.len(), errors)?,
    };
    let to = match attr.related_key {
        Some(key) => names(key),
        None => referring_to(&name, &attr.place, "related_key"),
    };
    let pivot = Pivot { name, path, from: foreign, to: there(attr.through_key) };
    Some(Ends { from, to: There::Named(to), pivot: Some(pivot), guard: None })
}

/// `#[morph_one]` and `#[morph_many]`: the target holds this record's key, and a type beside it.
pub(super) fn morph(attr: RelationAttr, spoken: &Spoken<'_>, errors: &mut Errors) -> Option<Ends> {
    let from = own_columns(spoken.owner, &attr.local_key, errors)?;
    check_width(from.len(), &attr.foreign_key, errors);
    let guard = guard(&attr, &attr.foreign_key, GuardValue::Own, errors)?;
    let to = match (attr.foreign_key, &attr.name) {
        (Some(key), _) => names(key),
        (None, Some(name)) => by_name(name, "id", "foreign_key"),
        (None, None) => return None,
    };
    Some(Ends { from, to: There::Named(to), pivot: None, guard: Some(guard) })
}

/// The column of the type, called after the morph unless the attribute says otherwise.
fn guard(
    attr: &RelationAttr,
    key: &Option<Vec<Ident>>,
    value: GuardValue,
    errors: &mut Errors,
) -> Option<Guard> {
    if attr.name.is_none() && (attr.type_key.is_none() || key.is_none()) {
        errors.add(
            &attr.place,
            format!(
                "say what the columns of the key and the type are called after, as in \
                 `#[{}(name = subject)]` for `subject_id` and `subject_type`",
                attr.kind.name(),
            ),
        );
        return None;
    }
    let column = match (&attr.type_key, &attr.name) {
        (Some(column), _) => names(vec![column.clone()]),
        (None, Some(name)) => by_name(name, "type", "type_key"),
        (None, None) => return None,
    };
    let value = match &attr.type_value {
        Some(text) => GuardValue::Text(text.value.clone()),
        None => value,
    };
    Some(Guard { column, value })
}

/// `commentable_id` or `commentable_type`, by the name of the morph.
fn by_name(name: &Ident, suffix: &str, argument: &'static str) -> Names {
    Names { texts: vec![format!("{}_{suffix}", name.unraw())], span: name.span(), argument: Some(argument) }
}

/// The column that refers to a model, by convention.
fn referring_to(model: &str, place: &Ident, argument: &'static str) -> Names {
    Names { texts: vec![format!("{}_id", snake(model))], span: place.span(), argument: Some(argument) }
}

fn last(path: &Path) -> String {
    path.segments.last().map(|s| s.ident.unraw().to_string()).unwrap_or_default()
}
