//! The models that a database knows, and whether the storage is ready for them.

use super::Scopes;
use super::referrers::{self, Referrers};
use crate::error::{Error, Result};
use crate::model::schema::{EntitySchema, KeySource, RelationKind, Side};
use crate::value::Value;
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock, PoisonError, RwLock};

/// A registered model.
#[derive(Debug)]
pub(crate) struct ModelState {
    pub(crate) schema: &'static EntitySchema,
    ready: AtomicBool,
    /// Whether it is ready and all of its records are seen: what a find by key asks first.
    open: AtomicBool,
    /// Whether records of it may be left out of what is read.
    pub(crate) narrowed: bool,
    /// Whether it may live here whatever connection it is bound to.
    let_in: AtomicBool,
    crosses: OnceLock<bool>,
}

impl ModelState {
    fn new(schema: &'static EntitySchema, scopes: &Scopes) -> Self {
        let flag = || AtomicBool::new(false);
        let (ready, open, let_in, narrowed) = (flag(), flag(), flag(), scopes.narrows(schema));
        Self { schema, ready, open, narrowed, let_in, crosses: OnceLock::new() }
    }

    /// Whether a relation that can be reached from the model leads to another connection.
    pub(crate) fn crosses(&self) -> bool {
        *self.crosses.get_or_init(|| {
            let crosses = |entity: &&'static EntitySchema| {
                entity.relations.iter().any(|relation| !entity.shares_connection((relation.target)()))
            };
            self.schema.reach().iter().any(crosses)
        })
    }

    #[inline]
    pub(crate) fn is_ready(&self) -> bool {
        self.ready.load(Ordering::Acquire)
    }

    /// Whether it is ready, and a record can be found by its key alone.
    #[inline]
    pub(crate) fn is_open(&self) -> bool {
        self.open.load(Ordering::Acquire)
    }

    pub(crate) fn set_ready(&self) {
        self.ready.store(true, Ordering::Release);
        self.open.store(!self.narrowed, Ordering::Release);
    }
}

/// The models by the names of their entities; more than one of a name is a conflict.
#[derive(Debug, Default)]
pub(crate) struct Registry {
    models: RwLock<BTreeMap<&'static str, Vec<Arc<ModelState>>>>,
    pub(crate) scopes: Scopes,
    pub(crate) referrers: Referrers,
}

impl Registry {
    pub(crate) fn new(scopes: Scopes) -> Self {
        Self { scopes, ..Self::default() }
    }

    /// Whether something is to happen to others when records of the entity are removed.
    pub(crate) fn is_referred_to(&self, entity: &EntitySchema) -> bool {
        !self.referrers.of(entity).is_empty()
    }

    /// Makes a model known with all that it reaches, and answers its state.
    pub(crate) fn register(&self, schema: &'static EntitySchema) -> Arc<ModelState> {
        if let Some(state) = self.get(schema) {
            return state;
        }
        let mut models = self.models.write().unwrap_or_else(PoisonError::into_inner);
        for entity in schema.reach() {
            let of_name = models.entry(entity.name).or_default();
            if !of_name.iter().any(|state| state.schema.is(entity)) {
                of_name.push(Arc::new(ModelState::new(entity, &self.scopes)));
                self.referrers.add(entity);
            }
        }
        drop(models);
        // The model reaches itself, so it is there now.
        self.get(schema).unwrap_or_else(|| self.apart(schema))
    }

    /// A model that is asked for where it can't be: none that is registered has to do with it.
    pub(crate) fn apart(&self, schema: &'static EntitySchema) -> Arc<ModelState> {
        Arc::new(ModelState::new(schema, &self.scopes))
    }

    /// Whether a model was [let in](Self::let_in).
    pub(crate) fn is_let_in(&self, schema: &'static EntitySchema) -> bool {
        self.get(schema).is_some_and(|state| state.let_in.load(Ordering::Acquire))
    }

    /// Makes a model known with all that it reaches, whatever connection they are bound to.
    pub(crate) fn let_in(&self, schema: &'static EntitySchema) {
        for entity in schema.reach() {
            self.register(entity).let_in.store(true, Ordering::Release);
        }
    }

    fn get(&self, schema: &'static EntitySchema) -> Option<Arc<ModelState>> {
        let models = self.models.read().unwrap_or_else(PoisonError::into_inner);
        models.get(schema.name)?.iter().find(|state| state.schema.is(schema)).cloned()
    }

