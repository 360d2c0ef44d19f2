//! A connection to the server, with the statements it knows.

use crate::error::Origin;
use crate::values::Param;
use futures_util::TryStreamExt as _;
use orm_core::connection::ConnectionName;
use orm_core::model::schema::EntitySchema;
use orm_core::value::Kind;
use orm_core::{Error, Result};
use orm_provider_server::{Reached, address};
use orm_provider_sql::TextCache;
use std::collections::BTreeMap;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::{Duration, Instant};
use tokio_postgres::error::SqlState;
use tokio_postgres::{Client, SimpleQueryStream, Statement};

/// How many statements a session keeps; the server keeps as many of them prepared.
const STATEMENTS: usize = 512;

/// How long the server may not have been heard before a write isn't sent without asking whether it is
/// there: a commit that is lost is the one thing that can't be tried again.
const UNHEARD: Duration = Duration::from_secs(10);

/// A connection's tables: their schema, and a number for it in shapes.
#[derive(Debug)]
pub(crate) struct Place {
    pub(crate) name: ConnectionName,
    pub(crate) schema: String,
    pub(crate) id: u32,
    /// What entities' sequences have reached at least.
    pub(crate) reached: Reached,
    /// The engine's numbers of entities' sequences.
    sequences: Mutex<BTreeMap<usize, u32>>,
}

impl Place {
    pub(crate) fn new(name: ConnectionName, schema: String, id: u32) -> Self {
        Self { name, schema, id, reached: Reached::default(), sequences: Mutex::default() }
    }

    fn sequences(&self) -> MutexGuard<'_, BTreeMap<usize, u32>> {
        // What is guarded is whole between any two statements.
        self.sequences.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The sequence of an entity's keys, if it is known.
    pub(crate) fn sequence(&self, entity: &'static EntitySchema) -> Option<u32> {
        self.sequences().get(&address(entity)).copied()
    }

    /// Notes the sequence of an entity's keys, which may be another since its table was made anew.
    pub(crate) fn note_sequence(&self, entity: &'static EntitySchema, number: u32) {
        self.sequences().insert(address(entity), number);
    }
}

/// A finished text and what its columns are.
#[derive(Debug)]
pub(crate) struct Text {
    pub(crate) sql: String,
    pub(crate) kinds: Box<[Kind]>,
}

impl Text {
    /// A statement that puts out no rows.
    pub(crate) fn silent(sql: String) -> Self {
        Self { sql, kinds: Box::default() }
    }
}

/// A text with its statement, once the server has it.
#[derive(Debug)]
pub(crate) struct Prepared {
    pub(crate) text: Text,
    statement: OnceLock<Statement>,
}

impl Prepared {
    /// The statement, if the server has it.
    pub(crate) fn known(&self) -> Option<Statement> {
        self.statement.get().cloned()
    }

    /// The server has it as this.
    pub(crate) fn is_known_as(&self, statement: &Statement) {
        // Sessions are used by one at a time, so nobody else has set it.
        let _ = self.statement.set(statement.clone());
    }
}

/// Statements whose answer is on its way.
pub(crate) type Asked = Pin<Box<SimpleQueryStream>>;

/// A connection to the server.
pub(crate) struct Session {
    pub(crate) client: Client,
    pub(crate) texts: TextCache<Prepared>,
    /// The buffer of the shape at hand.
    pub(crate) key: Vec<u8>,
    pub(crate) origin: Arc<Origin>,
    /// How the connection ended, if it did.
    ended: Arc<OnceLock<tokio_postgres::Error>>,
    /// What is to be sent before the next statement, without waiting for the answer in between.
    pending: Option<&'static str>,
    /// Whether the read at hand has put out a row.
    pub(crate) answered: bool,
    /// Whether requests are on their way, or a transaction is open.
    unsettled: bool,
    /// Whether the server knows `MERGE`.
    pub(crate) has_merge: bool,
    /// When a call came to its end.
    heard: Instant,
}

impl Session {
    /// Leaves everything that may be open.
    pub(crate) const LEAVE: &'static str = "ROLLBACK; SELECT pg_advisory_unlock_all()";

    pub(crate) fn new(
        client: Client,
        ended: Arc<OnceLock<tokio_postgres::Error>>,
        origin: Arc<Origin>,
        has_merge: bool,
    ) -> Self {
        let texts = TextCache::new(STATEMENTS);
        Self {
            client,
            texts,
            key: Vec::with_capacity(256),
            origin,
            ended,
            pending: None,
            answered: false,
            unsettled: false,
            has_merge,
            heard: Instant::now(),
        }
    }

    /// Whether whoever comes next may use it.
    pub(crate) fn is_usable(&self) -> bool {
        !self.unsettled && !self.client.is_closed()
    }

