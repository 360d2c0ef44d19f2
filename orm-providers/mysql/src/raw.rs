//! Statements of the user's own.

use crate::error::{is_own_fault, violated};
use crate::places;
use crate::raw_row::{Columns, RawRow};
use crate::session::{Failed, Session};
use crate::values::params;
use mysql_async::prelude::Queryable;
use mysql_async::{DriverError, Params, Statement, Value};
use orm_core::provider::{Flow, SqlSink, SqlStatement, Wanted};
use orm_core::{Error, Result};
use orm_provider_sql::raw::{Lexis, Translated, Verb, binds, translate};
use std::future::poll_fn;

/// How many rows that nobody wants are taken in before the connection is given up.
const UNWANTED: usize = 256;

/// What begins with one of these ends the open transaction.
const COMMITS: [&str; 16] = [
    "ALTER",
    "ANALYZE",
    "CACHE",
    "CHECK",
    "CREATE",
    "DROP",
    "FLUSH",
    "GRANT",
    "INSTALL",
    "OPTIMIZE",
    "RENAME",
    "REPAIR",
    "REVOKE",
    "SHUTDOWN",
    "TRUNCATE",
    "UNINSTALL",
];

/// A statement, of which the placeholders are still the user's.
pub(crate) struct Raw<'s> {
    statement: &'s SqlStatement,
    translated: Translated,
}

/// A statement as the server has it.
struct Ready {
    statement: Statement,
    params: Vec<Value>,
    /// What its columns are wanted as, where it could be asked before it runs.
    wanted: Option<Vec<Wanted>>,
}

/// How the rows of a statement ended.
struct Ended {
    outcome: Result<u64>,
    /// Whether all of them were taken in.
    whole: bool,
}

impl<'s> Raw<'s> {
    pub(crate) fn new(statement: &'s SqlStatement, session: &Session) -> Result<Self> {
        let translated = translate(statement, session.server.dialect, Lexis::MYSQL)?;
        // Here this is of whole connections, whatever follows.
        if translated.words[0] == "LOCK" {
            return Err(Error::Sql(
                "`LOCK` can't be run: it would change one of the connections to the engine, which others use \
                 afterwards; use locking reads (`.for_update()`)"
                    .to_owned(),
            ));
        }
        Ok(Self { statement, translated })
    }

    fn reads(&self) -> bool {
        self.translated.verb == Verb::Read
    }

    /// Whether it may be a write that answers rows, which the server tells only when it runs.
    fn may_return(&self) -> bool {
        let word = "RETURNING";
        let mut parts = self.translated.text.as_bytes().windows(word.len());
        self.writes() && parts.any(|part| part.eq_ignore_ascii_case(word.as_bytes()))
    }

    fn writes(&self) -> bool {
        matches!(self.translated.verb, Verb::Write | Verb::With)
    }

