//! Saving records that are known by a unique index instead of their key.

use super::Repository;
use super::find_or::{Look, RACES};
use crate::engine::{Backoff, Mode, Session};
use crate::error::{Error, Result};
use crate::model::schema::{EntitySchema, KeySource};
use crate::model::{Column, Fields, IntoDraft, Model, RawDraft};
use crate::normalize::Gather;
use crate::plan::{Predicate, RowWrite, Rows, Select};
use crate::query::{KeyIndex, Picked};
use crate::value::{FieldType, KeyValues, Kind, Value, ValueRef};
use std::cmp::Ordering;
use std::sync::Arc;

/// Columns of a unique index: one, or a tuple of several.
pub trait UniqueColumns<M> {
    /// Their places.
    #[doc(hidden)]
    fn places(self) -> Vec<usize>;
}

impl<M, T: FieldType> UniqueColumns<M> for Column<M, T> {
    fn places(self) -> Vec<usize> {
        vec![self.index]
    }
}

macro_rules! tuples {
    ($(($($name:ident)+))*) => { $(
        impl<M, $($name: UniqueColumns<M>),+> UniqueColumns<M> for ($($name,)+) {
            #[allow(non_snake_case, reason = "named as their types")]
            fn places(self) -> Vec<usize> {
                let ($($name,)+) = self;
                let mut places = Vec::new();
                $(places.extend($name.places());)+
                places
            }
        }
    )* };
}
tuples! { (A) (A B) (A B C) (A B C E) }

impl<M: Model, D: Mode> Repository<M, D> {
    /// Saves a record that is known by a unique index: merges it with the stored record that has the
    /// same values there, or creates it. A stored record keeps its key, whatever the draft states.
    ///
    /// ```
    /// # use orm_core::prelude::*;
    /// # #[derive(Model)] struct User { #[key(auto)] id: i64, #[field(unique)] email: String, name: String }
    /// # fn example(users: Repository<User>) -> orm_core::Result<()> {
    /// users.upsert(|u| u.email, User::draft().email("ada@example.org").name("Ada"))?;
    /// # Ok(()) }
    /// ```
    ///
    /// Soft-deleted records count, as they do for the index, and stay deleted.
    ///
    /// # Errors
    /// [`Error::Configuration`] when there is no unique index of these columns,
    /// [`Error::NothingToMatch`] when the record doesn't say all of them; otherwise as
    /// [`save`](Self::save).
    pub fn upsert<'a, C: UniqueColumns<M>>(
        &'a self,
        by: impl FnOnce(&Fields<M>) -> C,
        record: impl IntoDraft<M>,
    ) -> D::Answer<'a, Result<M>> {
        let (by, draft) = (unique::<M>(by(M::fields()).places()), record.into_draft());
        D::answer(async move {
            let mut saved = self.upserted(by?, vec![draft], false).await?;
            saved.pop().ok_or_else(|| Error::unsupported("an empty answer", "one record was saved"))
        })
    }

    /// As [`upsert`](Self::upsert), for several records: they are looked up by one statement. Answers
    /// them in the input's order.
    ///
    /// # Errors
    /// As [`upsert`](Self::upsert). Two new records with the same values are [`Error::Unique`] where
    /// the storage makes their keys.
    pub fn upsert_many<'a, C: UniqueColumns<M>, R: IntoDraft<M>>(
        &'a self,
        by: impl FnOnce(&Fields<M>) -> C,
        records: impl IntoIterator<Item = R>,
    ) -> D::Answer<'a, Result<Vec<M>>> {
        let by = unique::<M>(by(M::fields()).places());
        let drafts = records.into_iter().map(IntoDraft::into_draft).collect();
        D::answer(async move { self.upserted(by?, drafts, true).await })
    }

    async fn upserted(&self, by: &'static [usize], drafts: Vec<RawDraft>, list: bool) -> Result<Vec<M>> {
        self.ready().await?;
        let mut backoff = Backoff::new(self.retries());
        let mut look = Look::default();
        let mut races = if self.session.in_transaction() { 0 } else { RACES };
        loop {
            let outcome = attempt!(&self.session, work => {
                self.look_up_and_save(by, drafts.clone(), list, &mut look, work.session()).await
            });
            match outcome {
                Err(error) if error.is_transient() && backoff.again::<D>().await => {}
                // Maybe another created one of them since it was looked for.
                Err(error) if races > 0 && look.may_be_a_race(&error) => {
                    look.refused = Some(error);
                    races -= 1;
                }
                outcome => return outcome,
            }
        }
    }

    async fn look_up_and_save(
        &self,
        by: &'static [usize],
        mut drafts: Vec<RawDraft>,
        list: bool,
        look: &mut Look,
        session: &Session,
    ) -> Result<Vec<M>> {
        let schema = M::schema();
        let mut index = index_of(schema, by, &drafts, list)?;
        let keys = Arc::new(index.take_keys());
        let plan = Select { filter: Predicate::Keys { columns: by, keys }, ..Select::all(schema) };
        let sink = Picked::new(schema, schema.key.iter().chain(by).copied());
        let stored = session.select(&Arc::new(plan), sink).await?.rows;
        look.again(keys_of(&stored))?;
        for row in 0..stored.len() {
            for place in index.places(|part| stored.value(row, by[part])) {
                for &column in schema.key {
                    drafts[place].state(column, Ok(stored.value(row, column).to_value()));
                }
            }
        }
        name_repeats(schema, by, &mut index, &mut drafts);
        let mut gather = Gather::new(schema, RowWrite::Merge, self.database.settings.clone());
        gather.list = list;
        for (ordinal, draft) in drafts.into_iter().enumerate() {
            gather.root_draft(draft, ordinal as u32)?;
        }
        self.within(session).write_many(gather).await
    }
}

