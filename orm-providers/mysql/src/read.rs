//! Reads.

use crate::error::{is_locked, is_out_of_range, overflown_at};
use crate::places;
use crate::row::EngineRow;
use crate::session::{Failed, Place, Session, Text};
use crate::values::{params, sent};
use orm_core::model::schema::EntitySchema;
use orm_core::plan::{LockWait, Select};
use orm_core::provider::RowSink;
use orm_core::value::{KeyValues, Kind, ValueRef};
use orm_core::{Error, Result};
use orm_provider_sql::Bind;
use orm_provider_sql::output::{self, kinds};
use orm_provider_sql::shape::Shape;
use std::sync::Arc;

const SELECT: u8 = 1;
const FIND: u8 = 2;

/// The text of a shape with these binds, finished.
pub(crate) fn finished(
    session: &mut Session,
    binds: &[Bind<'_>],
    kinds: impl FnOnce() -> Box<[Kind]>,
    marked: impl FnOnce() -> Result<String>,
) -> Result<Arc<Text>> {
    places::note(binds, &mut session.key);
    let dialect = session.server.dialect;
    session.text(|| {
        let (sql, slots) = places::finish(dialect, &marked()?, binds);
        Ok(Text { sql, slots, kinds: kinds() })
    })
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
    let render = session.renderer(place);
    let text = finished(session, &binds, || kinds(plan), || render.select(plan))?;
    let params = params(&text.slots, &binds);
    drop(binds);
    let taken = session.rows(&text.sql, params, |row| sink.row(&EngineRow { row, kinds: &text.kinds }));
    match taken.await {
        Ok(outcome) => outcome,
        // It didn't wait, because it was not to.
        Err(error) if plan.lock.is_some_and(|lock| lock.wait == LockWait::Fail) && is_locked(&error) => {
            Err(Error::Locked { model: plan.entity.model })
        }
        Err(error) => Err(overflow(plan, &error).unwrap_or_else(|| failure(session, plan.entity, error))),
    }
}

/// The statement of a plan, and what the engine says of it.
pub(crate) async fn explain(session: &mut Session, place: &Place, plan: &Select) -> Result<Vec<String>> {
    let mut shape = Shape::new(session.shape(SELECT, place));
    shape.select(plan)?;
    let binds = shape.into_binds();
    let marked = session.renderer(place).select(plan)?;
    let (sql, slots) = places::finish(session.server.dialect, &marked, &binds);
    let params = params(&slots, &binds);
    drop(binds);
    let told = match session.fetch(&format!("EXPLAIN {sql}"), params).await {
        Ok(told) => told,
        Err(error) => return Err(session.failure("explaining a statement", error)),
    };
    let mut lines = vec![sql];
    for row in &told {
        let columns = row.columns_ref().iter().enumerate();
        let parts = columns.filter_map(|(at, column)| {
            let value = match row.as_ref(at)? {
                mysql_async::Value::NULL => return None,
                mysql_async::Value::Bytes(bytes) => String::from_utf8_lossy(bytes).into_owned(),
                other => other.as_sql(true),
            };
            (!value.is_empty()).then(|| format!("{}: {value}", column.name_str()))
        });
        lines.push(parts.collect::<Vec<_>>().join(", "));
    }
    Ok(lines)
}

fn failure(session: &mut Session, entity: &EntitySchema, error: Failed) -> Error {
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
    let mut binds = Vec::with_capacity(entity.key.len());
    for (i, &column) in entity.key.iter().enumerate() {
        // A part that no column of this kind can hold equals nothing.
        match entity.field(column).kind.fit(key.get(i)) {
            Ok(ValueRef::Null) | Err(_) => return Ok(()),
            Ok(value) => binds.push(Bind::Value(value)),
        }
    }
    let render = session.renderer(place);
    let kinds = || entity.fields.iter().map(|f| f.kind).collect();
    let text = finished(session, &binds, kinds, || Ok(render.find(entity)))?;
    let params = binds
        .iter()
        .map(|bind| match bind {
            Bind::Value(value) => sent(*value),
            _ => mysql_async::Value::NULL,
        })
        .collect();
    drop(binds);
    let taken = session.rows(&text.sql, params, |row| sink.row(&EngineRow { row, kinds: &text.kinds }));
    match taken.await {
        Ok(outcome) => outcome,
        Err(error) => Err(failure(session, entity, error)),
    }
}

/// The sum that doesn't fit, if that is what the engine failed for.
fn overflow(plan: &Select, error: &Failed) -> Option<Error> {
    match overflown_at(error) {
        Some(place) => output::overflow(plan, place),
        // The engine itself refuses a sum of floats, and doesn't tell which.
        None if is_out_of_range(error) => output::float_overflow(plan),
        None => None,
    }
}
