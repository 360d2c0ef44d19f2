//! Writes of records: many to a statement, each column as one array.

use crate::all_new::{Range, WORTH_ASKING};
use crate::copy::{Copy, WORTH_IT};
use crate::flight::Request;
use crate::read::renderer;
use crate::session::{Place, Session, Text};
use crate::values::{Param, filler};
use crate::write::{Failure, refused};
use orm_core::error::RowFault;
use orm_core::model::schema::EntitySchema;
use orm_core::plan::{RowWrite, Rows};
use orm_core::value::{Cell, Class, Kind, Value, ValueRef};
use orm_core::{Error, Result};
use orm_provider_server::Made;
use orm_provider_sql::rows::{given, merge_repeats, uniform};
use orm_provider_sql::shape::Shape;
use std::borrow::Cow;
use std::collections::HashMap;

/// How many records a statement writes at most.
pub(crate) const MOST_ROWS: usize = 10_000;
/// How many bytes of text and the like a statement carries, unless one record has more.
pub(crate) const MOST_BYTES: usize = 8 << 20;

/// From how many records on it matters how they are merged.
const MANY: usize = 16;

/// What is done with some records.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Sort {
    Insert = 20,
    Upsert = 21,
    Update = 22,
    Exists = 23,
    /// As `Upsert`, in no order, and refused where somebody else inserts the same key meanwhile.
    Merge = 28,
}

/// A record at fault.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Refused {
    pub(crate) write: usize,
    pub(crate) row: usize,
}

/// One write of records.
pub(crate) struct Job<'a> {
    write: usize,
    how: RowWrite,
    rows: Cow<'a, Rows>,
    pub(crate) steps: Vec<Step>,
    /// Whether each statement writes one record, so that its failure tells which is at fault.
    exact: bool,
    /// Whether the order in which records are written could be noticed.
    in_order: bool,
}

/// What is done with records that give the same columns.
pub(crate) struct Step {
    sort: Sort,
    /// The columns that the records give, in order.
    given: Vec<usize>,
    /// Those of them that aren't of the key.
    rest: Vec<usize>,
    /// The columns that are filled in for them.
    filled: Vec<usize>,
    /// The required column that they lack, if they lack one.
    missing: Option<usize>,
    which: Vec<usize>,
    /// How many bytes of text and the like they have.
    pub(crate) bytes: usize,
}

impl<'a> Job<'a> {
    /// Plans a write of records, of which some have keys that were made for them.
    pub(crate) fn plan(
        write: usize,
        how: RowWrite,
        rows: &'a Rows,
        made: &Made,
        one_by_one: bool,
    ) -> Result<Self> {
        let entity = rows.entity();
        for &column in entity.key {
            if !rows.all_values(column) {
                let row = (0..rows.len()).find(|&r| !rows.has_value(r, column));
                return Err(Error::row(write, row.unwrap_or(0), RowFault::Missing(column)));
            }
        }
        let partial = how == RowWrite::Merge && !rows.complete();
        let unique = entity.indexes.iter().any(|i| i.unique);
        // A statement can't write a record twice. Where other columns are unique too, what a repeat
        // takes back would be seen by the records in between.
        let merge = partial || (how != RowWrite::Insert && !one_by_one && rows.len() > 1);
        let merged = if merge { merge_repeats(rows) } else { None };
        let mut exact = one_by_one || rows.len() <= 1;
        let (rows, which) = match merged {
            Some(_) if unique && !partial => {
                exact = true;
                (Cow::Borrowed(rows), (0..rows.len()).collect())
            }
            Some(merged) => (Cow::Owned(merged.rows), merged.firsts),
            None => (Cow::Borrowed(rows), (0..rows.len()).collect::<Vec<_>>()),
        };
        let mut job = Self { write, how, rows, steps: Vec::new(), exact, in_order: unique };
        job.group(&which, made, unique);
        Ok(job)
    }

