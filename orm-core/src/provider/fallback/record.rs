//! Rows that are kept.

use super::Condition;
use crate::error::Result;
use crate::provider::{Flow, Row, RowSink};
use crate::value::{Value, ValueRef};
use std::fmt;
use std::ops::Deref;
use std::sync::Arc;

/// A row that is kept, column by column; cloning it copies nothing.
#[derive(Clone, PartialEq)]
pub struct Record(Arc<[Value]>);

impl Record {
    /// Copies the first `width` columns of a row.
    #[must_use]
    pub fn copy(row: &dyn Row, width: usize) -> Self {
        Self((0..width).map(|c| row.value(c).to_value()).collect())
    }
}

impl From<Vec<Value>> for Record {
    fn from(values: Vec<Value>) -> Self {
        Self(values.into())
    }
}

impl Deref for Record {
    type Target = [Value];

    fn deref(&self) -> &[Value] {
        &self.0
    }
}

impl Row for Record {
    fn value(&self, column: usize) -> ValueRef<'_> {
        self.0.get(column).map_or(ValueRef::Null, Value::as_ref)
    }
}

impl fmt::Debug for Record {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.0.iter()).finish()
    }
}

/// A sink that keeps copies of the rows it gets, or of those that meet a condition.
#[derive(Debug, Default)]
pub struct Gather {
    /// The rows so far.
    pub rows: Vec<Record>,
    width: usize,
    condition: Option<Condition>,
    enough: Option<usize>,
}

impl Gather {
    /// Keeps the first `width` columns of every row.
    #[must_use]
    pub fn new(width: usize) -> Self {
        Self { width, ..Self::default() }
    }

    /// Keeps only the rows that meet a condition.
    #[must_use]
    pub fn matching(mut self, condition: Condition) -> Self {
        self.condition = Some(condition);
        self
    }

    /// Stops when it has this many rows.
    #[must_use]
    pub fn at_most(mut self, rows: usize) -> Self {
        self.enough = Some(rows);
        self
    }
}

impl RowSink for Gather {
    fn row(&mut self, row: &dyn Row) -> Result<Flow> {
        if self.condition.as_ref().is_none_or(|c| c.holds(row)) {
            self.rows.push(Record::copy(row, self.width));
        }
        Ok(match self.enough {
            Some(enough) if self.rows.len() >= enough => Flow::Stop,
            _ => Flow::More,
        })
    }
}
