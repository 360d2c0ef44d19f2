//! What was written, by which conflicts between transactions are found.

use crate::hash::Seed;
use crate::store::EntityStore;
use orm_core::value::Value;
use std::collections::HashSet;

/// Records that were written, and the entities that were written as a whole.
#[derive(Debug, Clone, Default)]
pub(crate) struct Touched {
    /// Hashes of entity and key.
    records: Vec<u64>,
    /// Hashes of entities of which all records were removed.
    whole: Vec<u64>,
    /// Hashes of entities of which any record was written.
    any: Vec<u64>,
    /// Hashes of entity and key of records that nobody else may change.
    shared: Vec<u64>,
    /// For a transaction: what its commit has to carry over.
    pub(crate) carried: Option<Carried>,
}

/// What the commit of a transaction carries over to the published state.
#[derive(Debug, Clone, Default)]
pub(crate) struct Carried {
    /// Slots and rows of its own state that were written.
    pub(crate) rows: Vec<(usize, u32)>,
    /// Slots and keys of records that were removed.
    pub(crate) removed: Vec<(usize, Box<[Value]>)>,
}

/// How long the lists were at some moment.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Mark([usize; 6]);

impl Touched {
    /// For a transaction.
    pub(crate) fn carrying() -> Self {
        Self { carried: Some(Carried::default()), ..Self::default() }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.any.is_empty()
    }

    fn entity(&mut self, seed: Seed, store: &EntityStore) -> u64 {
        let entity = seed.bytes(store.schema.name.as_bytes());
        if self.any.last() != Some(&entity) {
            self.any.push(entity);
        }
        entity
    }

    /// Notes a row that was or will be written or removed.
    pub(crate) fn record(&mut self, store: &EntityStore, slot: usize, row: u32, removed: bool) {
        let seed = store.seed();
        let entity = self.entity(seed, store);
        if let Some(key) = store.key_hash(row) {
            self.records.push(seed.join(entity, key));
        }
        if let Some(carried) = &mut self.carried {
            if removed {
                let key = store.schema.key.iter();
                let key = key.map(|&c| store.value(row, c).to_value()).collect();
                carried.removed.push((slot, key));
            } else {
                carried.rows.push((slot, row));
            }
        }
    }

    /// Notes that all records of an entity are removed.
    pub(crate) fn all(&mut self, store: &EntityStore, slot: usize) {
        let seed = store.seed();
        let entity = self.entity(seed, store);
        self.whole.push(entity);
        if self.carried.is_some() {
            for row in store.rows() {
                self.record(store, slot, row, true);
            }
        }
    }

    /// Notes a row that nobody else may change; nor lock, as if it were written, unless it is `shared`.
    pub(crate) fn locked(&mut self, store: &EntityStore, row: u32, shared: bool) {
        let seed = store.seed();
        let entity = self.entity(seed, store);
        if let Some(key) = store.key_hash(row) {
            let list = if shared { &mut self.shared } else { &mut self.records };
            list.push(seed.join(entity, key));
        }
    }

    /// Whether anything was written in one of these entities.
    pub(crate) fn wrote_any_of(&self, entities: &HashSet<u64>) -> bool {
        self.any.iter().any(|entity| entities.contains(entity))
    }

    /// Whether one of these records was written.
    pub(crate) fn wrote_records(&self, records: &HashSet<u64>) -> bool {
        !records.is_empty() && self.records.iter().any(|record| records.contains(record))
    }

    /// Whether all records of one of these entities were removed.
    pub(crate) fn removed_all_of(&self, entities: &HashSet<u64>) -> bool {
        self.whole.iter().any(|entity| entities.contains(entity))
    }

    pub(crate) fn mark(&self) -> Mark {
        let carried = self.carried.as_ref();
        Mark([
            self.records.len(),
            self.whole.len(),
            self.any.len(),
            carried.map_or(0, |c| c.rows.len()),
            carried.map_or(0, |c| c.removed.len()),
            self.shared.len(),
        ])
    }

    /// Forgets what was noted since a mark.
    pub(crate) fn back_to(&mut self, mark: Mark) {
        self.records.truncate(mark.0[0]);
        self.whole.truncate(mark.0[1]);
        self.any.truncate(mark.0[2]);
        self.shared.truncate(mark.0[5]);
        if let Some(carried) = &mut self.carried {
            carried.rows.truncate(mark.0[3]);
            carried.removed.truncate(mark.0[4]);
        }
    }

    /// Whether both wrote or locked the same record, and not both to share it.
    pub(crate) fn meets(&self, other: &Touched) -> bool {
        let whole = |a: &Touched, b: &Touched| a.whole.iter().any(|e| b.any.contains(e));
        if whole(self, other) || whole(other, self) {
            return true;
        }
        overlap(&self.records, &other.records)
            || overlap(&self.records, &other.shared)
            || overlap(&self.shared, &other.records)
    }
}

fn overlap(one: &[u64], other: &[u64]) -> bool {
    let (few, many) = if one.len() < other.len() { (one, other) } else { (other, one) };
    if few.is_empty() {
        return false;
    }
    let few: HashSet<u64> = few.iter().copied().collect();
    many.iter().any(|record| few.contains(record))
}