    /// Puts records together that give the same columns: as they come where their order matters to a
    /// unique index, otherwise all of them.
    fn group(&mut self, which: &[usize], made: &Made, in_order: bool) {
        let mut made: Vec<usize> = made.iter().filter(|(w, _)| *w == self.write).map(|(_, r)| *r).collect();
        made.sort_unstable();
        let lengthy: Vec<usize> = lengthy(self.rows.entity()).collect();
        let alike = made.is_empty() || made.len() == which.len();
        let mut columns: Vec<usize> = Vec::new();
        if alike && !self.exact && uniform(&self.rows, &mut columns) {
            return self.group_alike(&columns, which, !made.is_empty(), &lengthy);
        }
        // New records can be written together whatever they give: what one lacks is filled in.
        let all = self.rows.complete().then(|| stated(&self.rows));
        let mut known: HashMap<(Vec<usize>, bool), usize> = HashMap::new();
        columns.clear();
        let mut last: Option<(usize, bool)> = None;
        let mut next = Vec::new();
        for &row in which {
            let new = !made.is_empty() && made.binary_search(&row).is_ok();
            match &all {
                Some(all) if new || self.how == RowWrite::Insert => next.clone_from(all),
                _ => given(&self.rows, row, &mut next),
            }
            let size = lengthy.iter().map(|&column| length(&self.rows, row, column)).sum();
            let same = last.filter(|(_, of_new)| *of_new == new && next == columns).map(|(at, _)| at);
            let found = match same {
                None if !in_order => known.get(&(next.clone(), new)).copied(),
                same => same,
            };
            let found = found.filter(|&at| {
                let step = &self.steps[at];
                !self.exact && step.which.len() < MOST_ROWS && step.bytes + size <= MOST_BYTES
            });
            let at = match found {
                Some(at) => {
                    self.steps[at].bytes += size;
                    self.steps[at].which.push(row);
                    at
                }
                None => {
                    self.steps.push(self.step(&next, new, row, size));
                    known.insert((next.clone(), new), self.steps.len() - 1);
                    self.steps.len() - 1
                }
            };
            last = Some((at, new));
            std::mem::swap(&mut columns, &mut next);
        }
    }

    /// Puts records together that all give these columns.
    fn group_alike(&mut self, columns: &[usize], which: &[usize], new: bool, lengthy: &[usize]) {
        for &row in which {
            let size = lengthy.iter().map(|&column| length(&self.rows, row, column)).sum();
            match self.steps.last_mut() {
                Some(step) if step.which.len() < MOST_ROWS && step.bytes + size <= MOST_BYTES => {
                    step.bytes += size;
                    step.which.push(row);
                }
                _ => {
                    let next = self.step(columns, new, row, size);
                    self.steps.push(next);
                }
            }
        }
    }

    /// What is done with a record that gives these columns.
    fn step(&self, given: &[usize], new: bool, row: usize, bytes: usize) -> Step {
        let entity = self.rows.entity();
        let fields = entity.fields;
        let rest: Vec<usize> = given.iter().copied().filter(|c| !entity.key.contains(c)).collect();
        let missing = (0..fields.len()).find(|c| fields[*c].required() && !given.contains(c));
        let changes = match self.how {
            RowWrite::Update => true,
            RowWrite::Merge => missing.is_some() && !new,
            RowWrite::Insert => false,
        };
        let has_default = |c: &usize| fields[*c].default.is_some() && !given.contains(c);
        let sort = match (changes, self.how) {
            (true, _) if rest.is_empty() => Sort::Exists,
            (true, _) => Sort::Update,
            (false, RowWrite::Merge) if !new => Sort::Upsert,
            // A record whose key was made overwrites nothing, whoever took the key meanwhile.
            _ => Sort::Insert,
        };
        let filled = if changes { Vec::new() } else { (0..fields.len()).filter(has_default).collect() };
        Step { sort, given: given.to_vec(), rest, filled, missing, which: vec![row], bytes }
    }

    /// Whether it is one statement, and either all of it happens or nothing.
    pub(crate) fn is_one_statement(&self) -> bool {
        match self.steps.as_slice() {
            [] => true,
            [one] => !one.may_miss(),
            _ => false,
        }
    }

