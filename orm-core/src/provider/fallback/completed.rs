//! A connection that does what its provider doesn't claim.

use super::claims::{self, Reading, needs_several_scans};
use super::evaluate::evaluate;
use super::locks::Locks;
use super::lower;
use super::transaction::WriteSetTransaction;
use crate::error::Result;
use crate::model::schema::EntitySchema;
use crate::plan::{Select, WriteBatch, Written};
use crate::provider::contract::find_plan;
use crate::provider::{
    Capabilities, Connection, RowSink, SchemaSync, SqlSink, SqlStatement, SyncReport, Transaction, TxOptions,
};
use crate::value::KeyValues;
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

/// Does what a provider doesn't claim, so that the connection serves the whole contract.
///
/// - **Reads.** A plan of which everything is claimed goes to the provider as it is. Otherwise the
///   entities that it names are scanned and the plan is [evaluated](evaluate) here: time and memory
///   grow with the entities, not with the result. Of a plan's own entity only the records that meet
///   the plain part of the filter are kept, and the provider does that filtering where it claims to.
/// - **Writes by filter** become a read of the matching records and a delete or update by their keys,
///   in one `apply` with the rest of the batch. If a filter has to see earlier writes of its batch,
///   the batch is worked out over scans of the entities that it names, keys included, and the outcome
///   is applied.
/// - **Transactions** of a provider without any keep a private copy of each entity from its first
///   touch on, with their own writes over it, and apply the outcome at the commit. The isolation is
///   that of the copies: what is read once doesn't change, but entities that are touched at different
///   moments may be of different states. The commit scans again and answers
///   [`Error::Serialization`](crate::Error::Serialization) when a record that the transaction wrote was
///   changed by another meanwhile; records that were only read are not checked, unless they were locked,
///   or the transaction is to be serializable: then all entities that it touched must be as they were.
///   Nobody waits for a lock; who commits second is told of a conflict. Keys that the storage makes are made
///   here then, after the largest there is.
///
/// What is checked and applied, and what several scans read, is kept from being interleaved by a lock
/// in this adapter. So **all users must share one adapter**: against those who write past it, through
/// another adapter or from another process, commits are "last writer wins", and a read of several
/// scans may see a part of what they do. A provider with transactions of its own has neither limit.
///
/// A connection whose capabilities are complete is handed back as it is.
#[must_use]
pub fn complete(capabilities: &Capabilities, connection: Arc<dyn Connection>) -> Arc<dyn Connection> {
    let Capabilities {
        filters,
        relation_filters,
        order,
        limit,
        related,
        counts,
        projections,
        aggregates,
        writes_by_filter,
        transactions,
        ..
    } = *capabilities;
    let reads =
        filters && relation_filters && order && limit && related && counts && projections && aggregates;
    if reads && writes_by_filter && transactions {
        return connection;
    }
    Arc::new(Completed {
        connection,
        claimed: capabilities.clone(),
        gate: Gate::default(),
        locks: Locks::default(),
    })
}

/// Keeps the writers of one adapter apart from reads of several scans. Unused where the provider has
/// transactions.
#[derive(Clone, Default)]
pub(super) struct Gate(Arc<RwLock<()>>);

impl Gate {
    // The lock guards no data, so a panic under it has broken none.
    pub(super) fn read(&self) -> RwLockReadGuard<'_, ()> {
        self.0.read().unwrap_or_else(PoisonError::into_inner)
    }
    pub(super) fn write(&self) -> RwLockWriteGuard<'_, ()> {
        self.0.write().unwrap_or_else(PoisonError::into_inner)
    }
}

struct Completed {
    connection: Arc<dyn Connection>,
    claimed: Capabilities,
    gate: Gate,
    locks: Locks,
}

