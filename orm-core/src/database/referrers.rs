//! Who refers to whom, where something was said of deletions.

use crate::model::schema::{EntitySchema, OnDelete, RelationKind, RelationSchema, Side};
use crate::plan::Predicate;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{PoisonError, RwLock};

/// Records that refer to others, by columns of theirs.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Referrer {
    /// Where something was said.
    pub(crate) relation: &'static RelationSchema,
    pub(crate) on_delete: OnDelete,
    /// The entity that is referred to, and its columns.
    pub(crate) parent: &'static EntitySchema,
    pub(crate) to: &'static [usize],
    /// The entity that refers, and its columns.
    pub(crate) child: &'static EntitySchema,
    pub(crate) columns: &'static [usize],
    /// Whose records the guard of the relation is about, if they are those that refer.
    side: Side,
}

impl Referrer {
    /// What a relation of `entity` says: `belongs_to` of its own records, the others of those on the
    /// other side, `belongs_to_many` of those in between.
    fn of(entity: &'static EntitySchema, relation: &'static RelationSchema) -> Option<Self> {
        let on_delete = relation.on_delete?;
        let other = (relation.target)();
        let (parent, to, child, columns, side) = match (relation.kind, &relation.pivot) {
            (RelationKind::BelongsTo, None) => (other, relation.to, entity, relation.from, Side::Own),
            (RelationKind::HasOne | RelationKind::HasMany, None) => {
                (entity, relation.from, other, relation.to, Side::Target)
            }
            (RelationKind::BelongsToMany, Some(pivot)) => {
                (entity, relation.from, (pivot.entity)(), pivot.from, Side::Middle)
            }
            _ => return None,
        };
        Some(Self { relation, on_delete, parent, to, child, columns, side })
    }

    /// Whether both are about the same foreign key.
    fn is_about(&self, other: &Self) -> bool {
        self.parent.is(other.parent)
            && self.child.is(other.child)
            && (self.to, self.columns) == (other.to, other.columns)
            && self.guard() == other.guard()
    }

    /// What else the records that refer must meet.
    pub(crate) fn guard(&self) -> Option<Predicate> {
        self.relation.guarding(self.side)
    }

    /// Whether both sides are in one database.
    fn stays_here(&self) -> bool {
        self.parent.shares_connection(self.child)
    }

    /// How the relation is called in messages.
    pub(crate) fn name(&self) -> String {
        format!("{}.{}", self.relation.model, self.relation.field)
    }
}

/// All referrers of a database's models.
#[derive(Debug, Default)]
pub(crate) struct Referrers {
    any: AtomicBool,
    all: RwLock<Vec<Referrer>>,
}

impl Referrers {
    /// Takes in what an entity's relations say. Where both sides say it, it counts once.
    pub(crate) fn add(&self, entity: &'static EntitySchema) {
        let said = entity.relations.iter().filter_map(|r| Referrer::of(entity, r));
        for referrer in said.filter(Referrer::stays_here) {
            let mut all = self.all.write().unwrap_or_else(PoisonError::into_inner);
            if !all.iter().any(|known| known.is_about(&referrer)) {
                all.push(referrer);
            }
            self.any.store(true, Ordering::Release);
        }
    }

    /// Those of an entity.
    pub(crate) fn of(&self, parent: &EntitySchema) -> Vec<Referrer> {
        if !self.any.load(Ordering::Acquire) {
            return Vec::new();
        }
        let all = self.all.read().unwrap_or_else(PoisonError::into_inner);
        all.iter().filter(|r| r.parent.is(parent)).copied().collect()
    }

    /// The entities whose records may be touched when those of an entity are removed.
    pub(crate) fn reach(&self, parent: &'static EntitySchema) -> Vec<&'static EntitySchema> {
        let mut found = vec![parent];
        let mut next = 0;
        while let Some(&entity) = found.get(next) {
            for child in self.of(entity).into_iter().map(|r| r.child) {
                if !found.iter().any(|e| e.is(child)) {
                    found.push(child);
                }
            }
            next += 1;
        }
        found.remove(0);
        found
    }
}

/// The relations of an entity that say what happens to its own records when others of the same database
/// are removed, with those others.
pub(crate) fn said_by_children(
    entity: &'static EntitySchema,
) -> impl Iterator<Item = (&'static RelationSchema, &'static EntitySchema)> {
    let said = entity.relations.iter().filter_map(move |r| Referrer::of(entity, r));
    let own = said.filter(move |referrer| referrer.child.is(entity) && referrer.stays_here());
    own.map(|referrer| (referrer.relation, referrer.parent))
}

/// What an entity's relations say of deletions that can't be.
pub(crate) fn faults(entity: &'static EntitySchema) -> Vec<String> {
    let mut faults = Vec::new();
    for referrer in entity.relations.iter().filter_map(|r| Referrer::of(entity, r)) {
        let name = referrer.name();
        if !referrer.stays_here() {
            faults.push(format!(
                "`{name}` leads to another connection, where an `on_delete` can do nothing: leave it out"
            ));
        }
        let stuck = referrer.columns.iter().map(|&c| referrer.child.field(c)).find(|f| !f.nullable);
        if let (OnDelete::SetNull, Some(field)) = (referrer.on_delete, stuck) {
            faults.push(format!(
                "`{name}` says `on_delete = set_null`, but `{}.{}` can't be NULL: make it an `Option`, or say \
                 `cascade` or `restrict`",
                referrer.child.model, field.field
            ));
        }
        let other = (referrer.relation.target)();
        let others = other.relations.iter().filter_map(|r| Referrer::of(other, r));
        for contrary in others.filter(|o| o.is_about(&referrer) && o.on_delete != referrer.on_delete) {
            let mut names = [name.clone(), contrary.name()];
            names.sort();
            faults.push(format!(
                "`{}` and `{}` are about one foreign key, but say different things of deletions: leave one \
                 `on_delete` out",
                names[0], names[1]
            ));
        }
    }
    faults
}
