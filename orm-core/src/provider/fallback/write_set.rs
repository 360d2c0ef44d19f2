//! Writes that are not in the storage yet, laid over scans of it.

use super::assign::changed;
use super::atom::{Tuple, joinable, tuple};
use super::evaluate::{Source, evaluate};
use super::locks::Holder;
use super::record::{Gather, Record};
use super::table::{Table, Undo};
use crate::error::{Error, Result, RowFault};
use crate::model::schema::{EntitySchema, KeySource};
use crate::plan::{
    Assignment, Change, KeySet, Predicate, RowWrite, Rows, Select, Write, WriteBatch, Written,
};
use crate::provider::{Row, RowSink};
use std::sync::Arc;

/// Writes that are not in the storage yet. Each entity is scanned when it is first touched; from
/// then on only the copy counts.
#[derive(Default)]
pub(super) struct WriteSet {
    tables: Vec<Table>,
    /// How to take back what was done, with the place of the table.
    log: Vec<(usize, Undo)>,
}

impl WriteSet {
    /// The place of an entity's table.
    fn touch(&mut self, entity: &'static EntitySchema, source: &mut dyn Source) -> Result<usize> {
        if let Some(at) = self.tables.iter().position(|t| t.entity.is(entity)) {
            return Ok(at);
        }
        let records = source.scan(entity)?;
        self.tables.push(Table::new(entity, records));
        Ok(self.tables.len() - 1)
    }

