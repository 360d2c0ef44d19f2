//! Writes: a batch, whole or not at all.
//!
//! Records are written many to a statement. Where the engine refuses such a statement, all of it is
//! undone and the batch written once more, record by record, which tells the record at fault. Where it is
//! a foreign key that refuses it, the batch is written once more in an order that it may allow.

use crate::error::{foreign_key, is_dangling, overflown, refusal, violated};
use crate::keys;
use crate::ordered::{self, Stage};
use crate::places::MOST;
use crate::read::finished;
use crate::session::{Failed, Place, Session};
use crate::staged::Staged;
use crate::stored;
use crate::values::params;
use crate::write_rows::{Job, Refused};
use orm_core::error::RowFault;
use orm_core::model::schema::EntitySchema;
use orm_core::plan::{Change, KeySet, WriteBatch, Written, moved};
use orm_core::{Error, Result};
use orm_provider_server::{Demands, Made, forget};
use orm_provider_sql::shape::Shape;

const DELETE_KEYS: u8 = 10;
const DELETE_WHERE: u8 = 11;
const UPDATE_WHERE: u8 = 12;
const CLEAR: u8 = 13;
const MOVE_UP: u8 = 14;
const MOVE_DOWN: u8 = 15;

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
    /// A foreign key refuses a record, or its removal.
    Dangling(Error),
    /// A unique index of this name refuses a record, or records that a condition selects.
    Unique { at: Option<Refused>, entity: &'static EntitySchema, index: String },
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
    let (mut one_by_one, mut stages) = (false, None);
    let done = loop {
        match attempt.run(batch, one_by_one, stages.as_deref()).await {
            Err(Failure::Unclear) if !one_by_one => one_by_one = true,
            Err(Failure::Dangling(error)) if stages.is_none() => match ordered::stages(batch) {
                None => break Err(Failure::Told(error)),
                better => stages = better,
            },
            done => break done,
        }
    };
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
    async fn run(
        &mut self,
        batch: &mut WriteBatch,
        one_by_one: bool,
        stages: Option<&[Stage]>,
    ) -> Result<Written, Failure> {
        let done = match stages {
            None => self.write(batch, one_by_one).await,
            Some(stages) => self.write_in_stages(batch, one_by_one, stages).await,
        };
        // What the engine has rolled back as a whole needs no going back to a savepoint of it.
        let gone = self.frame == Frame::Savepoint && self.session.is_undone();
        if done.is_err() && self.open && !gone {
            let undo = match self.frame {
                Frame::Own => "ROLLBACK",
                Frame::Savepoint => "ROLLBACK TO SAVEPOINT orm_apply; RELEASE SAVEPOINT orm_apply",
            };
            self.open = false;
            if let Err(error) = self.session.run(undo).await {
                self.stuck = true;
                // What is to be told happened before.
                return match done {
                    Err(Failure::Told(first) | Failure::Dangling(first)) => Err(first.into()),
                    _ => Err(error.into()),
                };
            }
        }
        done
    }

    async fn write(&mut self, batch: &mut WriteBatch, one_by_one: bool) -> Result<Written, Failure> {
        // A second try has its keys already.
        if self.demands.are_lacking() && !one_by_one {
            let open = self.frame == Frame::Savepoint;
            keys::meet(self.demands, self.session, self.place, open, batch).await?;
        }
        batch.follow_links();
        let batch = &*batch;
        let mut jobs = Vec::with_capacity(batch.writes.len());
        for (i, write) in batch.writes.iter().enumerate() {
            if let Change::Rows { how, rows } = &write.change {
                jobs.push(Some(Job::plan(self.session.server, i, *how, rows, self.made, one_by_one)?));
            } else {
                jobs.push(None);
            }
        }
        let alone = match jobs.as_slice() {
            // What takes several statements is none of them alone.
            [None] => !matches!(&batch.writes[0].change, Change::Delete { keys } if keys.len() > MOST),
            [Some(job)] => job.is_one_statement(),
            _ => false,
        };
        if self.frame != Frame::Own || !alone {
            self.begin().await?;
        }
        let mut written = Written::default();
        for (write, job) in batch.writes.iter().zip(&jobs) {
            written.affected.push(match job {
                Some(job) => job.run(self.session, self.place, !self.open).await?,
                None => change(self.session, self.place, write.entity, &write.change, !self.open).await?,
            });
        }
        self.finish().await?;
        Ok(written)
    }

    /// The same in other steps; the keys are known by now.
    async fn write_in_stages(
        &mut self,
        batch: &WriteBatch,
        one_by_one: bool,
        stages: &[Stage],
    ) -> Result<Written, Failure> {
        self.begin().await?;
        let (session, place, made) = (&mut *self.session, self.place, self.made);
        let staged = Staged { session, place, batch, made, one_by_one, left: Vec::new() };
        let affected = staged.run(stages).await?;
        self.finish().await?;
        Ok(Written { affected })
    }

    async fn finish(&mut self) -> Result<()> {
        if self.demands.are_stated() {
            let open = self.open || self.frame == Frame::Savepoint;
            keys::pass_stated(self.demands, self.session, self.place, open).await?;
        }
        self.end().await
    }

    /// Opens the frame.
    async fn begin(&mut self) -> Result<()> {
        self.open = true;
        self.session
            .run(match self.frame {
                Frame::Own => "START TRANSACTION",
                Frame::Savepoint => "SAVEPOINT orm_apply",
            })
            .await
    }

    async fn end(&mut self) -> Result<()> {
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
        let (at, entity, name) = match failure {
            Failure::Told(error) | Failure::Dangling(error) => return error,
            // Others changed the records meanwhile: the next try finds them as they are now.
            Failure::Unclear => return Error::Serialization,
            Failure::Unique { at, entity, index } => (at, entity, index),
        };
        let is_key = name == "PRIMARY";
        let broken = match stored::index(self.session, self.place, entity, &name).await {
            Ok(broken) => broken,
            Err(error) => return error,
        };
        let index = broken
            .as_deref()
            .and_then(|columns| entity.indexes.iter().position(|i| i.unique && i.fields == columns));
        match (at, index) {
            // Somebody else took the key: the next try gets another.
            (Some(at), _) if is_key && self.made.contains(&(at.write, at.row)) => Error::Serialization,
            (Some(at), _) if is_key => Error::row(at.write, at.row, RowFault::Duplicate),
            (Some(at), Some(index)) => Error::row(at.write, at.row, RowFault::Unique(index)),
            (Some(at), None) => {
                let words = format!("the unique index `{name}` is violated");
                Error::row(at.write, at.row, RowFault::Refused(words))
            }
            (None, Some(index)) => Error::unique(entity, index),
            (None, None) => Error::Unique {
                at: entity.name.to_owned(),
                model: entity.model,
                columns: format!("columns of `{name}`"),
                values: None,
                may_be_deleted: entity.deleted_at.is_some(),
            },
        }
    }
}

