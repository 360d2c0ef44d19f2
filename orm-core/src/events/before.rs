//! Running the hooks before a batch is applied.

use super::along::{Along, Appended, place, writer};
use super::changes::Ordered;
use super::collect::{is_mention, key_of, keys_of, marks};
use super::deleting::Doomed;
use super::hooks::OfModel;
use super::refused::{Refused, of_row, record_of};
use super::saving::Written as Row;
use crate::database::Inner;
use crate::database::lowered::{assigned, in_order, read};
use crate::engine::{Atomic, Session, Snapshot};
use crate::error::{Error, Result};
use crate::model::schema::EntitySchema;
use crate::plan::{Change, KeySet, Predicate, RowWrite, Rows, WriteBatch, Written, described};
use crate::provider::TxOptions;
use crate::provider::fallback::Record;
use crate::query::halves;
use crate::value::{Cell, KeyValues, Value};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// How often what hooks write along may itself make hooks write more along.
const ROUNDS: usize = 16;

impl Inner {
    /// Runs the hooks and applies what they made of a batch. After a failure the batch that comes back is
    /// as it was.
    pub(crate) async fn apply_with_hooks(
        &self,
        session: &Session,
        batch: WriteBatch,
    ) -> (WriteBatch, Result<Written>) {
        let snapshot = match Snapshot::begin(session, TxOptions::default()).await {
            Ok(snapshot) => snapshot,
            Err(error) => return (batch, Err(error)),
        };
        let outcome =
            self.prepare_and_apply(snapshot.session(), batch.clone(), session.in_transaction()).await;
        match snapshot.end(outcome).await {
            Ok((mut done, mut written)) => {
                // What was written along is nothing that the caller knows of.
                done.writes.truncate(batch.writes.len());
                written.affected.truncate(batch.writes.len());
                (done, Ok(written))
            }
            Err(error) => (batch, Err(error)),
        }
    }

    async fn prepare_and_apply(
        &self,
        session: &Session,
        mut batch: WriteBatch,
        nested: bool,
    ) -> Result<(WriteBatch, Written)> {
        let own = batch.writes.len();
        // Who made these knows of no rows.
        let by_condition = |write: &crate::plan::Write| !matches!(write.change, Change::Rows { .. });
        let by_condition: Vec<bool> = batch.writes.iter().map(by_condition).collect();
        let mut appended = Vec::new();
        let mut start = 0;
        for round in 0.. {
            let end = batch.writes.len();
            let mut along = Along::new(self.settings.clone());
            for at in start..end {
                let removed = batch.removed_before(at);
                let doomed = doomed_after(&batch, at);
                let write = &mut batch.writes[at];
                if let Some(hooks) = self.hooks.of(write) {
                    if round == ROUNDS {
                        return Err(Error::Configuration(format!(
                            "the hooks of `{}` go on writing records along, each for the one before: after {ROUNDS} \
                             rounds that is taken for a circle",
                            write.entity.model
                        )));
                    }
                    let entity = write.entity;
                    along.begin(entity);
                    let run =
                        run(hooks, session, entity, &mut write.change, removed, &doomed, &mut along).await;
                    run.map_err(|refused| refused.located(at, at < own, entity, writer(&appended, at)))?;
                }
            }
            along.append_to(&mut batch, &mut appended)?;
            if batch.writes.len() == end {
                break;
            }
            for write in &batch.writes[end..] {
                let model = write.entity.model;
                if !self.registry.register(write.entity).is_ready() {
                    return Err(Error::SyncInTransaction { model });
                }
            }
            start = end;
        }
        // What is refused after it was written must not stay in a transaction that goes on.
        if nested && appended.iter().any(Appended::waits) {
            let atomic = Atomic::begin(session).await?;
            let outcome = self.apply_and_validate(atomic.session(), batch, appended, &by_condition).await;
            return atomic.end(outcome).await;
        }
        self.apply_and_validate(session, batch, appended, &by_condition).await
    }

    /// Applies a batch and validates what was written along. For each write that is the caller's,
    /// `by_condition` says whether it was made without rows.
    async fn apply_and_validate(
        &self,
        session: &Session,
        batch: WriteBatch,
        appended: Vec<Appended>,
        by_condition: &[bool],
    ) -> Result<(WriteBatch, Written)> {
        let (mut batch, written) = self.apply_checked(session, batch).await;
        match written {
            Ok(written) => {
                for along in appended.into_iter().rev().filter(Appended::waits) {
                    along.validate(&mut batch, session).await?;
                }
                Ok((batch, written))
            }
            Err(Error::Row { at, fault }) if at.write >= by_condition.len() => {
                let by = writer(&appended, at.write).unwrap_or_default();
                let place = place(&of_row(&batch, at), by);
                Err(described(&batch, at, fault, place))
            }
            Err(Error::Row { at, fault }) if by_condition[at.write] => {
                let place = batch.writes[at.write].entity.name.to_owned();
                Err(described(&batch, at, fault, place))
            }
            Err(error) => Err(error),
        }
    }
}

