//! Records on their way in, column by column, each cell absent, null or a value.

use super::states::{State, States};
use crate::model::schema::EntitySchema;
use crate::value::{Cell, Cells, Value, ValueRef, keys};
use std::collections::HashMap;

/// Records of one entity on their way into a store. A cell may be absent: then nothing is said
/// about that column.
#[derive(Debug, Clone)]
pub struct Rows {
    entity: &'static EntitySchema,
    len: usize,
    columns: Vec<Column>,
    /// What new records take in some columns, instead of their defaults.
    fillers: Vec<(usize, Value)>,
}

#[derive(Debug, Clone)]
struct Column {
    cells: Cells,
    states: States,
}

impl Rows {
    /// No records yet.
    #[must_use]
    pub fn new(entity: &'static EntitySchema) -> Self {
        let columns = entity
            .fields
            .iter()
            .map(|f| Column { cells: Cells::new(f.kind), states: States::new() })
            .collect();
        Self { entity, len: 0, columns, fillers: Vec::new() }
    }

    /// Makes room for about so many records.
    pub(crate) fn expect(&mut self, rows: usize) {
        // The least that a list grows to is enough for a few.
        if rows > 4 {
            for column in &mut self.columns {
                column.cells.reserve(rows);
            }
        }
    }

    /// Gives the records, of which none has a value there, consecutive numbers in a column.
    pub(crate) fn number(&mut self, column: usize, first: i64) {
        let column = &mut self.columns[column];
        column.states = States::all_valued(self.len);
        if let Cells::Int(cells) = &mut column.cells {
            cells.clear();
            cells.extend((0..self.len as i64).map(|place| first.wrapping_add(place)));
        }
    }

    /// Whether no record has a value in this column.
    pub(crate) fn none_valued(&self, column: usize) -> bool {
        self.columns[column].states.valued() == 0
    }

    /// Takes the records out; what stays is not to be used before they are put back.
    pub(crate) fn take(&mut self) -> Self {
        let left = Self { entity: self.entity, len: 0, columns: Vec::new(), fillers: Vec::new() };
        std::mem::replace(self, left)
    }

