//! One relation of one record: tying records to it and untying them.

mod children;
mod owner;
mod pivot;

pub use pivot::Changed;

use super::Repository;
use super::in_hand::not_found;
use crate::database::{Removal, View, Which};
use crate::engine::{Mode, Session};
use crate::error::{Error, Result};
use crate::model::schema::{EntitySchema, RelationKind, RelationSchema, Side};
use crate::model::{Fields, Model, RawDraft, ToMany, ToOne};
use crate::plan::{KeySet, Predicate, Rows, Select, Write};
use crate::query::{KeyIndex, Picked};
use crate::value::{IntoKey, KeyValues, Kind};
use std::fmt;
use std::sync::Arc;

/// A relation's field: what a closure for [`Repository::related`] answers.
pub trait RelationField<M>: Copy {
    /// The model that the relation leads to.
    type Target: Model;
    #[doc(hidden)]
    fn place(self) -> usize;
}

impl<M, T: Model> RelationField<M> for ToOne<M, T> {
    type Target = T;
    fn place(self) -> usize {
        self.index
    }
}

impl<M, T: Model> RelationField<M> for ToMany<M, T> {
    type Target = T;
    fn place(self) -> usize {
        self.index
    }
}

/// One relation of one record, made by [`Repository::related`]. Every call is one transaction: all or
/// nothing.
///
/// | relation | what there is |
/// |---|---|
/// | `belongs_to_many` | `attach`, `attach_with`, `detach`, `detach_all`, `sync`, `toggle`; `add`, `replace`, `clear` |
/// | `has_many`, `has_one` | `add`, `replace`, `clear` |
/// | `belongs_to` | `associate`, `dissociate`; `replace`, `clear` |
///
/// What doesn't fit the relation's kind is [`Error::Configuration`]; a record that isn't there, or isn't
/// seen, is [`Error::NotFound`].
pub struct Related<M: Model, R, D: Mode> {
    repository: Repository<M, D>,
    key: Result<KeyValues, crate::value::Mismatch>,
    field: R,
}

impl<M: Model, R: RelationField<M>, D: Mode> fmt::Debug for Related<M, R, D> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let field = M::schema().relations[self.field.place()].field;
        f.debug_struct("Related").field("key", &self.key).field("relation", &field).finish_non_exhaustive()
    }
}

impl<M: Model, D: Mode> Repository<M, D> {
    /// One relation of the record of this key, to tie records to it and to untie them. Nothing is read
    /// yet.
    ///
    /// ```
    /// # use orm_core::prelude::*;
    /// # #[derive(Model)] struct Song { #[key] id: u64, #[belongs_to_many(pivot = SongTag)] tags: Many<Tag> }
    /// # #[derive(Model)] struct Tag { #[key] id: u64 }
    /// # #[derive(Model)] struct SongTag { #[key] song_id: u64, #[key] tag_id: u64 }
    /// # fn example(songs: Repository<Song>) -> orm_core::Result<()> {
    /// songs.related(1, |s| s.tags).attach([7, 8])?;
    /// let changed = songs.related(1, |s| s.tags).sync([8, 9])?;
    /// assert_eq!((changed.attached, changed.detached), (vec![9], vec![7]));
    /// # Ok(()) }
    /// ```
    pub fn related<R: RelationField<M>>(
        &self,
        key: impl IntoKey<M::Key>,
        relation: impl FnOnce(&Fields<M>) -> R,
    ) -> Related<M, R, D> {
        Related { repository: self.clone(), key: key.into_key(), field: relation(M::fields()) }
    }
}

/// The record that has the relation, as far as it matters: its key, and the columns that others refer
/// to or that refer to others.
struct Owner {
    key: KeyValues,
    /// The values of the relation's columns of this side; NULL where a foreign key is.
    from: KeyValues,
}

