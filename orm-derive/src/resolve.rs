//! From what was written to what it means: conventions applied, places found, mistakes reported.

use crate::errors::Errors;
use crate::names::{nearest, plain, plural, snake, styled};
use crate::parse::{Field, Key, Parsed, Relation, RelationKind};
use proc_macro2::Span;
use syn::{Ident, Path, Type, Visibility};

/// A model in which everything is settled that one struct can settle.
pub(crate) struct Model {
    pub(crate) ident: Ident,
    pub(crate) vis: Visibility,
    pub(crate) krate: Path,
    pub(crate) entity: String,
    pub(crate) deny_unknown_fields: bool,
    pub(crate) columns: Vec<Column>,
    pub(crate) key: Vec<usize>,
    pub(crate) key_source: KeySource,
    /// Places and whether unique.
    pub(crate) indexes: Vec<(Vec<usize>, bool)>,
    pub(crate) relations: Vec<ResolvedRelation>,
}

pub(crate) struct Column {
    pub(crate) field: Field,
    /// The field's name, the member's in input, the column's in a table.
    pub(crate) plain: String,
    pub(crate) name: String,
    pub(crate) column: String,
}

pub(crate) enum KeySource {
    Given,
    Storage,
    Made(Option<Path>),
}

/// A relation with its joins: which columns of which side meet.
pub(crate) struct ResolvedRelation {
    pub(crate) ident: Ident,
    pub(crate) vis: Visibility,
    pub(crate) kind: RelationKind,
    pub(crate) span: Span,
    pub(crate) target: Type,
    pub(crate) plain: String,
    pub(crate) name: String,
    /// Columns of this model.
    pub(crate) from: Vec<usize>,
    /// Columns of the target, by name; its key where there are none.
    pub(crate) to: Option<Vec<Named>>,
    pub(crate) pivot: Option<ResolvedPivot>,
}

pub(crate) struct ResolvedPivot {
    pub(crate) model: Path,
    /// Its columns that meet this model's.
    pub(crate) from: Vec<Named>,
    /// Its columns that meet the target's.
    pub(crate) to: Vec<Named>,
}

/// A column of another model, by name, and where the name was said.
pub(crate) struct Named {
    pub(crate) name: String,
    pub(crate) span: Span,
}

pub(crate) fn resolve(parsed: Parsed, errors: &mut Errors) -> Option<Model> {
    let style = parsed.rename_all.as_ref().map(syn::LitStr::value);
    let style = |plain: &str| style.as_ref().map_or_else(|| plain.to_owned(), |s| styled(plain, s));
    let columns: Vec<Column> = parsed
        .fields
        .into_iter()
        .map(|field| {
            let plain = plain(&field.ident);
            let name = field.rename.as_ref().map_or_else(|| style(&plain), syn::LitStr::value);
            let column = field.column.as_ref().map_or_else(|| plain.clone(), syn::LitStr::value);
            Column { field, plain, name, column }
        })
        .collect();
    let key: Vec<usize> = (0..columns.len()).filter(|&i| columns[i].field.key.is_some()).collect();
    check_key(&parsed.ident, &columns, &key, errors);
    check_names(&columns, &parsed.relations, errors);

    let key_source = match key.first().and_then(|&i| columns[i].field.key.as_ref()) {
        Some((Key::Auto, _)) => KeySource::Storage,
        Some((Key::Uid(path), _)) => KeySource::Made(path.clone()),
        _ => KeySource::Given,
    };
    let mut indexes = Vec::new();
    for (place, column) in columns.iter().enumerate() {
        if column.field.unique || column.field.index {
            indexes.push((vec![place], column.field.unique));
        }
    }
    for index in &parsed.indexes {
        indexes.extend(places(&columns, &index.fields, errors).map(|places| (places, index.unique)));
    }
    let own = snake(&plain(&parsed.ident));
    let relations: Vec<_> = parsed
        .relations
        .into_iter()
        .filter_map(|relation| {
            let plain = plain(&relation.ident);
            let name = relation.rename.as_ref().map_or_else(|| style(&plain), syn::LitStr::value);
            resolve_relation(relation, (plain, name), &own, &columns, &key, errors)
        })
        .collect();
    Some(Model {
        entity: parsed.entity.map_or_else(|| plural(&own), |e| e.value()),
        krate: parsed.krate.unwrap_or_else(|| syn::parse_quote!(::orm_core)),
        ident: parsed.ident,
        vis: parsed.vis,
        deny_unknown_fields: parsed.deny_unknown_fields,
        columns,
        key,
        key_source,
        indexes,
        relations,
    })
}

fn check_key(model: &Ident, columns: &[Column], key: &[usize], errors: &mut Errors) {
    if key.is_empty() {
        errors.at(
            model.span(),
            "a model needs a key: mark a field with `#[key]`, `#[key(auto)]` (made by the storage) or `#[key(uid)]` (made by us)",
        );
    }
    if key.len() > 4 {
        errors.at(model.span(), "a key has at most four fields");
    }
    for &place in key {
        let field = &columns[place].field;
        let Some((kind, span)) = &field.key else { continue };
        if last_segment(&field.ty).as_deref() == Some("Option") {
            errors.at(*span, "a key can't be an `Option`: every record has one");
        }
        match kind {
            Key::Auto | Key::Uid(_) if key.len() > 1 => {
                errors.at(*span, "a key of several fields is stated by its records: `#[key]` alone");
            }
            Key::Auto if !last_segment(&field.ty).is_some_and(|t| INTEGERS.contains(&t.as_str())) => {
                errors.at(
                    *span,
                    "the storage makes integers: a `#[key(auto)]` field is a `u64`, `i64` or another integer",
                );
            }
            _ => {}
        }
    }
}