/// Runs the hooks of one write. An error comes with the row, if it is that of a row.
async fn run(
    hooks: &OfModel,
    session: &Session,
    entity: &'static EntitySchema,
    change: &mut Change,
    removed: Option<Predicate>,
    doomed: &BTreeSet<Ordered>,
    along: &mut Along,
) -> Result<(), Refused> {
    let no_row = |error| (None, error);
    match change {
        Change::Rows { how, rows } => {
            let stored = match how {
                RowWrite::Insert => BTreeMap::new(),
                _ => {
                    let stored = of_keys(session, entity, keys_of(rows), removed).await;
                    by_key(entity, &stored.map_err(no_row)?)
                }
            };
            of_rows(hooks, *how, rows, stored, along)
        }
        Change::UpdateWhere { filter, set } if marks(entity, set) == Some(true) => {
            let records = read(session, entity, filter.clone()).await.map_err(no_row)?;
            of_doomed(hooks, entity, &records, along)
        }
        Change::UpdateWhere { filter, set } => {
            let mut records = read(session, entity, filter.clone()).await.map_err(no_row)?;
            // Those that go by the same batch are let go of, but nobody is told of it.
            let goes = |record: &Record| doomed.contains(&Ordered(key_of(entity, record)));
            records.sort_by_key(goes);
            let stays = records.partition_point(|record| !goes(record));
            let mut rows = assigned(entity, &records, set).map_err(no_row)?;
            of_rows(hooks, RowWrite::Update, &mut rows, by_key(entity, &records[..stays]), along)
                .map_err(Refused::without_row)?;
            let rows = in_order(&records, rows).map_err(no_row)?;
            // Hooks may have given each record something else, so each is written for itself.
            *change = Change::Rows { how: RowWrite::Update, rows };
            Ok(())
        }
        Change::Delete { keys } => {
            let records = of_keys(session, entity, Arc::new(keys.clone()), None).await.map_err(no_row)?;
            of_doomed(hooks, entity, &records, along)
        }
        Change::DeleteWhere { filter } => {
            let records = read(session, entity, filter.clone()).await.map_err(no_row)?;
            of_doomed(hooks, entity, &records, along)?;
            // Those that the hooks have seen, and no others.
            let mut keys = KeySet::new(entity.key.iter().map(|&c| entity.field(c).kind));
            for record in &records {
                keys.push(|part| record[entity.key[part]].as_ref());
            }
            *change = Change::Delete { keys };
            Ok(())
        }
        Change::Clear => {
            let records = read(session, entity, Predicate::Constant(true)).await.map_err(no_row)?;
            of_doomed(hooks, entity, &records, along)
        }
    }
}

fn of_rows(
    hooks: &OfModel,
    how: RowWrite,
    rows: &mut Rows,
    mut stored: BTreeMap<Ordered, Record>,
    along: &mut Along,
) -> Result<(), Refused> {
    let entity = rows.entity();
    for row in 0..rows.len() {
        let key = rows.has_key(row).then(|| Ordered(key_of(entity, &rows.row(row))));
        let before = key.as_ref().and_then(|key| stored.get(key));
        if how == RowWrite::Update && before.is_none() {
            // It will be refused as not found, or it goes anyway.
            continue;
        }
        if before.is_some() && is_mention(rows, row) {
            continue;
        }
        let is_half = halves::of_row(entity, rows, row, before).is_err();
        for hook in hooks.of_row(before.is_none()) {
            hook(Row { rows, row, stored: before, along }).map_err(|error| Refused::of(error, rows, row))?;
        }
        // What was so before is not the hooks' doing.
        if !is_half {
            halves::of_row(entity, rows, row, before).map_err(|error| Refused::of(error, rows, row))?;
        }
        if let Some(key) = key {
            // A later mention of the record meets what this one makes of it.
            let cells = (0..entity.fields.len()).map(|column| match rows.cell(row, column) {
                Cell::Given(value) => value.to_value(),
                Cell::Absent => before.map_or(Value::Null, |before| before[column].clone()),
            });
            let after = Record::from(cells.collect::<Vec<_>>());
            stored.insert(key, after);
        }
    }
    Ok(())
}

fn of_doomed(
    hooks: &OfModel,
    entity: &'static EntitySchema,
    records: &[Record],
    along: &mut Along,
) -> Result<(), Refused> {
    for record in records {
        for hook in &hooks.deleting {
            hook(Doomed { stored: record, along })
                .map_err(|error| Refused::stored(error, record_of(entity, record)))?;
        }
    }
    Ok(())
}

/// The stored records of these keys, but for those that are `removed` before.
async fn of_keys(
    session: &Session,
    entity: &'static EntitySchema,
    keys: Arc<KeySet>,
    removed: Option<Predicate>,
) -> Result<Vec<Record>> {
    if keys.is_empty() {
        return Ok(Vec::new());
    }
    read(session, entity, Predicate::Keys { columns: entity.key, keys }.and_not(removed)).await
}

fn by_key(entity: &EntitySchema, records: &[Record]) -> BTreeMap<Ordered, Record> {
    records.iter().map(|record| (Ordered(key_of(entity, record)), record.clone())).collect()
}

/// The keys of the records that later writes of a batch remove.
fn doomed_after(batch: &WriteBatch, write: usize) -> BTreeSet<Ordered> {
    let entity = batch.writes[write].entity;
    let later = batch.writes[write + 1..].iter().filter(|later| later.entity.is(entity));
    let keys =
        later.filter_map(|later| if let Change::Delete { keys } = &later.change { Some(keys) } else { None });
    let part = |keys: &KeySet, at: usize, part: usize| keys.get(at, part).to_value();
    let key = |keys, at| KeyValues::many((0..entity.key.len()).map(|p| part(keys, at, p)).collect());
    keys.flat_map(|keys| (0..keys.len()).map(move |at| Ordered(key(keys, at)))).collect()
}
