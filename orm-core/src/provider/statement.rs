//! Statements of the user's own SQL, and where their rows go.

use super::{Flow, Row, RowSink};
use crate::engine::{Blocking, Mode as _};
use crate::error::Result;
use crate::value::{Kind, Value, ValueList};
use std::fmt;
use std::future::poll_fn;
use std::task::{Context, Poll};

/// A statement of the user's own, with `?` where its values go.
///
/// What it prints for `Debug` has no values in it.
#[derive(Clone, PartialEq)]
#[non_exhaustive]
pub struct SqlStatement {
    /// The text, with `?` for each value. A `??` is a question mark of the engine's.
    pub text: String,
    /// The values, in the order of their places.
    pub binds: Vec<SqlBind>,
}

/// A value of a [`SqlStatement`].
#[derive(Clone, PartialEq)]
pub enum SqlBind {
    /// One value that fits this kind, or NULL.
    Value(Value, Kind),
    /// A list that stands for its values: `id IN (?)`.
    List(ValueList),
}

impl SqlStatement {
    /// A statement with its values.
    #[must_use]
    pub fn new(text: String, binds: Vec<SqlBind>) -> Self {
        Self { text, binds }
    }
}

impl fmt::Debug for SqlStatement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SqlStatement").field("text", &self.text).field("binds", &self.binds.len()).finish()
    }
}

impl fmt::Debug for SqlBind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Value(..) => "SqlBind::Value",
            Self::List(_) => "SqlBind::List",
        })
    }
}

/// What a column of a statement's result is read as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Wanted {
    /// Nobody looks at it.
    Nothing,
    /// A column of a model: the value has the form in which the provider stores this kind.
    Stored(Kind),
    /// A value of this kind, of which it isn't known where it comes from; the scale of a decimal is
    /// whatever it has.
    Type(Kind),
}

/// Where the rows of a [`SqlStatement`] go.
pub trait SqlSink: RowSink {
    /// Is told the columns' names, in their order, before the first row, once for each run of the
    /// statement and also where there are no rows. Answers what they are read as, one for each.
    ///
    /// # Errors
    /// Whatever it answers ends the statement and is handed on as it is.
    fn columns(&mut self, names: &[&str]) -> Result<Vec<Wanted>>;

    /// Whether it has room for another row. An async provider asks before each row and waits; one that
    /// blocks needn't, because its sink waits by itself.
    fn poll_room(&mut self, context: &mut Context<'_>) -> Poll<()> {
        let _ = context;
        Poll::Ready(())
    }
}

/// A sink for calls that may block: it waits until there is room for each row.
pub(crate) struct Patient(pub(crate) Box<dyn SqlSink>);

impl RowSink for Patient {
    fn row(&mut self, row: &dyn Row) -> Result<Flow> {
        Blocking::answer(poll_fn(|context| self.0.poll_room(context)));
        self.0.row(row)
    }
}

impl SqlSink for Patient {
    fn columns(&mut self, names: &[&str]) -> Result<Vec<Wanted>> {
        self.0.columns(names)
    }
}
