//! Reads.

use crate::error::{is_locked, is_out_of_range, overflown_at};
use crate::places;
use crate::row::EngineRow;
use crate::session::{Failed, Place, Session, Text};
use crate::values::{params, sent};
use orm_core::model::schema::EntitySchema;
use orm_core::plan::{Aggregate, ColumnPath, LockWait, Output, Select};
use orm_core::provider::RowSink;
use orm_core::value::{KeyValues, Kind, ValueRef};
use orm_core::{Error, Result};
use orm_provider_sql::Bind;
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
    let Output::Groups(grouping) = &plan.output else {
        return None;
    };
    let is_float = |c: &ColumnPath| matches!(c.field(plan.entity).kind, Kind::F32 | Kind::F64);
    let column = match overflown_at(error) {
        Some(place) => grouping.aggregates.get(place)?.column()?,
        // The engine itself refuses a sum of floats, and doesn't tell which.
        None if is_out_of_range(error) => {
            grouping.aggregates.iter().find_map(|aggregate| match aggregate {
                Aggregate::Sum(column) | Aggregate::Avg(column) if is_float(column) => Some(column),
                _ => None,
            })?
        }
        None => return None,
    };
    let (entity, field) = (column.entity(plan.entity), column.field(plan.entity));
    Some(Error::Overflow { model: entity.model, column: field.field })
}

/// The kinds of the columns that a plan puts out.
fn kinds(plan: &Select) -> Box<[Kind]> {
    let kinds: Vec<Kind> = match &plan.output {
        Output::Count => vec![Kind::I64],
        Output::Exists => vec![Kind::Bool],
        Output::Counts => parent(plan).chain([Kind::I64]).collect(),
        Output::Groups(grouping) => grouping.kinds(plan.entity),
        Output::Columns(columns) => {
            let own = columns.iter().map(|&c| plan.entity.field(c).kind);
            own.chain(parent(plan)).chain(middle(plan)).collect()
        }
        _ => plan.entity.fields.iter().map(|f| f.kind).chain(parent(plan)).chain(middle(plan)).collect(),
    };
    kinds.into()
}

/// The kinds of a parent's key, where there are parents.
fn parent(plan: &Select) -> impl Iterator<Item = Kind> {
    plan.related.iter().flat_map(|related| {
        let (entity, columns) = match &related.relation.pivot {
            Some(pivot) => ((pivot.entity)(), pivot.from),
            None => (plan.entity, related.relation.to),
        };
        columns.iter().map(move |&c| entity.field(c).kind)
    })
}

/// The kinds of the columns of what stands in between, where that goes out too.
fn middle(plan: &Select) -> impl Iterator<Item = Kind> {
    let related = plan.related.iter().filter(|related| related.with_middle);
    let between = related.filter_map(|related| related.relation.pivot.as_ref());
    between.flat_map(|pivot| (pivot.entity)().fields.iter().map(|f| f.kind))
}
