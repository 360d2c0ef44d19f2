//! A connection to the server, with the statements it knows.

use crate::dialect::MysqlDialect;
use crate::error::{Origin, is_gone, is_lost, is_undone};
use mysql_async::prelude::Queryable;
use mysql_async::{Conn, Params, Row, Statement, Value};
use orm_core::connection::ConnectionName;
use orm_core::provider::Flow;
use orm_core::value::Kind;
use orm_core::{Error, Result};
use orm_provider_server::Reached;
use orm_provider_sql::{Renderer, TextCache};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// How many texts a session keeps.
const TEXTS: usize = 1024;

/// How long the server may not have been heard before a commit isn't sent without asking whether it is
/// there: a commit that is lost is the one thing that can't be tried again.
const UNHEARD: Duration = Duration::from_millis(100);

/// A failure of the driver or the server.
pub(crate) type Failed = mysql_async::Error;

/// A connection's tables: their database, and a number for it in shapes.
#[derive(Debug)]
pub(crate) struct Place {
    pub(crate) name: ConnectionName,
    pub(crate) database: String,
    pub(crate) id: u32,
    /// What entities' keys have reached at least.
    pub(crate) reached: Reached,
}

/// A finished text, what its placeholders take, and what its columns are.
#[derive(Debug)]
pub(crate) struct Text {
    pub(crate) sql: String,
    pub(crate) slots: Vec<crate::places::Slot>,
    pub(crate) kinds: Box<[Kind]>,
}

impl From<String> for Text {
    /// A text whose values are put together elsewhere, and that answers no rows.
    fn from(sql: String) -> Self {
        Self { sql, slots: Vec::new(), kinds: Box::default() }
    }
}

/// What the server is.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Server {
    pub(crate) dialect: &'static MysqlDialect,
    /// Whether writing what changed since the snapshot is refused.
    pub(crate) snapshots_conflict: bool,
    /// How many bytes a statement may have.
    pub(crate) packet: usize,
}

/// A connection to the server.
pub(crate) struct Session {
    conn: Conn,
    pub(crate) texts: TextCache<Text>,
    /// The buffer of the shape at hand.
    pub(crate) key: Vec<u8>,
    pub(crate) origin: Arc<Origin>,
    pub(crate) server: Server,
    /// Whether the read at hand has put out a row.
    pub(crate) answered: bool,
    /// Whether the change at hand was sent: before that, it is only made known to the server.
    pub(crate) sent: bool,
    /// When the server answered last.
    heard: Instant,
    /// Whether a request is on its way.
    busy: bool,
    /// Whether the connection is gone.
    dead: bool,
    /// Whether something was begun that must come to its end.
    unsettled: bool,
    /// Whether the engine ended the transaction by itself.
    undone: bool,
    /// How long a transaction may do nothing, and when it last did something.
    idle: Option<(Duration, Instant)>,
}

/// How a connection can go on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Condition {
    /// Whoever comes next may use it.
    Usable,
    /// Something is open that must be left first.
    Open,
    /// An answer is on its way that nobody waits for.
    Busy,
    /// It is gone.
    Dead,
}

impl Session {
    /// Leaves everything that may be open.
    pub(crate) const LEAVE: &'static str = "ROLLBACK; UNLOCK TABLES; DO RELEASE_ALL_LOCKS()";

    pub(crate) fn new(conn: Conn, origin: Arc<Origin>, server: Server, idle: Option<Duration>) -> Self {
        Self {
            conn,
            texts: TextCache::new(TEXTS),
            key: Vec::with_capacity(256),
            origin,
            server,
            answered: false,
            sent: false,
            heard: Instant::now(),
            busy: false,
            dead: false,
            unsettled: false,
            undone: false,
            idle: idle.filter(|limit| !limit.is_zero()).map(|limit| (limit, Instant::now())),
        }
    }

