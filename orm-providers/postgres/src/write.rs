//! Writes: a batch, whole or not at all.
//!
//! Records are written many to a statement, and statements are sent without waiting for the answers in
//! between. Where the engine refuses one, all of it is undone and the batch written once more, record by
//! record, which tells the record at fault.

use crate::error::{foreign_key, is_of_names, is_refusal, overflown};
use crate::flight::{Answer, Flight, Request};
use crate::keys;
use crate::new_rows::NewRows;
use crate::read::renderer;
use crate::session::{Place, Session, Text};
use crate::stored;
use crate::values::params;
use crate::write_rows::{Job, MOST_BYTES, Refused, Step};
use orm_core::error::RowFault;
use orm_core::model::schema::EntitySchema;
use orm_core::plan::{Change, WriteBatch, Written};
use orm_core::{Error, Result};
use orm_provider_server::{Demand, Demands, Made, forget};
use orm_provider_sql::shape::Shape;
use tokio_postgres::Error as PgError;
use tokio_postgres::error::{DbError, SqlState};

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

impl Frame {
    /// What ends it.
    fn end(self) -> &'static str {
        match self {
            Frame::Own => "COMMIT",
            Frame::Savepoint => "RELEASE SAVEPOINT orm_apply",
        }
    }
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
    if frame == Frame::Own {
        session.ensure_alive().await?;
    }
    let demands = Demands::of(batch, &place.reached);
    let made = demands.places(batch);
    let mut attempt = Attempt {
        session,
        place,
        frame,
        demands: &demands,
        made: &made,
        open: false,
        stuck: false,
        took_for_new: false,
    };
    let mut done = Err(Failure::Unclear);
    if NewRows::is_all_of(batch, &made, place) {
        done = attempt.insert_new(batch).await;
    }
    if let Err(Failure::Unclear) = done {
        // Boxed, since there is room for it in every write, and short ones don't come here.
        done = Box::pin(attempt.run(batch, Way::Quickest)).await;
    }
    if matches!(done, Err(Failure::Unclear)) && attempt.took_for_new {
        done = Box::pin(attempt.run(batch, Way::Together)).await;
    }
    if let Err(Failure::Unclear) = done {
        done = Box::pin(attempt.run(batch, Way::OneByOne)).await;
    }
    let outcome = match done {
        Ok(written) => Ok(written),
        Err(failure) => Err(Box::pin(attempt.told(failure)).await),
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
    /// Whether records were inserted that might have had to be merged.
    took_for_new: bool,
}

/// How the records of a batch are written.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Way {
    /// Many to a statement, and inserted where none of them is found.
    Quickest,
    /// Many to a statement.
    Together,
    /// One to a statement.
    OneByOne,
}

