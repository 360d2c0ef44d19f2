//! What becomes of the records that refer to removed ones.
//!
//! All is read first, level by level, in the removal's own transaction: one statement for each relation
//! and level, whatever the number of records. What came out is then written at once.

use super::Inner;
use super::referrers::Referrer;
use super::removal::marked;
use crate::engine::Session;
use crate::error::{Error, Result};
use crate::model::schema::{EntitySchema, OnDelete};
use crate::plan::{Assignment, Change, KeySet, Output, Predicate, Rows, Select, Write};
use crate::provider::Row;
use crate::query::{KeyIndex, Number, Picked};
use crate::value::{Kind, Timestamp, Value};
use std::sync::Arc;

/// A removal on its way through the relations.
pub(super) struct Cascade<'a> {
    inner: &'a Inner,
    session: &'a Session,
    /// When the records are marked as deleted; `None` where they are removed for good.
    marked: Option<Timestamp>,
    /// Those that are to be removed, in the order in which they were met.
    doomed: Vec<Rows>,
    /// Their keys, by entity.
    met: Vec<(&'static EntitySchema, KeyIndex)>,
    /// Foreign keys that become NULL.
    cleared: Vec<Write>,
    /// What must not refer to the keys.
    restricted: Vec<(Referrer, KeySet)>,
}

impl<'a> Cascade<'a> {
    pub(super) fn new(inner: &'a Inner, session: &'a Session, marked: Option<Timestamp>) -> Self {
        let (doomed, met, cleared, restricted) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        Self { inner, session, marked, doomed, met, cleared, restricted }
    }

    /// The writes that remove the records that meet a condition, and do what is due to those that
    /// refer to them. The last one is that of the records themselves.
    pub(super) async fn writes(
        mut self,
        root: &'static EntitySchema,
        filter: Predicate,
    ) -> Result<Vec<Write>> {
        self.doom(root, filter).await?;
        if self.doomed.is_empty() {
            self.doomed.push(Rows::new(root));
        }
        let mut next = 0;
        while next < self.doomed.len() {
            let entity = self.doomed[next].entity();
            for referrer in self.inner.registry.referrers.of(entity) {
                let keys = distinct(&self.doomed[next], referrer.to);
                if !keys.is_empty() {
                    self.follow(referrer, keys).await?;
                }
            }
            next += 1;
        }
        for (referrer, keys) in std::mem::take(&mut self.restricted) {
            self.allow(referrer, keys).await?;
        }
        let mut writes = self.cleared;
        // Those that refer go before those that they refer to.
        for rows in self.doomed.iter().rev() {
            let entity = rows.entity();
            let keys = distinct(rows, entity.key);
            let change = match (self.marked, entity.deleted_at) {
                (Some(now), Some(column)) => Change::UpdateWhere {
                    filter: Predicate::Keys { columns: entity.key, keys: Arc::new(keys) },
                    set: vec![marked(column, now)],
                },
                _ => Change::Delete { keys },
            };
            writes.push(Write { entity, change });
        }
        Ok(writes)
    }

    /// Does what a relation says of the records that refer to these keys.
    async fn follow(&mut self, referrer: Referrer, keys: KeySet) -> Result<()> {
        match referrer.on_delete {
            // What is only marked is still there: it can be referred to, and comes back as it was.
            OnDelete::Cascade if self.marked.is_some() && referrer.child.deleted_at.is_none() => Ok(()),
            OnDelete::SetNull if self.marked.is_some() => Ok(()),
            OnDelete::Cascade => {
                let filter = self.referring(&referrer, keys);
                self.doom(referrer.child, filter).await
            }
            OnDelete::SetNull => {
                let filter = self.referring(&referrer, keys);
                let set = referrer.columns.iter().map(|&c| (c, Assignment::Set(Value::Null))).collect();
                let change = Change::UpdateWhere { filter, set };
                self.cleared.push(Write { entity: referrer.child, change });
                Ok(())
            }
            OnDelete::Restrict => {
                self.restricted.push((referrer, keys));
                Ok(())
            }
        }
    }

