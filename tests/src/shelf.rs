//! The provider that the guide builds, step by step, in `docs/guide/providers.md`.

use orm_core::connection::ConnectionName;
use orm_core::error::RowFault;
use orm_core::model::schema::EntitySchema;
use orm_core::plan::{Change, KeySet, Output, RowWrite, Rows, Select, WriteBatch, Written};
use orm_core::provider::{
    Capabilities, ChangeHubs, Connection, DataProvider, Drift, Flow, Row, RowSink, SchemaSync, SyncReport,
};
use orm_core::value::{Cell, Value, ValueRef};
use orm_core::{Error, Result};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// The values of a record, in the order of the schema's columns.
#[derive(Clone)]
pub struct Record(pub Vec<Value>);

impl Row for Record {
    fn value(&self, column: usize) -> ValueRef<'_> {
        self.0.get(column).map_or(ValueRef::Null, Value::as_ref)
    }
}

/// The records of one entity, and the last key that was made or met.
#[derive(Clone, Default)]
pub struct Table(pub Vec<Record>, pub i64);

/// The tables of a connection, by the names of their entities.
pub type Tables = BTreeMap<&'static str, Table>;

/// Puts out all records.
///
/// # Errors
/// Those of the sink.
pub fn scan(table: &Table, sink: &mut dyn RowSink) -> Result<()> {
    for record in &table.0 {
        if sink.row(record)? == Flow::Stop {
            break;
        }
    }
    Ok(())
}

/// Writes one row: changes the record of its key, or makes a new one.
///
/// # Errors
/// What is wrong with the row.
pub fn write(table: &mut Table, how: RowWrite, rows: &Rows, row: usize) -> Result<(), RowFault> {
    let entity = rows.entity();
    let same_key = |r: &Record| entity.key.iter().all(|&c| r.value(c) == rows.value(row, c));
    let stored = table.0.iter().position(same_key);
    match (how, stored) {
        (RowWrite::Insert, Some(_)) => return Err(RowFault::Duplicate),
        (RowWrite::Update, None) => return Err(RowFault::NotFound),
        _ => {}
    }
    let mut record = Record(Vec::with_capacity(entity.fields.len()));
    for column in 0..entity.fields.len() {
        record.0.push(match (rows.cell(row, column), stored) {
            (Cell::Given(value), _) => value.to_value(),
            (Cell::Absent, Some(at)) => table.0[at].value(column).to_value(),
            (Cell::Absent, None) => rows.filler(column).ok_or(RowFault::Missing(column))?,
        });
    }
    check_unique(table, entity, stored, &record)?;
    match stored {
        Some(at) => table.0[at] = record,
        None => table.0.push(record),
    }
    Ok(())
}

/// Looks for another record with the same values in a unique index. NULL equals nothing.
///
/// # Errors
/// Which index it is.
pub fn check_unique(
    table: &Table,
    entity: &EntitySchema,
    stored: Option<usize>,
    record: &Record,
) -> Result<(), RowFault> {
    let equal = |a: &Record, c: usize| a.value(c).compare(record.value(c)).is_some_and(|o| o.is_eq());
    for (index, unique) in entity.indexes.iter().enumerate().filter(|(_, index)| index.unique) {
        let mut others = table.0.iter().enumerate().filter(|(at, _)| Some(*at) != stored);
        if others.any(|(_, other)| unique.fields.iter().all(|&c| equal(other, c))) {
            return Err(RowFault::Unique(index));
        }
    }
    Ok(())
}

/// Removes the records of these keys and answers how many there were.
pub fn remove(table: &mut Table, entity: &EntitySchema, keys: &KeySet) -> u64 {
    let before = table.0.len();
    let is = |r: &Record, i: usize| entity.key.iter().enumerate().all(|(p, &c)| r.value(c) == keys.get(i, p));
    table.0.retain(|record| !(0..keys.len()).any(|i| is(record, i)));
    (before - table.0.len()) as u64
}

