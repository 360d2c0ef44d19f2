//! The least that a provider must do, as an example for their authors.
//!
//! [`Tiny`] scans and applies; queries, writes by filter and transactions are done by
//! [`fallback::complete`](orm_core::provider::fallback::complete), since its capabilities claim none
//! of them.

use orm_core::connection::ConnectionName;
use orm_core::error::RowFault;
use orm_core::model::schema::EntitySchema;
use orm_core::plan::{Change, RowWrite, Rows, Select, WriteBatch, Written};
use orm_core::provider::{
    Capabilities, ChangeHubs, Connection, DataProvider, Drift, Flow, Row, RowSink, SchemaSync, SyncReport,
};
use orm_core::value::{Cell, Value, ValueRef};
use orm_core::{Error, Result};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// A provider that keeps lists of records in memory.
#[derive(Debug, Default)]
pub struct Tiny {
    connections: Mutex<BTreeMap<String, Arc<TinyConnection>>>,
    hubs: ChangeHubs,
}

impl Tiny {
    /// What it claims to understand: nothing but scans and batches.
    pub const CAPABILITIES: Capabilities = Capabilities::minimal("tiny");
}

impl DataProvider for Tiny {
    fn capabilities(&self) -> &Capabilities {
        &Self::CAPABILITIES
    }

    /// The same name always means the same data, so connections are kept.
    fn open(&self, connection: &ConnectionName) -> Result<Arc<dyn Connection>> {
        let mut connections = lock(&self.connections);
        let name = connection.as_str().to_owned();
        let new = || Arc::new(TinyConnection { name: name.clone(), data: Mutex::default() });
        Ok(Arc::clone(connections.entry(name.clone()).or_insert_with(new)) as Arc<dyn Connection>)
    }

    /// Not needed, but then databases hear only of their own commits.
    fn change_hubs(&self) -> Option<&ChangeHubs> {
        Some(&self.hubs)
    }
}

/// The records of each entity, by its name.
type Data = BTreeMap<&'static str, Table>;

#[derive(Debug)]
struct TinyConnection {
    name: String,
    data: Mutex<Data>,
}

impl Connection for TinyConnection {
    /// There is no schema: an entity without records is made ready by an empty list.
    fn sync(&self, entities: &[&'static EntitySchema], how: SchemaSync) -> Result<SyncReport> {
        let mut data = lock(&self.data);
        let missing: Vec<_> = entities.iter().filter(|e| !data.contains_key(e.name)).collect();
        if how == SchemaSync::Check && !missing.is_empty() {
            let drifts = missing.iter().map(|e| Drift::of(e).and("it was not created yet")).collect();
            return Err(Error::SchemaDrift { connection: self.name.clone(), drifts });
        }
        let mut report = SyncReport::default();
        report.created.extend(missing.iter().map(|entity| entity.name));
        data.extend(report.created.iter().map(|name| (*name, Table::default())));
        Ok(report)
    }

    /// Puts out all records. Nothing else is asked of a provider that claims nothing else.
    fn select(&self, plan: &Arc<Select>, sink: &mut dyn RowSink) -> Result<()> {
        for record in lock(&self.data).get(plan.entity.name).iter().flat_map(|t| &t.records) {
            if sink.row(record)? == Flow::Stop {
                break;
            }
        }
        Ok(())
    }

    /// Works on a copy and swaps it in at the end: all or nothing, and nobody sees a part of it.
    fn apply(&self, batch: &mut WriteBatch) -> Result<Written> {
        let mut data = lock(&self.data);
        let mut copy = data.clone();
        // Keys of the storage's making are known before anything that refers to them is written; the
        // keys that the batch states are taken, wherever in it they stand.
        for write in &batch.writes {
            if let Change::Rows { rows, .. } = &write.change {
                copy.entry(write.entity.name).or_default().meet_keys(rows);
            }
        }
        for at in 0..batch.writes.len() {
            let entity = batch.writes[at].entity;
            let table = copy.entry(entity.name).or_default();
            batch.assign_keys(at, |count| {
                table
                    .next_keys(count)
                    .ok_or(Error::Overflow { model: entity.model, column: entity.field(entity.key[0]).field })
            })?;
        }
        batch.follow_links();
        let mut written = Written::default();
        for (at, write) in batch.writes.iter().enumerate() {
            let table = copy.entry(write.entity.name).or_default();
            written.affected.push(match &write.change {
                Change::Rows { how, rows } => {
                    for row in 0..rows.len() {
                        let fault = |fault| Error::row(at, row, fault);
                        table.write(*how, rows, row).map_err(fault)?;
                    }
                    rows.len() as u64
                }
                Change::Delete { keys } => {
                    let before = table.records.len();
                    for i in 0..keys.len() {
                        table.records.retain(|record| {
                            let mut parts = write.entity.key.iter().enumerate();
                            !parts.all(|(part, &c)| record.value(c) == keys.get(i, part))
                        });
                    }
                    (before - table.records.len()) as u64
                }
                Change::Clear => std::mem::take(&mut table.records).len() as u64,
                _ => return Err(Error::unsupported("this write", "it was not claimed")),
            });
        }
        *data = copy;
        Ok(written)
    }
}

/// The records of one entity. A list is searched from its start: fine for an example.
#[derive(Debug, Clone, Default)]
struct Table {
    records: Vec<Record>,
    /// The last key that was made or met.
    last_key: i64,
}

impl Table {
    /// Takes note of the keys that rows state.
    fn meet_keys(&mut self, rows: &Rows) {
        for row in 0..rows.len() {
            if let ValueRef::Int(key) = rows.value(row, rows.entity().key[0]) {
                self.last_key = self.last_key.max(key);
            }
        }
    }

