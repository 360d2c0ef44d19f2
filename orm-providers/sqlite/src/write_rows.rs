//! Writes of records: one prepared statement, run row by row.

use crate::database::Place;
use crate::dialect::counts_keys;
use crate::error::{Origin, message};
use crate::read::renderer;
use crate::session::Session;
use crate::values::Param;
use crate::write::{last_key, violated};
use crate::write_plan::{RowsPlan, Sort};
use orm_core::error::RowFault;
use orm_core::model::schema::EntitySchema;
use orm_core::plan::{RowWrite, Rows};
use orm_core::value::Cells;
use orm_core::{Error, Result};
use orm_provider_sql::rows::{given, merge_repeats, uniform};
use orm_provider_sql::shape::Shape;
use rusqlite::{CachedStatement, Connection, ErrorCode, ffi};
use std::convert::Infallible;
use std::sync::Arc;

/// How many statements are held at once for rows that give different columns.
const HELD: usize = 16;

/// What is done with the rows that give the same columns.
struct Step<'s> {
    plan: Arc<RowsPlan>,
    /// Those columns.
    given: Vec<usize>,
    statement: CachedStatement<'s>,
}

/// One write of records.
struct Writer<'a> {
    place: &'a Place,
    entity: &'static EntitySchema,
    how: RowWrite,
    rows: &'a Rows,
    write: usize,
    /// Whether the engine makes the keys.
    makes_key: bool,
}

/// Writes records and answers how many.
pub(crate) fn write(
    session: &mut Session,
    place: &Place,
    write: usize,
    how: RowWrite,
    rows: &Rows,
) -> Result<u64> {
    let entity = rows.entity();
    for &column in entity.key {
        if !rows.all_values(column) {
            let row = (0..rows.len()).find(|&r| !rows.has_value(r, column));
            let fault = RowFault::Missing(column);
            return Err(Error::row(write, row.unwrap_or(0), fault));
        }
    }
    note_keys(session, rows);
    let partial = how == RowWrite::Merge && !rows.complete();
    let merged = if partial { merge_repeats(rows) } else { None };
    let meant = merged.as_ref().map_or(rows, |m| &m.rows);
    let writer = Writer { place, entity, how, rows: meant, write, makes_key: false };
    match &merged {
        Some(merged) => writer.run(session, merged.firsts.len(), |at| merged.firsts[at])?,
        None => writer.run(session, rows.len(), |row| row)?,
    }
    Ok(rows.len() as u64)
}

/// Notes how high the keys are that records come with, where the engine counts on from them.
fn note_keys(session: &mut Session, rows: &Rows) {
    let entity = rows.entity();
    if let Some(highest) = session.highest
        && counts_keys(entity)
        && let Cells::Int(keys) = rows.cells(entity.key[0])
    {
        session.highest = Some(keys.iter().fold(highest, |most, key| most.max(*key)));
    }
}

/// Inserts records and answers the first of the keys that the engine made; the others follow it.
pub(crate) fn insert_unkeyed(session: &mut Session, place: &Place, rows: &Rows) -> Result<i64> {
    let entity = rows.entity();
    let writer = Writer { place, entity, how: RowWrite::Insert, rows, write: 0, makes_key: true };
    let field = entity.field(entity.key[0]);
    let (_, most) = field.kind.integer_range().unwrap_or((0, i64::MAX));
    let overflow = || Error::Overflow { model: entity.model, column: field.field };
    if let Err(error) = writer.run(session, rows.len(), |row| row) {
        // That there is no room is also what the engine says when it has no more numbers to give.
        let full = matches!(&error, Error::StorageFull(_))
            && last_key(session, place, entity).is_ok_and(|last| last == i64::MAX);
        return Err(if full { overflow() } else { error });
    }
    let last = session.engine.last_insert_rowid();
    session.highest = session.highest.map(|highest| highest.max(last));
    if last > most { Err(overflow()) } else { Ok(last - (rows.len() as i64 - 1)) }
}

