//! Statements of the user's own.

use crate::dialect::PostgresDialect;
use crate::error::Spelled;
use crate::raw_param::{Choice, RawParam, tags};
use crate::raw_row::{RawRow, columns};
use crate::session::{Place, Prepared, Session, Text};
use futures_util::TryStreamExt as _;
use orm_core::provider::{Flow, SqlSink, SqlStatement};
use orm_core::{Error, Result};
use orm_provider_sql::raw::{Lexis, Translated, Verb, translate};
use std::future::poll_fn;
use std::pin::pin;
use tokio_postgres::Statement;
use tokio_postgres::error::SqlState;
use tokio_postgres::types::Type;

const RAW: u8 = 40;
/// How many rows that nobody wants are taken in before the connection is left to itself.
const UNWANTED: usize = 256;

/// A statement in the engine's terms.
pub(crate) struct Raw<'s> {
    statement: &'s SqlStatement,
    translated: Translated,
}

/// What keeps a statement whole.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Frame {
    /// A transaction of its own, where one is needed.
    Own,
    /// A savepoint of the open transaction.
    Savepoint,
}

/// How the rows of a statement ended.
struct Ended {
    outcome: Result<u64>,
    /// Whether all of them were taken in.
    whole: bool,
}

impl<'s> Raw<'s> {
    pub(crate) fn new(statement: &'s SqlStatement) -> Result<Self> {
        Ok(Self { statement, translated: translate(statement, &PostgresDialect, Lexis::POSTGRES)? })
    }

    fn reads(&self) -> bool {
        self.translated.verb == Verb::Read
    }

    /// Runs it on a connection that nobody else uses, which is settled afterwards if it can be.
    pub(crate) async fn run_alone(
        &self,
        session: &mut Session,
        place: &Place,
        sink: &mut dyn SqlSink,
    ) -> Result<u64> {
        session.answered = false;
        let statement = match self.prepare(session, place, Frame::Own).await {
            Ok(statement) => statement,
            Err(error) => {
                session.settled();
                return Err(error);
            }
        };
        // From here on nobody knows what a lost connection has done.
        session.answered = true;
        let framed = !self.reads() && !statement.columns().is_empty();
        if framed {
            // What it did is undone where its rows can't be read.
            session.run("BEGIN").await?;
        }
        let ended = match self.rows(session, place, &statement, sink).await {
            Ok(ended) => ended,
            Err(error) => {
                let error = self.failure(session, error);
                return match error {
                    Error::ConnectionLost(_) if !self.reads() && !framed => Err(session.origin.unknown()),
                    error => {
                        // Where it can't be undone now, that is done when the connection is given back.
                        if !framed || session.run("ROLLBACK").await.is_ok() {
                            session.settled();
                        }
                        Err(error)
                    }
                };
            }
        };
        if framed {
            match ended.outcome {
                Ok(_) => session.commit().await?,
                Err(_) => session.run("ROLLBACK").await?,
            }
        }
        if ended.whole {
            session.settled();
        }
        ended.outcome
    }

    /// Runs it in the open transaction, which goes on if it fails.
    pub(crate) async fn run_within(
        &self,
        session: &mut Session,
        place: &Place,
        sink: &mut dyn SqlSink,
    ) -> Result<u64> {
        session.run("SAVEPOINT orm_raw").await?;
        let outcome = match self.prepare(session, place, Frame::Savepoint).await {
            Ok(statement) => match self.rows(session, place, &statement, sink).await {
                Ok(ended) => ended.outcome,
                Err(error) => Err(self.failure(session, error)),
            },
            Err(error) => Err(error),
        };
        let end = match &outcome {
            Ok(_) => "RELEASE SAVEPOINT orm_raw",
            Err(_) => "ROLLBACK TO SAVEPOINT orm_raw; RELEASE SAVEPOINT orm_raw",
        };
        match (session.run(end).await, outcome) {
            // What is to be told happened before.
            (Err(_), Err(first)) => Err(first),
            (Err(error), Ok(_)) => Err(error),
            (Ok(()), outcome) => outcome,
        }
    }

    async fn rows(
        &self,
        session: &mut Session,
        place: &Place,
        statement: &Statement,
        sink: &mut dyn SqlSink,
    ) -> Result<Ended, tokio_postgres::Error> {
        let ended = self.rows_of(session, statement, sink).await;
        if !self.reads() {
            // It may have stored keys past the sequences.
            place.reached.forget_all();
        }
        ended
    }

