//! Relations to records that are saved through them: adding, replacing, clearing.

use super::{Owner, Related, RelationField, among};
use crate::engine::{Mode, Session};
use crate::error::{Error, Result};
use crate::model::schema::RelationKind;
use crate::model::{IntoDraft, Model, Nested, RawDraft, ToMany, ToOne};
use crate::normalize::Gather;
use crate::plan::{Assignment, Change, Predicate, RowWrite, Write, WriteBatch};
use crate::value::Value;

const TO_MANY: [RelationKind; 2] = [RelationKind::HasMany, RelationKind::BelongsToMany];

impl<M: Model, T: Model, D: Mode> Related<M, ToMany<M, T>, D> {
    /// Saves records and ties them to the record, beside those it has; answers them in the input's
    /// order.
    ///
    /// # Errors
    /// [`Error::NotFound`] when the record doesn't exist; otherwise as [`save`](super::Repository::save).
    pub fn add<'a, R: IntoDraft<T>>(
        &'a self,
        records: impl IntoIterator<Item = R>,
    ) -> D::Answer<'a, Result<Vec<T>>> {
        let drafts: Vec<_> = records.into_iter().map(IntoDraft::into_draft).collect();
        D::answer(async move {
            self.must_be("add", &TO_MANY)?;
            self.saved(drafts, false).await
        })
    }

    /// Replaces the whole set: saves records and ties them to the record, and unties those that it has
    /// besides. Answers the records in the input's order.
    ///
    /// Records that are untied stay, with a foreign key that is NULL; where it can't be, they are removed
    /// (as [`destroy`](super::Repository::destroy) does). Of a `belongs_to_many` the records in between
    /// are removed.
    ///
    /// # Errors
    /// As [`add`](Self::add).
    pub fn replace<'a, R: IntoDraft<T>>(
        &'a self,
        records: impl IntoIterator<Item = R>,
    ) -> D::Answer<'a, Result<Vec<T>>> {
        let drafts: Vec<_> = records.into_iter().map(IntoDraft::into_draft).collect();
        D::answer(async move {
            self.must_be("replace", &TO_MANY)?;
            self.saved(drafts, true).await
        })
    }

    /// Unties all records, as [`replace`](Self::replace) by none does; answers how many there were.
    ///
    /// # Errors
    /// As [`add`](Self::add).
    pub fn clear<'a>(&'a self) -> D::Answer<'a, Result<u64>> {
        D::answer(async move {
            self.must_be("clear", &TO_MANY)?;
            self.cleared().await
        })
    }

    async fn saved(&self, drafts: Vec<RawDraft>, replace: bool) -> Result<Vec<T>> {
        let mut owner = self.save_under(drafts, replace).await?;
        Ok((self.field.slot)(&mut owner).take_content().unwrap_or_default())
    }
}

impl<M: Model, T: Model, D: Mode> Related<M, ToOne<M, T>, D> {
    /// Saves a record and ties it to the record in place of the one it has, which is untied as by
    /// [`clear`](Self::clear). Answers the new one.
    ///
    /// # Errors
    /// [`Error::NotFound`] when the record doesn't exist; otherwise as [`save`](super::Repository::save).
    pub fn replace<'a>(&'a self, record: impl IntoDraft<T>) -> D::Answer<'a, Result<T>> {
        let drafts = vec![record.into_draft()];
        D::answer(async move {
            self.must_be("replace", &[RelationKind::HasOne, RelationKind::BelongsTo])?;
            let mut owner = self.save_under(drafts, true).await?;
            let saved = (self.field.slot)(&mut owner).take_content().flatten();
            saved
                .map(|record| *record)
                .ok_or_else(|| Error::unsupported("an empty answer", "one record was saved"))
        })
    }

    /// Unties the record that it has; answers how many there were. Of a `has_one`, that one stays, with a
    /// foreign key that is NULL, or is removed where it can't be. Of a `belongs_to` it is the same as
    /// [`dissociate`](Self::dissociate).
    ///
    /// # Errors
    /// As [`replace`](Self::replace).
    pub fn clear<'a>(&'a self) -> D::Answer<'a, Result<u64>> {
        D::answer(async move {
            self.must_be("clear", &[RelationKind::HasOne, RelationKind::BelongsTo])?;
            if self.schema().kind == RelationKind::BelongsTo {
                return Ok(u64::from(self.let_go().await?));
            }
            self.cleared().await
        })
    }
}