    /// What it writes to.
    pub(crate) fn entity(&self) -> &'static EntitySchema {
        self.rows.entity()
    }

    /// The steps that an insert does as well where none of their records is stored, if there are so many
    /// that asking pays, with the range of their keys.
    pub(crate) fn may_be_new(&self) -> impl Iterator<Item = (usize, Range)> {
        let many = |step: &Step| step.sort == Sort::Upsert && !self.exact && step.which.len() >= WORTH_ASKING;
        let steps = self.steps.iter().enumerate().filter(move |(_, step)| many(step));
        steps.filter_map(|(at, step)| Some((at, Range::of(&self.rows, &step.which)?)))
    }

    /// None of a step's records is stored.
    pub(crate) fn is_new(&mut self, step: usize) {
        self.steps[step].sort = Sort::Insert;
    }

    /// How many records it writes.
    pub(crate) fn records(&self) -> u64 {
        self.rows.len() as u64
    }

    /// Whether a step is best written by a `COPY`.
    pub(crate) fn may_copy(&self, step: &Step) -> bool {
        step.sort == Sort::Insert && !self.exact && step.which.len() >= WORTH_IT
    }

    /// The statement of a step.
    pub(crate) async fn request<'p>(
        &'p self,
        session: &mut Session,
        place: &Place,
        step: &'p Step,
    ) -> Result<Request<'p>, Failure> {
        let entity = self.rows.entity();
        if let (Sort::Insert, Some(column)) = (step.sort, step.missing) {
            return Err(self.fault(step, RowFault::Missing(column)));
        }
        let sort = match step.sort {
            Sort::Upsert if self.may_merge(session, step) => Sort::Merge,
            sort => sort,
        };
        session.shape(sort as u8, place);
        Shape::new(&mut session.key).entity(entity);
        for columns in [&step.given, &step.filled] {
            session.key.extend_from_slice(&(columns.len() as u32).to_ne_bytes());
            for &column in columns {
                session.key.extend_from_slice(&(column as u32).to_ne_bytes());
            }
        }
        let prepared = session.text(|| Ok(Text::silent(step.text(sort, place, entity))))?;
        let params = self.params(step)?;
        match session.statement(&prepared, &params).await {
            Ok(statement) => Ok(Request { statement, params }),
            Err(error) => Err(session.failure(&doing(entity), error).into()),
        }
    }

    /// Whether records are best merged by `MERGE`: for many, it takes the server three quarters of the time
    /// of an `INSERT … ON CONFLICT`, which enters each record on trial first.
    fn may_merge(&self, session: &Session, step: &Step) -> bool {
        session.has_merge && !self.exact && !self.in_order && step.which.len() >= MANY
    }

    /// Looks at what the server answered to a step. `durable` says that it may have been committed if there
    /// is no answer.
    pub(crate) fn judge(
        &self,
        session: &mut Session,
        step: &Step,
        touched: Result<u64, tokio_postgres::Error>,
        durable: bool,
    ) -> Result<(), Failure> {
        match touched {
            Ok(_) if !step.may_miss() => Ok(()),
            Ok(found) if found == step.which.len() as u64 => Ok(()),
            Ok(_) => Err(self.fault(
                step,
                match (self.how, step.missing) {
                    (RowWrite::Merge, Some(column)) => RowFault::Missing(column),
                    _ => RowFault::NotFound,
                },
            )),
            Err(error) => {
                let entity = self.rows.entity();
                let at = Refused { write: self.write, row: step.which[0] };
                let failure = refused(session, entity, error, Some(at), durable, &doing(entity));
                let of_a_record =
                    matches!(failure, Failure::Unique { .. } | Failure::Told(Error::Row { .. }));
                Err(if of_a_record && !self.exact { Failure::Unclear } else { failure })
            }
        }
    }

    /// Writes new records by a `COPY`; `false` where others made the table, and it can't be used.
    pub(crate) async fn copied(
        &self,
        session: &mut Session,
        place: &Place,
        step: &Step,
        durable: bool,
    ) -> Result<bool, Failure> {
        if let Some(column) = step.missing {
            return Err(self.fault(step, RowFault::Missing(column)));
        }
        let columns = [step.given.as_slice(), &step.filled].concat();
        let Some(copy) = Copy::prepare(session, place, self.rows.entity(), &columns).await? else {
            return Ok(false);
        };
        self.copy(session, &copy, step, durable).await.map(|()| true)
    }

    async fn copy(
        &self,
        session: &mut Session,
        copy: &Copy,
        step: &Step,
        durable: bool,
    ) -> Result<(), Failure> {
        let entity = self.rows.entity();
        let filled = Filled::of(&self.rows, &step.which, &step.given, &step.filled)?;
        let value = |row: usize, column: usize| filled.value(&self.rows, step.which[row], row, column);
        match copy.send(session, step.which.len(), value).await {
            Ok(_) => Ok(()),
            Err(None) => Err(Failure::Unclear),
            Err(Some(error)) => {
                let at = Refused { write: self.write, row: step.which[0] };
                Err(match refused(session, entity, error, Some(at), durable, &doing(entity)) {
                    Failure::Told(told) if told.is_transient() || matches!(told, Error::CommitUnknown(_)) => {
                        Failure::Told(told)
                    }
                    // One by one, as records are written without it, the engine says what is wrong.
                    _ => Failure::Unclear,
                })
            }
        }
    }

    /// A fault of a step's record, if it has but one.
    fn fault(&self, step: &Step, fault: RowFault) -> Failure {
        if self.exact {
            Failure::Told(Error::row(self.write, step.which[0], fault))
        } else {
            Failure::Unclear
        }
    }

    /// The columns of a step's records, each as one parameter.
    fn params<'p>(&'p self, step: &'p Step) -> Result<Vec<Param<'p>>> {
        match step.sort {
            Sort::Insert => column_params(&self.rows, &step.which, &step.given, &step.filled),
            Sort::Exists => Ok(given_params(&self.rows, &step.which, self.rows.entity().key)),
            _ => {
                let mut params = given_params(&self.rows, &step.which, &step.given);
                params.extend(column_params(&self.rows, &step.which, &[], &step.filled)?);
                Ok(params)
            }
        }
    }
}

