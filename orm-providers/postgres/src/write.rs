//! Writes: a batch, whole or not at all.
//!
//! Records are written many to a statement. Where the engine refuses such a statement, all of it is
//! undone and the batch written once more, record by record, which tells the record at fault.

use crate::error::{foreign_key, is_refusal, overflown};
use crate::keys;
use crate::read::renderer;
use crate::session::{Place, Prepared, Session, Text};
use crate::stored;
use crate::values::{Param, params};
use crate::write_rows::{Job, Refused};
use orm_core::error::RowFault;
use orm_core::model::schema::EntitySchema;
use orm_core::plan::{Change, WriteBatch, Written};
use orm_core::{Error, Result};
use orm_provider_server::{Demands, Made, forget};
use orm_provider_sql::shape::Shape;
use std::sync::Arc;
use tokio_postgres::error::SqlState;

const DELETE_KEYS: u8 = 10;
const DELETE_WHERE: u8 = 11;
const UPDATE_WHERE: u8 = 12;
const CLEAR: u8 = 13;

/// What a batch is whole or undone in.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Frame {
    /// A transaction of its own.
    Own,
    /// A savepoint of the open transaction.
    Savepoint,
}

/// How writing ended that didn't succeed.
pub(crate) enum Failure {
    /// With this error.
    Told(Error),
    /// Which record is at fault shows when they are written one by one.
    Unclear,
    /// A constraint of this name refuses a record, or records that a condition selects.
    Unique { at: Option<Refused>, entity: &'static EntitySchema, constraint: Option<String> },
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Failure::Told(error)
    }
}

/// Applies a batch.
pub(crate) async fn apply(
    session: &mut Session,
    place: &Place,
    batch: &mut WriteBatch,
    frame: Frame,
) -> Result<Written> {
    let demands = Demands::of(batch, &place.reached);
    let made = demands.places(batch);
    let mut attempt =
        Attempt { session, place, frame, demands: &demands, made: &made, open: false, stuck: false };
    let mut done = attempt.run(batch, false).await;
    if let Err(Failure::Unclear) = done {
        done = attempt.run(batch, true).await;
    }
    let outcome = match done {
        Ok(written) => Ok(written),
        Err(failure) => Err(attempt.told(failure).await),
    };
    if frame == Frame::Own && !attempt.stuck {
        attempt.session.settled();
    }
    if outcome.is_ok() {
        return outcome;
    }
    forget(made, batch);
    outcome
}

/// A batch being written.
struct Attempt<'a> {
    session: &'a mut Session,
    place: &'a Place,
    frame: Frame,
    demands: &'a Demands,
    made: &'a Made,
    /// Whether the frame is open.
    open: bool,
    /// Whether it couldn't be undone.
    stuck: bool,
}

impl Attempt<'_> {
    /// Writes it all; what fails is undone.
    async fn run(&mut self, batch: &mut WriteBatch, one_by_one: bool) -> Result<Written, Failure> {
        let done = self.write(batch, one_by_one).await;
        if done.is_err() && self.session.take_pending().is_some() {
            // It was never begun.
            self.open = false;
        }
        if done.is_err() && self.open {
            let undo = match self.frame {
                Frame::Own => Session::LEAVE,
                Frame::Savepoint => {
                    "ROLLBACK TO SAVEPOINT orm_apply; RELEASE SAVEPOINT orm_apply; \
                     SELECT pg_advisory_unlock_all()"
                }
            };
            self.open = false;
            if let Err(error) = self.session.run(undo).await {
                self.stuck = true;
                // What is to be told happened before.
                return match done {
                    Err(Failure::Told(first)) => Err(first.into()),
                    _ => Err(error.into()),
                };
            }
        }
        done
    }

    async fn write(&mut self, batch: &mut WriteBatch, one_by_one: bool) -> Result<Written, Failure> {
        // A second try has its keys already.
        if self.demands.are_lacking() && !one_by_one {
            self.begin();
            keys::meet(self.demands, self.session, self.place, batch).await?;
        }
        batch.follow_links();
        let mut jobs = Vec::with_capacity(batch.writes.len());
        for (i, write) in batch.writes.iter().enumerate() {
            if let Change::Rows { how, rows } = &write.change {
                jobs.push(Some(Job::plan(i, *how, rows, self.made, one_by_one)?));
            } else {
                jobs.push(None);
            }
        }
        let alone = match jobs.as_slice() {
            [None] => true,
            [Some(job)] => job.is_one_statement(),
            _ => false,
        };
        let framed = self.open || self.frame != Frame::Own || self.demands.are_stated();
        if framed || !alone {
            self.begin();
        }
        let mut written = Written::default();
        for (write, job) in batch.writes.iter().zip(&jobs) {
            written.affected.push(match job {
                Some(job) => job.run(self.session, self.place, !self.open).await?,
                None => change(self.session, self.place, write.entity, &write.change, !self.open).await?,
            });
        }
        keys::pass_stated(self.demands, self.session, self.place).await?;
        self.end().await?;
        Ok(written)
    }

    /// Opens the frame with the next statement.
    fn begin(&mut self) {
        if !self.open {
            self.open = true;
            self.session.before_next(if self.frame == Frame::Own { "BEGIN" } else { "SAVEPOINT orm_apply" });
        }
    }

    async fn end(&mut self) -> Result<()> {
        if self.session.take_pending().is_some() {
            // There was nothing to write.
            self.open = false;
        }
        match (self.open, self.frame) {
            (false, _) => Ok(()),
            (true, Frame::Own) => {
                self.session.commit().await?;
                self.open = false;
                Ok(())
            }
            (true, Frame::Savepoint) => {
                self.session.run("RELEASE SAVEPOINT orm_apply").await?;
                self.open = false;
                Ok(())
            }
        }
    }

    /// The error of a failure, when nothing is open any more.
    async fn told(&mut self, failure: Failure) -> Error {
        let (at, entity, constraint) = match failure {
            Failure::Told(error) => return error,
            // Others changed the records meanwhile: the next try finds them as they are now.
            Failure::Unclear => return Error::Serialization,
            Failure::Unique { at, entity, constraint } => (at, entity, constraint),
        };
        let constraint = constraint.unwrap_or_default();
        let broken = match stored::constraint(self.session, self.place, entity, &constraint).await {
            Ok(broken) => broken,
            Err(error) => return error,
        };
        let is_key = broken.as_deref() == Some(entity.key);
        let index = broken
            .as_deref()
            .and_then(|columns| entity.indexes.iter().position(|i| i.unique && i.fields == columns));
        match (at, index) {
            // Somebody else took the key: the next try gets another.
            (Some(at), _) if is_key && self.made.contains(&(at.write, at.row)) => Error::Serialization,
            (Some(at), _) if is_key => Error::row(at.write, at.row, RowFault::Duplicate),
            // (The engine looks at the key first: its index is the oldest.)
            (Some(at), Some(index)) => Error::row(at.write, at.row, RowFault::Unique(index)),
            (Some(at), None) => {
                let words = format!("the constraint `{constraint}` is violated");
                Error::row(at.write, at.row, RowFault::Refused(words))
            }
            (None, Some(index)) => Error::unique(entity, index),
            (None, None) => Error::Unique {
                at: entity.name.to_owned(),
                model: entity.model,
                columns: format!("columns of `{constraint}`"),
                values: None,
                may_be_deleted: entity.deleted_at.is_some(),
            },
        }
    }
}

