//! The rows of a statement one by one.
//!
//! The statement runs as a call of its own beside whoever reads. It hands over some rows and waits until
//! they were taken, so that there are never more than a few of them in memory.

use super::sinks::RowReader;
use super::{FromRow, Sql};
use crate::engine::{Line, Mode, Session, Watch, returned};
use crate::error::{Error, Result};
use crate::provider::{
    AsyncConnection, BoxFuture, Flow, Row, RowSink, SqlSink, SqlStatement, Threads, Wanted,
};
use std::future::poll_fn;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

/// How many rows are handed over at once.
const HANDED_OVER: usize = 256;

impl<D: Mode> Sql<D> {
    /// The rows one by one, read as in [`fetch`](Self::fetch): an iterator in blocking code, a stream in
    /// async code. The statement is begun when the first row is asked for, and goes on as rows are taken:
    /// the memory in use doesn't grow with the result. A connection to the engine is in use until the end,
    /// or until the sequence is dropped, which ends the statement.
    ///
    /// After an error nothing follows. Inside of a transaction there is no such sequence, since dropping
    /// it early would take the transaction down.
    ///
    /// ```
    /// # use orm_core::prelude::*;
    /// # fn example(db: Database) -> orm_core::Result<()> {
    /// let mut longest = 0;
    /// for row in db.sql("SELECT name FROM users").stream::<String>() {
    ///     longest = longest.max(row?.len());
    /// }
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// As pieces of the sequence: as [`fetch`](Self::fetch); [`Error::Unsupported`] inside of a
    /// transaction.
    pub fn stream<R: FromRow>(self) -> D::Rows<'static, Result<R>> {
        D::rows(Streaming { at: At::Begin(Box::new(self)), rows: Vec::new().into_iter() }, Streaming::next)
    }

    /// Begins the statement.
    async fn begin<R: FromRow>(mut self) -> Result<Running<R>> {
        let (link, watch) = match &self.session {
            Session::Connection(link, _) | Session::Hosted(link, ..) => link.parts(),
            Session::Transaction(_) => {
                return Err(Error::unsupported(
                    "a stream of SQL inside of a transaction",
                    "dropping it early would take the transaction down; use `fetch`",
                ));
            }
        };
        let connection = match link {
            Line::Remote(connection) => connection,
            // A call that blocks gets a thread, which waits where nobody takes the rows.
            Line::Direct(connection) => {
                Arc::new(Threads::new(connection, "orm-sql-stream", 1)) as Arc<dyn AsyncConnection>
            }
        };
        let statement = self.statement().await?;
        let between = Arc::new(Between::default());
        let sink =
            Passing { reader: RowReader::new(), rows: Vec::new(), passed: 0, between: Arc::clone(&between) };
        Ok(Running { call: call(connection, watch, statement, sink), between: Consumer(between) })
    }
}

fn call<R: FromRow>(
    connection: Arc<dyn AsyncConnection>,
    watch: Watch,
    statement: Arc<SqlStatement>,
    sink: Passing<R>,
) -> BoxFuture<'static, Result<Passing<R>>> {
    Box::pin(async move {
        let seen = watch.sql(&statement);
        let (sink, outcome) = seen.around(connection.sql(statement, Box::new(sink))).await;
        let outcome = outcome.and_then(|_| returned::<Passing<R>>(sink));
        seen.end(&outcome, |sink| sink.passed);
        outcome
    })
}

/// Where rows are handed over.
struct Between<R>(Mutex<Handed<R>>);

struct Handed<R> {
    rows: Vec<R>,
    /// Who waits for room.
    producer: Option<Waker>,
    /// Who waits for rows.
    consumer: Option<Waker>,
    /// Nobody takes rows any more.
    closed: bool,
}

impl<R> Default for Between<R> {
    fn default() -> Self {
        Self(Mutex::new(Handed { rows: Vec::new(), producer: None, consumer: None, closed: false }))
    }
}

impl<R> Between<R> {
    fn lock(&self) -> MutexGuard<'_, Handed<R>> {
        // No foreign code runs under the lock.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The rows that were handed over.
    fn take(&self) -> Vec<R> {
        let mut handed = self.lock();
        let rows = std::mem::take(&mut handed.rows);
        let waiting = if rows.is_empty() { None } else { handed.producer.take() };
        drop(handed);
        waiting.into_iter().for_each(Waker::wake);
        rows
    }
}

