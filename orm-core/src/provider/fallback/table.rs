//! One entity as a write set sees it: a scan and what was changed since.

use super::atom::{Atom, Tuple, joinable, tuple};
use super::record::Record;
use crate::error::RowFault;
use crate::model::schema::EntitySchema;
use crate::plan::{RowWrite, Rows};
use crate::value::{Cell, Value};
use std::collections::{BTreeMap, HashMap};

/// A scan and what was changed since.
pub(super) struct Table {
    pub(super) entity: &'static EntitySchema,
    /// What was found in the storage.
    base: BTreeMap<Tuple, Record>,
    /// What became of records: written, or (`None`) removed.
    changes: BTreeMap<Tuple, Option<Record>>,
    /// Whether the base doesn't count any more.
    cleared: bool,
    /// The owner of each tuple of each unique index, built when the first record is written.
    owners: Option<Vec<(usize, HashMap<Tuple, Tuple>)>>,
    /// The largest integer key that was ever seen here, so that no key is made twice.
    highest: i64,
}

/// How to take back one change.
pub(super) enum Undo {
    /// The record's state before; the outer `None` where the base held.
    Record(Tuple, Option<Option<Record>>),
    /// The changes before the table was cleared.
    Clear(BTreeMap<Tuple, Option<Record>>, bool),
}

impl Table {
    pub(super) fn new(entity: &'static EntitySchema, records: Vec<Record>) -> Self {
        let mut table = Self {
            entity,
            base: BTreeMap::new(),
            changes: BTreeMap::new(),
            cleared: false,
            owners: None,
            highest: 0,
        };
        for record in records {
            let key = tuple(&record, entity.key);
            table.saw(&key);
            table.base.insert(key, record);
        }
        table
    }

    /// Takes note of a key.
    pub(super) fn saw(&mut self, key: &[Atom]) {
        if let [Atom::Int(key)] = key {
            self.highest = self.highest.max(*key);
        }
    }

    /// The first of `count` keys that nobody has.
    pub(super) fn reserve(&mut self, count: u64) -> Option<i64> {
        let first = self.highest.checked_add(1)?;
        let last = self.highest.checked_add(i64::try_from(count).ok()?)?;
        let kind = self.entity.fields[self.entity.key[0]].kind;
        kind.fit(crate::value::ValueRef::Int(last)).ok()?;
        self.highest = last;
        Some(first)
    }

    pub(super) fn get(&self, key: &Tuple) -> Option<&Record> {
        match self.changes.get(key) {
            Some(changed) => changed.as_ref(),
            None if self.cleared => None,
            None => self.base.get(key),
        }
    }

    /// All records there are now.
    pub(super) fn records(&self) -> impl Iterator<Item = &Record> {
        let kept = self
            .base
            .iter()
            .filter(|(key, _)| !self.cleared && !self.changes.contains_key(*key))
            .map(|(_, record)| record);
        kept.chain(self.changes.values().flatten())
    }

    /// Sets the state of a record and answers how to take it back.
    pub(super) fn set(&mut self, key: Tuple, record: Option<Record>) -> Undo {
        self.disown(&key);
        if let Some(record) = &record {
            self.saw(&key);
            self.own(&key, record);
        }
        let before = self.changes.insert(key.clone(), record);
        Undo::Record(key, before)
    }

    /// Removes everything.
    pub(super) fn clear(&mut self) -> Undo {
        self.owners = None;
        let before = std::mem::take(&mut self.changes);
        Undo::Clear(before, std::mem::replace(&mut self.cleared, true))
    }

    pub(super) fn undo(&mut self, undo: Undo) {
        match undo {
            Undo::Record(key, before) => {
                self.disown(&key);
                match before {
                    Some(state) => self.changes.insert(key.clone(), state),
                    None => self.changes.remove(&key),
                };
                if let Some(record) = self.get(&key).cloned() {
                    self.own(&key, &record);
                }
            }
            Undo::Clear(changes, cleared) => {
                self.owners = None;
                self.changes = changes;
                self.cleared = cleared;
            }
        }
    }

