//! What a query sees: deleted records, and those outside of the database's scopes.

use super::Query;
use crate::database::Deleted;
use crate::engine::Mode;
use crate::error::Result;
use crate::model::{Model, SoftDelete};
use crate::plan::{Assignment, Change};
use crate::value::Value;

impl<M: Model, D: Mode> Query<M, D> {
    /// Deleted records too, where the model has them.
    pub(crate) fn seeing_deleted(mut self) -> Self {
        self.view.deleted = Deleted::With;
        self
    }

    /// Leaves the database's scopes out, for the records and for their relations. Deleted records are
    /// still left out.
    pub fn without_scopes(mut self) -> Self {
        self.view.unscoped = true;
        self
    }
}

impl<M: Model, D: Mode> Query<M, D> {
    /// Deleted records too. Those of relations say it themselves:
    /// `.with(|u| u.posts.load().with_deleted())`.
    pub fn with_deleted(self) -> Self
    where
        M: SoftDelete,
    {
        self.seeing_deleted()
    }

    /// Deleted records only.
    pub fn only_deleted(mut self) -> Self
    where
        M: SoftDelete,
    {
        self.view.deleted = Deleted::Only;
        self
    }

    /// Takes the deletion of all records back that meet the filter and are deleted, and answers how
    /// many.
    ///
    /// # Errors
    /// As [`delete`](Self::delete).
    pub fn restore<'a>(self) -> D::Answer<'a, Result<u64>>
    where
        M: SoftDelete,
    {
        D::answer(async move { self.restored().await })
    }

    pub(crate) async fn restored(self) -> Result<u64>
    where
        M: SoftDelete,
    {
        let mut query = self.only_deleted();
        let filter = query.filter_of_write("restore")?;
        // The model has the column: that is what its trait says.
        let deleted_at = M::schema().deleted_at.into_iter();
        let set = deleted_at.map(|column| (column, Assignment::Set(Value::Null))).collect();
        query.repository.change(Change::UpdateWhere { filter, set }).await
    }

    /// Removes all records that meet the filter for good and answers how many; deleted ones too, unless
    /// the query is [`only_deleted`](Self::only_deleted).
    ///
    /// # Errors
    /// As [`delete`](Self::delete).
    pub fn force_delete<'a>(mut self) -> D::Answer<'a, Result<u64>>
    where
        M: SoftDelete,
    {
        D::answer(async move {
            if self.view.deleted == Deleted::Without {
                self.view.deleted = Deleted::With;
            }
            let filter = self.filter_of_write("force_delete")?;
            self.remove(filter, true).await
        })
    }
}