    /// The number by which the server knows the connection.
    pub(crate) fn id(&self) -> u32 {
        self.conn.id()
    }

    pub(crate) fn condition(&self) -> Condition {
        match (self.dead, self.busy, self.unsettled) {
            (true, ..) => Condition::Dead,
            (_, true, _) => Condition::Busy,
            (_, _, true) => Condition::Open,
            _ => Condition::Usable,
        }
    }

    /// Something begins that must come to its end before anybody else uses the connection. To be said
    /// before the first request, because a future may be dropped at any time.
    pub(crate) fn unsettled(&mut self) {
        self.unsettled = true;
        self.undone = false;
    }

    /// It came to its end.
    pub(crate) fn settled(&mut self) {
        self.unsettled = false;
        self.undone = false;
    }

    /// Whether the engine ended the transaction by itself.
    pub(crate) fn is_undone(&self) -> bool {
        self.undone
    }

    /// What writes statements for the tables of a connection.
    pub(crate) fn renderer<'p>(&self, place: &'p Place) -> Renderer<'p> {
        Renderer { dialect: self.server.dialect, namespace: &place.database }
    }

    /// Begins the shape of a statement: its sort and the tables it is about.
    pub(crate) fn shape(&mut self, sort: u8, place: &Place) -> &mut Vec<u8> {
        self.key.clear();
        self.key.push(sort);
        self.key.extend_from_slice(&place.id.to_ne_bytes());
        &mut self.key
    }

    /// The text of the shape at hand.
    pub(crate) fn text(&mut self, render: impl FnOnce() -> Result<Text>) -> Result<Arc<Text>> {
        self.texts.get_or_render(&self.key, render)
    }

    /// What a request is sent by. Until it [ended](Self::ended), the connection is busy.
    pub(crate) fn request(&mut self) -> &mut Conn {
        self.busy = true;
        &mut self.conn
    }

    /// Lets the server look at a statement, unless it did before.
    pub(crate) async fn prepare(&mut self, sql: &str) -> Result<Statement, Failed> {
        let outcome = self.request().prep(sql).await;
        self.ended(outcome)
    }

    /// Notes how a request ended.
    pub(crate) fn ended<T>(&mut self, outcome: Result<T, Failed>) -> Result<T, Failed> {
        self.busy = false;
        self.heard = Instant::now();
        if let Err(error) = &outcome {
            self.dead |= is_lost(error) || is_gone(error);
            self.undone |= is_undone(error);
        }
        if let (Some((_, last)), false) = (&mut self.idle, self.dead) {
            *last = Instant::now();
        }
        outcome
    }

    /// Asks the server whether it is still there, if it wasn't heard for so long. What is lost unnoticed
    /// while nothing is asked would look like a loss of the next request's answer.
    pub(crate) async fn ensure_alive(&mut self, unheard: Duration) -> Result<(), Failed> {
        if self.heard.elapsed() < unheard {
            return Ok(());
        }
        let outcome = self.request().ping().await;
        self.ended(outcome)
    }

    /// Whether the transaction did nothing for longer than it may.
    fn was_idle(&self) -> bool {
        self.unsettled && self.idle.is_some_and(|(limit, last)| last.elapsed() >= limit)
    }

    /// Makes durable what was done in the open transaction.
    ///
    /// # Errors
    /// [`Error::CommitUnknown`] where that was asked and not answered.
    pub(crate) async fn commit(&mut self) -> Result<()> {
        // What the server may have ended is not in doubt if it is never asked.
        let unheard = if self.was_idle() { Duration::ZERO } else { UNHEARD };
        if let Err(error) = self.ensure_alive(unheard).await {
            return Err(self.failure("committing", error));
        }
        let ended = self.batch("COMMIT").await;
        ended.map_err(|error| self.origin.commit(error))
    }

    /// Runs statements of fixed text.
    pub(crate) async fn batch(&mut self, sql: &str) -> Result<(), Failed> {
        self.busy = true;
        let outcome = self.conn.query_drop(sql).await;
        self.ended(outcome)
    }

    /// Runs statements of fixed text and answers the rows of all of them.
    pub(crate) async fn ask(&mut self, sql: &str) -> Result<Vec<Row>, Failed> {
        self.busy = true;
        let outcome = async {
            let mut result = self.conn.query_iter(sql).await?;
            let mut rows = Vec::new();
            while !result.is_empty() {
                rows.extend(result.collect::<Row>().await?);
            }
            result.drop_result().await?;
            Ok(rows)
        };
        let outcome = outcome.await;
        self.ended(outcome)
    }

    /// Runs a statement and answers how many rows it found to change.
    pub(crate) async fn execute(&mut self, sql: &str, params: Vec<Value>) -> Result<u64, Failed> {
        self.change(sql, params, true).await
    }

    /// The same, for a statement that is as long as its records are many: the server needn't keep it.
    pub(crate) async fn execute_once(&mut self, sql: &str, params: Vec<Value>) -> Result<u64, Failed> {
        self.change(sql, params, false).await
    }

    async fn change(&mut self, sql: &str, params: Vec<Value>, kept: bool) -> Result<u64, Failed> {
        self.busy = true;
        self.sent = false;
        let outcome = async {
            let statement = self.conn.prep(sql).await?;
            self.sent = true;
            let outcome = async {
                let result = self.conn.exec_iter(&statement, Params::from(params)).await?;
                let touched = result.affected_rows();
                result.drop_result().await?;
                Ok(touched)
            };
            let outcome = outcome.await;
            if !kept {
                // It has no answer; where it fails, the next request does.
                let _ = self.conn.close(statement).await;
            }
            outcome
        };
        let outcome = outcome.await;
        self.ended(outcome)
    }

    /// Runs a statement and hands over its rows. The outer failure is the engine's, the inner that of
    /// who takes the rows.
    pub(crate) async fn rows(
        &mut self,
        sql: &str,
        params: Vec<Value>,
        mut take: impl FnMut(&Row) -> Result<Flow> + Send,
    ) -> Result<Result<()>, Failed> {
        self.busy = true;
        self.answered = false;
        let answered = &mut self.answered;
        let conn = &mut self.conn;
        let outcome = async {
            let mut result = conn.exec_iter(sql, Params::from(params)).await?;
            let mut outcome = Ok(());
            while let Some(row) = result.next().await? {
                *answered = true;
                match take(&row) {
                    Ok(Flow::More) => continue,
                    Ok(Flow::Stop) => {}
                    Err(error) => outcome = Err(error),
                }
                break;
            }
            // What the server sends further is taken in and forgotten.
            result.drop_result().await?;
            Ok(outcome)
        };
        let outcome = outcome.await;
        self.ended(outcome)
    }

    /// Runs a statement and answers its rows.
    pub(crate) async fn fetch(&mut self, sql: &str, params: Vec<Value>) -> Result<Vec<Row>, Failed> {
        let mut found = Vec::new();
        let taken = self.rows(sql, params, |row| {
            found.push(row.clone());
            Ok(Flow::More)
        });
        taken.await?.map_or_else(|_| Ok(Vec::new()), |()| Ok(found))
    }

    /// Runs statements of fixed text, in the core's terms.
    pub(crate) async fn run(&mut self, sql: &str) -> Result<()> {
        self.batch(sql).await.map_err(|e| self.failure(sql, e))
    }

    /// A failure while `doing` something.
    pub(crate) fn failure(&mut self, doing: &str, error: Failed) -> Error {
        match self.origin.failure(doing, error) {
            Error::ConnectionLost(_) if self.was_idle() => Error::Timeout(format!(
                "{}: {doing} came too late: the transaction did nothing for longer than \
                 `idle_in_transaction_timeout` allows, and the server rolled it back",
                self.origin.label
            )),
            other => other,
        }
    }
}