impl Writer<'_> {
    /// Writes so many rows; `at` tells where they stand.
    fn run(&self, session: &mut Session, count: usize, at: impl Fn(usize) -> usize) -> Result<()> {
        // The engine lends statements while the plans and their key are written.
        let Session { engine, writes, key, columns, origin, .. } = session;
        let mut plan = |columns: &[usize]| {
            key.clear();
            key.extend_from_slice(&[self.how as u8, u8::from(self.makes_key)]);
            key.extend_from_slice(&self.place.id.to_ne_bytes());
            Shape::new(key).entity(self.entity);
            for &column in columns {
                key.extend_from_slice(&(column as u32).to_ne_bytes());
            }
            let made = || Ok(RowsPlan::new(self.entity, self.how, self.makes_key, columns));
            let Ok::<_, Infallible>(plan) = writes.get_or_render(key, made);
            plan
        };
        let prepare = |plan: &RowsPlan, block: usize| {
            let prepared = engine.prepare_cached(plan.text(self.place, self.entity, block));
            prepared.map_err(|e| origin.failure(&format!("preparing to write `{}`", self.entity.name), e))
        };
        let fail = |row: usize, error: rusqlite::Error| self.fault(row, error, engine, origin);
        if uniform(self.rows, columns) {
            let plan = plan(columns);
            let mut done = 0;
            while done < count {
                let block = plan.block(count - done);
                let mut statement = prepare(&plan, block)?;
                if block == 1 {
                    return (done..count).try_for_each(|row| self.one(&plan, &mut statement, at(row), &fail));
                }
                while count - done >= block {
                    let rows = done..done + block;
                    done = rows.end;
                    let Err(error) = self.block(&mut statement, &plan, rows.clone().map(&at), &fail)? else {
                        continue;
                    };
                    // Where the engine has left the transaction, nothing is to be done over.
                    if error.sqlite_error_code() != Some(ErrorCode::ConstraintViolation)
                        || engine.is_autocommit()
                    {
                        return Err(fail(at(rows.start), error));
                    }
                    // It doesn't tell which row it refuses, but how many it took before.
                    let taken = usize::try_from(engine.changes()).unwrap_or(0).min(block);
                    let mut single = prepare(&plan, 1)?;
                    let mut rows = rows.start + taken..rows.end;
                    rows.try_for_each(|row| self.one(&plan, &mut single, at(row), &fail))?;
                }
            }
            return Ok(());
        }
        let mut steps: Vec<Step<'_>> = Vec::new();
        for row in (0..count).map(at) {
            given(self.rows, row, columns);
            let step = match steps.iter().position(|s| s.given == *columns) {
                Some(step) => step,
                None => {
                    if steps.len() == HELD {
                        steps.remove(0);
                    }
                    let plan = plan(columns);
                    let statement = prepare(&plan, 1)?;
                    steps.push(Step { plan, given: columns.clone(), statement });
                    steps.len() - 1
                }
            };
            let Step { plan, statement, .. } = &mut steps[step];
            self.one(plan, statement, row, &fail)?;
        }
        Ok(())
    }

    /// Binds what is bound of a row, after so many values of others.
    #[inline]
    fn bind(
        &self,
        statement: &mut CachedStatement<'_>,
        plan: &RowsPlan,
        row: usize,
        mut place: usize,
        fail: &impl Fn(usize, rusqlite::Error) -> Error,
    ) -> Result<usize> {
        for &column in &plan.bound {
            place += 1;
            let value = Param::new(self.rows.value(row, column));
            statement.raw_bind_parameter(place, value).map_err(|e| fail(row, e))?;
        }
        for &column in &plan.filled {
            place += 1;
            let field = self.entity.field(column);
            let value = self.rows.filler(column).unwrap_or(orm_core::value::Value::Null);
            let value = field.kind.fit(value.as_ref()).map_err(|mismatch| Error::Operand {
                model: self.entity.model,
                column: field.field,
                mismatch,
            })?;
            statement.raw_bind_parameter(place, Param::new(value)).map_err(|e| fail(row, e))?;
        }
        Ok(place)
    }

    /// Inserts or overwrites several records; the engine's error is for who knows what to do with it.
    fn block(
        &self,
        statement: &mut CachedStatement<'_>,
        plan: &RowsPlan,
        rows: impl Iterator<Item = usize>,
        fail: &impl Fn(usize, rusqlite::Error) -> Error,
    ) -> Result<rusqlite::Result<usize>> {
        let mut place = 0;
        for row in rows {
            place = self.bind(statement, plan, row, place, fail)?;
        }
        Ok(statement.raw_execute())
    }

    /// Writes one record.
    fn one(
        &self,
        plan: &RowsPlan,
        statement: &mut CachedStatement<'_>,
        row: usize,
        fail: &impl Fn(usize, rusqlite::Error) -> Error,
    ) -> Result<()> {
        if let (RowWrite::Insert, Some(column)) = (self.how, plan.missing) {
            return Err(Error::row(self.write, row, RowFault::Missing(column)));
        }
        self.bind(statement, plan, row, 0, fail)?;
        let found = match plan.sort {
            Sort::Exists => {
                let mut rows = statement.raw_query();
                rows.next().map_err(|e| fail(row, e))?.is_some()
            }
            Sort::Update => statement.raw_execute().map_err(|e| fail(row, e))? > 0,
            _ => {
                statement.raw_execute().map_err(|e| fail(row, e))?;
                true
            }
        };
        match (found, self.how, plan.missing) {
            (true, ..) => Ok(()),
            (false, RowWrite::Merge, Some(column)) => {
                Err(Error::row(self.write, row, RowFault::Missing(column)))
            }
            _ => Err(Error::row(self.write, row, RowFault::NotFound)),
        }
    }

    /// Whether there is a record of a row's key.
    fn exists(&self, row: usize, engine: &Connection) -> rusqlite::Result<bool> {
        let mut statement = engine.prepare(&renderer(self.place).exists(self.entity))?;
        for (i, &column) in self.entity.key.iter().enumerate() {
            statement.raw_bind_parameter(i + 1, Param::new(self.rows.value(row, column)))?;
        }
        let mut rows = statement.raw_query();
        Ok(rows.next()?.is_some())
    }

    /// What a failure of the engine says about a row.
    fn fault(&self, row: usize, error: rusqlite::Error, engine: &Connection, origin: &Origin) -> Error {
        let fault = match error.sqlite_extended_error_code().unwrap_or(0) {
            // Which of several constraints is told depends on the engine's whim; the key comes first.
            ffi::SQLITE_CONSTRAINT_UNIQUE
                if self.how == RowWrite::Insert && self.exists(row, engine).unwrap_or(false) =>
            {
                RowFault::Duplicate
            }
            ffi::SQLITE_CONSTRAINT_PRIMARYKEY | ffi::SQLITE_CONSTRAINT_ROWID => RowFault::Duplicate,
            ffi::SQLITE_CONSTRAINT_UNIQUE => match violated(self.place, self.entity, &error) {
                Some(index) => RowFault::Unique(index),
                None => RowFault::Refused(message(&error).to_owned()),
            },
            ffi::SQLITE_CONSTRAINT_FOREIGNKEY => return foreign_key(self.entity, &error),
            code if code & 0xff == ffi::SQLITE_CONSTRAINT || code == ffi::SQLITE_TOOBIG => {
                RowFault::Refused(message(&error).to_owned())
            }
            _ => {
                let doing = format!("writing `{}`", self.entity.name);
                return origin.failure(&doing, error);
            }
        };
        Error::row(self.write, row, fault)
    }
}

/// A foreign key of others, which is looked at at once.
pub(crate) fn foreign_key(entity: &EntitySchema, error: &rusqlite::Error) -> Error {
    Error::ForeignKey { entity: entity.name.to_owned(), constraint: message(error).to_owned() }
}
