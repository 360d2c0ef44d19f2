//! Relations whose foreign key the record holds itself: associating and dissociating.

use super::{Owner, Related};
use crate::engine::{Mode, Session};
use crate::error::{Error, Result};
use crate::model::schema::{RelationKind, Side};
use crate::model::{Model, ToOne};
use crate::normalize::{Gather, SomeGroups};
use crate::plan::RowWrite;
use crate::value::{IntoKey, KeyValues, Value};

impl<M: Model, T: Model, D: Mode> Related<M, ToOne<M, T>, D> {
    /// Lets the record refer to the one of this key; answers whether it did not before.
    ///
    /// # Errors
    /// [`Error::NotFound`] when one of the two doesn't exist; those of the storage.
    pub fn associate<'a>(&'a self, key: impl IntoKey<T::Key>) -> D::Answer<'a, Result<bool>> {
        let key = crate::repository::key::<T>(key);
        D::answer(async move {
            let key = key?;
            self.must_be("associate", &[RelationKind::BelongsTo])?;
            self.ready(M::schema()).await?;
            in_transaction!(self.repository, work => self.associate_in(&key, work.session()).await)
        })
    }

    /// Lets the record refer to nothing; answers whether it did refer to something.
    ///
    /// # Errors
    /// [`Error::NotFound`] when the record doesn't exist; [`Error::Configuration`] when the foreign key
    /// can't be NULL.
    pub fn dissociate<'a>(&'a self) -> D::Answer<'a, Result<bool>> {
        D::answer(async move {
            self.must_be("dissociate", &[RelationKind::BelongsTo])?;
            self.let_go().await
        })
    }

    async fn associate_in(&self, key: &KeyValues, session: &Session) -> Result<bool> {
        let (target, to) = (T::schema(), self.schema().to);
        let owner = self.owner(session).await?;
        let set = crate::repository::key_set::<T>([key]);
        let found = self.read(target, target.key, set, to, session).await?;
        if found.is_empty() {
            return Err(super::not_found::<T>(key));
        }
        let values = to.iter().map(|&column| found.value(0, column).to_value()).collect();
        self.refer(&owner, values, session).await
    }

    pub(super) async fn let_go(&self) -> Result<bool> {
        let schema = M::schema();
        let from = self.schema().from;
        if let Some(&stuck) = from.iter().find(|&&column| !schema.field(column).nullable) {
            return Err(Error::Configuration(format!(
                "`{}.{}` can't be NULL, so the record must refer to something: `associate` it with another",
                schema.model,
                schema.field(stuck).field
            )));
        }
        self.ready(schema).await?;
        in_transaction!(self.repository, work => self.let_go_in(work.session()).await)
    }

    async fn let_go_in(&self, session: &Session) -> Result<bool> {
        let owner = self.owner(session).await?;
        let nothing = vec![Value::Null; self.schema().from.len()];
        self.refer(&owner, nothing, session).await
    }

    /// Gives the foreign key these values.
    async fn refer(&self, owner: &Owner, values: Vec<Value>, session: &Session) -> Result<bool> {
        let values = KeyValues::many(values);
        if values.iter().eq(owner.from.iter()) {
            return Ok(false);
        }
        let mut draft = self.draft(owner);
        for (part, &column) in self.schema().from.iter().enumerate() {
            draft.state(column, Ok(values.get(part).to_value()));
        }
        if let Some(guard) = self.schema().guard.filter(|guard| guard.on == Side::Own) {
            draft.state(guard.column, Ok(Value::Text(guard.value.into())));
        }
        let mut gather =
            Gather::new(M::schema(), RowWrite::Update, self.repository.database.settings.clone());
        gather.root_draft(draft, 0)?;
        let nothing_read = SomeGroups::default();
        self.repository.place().write_within(&mut gather, &nothing_read, Vec::new(), session).await?;
        Ok(true)
    }
}
