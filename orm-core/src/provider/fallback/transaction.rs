//! Transactions for providers that have none.

use super::atom::{Tuple, tuple};
use super::claims::Reading;
use super::completed::Gate;
use super::locks::Holder;
use super::lower::conflict;
use super::record::Gather;
use super::write_set::WriteSet;
use crate::error::{Error, Result};
use crate::model::schema::EntitySchema;
use crate::plan::{Lock, Select, WriteBatch, Written};
use crate::provider::{Capabilities, Connection, Flow, Isolation, RowSink, Transaction, TxOptions};
use crate::value::KeyValues;
use std::sync::Arc;

/// A transaction for a provider that has none: a private write set over scans, applied as one batch
/// at the commit. What it guarantees is written at [`super::complete`].
pub(super) struct WriteSetTransaction {
    connection: Arc<dyn Connection>,
    claimed: Capabilities,
    gate: Gate,
    set: WriteSet,
    savepoints: Vec<(u32, usize)>,
    locks: Holder,
    options: TxOptions,
}

impl WriteSetTransaction {
    pub(super) fn new(
        connection: Arc<dyn Connection>,
        claimed: Capabilities,
        gate: Gate,
        locks: Holder,
        options: &TxOptions,
    ) -> Self {
        Self {
            connection,
            claimed,
            gate,
            set: WriteSet::default(),
            savepoints: Vec::new(),
            locks,
            options: *options,
        }
    }

    /// The write set, with what it reads from.
    fn parts(&mut self) -> (&mut WriteSet, Reading<'_>) {
        let reading = Reading { claimed: &self.claimed, engine: &mut self.connection };
        (&mut self.set, reading)
    }

    fn savepoint_at(&self, number: u32) -> Result<usize> {
        let at = self.savepoints.iter().rposition(|(n, _)| *n == number);
        at.ok_or(Error::unsupported("going back to a savepoint", "there is none of this number"))
    }

    /// Reads and locks what goes out.
    fn select_locking(&mut self, plan: &Select, lock: Lock, sink: &mut dyn RowSink) -> Result<()> {
        let entity = plan.entity;
        let (set, mut reading) = self.parts();
        let mut gather = Gather::new(entity.fields.len());
        set.select(plan, &mut reading, &mut gather)?;
        for record in &gather.rows {
            self.locks.take(entity.name, tuple(record, entity.key), lock.strength);
        }
        for record in &gather.rows {
            if sink.row(record)? == Flow::Stop {
                break;
            }
        }
        Ok(())
    }
}

impl Transaction for WriteSetTransaction {
    fn select(&mut self, plan: &Arc<Select>, sink: &mut dyn RowSink) -> Result<()> {
        // Entities that are met here for the first time are of one state.
        let gate = self.gate.clone();
        let _several_scans = gate.read();
        if let Some(lock) = plan.lock {
            return self.select_locking(plan, lock, sink);
        }
        let (set, mut reading) = self.parts();
        set.select(plan, &mut reading, sink)
    }

    fn find(&mut self, entity: &'static EntitySchema, key: &KeyValues, sink: &mut dyn RowSink) -> Result<()> {
        let key: Tuple = key.iter().map(Into::into).collect();
        let (set, mut reading) = self.parts();
        if let Some(record) = set.find(entity, &key, &mut reading)? {
            let _ = sink.row(record)?;
        }
        Ok(())
    }

    fn apply(&mut self, batch: &mut WriteBatch) -> Result<Written> {
        if self.options.read_only {
            return Err(Error::read_only(batch));
        }
        let gate = self.gate.clone();
        let _several_scans = gate.read();
        let (set, mut reading) = self.parts();
        set.apply(batch, &mut reading)
    }

    fn savepoint(&mut self, number: u32) -> Result<()> {
        self.savepoints.push((number, self.set.mark()));
        Ok(())
    }

    fn rollback_to(&mut self, number: u32) -> Result<()> {
        let at = self.savepoint_at(number)?;
        self.set.undo_to(self.savepoints[at].1);
        self.savepoints.truncate(at);
        Ok(())
    }

    fn release(&mut self, number: u32) -> Result<()> {
        let at = self.savepoint_at(number)?;
        self.savepoints.truncate(at);
        Ok(())
    }

    fn commit(mut self: Box<Self>) -> Result<()> {
        let mut net = self.set.net()?;
        let serializable = self.options.isolation >= Isolation::Serializable;
        if net.writes.is_empty() && !serializable && self.locks.is_empty() {
            return Ok(());
        }
        let gate = self.gate.clone();
        let _alone = gate.write();
        if self.locks.conflict(|entity, key| self.set.writes(entity, key)) {
            return Err(Error::Serialization);
        }
        let mut reading = Reading { claimed: &self.claimed, engine: &mut self.connection };
        if self.set.is_outdated(&self.locks, serializable, &mut reading)? {
            return Err(Error::Serialization);
        }
        if !net.writes.is_empty() {
            self.connection.apply(&mut net).map_err(|e| conflict(&net, e))?;
        }
        self.locks.publish();
        Ok(())
    }

    fn rollback(self: Box<Self>) -> Result<()> {
        Ok(())
    }
}