    /// Something begins that must come to its end before anybody else uses the connection. To be said
    /// before the first request, because a future may be dropped at any time.
    pub(crate) fn unsettled(&mut self) {
        self.unsettled = true;
    }

    /// It came to its end.
    pub(crate) fn settled(&mut self) {
        self.heard = Instant::now();
        self.unsettled = false;
        self.pending = None;
    }

    /// Asks whether the server is there, if it wasn't heard for long.
    ///
    /// # Errors
    /// [`Error::ConnectionLost`] where it isn't.
    pub(crate) async fn ensure_alive(&mut self) -> Result<()> {
        if self.heard.elapsed() < UNHEARD {
            return Ok(());
        }
        self.run("").await
    }

    /// Begins the shape of a statement: its sort and the tables it is about.
    pub(crate) fn shape(&mut self, sort: u8, place: &Place) -> &mut Vec<u8> {
        self.key.clear();
        self.key.push(sort);
        self.key.extend_from_slice(&place.id.to_ne_bytes());
        &mut self.key
    }

    /// The text of the shape at hand.
    pub(crate) fn text(&mut self, render: impl FnOnce() -> Result<Text>) -> Result<Arc<Prepared>> {
        self.texts
            .get_or_render(&self.key, || render().map(|text| Prepared { text, statement: OnceLock::new() }))
    }

    /// The statement of a text.
    pub(crate) async fn statement(
        &mut self,
        prepared: &Prepared,
        params: &[Param<'_>],
    ) -> Result<Statement, tokio_postgres::Error> {
        if let Some(known) = prepared.statement.get() {
            return Ok(known.clone());
        }
        let types: Vec<_> = params.iter().map(Param::type_).collect();
        // Boxed, since there is room for it in every request, and few come here.
        let made = Box::pin(self.client.prepare_typed(&prepared.text.sql, &types)).await?;
        // Sessions are used by one at a time, so nobody else has set it.
        let _ = prepared.statement.set(made.clone());
        Ok(made)
    }

    /// Sends something before the next statement.
    pub(crate) fn before_next(&mut self, sql: &'static str) {
        self.pending = Some(sql);
    }

    /// What was to be sent before the next statement and wasn't.
    pub(crate) fn take_pending(&mut self) -> Option<&'static str> {
        self.pending.take()
    }

    /// Runs fixed statements.
    pub(crate) async fn run(&mut self, sql: &str) -> Result<()> {
        if let Some(before) = self.pending.take() {
            self.client.batch_execute(before).await.map_err(|e| self.failure(before, e))?;
        }
        self.client.batch_execute(sql).await.map_err(|e| self.failure(sql, e))
    }

    /// Sends fixed statements, and leaves their answer to be read later, or never.
    pub(crate) async fn ask(&mut self, sql: &str) -> Result<Asked> {
        let asked = self.client.simple_query_raw(sql).await;
        asked.map(Box::pin).map_err(|e| self.failure(sql, e))
    }

    /// Reads the answer to what was asked while `doing` something.
    pub(crate) async fn answer(&mut self, doing: &str, mut asked: Asked) -> Result<()> {
        while asked.try_next().await.map_err(|e| self.failure(doing, e))?.is_some() {}
        Ok(())
    }

    /// A failure while `doing` something.
    pub(crate) fn failure(&mut self, doing: &str, error: tokio_postgres::Error) -> Error {
        // Tables were changed, or a pooler in between lent another session: what was prepared is stale.
        let stale = [&SqlState::FEATURE_NOT_SUPPORTED, &SqlState::INVALID_SQL_STATEMENT_NAME];
        if error.code().is_some_and(|code| stale.contains(&code)) {
            self.texts = TextCache::new(STATEMENTS);
        }
        match self.origin.failure(doing, error) {
            Error::ConnectionLost(_) => self.lost(doing),
            other => other,
        }
    }

    /// The connection ended before anything was made durable.
    pub(crate) fn lost(&self, doing: &str) -> Error {
        self.origin.lost(doing, self.ended.get())
    }

    /// Makes durable what was done in the open transaction.
    ///
    /// # Errors
    /// [`Error::CommitUnknown`] where that was asked and not answered.
    pub(crate) async fn commit(&mut self) -> Result<()> {
        // What was never asked hasn't happened.
        if self.client.is_closed() {
            return Err(self.lost("committing"));
        }
        let ended = self.client.batch_execute("COMMIT").await;
        ended.map_err(|error| self.not_committed(error))
    }

    /// The failure of what makes changes durable.
    pub(crate) fn not_committed(&self, error: tokio_postgres::Error) -> Error {
        self.origin.commit(error, self.ended.get())
    }
}