fn doing(entity: &EntitySchema) -> String {
    format!("writing `{}`", entity.name)
}

/// The columns of text and the like.
fn lengthy(entity: &EntitySchema) -> impl Iterator<Item = usize> {
    let long = |kind: Kind| matches!(kind.class(), Class::Text | Class::Bytes);
    entity.fields.iter().enumerate().filter(move |(_, field)| long(field.kind)).map(|(column, _)| column)
}

fn length(rows: &Rows, row: usize, column: usize) -> usize {
    match rows.value(row, column) {
        ValueRef::Text(text) => text.len(),
        ValueRef::Bytes(bytes) => bytes.len(),
        _ => 0,
    }
}

/// How many bytes of text and the like some records have.
pub(crate) fn size(rows: &Rows) -> usize {
    let of_column = |column| (0..rows.len()).map(|row| length(rows, row, column)).sum::<usize>();
    lengthy(rows.entity()).map(of_column).sum()
}

/// The columns of which any record says anything.
pub(crate) fn stated(rows: &Rows) -> Vec<usize> {
    (0..rows.entity().fields.len()).filter(|&c| !rows.none_given(c)).collect()
}

fn given_params<'p>(rows: &'p Rows, which: &'p [usize], columns: &[usize]) -> Vec<Param<'p>> {
    columns.iter().map(|&column| Param::Column { rows, which, column }).collect()
}

/// Columns of new records, each as one parameter: what they give, and what is filled in.
pub(crate) fn column_params<'p>(
    rows: &'p Rows,
    which: &'p [usize],
    given: &[usize],
    filled: &[usize],
) -> Result<Vec<Param<'p>>> {
    let mut params = Vec::with_capacity(given.len() + filled.len());
    for &column in given {
        params.push(match made_up(rows, which, column)? {
            Some(values) => Param::Values(values, rows.entity().field(column).kind),
            None => Param::Column { rows, which, column },
        });
    }
    for &column in filled {
        // Each record gets a value of its own, as it may be the time, or made up.
        let values: Result<Vec<_>> = which.iter().map(|_| filler(rows, column)).collect();
        params.push(Param::Values(values?, rows.entity().field(column).kind));
    }
    Ok(params)
}

/// The values of a column that has a default, where only some of the records give it.
fn made_up(rows: &Rows, which: &[usize], column: usize) -> Result<Option<Vec<Value>>> {
    if rows.entity().field(column).default.is_none() || rows.all_given(column) {
        return Ok(None);
    }
    let value = |&row: &usize| match rows.cell(row, column) {
        Cell::Given(value) => Ok(value.to_value()),
        Cell::Absent => filler(rows, column),
    };
    which.iter().map(value).collect::<Result<_>>().map(Some)
}

