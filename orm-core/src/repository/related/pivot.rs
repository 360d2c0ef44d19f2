//! Relations with records in between: attaching, detaching, syncing.

use super::{Related, among, index_of, kinds};
use crate::database::View;
use crate::engine::{Mode, Session};
use crate::error::{Error, Result};
use crate::model::schema::{EntitySchema, PivotSchema, RelationKind, Side};
use crate::model::{IntoDraft, Model, RawDraft, ToMany};
use crate::normalize::{Gather, SomeGroups};
use crate::plan::{KeySet, Predicate, RowWrite, Rows, Select};
use crate::query::{KeyIndex, Picked};
use crate::value::{IntoKey, KeyType, KeyValues, Value};
use std::sync::Arc;

/// The keys of the records that a change of a relation attached and detached.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Changed<K> {
    /// Those that weren't attached before, in the order given.
    pub attached: Vec<K>,
    /// Those that aren't attached any more.
    pub detached: Vec<K>,
}

/// What is to become of the records that keys name, and of the others that are attached.
#[derive(Clone, Copy, PartialEq)]
enum How {
    Attach,
    Detach,
    /// Those named are attached, all others aren't.
    Sync,
    /// Those named are attached where they weren't, and detached where they were.
    Toggle,
}

/// Records in between.
struct Between {
    stored: Rows,
    /// Which of them are seen: those that aren't tie nothing, and stay.
    seen: Vec<bool>,
}

/// The values by which records in between refer to the records that keys name.
struct Named {
    named: KeyIndex,
    /// Those of records that aren't there, or aren't seen: they can be detached, not attached.
    missing: KeyIndex,
}