impl Connection for Completed {
    fn sync(&self, entities: &[&'static EntitySchema], how: SchemaSync) -> Result<SyncReport> {
        self.connection.sync(entities, how)
    }

    fn select(&self, plan: &Arc<Select>, sink: &mut dyn RowSink) -> Result<()> {
        let claimed = &self.claimed;
        let mut connection = Arc::clone(&self.connection);
        if claims::selects(claimed, plan) || !needs_several_scans(plan) {
            return claims::select(claimed, &mut connection, plan, sink);
        }
        if claimed.transactions {
            let mut snapshot = connection.begin(&TxOptions::snapshot())?;
            claims::select(claimed, &mut snapshot, plan, sink)?;
            return snapshot.rollback();
        }
        let _no_writer = self.gate.read();
        let engine = &mut connection;
        evaluate(plan, &mut Reading { claimed, engine }, sink)
    }

    fn find(&self, entity: &'static EntitySchema, key: &KeyValues, sink: &mut dyn RowSink) -> Result<()> {
        if self.claimed.filters {
            self.connection.find(entity, key, sink)
        } else {
            self.select(&Arc::new(find_plan(entity, key)), sink)
        }
    }

    fn explain(&self, plan: &Arc<Select>) -> Result<Vec<String>> {
        claims::explain(&self.claimed, &self.connection, plan)
    }

    fn sql(&self, statement: &Arc<SqlStatement>, sink: &mut dyn SqlSink) -> Result<u64> {
        self.connection.sql(statement, sink)
    }

    fn table(&self, entity: &'static EntitySchema) -> Option<String> {
        self.connection.table(entity)
    }

    fn apply(&self, batch: &mut WriteBatch) -> Result<Written> {
        let claimed = &self.claimed;
        let mut connection = Arc::clone(&self.connection);
        if !claimed.transactions {
            let _alone = self.gate.write();
            return lower::apply(claimed, &mut connection, batch);
        }
        if batch.writes.iter().all(|w| claims::applies(claimed, w)) {
            return connection.apply(batch);
        }
        let mut transaction = connection.begin(&TxOptions::default())?;
        let written = lower::apply(claimed, &mut transaction, batch)?;
        transaction.commit()?;
        Ok(written)
    }

    fn begin(&self, options: &TxOptions) -> Result<Box<dyn Transaction>> {
        let claimed = self.claimed.clone();
        Ok(if claimed.transactions {
            let inner = self.connection.begin(options)?;
            Box::new(CompletedTransaction { inner, claimed })
        } else {
            let connection = Arc::clone(&self.connection);
            let gate = self.gate.clone();
            let locks = self.locks.holder();
            Box::new(WriteSetTransaction::new(connection, claimed, gate, locks, options))
        })
    }
}

/// A transaction of the provider's own that does what the provider doesn't claim.
struct CompletedTransaction {
    inner: Box<dyn Transaction>,
    claimed: Capabilities,
}

impl Transaction for CompletedTransaction {
    fn select(&mut self, plan: &Arc<Select>, sink: &mut dyn RowSink) -> Result<()> {
        claims::select(&self.claimed, &mut self.inner, plan, sink)
    }

    fn find(&mut self, entity: &'static EntitySchema, key: &KeyValues, sink: &mut dyn RowSink) -> Result<()> {
        if self.claimed.filters {
            self.inner.find(entity, key, sink)
        } else {
            self.select(&Arc::new(find_plan(entity, key)), sink)
        }
    }

    fn sql(&mut self, statement: &Arc<SqlStatement>, sink: &mut dyn SqlSink) -> Result<u64> {
        self.inner.sql(statement, sink)
    }

    fn apply(&mut self, batch: &mut WriteBatch) -> Result<Written> {
        lower::apply(&self.claimed, &mut self.inner, batch)
    }

    fn savepoint(&mut self, number: u32) -> Result<()> {
        self.inner.savepoint(number)
    }

    fn rollback_to(&mut self, number: u32) -> Result<()> {
        self.inner.rollback_to(number)
    }

    fn release(&mut self, number: u32) -> Result<()> {
        self.inner.release(number)
    }

    fn commit(self: Box<Self>) -> Result<()> {
        self.inner.commit()
    }

    fn rollback(self: Box<Self>) -> Result<()> {
        self.inner.rollback()
    }
}