/// Runs a change that is one statement and answers how many records it touched.
async fn change(
    session: &mut Session,
    place: &Place,
    entity: &'static EntitySchema,
    change: &Change,
    durable: bool,
) -> Result<u64, Failure> {
    let render = renderer(place);
    let (prepared, params): (Arc<Prepared>, Vec<Param<'_>>) = match change {
        Change::Delete { keys } if keys.is_empty() => return Ok(0),
        Change::Delete { keys } => {
            let mut shape = Shape::new(session.shape(DELETE_KEYS, place));
            shape.entity(entity);
            shape.keys(keys);
            let params = params(shape.into_binds(), &mut session.key);
            (session.text(|| Ok(Text::silent(render.delete_keys(entity, keys))))?, params)
        }
        Change::DeleteWhere { filter } => {
            let mut shape = Shape::new(session.shape(DELETE_WHERE, place));
            shape.entity(entity);
            shape.filter(entity, filter)?;
            let params = params(shape.into_binds(), &mut session.key);
            (session.text(|| render.delete_where(entity, filter).map(Text::silent))?, params)
        }
        Change::UpdateWhere { set, .. } if set.is_empty() => return Ok(0),
        Change::UpdateWhere { filter, set } => {
            let mut shape = Shape::new(session.shape(UPDATE_WHERE, place));
            shape.entity(entity);
            shape.assignments(entity, set)?;
            shape.filter(entity, filter)?;
            let params = params(shape.into_binds(), &mut session.key);
            (session.text(|| render.update_where(entity, set, filter).map(Text::silent))?, params)
        }
        Change::Clear => {
            Shape::new(session.shape(CLEAR, place)).entity(entity);
            (session.text(|| Ok(Text::silent(render.clear(entity))))?, Vec::new())
        }
        _ => return Err(Error::unsupported("this change", "PostgreSQL doesn't know it").into()),
    };
    let doing = format!("changing `{}`", entity.name);
    let statement = match session.statement(&prepared, &params).await {
        Ok(statement) => statement,
        Err(error) => return Err(session.failure(&doing, error).into()),
    };
    match session.execute(&statement, &params).await {
        Ok(touched) => Ok(touched),
        Err(error) => Err(refused(session, entity, error, None, durable, &doing)),
    }
}

/// The failure of a statement, in the terms of what it wrote.
pub(crate) fn refused(
    session: &mut Session,
    entity: &'static EntitySchema,
    error: tokio_postgres::Error,
    at: Option<Refused>,
    durable: bool,
    doing: &str,
) -> Failure {
    if let Some(overflow) = overflown(entity, &error) {
        return Failure::Told(overflow);
    }
    if let Some(db) = error.as_db_error() {
        if *db.code() == SqlState::UNIQUE_VIOLATION {
            return Failure::Unique { at, entity, constraint: db.constraint().map(str::to_owned) };
        }
        if *db.code() == SqlState::FOREIGN_KEY_VIOLATION {
            return Failure::Told(foreign_key(db));
        }
        if let (Some(at), true) = (at, is_refusal(&error)) {
            return Failure::Told(Error::row(at.write, at.row, RowFault::Refused(db.message().to_owned())));
        }
    }
    Failure::Told(match session.failure(doing, error) {
        // A statement that is its own transaction may have been committed.
        Error::ConnectionLost(_) if durable => session.origin.unknown(),
        other => other,
    })
}
