//! An open connection: the published state and the lock around it.

use crate::hash::Seed;
use crate::history::History;
use crate::namespace::Namespace;
use crate::read;
use crate::transaction::MemoryTransaction;
use crate::write::{self, Touched};
use orm_core::connection::ConnectionName;
use orm_core::model::schema::EntitySchema;
use orm_core::plan::{Select, WriteBatch, Written};
use orm_core::provider::{Connection, Drift, RowSink, SchemaSync, SyncReport, Transaction, TxOptions};
use orm_core::value::KeyValues;
use orm_core::{Error, Result};
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

/// What everybody who has the connection open shares.
#[derive(Debug)]
pub(crate) struct Shared {
    name: ConnectionName,
    state: RwLock<State>,
}

/// What is published.
#[derive(Debug)]
pub(crate) struct State {
    pub(crate) root: Arc<Namespace>,
    pub(crate) history: History,
}

impl Shared {
    pub(crate) fn new(name: ConnectionName) -> Self {
        Self {
            name,
            state: RwLock::new(State {
                root: Arc::new(Namespace::new(Seed::random())),
                history: History::default(),
            }),
        }
    }

    /// Poison is no harm: a write that panics takes itself back.
    pub(crate) fn read(&self) -> RwLockReadGuard<'_, State> {
        self.state.read().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn write(&self) -> RwLockWriteGuard<'_, State> {
        self.state.write().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A handle to a connection.
#[derive(Debug)]
pub(crate) struct MemoryConnection {
    shared: Arc<Shared>,
}

impl MemoryConnection {
    pub(crate) fn new(shared: Arc<Shared>) -> Self {
        Self { shared }
    }
}

impl Connection for MemoryConnection {
    fn sync(&self, entities: &[&'static EntitySchema], how: SchemaSync) -> Result<SyncReport> {
        let mut state = self.shared.write();
        for schema in entities {
            if let Some(rival) = state.root.rival(schema) {
                return Err(write::two_models(schema, rival));
            }
        }
        for (i, schema) in entities.iter().enumerate() {
            let same = |other: &&&EntitySchema| other.name == schema.name && !other.is(schema);
            if let Some(rival) = entities[..i].iter().find(same) {
                return Err(write::two_models(schema, rival));
            }
        }
        let missing = entities.iter().filter(|schema| state.root.slot(schema).is_none());
        let drifts: Vec<Drift> = missing.map(|s| Drift::of(s).and("it was not created yet")).collect();
        if how == SchemaSync::Check && !drifts.is_empty() {
            return Err(Error::SchemaDrift { connection: self.shared.name.to_string(), drifts });
        }
        let mut report = SyncReport::default();
        for schema in entities {
            if state.root.slot(schema).is_none() {
                Arc::make_mut(&mut state.root).register(schema);
                report.created.push(schema.name);
            }
        }
        if !report.created.is_empty() {
            state.history.commit(None);
        }
        Ok(report)
    }

    fn select(&self, plan: &Arc<Select>, sink: &mut dyn RowSink) -> Result<()> {
        // The guard ends with the statement: what takes long works on a snapshot.
        let root = Arc::clone(&self.shared.read().root);
        read::select(&root, plan, sink)
    }

    fn find(&self, entity: &'static EntitySchema, key: &KeyValues, sink: &mut dyn RowSink) -> Result<()> {
        read::find_one(&self.shared.read().root, entity, key, sink)
    }

    fn explain(&self, plan: &Arc<Select>) -> Result<Vec<String>> {
        let root = Arc::clone(&self.shared.read().root);
        Ok(read::explain(&root, plan))
    }

    fn apply(&self, batch: &mut WriteBatch) -> Result<Written> {
        let mut state = self.shared.write();
        let State { root, history } = &mut *state;
        let mut touched = history.is_watched().then(Touched::default);
        let written = write::apply(Arc::make_mut(root), batch, touched.as_mut())?;
        history.commit(touched);
        Ok(written)
    }

    fn begin(&self, options: &TxOptions) -> Result<Box<dyn Transaction>> {
        Ok(Box::new(MemoryTransaction::begin(&self.shared, options)))
    }
}
