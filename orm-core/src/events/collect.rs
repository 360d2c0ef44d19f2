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
use std::collections::BTreeMap;
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
    /// The keys among its own that are stored, and whether their records are marked as deleted.
    Stored(BTreeMap<Ordered, bool>),
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
                for (kind, keys) in sorted_out(rows, *how, before) {
                    note(What::Keys(kind, keys));
                }
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
        Change::Rows { how, rows }
            if *how == RowWrite::Merge || *how == RowWrite::Update && may_mark(rows) =>
        {
            let keys = keys_of(rows);
            let marks = Marks(entity, BTreeMap::new());
            let stored = match keys.is_empty() {
                true => marks,
                false => {
                    let filter = Predicate::Keys { columns: entity.key, keys };
                    tx.select(&Arc::new(Select { filter, ..Select::all(entity) }), marks).await?
                }
            };
            Before::Stored(stored.1)
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

/// Whether any row says if its record is deleted.
fn may_mark(rows: &Rows) -> bool {
    let column = rows.entity().deleted_at;
    column.is_some_and(|column| (0..rows.len()).any(|row| rows.is_given(row, column)))
}

/// The keys of the records by what happens to them.
fn sorted_out(rows: &Rows, how: RowWrite, before: Before) -> [(ChangeKind, Vec<KeyValues>); 3] {
    let (mut new, mut old, mut gone) = (Vec::new(), Vec::new(), Vec::new());
    let mut stored = match before {
        Before::Stored(stored) => stored,
        Before::Found(_) | Before::Nothing => BTreeMap::new(),
    };
    let said =
        |row: usize, column: usize| rows.is_given(row, column).then(|| !rows.value(row, column).is_null());
    for row in 0..rows.len() {
        let key = Ordered(key_of(rows.entity(), &rows.row(row)));
        let marked = rows.entity().deleted_at.and_then(|column| said(row, column));
        let was = stored.get(&key).copied();
        let kind = match (was, marked) {
            (None, _) if how == RowWrite::Update => &mut old,
            (None, _) => &mut new,
            (Some(_), _) if is_mention(rows, row) => continue,
            (Some(true), Some(false)) => &mut new,
            (Some(false), Some(true)) => &mut gone,
            (Some(_), _) => &mut old,
        };
        kind.push(key.0.clone());
        if let (Some(_), Some(marked)) = (was, marked) {
            // A later row of the record meets what this one makes of it.
            stored.insert(key, marked);
        }
    }
    [(ChangeKind::Inserted, new), (ChangeKind::Updated, old), (ChangeKind::Deleted, gone)]
}

struct Marks(&'static EntitySchema, BTreeMap<Ordered, bool>);

impl RowSink for Marks {
    fn row(&mut self, row: &dyn Row) -> Result<Flow> {
        let marked = self.0.deleted_at.is_some_and(|column| !row.value(column).is_null());
        self.1.insert(Ordered(key_of(self.0, row)), marked);
        Ok(Flow::More)
    }
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