    /// The entity whose records these are.
    #[must_use]
    pub fn entity(&self) -> &'static EntitySchema {
        self.entity
    }

    /// The number of records.
    #[must_use]
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Appends a record of which nothing is said yet and answers its place.
    #[inline]
    pub fn push(&mut self) -> usize {
        self.len += 1;
        self.len - 1
    }

    /// Gives a cell its value, which must [fit](crate::value::Kind::fit) the column (the normalizer
    /// has seen to it). `false` when the batch outgrows 4 GiB of text in one column.
    #[must_use]
    #[inline]
    pub fn set(&mut self, row: usize, column: usize, value: ValueRef<'_>) -> bool {
        let column = &mut self.columns[column];
        if value.is_null() {
            column.states.set(row, State::Null);
            return true;
        }
        column.states.set(row, State::Value);
        column.cells.put(row, value)
    }

    /// Puts keys, or blanks for NULL, at places of a list of keys: all at once, since the whole list is
    /// written anew.
    #[must_use]
    pub(crate) fn set_items(&mut self, row: usize, column: usize, keys: &HashMap<u32, Value>) -> bool {
        let ValueRef::Text(list) = self.value(row, column) else { return true };
        match keys::with_items(list, keys) {
            Some(text) => self.set(row, column, ValueRef::Text(&text)),
            None => true,
        }
    }

    /// Says what new records of these take where they don't state a column, instead of its default.
    pub fn fill(&mut self, column: usize, value: Value) {
        self.fillers.retain(|(of, _)| *of != column);
        self.fillers.push((column, value));
    }

    /// What a new record of these takes in a column that it doesn't state; `None` when it must state it.
    #[must_use]
    pub fn filler(&self, column: usize) -> Option<Value> {
        match self.fillers.iter().find(|(of, _)| *of == column) {
            Some((_, value)) => Some(value.clone()),
            None => self.entity.fields[column].filler(),
        }
    }

    /// Gives the records that don't say anything of a column what new ones take there. A filler that doesn't
    /// fit, or isn't there, leaves the column as it is.
    pub(crate) fn take_fillers(&mut self, column: usize) {
        if self.all_given(column) {
            return;
        }
        let field = &self.entity.fields[column];
        if field.default.is_none() && self.fillers.iter().all(|(of, _)| *of != column) {
            if field.nullable {
                self.columns[column].states.fill_nulls(self.len);
            }
            return;
        }
        for row in 0..self.len {
            if self.is_given(row, column) {
                continue;
            }
            // A default may be made anew for each record.
            let Some(filler) = self.filler(column) else { return };
            let Ok(value) = field.kind.fit(filler.as_ref()) else { return };
            if !self.set(row, column, value) {
                return;
            }
        }
    }

    /// Takes back what was said of a cell.
    pub fn unset(&mut self, row: usize, column: usize) {
        self.columns[column].states.unset(row);
    }

    /// What is said of a cell.
    #[must_use]
    #[inline]
    pub fn cell(&self, row: usize, column: usize) -> Cell<'_> {
        let data = &self.columns[column];
        match data.states.get(row) {
            State::Absent => Cell::Absent,
            State::Null => Cell::Given(ValueRef::Null),
            State::Value => Cell::Given(data.cells.get(row, self.entity.fields[column].kind)),
        }
    }

    /// A cell's value, where absent counts as NULL.
    #[must_use]
    #[inline]
    pub fn value(&self, row: usize, column: usize) -> ValueRef<'_> {
        match self.cell(row, column) {
            Cell::Absent => ValueRef::Null,
            Cell::Given(value) => value,
        }
    }

    /// Whether anything is said of a cell.
    #[must_use]
    #[inline]
    pub fn is_given(&self, row: usize, column: usize) -> bool {
        self.columns[column].states.get(row) != State::Absent
    }

    /// Whether a cell has a value: it is given and not NULL.
    #[must_use]
    #[inline]
    pub fn has_value(&self, row: usize, column: usize) -> bool {
        self.columns[column].states.get(row) == State::Value
    }

    /// Whether every record gives this column, with a value or NULL.
    #[must_use]
    pub fn all_given(&self, column: usize) -> bool {
        self.columns[column].states.given() == self.len
    }

    /// Whether no record says anything of this column.
    #[must_use]
    pub fn none_given(&self, column: usize) -> bool {
        self.columns[column].states.given() == 0
    }

    /// Whether every record has a value in this column.
    #[must_use]
    pub fn all_values(&self, column: usize) -> bool {
        self.columns[column].states.valued() == self.len
    }

    /// The raw cells of a column, for stores that take whole columns. Shorter than the rows where
    /// the last ones are absent or NULL; what stands in cells without a value is unspecified.
    #[must_use]
    pub fn cells(&self, column: usize) -> &Cells {
        &self.columns[column].cells
    }

    /// Whether the record has all the parts of its key.
    #[must_use]
    pub fn has_key(&self, row: usize) -> bool {
        self.entity.key.iter().all(|&c| self.has_value(row, c))
    }

    /// Whether every required column of every record is given.
    #[must_use]
    pub fn complete(&self) -> bool {
        (0..self.columns.len()).all(|c| !self.entity.fields[c].required() || self.all_given(c))
    }

    /// The first required column that a record doesn't give.
    #[must_use]
    pub fn missing(&self, row: usize) -> Option<usize> {
        (0..self.columns.len()).find(|&c| self.entity.fields[c].required() && !self.is_given(row, c))
    }

    /// Copies every given cell of record `from` over record `to` of the same rows: a merge.
    #[must_use]
    pub fn merge(&mut self, from: usize, to: usize) -> bool {
        (0..self.columns.len()).all(|c| self.copy(c, from, to))
    }

    /// Copies cell `from` of a column to cell `to`, if it is given.
    #[must_use]
    fn copy(&mut self, column: usize, from: usize, to: usize) -> bool {
        let value = match self.cell(from, column) {
            Cell::Absent => return true,
            Cell::Given(value) => value.to_value(),
        };
        self.set(to, column, value.as_ref())
    }

    /// One record.
    #[must_use]
    pub fn row(&self, row: usize) -> RowRef<'_> {
        RowRef { rows: self, row }
    }
}

/// One record of [`Rows`], readable as a result row; absent cells read as NULL.
#[derive(Debug, Clone, Copy)]
pub struct RowRef<'a> {
    rows: &'a Rows,
    row: usize,
}

impl crate::provider::Row for RowRef<'_> {
    fn value(&self, column: usize) -> ValueRef<'_> {
        self.rows.value(self.row, column)
    }

    fn values<'r>(&'r self, into: &mut [ValueRef<'r>]) {
        let fields = self.rows.entity.fields;
        for ((column, field), value) in self.rows.columns.iter().zip(fields).zip(into) {
            *value = match column.states.get(self.row) {
                State::Value => column.cells.get(self.row, field.kind),
                _ => ValueRef::Null,
            };
        }
    }
}
