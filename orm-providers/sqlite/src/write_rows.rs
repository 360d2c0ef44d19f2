//! Writes of records: one prepared statement, run row by row.

use crate::database::Place;
use crate::error::{Origin, message};
use crate::read::renderer;
use crate::session::Session;
use crate::values::Param;
use crate::write::{last_key, text_only, violated};
use orm_core::error::RowFault;
use orm_core::model::schema::EntitySchema;
use orm_core::plan::{RowWrite, Rows};
use orm_core::{Error, Result};
use orm_provider_sql::rows::{given, merge_repeats, uniform};
use orm_provider_sql::shape::Shape;
use rusqlite::{CachedStatement, Connection, ErrorCode, ffi};

const INSERT: u8 = 20;
const UPSERT: u8 = 21;
const UPDATE: u8 = 22;
const EXISTS: u8 = 23;

/// How many statements are held at once for rows that give different columns.
const HELD: usize = 16;

/// How many rows are written by one statement, as long as there are so many. A statement costs much more
/// than a row of it, not least where the engine counts the keys it gave; but every size is a statement of
/// its own to be prepared.
const BLOCKS: [usize; 5] = [64, 16, 8, 4, 1];

/// How many values are bound to one statement at most.
const BINDS: usize = 4_096;

/// What is done with the rows that give the same columns.
struct Step<'s> {
    plan: Plan,
    statement: CachedStatement<'s>,
}

