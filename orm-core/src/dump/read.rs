//! Dumping: all records of all entities, page by page, as of one moment.

use super::{BYTES, CellValue, EntityFrame, FORMAT, Frame, ROWS, RowsFrame};
use crate::database::Database;
use crate::engine::{Mode, Snapshot};
use crate::error::Result;
use crate::model::schema::EntitySchema;
use crate::plan::{CompareOp, Predicate, Select, Sort};
use crate::provider::{Flow, Row, RowSink, TxOptions};
use crate::value::Value;
use std::sync::Arc;

impl<D: Mode> Database<D> {
    /// All records of all registered models as a stream of frames, as they were at one moment: the first
    /// time that it is asked for a frame.
    ///
    /// Records are read by pages, so memory doesn't grow with the database. Until it has ended or is
    /// dropped, a snapshot of the storage is kept open; a storage with but one connection, as SQLite in
    /// memory is, lets nobody else in meanwhile. Records that are marked as deleted are in the dump too.
    ///
    /// An error is the last that comes out of it.
    pub fn dump<'a>(&self) -> D::Rows<'a, Result<Frame>> {
        D::rows(Dump { database: self.clone(), rows: 0, step: Step::Start }, |dump| dump.next())
    }
}

struct Dump<D: Mode> {
    database: Database<D>,
    rows: u64,
    step: Step,
}

/// What comes next.
enum Step {
    Start,
    Entity(Reading, usize),
    /// Rows of an entity after a key.
    Rows(Reading, usize, Option<Vec<Value>>),
    Over,
}

/// What is read.
struct Reading {
    snapshot: Snapshot,
    entities: Vec<&'static EntitySchema>,
}

impl<D: Mode> Dump<D> {
    async fn next(mut self) -> Option<(Result<Frame>, Self)> {
        let step = std::mem::replace(&mut self.step, Step::Over);
        if matches!(step, Step::Over) {
            return None;
        }
        let frame = self.frame(step).await;
        Some((frame, self))
    }

    async fn frame(&mut self, step: Step) -> Result<Frame> {
        match step {
            Step::Start => {
                self.database.synchronize_all().await?;
                let inner = self.database.inner();
                let snapshot = Snapshot::begin(&inner.session(), TxOptions::snapshot()).await?;
                let entities = parents_first(inner.registry.schemas());
                self.step = Step::Entity(Reading { snapshot, entities }, 0);
                Ok(Frame::Start { format: FORMAT })
            }
            Step::Entity(reading, at) => match reading.entities.get(at) {
                Some(entity) => {
                    let frame = Frame::Entity(EntityFrame::of(entity));
                    self.step = Step::Entity(reading, at + 1);
                    Ok(frame)
                }
                None => self.rows(reading, 0, None).await,
            },
            Step::Rows(reading, at, after) => self.rows(reading, at, after).await,
            Step::Over => Ok(Frame::End { rows: self.rows }),
        }
    }

    /// The next rows, of whichever entity has some.
    async fn rows(
        &mut self,
        reading: Reading,
        mut at: usize,
        mut after: Option<Vec<Value>>,
    ) -> Result<Frame> {
        while let Some(&entity) = reading.entities.get(at) {
            let page = Page { entity, rows: Vec::new(), bytes: 0, full: false };
            let plan = Arc::new(page_of(entity, after.as_deref()));
            let mut page = reading.snapshot.session().select(&plan, page).await?;
            if page.rows.is_empty() {
                (at, after) = (at + 1, None);
                continue;
            }
            self.rows += page.rows.len() as u64;
            let last = page.rows.pop();
            let key = last.as_ref().map(|(_, key)| key.clone());
            let mut rows: Vec<_> = page.rows.into_iter().map(|(row, _)| row).collect();
            rows.extend(last.map(|(row, _)| row));
            self.step =
                if page.full { Step::Rows(reading, at, key) } else { Step::Rows(reading, at + 1, None) };
            return Ok(Frame::Rows(RowsFrame { entity: entity.name.to_owned(), rows }));
        }
        reading.snapshot.end(Ok(())).await?;
        Ok(Frame::End { rows: self.rows })
    }
}