impl<M: Model, R: RelationField<M>, D: Mode> Related<M, R, D> {
    fn schema(&self) -> &'static RelationSchema {
        &M::schema().relations[self.field.place()]
    }

    fn target() -> &'static EntitySchema {
        R::Target::schema()
    }

    /// Answers the error of a call that isn't for the relation's kind.
    fn must_be(&self, verb: &str, kinds: &[RelationKind]) -> Result<()> {
        let relation = self.schema();
        if !M::schema().shares_connection(Self::target()) {
            return Err(Error::Configuration(format!(
                "`{}.{}` leads to another connection, so that its records can't be tied in one transaction: \
                 save them by a repository of their own",
                relation.model, relation.field
            )));
        }
        if kinds.contains(&relation.kind) {
            return Ok(());
        }
        let there_is = match relation.kind {
            RelationKind::BelongsTo => "it has `associate`, `dissociate`, `replace` and `clear`",
            RelationKind::HasOne => "it has `replace` and `clear`",
            RelationKind::HasMany => "it has `add`, `replace` and `clear`",
            RelationKind::BelongsToMany => {
                "it has `attach`, `attach_with`, `detach`, `detach_all`, `sync`, `toggle`, `add`, `replace` and `clear`"
            }
            RelationKind::HasOneThrough | RelationKind::HasManyThrough => {
                "it goes through records that are tied themselves"
            }
            RelationKind::HasManyBy => "the column that holds the keys is changed itself",
        };
        Err(Error::Configuration(format!(
            "`{verb}` is not for `{}.{}`, a `{}`: {there_is}",
            relation.model,
            relation.field,
            relation.kind.name()
        )))
    }

    fn keys_given(
        key: impl IntoIterator<Item = impl IntoKey<<R::Target as Model>::Key>>,
    ) -> Result<Vec<KeyValues>> {
        key.into_iter().map(super::key::<R::Target>).collect()
    }

    /// Makes the storage ready, also for what may go when records of `removed` do.
    async fn ready(&self, removed: &'static EntitySchema) -> Result<()> {
        self.repository.ready().await?;
        self.repository.database.ready_to_remove(removed, &self.repository.session).await
    }

    /// Reads the record that has the relation.
    async fn owner(&self, session: &Session) -> Result<Owner> {
        let key = self.key.clone().map_err(super::no_key::<M>)?;
        let schema = M::schema();
        let from = self.schema().from;
        let keys = super::key_set::<M>([&key]);
        let rows = self.read(schema, schema.key, keys, from, session).await?;
        if rows.is_empty() {
            return Err(not_found::<M>(&key));
        }
        let from = from.iter().map(|&c| rows.value(0, c).to_value()).collect();
        Ok(Owner { key, from: KeyValues::many(from) })
    }

    /// The owner's values of the relation's columns, of which none may be NULL where records are tied
    /// by them.
    fn tie(&self, owner: &Owner) -> Result<KeySet> {
        let kinds = self.schema().from.iter().map(|&c| M::schema().field(c).kind);
        let set = KeySet::single(kinds, &owner.from);
        if set.is_empty() {
            let field = M::schema().field(self.schema().from[0]).field;
            return Err(Error::Configuration(format!(
                "nothing can be tied to `{}` {}: its `{field}` is NULL",
                M::schema().model,
                super::shown(&owner.key)
            )));
        }
        Ok(set)
    }

    /// Reads records that are seen by the values of some columns: their keys, and `more` columns.
    async fn read(
        &self,
        entity: &'static EntitySchema,
        columns: &'static [usize],
        keys: KeySet,
        more: &[usize],
        session: &Session,
    ) -> Result<Rows> {
        let plan = Select { filter: among(columns, keys), ..Select::all(entity) };
        let plan = self.repository.scopes().plan(plan, View::default());
        let sink = Picked::new(entity, entity.key.iter().chain(columns).chain(more).copied());
        Ok(session.select(&Arc::new(plan), sink).await?.rows)
    }

    /// A condition on the records that hold the keys, where only those of a type are the relation's.
    fn guarded(&self, filter: Predicate) -> Predicate {
        let relation = self.schema();
        let side = if relation.pivot.is_some() { Side::Middle } else { Side::Target };
        match relation.guarding(side) {
            Some(guard) => guard.and(filter),
            None => filter,
        }
    }

    /// The writes that remove records of an entity that are seen and meet a condition.
    async fn removal(
        &self,
        entity: &'static EntitySchema,
        filter: Predicate,
        session: &Session,
    ) -> Result<Vec<Write>> {
        let seen = self.repository.scopes().condition(entity, View::default());
        let removal = Removal { entity, which: Which::Where(filter), seen, forever: false };
        self.repository.database.removal(session, removal).await
    }

    /// A draft of the owner that says its key and the columns that others refer to.
    fn draft(&self, owner: &Owner) -> RawDraft {
        let schema = M::schema();
        let mut draft = RawDraft::new(schema);
        let relation = self.schema();
        if relation.kind != RelationKind::BelongsTo && relation.from != schema.key {
            for (part, &column) in relation.from.iter().enumerate() {
                draft.state(column, Ok(owner.from.get(part).to_value()));
            }
        }
        for (part, &column) in schema.key.iter().enumerate() {
            draft.state(column, Ok(owner.key.get(part).to_value()));
        }
        draft
    }
}

/// The condition that these columns are one of the keys.
fn among(columns: &'static [usize], keys: KeySet) -> Predicate {
    Predicate::Keys { columns, keys: Arc::new(keys) }
}

fn kinds(entity: &EntitySchema, columns: &[usize]) -> Vec<Kind> {
    columns.iter().map(|&c| entity.field(c).kind).collect()
}

/// What stands in these columns of the rows, by place.
fn index_of(rows: &Rows, columns: &[usize]) -> KeyIndex {
    let mut index = KeyIndex::new(&kinds(rows.entity(), columns), rows.len());
    for row in 0..rows.len() {
        index.push(|part| rows.value(row, columns[part]));
    }
    index
}