    /// The records that refer to these keys; those that are deleted already only count where the
    /// others go for good. Scopes don't count: what can't be seen refers all the same.
    fn referring(&self, referrer: &Referrer, keys: KeySet) -> Predicate {
        let refers = Predicate::Keys { columns: referrer.columns, keys: Arc::new(keys) };
        let refers = match referrer.guard() {
            Some(guard) => guard.and(refers),
            None => refers,
        };
        match referrer.child.deleted_at.filter(|_| self.marked.is_some()) {
            Some(column) => refers.and(Predicate::Null { column }),
            None => refers,
        }
    }

    /// Reads records that are to be removed, but for those that are known to be.
    async fn doom(&mut self, entity: &'static EntitySchema, filter: Predicate) -> Result<()> {
        let rows = self.read(entity, filter).await?;
        let at = match self.met.iter().position(|(e, _)| e.is(entity)) {
            Some(at) => at,
            None => {
                self.met.push((entity, KeyIndex::new(&kinds(entity, entity.key), rows.len())));
                self.met.len() - 1
            }
        };
        let met = &mut self.met[at].1;
        let mut new = Rows::new(entity);
        for row in 0..rows.len() {
            let key = |part: usize| rows.value(row, entity.key[part]);
            if met.places(key).next().is_none() {
                met.push(key);
                copy(&rows.row(row), &mut new, (0..entity.fields.len()).filter(|&c| rows.is_given(row, c)))?;
            }
        }
        if !new.is_empty() {
            self.doomed.push(new);
        }
        Ok(())
    }

    /// Refuses the removal while there are records that refer to these keys and stay.
    async fn allow(&mut self, referrer: Referrer, keys: KeySet) -> Result<()> {
        let filter = self.referring(&referrer, keys);
        let child = referrer.child;
        let count = match self.met.iter().position(|(e, _)| e.is(child)) {
            None => {
                let plan = Select { filter, output: Output::Count, ..Select::all(child) };
                self.session.select(&Arc::new(plan), Number(0)).await?.0
            }
            Some(at) => {
                let rows = self.read(child, filter).await?;
                let met = &mut self.met[at].1;
                let stays =
                    |row: &usize| met.places(|part| rows.value(*row, child.key[part])).next().is_none();
                (0..rows.len()).filter(stays).count() as u64
            }
        };
        match count {
            0 => Ok(()),
            count => Err(Error::Restricted {
                model: referrer.parent.model,
                by: child.model,
                relation: referrer.name(),
                count,
            }),
        }
    }

    /// The keys of records, and the columns that others refer to.
    async fn read(&self, entity: &'static EntitySchema, filter: Predicate) -> Result<Rows> {
        let referred = self.inner.registry.referrers.of(entity);
        let columns = entity.key.iter().chain(referred.iter().flat_map(|r| r.to)).copied();
        let plan = Select { filter, ..Select::all(entity) };
        let sink = Picked::new(entity, columns);
        Ok(self.session.select(&Arc::new(plan), sink).await?.rows)
    }
}

/// Appends a row of these columns.
fn copy(row: &dyn Row, rows: &mut Rows, columns: impl Iterator<Item = usize>) -> Result<()> {
    let at = rows.push();
    for column in columns {
        if !rows.set(at, column, row.value(column)) {
            let at = rows.entity().name.to_owned();
            return Err(Error::TooLarge { at, what: "more than 4 GiB of text in one column" });
        }
    }
    Ok(())
}

fn kinds(entity: &EntitySchema, columns: &[usize]) -> Vec<Kind> {
    columns.iter().map(|&c| entity.field(c).kind).collect()
}

/// What stands in these columns, each once; NULL is left out.
fn distinct(rows: &Rows, columns: &[usize]) -> KeySet {
    let mut index = KeyIndex::new(&kinds(rows.entity(), columns), rows.len());
    for row in 0..rows.len() {
        index.push(|part| rows.value(row, columns[part]));
    }
    index.take_keys()
}
