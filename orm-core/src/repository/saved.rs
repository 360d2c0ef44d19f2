//! What a bulk save answers.

use super::Repository;
use crate::engine::{Mode, Snapshot};
use crate::error::{Error, Result};
use crate::model::Model;
use crate::normalize::{Assembler, Gather, readback};
use crate::provider::TxOptions;
use crate::value::KeyType;
use std::fmt;

/// The keys and the shape of what was saved; records are only made when asked for.
pub struct Saved<M: Model, D: Mode> {
    repository: Repository<M, D>,
    gather: Gather,
}

impl<M: Model, D: Mode> fmt::Debug for Saved<M, D> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let groups = self.gather.groups().iter().map(|g| (g.entity().name, g.rows.len()));
        f.debug_map().entries(groups).finish()
    }
}

impl<M: Model, D: Mode> Saved<M, D> {
    pub(crate) fn new(repository: Repository<M, D>, gather: Gather) -> Self {
        Self { repository, gather }
    }

    fn roots(&self) -> impl Iterator<Item = usize> {
        self.gather.group(0).origins.roots()
    }

    /// The number of records at the top of the input.
    #[must_use]
    pub fn len(&self) -> usize {
        self.roots().count()
    }

    /// Whether the input had no records.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.roots().next().is_none()
    }

    /// For each entity, how many records the input had, repeated ones counted each time.
    pub fn counts(&self) -> impl Iterator<Item = (&'static str, usize)> {
        self.gather.groups().iter().map(|g| (g.entity().name, g.rows.len()))
    }

    /// The keys of the records at the top of the input, in its order.
    ///
    /// # Errors
    /// When a stored key doesn't fit its field.
    pub fn keys(&self) -> Result<Vec<M::Key>> {
        let schema = M::schema();
        let rows = &self.gather.group(0).rows;
        self.roots()
            .map(|row| {
                M::Key::read(&mut |part| rows.value(row, schema.key[part]))
                    .map_err(|mismatch| Error::Operand { model: schema.model, column: "key", mismatch })
            })
            .collect()
    }

    /// The records in the input's order and shape, with the relations that the input named and no
    /// others, as they are stored now.
    ///
    /// # Errors
    /// Those of the storage; [`Error::NotFound`] when a record was removed meanwhile.
    pub fn records(&self) -> D::Answer<'_, Result<Vec<M>>> {
        D::answer(async move {
            let needed = self.gather.to_read_back();
            let snapshot = Snapshot::begin(self.repository.session(), TxOptions::snapshot()).await?;
            let sources = readback(&self.gather, &needed, snapshot.session()).await;
            let sources = snapshot.end(sources).await?;
            Assembler::new(&self.gather, sources).roots()
        })
    }
}
