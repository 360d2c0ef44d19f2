//! Writes of records, many to a statement: new ones as they are, changes joined to a table of JSON.

use crate::dialect::MysqlDialect;
use crate::error::is_other_key;
use crate::places::{json_column, typed};
use crate::session::{Failed, Place, Server, Session, Text};
use crate::values::{filler, json_rows, sent};
use crate::write::{Failure, refused};
use mysql_async::Value;
use orm_core::error::RowFault;
use orm_core::model::schema::EntitySchema;
use orm_core::plan::{RowWrite, Rows};
use orm_core::value::{Class, ValueRef};
use orm_core::{Error, Result};
use orm_provider_server::Made;
use orm_provider_sql::Renderer;
use orm_provider_sql::rows::{given, merge_repeats};
use orm_provider_sql::shape::Shape;
use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::Arc;

/// How many records a statement writes at most.
const MOST_ROWS: usize = 1024;
/// How many placeholders a statement has at most.
const MOST_PLACES: usize = 60_000;
/// Up to how many records a statement that is made for as many is kept for the next time; of those for
/// more, only those for a power of two are, so that there are few.
const KEPT: usize = 16;

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
    server: Server,
    write: usize,
    how: RowWrite,
    rows: Cow<'a, Rows>,
    steps: Vec<Step>,
    /// Whether each statement writes one record, so that its failure tells which is at fault.
    exact: bool,
    /// Whether no two records have one key.
    distinct: bool,
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
        server: Server,
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
        let merged = if partial { merge_repeats(rows) } else { None };
        let (rows, which) = match merged {
            Some(merged) => (Cow::Owned(merged.rows), merged.firsts),
            None => (Cow::Borrowed(rows), (0..rows.len()).collect::<Vec<_>>()),
        };
        let exact = one_by_one || rows.len() <= 1;
        let mut job = Self { server, write, how, rows, steps: Vec::new(), exact, distinct: false };
        job.group(&which, made);
        let changes = |step: &Step| matches!(step.sort, Sort::Update | Sort::Exists) && step.which.len() > 1;
        job.distinct = !exact && job.steps.iter().any(changes) && distinct(&job.rows, &which);
        Ok(job)
    }

    /// Puts records together that give the same columns and follow each other: statements write theirs
    /// in order, so that a later record meets what an earlier one wrote.
    fn group(&mut self, which: &[usize], made: &Made) {
        let mut made: Vec<usize> = made.iter().filter(|(w, _)| *w == self.write).map(|(_, r)| *r).collect();
        made.sort_unstable();
        let unique = self.rows.entity().indexes.iter().any(|index| index.unique);
        // Of records with different keys and nothing else that is unique the order is of no concern.
        let mut any_order = None;
        let mut known: HashMap<(Vec<usize>, bool), usize> = HashMap::new();
        let (mut columns, mut last) = (Vec::new(), None);
        for &row in which {
            given(&self.rows, row, &mut columns);
            let shape = (columns.clone(), made.binary_search(&row).is_ok());
            let found = known.get(&shape).copied().filter(|&at| {
                last == Some(at) || *any_order.get_or_insert_with(|| !unique && distinct(&self.rows, which))
            });
            let at = match found {
                Some(at) => {
                    self.steps[at].which.push(row);
                    at
                }
                None => {
                    let step = self.step(&columns, shape.1, row);
                    self.steps.push(step);
                    known.insert(shape, self.steps.len() - 1);
                    self.steps.len() - 1
                }
            };
            last = Some(at);
        }
    }

    fn size(&self, row: usize) -> usize {
        let fields = self.rows.entity().fields.iter().enumerate();
        let sizes = fields.map(|(c, field)| match field.kind.class() {
            Class::Text | Class::Bytes => match self.rows.value(row, c) {
                ValueRef::Text(text) => text.len() + 8,
                ValueRef::Bytes(bytes) => bytes.len() + 8,
                _ => 8,
            },
            _ => 24,
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

    /// Whether a step's records may be changed by one statement, which does it in an order of its own.
    fn joins(&self, step: &Step) -> bool {
        let mut unique = self.rows.entity().indexes.iter().filter(|index| index.unique);
        self.distinct && !unique.any(|index| index.fields.iter().any(|column| step.rest.contains(column)))
    }

    /// The records of a step, as many together as one statement writes.
    fn chunks<'s>(&self, step: &'s Step) -> Vec<&'s [usize]> {
        let mut rest = step.which.as_slice();
        let mut chunks = Vec::new();
        let width = (step.given.len() + step.filled.len()).max(1);
        let room = match step.sort {
            _ if self.exact => 1,
            Sort::Insert | Sort::Upsert => 1 << (MOST_PLACES / width).clamp(1, MOST_ROWS).ilog2(),
            Sort::Update | Sort::Exists if self.joins(step) => MOST_ROWS,
            Sort::Update | Sort::Exists => 1,
        };
        let joined = step.is_joined();
        // JSON may say a character in six.
        let most_bytes = self.server.packet / if joined { 8 } else { 2 };
        while !rest.is_empty() {
            let mut bytes = 0;
            let fits = rest.iter().take(room).take_while(|&&row| {
                bytes += self.size(row);
                bytes <= most_bytes
            });
            let (now, then) = rest.split_at(fits.count().max(1));
            chunks.push(now);
            rest = then;
        }
        chunks
    }

    /// Whether it is one statement, and either all of it happens or nothing.
    pub(crate) fn is_one_statement(&self) -> bool {
        match self.steps.as_slice() {
            [] => true,
            [one] => self.chunks(one).len() == 1,
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
            if let (Sort::Insert, Some(column)) = (step.sort, step.missing) {
                return Err(self.fault(&step.which, RowFault::Missing(column)));
            }
            for chunk in self.chunks(step) {
                self.write(session, place, step, chunk, durable).await?;
            }
        }
        Ok(self.rows.len() as u64)
    }

    async fn write(
        &self,
        session: &mut Session,
        place: &Place,
        step: &Step,
        chunk: &[usize],
        durable: bool,
    ) -> Result<(), Failure> {
        let count = chunk.len();
        let kept = count <= KEPT || count.is_power_of_two() || step.is_joined();
        let text = match kept {
            true => self.text(session, place, step, step.sort, count)?,
            false => {
                Arc::new(step.text(session.renderer(place), self.rows.entity(), step.sort, count).into())
            }
        };
        let params = self.params(step, chunk)?;
        // The server would end the connection.
        let too_large = |value: &Value| matches!(value, Value::Bytes(b) if b.len() >= self.server.packet);
        if params.iter().any(too_large) {
            let words = "it is larger than the server takes: raise its `max_allowed_packet`, or store less";
            return Err(self.fault(chunk, RowFault::Refused(words.to_owned())));
        }
        let outcome = match step.sort {
            Sort::Exists => session
                .fetch(&text.sql, params)
                .await
                .map(|rows| rows.first().and_then(|row| row.get::<u64, _>(0)).unwrap_or(0)),
            _ if kept => session.execute(&text.sql, params).await,
            _ => session.execute_once(&text.sql, params).await,
        };
        match outcome {
            Ok(_) if matches!(step.sort, Sort::Insert | Sort::Upsert) => Ok(()),
            Ok(found) if found == chunk.len() as u64 => Ok(()),
            Ok(_) => Err(self.fault(
                chunk,
                match (self.how, step.missing) {
                    (RowWrite::Merge, Some(column)) => RowFault::Missing(column),
                    _ => RowFault::NotFound,
                },
            )),
            Err(error) => Err(self.refused(session, place, step, chunk, error, durable).await),
        }
    }

    /// The failure of a statement that writes these records.
    async fn refused(
        &self,
        session: &mut Session,
        place: &Place,
        step: &Step,
        chunk: &[usize],
        error: Failed,
        durable: bool,
    ) -> Failure {
        let alone = chunk.len() == 1;
        let mut error = error;
        if is_other_key(&error) {
            if !alone {
                return Failure::Unclear;
            }
            // Which of the unique indexes it is, the engine tells of a record that is simply new.
            let text = self.text(session, place, step, Sort::Insert, 1);
            let told = match (text, self.params(step, chunk)) {
                (Ok(text), Ok(params)) => session.execute(&text.sql, params).await,
                (Err(error), _) | (_, Err(error)) => return error.into(),
            };
            match told {
                // The other one went away meanwhile.
                Ok(_) => return Failure::Told(Error::Serialization),
                Err(told) => error = told,
            }
        }
        let entity = self.rows.entity();
        let at = Refused { write: self.write, row: chunk[0] };
        let doing = format!("writing `{}`", entity.name);
        let failure = refused(session, entity, error, Some(at), durable, &doing);
        let of_a_record = matches!(failure, Failure::Unique { .. } | Failure::Told(Error::Row { .. }));
        if of_a_record && !alone { Failure::Unclear } else { failure }
    }

    /// A fault of one of some records, if it is clear which.
    fn fault(&self, which: &[usize], fault: RowFault) -> Failure {
        match which {
            [row] => Failure::Told(Error::row(self.write, *row, fault)),
            _ if self.exact => Failure::Told(Error::row(self.write, which[0], fault)),
            _ => Failure::Unclear,
        }
    }

    fn text(
        &self,
        session: &mut Session,
        place: &Place,
        step: &Step,
        sort: Sort,
        count: usize,
    ) -> Result<Arc<Text>> {
        let entity = self.rows.entity();
        session.shape(sort as u8, place);
        Shape::new(&mut session.key).entity(entity);
        for columns in [&step.given, &step.filled] {
            session.key.extend_from_slice(&(columns.len() as u32).to_ne_bytes());
            for &column in columns {
                session.key.extend_from_slice(&(column as u32).to_ne_bytes());
            }
        }
        // The table of JSON is as long as it is.
        let joined = count > 1 && matches!(sort, Sort::Update | Sort::Exists);
        session.key.extend_from_slice(&if joined { u32::MAX } else { count as u32 }.to_ne_bytes());
        let (render, server) = (session.renderer(place), self.server);
        session.text(|| {
            let sql = match joined {
                true => step.joined(render, server.dialect, entity, sort),
                false => step.text(render, entity, sort, count),
            };
            Ok(sql.into())
        })
    }

    /// The values of some records, in the order of the text's placeholders.
    fn params(&self, step: &Step, chunk: &[usize]) -> Result<Vec<Value>> {
        let entity = self.rows.entity();
        let columns = match step.sort {
            Sort::Insert | Sort::Upsert => step.given.clone(),
            Sort::Update => [step.rest.as_slice(), entity.key].concat(),
            Sort::Exists => entity.key.to_vec(),
        };
        if chunk.len() > 1 && matches!(step.sort, Sort::Update | Sort::Exists) {
            return Ok(vec![json_rows(&self.rows, chunk, &columns)]);
        }
        let mut params = Vec::with_capacity(chunk.len() * (columns.len() + step.filled.len()));
        for &row in chunk {
            params.extend(columns.iter().map(|&column| sent(self.rows.value(row, column))));
            for &column in &step.filled {
                // Each record gets a value of its own, as it may be the time, or made up.
                params.push(sent(filler(&self.rows, column)?.as_ref()));
            }
        }
        Ok(params)
    }
}

