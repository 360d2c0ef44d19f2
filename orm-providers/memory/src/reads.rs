//! What a serializable transaction read, and must find unchanged when it commits.

use crate::hash::Seed;
use crate::store::EntityStore;
use crate::write::Touched;
use orm_core::model::schema::{EntitySchema, RelationSchema};
use orm_core::plan::{Change, Output, Predicate, Select, WriteBatch};
use std::collections::HashSet;

/// What must not change. Entities count as a whole, but for records that were found by their key.
#[derive(Debug, Default)]
pub(crate) struct Reads {
    entities: HashSet<u64>,
    /// Hashes of entity and key.
    records: HashSet<u64>,
    /// The entities of these records.
    of: HashSet<u64>,
}

impl Reads {
    /// Notes one record.
    pub(crate) fn record(&mut self, store: &EntityStore, row: u32) {
        let seed = store.seed();
        let entity = seed.bytes(store.schema.name.as_bytes());
        match store.key_hash(row) {
            Some(key) => {
                self.records.insert(seed.join(entity, key));
                self.of.insert(entity);
            }
            None => drop(self.entities.insert(entity)),
        }
    }

    /// Notes an entity as a whole: also what isn't in it.
    pub(crate) fn entity(&mut self, seed: Seed, entity: &EntitySchema) {
        self.entities.insert(seed.bytes(entity.name.as_bytes()));
    }

    /// Notes what a plan reads.
    pub(crate) fn plan(&mut self, seed: Seed, plan: &Select) {
        self.entity(seed, plan.entity);
        if let Some(related) = &plan.related {
            self.relation(seed, related.relation);
            related.middle.iter().for_each(|middle| self.filter(seed, middle));
        }
        self.filter(seed, &plan.filter);
        if let Output::Groups(grouping) = &plan.output {
            let paths = grouping.columns().flat_map(|column| &column.path);
            paths.for_each(|relation| self.relation(seed, relation));
        }
    }

    /// Notes what a batch looks at besides the records that it writes.
    pub(crate) fn batch(&mut self, seed: Seed, batch: &WriteBatch) {
        for write in &batch.writes {
            match &write.change {
                Change::Rows { .. } => {}
                Change::DeleteWhere { filter } | Change::UpdateWhere { filter, .. } => {
                    self.entity(seed, write.entity);
                    self.filter(seed, filter);
                }
                _ => self.entity(seed, write.entity),
            }
        }
    }

    /// Notes all that a batch is about: what refused it may have been anything in there.
    pub(crate) fn refused(&mut self, seed: Seed, batch: &WriteBatch) {
        batch.writes.iter().for_each(|write| self.entity(seed, write.entity));
    }

    fn relation(&mut self, seed: Seed, relation: &RelationSchema) {
        self.entity(seed, (relation.target)());
        if let Some(pivot) = &relation.pivot {
            self.entity(seed, (pivot.entity)());
        }
    }

    fn filter(&mut self, seed: Seed, filter: &Predicate) {
        match filter {
            Predicate::Related { relation, filter, middle, .. } => {
                self.relation(seed, relation);
                self.filter(seed, filter);
                middle.iter().for_each(|middle| self.filter(seed, middle));
            }
            Predicate::And(list) | Predicate::Or(list) => {
                list.iter().for_each(|inner| self.filter(seed, inner));
            }
            Predicate::Not(inner) | Predicate::NotTrue(inner) => self.filter(seed, inner),
            _ => {}
        }
    }

    /// Whether a commit changed any of it.
    pub(crate) fn meet(&self, committed: &Touched) -> bool {
        committed.wrote_any_of(&self.entities)
            || committed.wrote_records(&self.records)
            || committed.removed_all_of(&self.of)
    }
}