    async fn rows_of(
        &self,
        session: &mut Session,
        statement: &Statement,
        sink: &mut dyn SqlSink,
    ) -> Result<Ended, tokio_postgres::Error> {
        let columns = match columns(statement, sink) {
            Ok(columns) => columns,
            Err(error) => return Ok(Ended { outcome: Err(error), whole: true }),
        };
        let params: Vec<RawParam<'_>> = self.statement.binds.iter().map(RawParam::new).collect();
        let mut rows = pin!(session.client.query_raw(statement, params.iter()).await?);
        let mut taken = Ok(Flow::More);
        let mut unwanted = 0;
        loop {
            if matches!(taken, Ok(Flow::More)) {
                poll_fn(|context| sink.poll_room(context)).await;
            }
            let Some(row) = rows.try_next().await? else { break };
            match taken {
                Ok(Flow::More) => taken = sink.row(&RawRow::new(&row, &columns)),
                // A write comes to its end; of a long read nobody waits for the rest.
                _ if self.reads() && unwanted >= UNWANTED => {
                    return Ok(Ended { outcome: taken.map(|_| 0), whole: false });
                }
                _ => unwanted += 1,
            }
        }
        let touched = if self.reads() { 0 } else { rows.rows_affected().unwrap_or(0) };
        Ok(Ended { outcome: taken.map(|_| touched), whole: true })
    }

    /// The statement as the server has it. Of texts, whole numbers and NULL the server says what they
    /// are, from where they stand; what it can't tell, they are by themselves.
    async fn prepare(&self, session: &mut Session, place: &Place, frame: Frame) -> Result<Statement> {
        let key = session.shape(RAW, place);
        tags(&self.statement.binds, key);
        key.extend_from_slice(self.translated.text.as_bytes());
        let prepared = session.text(|| Ok(Text::silent(self.translated.text.clone())))?;
        if let Some(known) = prepared.known() {
            return Ok(known);
        }
        match self.prepare_anew(session, &prepared, frame).await {
            Ok(statement) => {
                prepared.is_known_as(&statement);
                Ok(statement)
            }
            Err(error) => Err(self.failure(session, error)),
        }
    }

    async fn prepare_anew(
        &self,
        session: &mut Session,
        prepared: &Prepared,
        frame: Frame,
    ) -> Result<Statement, tokio_postgres::Error> {
        let sql = &prepared.text.sql;
        let types = |choice| -> Vec<Type> {
            self.statement.binds.iter().map(|bind| RawParam::new(bind).type_(choice)).collect()
        };
        let open = types(Choice::Open);
        let unclear = match session.client.prepare_typed(sql, &open).await {
            Ok(statement) => {
                // A number where nothing says what is wanted would become a text.
                let mut stated = open;
                let mut again = false;
                for ((bind, told), stated) in
                    self.statement.binds.iter().zip(statement.params()).zip(&mut stated)
                {
                    if *told == Type::TEXT && RawParam::new(bind).is_number() {
                        (*stated, again) = (Type::INT8, true);
                    }
                }
                return if again { session.client.prepare_typed(sql, &stated).await } else { Ok(statement) };
            }
            Err(error) => error,
        };
        let ambiguous = [&SqlState::AMBIGUOUS_FUNCTION, &SqlState::INDETERMINATE_DATATYPE];
        if !unclear.code().is_some_and(|code| ambiguous.contains(&code)) {
            return Err(unclear);
        }
        if frame == Frame::Savepoint {
            session.client.batch_execute("ROLLBACK TO SAVEPOINT orm_raw").await?;
        }
        session.client.prepare_typed(sql, &types(Choice::Stated)).await
    }

    fn failure(&self, session: &mut Session, error: tokio_postgres::Error) -> Error {
        if let Some(db) = error.as_db_error() {
            match *db.code() {
                SqlState::UNIQUE_VIOLATION => {
                    let constraint = db.constraint().unwrap_or("a constraint").to_owned();
                    let at = db.table().unwrap_or("$").to_owned();
                    return Error::Unique {
                        at,
                        model: "row",
                        columns: constraint,
                        values: None,
                        may_be_deleted: false,
                    };
                }
                // These are the statement's own.
                SqlState::UNDEFINED_TABLE | SqlState::UNDEFINED_COLUMN | SqlState::UNDEFINED_OBJECT => {
                    return Error::provider(format!("{}: running SQL", session.origin.label), Spelled(error));
                }
                _ => {}
            }
        }
        session.failure("running SQL", error)
    }
}