    pub(super) fn select(
        &mut self,
        plan: &Select,
        source: &mut dyn Source,
        sink: &mut dyn RowSink,
    ) -> Result<()> {
        let mut view = |entity: &'static EntitySchema| {
            let at = self.touch(entity, source)?;
            Ok(self.tables[at].records().cloned().collect())
        };
        evaluate(plan, &mut view, sink)
    }

    pub(super) fn find(
        &mut self,
        entity: &'static EntitySchema,
        key: &Tuple,
        source: &mut dyn Source,
    ) -> Result<Option<&Record>> {
        let at = self.touch(entity, source)?;
        Ok(self.tables[at].get(key))
    }

    /// Whether a record is written here.
    pub(super) fn writes(&self, entity: &str, key: &Tuple) -> bool {
        let mut tables = self.tables.iter().filter(|table| table.entity.name == entity);
        tables.any(|table| table.is_cleared() || table.changed().any(|(changed, ..)| changed == key))
    }

    /// A mark to come back to.
    pub(super) fn mark(&self) -> usize {
        self.log.len()
    }

    /// Takes back everything since the mark; what was scanned stays.
    pub(super) fn undo_to(&mut self, mark: usize) {
        while self.log.len() > mark {
            if let Some((table, undo)) = self.log.pop() {
                self.tables[table].undo(undo);
            }
        }
    }

    /// Applies a batch: all of it or nothing.
    pub(super) fn apply(&mut self, batch: &mut WriteBatch, source: &mut dyn Source) -> Result<Written> {
        let mark = self.mark();
        let result = self.apply_each(batch, source);
        if result.is_err() {
            self.undo_to(mark);
        }
        result
    }

    fn apply_each(&mut self, batch: &mut WriteBatch, source: &mut dyn Source) -> Result<Written> {
        self.make_keys(batch, source)?;
        let mut written = Written::default();
        for (at, Write { entity, change }) in batch.writes.iter().enumerate() {
            let table = self.touch(entity, source)?;
            written.affected.push(match change {
                Change::Rows { how, rows } => self.rows(at, table, *how, rows)?,
                Change::Delete { keys } => {
                    let keys = (0..keys.len()).map(|i| super::condition::key(keys, i));
                    self.remove(table, keys)
                }
                Change::DeleteWhere { filter } => {
                    let matching = self.matching(entity, filter, source)?;
                    self.remove(table, matching.iter().map(|r| tuple(r, entity.key)))
                }
                Change::UpdateWhere { filter, set } => {
                    let matching = self.matching(entity, filter, source)?;
                    self.update(table, &matching, set)?
                }
                Change::Clear => {
                    let count = self.tables[table].records().count();
                    let undo = self.tables[table].clear();
                    self.log.push((table, undo));
                    count as u64
                }
            });
        }
        Ok(written)
    }

    /// Gives keys to the rows that lack theirs.
    fn make_keys(&mut self, batch: &mut WriteBatch, source: &mut dyn Source) -> Result<()> {
        let made = |entity: &EntitySchema| matches!(entity.key_source, KeySource::Storage);
        // The keys that the batch states are taken, wherever in the batch they stand.
        for write in batch.writes.iter().filter(|w| made(w.entity)) {
            let table = self.touch(write.entity, source)?;
            if let Change::Rows { rows, .. } = &write.change {
                for row in 0..rows.len() {
                    self.tables[table].saw(&tuple(&rows.row(row), write.entity.key));
                }
            }
        }
        for at in 0..batch.writes.len() {
            let entity = batch.writes[at].entity;
            if made(entity) {
                let table = self.touch(entity, source)?;
                batch.assign_keys(at, |count| {
                    self.tables[table].reserve(count).ok_or(Error::Overflow {
                        model: entity.model,
                        column: entity.field(entity.key[0]).field,
                    })
                })?;
            }
        }
        batch.follow_links();
        Ok(())
    }

    fn set(&mut self, table: usize, key: Tuple, record: Option<Record>) {
        let undo = self.tables[table].set(key, record);
        self.log.push((table, undo));
    }

    fn rows(&mut self, write: usize, table: usize, how: RowWrite, rows: &Rows) -> Result<u64> {
        for row in 0..rows.len() {
            let fault = |fault| Error::row(write, row, fault);
            let (key, record) = self.tables[table].written(how, rows, row).map_err(fault)?;
            if let Some(index) = self.tables[table].clash(&key, &record) {
                return Err(fault(RowFault::Unique(index)));
            }
            self.set(table, key, Some(record));
        }
        Ok(rows.len() as u64)
    }

    fn remove(&mut self, table: usize, keys: impl Iterator<Item = Tuple>) -> u64 {
        let mut removed = 0;
        for key in keys {
            if self.tables[table].get(&key).is_some() {
                self.set(table, key, None);
                removed += 1;
            }
        }
        removed
    }

    fn matching(
        &mut self,
        entity: &'static EntitySchema,
        filter: &Predicate,
        source: &mut dyn Source,
    ) -> Result<Vec<Record>> {
        let plan = Select { filter: filter.clone(), ..Select::all(entity) };
        let mut gather = Gather::new(entity.fields.len());
        self.select(&plan, source, &mut gather)?;
        Ok(gather.rows)
    }

    fn update(&mut self, table: usize, records: &[Record], set: &[(usize, Assignment)]) -> Result<u64> {
        let entity = self.tables[table].entity;
        // All leave before any comes back, so that unique values may change places.
        for record in records {
            self.set(table, tuple(record, entity.key), None);
        }
        for record in records {
            let record = changed(entity, record, set)?;
            let key = tuple(&record, entity.key);
            if let Some(index) = self.tables[table].clash(&key, &record) {
                return Err(Error::unique(entity, index));
            }
            self.set(table, key, Some(record));
        }
        Ok(records.len() as u64)
    }

    /// What is left to be done in the storage, as one batch.
    ///
    /// # Errors
    /// [`Error::TooLarge`] when it is more than a batch can hold.
    pub(super) fn net(&self) -> Result<WriteBatch> {
        let mut batch = WriteBatch::default();
        let mut push = |entity, change| batch.writes.push(Write { entity, change });
        // Records that refer to others were most likely touched after them.
        for table in self.tables.iter().rev() {
            let entity = table.entity;
            let mut gone = KeySet::new(entity.key.iter().map(|&c| entity.fields[c].kind));
            for (_, before, after) in table.changed() {
                if let Some(before) = before
                    && after.is_none_or(|after| moves(entity, before, after))
                {
                    gone.push(|part| before.value(entity.key[part]));
                }
            }
            if table.is_cleared() {
                push(entity, Change::Clear);
            } else if !gone.is_empty() {
                push(entity, Change::Delete { keys: gone });
            }
        }
        for table in &self.tables {
            let entity = table.entity;
            let (mut new, mut changed) = (Rows::new(entity), Rows::new(entity));
            for (_, before, after) in table.changed() {
                match (before, after) {
                    (Some(before), Some(after)) if !moves(entity, before, after) => {
                        let differs = |&column: &usize| {
                            entity.key.contains(&column) || before.get(column) != after.get(column)
                        };
                        let columns = (0..entity.fields.len()).filter(differs);
                        append(&mut changed, after, columns)?;
                    }
                    (_, Some(after)) => append(&mut new, after, 0..entity.fields.len())?,
                    (_, None) => {}
                }
            }
            for (how, rows) in [(RowWrite::Update, changed), (RowWrite::Insert, new)] {
                if !rows.is_empty() {
                    push(entity, Change::Rows { how, rows });
                }
            }
        }
        Ok(batch)
    }

    /// Whether a record that was written or locked here is not what it was when its entity was scanned;
    /// or, if it is to be `serializable`, anything in one of the entities.
    pub(super) fn is_outdated(
        &self,
        locks: &Holder,
        serializable: bool,
        source: &mut dyn Source,
    ) -> Result<bool> {
        for table in self.tables.iter().filter(|t| serializable || !t.is_cleared()) {
            let entity = table.entity;
            if serializable {
                if !table.is_as(&Table::new(entity, source.scan(entity)?)) {
                    return Ok(true);
                }
                continue;
            }
            let locked_before = || locks.of(entity.name).map(|key| (key, table.scanned(key)));
            let mut keys = KeySet::new(entity.key.iter().map(|&c| entity.fields[c].kind));
            for (_, before, after) in table.changed() {
                if let Some(record) = before.or(after) {
                    keys.push(|part| record.value(entity.key[part]));
                }
            }
            for record in locked_before().filter_map(|(_, before)| before) {
                keys.push(|part| record.value(entity.key[part]));
            }
            if keys.is_empty() {
                continue;
            }
            let plan = Select {
                filter: Predicate::Keys { columns: entity.key, keys: Arc::new(keys) },
                ..Select::all(entity)
            };
            let now = Table::new(entity, source.root(&plan)?);
            if table.changed().any(|(key, before, _)| now.get(key) != before)
                || locked_before().any(|(key, before)| now.get(key) != before)
            {
                return Ok(true);
            }
        }
        Ok(false)
    }
}

/// Whether a record changes what a unique index holds of it. Such records are removed and written
/// anew, so that no order of writing makes two of them clash on the way.
fn moves(entity: &EntitySchema, before: &Record, after: &Record) -> bool {
    let unique = entity.indexes.iter().filter(|index| index.unique);
    unique.map(|index| index.fields).any(|fields| joinable(before, fields) != joinable(after, fields))
}

/// Appends columns of a record to rows.
pub(super) fn append(rows: &mut Rows, record: &Record, columns: impl Iterator<Item = usize>) -> Result<()> {
    let row = rows.push();
    for column in columns {
        if !rows.set(row, column, record.value(column)) {
            return Err(Error::TooLarge {
                at: rows.entity().name.to_owned(),
                what: "more than 4 GiB of text in one column of one write",
            });
        }
    }
    Ok(())
}
