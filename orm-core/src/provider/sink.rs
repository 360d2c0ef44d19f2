//! How rows come out of a provider: pushed, one at a time, as borrowed values.

use crate::error::Result;
use crate::value::ValueRef;
use std::any::Any;

/// One row of a result.
pub trait Row {
    /// The value of a column of the [output](crate::plan::Output); NULL beyond the last.
    fn value(&self, column: usize) -> ValueRef<'_>;

    /// Puts the values of the first columns into `into`, as many as it has places: the same as
    /// [`value`](Self::value) for each of them, by one call.
    fn values<'r>(&'r self, into: &mut [ValueRef<'r>]) {
        for (column, value) in into.iter_mut().enumerate() {
            *value = self.value(column);
        }
    }
}

/// Whether a sink wants more rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[must_use]
pub enum Flow {
    /// Go on.
    More,
    /// Enough: the provider should stop, successfully.
    Stop,
}

/// Where a provider puts rows.
///
/// A sink owns what it gathers, so that it can go to another thread and come back.
pub trait RowSink: Send + Any {
    /// Learns that about so many rows will come, so that it can make room for them. Whoever doesn't know
    /// says nothing.
    fn expect(&mut self, rows: usize) {
        let _ = rows;
    }

    /// Takes one row.
    ///
    /// # Errors
    /// Whatever it answers ends the read and is handed on as it is.
    fn row(&mut self, row: &dyn Row) -> Result<Flow>;
}