/// Whether no two of some records have one key.
fn distinct(rows: &Rows, which: &[usize]) -> bool {
    which.len() <= 1 || merge_repeats(rows).is_none_or(|merged| merged.firsts.len() == which.len())
}

impl Step {
    /// Whether its records come as a table of JSON, where they are several.
    fn is_joined(&self) -> bool {
        matches!(self.sort, Sort::Update | Sort::Exists)
    }

    fn text(&self, render: Renderer<'_>, entity: &'static EntitySchema, sort: Sort, count: usize) -> String {
        let table = render.table(entity);
        let quoted = |column: &usize| render.quoted(entity.field(*column).column);
        let names = |columns: &[usize]| columns.iter().map(quoted).collect::<Vec<_>>();
        let same = || {
            let mut out = String::new();
            for (part, column) in entity.key.iter().enumerate() {
                out.push_str(if part > 0 { " AND " } else { "" });
                out.push_str(&quoted(column));
                out.push_str(" = ");
                typed(&mut out, Some(entity.field(*column).kind));
            }
            out
        };
        match sort {
            Sort::Insert | Sort::Upsert => {
                let all = [self.given.as_slice(), &self.filled].concat();
                let one = format!("({})", vec!["?"; all.len()].join(", "));
                let rows = vec![one.as_str(); count].join(", ");
                let mut sql = format!("INSERT INTO {table} ({}) VALUES {rows}", names(&all).join(", "));
                if sort == Sort::Upsert {
                    render.dialect.upsert(&mut sql, &names(entity.key), &names(&self.rest));
                }
                sql
            }
            Sort::Update => {
                let set: Vec<String> = self.rest.iter().map(|c| format!("{} = ?", quoted(c))).collect();
                format!("UPDATE {table} SET {} WHERE {}", set.join(", "), same())
            }
            Sort::Exists => format!("SELECT COUNT(*) FROM {table} WHERE {}", same()),
        }
    }

