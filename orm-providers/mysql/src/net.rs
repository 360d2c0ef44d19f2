//! Foreign keys as a net: which of them the engine can have.
//!
//! It looks at them with each record that is written, and can't be told to wait.

use orm_core::model::schema::EntitySchema;
use orm_core::{Error, Result};
use orm_provider_sql::schema::{ForeignKey, foreign_keys};

/// Whether the records of an entity may be without what a foreign key refers to.
pub(crate) fn is_optional(entity: &EntitySchema, key: &ForeignKey) -> bool {
    key.columns.iter().any(|&column| entity.field(column).nullable)
}

/// Whether the engine can have the foreign keys of an entity.
///
/// # Errors
/// [`Error::Configuration`] where it can't.
pub(crate) fn check(entity: &'static EntitySchema) -> Result<()> {
    for key in foreign_keys(entity) {
        let names = |entity: &EntitySchema, columns: &[usize]| {
            columns.iter().map(|&c| entity.field(c).column).collect::<Vec<_>>().join(", ")
        };
        let why = if differ_in_type(entity, &key) {
            "the columns at its ends are of different types; give them the same"
        } else if !is_in_order(&key) {
            "the columns that it refers to are in another order than in the key or unique index that they \
             are of; let the relation name them in that order"
        } else if !is_optional(entity, &key) && required(key.target).iter().any(|e| e.is(entity)) {
            "it is part of a circle of references none of which may be NULL, and the engine looks at them \
             with each record; make one of its columns an `Option`"
        } else {
            continue;
        };
        return Err(Error::Configuration(format!(
            "MariaDB and MySQL can't have the foreign key ({}) of `{}` to `{}` ({}): {why}, or do without \
             `foreign_keys`",
            names(entity, key.columns),
            entity.model,
            key.target.model,
            names(key.target, key.to),
        )));
    }
    Ok(())
}

fn differ_in_type(entity: &EntitySchema, key: &ForeignKey) -> bool {
    let mut pairs = key.columns.iter().zip(key.to);
    pairs.any(|(&from, &to)| entity.field(from).kind != key.target.field(to).kind)
}

/// Whether what a foreign key refers to is how an index begins.
fn is_in_order(key: &ForeignKey) -> bool {
    let target = key.target;
    target.key.starts_with(key.to) || target.indexes.iter().any(|i| i.unique && i.fields.starts_with(key.to))
}

/// How many steps of required references there are from each of some entities at most: who refers has
/// more than who is referred to.
pub(crate) fn ranks(entities: &[&'static EntitySchema]) -> Vec<usize> {
    let mut all: Vec<(&'static EntitySchema, usize)> = Vec::new();
    for &entity in entities {
        for reached in required(entity) {
            if !all.iter().any(|(e, _)| e.is(reached)) {
                all.push((reached, 0));
            }
        }
    }
    // Where there is a circle, the engine can't have the foreign keys anyway.
    for _ in 0..all.len() {
        for at in 0..all.len() {
            let entity = all[at].0;
            let keys = foreign_keys(entity);
            let targets = keys.iter().filter(|key| !is_optional(entity, key));
            let rank =
                targets.filter_map(|key| all.iter().find(|(e, _)| e.is(key.target))).map(|(_, r)| r + 1);
            all[at].1 = rank.max().unwrap_or(0);
        }
    }
    let rank = |entity: &&'static EntitySchema| all.iter().find(|(e, _)| e.is(entity)).map_or(0, |(_, r)| *r);
    entities.iter().map(rank).collect()
}

/// An entity, and those without whose records its own can't be.
fn required(entity: &'static EntitySchema) -> Vec<&'static EntitySchema> {
    let mut reached = vec![entity];
    let mut next = 0;
    while let Some(&entity) = reached.get(next) {
        for key in foreign_keys(entity).iter().filter(|key| !is_optional(entity, key)) {
            if !reached.iter().any(|e| e.is(key.target)) {
                reached.push(key.target);
            }
        }
        next += 1;
    }
    reached
}
