//! Records that are in hand already: loading their relations, reading them again.

use super::Repository;
use crate::database::Lens;
use crate::engine::{Mode, Snapshot};
use crate::error::{Error, Result};
use crate::model::{Fields, Many, Model, Morph, One, RelationVisitor};
use crate::provider::TxOptions;
use crate::query::{Borrowed, IntoLoad};
use crate::value::{KeyValues, Mismatch};
use std::any::Any;

/// Records in hand: one of them, or a list.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is neither a record of `{M}` nor a list of them",
    note = "it takes `&mut record`, `&mut list` or `&mut list[..]`"
)]
pub trait InHand<'a, M> {
    /// All of them.
    fn records(self) -> &'a mut [M];
}

impl<'a, M: Model> InHand<'a, M> for &'a mut M {
    fn records(self) -> &'a mut [M] {
        std::slice::from_mut(self)
    }
}
impl<'a, M: Model> InHand<'a, M> for &'a mut [M] {
    fn records(self) -> &'a mut [M] {
        self
    }
}
impl<'a, M: Model> InHand<'a, M> for &'a mut Vec<M> {
    fn records(self) -> &'a mut [M] {
        self
    }
}
impl<'a, M: Model, const N: usize> InHand<'a, M> for &'a mut [M; N] {
    fn records(self) -> &'a mut [M] {
        self
    }
}

impl<M: Model, D: Mode> Repository<M, D> {
    /// Loads a relation onto records that are in hand: one statement, whatever their number. What the
    /// relation held before is replaced.
    ///
    /// ```
    /// # use orm_core::prelude::*;
    /// # #[derive(Model)] struct User { #[key] id: u64, #[has_many] posts: Many<Post> }
    /// # #[derive(Model)] struct Post { #[key] id: u64, user_id: u64 }
    /// # fn example(users: Repository<User>) -> orm_core::Result<()> {
    /// let mut all = users.all()?;
    /// users.load(&mut all, |u| u.posts.order_by(|p| p.id.desc()).limit(3))?;
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// As those of a query with [`with`](crate::query::Query::with).
    pub fn load<'a, L: IntoLoad<M>>(
        &'a self,
        records: impl InHand<'a, M>,
        load: impl FnOnce(&Fields<M>) -> L,
    ) -> D::Answer<'a, Result<()>> {
        let (mut records, load) = (Borrowed(records.records()), load(M::fields()).into_load().any);
        D::answer(async move {
            load.check()?;
            self.ready().await?;
            let snapshot = Snapshot::begin(&self.session, TxOptions::snapshot()).await?;
            let lens =
                Lens { session: snapshot.session(), scopes: self.scopes(), unscoped: false, whole: false };
            let outcome = load.here(lens, &mut records).await;
            snapshot.end(outcome).await?;
            load.across(
                Lens { session: &self.session, scopes: self.scopes(), unscoped: false, whole: false },
                &mut records,
            )
            .await
        })
    }

    /// Reads the columns of a record again; its relations stay as they are. A deleted record of a model
    /// with soft delete is read too.
    ///
    /// # Errors
    /// [`Error::NotFound`] when there is no record of its key; those of the storage.
    pub fn refresh<'a>(&'a self, record: &'a mut M) -> D::Answer<'a, Result<()>> {
        D::answer(async move {
            let key = key_of(record)?;
            let stored = self.stored(&key).await?;
            renew(record, stored.ok_or_else(|| not_found::<M>(&key))?)
        })
    }

    /// The record of a key, deleted or not.
    pub(super) async fn stored(&self, key: &KeyValues) -> Result<Option<M>> {
        self.ready().await?;
        self.query().seeing_deleted().find_key(key).await
    }
}

/// The key of a record.
pub(super) fn key_of<M: Model>(record: &M) -> Result<KeyValues> {
    let schema = M::schema();
    let part = |&column: &usize| {
        let wrong = |mismatch: Mismatch| Error::Operand {
            model: schema.model,
            column: schema.field(column).field,
            mismatch,
        };
        record.value(column).map(|value| value.to_value()).map_err(wrong)
    };
    Ok(KeyValues::many(schema.key.iter().map(part).collect::<Result<_>>()?))
}

/// That there is no record of a key.
pub(super) fn not_found<M: Model>(key: &KeyValues) -> Error {
    let (at, model) = ("$".to_owned(), M::schema().model);
    Error::NotFound { at, model, key: super::shown(key) }
}

/// Gives a record the columns of the stored one, and leaves its relations.
pub(super) fn renew<M: Model>(record: &mut M, mut stored: M) -> Result<()> {
    let mut slots = Slots(Vec::new());
    record.relations(&mut slots)?;
    slots.0.reverse();
    stored.relations(&mut PutBack(slots.0))?;
    *record = stored;
    Ok(())
}

/// Takes the relations out of a record.
struct Slots(Vec<Box<dyn Any>>);

impl RelationVisitor for Slots {
    fn one<T: Model>(&mut self, _: usize, slot: &mut One<T>) -> Result<()> {
        self.0.push(Box::new(std::mem::take(slot)));
        Ok(())
    }
    fn many<T: Model>(&mut self, _: usize, slot: &mut Many<T>) -> Result<()> {
        self.0.push(Box::new(std::mem::take(slot)));
        Ok(())
    }
    fn morph<E: Morph>(&mut self, _: usize, slot: &mut One<E>) -> Result<()> {
        self.0.push(Box::new(std::mem::take(slot)));
        Ok(())
    }
}

/// Puts them into another record of the same model, the last first.
struct PutBack(Vec<Box<dyn Any>>);

impl PutBack {
    fn next<S: 'static>(&mut self, slot: &mut S) {
        if let Some(kept) = self.0.pop().and_then(|slot| slot.downcast().ok()) {
            *slot = *kept;
        }
    }
}

impl RelationVisitor for PutBack {
    fn one<T: Model>(&mut self, _: usize, slot: &mut One<T>) -> Result<()> {
        self.next(slot);
        Ok(())
    }
    fn many<T: Model>(&mut self, _: usize, slot: &mut Many<T>) -> Result<()> {
        self.next(slot);
        Ok(())
    }
    fn morph<E: Morph>(&mut self, _: usize, slot: &mut One<E>) -> Result<()> {
        self.next(slot);
        Ok(())
    }
}
