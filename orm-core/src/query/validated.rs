//! Updates by query of a model that validates its records: they are read again before they are kept.

use super::KeyIndex;
use crate::engine::{Atomic, Backoff, Mode, Session};
use crate::error::Result;
use crate::model::schema::{EntitySchema, Validator};
use crate::model::{Model, located};
use crate::plan::{Assignment, Change, KeySet, Predicate, Select, WriteBatch};
use crate::provider::{Flow, Row, RowSink};
use crate::repository::Repository;
use crate::value::Kind;
use std::sync::Arc;

/// Updates the records that meet the filter, all or nothing, and refuses those that are invalid then.
pub(super) async fn update<M: Model, D: Mode>(
    repository: &Repository<M, D>,
    filter: Predicate,
    set: Vec<(usize, Assignment)>,
    validate: Validator,
) -> Result<u64> {
    repository.ready().await?;
    let mut backoff = Backoff::new(repository.retries());
    loop {
        let atomic = Atomic::begin(repository.session()).await?;
        let outcome = attempt(repository, atomic.session(), &filter, &set, validate).await;
        match atomic.end(outcome).await {
            Err(error) if error.is_transient() && backoff.again::<D>().await => {}
            outcome => return outcome,
        }
    }
}

async fn attempt<M: Model, D: Mode>(
    repository: &Repository<M, D>,
    session: &Session,
    filter: &Predicate,
    set: &[(usize, Assignment)],
    validate: Validator,
) -> Result<u64> {
    let entity = M::schema();
    // Afterwards, the filter may mean others.
    let plan = Select { filter: filter.clone(), ..Select::all(entity) };
    let keys = Arc::new(session.select(&Arc::new(plan), Keys::new(entity)).await?.index.take_keys());
    if keys.is_empty() {
        return Ok(0);
    }
    let of_keys = |keys: &Arc<KeySet>| Predicate::Keys { columns: entity.key, keys: Arc::clone(keys) };
    let change = Change::UpdateWhere { filter: of_keys(&keys), set: set.to_vec() };
    let (_, written) = repository.apply_in(session, WriteBatch::one(entity, change)).await;
    let affected = written?.affected.first().copied().unwrap_or(0);
    let plan = Select { filter: of_keys(&keys), ..Select::all(entity) };
    session.select(&Arc::new(plan), Validated { entity, validate }).await?;
    Ok(affected)
}

/// Gathers keys.
struct Keys {
    entity: &'static EntitySchema,
    index: KeyIndex,
}

impl Keys {
    fn new(entity: &'static EntitySchema) -> Self {
        let kinds: Vec<Kind> = entity.key.iter().map(|&c| entity.field(c).kind).collect();
        Self { entity, index: KeyIndex::new(&kinds, 0) }
    }
}

impl RowSink for Keys {
    fn row(&mut self, row: &dyn Row) -> Result<Flow> {
        self.index.push(|part| row.value(self.entity.key[part]));
        Ok(Flow::More)
    }
}

/// Validates records.
struct Validated {
    entity: &'static EntitySchema,
    validate: Validator,
}

impl RowSink for Validated {
    fn row(&mut self, row: &dyn Row) -> Result<Flow> {
        let key = || {
            let parts: Vec<_> = self.entity.key.iter().map(|&c| row.value(c)).collect();
            match parts.as_slice() {
                [one] => format!("{}[{one:?}]", self.entity.name),
                many => format!("{}{many:?}", self.entity.name),
            }
        };
        (self.validate)(row).map_err(|error| located(error, key))?;
        Ok(Flow::More)
    }
}
