//! Writes of records: many to a statement, each column as one array.

use crate::copy::{Copy, WORTH_IT};
use crate::read::renderer;
use crate::session::{Place, Session, Text};
use crate::values::{Param, filler};
use crate::write::{Failure, refused};
use orm_core::error::RowFault;
use orm_core::model::schema::EntitySchema;
use orm_core::plan::{RowWrite, Rows};
use orm_core::value::{Class, ValueRef};
use orm_core::{Error, Result};
use orm_provider_server::Made;
use orm_provider_sql::rows::{given, merge_repeats};
use orm_provider_sql::shape::Shape;
use std::borrow::Cow;
use std::collections::HashMap;

/// How many records a statement writes at most.
const MOST_ROWS: usize = 10_000;
/// How many bytes of text and the like a statement carries, unless one record has more.
const MOST_BYTES: usize = 8 << 20;

/// What is done with some records.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Sort {
    Insert = 20,
    Upsert = 21,
    Update = 22,
    Exists = 23,
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
    steps: Vec<Step>,
    /// Whether each statement writes one record, so that its failure tells which is at fault.
    exact: bool,
}

/// What is done with records that give the same columns.
struct Step {
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
        let mut job = Self { write, how, rows, steps: Vec::new(), exact };
        job.group(&which, made, unique);
        Ok(job)
    }

    /// Puts records together that give the same columns: as they come where their order matters to a
    /// unique index, otherwise all of them.
    fn group(&mut self, which: &[usize], made: &Made, in_order: bool) {
        let mut made: Vec<usize> = made.iter().filter(|(w, _)| *w == self.write).map(|(_, r)| *r).collect();
        made.sort_unstable();
        let mut known: HashMap<(Vec<usize>, bool), (usize, usize)> = HashMap::new();
        let (mut columns, mut last) = (Vec::new(), None);
        for &row in which {
            given(&self.rows, row, &mut columns);
            let new = made.binary_search(&row).is_ok();
            let size = self.size(row);
            let found = known.get_mut(&(columns.clone(), new)).filter(|(at, bytes)| {
                !self.exact
                    && (!in_order || last == Some(*at))
                    && self.steps[*at].which.len() < MOST_ROWS
                    && *bytes + size <= MOST_BYTES
            });
            match found {
                Some((at, bytes)) => {
                    *bytes += size;
                    last = Some(*at);
                    self.steps[*at].which.push(row);
                }
                None => {
                    let step = self.step(&columns, new, row);
                    self.steps.push(step);
                    last = Some(self.steps.len() - 1);
                    known.insert((columns.clone(), new), (self.steps.len() - 1, size));
                }
            }
        }
    }

    fn size(&self, row: usize) -> usize {
        let fields = self.rows.entity().fields.iter().enumerate();
        let sizes = fields.map(|(c, field)| match field.kind.class() {
            Class::Text | Class::Bytes => match self.rows.value(row, c) {
                ValueRef::Text(text) => text.len(),
                ValueRef::Bytes(bytes) => bytes.len(),
                _ => 0,
            },
            _ => 0,
        });
        sizes.sum()
    }

    /// What is done with a record that gives these columns.
    fn step(&self, given: &[usize], new: bool, row: usize) -> Step {
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
        Step { sort, given: given.to_vec(), rest, filled, missing, which: vec![row] }
    }

    /// Whether it is one statement, and either all of it happens or nothing.
    pub(crate) fn is_one_statement(&self) -> bool {
        match self.steps.as_slice() {
            [] => true,
            [one] => matches!(one.sort, Sort::Insert | Sort::Upsert),
            _ => false,
        }
    }

    /// Writes the records and answers how many. `durable` says that no transaction is open.
    pub(crate) async fn run(
        &self,
        session: &mut Session,
        place: &Place,
        durable: bool,
    ) -> Result<u64, Failure> {
        for step in &self.steps {
            self.run_step(session, place, step, durable).await?;
        }
        Ok(self.rows.len() as u64)
    }

    async fn run_step(
        &self,
        session: &mut Session,
        place: &Place,
        step: &Step,
        durable: bool,
    ) -> Result<(), Failure> {
        let entity = self.rows.entity();
        if let (Sort::Insert, Some(column)) = (step.sort, step.missing) {
            return Err(self.fault(step, RowFault::Missing(column)));
        }
        if step.sort == Sort::Insert && !self.exact && step.which.len() >= WORTH_IT {
            let columns = [step.given.as_slice(), &step.filled].concat();
            if let Some(copy) = Copy::prepare(session, place, entity, &columns).await? {
                return self.copy(session, &copy, step, durable).await;
            }
        }
        session.shape(step.sort as u8, place);
        Shape::new(&mut session.key).entity(entity);
        for columns in [&step.given, &step.filled] {
            session.key.extend_from_slice(&(columns.len() as u32).to_ne_bytes());
            for &column in columns {
                session.key.extend_from_slice(&(column as u32).to_ne_bytes());
            }
        }
        let prepared = session.text(|| Ok(Text::silent(step.text(place, entity))))?;
        let params = self.params(step)?;
        let doing = format!("writing `{}`", entity.name);
        let statement = match session.statement(&prepared, &params).await {
            Ok(statement) => statement,
            Err(error) => return Err(session.failure(&doing, error).into()),
        };
        match session.execute(&statement, &params).await {
            Ok(_) if matches!(step.sort, Sort::Insert | Sort::Upsert) => Ok(()),
            Ok(found) if found == step.which.len() as u64 => Ok(()),
            Ok(_) => Err(self.fault(
                step,
                match (self.how, step.missing) {
                    (RowWrite::Merge, Some(column)) => RowFault::Missing(column),
                    _ => RowFault::NotFound,
                },
            )),
            Err(error) => {
                let at = Refused { write: self.write, row: step.which[0] };
                let failure = refused(session, entity, error, Some(at), durable, &doing);
                let of_a_record =
                    matches!(failure, Failure::Unique { .. } | Failure::Told(Error::Row { .. }));
                Err(if of_a_record && !self.exact { Failure::Unclear } else { failure })
            }
        }
    }

    /// Writes new records by a `COPY`.
    async fn copy(
        &self,
        session: &mut Session,
        copy: &Copy,
        step: &Step,
        durable: bool,
    ) -> Result<(), Failure> {
        let entity = self.rows.entity();
        let mut fillers = Vec::with_capacity(step.filled.len());
        for &column in &step.filled {
            // Each record gets a value of its own, as it may be the time, or made up.
            let values: Result<Vec<_>> = step.which.iter().map(|_| filler(&self.rows, column)).collect();
            fillers.push(values?);
        }
        let value = |row: usize, column: usize| match step.given.get(column) {
            Some(&given) => self.rows.value(step.which[row], given),
            None => fillers[column - step.given.len()][row].as_ref(),
        };
        match copy.send(session, step.which.len(), value).await {
            Ok(_) => Ok(()),
            Err(None) => Err(Failure::Unclear),
            Err(Some(error)) => {
                let at = Refused { write: self.write, row: step.which[0] };
                let doing = format!("writing `{}`", entity.name);
                Err(match refused(session, entity, error, Some(at), durable, &doing) {
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
        let entity = self.rows.entity();
        let columns = match step.sort {
            Sort::Exists => entity.key,
            _ => &step.given,
        };
        let mut params: Vec<Param<'p>> = columns
            .iter()
            .map(|&column| Param::Column { rows: &self.rows, which: &step.which, column })
            .collect();
        for &column in &step.filled {
            // Each record gets a value of its own, as it may be the time, or made up.
            let values: Result<Vec<_>> = step.which.iter().map(|_| filler(&self.rows, column)).collect();
            params.push(Param::Values(values?, entity.field(column).kind));
        }
        Ok(params)
    }
}

impl Step {
    fn text(&self, place: &Place, entity: &'static EntitySchema) -> String {
        let render = renderer(place);
        let table = render.table(entity);
        let quoted = |column: &usize| render.quoted(entity.field(*column).column);
        let names = |columns: &[usize]| columns.iter().map(quoted).collect::<Vec<_>>();
        let places = |count: usize| (1..=count).map(|p| format!("${p}")).collect::<Vec<_>>().join(", ");
        match self.sort {
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
