//! Sinks as calls have them: one type for all, so that calls needn't be compiled again for each.

use crate::error::{Error, Result};
use crate::provider::{Flow, Row, RowSink};
use std::any::Any;

/// A sink that is lent to a call, which counts the rows that go in.
pub(crate) struct Lent<S> {
    /// `None` while it is with an engine that must own it.
    sink: Option<S>,
    rows: u64,
}

/// A [`Lent`] sink, whatever it gathers.
pub(crate) trait LentSink: RowSink {
    /// Hands the sink over, to be [taken back](Self::take_back).
    fn hand_over(&mut self) -> Box<dyn RowSink>;

    /// Takes it back.
    ///
    /// # Errors
    /// When it is another one.
    fn take_back(&mut self, sink: Box<dyn RowSink>) -> Result<()>;

    /// How many rows went in.
    fn rows(&self) -> u64;

    /// The sink itself, where nobody wants to know how many rows there are.
    fn plain(&mut self) -> &mut dyn RowSink;
}

#[cold]
pub(crate) fn another_sink() -> Error {
    Error::unsupported("the provider's answer", "it handed back another sink than it was given")
}

impl<S> Lent<S> {
    pub(crate) fn new(sink: S) -> Self {
        Self { sink: Some(sink), rows: 0 }
    }

    /// The sink, which is here again after every call that came out well.
    pub(crate) fn back(self) -> Result<S> {
        match self.sink {
            Some(sink) => Ok(sink),
            None => Err(another_sink()),
        }
    }
}

impl<S> Lent<S> {
    /// The sink, while no call has it.
    pub(crate) fn here(&mut self) -> Result<&mut S> {
        match &mut self.sink {
            Some(sink) => Ok(sink),
            None => Err(another_sink()),
        }
    }
}

impl<S: RowSink> RowSink for Lent<S> {
    fn expect(&mut self, rows: usize) {
        if let Some(sink) = &mut self.sink {
            sink.expect(rows);
        }
    }

    #[inline]
    fn row(&mut self, row: &dyn Row) -> Result<Flow> {
        match &mut self.sink {
            Some(sink) => {
                self.rows += 1;
                sink.row(row)
            }
            None => Err(another_sink()),
        }
    }
}

impl<S: RowSink> LentSink for Lent<S> {
    fn hand_over(&mut self) -> Box<dyn RowSink> {
        Box::new(Self { sink: self.sink.take(), rows: self.rows })
    }

    fn take_back(&mut self, mut sink: Box<dyn RowSink>) -> Result<()> {
        match (&mut *sink as &mut dyn Any).downcast_mut::<Self>() {
            Some(back) => {
                std::mem::swap(self, back);
                Ok(())
            }
            None => Err(another_sink()),
        }
    }

    fn rows(&self) -> u64 {
        self.rows
    }

    fn plain(&mut self) -> &mut dyn RowSink {
        match self.sink {
            Some(ref mut sink) => sink,
            None => self,
        }
    }
}
