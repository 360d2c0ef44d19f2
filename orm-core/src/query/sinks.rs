//! Where result rows become records.

use crate::error::{Error, Result};
use crate::model::Model;
use crate::model::schema::EntitySchema;
use crate::plan::Rows;
use crate::provider::{Flow, Row, RowSink};
use crate::value::ValueRef;

/// Gathers records.
pub(crate) struct Records<M>(pub(crate) Vec<M>);

impl<M: Model> RowSink for Records<M> {
    fn expect(&mut self, rows: usize) {
        self.0.reserve(rows);
    }

    fn row(&mut self, row: &dyn Row) -> Result<Flow> {
        self.0.push(M::hydrate(row)?);
        Ok(Flow::More)
    }
}

/// Gathers some columns of each row.
pub(crate) struct Picked {
    pub(crate) rows: Rows,
    columns: Vec<usize>,
}

impl Picked {
    pub(crate) fn new(entity: &'static EntitySchema, columns: impl IntoIterator<Item = usize>) -> Self {
        let mut columns: Vec<usize> = columns.into_iter().collect();
        columns.sort_unstable();
        columns.dedup();
        Self { rows: Rows::new(entity), columns }
    }
}

impl RowSink for Picked {
    fn row(&mut self, row: &dyn Row) -> Result<Flow> {
        let at = self.rows.push();
        for &column in &self.columns {
            if !self.rows.set(at, column, row.value(column)) {
                let at = self.rows.entity().name.to_owned();
                return Err(Error::TooLarge { at, what: "more than 4 GiB of text in one column" });
            }
        }
        Ok(Flow::More)
    }
}

/// Takes one record.
pub(crate) struct First<M>(pub(crate) Option<M>);

impl<M: Model> RowSink for First<M> {
    #[inline]
    fn row(&mut self, row: &dyn Row) -> Result<Flow> {
        self.0 = Some(M::hydrate(row)?);
        Ok(Flow::Stop)
    }
}

/// Takes the one number of a count, or of an existence.
pub(crate) struct Number(pub(crate) u64);

impl RowSink for Number {
    fn row(&mut self, row: &dyn Row) -> Result<Flow> {
        self.0 = match row.value(0) {
            ValueRef::Int(n) => n.unsigned_abs(),
            ValueRef::Bool(b) => u64::from(b),
            other => {
                let source = format!("expected a count, found {}", other.describe());
                return Err(Error::provider("a count", source));
            }
        };
        Ok(Flow::Stop)
    }
}