impl<M: Model, T: Model, D: Mode> Related<M, ToMany<M, T>, D> {
    /// Attaches records by their keys and answers how many weren't attached before.
    ///
    /// # Errors
    /// [`Error::NotFound`] when the record or one of those attached doesn't exist; those of the storage.
    pub fn attach<'a, K: IntoKey<T::Key>>(
        &'a self,
        keys: impl IntoIterator<Item = K>,
    ) -> D::Answer<'a, Result<u64>> {
        let keys = Self::keys_given(keys);
        D::answer(
            async move { Ok(self.change("attach", How::Attach, keys?, None).await?.attached.len() as u64) },
        )
    }

    /// Attaches a record with what is said of the record in between; of one that is attached already,
    /// that is merged. Answers whether it wasn't attached before.
    ///
    /// ```
    /// # use orm_core::prelude::*;
    /// # #[derive(Model)] struct Song { #[key] id: u64, #[belongs_to_many(pivot = SongTag)] tags: Many<Tag> }
    /// # #[derive(Model)] struct Tag { #[key] id: u64 }
    /// # #[derive(Model)] struct SongTag { #[key] song_id: u64, #[key] tag_id: u64, #[field(default = 1)] weight: i32 }
    /// # fn example(songs: Repository<Song>) -> orm_core::Result<()> {
    /// songs.related(1, |s| s.tags).attach_with(7, SongTag::draft().weight(3))?;
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// As [`attach`](Self::attach); [`Error::Configuration`] when the draft is of another model than the
    /// one in between.
    pub fn attach_with<'a, P: Model>(
        &'a self,
        key: impl IntoKey<T::Key>,
        pivot: impl IntoDraft<P>,
    ) -> D::Answer<'a, Result<bool>> {
        let (keys, draft) = (Self::keys_given([key]), pivot.into_draft());
        D::answer(async move {
            let changed = self.change("attach_with", How::Attach, keys?, Some((P::schema(), draft))).await?;
            Ok(!changed.attached.is_empty())
        })
    }

    /// Detaches records by their keys and answers how many were attached. Keys that aren't attached, or
    /// don't exist, are no error.
    ///
    /// # Errors
    /// [`Error::NotFound`] when the record doesn't exist; those of the storage.
    pub fn detach<'a, K: IntoKey<T::Key>>(
        &'a self,
        keys: impl IntoIterator<Item = K>,
    ) -> D::Answer<'a, Result<u64>> {
        let keys = Self::keys_given(keys);
        D::answer(
            async move { Ok(self.change("detach", How::Detach, keys?, None).await?.detached.len() as u64) },
        )
    }

    /// Detaches all records and answers how many there were.
    ///
    /// # Errors
    /// As [`detach`](Self::detach).
    pub fn detach_all<'a>(&'a self) -> D::Answer<'a, Result<u64>> {
        D::answer(async move {
            Ok(self.change("detach_all", How::Sync, Vec::new(), None).await?.detached.len() as u64)
        })
    }

    /// Attaches just these records: those that weren't are attached, all others are detached.
    ///
    /// # Errors
    /// As [`attach`](Self::attach).
    pub fn sync<'a, K: IntoKey<T::Key>>(
        &'a self,
        keys: impl IntoIterator<Item = K>,
    ) -> D::Answer<'a, Result<Changed<T::Key>>> {
        let keys = Self::keys_given(keys);
        D::answer(async move { self.change("sync", How::Sync, keys?, None).await })
    }

    /// Attaches those of these records that weren't attached, and detaches those that were.
    ///
    /// # Errors
    /// As [`attach`](Self::attach).
    pub fn toggle<'a, K: IntoKey<T::Key>>(
        &'a self,
        keys: impl IntoIterator<Item = K>,
    ) -> D::Answer<'a, Result<Changed<T::Key>>> {
        let keys = Self::keys_given(keys);
        D::answer(async move { self.change("toggle", How::Toggle, keys?, None).await })
    }

    async fn change(
        &self,
        verb: &str,
        how: How,
        keys: Vec<KeyValues>,
        with: Option<(&'static EntitySchema, RawDraft)>,
    ) -> Result<Changed<T::Key>> {
        self.must_be(verb, &[RelationKind::BelongsToMany])?;
        let Some(pivot) = &self.schema().pivot else {
            return Ok(Changed { attached: Vec::new(), detached: Vec::new() });
        };
        let draft = self.draft_between(pivot, with)?;
        self.ready((pivot.entity)()).await?;
        in_transaction!(self.repository, work => self.change_in(pivot, how, &keys, draft.as_ref(), work.session()).await)
    }

    /// What is said of the records in between, if it is said of them.
    fn draft_between(
        &self,
        pivot: &PivotSchema,
        with: Option<(&'static EntitySchema, RawDraft)>,
    ) -> Result<Option<RawDraft>> {
        let Some((entity, draft)) = with else { return Ok(None) };
        let between = (pivot.entity)();
        if !entity.is(between) {
            return Err(Error::Configuration(format!(
                "between `{}` and `{}` stands `{}`, but the draft is of `{}`",
                M::schema().model,
                T::schema().model,
                between.model,
                entity.model
            )));
        }
        Ok(Some(draft))
    }

    async fn change_in(
        &self,
        pivot: &'static PivotSchema,
        how: How,
        keys: &[KeyValues],
        draft: Option<&RawDraft>,
        session: &Session,
    ) -> Result<Changed<T::Key>> {
        let between = (pivot.entity)();
        let owner = self.owner(session).await?;
        let tie = self.tie(&owner)?;
        let Named { mut named, mut missing } = self.named(keys, how, session).await?;
        let wanted = named.take_keys();
        let Between { stored, seen } = self.between(pivot, tie, &wanted, how, session).await?;
        let live = |row: usize| seen[row];
        let mut by_target = index_of(&stored, pivot.to);

        let mut detached = KeyIndex::new(&kinds(between, between.key), 0);
        let mut gone = KeyIndex::new(&kinds(between, pivot.to), 0);
        for row in (0..stored.len()).filter(|&row| live(row)) {
            let is_named = named.places(|part| stored.value(row, pivot.to[part])).next().is_some();
            if how != How::Attach && is_named != (how == How::Sync) {
                detached.push(|part| stored.value(row, between.key[part]));
                gone.push(|part| stored.value(row, pivot.to[part]));
            }
        }
        let mut gather = Gather::new(between, RowWrite::Merge, self.repository.database.settings.clone());
        gather.list = true;
        let mut attached = KeySet::new(kinds(between, pivot.to));
        for at in (0..wanted.len()).filter(|_| how != How::Detach) {
            let known = by_target.places(|part| wanted.get(at, part)).next();
            let is_live = known.is_some_and(live);
            if is_live && (how == How::Toggle || draft.is_none()) {
                continue;
            }
            if missing.places(|part| wanted.get(at, part)).next().is_some() {
                let key = (0..wanted.columns().len()).map(|part| wanted.get(at, part).to_value()).collect();
                return Err(super::not_found::<T>(&KeyValues::many(key)));
            }
            let stored = known.map(|row| (&stored, row));
            let tied = self.tied(pivot, &owner.from, (&wanted, at), stored, draft);
            gather.root_draft(tied, gather.group(0).rows.len() as u32)?;
            if !is_live {
                attached.push(|part| wanted.get(at, part));
            }
        }
        let mut writes = Vec::new();
        let detached = detached.take_keys();
        if !detached.is_empty() {
            writes = self.removal(between, among(between.key, detached), session).await?;
        }
        if !writes.is_empty() || !gather.group(0).rows.is_empty() {
            let nothing_read = SomeGroups::default();
            self.repository.place().write_within(&mut gather, &nothing_read, writes, session).await?;
        }
        let (attached, detached) = (self.keys_by(attached, session), self.keys_by(gone.take_keys(), session));
        Ok(Changed { attached: attached.await?, detached: detached.await? })
    }

    /// What the records in between hold of the records that keys name. Records that are to be attached
    /// must exist.
    async fn named(&self, keys: &[KeyValues], how: How, session: &Session) -> Result<Named> {
        let (target, to) = (T::schema(), self.schema().to);
        let mut named = KeyIndex::new(&kinds(target, to), keys.len());
        let mut missing = KeyIndex::new(&kinds(target, to), 0);
        if keys.is_empty() {
            return Ok(Named { named, missing });
        }
        if how == How::Detach && to == target.key {
            keys.iter().for_each(|key| named.push(|part| key.get(part)));
            return Ok(Named { named, missing });
        }
        let set = crate::repository::key_set::<T>(keys);
        let found = self.read(target, target.key, set, to, session).await?;
        let mut by_key = index_of(&found, target.key);
        for key in keys {
            match by_key.places(|part| key.get(part)).next() {
                Some(row) => named.push(|part| found.value(row, to[part])),
                // What isn't there, or isn't seen, can still be detached.
                None if how == How::Toggle && to == target.key => {
                    named.push(|part| key.get(part));
                    missing.push(|part| key.get(part));
                }
                None if how == How::Detach => {}
                None => return Err(super::not_found::<T>(key)),
            }
        }
        Ok(Named { named, missing })
    }

    /// The records in between that matter, those included that aren't seen.
    async fn between(
        &self,
        pivot: &'static PivotSchema,
        tie: KeySet,
        wanted: &KeySet,
        how: How,
        session: &Session,
    ) -> Result<Between> {
        let between = (pivot.entity)();
        let mut filter = self.guarded(among(pivot.from, tie));
        if how != How::Sync {
            filter = filter.and(among(pivot.to, wanted.clone()));
        }
        if filter.is_always_false()
            || matches!(&filter, Predicate::And(all) if all.iter().any(Predicate::is_always_false))
        {
            return Ok(Between { stored: Rows::new(between), seen: Vec::new() });
        }
        let plan = Select { filter, ..Select::all(between) };
        let columns = || between.key.iter().chain(pivot.to).copied().chain(between.deleted_at);
        let picked = || Picked::new(between, columns());
        let scopes = self.repository.scopes();
        let unscoped = View { unscoped: true, ..View::default() };
        let scoped = scopes.condition(between, View::default()) != scopes.condition(between, unscoped);
        let seen = match scoped {
            true => {
                let plan = Arc::new(scopes.plan(plan.clone(), View::default()));
                Some(session.select(&plan, picked()).await?.rows)
            }
            false => None,
        };
        let stored = session.select(&Arc::new(plan), picked()).await?.rows;
        let seen = match seen {
            Some(seen) => {
                let mut index = index_of(&seen, between.key);
                let mut is_seen =
                    |row| index.places(|part| stored.value(row, between.key[part])).next().is_some();
                (0..stored.len()).map(&mut is_seen).collect()
            }
            None => {
                let live = |row| between.deleted_at.is_none_or(|column| !stored.has_value(row, column));
                (0..stored.len()).map(live).collect()
            }
        };
        Ok(Between { stored, seen })
    }

    /// The record in between that ties a record to the owner; `stored` is the one that there was.
    fn tied(
        &self,
        pivot: &PivotSchema,
        from: &KeyValues,
        (wanted, at): (&KeySet, usize),
        stored: Option<(&Rows, usize)>,
        said: Option<&RawDraft>,
    ) -> RawDraft {
        let between = (pivot.entity)();
        let mut draft = said.cloned().unwrap_or_else(|| RawDraft::new(between));
        if let Some((stored, at)) = stored {
            for &column in between.key {
                draft.state(column, Ok(stored.value(at, column).to_value()));
            }
            // One that was deleted is there again.
            if let Some(column) = between.deleted_at {
                draft.state(column, Ok(Value::Null));
            }
        }
        if let Some(guard) = self.schema().guard.filter(|guard| guard.on == Side::Middle) {
            draft.state(guard.column, Ok(Value::Text(guard.value.into())));
        }
        for (part, &column) in pivot.from.iter().enumerate() {
            draft.state(column, Ok(from.get(part).to_value()));
        }
        for (part, &column) in pivot.to.iter().enumerate() {
            draft.state(column, Ok(wanted.get(at, part).to_value()));
        }
        draft
    }

    /// The keys of the records that the records in between refer to.
    async fn keys_by(&self, named: KeySet, session: &Session) -> Result<Vec<T::Key>> {
        let (target, to) = (T::schema(), self.schema().to);
        let read = |part: &mut dyn FnMut(usize) -> Value| {
            let values: Vec<Value> = (0..target.key.len()).map(part).collect();
            T::Key::read(&mut |part| values[part].as_ref()).map_err(|mismatch| Error::Operand {
                model: target.model,
                column: "key",
                mismatch,
            })
        };
        if to == target.key {
            return (0..named.len()).map(|at| read(&mut |part| named.get(at, part).to_value())).collect();
        }
        if named.is_empty() {
            return Ok(Vec::new());
        }
        let rows = self.read(target, to, named, &[], session).await?;
        (0..rows.len()).map(|row| read(&mut |part| rows.value(row, target.key[part]).to_value())).collect()
    }
}
