//! Versions of records: each write counts one on, and a write that states an old one is refused.

use super::Clock;
use crate::engine::Session;
use crate::error::{Error, Result, RowFault};
use crate::model::schema::EntitySchema;
use crate::plan::{Assignment, Change, Lock, Predicate, RowWrite, Rows, Select, Write, WriteBatch};
use crate::provider::{Flow, Isolation, Row, RowSink};
use crate::query::KeyIndex;
use crate::value::{Cell, Kind, Value, ValueRef};
use std::sync::Arc;

/// Updates by a condition count the version on and say when they were, unless they set the columns
/// themselves.
pub(super) fn count_updates(batch: &mut WriteBatch, clock: &Clock) {
    for Write { entity, change } in &mut batch.writes {
        let Change::UpdateWhere { set, .. } = change else { continue };
        let open = |column: &usize| !set.iter().any(|(assigned, _)| assigned == column);
        let version = entity.version.filter(open).map(|column| (column, Assignment::Add(Value::Int(1))));
        let updated_at = entity.updated_at.filter(open);
        let stamp = updated_at.map(|column| (column, Assignment::Set(Value::Timestamp(clock.now()))));
        set.extend(version);
        set.extend(stamp);
    }
}

/// Whether stored versions must be known before the batch is applied.
pub(super) fn must_be_read(batch: &WriteBatch) -> bool {
    (0..batch.writes.len()).any(|write| versioned(batch, write).is_some())
}

/// The column of the version of a write whose records may be stored.
fn versioned(batch: &WriteBatch, write: usize) -> Option<usize> {
    let Write { entity, change } = &batch.writes[write];
    let Change::Rows { how: RowWrite::Merge | RowWrite::Update, rows } = change else { return None };
    let cleared = |earlier: &Write| earlier.entity.is(entity) && matches!(earlier.change, Change::Clear);
    entity.version.filter(|_| !rows.is_empty() && !batch.writes[..write].iter().any(cleared))
}

/// Compares the versions that the batch states with the stored ones, and writes the next ones into it.
pub(super) async fn check(batch: &mut WriteBatch, session: &Session) -> Result<()> {
    for write in 0..batch.writes.len() {
        let Some(column) = versioned(batch, write) else { continue };
        let removed = batch.removed_before(write);
        let Some(Write { entity, change: Change::Rows { rows, .. } }) = batch.writes.get_mut(write) else {
            continue;
        };
        let stored = stored(entity, column, rows, removed, session).await?;
        for (row, stored) in stored.into_iter().enumerate() {
            let Some(stored) = stored else { continue };
            if let Cell::Given(ValueRef::Int(stated)) = rows.cell(row, column)
                && stated != stored
            {
                return Err(Error::row(write, row, RowFault::Stale));
            }
            let key_alone = (0..entity.fields.len())
                .all(|c| c == column || entity.key.contains(&c) || !rows.is_given(row, c));
            if key_alone {
                continue;
            }
            let next = stored.checked_add(1).filter(|next| {
                let range = entity.field(column).kind.integer_range();
                range.is_none_or(|(_, largest)| *next <= largest)
            });
            let Some(next) = next else {
                return Err(Error::Overflow { model: entity.model, column: entity.field(column).field });
            };
            // Integers take no buffer, so there is none to outgrow.
            let _ = rows.set(row, column, ValueRef::Int(next));
        }
    }
    Ok(())
}

/// The stored version of each row's record; `None` where there is none, or it is `removed` before: the
/// record is new then.
async fn stored(
    entity: &'static EntitySchema,
    column: usize,
    rows: &Rows,
    removed: Option<Predicate>,
    session: &Session,
) -> Result<Vec<Option<i64>>> {
    let kinds: Vec<Kind> = entity.key.iter().map(|&c| entity.field(c).kind).collect();
    let mut index = KeyIndex::new(&kinds, rows.len());
    for row in 0..rows.len() {
        index.push(|part| rows.value(row, entity.key[part]));
    }
    let keys = Arc::new(index.take_keys());
    let found = vec![None; rows.len()];
    if keys.is_empty() {
        return Ok(found);
    }
    let filter = Predicate::Keys { columns: entity.key, keys }.and_not(removed);
    // On a snapshot, a write meets what others change; at a lower level it is kept from them.
    let unguarded = session.options().is_some_and(|o| o.isolation < Isolation::Snapshot);
    let lock = unguarded.then(Lock::update);
    let plan = Select { filter, lock, ..Select::all(entity) };
    let sink = Versions { index, column, key: entity.key, found };
    Ok(session.select(&Arc::new(plan), sink).await?.found)
}

struct Versions {
    index: KeyIndex,
    column: usize,
    key: &'static [usize],
    found: Vec<Option<i64>>,
}

impl RowSink for Versions {
    fn row(&mut self, row: &dyn Row) -> Result<Flow> {
        let ValueRef::Int(version) = row.value(self.column) else { return Ok(Flow::More) };
        for place in self.index.places(|part| row.value(self.key[part])) {
            self.found[place] = Some(version);
        }
        Ok(Flow::More)
    }
}
