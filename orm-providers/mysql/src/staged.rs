//! Writing a batch in [stages](crate::ordered), for the sake of foreign keys.

use crate::ordered::{Stage, key_of, returning};
use crate::read;
use crate::session::{Place, Session};
use crate::values::filler;
use crate::write::{Failure, change};
use crate::write_rows::Job;
use orm_core::error::RowFault;
use orm_core::model::schema::EntitySchema;
use orm_core::plan::{Change, KeySet, Lock, Predicate, RowWrite, Rows, Select, WriteBatch};
use orm_core::provider::{Flow, Row, RowSink};
use orm_core::value::Kind;
use orm_core::{Error, Result};
use orm_provider_server::Made;
use orm_provider_sql::rows::bytes_of;
use std::borrow::Cow;
use std::collections::HashSet;
use std::sync::Arc;

/// A batch being written in stages, in an open transaction.
pub(crate) struct Staged<'a> {
    pub(crate) session: &'a mut Session,
    pub(crate) place: &'a Place,
    pub(crate) batch: &'a WriteBatch,
    /// The records whose keys were made.
    pub(crate) made: &'a Made,
    pub(crate) one_by_one: bool,
    /// The keys of records that were to be removed, and come back.
    pub(crate) left: Vec<(&'static EntitySchema, HashSet<Vec<u8>>)>,
}

impl Staged<'_> {
    /// Writes it all and answers how many records each write touched.
    pub(crate) async fn run(mut self, stages: &[Stage]) -> Result<Vec<u64>, Failure> {
        let mut affected = vec![0; self.batch.writes.len()];
        for stage in stages {
            match stage {
                Stage::Write(write) => affected[*write] = self.write(*write).await?,
                Stage::Rows(write, rows) => affected[*write] = self.rows(*write, rows).await?,
                Stage::References { write, rows, places } => {
                    self.references(*write, rows, places).await?;
                }
                Stage::LetGo(entity, let_go) => {
                    change(self.session, self.place, entity, let_go, false).await?;
                }
                Stage::Leave(write) => affected[*write] = self.leave(*write).await?,
            }
        }
        Ok(affected)
    }

    async fn write(&mut self, write: usize) -> Result<u64, Failure> {
        let batch = self.batch;
        let plain = &batch.writes[write];
        match &plain.change {
            Change::Rows { rows, .. } => self.rows(write, rows).await,
            other => change(self.session, self.place, plain.entity, other, false).await,
        }
    }

    async fn rows(&mut self, write: usize, rows: &Rows) -> Result<u64, Failure> {
        let Change::Rows { how, .. } = &self.batch.writes[write].change else { return Ok(0) };
        let rows = self.replacing(write, rows)?;
        let job = Job::plan(self.session.server, write, *how, &rows, self.made, self.one_by_one)?;
        job.run(self.session, self.place, false).await
    }

    /// Rows that replace records which were left where they are: what the rows don't say is as in new
    /// records.
    fn replacing<'r>(&mut self, write: usize, rows: &'r Rows) -> Result<Cow<'r, Rows>> {
        let entity = rows.entity();
        let mut rows = Cow::Borrowed(rows);
        let Some((_, left)) = self.left.iter_mut().find(|(e, _)| e.is(entity)) else { return Ok(rows) };
        for row in 0..rows.len() {
            if !left.remove(&key_of(&rows, row)) {
                continue;
            }
            let absent: Vec<usize> = (0..entity.fields.len()).filter(|&c| !rows.is_given(row, c)).collect();
            for column in absent {
                if rows.filler(column).is_none() {
                    return Err(Error::row(write, row, RowFault::Missing(column)));
                }
                let value = filler(&rows, column)?;
                if !rows.to_mut().set(row, column, value.as_ref()) {
                    let at = entity.name.to_owned();
                    return Err(Error::TooLarge { at, what: "more than 4 GiB of text in one column" });
                }
            }
        }
        Ok(rows)
    }

    async fn references(&mut self, write: usize, rows: &Rows, places: &[usize]) -> Result<(), Failure> {
        let none = Made::new();
        let job = Job::plan(self.session.server, write, RowWrite::Update, rows, &none, self.one_by_one)?;
        let place = |row: usize| places.get(row).copied().unwrap_or(row);
        match job.run(self.session, self.place, false).await {
            Ok(_) => Ok(()),
            Err(Failure::Unique { at: Some(mut at), entity, index }) => {
                at.row = place(at.row);
                Err(Failure::Unique { at: Some(at), entity, index })
            }
            Err(Failure::Told(Error::Row { mut at, fault })) => {
                at.row = place(at.row);
                Err(Failure::Told(Error::Row { at, fault }))
            }
            Err(other) => Err(other),
        }
    }

    /// Removes what no later write brings back.
    async fn leave(&mut self, write: usize) -> Result<u64, Failure> {
        let removal = &self.batch.writes[write];
        let entity = removal.entity;
        let filter = match &removal.change {
            Change::Delete { keys } => Predicate::Keys { columns: entity.key, keys: Arc::new(keys.clone()) },
            Change::DeleteWhere { filter } => filter.clone(),
            _ => Predicate::Constant(true),
        };
        let lock = Some(Lock::update());
        let plan = Select { filter, lock, ..Select::all(entity) };
        let coming = returning(self.batch, write);
        let coming = coming.flat_map(|rows| (0..rows.len()).map(|row| key_of(rows, row))).collect();
        let kinds: Vec<Kind> = entity.key.iter().map(|&column| entity.field(column).kind).collect();
        let mut met = Met { columns: entity.key, coming, left: HashSet::new(), gone: KeySet::new(kinds) };
        read::select(self.session, self.place, &plan, &mut met).await?;
        let count = (met.left.len() + met.gone.len()) as u64;
        match self.left.iter_mut().find(|(e, _)| e.is(entity)) {
            Some((_, left)) => left.extend(met.left),
            None => self.left.push((entity, met.left)),
        }
        change(self.session, self.place, entity, &Change::Delete { keys: met.gone }, false).await?;
        Ok(count)
    }
}

/// Tells the keys of records that come back from those of the others.
struct Met {
    columns: &'static [usize],
    coming: HashSet<Vec<u8>>,
    left: HashSet<Vec<u8>>,
    gone: KeySet,
}

impl RowSink for Met {
    fn row(&mut self, row: &dyn Row) -> Result<Flow> {
        let key = bytes_of(self.columns.iter().map(|&column| row.value(column)));
        if self.coming.contains(&key) {
            self.left.insert(key);
        } else if !self.gone.push(|part| row.value(self.columns[part])) {
            return Err(Error::TooLarge { at: String::new(), what: "more than 4 GiB of keys" });
        }
        Ok(Flow::More)
    }
}