/// What a request of a flight was for.
enum Purpose<'j, 'p> {
    /// Records of one write.
    Step(&'j Job<'p>, &'j Step),
    /// A change of this entity, by this write.
    Change(usize, &'static EntitySchema),
    /// Keys that were stated.
    Stated(&'j Demand),
    /// The end of the frame.
    End,
}

impl Attempt<'_> {
    /// Writes new records by one statement that makes their keys as well. What it is refused for is told
    /// when they are written otherwise.
    async fn insert_new(&mut self, batch: &mut WriteBatch) -> Result<Written, Failure> {
        let done = self.insert_new_at_once(batch).await;
        self.undone(done).await
    }

    async fn insert_new_at_once(&mut self, batch: &mut WriteBatch) -> Result<Written, Failure> {
        let Some(Demand { entity, .. }) = self.demands.lacking().next() else {
            return Err(Failure::Unclear);
        };
        let (Some(rows), Some(sequence)) = (batch.rows(0), self.place.sequence(entity)) else {
            return Err(Failure::Unclear);
        };
        let which: Vec<usize> = (0..rows.len()).collect();
        let mut flight = Flight::default();
        flight.run(NewRows::request(self.session, self.place, sequence, rows, &which).await?, 0);
        let durable = self.frame == Frame::Own;
        if !durable {
            self.begin();
            flight.fixed(Frame::Savepoint.end());
        }
        let mut answers = self.answers(flight, durable).await?.into_iter();
        let inserted = answers.next().unwrap_or_else(|| Ok(Answer::default()));
        let first = match inserted.and_then(|answer| NewRows::first(&answer)) {
            Ok(Some(first)) => first,
            Ok(None) => return Err(Failure::Unclear),
            Err(error) => {
                // The lock may be held still.
                self.open = true;
                if is_refusal(&error) || is_of_names(&error) {
                    // Others stored past the sequence, a record is at fault, or the table was made anew.
                    if !is_of_an_index(entity, &error) {
                        self.place.reached.forget(entity);
                    }
                    return Err(Failure::Unclear);
                }
                let doing = format!("writing `{}`", entity.name);
                return Err(refused(self.session, entity, error, None, durable, &doing));
            }
        };
        for answer in answers {
            answer.map_err(|error| self.session.failure("leaving a savepoint", error))?;
        }
        self.open = false;
        for demand in self.demands.lacking() {
            demand.meet(batch, first)?;
            self.place.reached.note(entity, first + demand.lacking - 1);
        }
        Ok(Written { affected: vec![self.made.len() as u64] })
    }

    /// Writes it all; what fails is undone.
    async fn run(&mut self, batch: &mut WriteBatch, way: Way) -> Result<Written, Failure> {
        let done = self.write(batch, way).await;
        self.undone(done).await
    }

    /// Undoes what failed.
    async fn undone(&mut self, done: Result<Written, Failure>) -> Result<Written, Failure> {
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
            if let Err(error) = Box::pin(self.session.run(undo)).await {
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

    /// Lets records be inserted that are saved by their keys, where none of them is stored.
    async fn take_for_new(&mut self, jobs: &mut [Option<Job<'_>>]) -> Result<(), Failure> {
        let mut flight = Flight::default();
        let mut asked = Vec::new();
        for (i, job) in jobs.iter().enumerate() {
            let Some(job) = job else { continue };
            let entity = job.entity();
            // What another write of the batch stores isn't found yet.
            if jobs.iter().flatten().filter(|other| other.entity().is(entity)).count() > 1 {
                continue;
            }
            for (step, range) in job.may_be_new() {
                if !flight.is_full(0, MOST_BYTES) {
                    flight.run(range.request(self.session, self.place, entity).await?, 0);
                    asked.push((i, step, entity));
                }
            }
        }
        if asked.is_empty() {
            return Ok(());
        }
        let answers = self.answers(flight, false).await?;
        for ((job, step, entity), answer) in asked.into_iter().zip(answers) {
            match (answer, &mut jobs[job]) {
                (Ok(Answer { row: None, .. }), Some(job)) => {
                    job.is_new(step);
                    self.took_for_new = true;
                }
                (Ok(_), _) => {}
                (Err(error), _) => {
                    let doing = format!("looking for records of `{}`", entity.name);
                    return Err(self.session.failure(&doing, error).into());
                }
            }
        }
        Ok(())
    }

    async fn write(&mut self, batch: &mut WriteBatch, way: Way) -> Result<Written, Failure> {
        let one_by_one = way == Way::OneByOne;
        // A second try has its keys already.
        if self.demands.are_lacking() && self.made.iter().any(|at| lacks_key(batch, *at)) {
            if self.frame == Frame::Savepoint {
                self.begin();
            }
            // What fails may leave a lock.
            let before = std::mem::replace(&mut self.open, true);
            keys::meet(self.demands, self.session, self.place, batch).await?;
            self.open = before;
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
        if self.frame != Frame::Own || self.demands.are_stated() || !alone {
            self.begin();
        }
        if way == Way::Quickest {
            self.take_for_new(&mut jobs).await?;
        }
        let mut affected = vec![0; batch.writes.len()];
        let mut flight = Flight::default();
        let mut purposes: Vec<Purpose<'_, '_>> = Vec::new();
        // What the server takes although it isn't what was asked must be seen before the end.
        let mut may_miss = false;
        for (i, (write, job)) in batch.writes.iter().zip(&jobs).enumerate() {
            let Some(job) = job else {
                if let Some(request) = change(self.session, self.place, write.entity, &write.change).await? {
                    if flight.is_full(0, MOST_BYTES) {
                        self.land(std::mem::take(&mut flight), &mut purposes, &mut affected).await?;
                        may_miss = false;
                    }
                    flight.run(request, 0);
                    purposes.push(Purpose::Change(i, write.entity));
                }
                continue;
            };
            affected[i] = job.records();
            for step in &job.steps {
                // One after the other, so that no more is done than has to be undone.
                let alone = one_by_one || job.may_copy(step) || flight.is_full(step.bytes, MOST_BYTES);
                if alone && !flight.is_empty() {
                    self.land(std::mem::take(&mut flight), &mut purposes, &mut affected).await?;
                    may_miss = false;
                }
                if job.may_copy(step) && job.copied(self.session, self.place, step, !self.open).await? {
                    continue;
                }
                flight.run(job.request(self.session, self.place, step).await?, step.bytes);
                purposes.push(Purpose::Step(job, step));
                may_miss |= step.may_miss();
            }
        }
        if may_miss && self.demands.are_stated() {
            // No rollback takes a sequence back, so it isn't moved for what is refused after all.
            self.land(std::mem::take(&mut flight), &mut purposes, &mut affected).await?;
            may_miss = false;
        }
        for demand in self.demands.stated() {
            flight.run(keys::request(demand, self.session, self.place).await?, 0);
            purposes.push(Purpose::Stated(demand));
        }
        if flight.is_empty() && self.session.take_pending().is_some() {
            // There was nothing to write.
            self.open = false;
        }
        if self.open && !may_miss {
            flight.fixed(self.frame.end());
            purposes.push(Purpose::End);
        }
        if !flight.is_empty() {
            self.land(flight, &mut purposes, &mut affected).await?;
        }
        self.end().await?;
        Ok(Written { affected })
    }

    /// Sends a flight and looks at the answers.
    async fn land<'p>(
        &mut self,
        flight: Flight<'p>,
        purposes: &mut Vec<Purpose<'_, '_>>,
        affected: &mut [u64],
    ) -> Result<(), Failure> {
        let ends = matches!(purposes.last(), Some(Purpose::End));
        let durable = self.frame == Frame::Own && (ends || !self.open);
        let answers = self.answers(flight, durable).await?;
        for (purpose, answer) in purposes.drain(..).zip(answers) {
            match purpose {
                Purpose::Step(job, step) => {
                    job.judge(self.session, step, answer.map(|a| a.touched), durable)?;
                }
                Purpose::Change(write, entity) => match answer {
                    Ok(answer) => affected[write] = answer.touched,
                    Err(error) => {
                        let doing = format!("changing `{}`", entity.name);
                        return Err(refused(self.session, entity, error, None, durable, &doing));
                    }
                },
                Purpose::Stated(demand) => keys::passed(demand, self.session, self.place, answer, durable)?,
                Purpose::End => match (answer, self.frame) {
                    (Ok(_), _) => self.open = false,
                    (Err(error), Frame::Own) => return Err(self.session.not_committed(error).into()),
                    (Err(error), Frame::Savepoint) => {
                        return Err(self.session.failure("leaving a savepoint", error).into());
                    }
                },
            }
        }
        Ok(())
    }

    /// Sends a flight, and what opens the frame before it. `durable` says that it ends the frame as well.
    async fn answers(
        &mut self,
        flight: Flight<'_>,
        durable: bool,
    ) -> Result<Vec<Result<Answer, PgError>>, Failure> {
        if durable && self.session.client.is_closed() {
            // What was never asked hasn't happened.
            return Err(self.session.lost("writing").into());
        }
        match flight.answers(self.session).await {
            Ok(answers) => Ok(answers),
            Err(error) => Err(Failure::Told(match self.session.failure("beginning to write", error) {
                Error::ConnectionLost(_) if durable => self.session.origin.unknown(),
                other => other,
            })),
        }
    }

    /// Opens the frame with the next statement.
    fn begin(&mut self) {
        if !self.open {
            self.open = true;
            self.session.before_next(if self.frame == Frame::Own { "BEGIN" } else { "SAVEPOINT orm_apply" });
        }
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
                self.session.run(self.frame.end()).await?;
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
            (Some(at), _) if is_key && self.made.contains(&(at.write, at.row)) => {
                self.place.reached.forget(entity);
                Error::Serialization
            }
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

fn lacks_key(batch: &WriteBatch, (write, row): (usize, usize)) -> bool {
    batch.rows(write).is_some_and(|rows| !rows.has_value(row, rows.entity().key[0]))
}

/// Whether another unique index than the key's was in the way, by its name as the engine makes it.
fn is_of_an_index(entity: &EntitySchema, error: &PgError) -> bool {
    let unique = entity.indexes.iter().any(|index| index.unique);
    let named = |db: &DbError| db.constraint().is_some_and(|name| !name.ends_with("_pkey"));
    unique && error.as_db_error().is_some_and(|db| *db.code() == SqlState::UNIQUE_VIOLATION && named(db))
}

/// The statement of a change that is one; `None` where there is nothing to change.
async fn change<'p>(
    session: &mut Session,
    place: &Place,
    entity: &'static EntitySchema,
    change: &'p Change,
) -> Result<Option<Request<'p>>, Failure> {
    let render = renderer(place);
    let (prepared, params) = match change {
        Change::Delete { keys } if keys.is_empty() => return Ok(None),
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
        Change::UpdateWhere { set, .. } if set.is_empty() => return Ok(None),
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
    match session.statement(&prepared, &params).await {
        Ok(statement) => Ok(Some(Request { statement, params })),
        Err(error) => Err(session.failure(&format!("changing `{}`", entity.name), error).into()),
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