/// The sink of the statement.
struct Passing<R> {
    reader: RowReader,
    rows: Vec<R>,
    /// How many there were.
    passed: u64,
    between: Arc<Between<R>>,
}

impl<R: FromRow> RowSink for Passing<R> {
    fn row(&mut self, row: &dyn Row) -> Result<Flow> {
        // Between two handings over nobody asks whether the other end is gone.
        if self.rows.is_empty() && self.between.lock().closed {
            return Ok(Flow::Stop);
        }
        self.rows.push(self.reader.row(row)?);
        self.passed += 1;
        Ok(Flow::More)
    }
}

impl<R: FromRow> SqlSink for Passing<R> {
    fn columns(&mut self, names: &[&str]) -> Result<Vec<Wanted>> {
        self.rows.clear();
        self.reader.columns::<R>(names)
    }

    fn poll_room(&mut self, context: &mut Context<'_>) -> Poll<()> {
        if self.rows.len() < HANDED_OVER {
            return Poll::Ready(());
        }
        let mut handed = self.between.lock();
        if handed.closed {
            self.rows.clear();
            return Poll::Ready(());
        }
        if !handed.rows.is_empty() {
            handed.producer = Some(context.waker().clone());
            return Poll::Pending;
        }
        handed.rows = std::mem::replace(&mut self.rows, Vec::with_capacity(HANDED_OVER));
        let waiting = handed.consumer.take();
        drop(handed);
        waiting.into_iter().for_each(Waker::wake);
        Poll::Ready(())
    }
}

/// The end that takes rows; dropped, it ends the statement.
struct Consumer<R>(Arc<Between<R>>);

impl<R> Drop for Consumer<R> {
    fn drop(&mut self) {
        let mut handed = self.0.lock();
        handed.closed = true;
        let waiting = handed.producer.take();
        drop(handed);
        waiting.into_iter().for_each(Waker::wake);
    }
}

struct Running<R> {
    call: BoxFuture<'static, Result<Passing<R>>>,
    between: Consumer<R>,
}

enum At<D: Mode, R> {
    Begin(Box<Sql<D>>),
    Running(Running<R>),
    /// With an error that is told after the last rows.
    Ended(Option<Error>),
}

struct Streaming<D: Mode, R> {
    at: At<D, R>,
    rows: std::vec::IntoIter<R>,
}

impl<D: Mode, R: FromRow> Streaming<D, R> {
    async fn next(mut self) -> Option<(Result<R>, Self)> {
        loop {
            if let Some(row) = self.rows.next() {
                return Some((Ok(row), self));
            }
            self.at = match self.at {
                At::Begin(sql) => match sql.begin().await {
                    Ok(running) => At::Running(running),
                    Err(error) => At::Ended(Some(error)),
                },
                At::Running(mut running) => {
                    let (rows, ended) = running.some().await;
                    self.rows = rows.into_iter();
                    ended.map_or(At::Running(running), At::Ended)
                }
                At::Ended(Some(error)) => {
                    self.at = At::Ended(None);
                    return Some((Err(error), self));
                }
                At::Ended(None) => return None,
            };
        }
    }
}

impl<R: FromRow> Running<R> {
    /// The next rows; and whether the statement has ended, maybe with an error.
    async fn some(&mut self) -> (Vec<R>, Option<Option<Error>>) {
        poll_fn(|context| {
            let between = &self.between.0;
            let rows = between.take();
            if !rows.is_empty() {
                return Poll::Ready((rows, None));
            }
            between.lock().consumer = Some(context.waker().clone());
            match self.call.as_mut().poll(context) {
                Poll::Ready(outcome) => {
                    let mut rows = between.take();
                    let error = match outcome {
                        Ok(sink) => {
                            rows.extend(sink.rows);
                            None
                        }
                        Err(error) => Some(error),
                    };
                    Poll::Ready((rows, Some(error)))
                }
                // It may have handed over rows right now.
                Poll::Pending => match between.take() {
                    rows if rows.is_empty() => Poll::Pending,
                    rows => Poll::Ready((rows, None)),
                },
            }
        })
        .await
    }
}
