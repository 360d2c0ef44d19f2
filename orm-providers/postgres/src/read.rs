//! Reads.

use crate::dialect::PostgresDialect;
use crate::row::EngineRow;
use crate::session::{Place, Prepared, Session, Text};
use crate::values::{Param, params};
use futures_util::TryStreamExt as _;
use orm_core::Result;
use orm_core::model::schema::EntitySchema;
use orm_core::plan::{Output, Select};
use orm_core::provider::{Flow, RowSink};
use orm_core::value::{KeyValues, Kind, ValueRef};
use orm_provider_sql::Renderer;
use orm_provider_sql::shape::Shape;
use std::pin::pin;

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
    rows(session, &prepared, &params, plan.entity, sink).await
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
    rows(session, &prepared, &params, entity, sink).await
}

async fn rows(
    session: &mut Session,
    prepared: &Prepared,
    params: &[Param<'_>],
    entity: &EntitySchema,
    sink: &mut dyn RowSink,
) -> Result<()> {
    session.answered = false;
    let outcome = async {
        let statement = session.statement(prepared, params).await?;
        let mut rows = pin!(session.client.query_raw(&statement, params.iter()).await?);
        while let Some(row) = rows.try_next().await? {
            session.answered = true;
            match sink.row(&EngineRow::new(&row, &prepared.text.kinds)) {
                Ok(Flow::More) => {}
                // What the server sends further is taken in and forgotten.
                Ok(Flow::Stop) => return Ok(Ok(())),
                Err(error) => return Ok(Err(error)),
            }
        }
        Ok(Ok(()))
    };
    match outcome.await {
        Ok(outcome) => outcome,
        Err(error) => Err(session.failure(&format!("reading `{}`", entity.name), error)),
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
