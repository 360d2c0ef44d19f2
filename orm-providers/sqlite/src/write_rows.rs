//! Writes of records: one prepared statement, run row by row.

use crate::database::Place;
use crate::error::{Origin, message};
use crate::read::renderer;
use crate::session::Session;
use crate::values::Param;
use crate::write::{text_only, violated};
use orm_core::error::RowFault;
use orm_core::model::schema::EntitySchema;
use orm_core::plan::{RowWrite, Rows};
use orm_core::{Error, Result};
use orm_provider_sql::rows::{given, merge_repeats, uniform};
use orm_provider_sql::shape::Shape;
use rusqlite::{CachedStatement, Connection, ffi};

const INSERT: u8 = 20;
const UPSERT: u8 = 21;
const UPDATE: u8 = 22;
const EXISTS: u8 = 23;

/// How many statements are held at once for rows that give different columns.
const HELD: usize = 16;

/// What is done with the rows that give the same columns.
struct Step<'s> {
    given: Vec<usize>,
    statement: CachedStatement<'s>,
    sort: u8,
    /// The columns that are bound from the row, in order.
    bound: Vec<usize>,
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
    let writer = Writer { place, entity, how, rows: merged.as_ref().map_or(rows, |m| &m.rows), write };
    match &merged {
        Some(merged) => writer.run(session, merged.firsts.iter().copied())?,
        None => writer.run(session, 0..rows.len())?,
    }
    Ok(rows.len() as u64)
}

impl Writer<'_> {
    fn run(&self, session: &mut Session, which: impl Iterator<Item = usize>) -> Result<()> {
        // The engine lends statements while the texts and their key are written.
        let Session { engine, texts, key, origin, .. } = session;
        let mut prepare = |columns: &[usize]| -> Result<Step<'_>> {
            let plan = self.plan(columns);
            key.clear();
            key.push(plan.sort);
            key.extend_from_slice(&self.place.id.to_ne_bytes());
            Shape::new(key).entity(self.entity);
            for &column in columns {
                key.extend_from_slice(&(column as u32).to_ne_bytes());
            }
            let text = texts.get_or_render(key, || text_only(Ok(self.text(&plan))))?;
            let statement = engine
                .prepare_cached(&text.sql)
                .map_err(|e| origin.failure(&format!("preparing to write `{}`", self.entity.name), e))?;
            Ok(Step {
                given: columns.to_vec(),
                statement,
                sort: plan.sort,
                bound: plan.bound,
                filled: plan.filled,
                missing: plan.missing,
            })
        };
        let fail = |row: usize, error: rusqlite::Error| self.fault(row, error, engine, origin);
        if let Some(columns) = uniform(self.rows) {
            let mut step = prepare(&columns)?;
            for row in which {
                self.one(&mut step, row, &fail)?;
            }
            return Ok(());
        }
        let mut steps: Vec<Step<'_>> = Vec::new();
        let mut columns = Vec::new();
        for row in which {
            given(self.rows, row, &mut columns);
            let at = match steps.iter().position(|s| s.given == columns) {
                Some(at) => at,
                None => {
                    if steps.len() == HELD {
                        steps.remove(0);
                    }
                    steps.push(prepare(&columns)?);
                    steps.len() - 1
                }
            };
            self.one(&mut steps[at], row, &fail)?;
        }
        Ok(())
    }

    /// What is done with rows that give these columns.
    fn plan(&self, given: &[usize]) -> Plan {
        let fields = self.entity.fields;
        let is_key = |c: &usize| self.entity.key.contains(c);
        let rest: Vec<usize> = given.iter().copied().filter(|c| !is_key(c)).collect();
        let missing = (0..fields.len()).find(|c| fields[*c].required() && !given.contains(c));
        let changes = self.how == RowWrite::Update || (self.how == RowWrite::Merge && missing.is_some());
        if changes {
            let sort = if rest.is_empty() { EXISTS } else { UPDATE };
            let mut bound = rest.clone();
            bound.extend_from_slice(self.entity.key);
            return Plan { sort, bound, rest, filled: Vec::new(), missing };
        }
        let has_default = |c: &usize| fields[*c].default.is_some() && !given.contains(c);
        Plan {
            sort: if self.how == RowWrite::Insert { INSERT } else { UPSERT },
            bound: given.to_vec(),
            rest,
            filled: (0..fields.len()).filter(has_default).collect(),
            missing,
        }
    }

    fn text(&self, plan: &Plan) -> String {
        let render = renderer(self.place);
        let all = || [plan.bound.as_slice(), &plan.filled].concat();
        match plan.sort {
            INSERT => render.insert(self.entity, &all()),
            UPSERT => render.upsert(self.entity, &all(), &plan.rest),
            UPDATE => render.update(self.entity, &plan.rest),
            _ => render.exists(self.entity),
        }
    }

    /// Writes one record.
    fn one(
        &self,
        step: &mut Step<'_>,
        row: usize,
        fail: &impl Fn(usize, rusqlite::Error) -> Error,
    ) -> Result<()> {
        if let (RowWrite::Insert, Some(column)) = (self.how, step.missing) {
            return Err(Error::row(self.write, row, RowFault::Missing(column)));
        }
        let statement = &mut step.statement;
        for (i, &column) in step.bound.iter().enumerate() {
            let value = Param::new(self.rows.value(row, column));
            statement.raw_bind_parameter(i + 1, value).map_err(|e| fail(row, e))?;
        }
        for (i, &column) in step.filled.iter().enumerate() {
            let field = self.entity.field(column);
            let value = self.rows.filler(column).unwrap_or(orm_core::value::Value::Null);
            let value = field.kind.fit(value.as_ref()).map_err(|mismatch| Error::Operand {
                model: self.entity.model,
                column: field.field,
                mismatch,
            })?;
            statement
                .raw_bind_parameter(step.bound.len() + i + 1, Param::new(value))
                .map_err(|e| fail(row, e))?;
        }
        let found = match step.sort {
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
        match (found, self.how, step.missing) {
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

/// What is done with rows that give the same columns, before it is prepared.
struct Plan {
    sort: u8,
    bound: Vec<usize>,
    /// The given columns that aren't of the key.
    rest: Vec<usize>,
    filled: Vec<usize>,
    missing: Option<usize>,
}