    /// The first of this many keys that no record ever had.
    fn next_keys(&mut self, count: u64) -> Option<i64> {
        let first = self.last_key.checked_add(1)?;
        self.last_key = self.last_key.checked_add_unsigned(count)?;
        Some(first)
    }

    /// Writes one row: merges it into the record of its key, or makes a new record of it.
    fn write(&mut self, how: RowWrite, rows: &Rows, row: usize) -> Result<(), RowFault> {
        let entity = rows.entity();
        let same_key = |r: &Record| entity.key.iter().all(|&c| r.value(c) == rows.value(row, c));
        let stored = self.records.iter().position(same_key);
        match (how, stored) {
            (RowWrite::Insert, Some(_)) => return Err(RowFault::Duplicate),
            (RowWrite::Update, None) => return Err(RowFault::NotFound),
            _ => {}
        }
        let mut record = Record(Vec::with_capacity(entity.fields.len()));
        for column in 0..entity.fields.len() {
            record.0.push(match (rows.cell(row, column), stored) {
                (Cell::Given(value), _) => value.to_value(),
                (Cell::Absent, Some(at)) => self.records[at].value(column).to_value(),
                (Cell::Absent, None) => rows.filler(column).ok_or(RowFault::Missing(column))?,
            });
        }
        for (index, unique) in entity.indexes.iter().enumerate().filter(|(_, i)| i.unique) {
            let others = self.records.iter().enumerate().filter(|(at, _)| Some(*at) != stored);
            // NULL equals nothing, itself included.
            let equal = |a: &Record, c: usize| a.value(c).compare(record.value(c)).is_some_and(|o| o.is_eq());
            if others.into_iter().any(|(_, other)| unique.fields.iter().all(|&c| equal(other, c))) {
                return Err(RowFault::Unique(index));
            }
        }
        match stored {
            Some(at) => self.records[at] = record,
            None => self.records.push(record),
        }
        Ok(())
    }
}

#[derive(Debug, Clone)]
struct Record(Vec<Value>);

impl Row for Record {
    fn value(&self, column: usize) -> ValueRef<'_> {
        self.0.get(column).map_or(ValueRef::Null, Value::as_ref)
    }
}

/// A panic under the lock can't have left the data half-changed: it is swapped in whole.
fn lock<T>(data: &Mutex<T>) -> MutexGuard<'_, T> {
    data.lock().unwrap_or_else(PoisonError::into_inner)
}