/// Gives keys to the rows that lack theirs, and to what refers to them.
///
/// # Errors
/// When there are no more keys.
pub fn make_keys(tables: &mut Tables, batch: &mut WriteBatch) -> Result<()> {
    for write in &batch.writes {
        let Change::Rows { rows, .. } = &write.change else { continue };
        let table = tables.entry(write.entity.name).or_default();
        for row in 0..rows.len() {
            if let ValueRef::Int(key) = rows.value(row, write.entity.key[0]) {
                table.1 = table.1.max(key);
            }
        }
    }
    for at in 0..batch.writes.len() {
        let entity = batch.writes[at].entity;
        let table = tables.entry(entity.name).or_default();
        batch.assign_keys(at, |count| {
            let no_more = Error::Overflow { model: entity.model, column: entity.field(entity.key[0]).field };
            let last = table.1.checked_add_unsigned(count).ok_or(no_more);
            last.map(|last| std::mem::replace(&mut table.1, last) + 1)
        })?;
    }
    batch.follow_links();
    Ok(())
}

/// Applies a batch to tables that nobody else sees yet.
///
/// # Errors
/// Which row is at fault.
pub fn apply(tables: &mut Tables, batch: &mut WriteBatch) -> Result<Written> {
    make_keys(tables, batch)?;
    let mut written = Written::default();
    for (at, of) in batch.writes.iter().enumerate() {
        let table = tables.entry(of.entity.name).or_default();
        written.affected.push(match &of.change {
            Change::Rows { how, rows } => {
                for row in 0..rows.len() {
                    write(table, *how, rows, row).map_err(|fault| Error::row(at, row, fault))?;
                }
                rows.len() as u64
            }
            Change::Delete { keys } => remove(table, of.entity, keys),
            Change::Clear => std::mem::take(&mut table.0).len() as u64,
            _ => return Err(Error::unsupported("this write", "it was not claimed")),
        });
    }
    Ok(written)
}

/// A connection.
#[derive(Default)]
pub struct Drawer(Mutex<Tables>);

impl Connection for Drawer {
    /// There is no schema: an entity is made ready by an empty table. Who only checks gets none.
    fn sync(&self, entities: &[&'static EntitySchema], how: SchemaSync) -> Result<SyncReport> {
        let mut tables = lock(&self.0);
        let missing: Vec<_> = entities.iter().filter(|e| !tables.contains_key(e.name)).collect();
        if how == SchemaSync::Check && !missing.is_empty() {
            let drifts = missing.iter().map(|e| Drift::of(e).and("it was not created yet")).collect();
            return Err(Error::SchemaDrift { connection: "of the shelf".to_owned(), drifts });
        }
        let mut report = SyncReport::default();
        report.created.extend(missing.iter().map(|entity| entity.name));
        tables.extend(report.created.iter().map(|name| (*name, Table::default())));
        Ok(report)
    }

    fn select(&self, plan: &Arc<Select>, sink: &mut dyn RowSink) -> Result<()> {
        let tables = lock(&self.0);
        let Some(table) = tables.get(plan.entity.name) else { return Ok(()) };
        match plan.output {
            Output::Count => sink.row(&Record(vec![Value::Int(table.0.len() as i64)])).map(drop),
            Output::Exists => sink.row(&Record(vec![Value::Bool(!table.0.is_empty())])).map(drop),
            _ => scan(table, sink),
        }
    }

    /// Works on a copy and swaps it in at the end: all or nothing, and nobody sees a part of it.
    fn apply(&self, batch: &mut WriteBatch) -> Result<Written> {
        let mut tables = lock(&self.0);
        let mut copy = tables.clone();
        let written = apply(&mut copy, batch)?;
        *tables = copy;
        Ok(written)
    }
}

/// The provider: its connections by their names, and where their databases hear of each other.
#[derive(Default)]
pub struct Shelf(Mutex<BTreeMap<String, Arc<Drawer>>>, ChangeHubs);

impl DataProvider for Shelf {
    fn capabilities(&self) -> &Capabilities {
        const CLAIMS: Capabilities = {
            let mut claims = Capabilities::minimal("shelf");
            claims.counts = true;
            claims
        };
        &CLAIMS
    }

    /// The same name is the same data, so connections are kept.
    fn open(&self, connection: &ConnectionName) -> Result<Arc<dyn Connection>> {
        let mut drawers = lock(&self.0);
        let drawer = drawers.entry(connection.as_str().to_owned()).or_default();
        Ok(Arc::clone(drawer) as Arc<dyn Connection>)
    }

    fn change_hubs(&self) -> Option<&ChangeHubs> {
        Some(&self.1)
    }
}

/// A panic under the lock can't have left data half-changed: it is swapped in whole.
fn lock<T>(data: &Mutex<T>) -> MutexGuard<'_, T> {
    data.lock().unwrap_or_else(PoisonError::into_inner)
}
