//! Reads.

use crate::database::Place;
use crate::dialect::{SqliteDialect, is_row_id};
use crate::error::message;
use crate::functions::OVERFLOW;
use crate::session::{Prepared, Session};
use crate::values::{EngineRow, Param, bind};
use orm_core::model::schema::EntitySchema;
use orm_core::plan::Select;
use orm_core::provider::{Flow, RowSink};
use orm_core::value::{KeyValues, ValueRef};
use orm_core::{Error, Result};
use orm_provider_sql::Renderer;
use orm_provider_sql::output::{kinds, overflow};
use orm_provider_sql::shape::Shape;
use rusqlite::Statement;

pub(crate) const SELECT: u8 = 1;
pub(crate) const FIND: u8 = 2;
const LAST_ROW: u8 = 3;

/// How many look-ups in an index are worth a question how many records there are.
const LOOKUPS: usize = 64;

pub(crate) fn renderer(place: &Place) -> Renderer<'_> {
    Renderer { dialect: &SqliteDialect, namespace: &place.namespace }
}

/// Reads a plan into a sink.
pub(crate) fn select(
    session: &mut Session,
    place: &Place,
    plan: &Select,
    sink: &mut dyn RowSink,
) -> Result<()> {
    let whole = asks_for_most(session, place, plan)?.then(|| Select { related: None, ..plan.clone() });
    let plan = whole.as_ref().unwrap_or(plan);
    let mut shape = Shape::new(session.shape(SELECT, place));
    shape.select(plan)?;
    let binds = shape.into_binds();
    let prepared = session.texts.get_or_render(&session.key, || {
        renderer(place).select(plan).map(|sql| Prepared { sql, kinds: kinds(plan) })
    })?;
    let mut statement = session.statement(&prepared.sql)?;
    bind(&mut statement, &binds).map_err(|e| session.origin.failure("binding the values of a read", e))?;
    rows(session, &mut statement, &prepared, plan.entity, sink, |place| overflow(plan, place))
}

/// Whether a plan asks for records of so many parents that reading the table from end to end costs less
/// than to look for each of them in an index, and may be answered so.
fn asks_for_most(session: &mut Session, place: &Place, plan: &Select) -> Result<bool> {
    let Some(related) = &plan.related else { return Ok(false) };
    let entity = plan.entity;
    let by_key = related.relation.to == entity.key;
    if !related.loose || by_key || !is_row_id(entity) || related.keys.len() < LOOKUPS {
        return Ok(false);
    }
    // Records have numbers from one on, mostly without gaps; where they don't, the index is as good as ever.
    Shape::new(session.shape(LAST_ROW, place)).entity(entity);
    let prepared = session.texts.get_or_render(&session.key, || {
        let sql = format!("SELECT max(rowid) FROM {}", renderer(place).table(entity));
        Ok::<_, Error>(Prepared { sql, kinds: Box::default() })
    })?;
    let mut statement = session.statement(&prepared.sql)?;
    let last: Option<i64> = statement
        .query_row([], |row| row.get(0))
        .map_err(|e| session.origin.failure("asking how many records there are", e))?;
    Ok(last.is_some_and(|last| last <= 2 * related.keys.len() as i64))
}

/// The statement of a plan, and what the engine says of it.
pub(crate) fn explain(session: &mut Session, place: &Place, plan: &Select) -> Result<Vec<String>> {
    let sql = renderer(place).select(plan)?;
    let failure = |e| session.origin.failure("explaining a statement", e);
    let mut statement = session.engine.prepare(&format!("EXPLAIN QUERY PLAN {sql}")).map_err(failure)?;
    let mut lines = vec![sql];
    // Nothing is bound: the engine makes its plan without the values.
    let mut rows = statement.raw_query();
    let mut depths = vec![(0_i64, 0_usize)];
    while let Some(row) = rows.next().map_err(failure)? {
        let (id, parent): (i64, i64) = (row.get(0).map_err(failure)?, row.get(1).map_err(failure)?);
        let detail: String = row.get(3).map_err(failure)?;
        let depth = depths.iter().find(|(known, _)| *known == parent).map_or(0, |(_, depth)| *depth);
        depths.push((id, depth + 1));
        lines.push(format!("{}{detail}", "  ".repeat(depth)));
    }
    Ok(lines)
}

/// Reads one record by its key.
pub(crate) fn find(
    session: &mut Session,
    place: &Place,
    entity: &'static EntitySchema,
    key: &KeyValues,
    sink: &mut dyn RowSink,
) -> Result<()> {
    Shape::new(session.shape(FIND, place)).entity(entity);
    let prepared = session.texts.get_or_render(&session.key, || {
        Ok::<_, Error>(Prepared {
            sql: renderer(place).find(entity),
            kinds: entity.fields.iter().map(|f| f.kind).collect(),
        })
    })?;
    let mut statement = session.statement(&prepared.sql)?;
    for (i, &column) in entity.key.iter().enumerate() {
        // A part that no column of this kind can hold equals nothing.
        let Ok(value) = entity.field(column).kind.fit(key.get(i)) else {
            return Ok(());
        };
        if value == ValueRef::Null {
            return Ok(());
        }
        statement
            .raw_bind_parameter(i + 1, Param::new(value))
            .map_err(|e| session.origin.failure("binding a key", e))?;
    }
    rows(session, &mut statement, &prepared, entity, sink, |_| None)
}

fn rows(
    session: &Session,
    statement: &mut Statement<'_>,
    prepared: &Prepared,
    entity: &EntitySchema,
    sink: &mut dyn RowSink,
    overflow: impl Fn(usize) -> Option<Error>,
) -> Result<()> {
    let mut rows = statement.raw_query();
    loop {
        match rows.next() {
            Ok(Some(row)) => {
                let kinds = &prepared.kinds;
                if sink.row(&EngineRow { row, kinds })? == Flow::Stop {
                    return Ok(());
                }
            }
            Ok(None) => return Ok(()),
            Err(error) => {
                let place = message(&error).strip_prefix(OVERFLOW).and_then(|place| place.parse().ok());
                if let Some(error) = place.and_then(&overflow) {
                    return Err(error);
                }
                let doing = format!("reading `{}`", entity.name);
                return Err(session.origin.failure(&doing, error));
            }
        }
    }
}
