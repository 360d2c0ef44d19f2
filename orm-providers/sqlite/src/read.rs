//! Reads.

use crate::database::Place;
use crate::dialect::SqliteDialect;
use crate::session::{Prepared, Session};
use crate::values::{EngineRow, Param, bind};
use orm_core::Result;
use orm_core::model::schema::EntitySchema;
use orm_core::plan::{Output, Select};
use orm_core::provider::{Flow, RowSink};
use orm_core::value::{KeyValues, Kind, ValueRef};
use orm_provider_sql::Renderer;
use orm_provider_sql::shape::Shape;
use rusqlite::Statement;

pub(crate) const SELECT: u8 = 1;
pub(crate) const FIND: u8 = 2;

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
    let mut shape = Shape::new(session.shape(SELECT, place));
    shape.select(plan)?;
    let binds = shape.into_binds();
    let prepared = session.texts.get_or_render(&session.key, || {
        renderer(place).select(plan).map(|sql| Prepared { sql, kinds: kinds(plan) })
    })?;
    let mut statement = session.statement(&prepared.sql)?;
    bind(&mut statement, &binds).map_err(|e| session.origin.failure("binding the values of a read", e))?;
    rows(session, &mut statement, &prepared, plan.entity, sink)
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
        Ok::<_, orm_core::Error>(Prepared {
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
    rows(session, &mut statement, &prepared, entity, sink)
}

fn rows(
    session: &Session,
    statement: &mut Statement<'_>,
    prepared: &Prepared,
    entity: &EntitySchema,
    sink: &mut dyn RowSink,
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
                let doing = format!("reading `{}`", entity.name);
                return Err(session.origin.failure(&doing, error));
            }
        }
    }
}

/// The kinds of the columns that a plan puts out.
fn kinds(plan: &Select) -> Box<[Kind]> {
    match plan.output {
        Output::Count => [Kind::I64].into(),
        Output::Exists => [Kind::Bool].into(),
        _ => {
            let mut kinds: Vec<Kind> = plan.entity.fields.iter().map(|f| f.kind).collect();
            if let Some(related) = &plan.related {
                let (entity, columns) = match &related.relation.pivot {
                    Some(pivot) => ((pivot.entity)(), pivot.from),
                    None => (plan.entity, related.relation.to),
                };
                kinds.extend(columns.iter().map(|&c| entity.field(c).kind));
                if related.with_middle && related.relation.pivot.is_some() {
                    kinds.extend(entity.fields.iter().map(|f| f.kind));
                }
            }
            kinds.into()
        }
    }
}
