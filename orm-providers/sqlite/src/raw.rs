//! Statements of the user's own.

use crate::dialect::SqliteDialect;
use crate::error::message;
use crate::session::Session;
use crate::temporal;
use crate::values::{EngineRow, bind};
use orm_core::provider::{Flow, Row, SqlBind, SqlSink, SqlStatement, Wanted};
use orm_core::value::{Kind, Value, ValueRef};
use orm_core::{Error, Result};
use orm_provider_sql::raw::{Lexis, Translated, Verb, as_wanted, binds, no_decimals, translate};
use rusqlite::{Statement, ffi};

/// A statement in the engine's terms.
pub(crate) struct Raw<'s> {
    statement: &'s SqlStatement,
    translated: Translated,
}

impl<'s> Raw<'s> {
    pub(crate) fn new(statement: &'s SqlStatement) -> Result<Self> {
        let translated = translate(statement, &SqliteDialect, Lexis::SQLITE)?;
        for (i, bind) in statement.binds.iter().enumerate() {
            let decimal = match bind {
                SqlBind::Value(value, _) => matches!(value, Value::Decimal(_)),
                SqlBind::List(list) => matches!(list.kind(), Kind::Decimal(_)),
            };
            if decimal {
                return Err(no_decimals(i + 1));
            }
        }
        Ok(Self { statement, translated })
    }

    /// Whether it doesn't look like a write.
    pub(crate) fn may_read(&self) -> bool {
        matches!(self.translated.verb, Verb::Read | Verb::With)
    }

    /// Whether the engine says that it changes nothing.
    pub(crate) fn only_reads(&self, session: &Session) -> Result<bool> {
        Ok(self.may_read() && self.prepare(session)?.readonly())
    }

    /// Runs it in a transaction of its own, if there is something to undo.
    pub(crate) fn run_alone(&self, session: &mut Session, sink: &mut dyn SqlSink) -> Result<u64> {
        match self.translated.verb {
            Verb::Write | Verb::With => {
                session.atomically("BEGIN IMMEDIATE", |session| self.run_to_change(session, sink))
            }
            // Some of these, like VACUUM, can't be run in a transaction.
            _ => self.run_to_change(session, sink),
        }
    }

    /// Runs it where it may change something.
    pub(crate) fn run_to_change(&self, session: &mut Session, sink: &mut dyn SqlSink) -> Result<u64> {
        session.highest = None;
        self.run(session, sink)
    }

    /// Runs it.
    pub(crate) fn run(&self, session: &mut Session, sink: &mut dyn SqlSink) -> Result<u64> {
        let mut statement = self.prepare(session)?;
        let expected = self.statement.binds.len();
        if statement.parameter_count() != expected {
            return Err(Error::Sql(
                "the statement has placeholders with names; write `?` for each value".to_owned(),
            ));
        }
        bind(&mut statement, &binds(self.statement))
            .map_err(|e| session.origin.failure("binding values", e))?;
        let columns = columns(&statement, sink)?;
        let reads = statement.readonly();
        let mut rows = statement.raw_query();
        let mut flow = Flow::More;
        while let Some(row) = rows.next().map_err(|e| failure(session, e))? {
            // A write comes to its end whether or not its rows are wanted.
            match flow {
                Flow::More => {
                    flow = sink
                        .row(&RawRow { row: EngineRow { row, kinds: &columns.stored }, columns: &columns })?
                }
                Flow::Stop if reads => break,
                Flow::Stop => {}
            }
        }
        drop(rows);
        let changed = matches!(self.translated.verb, Verb::Write | Verb::With) && !reads;
        Ok(if changed { session.engine.changes() } else { 0 })
    }

    fn prepare<'c>(&self, session: &'c Session) -> Result<rusqlite::CachedStatement<'c>> {
        let prepared = session.engine.prepare_cached(&self.translated.text);
        prepared.map_err(|e| session.origin.failure("preparing SQL", e))
    }
}

fn failure(session: &Session, error: rusqlite::Error) -> Error {
    let doubled = [ffi::SQLITE_CONSTRAINT_UNIQUE, ffi::SQLITE_CONSTRAINT_PRIMARYKEY];
    // `UNIQUE constraint failed: users.email, users.name`
    let columns = message(&error).rsplit_once(": ").map(|(_, columns)| columns.to_owned());
    match (error.sqlite_extended_error_code(), columns) {
        (Some(code), Some(columns)) if doubled.contains(&code) => {
            let at = columns.split('.').next().unwrap_or("$").to_owned();
            Error::Unique { at, model: "row", columns, values: None, may_be_deleted: false }
        }
        _ => session.origin.failure("running SQL", error),
    }
}

/// The columns of a result.
struct Columns {
    /// The kinds in which they are stored.
    stored: Vec<Kind>,
    /// The kinds they are wanted as.
    wanted: Vec<Kind>,
}

fn columns(statement: &Statement<'_>, sink: &mut dyn SqlSink) -> Result<Columns> {
    let wanted = sink.columns(&statement.column_names().collect::<Vec<_>>())?;
    let mut columns = Columns { stored: Vec::new(), wanted: Vec::new() };
    for (at, column) in statement.columns().enumerate() {
        let scale = column.decl_type().and_then(declared_scale);
        let (stored, wanted) = match (wanted.get(at), scale) {
            (Some(&Wanted::Stored(kind)), _) => (kind, kind),
            (Some(&Wanted::Type(kind)), Some(scale)) => (Kind::Decimal(scale), kind),
            (Some(Wanted::Type(Kind::Decimal(_))), None) => {
                return Err(Error::Sql(format!(
                    "column {} of the result (`{}`) is computed: SQLite has no decimals, and the scale of whole \
                     numbers isn't known here; read them as `i64`, or into a model",
                    at + 1,
                    column.name()
                )));
            }
            (Some(&Wanted::Type(kind)), None) => (kind, kind),
            _ => (Kind::I64, Kind::I64),
        };
        columns.stored.push(stored);
        columns.wanted.push(wanted);
    }
    Ok(columns)
}

/// The scale of a column that is declared as `DECIMAL_INT(18,2)`.
fn declared_scale(declared: &str) -> Option<u8> {
    let scale = declared.strip_prefix("DECIMAL_INT(18,")?.strip_suffix(')')?;
    scale.trim().parse().ok().filter(|scale| *scale <= 18)
}

struct RawRow<'r, 's> {
    row: EngineRow<'r, 's>,
    columns: &'r Columns,
}

impl Row for RawRow<'_, '_> {
    fn value(&self, column: usize) -> ValueRef<'_> {
        let value = self.row.value(column);
        match self.columns.wanted.get(column) {
            Some(&wanted) if self.columns.stored.get(column) != Some(&wanted) => as_wanted(wanted, value),
            Some(&wanted) => match value {
                ValueRef::Text(text) => whole_seconds(wanted, text).unwrap_or(value),
                _ => value,
            },
            None => value,
        }
    }
}

/// A time without a fraction, as the engine's own functions write it.
fn whole_seconds(wanted: Kind, text: &str) -> Option<ValueRef<'static>> {
    let is_time = match wanted {
        Kind::Time => text.len() == 8,
        Kind::DateTime | Kind::Timestamp => text.len() == 19,
        _ => false,
    };
    if !is_time {
        return None;
    }
    let exact = format!("{text}.000000");
    match wanted {
        Kind::Time => temporal::time(exact.as_bytes()).map(ValueRef::Time),
        Kind::DateTime => temporal::date_time(exact.as_bytes()).map(ValueRef::DateTime),
        _ => temporal::timestamp(exact.as_bytes()).map(ValueRef::Timestamp),
    }
}
