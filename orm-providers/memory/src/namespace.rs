//! All entities of one connection at one moment.

use crate::hash::Seed;
use crate::store::EntityStore;
use orm_core::model::schema::{EntitySchema, RelationKind};
use std::sync::Arc;

/// All entities of one connection at one moment. A clone is a snapshot.
#[derive(Debug, Clone)]
pub(crate) struct Namespace {
    seed: Seed,
    /// In the order of their registration; the schemas beside them, for a quick search.
    schemas: Vec<&'static EntitySchema>,
    stores: Vec<Arc<EntityStore>>,
}

impl Namespace {
    pub(crate) fn new(seed: Seed) -> Self {
        Self { seed, schemas: Vec::new(), stores: Vec::new() }
    }

    pub(crate) fn seed(&self) -> Seed {
        self.seed
    }

    /// Where an entity's store is.
    #[inline]
    pub(crate) fn slot(&self, schema: &EntitySchema) -> Option<usize> {
        let same = |known: &&'static EntitySchema| std::ptr::eq(*known, schema);
        self.schemas.iter().position(same).or_else(|| self.slot_of_twin(schema))
    }

    /// Where an entity's store is whose schema is here by another address: a static may exist several
    /// times, once for each codegen unit.
    #[cold]
    fn slot_of_twin(&self, schema: &EntitySchema) -> Option<usize> {
        self.schemas.iter().position(|known| known.is(schema))
    }

    /// The store of an entity; `None` as long as nothing was written to it.
    #[inline]
    pub(crate) fn store(&self, schema: &EntitySchema) -> Option<&EntityStore> {
        Some(&self.stores[self.slot(schema)?])
    }

    #[inline]
    pub(crate) fn at(&self, slot: usize) -> &Arc<EntityStore> {
        &self.stores[slot]
    }

    /// A store to write to; it is copied if a snapshot shares it.
    #[inline]
    pub(crate) fn at_mut(&mut self, slot: usize) -> &mut EntityStore {
        Arc::make_mut(&mut self.stores[slot])
    }

    pub(crate) fn replace(&mut self, slot: usize, store: Arc<EntityStore>) {
        self.stores[slot] = store;
    }

    pub(crate) fn stores(&self) -> &[Arc<EntityStore>] {
        &self.stores
    }

    /// The entity of this name whose model is another.
    pub(crate) fn rival(&self, schema: &EntitySchema) -> Option<&'static EntitySchema> {
        let mut known = self.schemas.iter().copied();
        known.find(|known| known.name == schema.name && !known.is(schema))
    }

    /// The slot of an entity, which is made if there is none.
    pub(crate) fn register(&mut self, schema: &'static EntitySchema) -> usize {
        self.slot(schema).unwrap_or_else(|| {
            self.schemas.push(schema);
            let store = EntityStore::new(schema, self.seed);
            self.stores.push(Arc::new(store));
            self.add_relation_indexes();
            self.stores.len() - 1
        })
    }

    /// Makes the indexes that the relations between the entities known so far ask for.
    fn add_relation_indexes(&mut self) {
        let mut wanted: Vec<(&'static EntitySchema, &'static [usize])> = Vec::new();
        for schema in &self.schemas {
            for relation in schema.relations {
                wanted.push(((relation.target)(), relation.to));
                if relation.kind == RelationKind::BelongsTo {
                    wanted.push((schema, relation.from));
                }
                if let Some(pivot) = &relation.pivot {
                    wanted.push(((pivot.entity)(), pivot.from));
                    wanted.push(((pivot.entity)(), pivot.to));
                }
            }
        }
        for (schema, columns) in wanted {
            if let Some(slot) = self.slot(schema)
                && self.stores[slot].index_over(columns).is_none()
            {
                self.at_mut(slot).ensure_index(columns);
            }
        }
    }
}
