//! Replacing all of an entity, and making records of defaults.

use super::Repository;
use crate::database::{Deleted, Removal, View, Which};
use crate::engine::{Backoff, Mode, Session};
use crate::error::{Error, Result};
use crate::model::{IntoDraft, Model, RawDraft};
use crate::normalize::{Assembler, Gather, Source};
use crate::plan::{Change, Predicate, RowWrite, Write};
use std::sync::Arc;

impl<M: Model, D: Mode> Repository<M, D> {
    /// Replaces the entity's whole content by these records, in one transaction; answers them in the
    /// input's order.
    ///
    /// What was stored is removed for good, soft delete or not; only records outside of the database's
    /// scopes stay. What refers to a record that doesn't come back is dealt with as `on_delete` says.
    /// Nested records of other models are merged, as a [`save`](Self::save) does.
    ///
    /// # Errors
    /// As [`save`](Self::save) and [`destroy`](Self::destroy); nothing has changed then.
    pub fn fresh<'a, R: IntoDraft<M>>(
        &'a self,
        records: impl IntoIterator<Item = R>,
    ) -> D::Answer<'a, Result<Vec<M>>> {
        let gather = self.gather(RowWrite::Merge, records, true);
        D::answer(async move {
            let mut gather = gather?;
            self.ready().await?;
            self.database.ready_to_remove(M::schema(), &self.session).await?;
            gather.stamp()?;
            let needed = gather.to_read_back();
            let mut backoff = Backoff::new(self.retries());
            loop {
                let outcome = attempt!(&self.session, work => {
                    match self.clearing(&gather, work.session()).await {
                        Ok(before) => self.write_and_read(&mut gather, &needed, before, work.session()).await,
                        Err(error) => Err(error),
                    }
                });
                match outcome {
                    Err(error) if error.is_transient() && backoff.again::<D>().await => {
                        gather.forget_made_keys();
                    }
                    outcome => return outcome,
                }
            }
        })
    }

    /// The writes that make room for what was gathered.
    async fn clearing(&self, gather: &Gather, session: &Session) -> Result<Vec<Write>> {
        let entity = M::schema();
        let view = View { deleted: Deleted::With, ..View::default() };
        let seen = self.scopes().condition(entity, view);
        let removal = |which| Removal { entity, which, seen: seen.clone(), forever: true };
        if !self.database.registry.is_referred_to(entity) {
            return self.database.removal(session, removal(Which::All)).await;
        }
        // Records that come back are replaced, which is no deletion to those that refer to them.
        let back = Predicate::Keys { columns: entity.key, keys: Arc::new(gather.stated(entity, entity.key)) };
        let gone = Which::Where(Predicate::Not(Box::new(back.clone())));
        let mut writes = self.database.removal(session, removal(gone)).await?;
        writes.push(Write { entity, change: Change::DeleteWhere { filter: back.and(seen) } });
        Ok(writes)
    }

    /// Creates and stores a record that has nothing but defaults.
    ///
    /// ```
    /// # use orm_core::prelude::*;
    /// #[derive(Model)]
    /// struct Cart {
    ///     #[key(auto)]
    ///     id: i64,
    ///     #[field(default = 0)]
    ///     items: i32,
    /// }
    /// # fn example(carts: Repository<Cart>) -> orm_core::Result<()> {
    /// let cart: Cart = carts.new()?;
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// [`Error::MissingField`] and [`Error::MissingKey`] where the model's defaults don't make a whole
    /// record; those of the storage.
    #[allow(clippy::new_ret_no_self, clippy::wrong_self_convention, reason = "the name that the peers use")]
    pub fn new<'a>(&'a self) -> D::Answer<'a, Result<M>> {
        let mut gather = Gather::new(M::schema(), RowWrite::Insert, self.database.settings.clone());
        let begun = gather.root_draft(RawDraft::new(M::schema()), 0);
        D::answer(async move {
            begun?;
            self.write_one(gather).await
        })
    }

    /// Makes a record that isn't stored out of what a draft says and the defaults; nested records too.
    /// Keys that we make are made; a key that the storage makes must be stated.
    ///
    /// ```
    /// # use orm_core::prelude::*;
    /// # #[derive(Model)] struct User { #[key] id: u64, name: String, #[field(default = 18)] age: i32 }
    /// # fn example(users: Repository<User>) -> orm_core::Result<()> {
    /// let ada = users.make(User::draft().id(1).name("Ada"))?;
    /// assert_eq!(ada.age, 18);
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// [`Error::Incomplete`] with all fields that are missing.
    pub fn make(&self, draft: impl IntoDraft<M>) -> Result<M> {
        let mut gather = Gather::new(M::schema(), RowWrite::Insert, self.database.settings.clone());
        gather.lists_missing = true;
        gather.root(draft, 0)?;
        gather.stamp()?;
        let missing = gather.fill_defaults()?;
        if !missing.is_empty() {
            return Err(Error::Incomplete { model: M::schema().model, fields: missing });
        }
        let sources = gather.groups().iter().map(|_| Source::Own).collect();
        let made = Assembler::new(&gather, sources).roots()?.pop();
        made.ok_or_else(|| Error::unsupported("an empty answer", "one record was made"))
    }
}
