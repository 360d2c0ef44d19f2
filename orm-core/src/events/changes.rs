//! What a commit changed, as those who listen get it.

use super::news::{Entry, What};
use crate::model::Model;
use crate::model::schema::EntitySchema;
use crate::value::{KeyType, KeyValues};
use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

/// What happened to a record, all in all, between the beginning of a transaction and its commit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum ChangeKind {
    /// It is new.
    Inserted,
    /// It was there before and was written, be it with the values that it had.
    Updated,
    /// It was there before and is gone.
    Deleted,
}

/// What one commit changed: entities, keys and what happened to them. Cheap to clone.
///
/// It says what changed all in all: a record that a transaction inserted and deleted again is in none,
/// and one that it inserted and updated is inserted. Emptying an entity as a whole
/// ([`flush`](crate::repository::Repository::flush)) reads no keys and so names none: see
/// [`cleared`](Self::cleared).
///
/// ```
/// # use orm_core::prelude::*;
/// # #[derive(Model)] struct User { #[key] id: u64, name: String }
/// # fn example(db: Database) {
/// let listening = db.on_change(|changes| {
///     for id in changes.updated::<User>() {
///         println!("user {id} was updated");
///     }
/// });
/// # drop(listening); }
/// ```
#[derive(Clone)]
pub struct ChangeSet {
    entities: Arc<[EntityChanges]>,
    missed: u64,
}

/// One change of a [`ChangeSet`], whatever its model.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct Change<'a> {
    /// The entity's name.
    pub entity: &'static str,
    /// The model's name.
    pub model: &'static str,
    /// What happened to the record.
    pub kind: ChangeKind,
    /// The record's key.
    pub key: &'a KeyValues,
}

struct EntityChanges {
    schema: &'static EntitySchema,
    cleared: bool,
    keys: BTreeMap<Ordered, ChangeKind>,
}

/// A key with the order of its values.
#[derive(Debug)]
pub(super) struct Ordered(pub(super) KeyValues);

impl Ord for Ordered {
    fn cmp(&self, other: &Self) -> Ordering {
        let parts = (0..self.0.width()).map(|i| self.0.get(i).sort_order(other.0.get(i)));
        parts.fold(Ordering::Equal, Ordering::then)
    }
}

impl PartialOrd for Ordered {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Ordered {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Ordered {}

impl EntityChanges {
    fn note(&mut self, kind: ChangeKind, key: KeyValues) {
        use ChangeKind::{Deleted, Inserted, Updated};
        let key = Ordered(key);
        let kind = match (self.keys.get(&key), kind) {
            // What was there before the clearing is no more.
            (None, Updated) if self.cleared => Inserted,
            (None, Deleted) if self.cleared => return,
            (None, kind) => kind,
            (Some(Inserted), Deleted) => {
                self.keys.remove(&key);
                return;
            }
            (Some(Inserted), _) => Inserted,
            (Some(Updated | Deleted), Inserted) => Updated,
            (Some(_), kind) => kind,
        };
        self.keys.insert(key, kind);
    }
}

impl ChangeSet {
    /// What a log of writes comes to; `None` when nothing is changed.
    pub(super) fn of_log(log: Vec<Entry>) -> Option<Self> {
        let mut entities: Vec<EntityChanges> = Vec::new();
        for Entry { entity, what } in log {
            if matches!(what, What::Touched) {
                continue;
            }
            let at = entities.iter().position(|e| e.schema.is(entity)).unwrap_or_else(|| {
                entities.push(EntityChanges { schema: entity, cleared: false, keys: BTreeMap::new() });
                entities.len() - 1
            });
            let changes = &mut entities[at];
            match what {
                What::Touched => {}
                What::Cleared => {
                    changes.cleared = true;
                    changes.keys.clear();
                }
                What::Keys(kind, keys) => keys.into_iter().for_each(|key| changes.note(kind, key)),
            }
        }
        entities.retain(|e| e.cleared || !e.keys.is_empty());
        (!entities.is_empty()).then(|| Self { entities: entities.into(), missed: 0 })
    }

    pub(super) fn after(mut self, missed: u64) -> Self {
        self.missed = missed;
        self
    }

    fn entity<M: Model>(&self) -> Option<&EntityChanges> {
        self.entities.iter().find(|e| e.schema.is(M::schema()))
    }

    fn keys<M: Model>(&self, kind: ChangeKind) -> Vec<M::Key> {
        self.of::<M>().into_iter().filter(|(k, _)| *k == kind).map(|(_, key)| key).collect()
    }

    /// The names of the entities that were changed.
    pub fn entities(&self) -> impl Iterator<Item = &'static str> {
        self.entities.iter().map(|e| e.schema.name)
    }

    /// Whether anything of this model was changed.
    #[must_use]
    pub fn touches<M: Model>(&self) -> bool {
        self.entity::<M>().is_some()
    }

