//! Transactions for providers that have none.

use super::atom::Tuple;
use super::claims::Reading;
use super::completed::Gate;
use super::lower::conflict;
use super::write_set::WriteSet;
use crate::error::{Error, Result};
use crate::model::schema::EntitySchema;
use crate::plan::{Select, WriteBatch, Written};
use crate::provider::{Capabilities, Connection, RowSink, Transaction, TxOptions};
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
    read_only: bool,
}

impl WriteSetTransaction {
    pub(super) fn new(
        connection: Arc<dyn Connection>,
        claimed: Capabilities,
        gate: Gate,
        options: &TxOptions,
    ) -> Self {
        Self {
            connection,
            claimed,
            gate,
            set: WriteSet::default(),
            savepoints: Vec::new(),
            read_only: options.read_only,
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
}

impl Transaction for WriteSetTransaction {
    fn select(&mut self, plan: &Arc<Select>, sink: &mut dyn RowSink) -> Result<()> {
        // Entities that are met here for the first time are of one state.
        let gate = self.gate.clone();
        let _several_scans = gate.read();
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
        if self.read_only {
            return Err(Error::unsupported("writing", "the transaction only reads"));
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
        if net.writes.is_empty() {
            return Ok(());
        }
        let gate = self.gate.clone();
        let _alone = gate.write();
        let (set, mut reading) = self.parts();
        if set.is_outdated(&mut reading)? {
            return Err(Error::Serialization);
        }
        let applied = self.connection.apply(&mut net);
        applied.map(drop).map_err(|e| conflict(&net, e))
    }

    fn rollback(self: Box<Self>) -> Result<()> {
        Ok(())
    }
}