/// The records after a key, in the order of the key.
fn page_of(entity: &'static EntitySchema, after: Option<&[Value]>) -> Select {
    let compare = |part: usize, op, key: &[Value]| Predicate::Compare {
        column: entity.key[part],
        op,
        value: key[part].clone(),
    };
    let filter = match after {
        None => Predicate::Constant(true),
        // Larger in one part, and the same in those before it.
        Some(key) => Predicate::Or(
            (0..key.len())
                .map(|part| {
                    let same = (0..part).map(|before| compare(before, CompareOp::Eq, key));
                    Predicate::And(same.chain([compare(part, CompareOp::Gt, key)]).collect())
                })
                .collect(),
        ),
    };
    let sort = |&column: &usize| Sort { column, descending: false, nulls_first: true };
    let order = entity.key.iter().map(sort).collect();
    Select { filter, order, limit: Some(ROWS), ..Select::all(entity) }
}

/// Rows for a frame, each with its key.
struct Page {
    entity: &'static EntitySchema,
    rows: Vec<(Vec<CellValue>, Vec<Value>)>,
    bytes: usize,
    /// There may be more.
    full: bool,
}

impl RowSink for Page {
    fn row(&mut self, row: &dyn Row) -> Result<Flow> {
        let cells: Vec<_> = (0..self.entity.fields.len()).map(|c| CellValue::of(row.value(c))).collect();
        self.bytes += cells.iter().map(CellValue::weight).sum::<usize>();
        let key = self.entity.key.iter().map(|&c| row.value(c).to_value()).collect();
        self.rows.push((cells, key));
        self.full = self.rows.len() as u64 == ROWS || self.bytes > BYTES;
        Ok(if self.full { Flow::Stop } else { Flow::More })
    }
}

/// The entities in an order in which those that are referred to come first, where there is one.
fn parents_first(entities: Vec<&'static EntitySchema>) -> Vec<&'static EntitySchema> {
    fn visit(
        entity: &'static EntitySchema,
        left: &mut Vec<&'static EntitySchema>,
        sorted: &mut Vec<&'static EntitySchema>,
        parents: &impl Fn(&'static EntitySchema) -> Vec<&'static EntitySchema>,
    ) {
        let Some(at) = left.iter().position(|e| e.is(entity)) else { return };
        left.remove(at);
        for parent in parents(entity) {
            visit(parent, left, sorted, parents);
        }
        sorted.push(entity);
    }
    let all = entities.clone();
    // Who has an entity's keys among its columns: by its own relations, or by those of the others.
    let parents = |entity: &'static EntitySchema| -> Vec<&'static EntitySchema> {
        let mut found = Vec::new();
        for other in &all {
            for relation in other.relations {
                use crate::model::schema::RelationKind as K;
                let target = (relation.target)();
                let between = relation.pivot.as_ref().map(|pivot| (pivot.entity)());
                match (relation.kind, between) {
                    (K::HasOneThrough | K::HasManyThrough, Some(between)) => {
                        found.extend(between.is(entity).then_some(*other));
                        found.extend(target.is(entity).then_some(between));
                    }
                    (_, Some(between)) if between.is(entity) => found.extend([*other, target]),
                    (K::BelongsTo, None) if other.is(entity) => found.push(target),
                    (K::HasOne | K::HasMany, None) if target.is(entity) => found.push(other),
                    _ => {}
                }
            }
        }
        found
    };
    let (mut left, mut sorted) = (entities, Vec::with_capacity(all.len()));
    while let Some(&next) = left.first() {
        visit(next, &mut left, &mut sorted, &parents);
    }
    sorted
}
