//! Writes by filter, as writes of single records.

use super::assign::changed;
use super::claims::{Engine, Reading, applies, entities};
use super::evaluate::evaluate;
use super::record::{Gather, Record};
use super::write_set::{WriteSet, append};
use crate::error::{Error, Result, RowFault};
use crate::model::schema::EntitySchema;
use crate::plan::{Change, KeySet, Predicate, RowWrite, Rows, Select, Write, WriteBatch, Written};
use crate::provider::{Capabilities, Row};

/// Applies a batch: as it is where all of it is claimed, else with writes by filter turned into
/// writes of the records that match.
///
/// Nobody else may write between the reads and the write; the caller sees to that.
pub(super) fn apply(
    claimed: &Capabilities,
    engine: &mut dyn Engine,
    batch: &mut WriteBatch,
) -> Result<Written> {
    if batch.writes.iter().all(|w| applies(claimed, w)) {
        return engine.write(batch);
    }
    if sees_own_writes(claimed, batch) {
        return apply_net(claimed, engine, batch);
    }
    let mut lowered = Vec::new();
    for (at, write) in batch.writes.iter().enumerate() {
        if !applies(claimed, write) {
            lowered.push((at, lower(claimed, engine, write)?));
        }
    }
    let swap = |batch: &mut WriteBatch, changes: &mut Vec<(usize, Change)>| {
        for (at, change) in changes {
            std::mem::swap(&mut batch.writes[*at].change, change);
        }
    };
    swap(batch, &mut lowered);
    let result = engine.write(batch);
    // The caller finds its batch as it was, with the keys that were made.
    swap(batch, &mut lowered);
    result.map_err(|error| match error {
        Error::Row { at, fault } if lowered.iter().any(|(write, _)| *write == at.write) => {
            without_row(batch.writes[at.write].entity, fault)
        }
        other => other,
    })
}

/// Whether a write by filter that must be lowered reads what an earlier write of the batch writes.
fn sees_own_writes(claimed: &Capabilities, batch: &WriteBatch) -> bool {
    batch.writes.iter().enumerate().any(|(at, write)| {
        let (Change::DeleteWhere { filter } | Change::UpdateWhere { filter, .. }) = &write.change else {
            return false;
        };
        let mut read = vec![write.entity];
        entities(filter, &mut read);
        let earlier = &batch.writes[..at];
        !applies(claimed, write) && earlier.iter().any(|w| read.iter().any(|e| e.is(w.entity)))
    })
}

/// Works out what a batch comes to, and writes that.
fn apply_net(claimed: &Capabilities, engine: &mut dyn Engine, batch: &mut WriteBatch) -> Result<Written> {
    let mut set = WriteSet::default();
    let written = set.apply(batch, &mut Reading { claimed, engine })?;
    let mut net = set.net()?;
    if !net.writes.is_empty() {
        engine.write(&mut net).map_err(|e| conflict(&net, e))?;
    }
    Ok(written)
}

/// The error of a net batch, whose rows nobody knows: since all was checked before, others have
/// written in between.
pub(super) fn conflict(net: &WriteBatch, error: Error) -> Error {
    match error {
        Error::Row { at, fault: RowFault::Refused(why) } => match net.writes.get(at.write) {
            Some(write) => without_row(write.entity, RowFault::Refused(why)),
            None => Error::provider("a write", why),
        },
        Error::Row { .. } => Error::Serialization,
        other => other,
    }
}

fn without_row(entity: &EntitySchema, fault: RowFault) -> Error {
    match fault {
        RowFault::Unique(index) => Error::unique(entity, index),
        RowFault::Refused(why) => Error::provider(format!("writing `{}`", entity.name), why),
        // The record was there when it was read.
        _ => Error::Serialization,
    }
}

/// The same write, of the records that match now.
fn lower(claimed: &Capabilities, engine: &mut dyn Engine, write: &Write) -> Result<Change> {
    let entity = write.entity;
    match &write.change {
        Change::DeleteWhere { filter } => {
            let mut keys = KeySet::new(entity.key.iter().map(|&c| entity.fields[c].kind));
            for record in matching(claimed, engine, entity, filter)? {
                keys.push(|part| record.value(entity.key[part]));
            }
            Ok(Change::Delete { keys })
        }
        Change::UpdateWhere { filter, set } => {
            let mut rows = Rows::new(entity);
            for record in matching(claimed, engine, entity, filter)? {
                let changed = changed(entity, &record, set)?;
                let key = entity.key.iter().copied();
                let columns = key.chain(set.iter().map(|(column, _)| *column));
                append(&mut rows, &changed, columns)?;
            }
            let how = RowWrite::Update;
            Ok(Change::Rows { how, rows })
        }
        other => Ok(other.clone()),
    }
}

fn matching(
    claimed: &Capabilities,
    engine: &mut dyn Engine,
    entity: &'static EntitySchema,
    filter: &Predicate,
) -> Result<Vec<Record>> {
    let plan = Select { filter: filter.clone(), ..Select::all(entity) };
    let mut gather = Gather::new(entity.fields.len());
    evaluate(&plan, &mut Reading { claimed, engine }, &mut gather)?;
    Ok(gather.rows)
}