    /// The text that changes, or counts, the records that a table of JSON names.
    fn joined(
        &self,
        render: Renderer<'_>,
        dialect: &MysqlDialect,
        entity: &'static EntitySchema,
        sort: Sort,
    ) -> String {
        let table = render.table(entity);
        let rest: &[usize] = if sort == Sort::Update { &self.rest } else { &[] };
        let mut columns = Vec::new();
        let mut equal = |at: usize, &column: &usize| {
            let field = entity.field(column);
            let (name, path) = (format!("orm__c{at}"), format!("$[{at}]"));
            let (definition, meant) = json_column(dialect, field.kind, &name, &path);
            columns.push(definition);
            format!("{table}.{} = {meant}", render.quoted(field.column))
        };
        let set: Vec<String> = rest.iter().enumerate().map(|(at, c)| equal(at, c)).collect();
        let same: Vec<String> =
            entity.key.iter().enumerate().map(|(at, c)| equal(rest.len() + at, c)).collect();
        let from = format!(
            "{table} JOIN JSON_TABLE(?, '$[*]' COLUMNS ({})) AS orm__j ON {}",
            columns.join(", "),
            same.join(" AND ")
        );
        match sort {
            Sort::Update => format!("UPDATE {from} SET {}", set.join(", ")),
            _ => format!("SELECT COUNT(*) FROM {from}"),
        }
    }
}
