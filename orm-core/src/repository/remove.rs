//! Removing records by their keys, and taking removals back.

use super::{Repository, key_set};
use crate::database::{Deleted, Removal, View, Which};
use crate::engine::{Backoff, Mode};
use crate::error::Result;
use crate::model::{Model, SoftDelete};
use crate::query::Query;
use crate::value::{IntoKey, KeyValues};

impl<M: Model, D: Mode> Repository<M, D> {
    /// Removes the record of this key and answers whether there was one. Of a model with soft delete it
    /// is only marked; what refers to it is dealt with as `on_delete` says.
    ///
    /// # Errors
    /// As [`find`](Self::find); [`Error::Restricted`](crate::Error::Restricted) when others refer to it
    /// that forbid it.
    pub fn destroy(&self, key: impl IntoKey<M::Key>) -> D::Answer<'_, Result<bool>> {
        let key = super::key::<M>(key);
        D::answer(async move { Ok(self.remove_keys(&[key?], false).await? > 0) })
    }

    /// Removes the records of these keys and answers how many there were, as
    /// [`destroy`](Self::destroy) does.
    ///
    /// # Errors
    /// As [`destroy`](Self::destroy).
    pub fn destroy_many<'a, K: IntoKey<M::Key>>(
        &'a self,
        keys: impl IntoIterator<Item = K>,
    ) -> D::Answer<'a, Result<u64>> {
        let keys: Result<Vec<KeyValues>> = keys.into_iter().map(super::key::<M>).collect();
        D::answer(async move { self.remove_keys(&keys?, false).await })
    }

    /// Removes all records and answers how many there were, as [`destroy`](Self::destroy) does: those
    /// of a model with soft delete are marked, those outside of the database's scopes stay.
    ///
    /// # Errors
    /// Those of the storage; [`Error::Restricted`](crate::Error::Restricted) as by `destroy`.
    pub fn flush(&self) -> D::Answer<'_, Result<u64>> {
        D::answer(async move { self.remove(Which::All, View::default(), false).await })
    }

    async fn remove_keys(&self, keys: &[KeyValues], forever: bool) -> Result<u64> {
        let deleted = if forever { Deleted::With } else { Deleted::Without };
        let view = View { deleted, ..View::default() };
        self.remove(Which::Keys(key_set::<M>(keys)), view, forever).await
    }

    /// Removes records of those that are seen, trying again what may be tried again.
    pub(crate) async fn remove(&self, which: Which, view: View, forever: bool) -> Result<u64> {
        self.ready().await?;
        let seen = self.database.registry.scopes.condition(M::schema(), view);
        let removal = Removal { entity: M::schema(), which, seen, forever };
        let mut backoff = Backoff::new(self.retries());
        loop {
            match self.database.remove(&self.session, removal.clone()).await {
                Err(error) if error.is_transient() && backoff.again::<D>().await => {}
                outcome => return outcome,
            }
        }
    }
}

impl<M: Model, D: Mode> Repository<M, D> {
    /// A query that sees deleted records too; as `query().with_deleted()`.
    pub fn with_deleted(&self) -> Query<M, D>
    where
        M: SoftDelete,
    {
        self.query().with_deleted()
    }

    /// A query that sees deleted records only; as `query().only_deleted()`.
    pub fn only_deleted(&self) -> Query<M, D>
    where
        M: SoftDelete,
    {
        self.query().only_deleted()
    }

    /// Takes the deletion of the record of this key back and answers whether it was deleted. What was
    /// deleted along with it stays deleted.
    ///
    /// # Errors
    /// As [`find`](Self::find).
    pub fn restore(&self, key: impl IntoKey<M::Key>) -> D::Answer<'_, Result<bool>>
    where
        M: SoftDelete,
    {
        let key = super::key::<M>(key);
        D::answer(async move { Ok(self.query().of_keys([&key?]).restored().await? > 0) })
    }

    /// Takes the deletion of the records of these keys back and answers how many were deleted.
    ///
    /// # Errors
    /// As [`find`](Self::find).
    pub fn restore_many<'a, K: IntoKey<M::Key>>(
        &'a self,
        keys: impl IntoIterator<Item = K>,
    ) -> D::Answer<'a, Result<u64>>
    where
        M: SoftDelete,
    {
        let keys: Result<Vec<KeyValues>> = keys.into_iter().map(super::key::<M>).collect();
        D::answer(async move { self.query().of_keys(&keys?).restored().await })
    }

    /// Removes the record of this key for good, whether it was deleted before or not, and answers
    /// whether there was one.
    ///
    /// # Errors
    /// As [`destroy`](Self::destroy).
    pub fn force_destroy(&self, key: impl IntoKey<M::Key>) -> D::Answer<'_, Result<bool>>
    where
        M: SoftDelete,
    {
        let key = super::key::<M>(key);
        D::answer(async move { Ok(self.remove_keys(&[key?], true).await? > 0) })
    }

    /// Removes the records of these keys for good and answers how many there were, deleted ones
    /// included.
    ///
    /// # Errors
    /// As [`destroy`](Self::destroy).
    pub fn force_destroy_many<'a, K: IntoKey<M::Key>>(
        &'a self,
        keys: impl IntoIterator<Item = K>,
    ) -> D::Answer<'a, Result<u64>>
    where
        M: SoftDelete,
    {
        let keys: Result<Vec<KeyValues>> = keys.into_iter().map(super::key::<M>).collect();
        D::answer(async move { self.remove_keys(&keys?, true).await })
    }
}