impl<M: Model, R: RelationField<M>, D: Mode> Related<M, R, D> {
    /// Saves records nested in the relation; answers the owner with them.
    async fn save_under(&self, drafts: Vec<RawDraft>, replace: bool) -> Result<M> {
        self.ready(self.untied()).await?;
        in_transaction!(self.repository, work => self.save_in(drafts.clone(), replace, work.session()).await)
    }

    async fn save_in(&self, drafts: Vec<RawDraft>, replace: bool, session: &Session) -> Result<M> {
        let owner = self.owner(session).await?;
        let mut draft = self.draft(&owner);
        draft.relations.push((self.field.place(), Nested::Records(drafts)));
        let mut gather =
            Gather::new(M::schema(), RowWrite::Update, self.repository.database.settings.clone());
        gather.root_draft(draft, 0)?;
        let mut before = Vec::new();
        if replace && self.schema().kind != RelationKind::BelongsTo {
            let columns = match &self.schema().pivot {
                Some(_) => self.schema().to,
                None => Self::target().key,
            };
            let stays = gather.stated(Self::target(), columns);
            before = self.untying(&owner, Some(stays), session).await?;
        }
        gather.stamp()?;
        let needed = gather.to_read_back();
        let here = self.repository.within(session);
        let saved = here.write_and_read(&mut gather, &needed, before, session).await?.pop();
        saved.ok_or_else(|| Error::unsupported("an empty answer", "one record was saved"))
    }

    async fn cleared(&self) -> Result<u64> {
        self.ready(self.untied()).await?;
        in_transaction!(self.repository, work => self.clear_in(work.session()).await)
    }

    async fn clear_in(&self, session: &Session) -> Result<u64> {
        let owner = self.owner(session).await?;
        let writes = self.untying(&owner, None, session).await?;
        let batch = WriteBatch { writes, links: Vec::new() };
        let written = self.repository.database.apply(session, batch).await.1?;
        Ok(written.affected.last().copied().unwrap_or(0))
    }

    /// The entity whose records untie the others: those in between, or the others themselves.
    fn untied(&self) -> &'static crate::model::schema::EntitySchema {
        self.schema().pivot.as_ref().map_or_else(Self::target, |pivot| (pivot.entity)())
    }

    /// The writes that untie the owner's records, but for those that stay.
    async fn untying(
        &self,
        owner: &Owner,
        stays: Option<crate::plan::KeySet>,
        session: &Session,
    ) -> Result<Vec<Write>> {
        let entity = self.untied();
        let (to, key) = match &self.schema().pivot {
            Some(pivot) => (pivot.from, pivot.to),
            None => (self.schema().to, entity.key),
        };
        let mut filter = self.guarded(among(to, self.tie(owner)?));
        if let Some(stays) = stays.filter(|stays| !stays.is_empty()) {
            filter = filter.and(Predicate::Not(Box::new(among(key, stays))));
        }
        let can_be_null = to.iter().all(|&c| entity.field(c).nullable);
        if self.schema().pivot.is_some() || !can_be_null {
            return self.removal(entity, filter, session).await;
        }
        let filter = self.repository.scopes().narrow(entity, filter, Default::default());
        let set = to.iter().map(|&c| (c, Assignment::Set(Value::Null))).collect();
        Ok(vec![Write { entity, change: Change::UpdateWhere { filter, set } }])
    }
}