/// Columns of new records with what is filled in for them, value by value.
struct Filled {
    columns: Vec<(usize, Option<Vec<Value>>)>,
}

impl Filled {
    fn of(rows: &Rows, which: &[usize], given: &[usize], filled: &[usize]) -> Result<Self> {
        let mut columns = Vec::with_capacity(given.len() + filled.len());
        for &column in given {
            columns.push((column, made_up(rows, which, column)?));
        }
        for &column in filled {
            // Each record gets a value of its own, as it may be the time, or made up.
            let values: Result<Vec<_>> = which.iter().map(|_| filler(rows, column)).collect();
            columns.push((column, Some(values?)));
        }
        Ok(Self { columns })
    }

    /// The value of a record, which is the `nth` of those written, in one of the columns.
    fn value<'v>(&'v self, rows: &'v Rows, row: usize, nth: usize, column: usize) -> ValueRef<'v> {
        match &self.columns[column] {
            (_, Some(values)) => values[nth].as_ref(),
            (column, None) => rows.value(row, *column),
        }
    }
}

impl Step {
    /// Whether it may find fewer records than it should, which the server doesn't refuse.
    pub(crate) fn may_miss(&self) -> bool {
        matches!(self.sort, Sort::Update | Sort::Exists)
    }

    fn text(&self, sort: Sort, place: &Place, entity: &'static EntitySchema) -> String {
        let render = renderer(place);
        let table = render.table(entity);
        let quoted = |column: &usize| render.quoted(entity.field(*column).column);
        let names = |columns: &[usize]| columns.iter().map(quoted).collect::<Vec<_>>();
        let places = |count: usize| (1..=count).map(|p| format!("${p}")).collect::<Vec<_>>().join(", ");
        match sort {
            Sort::Insert | Sort::Upsert => {
                let all = [self.given.as_slice(), &self.filled].concat();
                let mut sql = format!(
                    "INSERT INTO {table} ({}) SELECT * FROM unnest({})",
                    names(&all).join(", "),
                    places(all.len())
                );
                if self.sort == Sort::Upsert {
                    render.dialect.upsert(&mut sql, &names(entity.key), &names(&self.rest));
                }
                sql
            }
            Sort::Merge => {
                let all = [self.given.as_slice(), &self.filled].concat();
                let aliases: Vec<String> = all.iter().map(|c| format!("c{c}")).collect();
                let values: Vec<String> = all.iter().map(|c| format!("v.c{c}")).collect();
                let same: Vec<String> =
                    entity.key.iter().map(|c| format!("t.{} = v.c{c}", quoted(c))).collect();
                let set: Vec<String> = self.rest.iter().map(|c| format!("{} = v.c{c}", quoted(c))).collect();
                let matched = match set.is_empty() {
                    true => "DO NOTHING".to_owned(),
                    false => format!("UPDATE SET {}", set.join(", ")),
                };
                format!(
                    "MERGE INTO {table} AS t USING unnest({}) AS v({}) ON {} WHEN MATCHED THEN {matched} \
                     WHEN NOT MATCHED THEN INSERT ({}) VALUES ({})",
                    places(all.len()),
                    aliases.join(", "),
                    same.join(" AND "),
                    names(&all).join(", "),
                    values.join(", "),
                )
            }
            Sort::Update | Sort::Exists => {
                let columns: &[usize] = if self.sort == Sort::Update { &self.given } else { entity.key };
                let aliases: Vec<String> = columns.iter().map(|c| format!("c{c}")).collect();
                let values = format!("unnest({}) AS v({})", places(columns.len()), aliases.join(", "));
                let same: Vec<String> =
                    entity.key.iter().map(|c| format!("t.{} = v.c{c}", quoted(c))).collect();
                let same = same.join(" AND ");
                if self.sort == Sort::Exists {
                    return format!("SELECT 1 FROM {table} AS t JOIN {values} ON {same}");
                }
                let set: Vec<String> = self.rest.iter().map(|c| format!("{} = v.c{c}", quoted(c))).collect();
                format!("UPDATE {table} AS t SET {} FROM {values} WHERE {same}", set.join(", "))
            }
        }
    }
}
