//! A run of rows, column by column. Its columns are what a writer copies when a snapshot is open.

use super::bits::Mask;
use super::column::Column;
use orm_core::model::schema::EntitySchema;
use orm_core::provider::Row;
use orm_core::value::ValueRef;
use std::sync::Arc;

/// Up to [`CHUNK`](super::bits::CHUNK) rows. A clone shares the columns.
#[derive(Debug, Clone)]
pub(crate) struct Chunk {
    /// The rows there are, deleted ones among them.
    pub(crate) len: usize,
    /// The rows that aren't deleted.
    pub(crate) live: Mask,
    /// Their number.
    pub(crate) live_count: usize,
    pub(crate) columns: Arc<[Column]>,
}

impl Chunk {
    pub(crate) fn new(schema: &EntitySchema) -> Self {
        Self {
            len: 0,
            live: Mask::NONE,
            live_count: 0,
            columns: schema.fields.iter().map(|f| Column::new(f.kind)).collect(),
        }
    }

    /// Whether all rows there are are live.
    #[inline]
    pub(crate) fn is_whole(&self) -> bool {
        self.live_count == self.len
    }

    /// Whether a row that there is isn't deleted. Mostly none is, and the mask need not be fetched.
    #[inline]
    pub(crate) fn is_live(&self, at: usize) -> bool {
        self.is_whole() || self.live.get(at)
    }

    /// The columns to write to; they are copied if a snapshot shares them.
    #[inline]
    pub(crate) fn columns_mut(&mut self) -> &mut [Column] {
        Arc::make_mut(&mut self.columns)
    }

    /// A cell; NULL beyond the last column.
    #[inline(always)]
    pub(crate) fn value(&self, at: usize, column: usize) -> ValueRef<'_> {
        match self.columns.get(column) {
            Some(column) => column.get(at),
            None => ValueRef::Null,
        }
    }

    /// Looks at all that a reader of the row will need, and makes of it a number that means nothing.
    /// Whoever reads many rows that lie far apart looks at some of them first: what they wait for in
    /// memory comes at the same time then.
    #[inline]
    pub(crate) fn glance(&self, at: usize) -> usize {
        self.columns.iter().fold(0, |sum, column| sum ^ column.glance(at))
    }

    pub(crate) fn set_live(&mut self, at: usize, live: bool) {
        if self.live.get(at) != live {
            self.live.put(at, live);
            if live {
                self.live_count += 1;
            } else {
                self.live_count -= 1;
            }
        }
    }
}

/// One row of a chunk, as a sink sees it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct StoredRow<'a> {
    pub(crate) chunk: &'a Chunk,
    pub(crate) at: usize,
}

impl Row for StoredRow<'_> {
    #[inline]
    fn value(&self, column: usize) -> ValueRef<'_> {
        self.chunk.value(self.at, column)
    }

    #[inline]
    fn values<'r>(&'r self, into: &mut [ValueRef<'r>]) {
        let columns = &*self.chunk.columns;
        for (value, column) in into.iter_mut().zip(columns) {
            column.read(self.at, value);
        }
        if let Some(beyond) = into.get_mut(columns.len()..) {
            beyond.fill(ValueRef::Null);
        }
    }
}
