//! Batches of writes: all of a batch or nothing.

mod by_filter;
mod rows;
mod touched;
mod undo;

pub(crate) use touched::{Carried, Mark, Touched};

use crate::namespace::Namespace;
use crate::store::Refusal;
use orm_core::error::RowFault;
use orm_core::model::schema::{EntitySchema, KeySource};
use orm_core::plan::{Change, KeySet, WriteBatch, Written};
use orm_core::{Error, Result};
use undo::{MANY, Undo};

/// Applies a batch to a namespace; on an error (or a panic in a default of the user's) the
/// namespace is what it was. What is written is noted in `touched`.
pub(crate) fn apply(
    namespace: &mut Namespace,
    batch: &mut WriteBatch,
    touched: Option<&mut Touched>,
) -> Result<Written> {
    for write in &batch.writes {
        if let Some(rival) = namespace.rival(write.entity) {
            return Err(two_models(write.entity, rival));
        }
        namespace.register(write.entity);
    }
    make_keys(namespace, batch)?;
    let mark = touched.as_ref().map(|t| t.mark()).unwrap_or_default();
    let mut writer =
        Writer { namespace, touched, undo: Undo::default(), incomplete: Vec::new(), done: false, mark };
    let mut written = Written::default();
    for number in 0..batch.writes.len() {
        written.affected.push(writer.write(batch, number)?);
    }
    writer.check_complete()?;
    writer.done = true;
    drop(writer);
    note_keys(namespace, batch);
    Ok(written)
}

/// The fault of two models with one entity name.
pub(crate) fn two_models(schema: &EntitySchema, rival: &EntitySchema) -> Error {
    Error::Schema(vec![format!(
        "`{}` and `{}` both are the entity `{}` on one connection; give one of them another `entity = \"…\"`",
        rival.model, schema.model, schema.name
    )])
}

/// Gives the keys that the storage makes and carries them along the links.
fn make_keys(namespace: &Namespace, batch: &mut WriteBatch) -> Result<()> {
    let mut made = false;
    for number in 0..batch.writes.len() {
        let schema = batch.writes[number].entity;
        let (KeySource::Storage, Some(rows)) = (schema.key_source, batch.rows(number)) else {
            continue;
        };
        let (Some(slot), Some(&column)) = (namespace.slot(schema), schema.key.first()) else {
            continue;
        };
        let store = namespace.at(slot);
        if rows.all_values(column) {
            continue;
        }
        let given = largest_stated(batch, schema, column);
        let (_, largest) = schema.fields[column].kind.integer_range().unwrap_or((0, i64::MAX));
        batch.assign_keys(number, |count| {
            store
                .reserve_keys(count, given, largest)
                .ok_or(Error::Overflow { model: schema.model, column: schema.fields[column].column })
        })?;
        made = true;
    }
    if made || !batch.links.is_empty() {
        batch.follow_links();
    }
    Ok(())
}

/// Notes the keys that a batch stored: not before all is done, since what fails must not count.
fn note_keys(namespace: &mut Namespace, batch: &WriteBatch) {
    for (number, write) in batch.writes.iter().enumerate() {
        if let (KeySource::Storage, Some(rows)) = (write.entity.key_source, batch.rows(number))
            && let (Some(slot), Some(&column)) = (namespace.slot(write.entity), write.entity.key.first())
        {
            let keys = (0..rows.len()).filter_map(|row| rows.value(row, column).as_raw_int());
            if let Some(largest) = keys.max() {
                namespace.at_mut(slot).note_key(largest);
            }
        }
    }
}

/// The largest key that a batch states for an entity, in whichever of its writes; 0 where it states none.
fn largest_stated(batch: &WriteBatch, schema: &EntitySchema, column: usize) -> i64 {
    let of_entity = (0..batch.writes.len()).filter(|&number| batch.writes[number].entity.is(schema));
    let rows = of_entity.filter_map(|number| batch.rows(number));
    let keys = rows.flat_map(|rows| (0..rows.len()).filter_map(|row| rows.value(row, column).as_raw_int()));
    keys.max().unwrap_or(0)
}

