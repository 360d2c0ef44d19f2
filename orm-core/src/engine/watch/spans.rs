//! Spans of `tracing` around calls, and warnings of slow ones.

use super::values;
use crate::connection::ConnectionName;
use crate::error::{Error, Result};
use crate::model::schema::EntitySchema;
use crate::plan::{Change, RowWrite, Select, WriteBatch};
use crate::provider::SqlStatement;
use crate::value::KeyValues;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tracing::instrument::{Instrument as _, Instrumented};
use tracing::{Level, Span, debug, debug_span, enabled, field, warn};

/// The target of all that is told.
const TARGET: &str = "orm";

/// How calls are watched.
#[derive(Clone, Default)]
pub(crate) struct Watch {
    connection: Arc<str>,
    /// From when on a statement is slow.
    pub(crate) slow: Option<Duration>,
    /// Whether values are told.
    pub(crate) values: bool,
}

/// What a call does.
struct Told {
    entity: String,
    operation: &'static str,
    statement: String,
    values: String,
}

/// A call that is watched, unless nobody does.
pub(crate) struct Seen(Option<Box<Call>>);

struct Call {
    watch: Watch,
    told: Told,
    span: Span,
    since: Instant,
}

impl Watch {
    pub(crate) fn named(&self, name: &ConnectionName) -> Self {
        Self { connection: name.as_str().into(), ..self.clone() }
    }

    #[inline]
    pub(crate) fn is_on(&self) -> bool {
        self.slow.is_some() || enabled!(target: TARGET, Level::DEBUG)
    }

    #[inline]
    fn begin(&self, tell: impl FnOnce() -> Told) -> Seen {
        if self.is_on() { self.seen(tell()) } else { Seen(None) }
    }

    #[cold]
    fn seen(&self, told: Told) -> Seen {
        let span = debug_span!(
            target: TARGET,
            "statement",
            connection = &*self.connection,
            entity = told.entity,
            operation = told.operation,
            statement = told.statement,
            values = field::Empty,
            rows = field::Empty,
            duration_us = field::Empty,
            error = field::Empty,
        );
        if self.values && !told.values.is_empty() {
            span.record("values", told.values.as_str());
        }
        Seen(Some(Box::new(Call { watch: self.clone(), told, span, since: Instant::now() })))
    }

    /// Writes down values, if they are wanted.
    fn values(&self, write: impl FnOnce() -> String) -> String {
        if self.values { write() } else { String::new() }
    }

    #[inline]
    pub(crate) fn select(&self, plan: &Select) -> Seen {
        self.begin(|| Told {
            entity: plan.entity.name.to_owned(),
            operation: "select",
            statement: plan.to_string(),
            values: self.values(|| values::of_plan(plan)),
        })
    }

    #[inline]
    pub(crate) fn find(&self, entity: &'static EntitySchema, key: &KeyValues) -> Seen {
        self.begin(|| Told {
            entity: entity.name.to_owned(),
            operation: "find",
            statement: format!("one of {} by its key", entity.name),
            values: self.values(|| values::of_key(entity, key)),
        })
    }

    /// What is bound to the user's own SQL is never told: nobody knows what of it is a secret.
    #[inline]
    pub(crate) fn sql(&self, statement: &SqlStatement) -> Seen {
        self.begin(|| Told {
            entity: String::new(),
            operation: "sql",
            statement: statement.text.clone(),
            values: String::new(),
        })
    }

    #[inline]
    pub(crate) fn apply(&self, batch: &WriteBatch) -> Seen {
        self.begin(|| {
            let names: Vec<&str> = batch.writes.iter().map(|write| write.entity.name).collect();
            let operation = match batch.writes.as_slice() {
                [one] => verb(&one.change),
                _ => "write",
            };
            let each = batch.writes.iter().map(|write| match &write.change {
                Change::Rows { rows, .. } => {
                    format!("{} {} of {}", verb(&write.change), rows.len(), write.entity.name)
                }
                change => format!("{} {}", verb(change), write.entity.name),
            });
            Told {
                entity: names.join(", "),
                operation,
                statement: each.collect::<Vec<_>>().join("; "),
                values: self.values(|| values::of_batch(batch)),
            }
        })
    }

    /// A step of a transaction, or what is about no entity.
    #[inline]
    pub(crate) fn step(&self, operation: &'static str) -> Seen {
        self.begin(|| Told {
            entity: String::new(),
            operation,
            statement: String::new(),
            values: String::new(),
        })
    }
}

fn verb(change: &Change) -> &'static str {
    match change {
        Change::Rows { how: RowWrite::Merge, .. } => "save",
        Change::Rows { how: RowWrite::Insert, .. } => "insert",
        Change::Rows { how: RowWrite::Update, .. } | Change::UpdateWhere { .. } => "update",
        Change::Delete { .. } | Change::DeleteWhere { .. } => "delete",
        Change::Clear => "clear",
    }
}

impl Seen {
    /// The work, within the span.
    #[inline]
    pub(crate) fn around<F: Future>(&self, work: F) -> Instrumented<F> {
        work.instrument(self.0.as_ref().map_or_else(Span::none, |call| call.span.clone()))
    }

    /// Tells how it ended.
    #[inline]
    pub(crate) fn end<T>(self, outcome: &Result<T>, rows: impl FnOnce(&T) -> u64) {
        if let Some(call) = self.0 {
            match outcome {
                Ok(done) => call.end(rows(done), None),
                Err(error) => call.end(0, Some(error)),
            }
        }
    }
}

impl Call {
    #[cold]
    fn end(self, rows: u64, error: Option<&Error>) {
        let Self { watch, told, span, since } = self;
        let took = since.elapsed();
        let duration_us = u64::try_from(took.as_micros()).unwrap_or(u64::MAX);
        span.record("rows", rows);
        span.record("duration_us", duration_us);
        // What an error says may have values in it, also hidden ones.
        let error = error.map(kind);
        if let Some(error) = &error {
            span.record("error", error.as_str());
        }
        span.in_scope(|| debug!(target: TARGET, rows, duration_us, error, "statement"));
        if watch.slow.is_some_and(|slow| took >= slow) {
            let values = (!told.values.is_empty()).then_some(told.values);
            warn!(
                target: TARGET,
                connection = &*watch.connection,
                entity = told.entity,
                operation = told.operation,
                statement = told.statement,
                values,
                rows,
                duration_us,
                error,
                "slow statement"
            );
        }
    }
}

/// What kind of error it is, without anything that it is about.
fn kind(error: &Error) -> String {
    let mut text = format!("{error:?}");
    let end = text.find(|c: char| !c.is_ascii_alphanumeric()).unwrap_or(text.len());
    text.truncate(end);
    text
}
