//! Finding out what a batch does to which records, for those who want to know.

use super::changes::{ChangeKind, Ordered};
use super::news::{Entry, What};
use crate::engine::OpenTx;
use crate::error::Result;
use crate::model::schema::EntitySchema;
use crate::plan::{Assignment, Change, Predicate, RowWrite, Rows, Select, WriteBatch, Written};
use crate::provider::{Flow, Row, RowSink};
use crate::query::KeyIndex;
use crate::value::{KeyValues, Kind};
use std::collections::BTreeSet;
use std::sync::Arc;

/// The entities that a batch writes, as a log that says no more.
pub(crate) fn touched(batch: &WriteBatch) -> Vec<Entry> {
    let mut log: Vec<Entry> = Vec::new();
    for write in &batch.writes {
        let entry = Entry::touched(write.entity);
        if !entry.is_known(&log) {
            log.push(entry);
        }
    }
    log
}

/// What is known of a write before it is applied.
enum Before {
    /// The keys among its own that are stored.
    Stored(BTreeSet<Ordered>),
    /// The keys of the records that it will touch.
    Found(Vec<KeyValues>),
    /// All that there is to know is in the write.
    Nothing,
}

/// Applies a batch in a transaction and answers what it did to which records. Only what the writes
/// don't say themselves is read.
pub(crate) async fn apply_noting(
    tx: &mut OpenTx,
    batch: WriteBatch,
) -> (WriteBatch, Result<(Written, Vec<Entry>)>) {
    let mut before = Vec::with_capacity(batch.writes.len());
    for write in &batch.writes {
        match known_before(tx, write.entity, &write.change).await {
            Ok(known) => before.push(known),
            Err(error) => return (batch, Err(error)),
        }
    }
    let (batch, written) = tx.apply(batch).await;
    let written = match written {
        Ok(written) => written,
        Err(error) => return (batch, Err(error)),
    };
    let mut log = Vec::new();
    for (at, (write, before)) in batch.writes.iter().zip(before).enumerate() {
        let affected = written.affected.get(at).copied();
        let mut note = |what| log.push(Entry { entity: write.entity, what });
        match (&write.change, before) {
            (Change::Rows { rows, how }, before) => {
                let (new, old) = sorted_out(rows, *how, &before);
                note(What::Keys(ChangeKind::Inserted, new));
                note(What::Keys(ChangeKind::Updated, old));
            }
            (Change::UpdateWhere { set, .. }, Before::Found(keys)) => {
                let kind = match marks(write.entity, set) {
                    Some(true) => ChangeKind::Deleted,
                    Some(false) => ChangeKind::Inserted,
                    None => ChangeKind::Updated,
                };
                note(What::Keys(kind, keys));
            }
            (_, Before::Found(keys)) => note(What::Keys(ChangeKind::Deleted, keys)),
            (Change::Clear, _) if affected != Some(0) => note(What::Cleared),
            _ => {}
        }
    }
    (batch, Ok((written, log)))
}

async fn known_before(tx: &mut OpenTx, entity: &'static EntitySchema, change: &Change) -> Result<Before> {
    Ok(match change {
        Change::Rows { how: RowWrite::Merge, rows } => {
            let keys = keys_of(rows);
            let stored = match keys.is_empty() {
                true => Vec::new(),
                false => stored(tx, entity, Predicate::Keys { columns: entity.key, keys }).await?,
            };
            Before::Stored(stored.into_iter().map(Ordered).collect())
        }
        Change::Delete { keys } if keys.is_empty() => Before::Found(Vec::new()),
        Change::Delete { keys } => {
            let keys = Arc::new(keys.clone());
            Before::Found(stored(tx, entity, Predicate::Keys { columns: entity.key, keys }).await?)
        }
        Change::DeleteWhere { filter } | Change::UpdateWhere { filter, .. } => {
            Before::Found(stored(tx, entity, filter.clone()).await?)
        }
        _ => Before::Nothing,
    })
}

/// The keys of rows that have theirs, without repeats.
pub(super) fn keys_of(rows: &Rows) -> Arc<crate::plan::KeySet> {
    let entity = rows.entity();
    let kinds: Vec<Kind> = entity.key.iter().map(|&c| entity.field(c).kind).collect();
    let mut index = KeyIndex::new(&kinds, rows.len());
    for row in 0..rows.len() {
        index.push(|part| rows.value(row, entity.key[part]));
    }
    Arc::new(index.take_keys())
}

/// The key of a record.
pub(super) fn key_of(entity: &EntitySchema, row: &dyn Row) -> KeyValues {
    match entity.key {
        [one] => KeyValues::one(row.value(*one).to_value()),
        many => KeyValues::many(many.iter().map(|&c| row.value(c).to_value()).collect()),
    }
}

/// Whether a row says nothing of its record but its key.
pub(super) fn is_mention(rows: &Rows, row: usize) -> bool {
    let entity = rows.entity();
    (0..entity.fields.len()).all(|column| entity.key.contains(&column) || !rows.is_given(row, column))
}

/// Whether an update marks records as deleted, or takes that back.
pub(super) fn marks(entity: &EntitySchema, set: &[(usize, Assignment)]) -> Option<bool> {
    let column = entity.deleted_at?;
    set.iter().find(|(set, _)| *set == column).and_then(|(_, assignment)| match assignment {
        Assignment::Set(value) => Some(!value.is_null()),
        Assignment::Add(_) => None,
    })
}

/// The keys of new records and of those that were there.
fn sorted_out(rows: &Rows, how: RowWrite, before: &Before) -> (Vec<KeyValues>, Vec<KeyValues>) {
    let (mut new, mut old) = (Vec::new(), Vec::new());
    for row in 0..rows.len() {
        let key = key_of(rows.entity(), &rows.row(row));
        match (how, before) {
            (RowWrite::Update, _) => old.push(key),
            (RowWrite::Merge, Before::Stored(stored)) => {
                let key = Ordered(key);
                match stored.contains(&key) {
                    true if is_mention(rows, row) => {}
                    true => old.push(key.0),
                    false => new.push(key.0),
                }
            }
            _ => new.push(key),
        }
    }
    (new, old)
}

struct Keys(&'static EntitySchema, Vec<KeyValues>);

impl RowSink for Keys {
    fn row(&mut self, row: &dyn Row) -> Result<Flow> {
        self.1.push(key_of(self.0, row));
        Ok(Flow::More)
    }
}

async fn stored(tx: &mut OpenTx, entity: &'static EntitySchema, filter: Predicate) -> Result<Vec<KeyValues>> {
    let plan = Arc::new(Select { filter, ..Select::all(entity) });
    Ok(tx.select(&plan, Keys(entity, Vec::new())).await?.1)
}