    /// All models, by the names of their entities.
    pub(crate) fn schemas(&self) -> Vec<&'static EntitySchema> {
        let models = self.models.read().unwrap_or_else(PoisonError::into_inner);
        models.values().flatten().map(|state| state.schema).collect()
    }

    /// The names of all entities.
    pub(crate) fn names(&self) -> Vec<&'static str> {
        self.models.read().unwrap_or_else(PoisonError::into_inner).keys().copied().collect()
    }

    /// What an entity reaches, itself included, for which the storage isn't ready.
    pub(crate) fn waiting(&self, schema: &'static EntitySchema) -> Result<Vec<Arc<ModelState>>> {
        let mut waiting = Vec::new();
        let mut faults = Vec::new();
        for entity in schema.reach() {
            let state = self.register(entity);
            if state.is_ready() {
                continue;
            }
            faults.extend(self.conflicts(entity));
            faults.extend(self.late(entity));
            faults.extend(check(entity));
            waiting.push(state);
        }
        if faults.is_empty() { Ok(waiting) } else { Err(Error::Schema(faults)) }
    }

    /// All for which the storage isn't ready.
    pub(crate) fn all_waiting(&self) -> Result<Vec<Arc<ModelState>>> {
        let models = self.models.read().unwrap_or_else(PoisonError::into_inner);
        let all: Vec<_> = models.values().flatten().filter(|s| !s.is_ready()).cloned().collect();
        drop(models);
        let mut faults = Vec::new();
        for state in &all {
            faults.extend(self.conflicts(state.schema));
            faults.extend(self.late(state.schema));
            faults.extend(check(state.schema));
        }
        faults.dedup();
        if faults.is_empty() { Ok(all) } else { Err(Error::Schema(faults)) }
    }

    /// What an entity says of the removal of records that were in use before it was known.
    fn late(&self, entity: &'static EntitySchema) -> Vec<String> {
        let in_use = |parent| self.get(parent).is_some_and(|state| state.is_ready());
        referrers::said_by_children(entity).filter(|(_, parent)| in_use(parent)).map(|(relation, parent)| {
            let (model, field) = (relation.model, relation.field);
            format!(
                "`{model}.{field}` says what happens when a `{parent}` is removed, but `{parent}` was in use before \
                 anything named `{model}`, so that removals have gone past it: name it at the start, by \
                 `models::<{model}>()`",
                parent = parent.model
            )
        }).collect()
    }

    /// Another model of the same entity name.
    fn conflicts(&self, schema: &'static EntitySchema) -> Option<String> {
        let models = self.models.read().unwrap_or_else(PoisonError::into_inner);
        let others: Vec<_> = models.get(schema.name)?.iter().map(|s| s.schema.model).collect();
        if others.len() < 2 {
            return None;
        }
        Some(format!(
            "the models `{}` share the entity name `{}`: give one of them another, by `#[model(entity = \"…\")]`, \
             or keep them in databases of different connections",
            others.join("` and `"),
            schema.name
        ))
    }
}

/// What the derive can't see in one model.
fn check(entity: &'static EntitySchema) -> Vec<String> {
    let mut faults = referrers::faults(entity);
    let model = entity.model;
    for field in entity.fields {
        if let Some(make) = field.default {
            let value = make();
            let fits = field.kind.fit(value.as_ref()).is_ok();
            if !fits || (value == Value::Null && !field.nullable) {
                faults.push(format!(
                    "the default of `{model}.{}` can't be stored: expected {}",
                    field.field,
                    field.kind.describe()
                ));
            }
        }
    }
    for relation in entity.relations {
        let place = format!("`{model}.{}`", relation.field);
        let Some(pivot) = &relation.pivot else {
            if relation.from.len() != relation.to.len() {
                faults.push(format!(
                    "{place} joins {} columns with {}",
                    relation.from.len(),
                    relation.to.len()
                ));
            }
            continue;
        };
        let between = (pivot.entity)();
        if matches!(relation.kind, RelationKind::HasOneThrough | RelationKind::HasManyThrough) {
            if relation.from.len() != pivot.from.len() || relation.to.len() != pivot.to.len() {
                faults.push(format!("{place} and `{}` join different numbers of columns", between.model));
            }
            continue;
        }
        if relation.kind != RelationKind::BelongsToMany {
            faults.push(format!("{place} has a pivot, which only `belongs_to_many` can have"));
        }
        let guard = relation.guard.filter(|guard| guard.on == Side::Middle).map(|guard| guard.column);
        let ties = |c: &usize| pivot.from.contains(c) || pivot.to.contains(c) || guard == Some(*c);
        let own_key = between.key.iter().all(ties);
        if !own_key || !matches!(between.key_source, KeySource::Given) {
            faults.push(format!(
                "the pivot `{}` of {place} must have its foreign keys as its key: put `#[key]` on both and on nothing else",
                between.model
            ));
        }
        if relation.from.len() != pivot.from.len() || relation.to.len() != pivot.to.len() {
            faults
                .push(format!("{place} and its pivot `{}` join different numbers of columns", between.model));
        }
    }
    faults
}