/// The keys of records, in order.
fn keys_of(stored: &Rows) -> Vec<KeyValues> {
    let key =
        |row: usize| stored.entity().key.iter().map(move |&c| stored.value(row, c).to_value()).collect();
    let mut keys: Vec<Vec<Value>> = (0..stored.len()).map(key).collect();
    let order = |a: &Value, b: &Value| a.as_ref().sort_order(b.as_ref());
    keys.sort_by(|a, b| a.iter().zip(b).map(|(a, b)| order(a, b)).fold(Ordering::Equal, Ordering::then));
    keys.into_iter().map(KeyValues::many).collect()
}

/// The unique index of these columns.
fn unique<M: Model>(columns: Vec<usize>) -> Result<&'static [usize]> {
    let schema = M::schema();
    let same = |fields: &[usize]| {
        fields.len() == columns.len() && fields.iter().all(|field| columns.contains(field))
    };
    let indexes = schema.indexes.iter().filter(|index| index.unique).map(|index| index.fields);
    if let Some(found) = std::iter::once(schema.key).chain(indexes).find(|fields| same(fields)) {
        return Ok(found);
    }
    let names = |columns: &[usize]| columns.iter().map(|&c| schema.field(c).field).collect::<Vec<_>>();
    let attribute = match names(&columns).as_slice() {
        [one] => format!("add `#[field(unique)]` to `{one}`"),
        several => format!("add `#[unique({})]` to the struct", several.join(", ")),
    };
    // More likely than another index is that some of its columns were forgotten.
    let indexes = schema.indexes.iter().filter(|index| index.unique).map(|index| index.fields);
    let wider = std::iter::once(schema.key).chain(indexes);
    let wider = wider.filter(|fields| columns.iter().all(|column| fields.contains(column)));
    let hint = match wider.min_by_key(|fields| fields.len()) {
        Some(fields) => {
            let named: Vec<String> = names(fields).iter().map(|name| format!("m.{name}")).collect();
            format!("name all columns of the one that there is, `|m| ({})`, or {attribute}", named.join(", "))
        }
        None => attribute,
    };
    Err(Error::Configuration(format!(
        "`{}` has no unique index over `{}` alone, by which an upsert could tell records apart: {hint}",
        schema.model,
        names(&columns).join("`, `"),
    )))
}

/// The places of the drafts by what they say of these columns.
fn index_of(schema: &EntitySchema, by: &[usize], drafts: &[RawDraft], list: bool) -> Result<KeyIndex> {
    let kinds: Vec<Kind> = by.iter().map(|&c| schema.field(c).kind).collect();
    let mut index = KeyIndex::new(&kinds, drafts.len());
    for (ordinal, draft) in drafts.iter().enumerate() {
        let said = |column: usize| draft.cells[column].as_ref().map_or(ValueRef::Null, Value::as_ref);
        if let Some(&column) = by.iter().find(|&&column| said(column).is_null())
            // What doesn't fit is told when the draft is taken apart.
            && draft.fault.is_none()
        {
            let root = if list { format!("$[{ordinal}]") } else { "$".to_owned() };
            let at = format!("{root}.{}", schema.field(column).name);
            return Err(Error::NothingToMatch { at, model: schema.model });
        }
        // What can't be taken in is told when the draft is taken apart.
        let taken = by.iter().map(|&c| super::taken(schema, c, said(c)).unwrap_or(Value::Null));
        let taken: Vec<Value> = taken.collect();
        index.push(|part| taken[part].as_ref());
    }
    Ok(index)
}

/// New records with the same values are one: they take the key of the first.
fn name_repeats(schema: &EntitySchema, by: &[usize], index: &mut KeyIndex, drafts: &mut [RawDraft]) {
    for at in 0..drafts.len() {
        let said = |&c: &usize| drafts[at].cells[c].as_ref().map_or(ValueRef::Null, Value::as_ref);
        let taken = |c: &usize| super::taken(schema, *c, said(c)).unwrap_or(Value::Null);
        let said: Vec<Value> = by.iter().map(taken).collect();
        let mut places: Vec<usize> = index.places(|part| said[part].as_ref()).collect();
        places.sort_unstable();
        if places.len() < 2 || places[0] != at {
            continue;
        }
        let column = schema.key[0];
        if let (KeySource::Made(make), None) = (schema.key_source, &drafts[at].cells[column]) {
            drafts[at].state(column, Ok(make()));
        }
        for &column in schema.key {
            let Some(key) = drafts[at].cells[column].clone() else { continue };
            for &later in &places[1..] {
                drafts[later].state(column, Ok(key.clone()));
            }
        }
    }
}