const INTEGERS: [&str; 8] = ["i8", "i16", "i32", "i64", "u8", "u16", "u32", "u64"];

fn last_segment(ty: &Type) -> Option<String> {
    match ty {
        Type::Path(path) => path.path.segments.last().map(|s| s.ident.to_string()),
        _ => None,
    }
}

/// No two members of the input and no two columns of the table may share a name.
fn check_names(columns: &[Column], relations: &[Relation], errors: &mut Errors) {
    for (at, column) in columns.iter().enumerate() {
        let before = &columns[..at];
        if before.iter().any(|other| other.column == column.column) {
            errors.at(
                column.field.ident.span(),
                format!("another field has the column `{}` already", column.column),
            );
        }
        if before.iter().any(|other| other.name == column.name) {
            errors.at(
                column.field.ident.span(),
                format!("another field has the name `{}` in input already", column.name),
            );
        }
    }
    for relation in relations {
        let name = relation.rename.as_ref().map_or_else(|| plain(&relation.ident), syn::LitStr::value);
        if columns.iter().any(|column| column.name == name) {
            errors.at(relation.ident.span(), format!("a column has the name `{name}` in input already"));
        }
    }
}

/// The places of fields of this model; those that don't exist are reported.
fn places(columns: &[Column], names: &[Ident], errors: &mut Errors) -> Option<Vec<usize>> {
    let mut found = Vec::new();
    for name in names {
        let wanted = plain(name);
        match columns.iter().position(|c| c.plain == wanted) {
            Some(place) => found.push(place),
            None => {
                let known: Vec<&str> = columns.iter().map(|c| c.plain.as_str()).collect();
                let hint = match nearest(&wanted, &known) {
                    Some(meant) => format!("; did you mean `{meant}`?"),
                    None => format!(": there are `{}`", known.join("`, `")),
                };
                errors.at(name.span(), format!("this model has no column `{wanted}`{hint}"));
            }
        }
    }
    (found.len() == names.len()).then_some(found)
}

fn named(given: Option<Vec<Ident>>, convention: String, span: Span) -> Vec<Named> {
    match given {
        Some(idents) => idents.iter().map(|i| Named { name: plain(i), span: i.span() }).collect(),
        None => vec![Named { name: convention, span }],
    }
}

fn resolve_relation(
    relation: Relation,
    (plain_name, name): (String, String),
    own: &str,
    columns: &[Column],
    key: &[usize],
    errors: &mut Errors,
) -> Option<ResolvedRelation> {
    let span = relation.span;
    let explicit = |keys: Option<Vec<Ident>>| {
        keys.map(|k| k.iter().map(|i| Named { name: plain(i), span: i.span() }).collect())
    };
    let (from, to, pivot) = match relation.kind {
        RelationKind::BelongsTo => {
            let keys = match relation.foreign_key {
                Some(keys) => keys,
                None => {
                    let convention = format!("{plain_name}_id");
                    if !columns.iter().any(|c| c.plain == convention) {
                        errors.at(
                            span,
                            format!("this model has no column `{convention}`: add it, or name another by `foreign_key = …`"),
                        );
                        return None;
                    }
                    vec![Ident::new(&convention, span)]
                }
            };
            (places(columns, &keys, errors)?, explicit(relation.owner_key), None)
        }
        RelationKind::HasOne | RelationKind::HasMany => {
            let from = match relation.local_key {
                Some(keys) => places(columns, &keys, errors)?,
                None => key.to_vec(),
            };
            if relation.foreign_key.is_none() && from.len() > 1 {
                errors.at(
                    span,
                    "name the columns that refer to the key of several fields: `foreign_key = (a, b)`",
                );
                return None;
            }
            (from, Some(named(relation.foreign_key, format!("{own}_id"), span)), None)
        }
        RelationKind::BelongsToMany => {
            let from = match relation.local_key {
                Some(keys) => places(columns, &keys, errors)?,
                None => key.to_vec(),
            };
            let target = last_segment(&relation.target).map(|t| snake(&t)).unwrap_or_default();
            let pivot = ResolvedPivot {
                model: relation.pivot?,
                from: named(relation.foreign_key, format!("{own}_id"), span),
                to: named(relation.related_key, format!("{target}_id"), span),
            };
            if pivot.from.len() != from.len() {
                errors.at(
                    span,
                    format!(
                        "`foreign_key` names {} columns, but the key has {}",
                        pivot.from.len(),
                        from.len()
                    ),
                );
                return None;
            }
            (from, explicit(relation.owner_key), Some(pivot))
        }
    };
    if let Some(to) = &to {
        let width = pivot.as_ref().map_or(from.len(), |p| p.to.len());
        if to.len() != width {
            errors.at(span, format!("{} columns can't be joined with {}", width, to.len()));
            return None;
        }
    }
    Some(ResolvedRelation {
        ident: relation.ident,
        vis: relation.vis,
        kind: relation.kind,
        span,
        target: relation.target,
        plain: plain_name,
        name,
        from,
        to,
        pivot,
    })
}