    /// The record that a row makes of what is stored under its key.
    pub(super) fn written(
        &self,
        how: RowWrite,
        rows: &Rows,
        row: usize,
    ) -> Result<(Tuple, Record), RowFault> {
        let key = tuple(&rows.row(row), self.entity.key);
        if let Some(part) = key.iter().position(|atom| *atom == Atom::Null) {
            return Err(RowFault::Missing(self.entity.key[part]));
        }
        let stored = self.get(&key);
        match (how, stored) {
            (RowWrite::Insert, Some(_)) => return Err(RowFault::Duplicate),
            (RowWrite::Update, None) => return Err(RowFault::NotFound),
            _ => {}
        }
        let values: Result<Vec<Value>, RowFault> = (0..self.entity.fields.len())
            .map(|column| match (rows.cell(row, column), stored) {
                (Cell::Given(value), _) => Ok(value.to_value()),
                (Cell::Absent, Some(stored)) => Ok(stored.get(column).cloned().unwrap_or(Value::Null)),
                (Cell::Absent, None) => {
                    let filler = rows.filler(column);
                    filler.ok_or(RowFault::Missing(column))
                }
            })
            .collect();
        Ok((key, values?.into()))
    }

    /// The unique index in which another record has the values of `record`, whose key is `key`.
    pub(super) fn clash(&mut self, key: &Tuple, record: &Record) -> Option<usize> {
        if !self.entity.indexes.iter().any(|index| index.unique) {
            return None;
        }
        let owners = self.owners.take().unwrap_or_else(|| self.all_owners());
        let clash = owners.iter().find(|(index, owners)| {
            joinable(record, self.entity.indexes[*index].fields)
                .and_then(|values| owners.get(&values))
                .is_some_and(|owner| owner != key)
        });
        let clash = clash.map(|(index, _)| *index);
        self.owners = Some(owners);
        clash
    }

    fn all_owners(&self) -> Vec<(usize, HashMap<Tuple, Tuple>)> {
        let indexes = self.entity.indexes.iter().enumerate();
        indexes
            .filter(|(_, index)| index.unique)
            .map(|(at, index)| {
                let owned = self.records().filter_map(|record| {
                    let values = joinable(record, index.fields)?;
                    Some((values, tuple(record, self.entity.key)))
                });
                (at, owned.collect())
            })
            .collect()
    }

    fn own(&mut self, key: &Tuple, record: &Record) {
        for (index, owners) in self.owners.iter_mut().flatten() {
            if let Some(values) = joinable(record, self.entity.indexes[*index].fields) {
                owners.insert(values, key.clone());
            }
        }
    }

    fn disown(&mut self, key: &Tuple) {
        if self.owners.is_none() {
            return;
        }
        let Some(record) = self.get(key).cloned() else {
            return;
        };
        for (index, owners) in self.owners.iter_mut().flatten() {
            if let Some(values) = joinable(&record, self.entity.indexes[*index].fields)
                && owners.get(&values) == Some(key)
            {
                owners.remove(&values);
            }
        }
    }

    /// What the storage held of a record when it was scanned.
    pub(super) fn scanned(&self, key: &Tuple) -> Option<&Record> {
        self.base.get(key)
    }

    /// Whether the storage held the same at both scans.
    pub(super) fn is_as(&self, other: &Table) -> bool {
        self.base == other.base
    }

    /// Whether everything that was there is removed first.
    pub(super) fn is_cleared(&self) -> bool {
        self.cleared
    }

    /// What became of records, with what the storage held of them; equal states are left out.
    pub(super) fn changed(&self) -> impl Iterator<Item = (&Tuple, Option<&Record>, Option<&Record>)> {
        self.changes.iter().filter_map(|(key, after)| {
            let before = self.base.get(key).filter(|_| !self.cleared);
            (before != after.as_ref()).then_some((key, before, after.as_ref()))
        })
    }
}
