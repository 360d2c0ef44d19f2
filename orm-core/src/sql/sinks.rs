//! Where the rows of a statement become what they are read as.

use super::{FromRow, Layout};
use crate::error::{Error, Result};
use crate::provider::{Flow, Row, RowSink, SqlSink, Wanted};

/// Reads rows, when it knows where in them everything is.
pub(super) struct RowReader(Option<Layout>);

impl RowReader {
    pub(super) const fn new() -> Self {
        Self(None)
    }

    pub(super) fn columns<R: FromRow>(&mut self, names: &[&str]) -> Result<Vec<Wanted>> {
        let layout = self.0.insert(R::layout(names)?);
        Ok(layout.wanted())
    }

    pub(super) fn row<R: FromRow>(&self, row: &dyn Row) -> Result<R> {
        match &self.0 {
            Some(layout) => R::read(row, layout),
            None => Err(Error::provider("reading a row", "the provider didn't say which columns it has")),
        }
    }
}

/// Gathers rows, as many as are wanted.
pub(super) struct Gathered<R> {
    pub(super) rows: Vec<R>,
    reader: RowReader,
    most: usize,
}

impl<R> Gathered<R> {
    pub(super) fn up_to(most: usize) -> Self {
        Self { rows: Vec::new(), reader: RowReader::new(), most }
    }
}

impl<R: FromRow> RowSink for Gathered<R> {
    fn row(&mut self, row: &dyn Row) -> Result<Flow> {
        self.rows.push(self.reader.row(row)?);
        Ok(if self.rows.len() < self.most { Flow::More } else { Flow::Stop })
    }
}

impl<R: FromRow> SqlSink for Gathered<R> {
    fn columns(&mut self, names: &[&str]) -> Result<Vec<Wanted>> {
        self.rows.clear();
        self.reader.columns::<R>(names)
    }
}

/// Takes no row.
pub(super) struct Ignored;

impl RowSink for Ignored {
    fn row(&mut self, _: &dyn Row) -> Result<Flow> {
        Ok(Flow::More)
    }
}

impl SqlSink for Ignored {
    fn columns(&mut self, names: &[&str]) -> Result<Vec<Wanted>> {
        Ok(vec![Wanted::Nothing; names.len()])
    }
}