    /// What happened to the records of a model, in the order of their keys.
    #[must_use]
    pub fn of<M: Model>(&self) -> Vec<(ChangeKind, M::Key)> {
        let Some(changes) = self.entity::<M>() else { return Vec::new() };
        // What was stored as a key of this model reads as one.
        let key = |key: &Ordered| M::Key::read(&mut |part| key.0.get(part)).ok();
        changes.keys.iter().filter_map(|(k, kind)| Some((*kind, key(k)?))).collect()
    }

    /// The keys of the records that are new.
    #[must_use]
    pub fn inserted<M: Model>(&self) -> Vec<M::Key> {
        self.keys::<M>(ChangeKind::Inserted)
    }

    /// The keys of the records that were there and were written.
    #[must_use]
    pub fn updated<M: Model>(&self) -> Vec<M::Key> {
        self.keys::<M>(ChangeKind::Updated)
    }

    /// The keys of the records that are gone. Those that went because the whole entity was
    /// [cleared](Self::cleared) are not among them.
    #[must_use]
    pub fn deleted<M: Model>(&self) -> Vec<M::Key> {
        self.keys::<M>(ChangeKind::Deleted)
    }

    /// Whether all records of a model that were there before are gone; those that are listed as
    /// inserted came after.
    #[must_use]
    pub fn cleared<M: Model>(&self) -> bool {
        self.entity::<M>().is_some_and(|changes| changes.cleared)
    }

    /// All changes, whatever their models.
    pub fn changes(&self) -> impl Iterator<Item = Change<'_>> {
        self.entities.iter().flat_map(|e| {
            let (entity, model) = (e.schema.name, e.schema.model);
            e.keys.iter().map(move |(key, &kind)| Change { entity, model, kind, key: &key.0 })
        })
    }

    /// How many sets were dropped before this one because the subscriber was too slow: what it knows
    /// may be out of date then. Always 0 in a callback.
    #[must_use]
    pub fn missed(&self) -> u64 {
        self.missed
    }

    /// How many keys it holds.
    pub(super) fn len(&self) -> usize {
        self.entities.iter().map(|e| e.keys.len()).sum()
    }
}

impl fmt::Debug for ChangeSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut map = f.debug_map();
        for entity in &*self.entities {
            if entity.cleared {
                map.entry(&entity.schema.name, &"cleared");
            }
            let keys = |kind| entity.keys.iter().filter(move |(_, k)| **k == kind).map(|(key, _)| &key.0);
            for kind in [ChangeKind::Inserted, ChangeKind::Updated, ChangeKind::Deleted] {
                if keys(kind).next().is_some() {
                    map.entry(&(entity.schema.name, kind), &keys(kind).collect::<Vec<_>>());
                }
            }
        }
        map.finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::value::Value;

    static THINGS: EntitySchema =
        EntitySchema { name: "things", model: "Thing", key: &[0], ..EntitySchema::BASE };

    /// What is left of these steps on one key.
    fn sum(steps: &[ChangeKind]) -> Option<ChangeKind> {
        let key = || vec![KeyValues::one(Value::Int(1))];
        let log = steps.iter().map(|&kind| Entry { entity: &THINGS, what: What::Keys(kind, key()) });
        let set = ChangeSet::of_log(log.collect())?;
        set.changes().next().map(|change| change.kind)
    }

    #[test]
    fn steps_add_up() {
        use ChangeKind::{Deleted as D, Inserted as I, Updated as U};
        assert_eq!(sum(&[I]), Some(I));
        assert_eq!(sum(&[I, U, U]), Some(I));
        assert_eq!(sum(&[I, D]), None);
        assert_eq!(sum(&[I, D, I]), Some(I));
        assert_eq!(sum(&[U, D]), Some(D));
        assert_eq!(sum(&[D, I]), Some(U));
        assert_eq!(sum(&[U, D, I, U, D]), Some(D));
    }

    #[test]
    fn clearing_forgets_what_came_before() {
        let keys = |n: i64| vec![KeyValues::one(Value::Int(n))];
        let entry = |what| Entry { entity: &THINGS, what };
        let set = ChangeSet::of_log(vec![
            entry(What::Keys(ChangeKind::Inserted, keys(1))),
            entry(What::Cleared),
            entry(What::Keys(ChangeKind::Updated, keys(2))),
            entry(What::Keys(ChangeKind::Deleted, keys(3))),
        ])
        .unwrap();
        let left: Vec<_> = set.changes().map(|c| (c.kind, c.key.clone())).collect();
        assert_eq!(left, [(ChangeKind::Inserted, KeyValues::one(Value::Int(2)))]);
        assert!(set.entities[0].cleared);
        assert!(ChangeSet::of_log(vec![entry(What::Touched)]).is_none());
    }
}
