//! Keys that the storage makes, before their records are written: what a batch asks of what counts them.

use orm_core::model::schema::{EntitySchema, KeySource};
use orm_core::plan::{Change, RowWrite, WriteBatch};
use orm_core::value::ValueRef;
use orm_core::{Error, Result};
use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// The places of the records whose keys were made: the write and the row.
pub type Made = Vec<(usize, usize)>;

/// What the counters of entities have reached at least.
#[derive(Debug, Default)]
pub struct Reached(Mutex<BTreeMap<usize, i64>>);

impl Reached {
    fn all(&self) -> MutexGuard<'_, BTreeMap<usize, i64>> {
        // What is guarded is whole between any two statements.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What the counter of this entity has reached, if that is known.
    #[must_use]
    pub fn by(&self, entity: &'static EntitySchema) -> Option<i64> {
        self.all().get(&address(entity)).copied()
    }

    /// Notes that it has reached this.
    pub fn note(&self, entity: &'static EntitySchema, key: i64) {
        let mut all = self.all();
        let now = all.entry(address(entity)).or_default();
        *now = (*now).max(key);
    }

    /// Forgets what it has reached: others may have stored keys past it.
    pub fn forget(&self, entity: &'static EntitySchema) {
        self.all().remove(&address(entity));
    }

    /// Forgets what all counters have reached.
    pub fn forget_all(&self) {
        self.all().clear();
    }
}

/// What tells an entity from all others.
#[must_use]
pub fn address(entity: &'static EntitySchema) -> usize {
    std::ptr::from_ref(entity).addr()
}

/// Whether the storage makes an entity's keys, of one integer.
#[must_use]
pub fn counts_keys(entity: &EntitySchema) -> bool {
    let integer = |c: usize| entity.field(c).kind.integer_range().is_some();
    matches!((entity.key, entity.key_source), ([one], KeySource::Storage) if integer(*one))
}

/// What is asked of the counter of one entity.
#[derive(Debug)]
pub struct Demand {
    /// The entity.
    pub entity: &'static EntitySchema,
    /// How many records lack their keys.
    pub lacking: i64,
    /// The highest key that the batch states.
    pub highest: i64,
    /// The writes with records that lack their keys.
    writes: Vec<usize>,
}

impl Demand {
    /// Gives keys to the records that lack theirs, from this one on.
    ///
    /// # Errors
    /// Where a key doesn't fit its column.
    pub fn meet(&self, batch: &mut WriteBatch, first: i64) -> Result<()> {
        let mut next = first;
        for &write in &self.writes {
            batch.assign_keys(write, |count| {
                let first = next;
                next += i64::try_from(count).unwrap_or(0);
                Ok::<_, Error>(first)
            })?;
        }
        Ok(())
    }
}

/// What a batch asks of the counters, entity by entity.
#[derive(Debug)]
pub struct Demands(Vec<Demand>);

impl Demands {
    /// What this batch asks, as far as it isn't known to be met.
    #[must_use]
    pub fn of(batch: &WriteBatch, reached: &Reached) -> Self {
        let mut found: Vec<Demand> = Vec::new();
        for (i, write) in batch.writes.iter().enumerate() {
            let Change::Rows { how, rows } = &write.change else { continue };
            let entity = write.entity;
            if !counts_keys(entity) || *how == RowWrite::Update {
                continue;
            }
            let at = found.iter().position(|d| d.entity.is(entity)).unwrap_or_else(|| {
                found.push(Demand { entity, writes: Vec::new(), lacking: 0, highest: 0 });
                found.len() - 1
            });
            let before = found[at].lacking;
            for row in 0..rows.len() {
                match rows.value(row, entity.key[0]) {
                    ValueRef::Int(key) => found[at].highest = found[at].highest.max(key),
                    _ => found[at].lacking += 1,
                }
            }
            if found[at].lacking > before {
                found[at].writes.push(i);
            }
        }
        // Most keys that are stated are of records that are stored.
        found.retain(|d| d.lacking > 0 || reached.by(d.entity).is_none_or(|r| d.highest > r));
        Self(found)
    }

    /// Whether any record lacks its key.
    #[must_use]
    pub fn are_lacking(&self) -> bool {
        self.lacking().next().is_some()
    }

    /// Whether keys were stated that no counter has passed yet.
    #[must_use]
    pub fn are_stated(&self) -> bool {
        self.stated().next().is_some()
    }

    /// Those of entities with records that lack their keys.
    pub fn lacking(&self) -> impl Iterator<Item = &Demand> {
        self.0.iter().filter(|demand| demand.lacking > 0)
    }

    /// Those of entities of which keys were stated alone. Their counters are moved when the records are
    /// written, since what is refused must not use up keys.
    pub fn stated(&self) -> impl Iterator<Item = &Demand> {
        self.0.iter().filter(|demand| demand.lacking == 0)
    }

    /// The records that lack their keys.
    #[must_use]
    pub fn places(&self, batch: &WriteBatch) -> Made {
        let lacking: i64 = self.lacking().map(|demand| demand.lacking).sum();
        let mut found = Vec::with_capacity(usize::try_from(lacking).unwrap_or(0));
        for demand in &self.0 {
            for &write in &demand.writes {
                let Some(rows) = batch.rows(write) else { continue };
                let lacks = |&row: &usize| !rows.has_value(row, demand.entity.key[0]);
                found.extend((0..rows.len()).filter(lacks).map(|row| (write, row)));
            }
        }
        found
    }
}

/// Takes keys that were made back: a batch that is tried again must not take them for the caller's own.
pub fn forget(made: Made, batch: &mut WriteBatch) {
    for (write, row) in made {
        if let Some(write) = batch.writes.get_mut(write)
            && let Change::Rows { rows, .. } = &mut write.change
        {
            rows.unset(row, write.entity.key[0]);
        }
    }
}