    /// Runs it on a connection that nobody else uses, which is settled afterwards if it can be.
    pub(crate) async fn run_alone(&self, session: &mut Session, sink: &mut dyn SqlSink) -> Result<u64> {
        session.answered = false;
        let ready = match self.prepare(session, sink).await {
            Ok(ready) => ready,
            Err(error) => {
                session.settled();
                return Err(error);
            }
        };
        // From here on nobody knows what a lost connection has done.
        session.answered = true;
        let answers = ready.wanted.as_ref().is_some_and(|wanted| !wanted.is_empty());
        let framed = !self.reads() && (answers || self.may_return());
        if framed {
            // What it did is undone where its rows can't be read.
            session.run("START TRANSACTION").await?;
        }
        let ended = match self.rows(session, ready, sink, !self.reads()).await {
            Ok(ended) => ended,
            Err(error) => {
                return match self.failure(session, error) {
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
    pub(crate) async fn run_within(&self, session: &mut Session, sink: &mut dyn SqlSink) -> Result<u64> {
        let [first, second] = &self.translated.words;
        let harmless = ["TEMPORARY", "SELECT", "FORMAT"].contains(&second.as_str());
        if COMMITS.contains(&first.as_str()) && !harmless {
            return Err(Error::Sql(format!(
                "`{first}` can't be run in a transaction: the engine would commit that before, and it could no \
                 longer be rolled back; run it outside"
            )));
        }
        session.run("SAVEPOINT orm_raw").await?;
        let outcome = match self.prepare(session, sink).await {
            Ok(ready) => match self.rows(session, ready, sink, true).await {
                Ok(ended) => ended.outcome,
                Err(error) => Err(self.failure(session, error)),
            },
            Err(error) => Err(error),
        };
        let end = match &outcome {
            Ok(_) => "RELEASE SAVEPOINT orm_raw",
            // The engine rolled all of it back.
            Err(_) if session.is_undone() => return outcome,
            Err(_) => "ROLLBACK TO SAVEPOINT orm_raw; RELEASE SAVEPOINT orm_raw",
        };
        match (session.run(end).await, outcome) {
            // What is to be told happened before.
            (Err(_), Err(first)) => Err(first),
            (Err(_), Ok(_)) if session.is_undone() => {
                Err(Error::TransactionClosed("a statement of one's own ended it in the engine"))
            }
            (Err(error), Ok(_)) => Err(error),
            (Ok(()), outcome) => outcome,
        }
    }

    /// Lets the server look at the statement, and asks what its columns are wanted as: what fails here
    /// has done nothing.
    async fn prepare(&self, session: &mut Session, sink: &mut dyn SqlSink) -> Result<Ready> {
        let binds = binds(self.statement);
        let (text, slots) = places::finish(session.server.dialect, &self.translated.text, &binds);
        let params = params(&slots, &binds);
        drop(binds);
        let statement = match session.prepare(&text).await {
            Ok(statement) => statement,
            Err(Failed::Driver(DriverError::MixedParams)) => return Err(other_places()),
            Err(error) => return Err(self.failure(session, error)),
        };
        if usize::from(statement.num_params()) != params.len() {
            return Err(other_places());
        }
        let columns = statement.columns();
        // Of some statements that answer rows, the server doesn't know it yet.
        let is_known = !columns.is_empty() || (self.writes() && !self.may_return());
        let wanted = match is_known {
            true => Some(crate::raw_row::wanted(&columns, sink)?),
            false => None,
        };
        Ok(Ready { statement, params, wanted })
    }

    /// Runs it and hands over its rows, waiting before each until there is room. Where all rows must be
    /// taken in, those are that nobody wants, too.
    async fn rows(
        &self,
        session: &mut Session,
        ready: Ready,
        sink: &mut dyn SqlSink,
        all: bool,
    ) -> Result<Ended, Failed> {
        let Ready { statement, params, wanted } = ready;
        let conn = session.request();
        let outcome = async {
            let mut result = conn.exec_iter(&statement, Params::from(params)).await?;
            let told = result.columns().unwrap_or_default();
            let wanted = match wanted {
                Some(wanted) => Ok(wanted),
                None => crate::raw_row::wanted(&told, sink),
            };
            let (columns, mut taken) = match wanted {
                Ok(wanted) => (Columns::new(&told, &wanted), Ok(Flow::More)),
                Err(error) => (Columns::default(), Err(error)),
            };
            let (mut count, mut unwanted) = (0, 0);
            loop {
                if matches!(taken, Ok(Flow::More)) {
                    poll_fn(|context| sink.poll_room(context)).await;
                }
                let Some(row) = result.next().await? else { break };
                count += 1;
                match taken {
                    Ok(Flow::More) => taken = sink.row(&RawRow::new(&row, &columns)),
                    _ if !all && unwanted >= UNWANTED => {
                        return Ok(Ended { outcome: taken.map(|_| 0), whole: false });
                    }
                    _ => unwanted += 1,
                }
            }
            let touched = match (self.reads(), told.is_empty()) {
                (true, _) => 0,
                (_, true) => result.affected_rows(),
                // Each row tells of one that was written.
                _ => count,
            };
            // Procedures may answer more than once.
            result.drop_result().await?;
            Ok(Ended { outcome: taken.map(|_| touched), whole: true })
        };
        // Where the rest is on its way still, whoever leaves the connection takes it in, if that isn't long.
        let outcome = outcome.await;
        session.ended(outcome)
    }

    fn failure(&self, session: &mut Session, error: Failed) -> Error {
        if let Some(index) = violated(&error) {
            return Error::Unique {
                at: "$".to_owned(),
                model: "row",
                columns: index.to_owned(),
                values: None,
                may_be_deleted: false,
            };
        }
        if is_own_fault(&error) {
            return Error::provider(format!("{}: running SQL", session.origin.label), error);
        }
        session.failure("running SQL", error)
    }
}

fn other_places() -> Error {
    Error::Sql(
        "the statement has other placeholders than `?`, or question marks where the engine takes them for \
         placeholders; write one `?` for each value"
            .to_owned(),
    )
}
