//! Records that know what of them was changed.

use super::Repository;
use super::in_hand::renew;
use crate::engine::Mode;
use crate::error::{Error, Result};
use crate::model::{Model, RawDraft, owned};
use crate::normalize::Gather;
use crate::plan::RowWrite;
use crate::value::{IntoKey, Mismatch, Value};
use std::ops::{Deref, DerefMut};

/// A record that remembers its columns, so that only those that were changed since are written.
///
/// ```
/// # use orm_core::prelude::*;
/// # #[derive(Model)] struct User { #[key] id: u64, name: String, age: i32 }
/// # fn example(users: Repository<User>) -> orm_core::Result<()> {
/// let Some(mut ada) = users.find_tracked(1)? else { return Ok(()) };
/// ada.age += 1;
/// assert_eq!(ada.changes(), ["age"]);
/// users.save_changes(&mut ada)?;
/// # Ok(()) }
/// ```
#[derive(Debug, Clone)]
pub struct Tracked<M> {
    record: M,
    /// The columns as they are stored.
    before: Vec<Result<Value, Mismatch>>,
}

impl<M: Model> Tracked<M> {
    /// Tracks a record from its present state on, which is taken to be the stored one.
    pub fn new(record: M) -> Self {
        let before = columns(&record);
        Self { record, before }
    }

    /// The names of the columns that were changed, in the order of the struct's fields. Relations don't
    /// count.
    #[must_use]
    pub fn changes(&self) -> Vec<&'static str> {
        self.changed().map(|column| M::schema().field(column).field).collect()
    }

    /// Whether any column was changed.
    #[must_use]
    pub fn is_dirty(&self) -> bool {
        self.changed().next().is_some()
    }

    /// The record itself.
    #[must_use]
    pub fn into_inner(self) -> M {
        self.record
    }

    fn changed(&self) -> impl Iterator<Item = usize> {
        let same = |column: &usize| self.before[*column] == owned(self.record.value(*column));
        (0..self.before.len()).filter(move |column| !same(column))
    }

    /// What is to be written: the key, the changes, and the version that they are based on.
    fn draft(&self) -> Result<RawDraft> {
        let schema = M::schema();
        let mut draft = RawDraft::new(schema);
        for column in self.changed() {
            if schema.key.contains(&column) {
                return Err(Error::KeyUpdate { model: schema.model, column: schema.field(column).field });
            }
            draft.state(column, owned(self.record.value(column)));
        }
        let based_on = schema.version.filter(|column| draft.cells[*column].is_none());
        for column in schema.key.iter().copied().chain(based_on) {
            draft.state(column, self.before[column].clone());
        }
        Ok(draft)
    }
}

fn columns<M: Model>(record: &M) -> Vec<Result<Value, Mismatch>> {
    let columns = 0..M::schema().fields.len();
    columns.map(|column| owned(record.value(column))).collect()
}

impl<M> Deref for Tracked<M> {
    type Target = M;
    fn deref(&self) -> &M {
        &self.record
    }
}

impl<M> DerefMut for Tracked<M> {
    fn deref_mut(&mut self) -> &mut M {
        &mut self.record
    }
}

impl<M: Model> From<M> for Tracked<M> {
    fn from(record: M) -> Self {
        Self::new(record)
    }
}

impl<M: Model, D: Mode> Repository<M, D> {
    /// The record of this key, tracked.
    ///
    /// # Errors
    /// As [`find`](Self::find).
    pub fn find_tracked(&self, key: impl IntoKey<M::Key>) -> D::Answer<'_, Result<Option<Tracked<M>>>> {
        let key = super::key::<M>(key);
        D::answer(async move {
            self.ready().await?;
            Ok(self.query().find_key(&key?).await?.map(Tracked::new))
        })
    }

    /// Writes the columns of a tracked record that were changed, and nothing where none was; answers
    /// whether anything was written. The record has its stored state afterwards.
    ///
    /// # Errors
    /// [`Error::NotFound`] when the record is gone, [`Error::Stale`] when it has a version and another
    /// wrote it meanwhile, [`Error::KeyUpdate`] when its key was changed; those of the storage.
    pub fn save_changes<'a>(&'a self, record: &'a mut Tracked<M>) -> D::Answer<'a, Result<bool>> {
        D::answer(async move {
            if !record.is_dirty() {
                return Ok(false);
            }
            let mut gather = Gather::new(M::schema(), RowWrite::Update, self.database.settings.clone());
            gather.root_draft(record.draft()?, 0)?;
            let stored = self.write_one(gather).await?;
            renew(&mut record.record, stored)?;
            record.before = columns(&record.record);
            Ok(true)
        })
    }
}