/// A new record that still lacks required columns.
#[derive(Debug)]
struct Incomplete {
    slot: usize,
    stored: u32,
    lacks: Vec<usize>,
    write: usize,
    row: usize,
}

/// A batch on its way in. Dropped before it is done, it takes back what it did.
struct Writer<'a> {
    namespace: &'a mut Namespace,
    touched: Option<&'a mut Touched>,
    undo: Undo,
    incomplete: Vec<Incomplete>,
    done: bool,
    mark: touched::Mark,
}

impl Drop for Writer<'_> {
    fn drop(&mut self) {
        if !self.done {
            self.undo.roll_back(self.namespace);
            if let Some(touched) = &mut self.touched {
                touched.back_to(self.mark);
            }
        }
    }
}

impl Writer<'_> {
    fn write(&mut self, batch: &WriteBatch, number: usize) -> Result<u64> {
        let write = &batch.writes[number];
        let slot = self.namespace.register(write.entity);
        match &write.change {
            Change::Rows { how, rows } => {
                let last = number + 1 == batch.writes.len();
                self.put_rows(slot, number, *how, rows, last)?;
                Ok(rows.len() as u64)
            }
            Change::Delete { keys } => Ok(self.delete_keys(slot, keys)),
            Change::DeleteWhere { filter } => Ok(self.delete_where(slot, filter)),
            Change::UpdateWhere { filter, set } => self.update_where(slot, filter, set),
            Change::Clear => Ok(self.clear(slot)),
            _ => Err(Error::unsupported("this change", "the memory provider doesn't know it")),
        }
    }

    fn touch(&mut self, slot: usize, row: u32, removed: bool) {
        if let Some(touched) = &mut self.touched {
            touched.record(self.namespace.at(slot), slot, row, removed);
        }
    }

    /// Prepares for writing as many rows of an entity.
    fn expect(&mut self, slot: usize, rows: usize) {
        if rows > MANY {
            self.undo.cover(slot, self.namespace.at(slot));
        }
    }

    fn remove(&mut self, slot: usize, row: u32) {
        self.touch(slot, row, true);
        if !self.undo.is_covered(slot) {
            let values = self.namespace.at(slot).values(row);
            self.undo.removed(slot, row, values);
        }
        self.namespace.at_mut(slot).remove(row);
        self.incomplete.retain(|i| i.slot != slot || i.stored != row);
    }

    fn delete_keys(&mut self, slot: usize, keys: &KeySet) -> u64 {
        self.expect(slot, keys.len());
        let mut removed = 0;
        for key in 0..keys.len() {
            let store = self.namespace.at(slot);
            let found = store.key_index().first(store, |part| keys.get(key, part));
            if let Some(row) = found {
                self.remove(slot, row);
                removed += 1;
            }
        }
        removed
    }

    fn clear(&mut self, slot: usize) -> u64 {
        let store = self.namespace.at(slot);
        let removed = store.live() as u64;
        if let Some(touched) = &mut self.touched {
            touched.all(store, slot);
        }
        let emptied = store.emptied();
        self.undo.cover(slot, store);
        self.namespace.replace(slot, emptied.into());
        self.incomplete.retain(|i| i.slot != slot);
        removed
    }

    fn check_complete(&self) -> Result<()> {
        match self.incomplete.iter().find(|i| !i.lacks.is_empty()) {
            Some(i) => Err(Error::row(i.write, i.row, RowFault::Missing(i.lacks[0]))),
            None => Ok(()),
        }
    }
}

/// A refusal of the store as the fault of a row.
fn fault(refusal: Refusal) -> RowFault {
    match refusal {
        Refusal::Unique(index) => RowFault::Unique(index),
        Refusal::Missing(column) => RowFault::Missing(column),
        Refusal::Full => RowFault::Refused("more than 4 GiB of text in 1024 neighbouring records".to_owned()),
    }
}