/// What is done with rows that give the same columns, before it is prepared.
struct Plan {
    given: Vec<usize>,
    sort: u8,
    /// The columns that are bound from the row, in order.
    bound: Vec<usize>,
    /// The given columns that aren't of the key.
    rest: Vec<usize>,
    /// The columns that are bound from their defaults, after those.
    filled: Vec<usize>,
    /// The required column that such a row lacks, if it lacks one.
    missing: Option<usize>,
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

/// Inserts the only record of a batch and answers the key that the engine made.
pub(crate) fn insert_unkeyed(session: &mut Session, place: &Place, rows: &Rows) -> Result<i64> {
    let entity = rows.entity();
    let writer = Writer { place, entity, how: RowWrite::Insert, rows, write: 0, makes_key: true };
    let field = entity.field(entity.key[0]);
    let (_, most) = field.kind.integer_range().unwrap_or((0, i64::MAX));
    let overflow = || Error::Overflow { model: entity.model, column: field.field };
    if let Err(error) = writer.run(session, 1, |row| row) {
        // That there is no room is also what the engine says when it has no more numbers to give.
        let full = matches!(&error, Error::StorageFull(_))
            && last_key(session, place, entity).is_ok_and(|last| last == i64::MAX);
        return Err(if full { overflow() } else { error });
    }
    let key = session.engine.last_insert_rowid();
    if key > most { Err(overflow()) } else { Ok(key) }
}

impl Plan {
    /// How many of so many rows are to be written by one statement.
    fn block(&self, rows: usize) -> usize {
        if self.sort != UPSERT && (self.sort != INSERT || self.missing.is_some()) {
            return 1;
        }
        let width = self.bound.len() + self.filled.len();
        let fits = |size: &usize| *size <= rows && size * width <= BINDS;
        BLOCKS.into_iter().find(fits).unwrap_or(1)
    }
}

impl Writer<'_> {
    /// Writes so many rows; `at` tells where they stand.
    fn run(&self, session: &mut Session, count: usize, at: impl Fn(usize) -> usize) -> Result<()> {
        // The engine lends statements while the texts and their key are written.
        let Session { engine, texts, key, origin, .. } = session;
        let mut prepare = |plan: &Plan, block: usize| -> Result<CachedStatement<'_>> {
            key.clear();
            key.push(plan.sort);
            key.extend_from_slice(&self.place.id.to_ne_bytes());
            Shape::new(key).entity(self.entity);
            key.push(block as u8);
            for &column in &plan.given {
                key.extend_from_slice(&(column as u32).to_ne_bytes());
            }
            let text = texts.get_or_render(key, || text_only(Ok(self.text(plan, block))))?;
            engine
                .prepare_cached(&text.sql)
                .map_err(|e| origin.failure(&format!("preparing to write `{}`", self.entity.name), e))
        };
        let fail = |row: usize, error: rusqlite::Error| self.fault(row, error, engine, origin);
        if let Some(columns) = uniform(self.rows) {
            let plan = self.plan(columns);
            let mut done = 0;
            while done < count {
                let block = plan.block(count - done);
                let statement = prepare(&plan, block)?;
                if block == 1 {
                    let mut step = Step { plan, statement };
                    return (done..count).try_for_each(|row| self.one(&mut step, at(row), &fail));
                }
                let mut statement = statement;
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
                    let rows = rows.start + taken..rows.end;
                    let mut step =
                        Step { statement: prepare(&plan, 1)?, plan: self.plan(plan.given.clone()) };
                    rows.into_iter().try_for_each(|row| self.one(&mut step, at(row), &fail))?;
                }
            }
            return Ok(());
        }
        let mut steps: Vec<Step<'_>> = Vec::new();
        let mut columns = Vec::new();
        for row in (0..count).map(at) {
            given(self.rows, row, &mut columns);
            let step = match steps.iter().position(|s| s.plan.given == columns) {
                Some(step) => step,
                None => {
                    if steps.len() == HELD {
                        steps.remove(0);
                    }
                    let plan = self.plan(columns.clone());
                    steps.push(Step { statement: prepare(&plan, 1)?, plan });
                    steps.len() - 1
                }
            };
            self.one(&mut steps[step], row, &fail)?;
        }
        Ok(())
    }

    /// What is done with rows that give these columns.
    fn plan(&self, given: Vec<usize>) -> Plan {
        let fields = self.entity.fields;
        let is_key = |c: &usize| self.entity.key.contains(c);
        let rest: Vec<usize> = given.iter().copied().filter(|c| !is_key(c)).collect();
        let lacks = |c: &usize| fields[*c].required() && !given.contains(c) && !(self.makes_key && is_key(c));
        let missing = (0..fields.len()).find(lacks);
        let changes = self.how == RowWrite::Update || (self.how == RowWrite::Merge && missing.is_some());
        if changes {
            let sort = if rest.is_empty() { EXISTS } else { UPDATE };
            let mut bound = rest.clone();
            bound.extend_from_slice(self.entity.key);
            return Plan { given, sort, bound, rest, filled: Vec::new(), missing };
        }
        let has_default = |c: &usize| fields[*c].default.is_some() && !given.contains(c);
        Plan {
            sort: if self.how == RowWrite::Insert { INSERT } else { UPSERT },
            bound: given.clone(),
            rest,
            filled: (0..fields.len()).filter(has_default).collect(),
            missing,
            given,
        }
    }

    fn text(&self, plan: &Plan, block: usize) -> String {
        let render = renderer(self.place);
        let all = || [plan.bound.as_slice(), &plan.filled].concat();
        // What is refused half-way is undone with all of the batch, so the engine need not take note of what
        // the statement changes.
        let leaving = |text: String| match block {
            1 => text,
            _ => text.replacen("INSERT INTO", "INSERT OR FAIL INTO", 1),
        };
        match plan.sort {
            INSERT => leaving(render.insert(self.entity, &all(), block)),
            UPSERT => leaving(render.upsert(self.entity, &all(), &plan.rest, block)),
            UPDATE => render.update(self.entity, &plan.rest),
            _ => render.exists(self.entity),
        }
    }

    /// Binds what is bound of a row, after so many values of others.
    #[inline]
    fn bind(
        &self,
        statement: &mut CachedStatement<'_>,
        plan: &Plan,
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
        plan: &Plan,
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
        Step { plan, statement }: &mut Step<'_>,
        row: usize,
        fail: &impl Fn(usize, rusqlite::Error) -> Error,
    ) -> Result<()> {
        if let (RowWrite::Insert, Some(column)) = (self.how, plan.missing) {
            return Err(Error::row(self.write, row, RowFault::Missing(column)));
        }
        self.bind(statement, plan, row, 0, fail)?;
        let found = match plan.sort {
            EXISTS => {
                let mut rows = statement.raw_query();
                rows.next().map_err(|e| fail(row, e))?.is_some()
            }
            UPDATE => statement.raw_execute().map_err(|e| fail(row, e))? > 0,
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
