//! Reads.

use crate::dialect::PostgresDialect;
use crate::error::{is_out_of_range, overflown_at};
use crate::row::EngineRow;
use crate::session::{Place, Prepared, Session, Text};
use crate::values::{Param, params};
use futures_util::TryStreamExt as _;
use orm_core::model::schema::EntitySchema;
use orm_core::plan::{LockWait, Select};
use orm_core::provider::{Flow, RowSink};
use orm_core::value::{KeyValues, ValueRef};
use orm_core::{Error, Result};
use orm_provider_sql::Renderer;
use orm_provider_sql::output::{self, kinds};
use orm_provider_sql::shape::Shape;
use std::pin::pin;
use tokio_postgres::error::SqlState;

const SELECT: u8 = 1;
const FIND: u8 = 2;

pub(crate) fn renderer(place: &Place) -> Renderer<'_> {
    Renderer { dialect: &PostgresDialect, namespace: &place.schema }
}

/// Reads a plan into a sink.
pub(crate) async fn select(
    session: &mut Session,
    place: &Place,
    plan: &Select,
    sink: &mut dyn RowSink,
) -> Result<()> {
    let mut shape = Shape::new(session.shape(SELECT, place));
    shape.select(plan)?;
    let binds = shape.into_binds();
    let params = params(binds, &mut session.key);
    let prepared =
        session.text(|| renderer(place).select(plan).map(|sql| Text { sql, kinds: kinds(plan) }))?;
    match rows(session, &prepared, &params, sink).await {
        Ok(outcome) => outcome,
        Err(error) if is_locked(plan, &error) => Err(Error::Locked { model: plan.entity.model }),
        Err(error) => Err(overflow(plan, &error).unwrap_or_else(|| failure(session, plan.entity, error))),
    }
}

/// Whether the engine didn't wait for a lock because it was not to.
fn is_locked(plan: &Select, error: &tokio_postgres::Error) -> bool {
    plan.lock.is_some_and(|lock| lock.wait == LockWait::Fail)
        && error.code() == Some(&SqlState::LOCK_NOT_AVAILABLE)
}

/// The statement of a plan, and what the engine says of it.
pub(crate) async fn explain(session: &mut Session, place: &Place, plan: &Select) -> Result<Vec<String>> {
    let mut shape = Shape::new(session.shape(SELECT, place));
    shape.select(plan)?;
    let params = params(shape.into_binds(), &mut session.key);
    let sql = renderer(place).select(plan)?;
    let types: Vec<String> = params.iter().map(|p| p.type_().name().to_owned()).collect();
    let nulls = vec!["NULL"; params.len()].join(", ");
    let (of, with) = match types.as_slice() {
        [] => (String::new(), String::new()),
        types => (format!(" ({})", types.join(", ")), format!(" ({nulls})")),
    };
    // The engine makes its plan without the values.
    let statements = format!(
        "BEGIN READ ONLY; SET LOCAL plan_cache_mode = force_generic_plan; PREPARE orm_explain{of} AS {sql}; \
         EXPLAIN EXECUTE orm_explain{with}; DEALLOCATE orm_explain; ROLLBACK"
    );
    let told = match session.client.simple_query(&statements).await {
        Ok(told) => told,
        Err(error) => return Err(session.failure("explaining a statement", error)),
    };
    let mut lines = vec![sql];
    for message in &told {
        if let tokio_postgres::SimpleQueryMessage::Row(row) = message {
            lines.extend(row.get(0).map(str::to_owned));
        }
    }
    Ok(lines)
}

fn failure(session: &mut Session, entity: &EntitySchema, error: tokio_postgres::Error) -> Error {
    session.failure(&format!("reading `{}`", entity.name), error)
}

/// Reads one record by its key.
pub(crate) async fn find(
    session: &mut Session,
    place: &Place,
    entity: &'static EntitySchema,
    key: &KeyValues,
    sink: &mut dyn RowSink,
) -> Result<()> {
    Shape::new(session.shape(FIND, place)).entity(entity);
    let mut params = Vec::with_capacity(entity.key.len());
    for (i, &column) in entity.key.iter().enumerate() {
        // A part that no column of this kind can hold equals nothing.
        match entity.field(column).kind.fit(key.get(i)) {
            Ok(ValueRef::Null) | Err(_) => return Ok(()),
            Ok(value) => params.push(Param::Value(value)),
        }
    }
    let prepared = session.text(|| {
        let kinds = entity.fields.iter().map(|f| f.kind).collect();
        Ok(Text { sql: renderer(place).find(entity), kinds })
    })?;
    match rows(session, &prepared, &params, sink).await {
        Ok(outcome) => outcome,
        Err(error) => Err(failure(session, entity, error)),
    }
}

/// Puts the rows of a statement into a sink. The outer failure is the engine's, the inner the sink's.
async fn rows(
    session: &mut Session,
    prepared: &Prepared,
    params: &[Param<'_>],
    sink: &mut dyn RowSink,
) -> Result<Result<()>, tokio_postgres::Error> {
    session.answered = false;
    let statement = session.statement(prepared, params).await?;
    let mut rows = pin!(session.client.query_raw(&statement, params.iter()).await?);
    while let Some(row) = rows.try_next().await? {
        session.answered = true;
        match sink.row(&EngineRow::new(&row, &prepared.text.kinds)) {
            Ok(Flow::More) => {}
            // What the server sends further is taken in and forgotten.
            Ok(Flow::Stop) => break,
            Err(error) => return Ok(Err(error)),
        }
    }
    Ok(Ok(()))
}

/// The sum that doesn't fit, if that is what the engine failed for.
fn overflow(plan: &Select, error: &tokio_postgres::Error) -> Option<Error> {
    match overflown_at(error) {
        Some(place) => output::overflow(plan, place),
        // The engine itself refuses a sum of floats, and doesn't tell which.
        None if is_out_of_range(error) => output::float_overflow(plan),
        None => None,
    }
}