/// Removes the records of many keys, so many at a time as are written into a statement: of a table of
/// JSON the engine would look at each row for each record.
async fn delete_many(
    session: &mut Session,
    place: &Place,
    entity: &'static EntitySchema,
    keys: &KeySet,
) -> Result<u64, Failure> {
    let mut touched = 0;
    for keys in ordered::parts(keys, MOST) {
        let part = Change::Delete { keys };
        touched += Box::pin(change(session, place, entity, &part, false)).await?;
    }
    Ok(touched)
}

/// Runs a change that is one statement and answers how many records it touched.
pub(crate) async fn change(
    session: &mut Session,
    place: &Place,
    entity: &'static EntitySchema,
    change: &Change,
    durable: bool,
) -> Result<u64, Failure> {
    let render = session.renderer(place);
    let silent = || Box::default();
    let (text, params) = match change {
        Change::Delete { keys } if keys.is_empty() => return Ok(0),
        Change::Delete { keys } if keys.len() > MOST => {
            return delete_many(session, place, entity, keys).await;
        }
        Change::Delete { keys } => {
            let mut shape = Shape::new(session.shape(DELETE_KEYS, place));
            shape.entity(entity);
            shape.keys(keys);
            let binds = shape.into_binds();
            let text = finished(session, &binds, silent, || Ok(render.delete_keys(entity, keys)))?;
            let params = params(&text.slots, &binds);
            (text, params)
        }
        Change::DeleteWhere { filter } => {
            let mut shape = Shape::new(session.shape(DELETE_WHERE, place));
            shape.entity(entity);
            shape.filter(entity, filter)?;
            let binds = shape.into_binds();
            let text = finished(session, &binds, silent, || render.delete_where(entity, filter))?;
            let params = params(&text.slots, &binds);
            (text, params)
        }
        Change::UpdateWhere { set, .. } if set.is_empty() => return Ok(0),
        Change::UpdateWhere { filter, set } => {
            // The engine checks what is unique record by record, but in the order that is asked for.
            let moved = moved(entity, set);
            let sort = match moved {
                None => UPDATE_WHERE,
                Some((_, true)) => MOVE_UP,
                Some((_, false)) => MOVE_DOWN,
            };
            let mut shape = Shape::new(session.shape(sort, place));
            shape.entity(entity);
            shape.assignments(entity, set)?;
            shape.filter(entity, filter)?;
            let binds = shape.into_binds();
            let text = finished(session, &binds, silent, || {
                let mut sql = render.update_where(entity, set, filter)?;
                if let Some((column, most_first)) = moved {
                    let name = render.quoted(entity.field(column).column);
                    sql.push_str(&format!(" ORDER BY {name}{}", if most_first { " DESC" } else { "" }));
                }
                Ok(sql)
            })?;
            let params = params(&text.slots, &binds);
            (text, params)
        }
        Change::Clear => {
            Shape::new(session.shape(CLEAR, place)).entity(entity);
            (finished(session, &[], silent, || Ok(render.clear(entity)))?, Vec::new())
        }
        _ => return Err(Error::unsupported("this change", "MySQL doesn't know it").into()),
    };
    match session.execute(&text.sql, params).await {
        Ok(touched) => Ok(touched),
        Err(error) => {
            let doing = format!("changing `{}`", entity.name);
            Err(refused(session, entity, error, None, durable, &doing))
        }
    }
}

/// The failure of a statement, in the terms of what it wrote.
pub(crate) fn refused(
    session: &mut Session,
    entity: &'static EntitySchema,
    error: Failed,
    at: Option<Refused>,
    durable: bool,
    doing: &str,
) -> Failure {
    if let Some(overflow) = overflown(entity, &error) {
        return Failure::Told(overflow);
    }
    if let Some(index) = violated(&error) {
        return Failure::Unique { at, entity, index: index.to_owned() };
    }
    if is_dangling(&error) {
        return Failure::Dangling(foreign_key(entity.name, &error));
    }
    if let (Some(at), Some(words)) = (at, refusal(&error)) {
        return Failure::Told(Error::row(at.write, at.row, RowFault::Refused(words)));
    }
    Failure::Told(match session.failure(doing, error) {
        // A statement that is its own transaction may have been committed.
        Error::ConnectionLost(_) if durable && session.sent => session.origin.unknown(),
        other => other,
    })
}
