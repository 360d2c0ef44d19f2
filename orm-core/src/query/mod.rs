//! Queries over one model: filters, order, limits, relations to load along.

mod aggregate;
mod children;
mod choice;
mod crossing;
mod cursor;
mod explain;
mod filter;
mod group;
pub(crate) mod guard;
pub(crate) mod halves;
mod hands;
mod into_load;
mod joined;
mod key_index;
mod listed;
mod load;
mod lock;
mod morph;
mod one;
mod order;
mod page;
mod pivot;
mod reading;
mod record_list;
mod select;
mod sinks;
mod stream;
mod validated;
mod view;
mod watch;
mod with_all;
mod with_count;

pub use aggregate::{Agg, Aggregates, Operand, Path, Summable, count};
pub use cursor::{Cursor, CursorFault};
pub use explain::{Explain, Step};
pub use filter::{Filter, RelatedCount, Textual, all, any};
pub use group::{GroupKey, GroupOrder, Grouped, Groups, Having};
pub use into_load::IntoLoad;
pub(crate) use key_index::KeyIndex;
pub(crate) use load::AnyLoad;
pub use load::{Load, LoadMany, LoadOne};
pub use morph::{LoadAs, LoadMorph};
pub use order::{Arithmetic, Assign, OneOrMore, Order};
pub use page::Page;
pub(crate) use record_list::Borrowed;
pub(crate) use select::Label;
pub use select::{Projected, Projection, Reader, Selected, Selection};
pub(crate) use sinks::{First, Number, Picked, Records};
pub use with_count::CountOf;

use crate::database::{Deleted, Lens, View, Which};
use crate::engine::{Lent, Mode};
use crate::error::{Error, Result};
use crate::model::{Fields, Model};
use crate::plan::{Assignment, Change, Lock, Output, Predicate, Select, Sort};
use crate::repository::Repository;
use crate::value::{IntoKey, KeyValues};
use filter::{Fault, met};
use joined::Joins;
use reading::{Asked, Reading, read};
use std::fmt;
use std::sync::Arc;

/// Columns and what they become.
type Assignments = Vec<(usize, Assignment)>;

/// A query over the records of `M`: a value, built step by step, run by `get` and its like.
///
/// ```
/// # use orm_core::prelude::*;
/// # #[derive(Model)] struct User { #[key] id: u64, age: i32, name: String }
/// # fn example(users: Repository<User>) -> orm_core::Result<()> {
/// let grown: Vec<User> = users.query().filter(|u| u.age.ge(18)).order_by(|u| u.name.asc()).limit(20).get()?;
/// # Ok(()) }
/// ```
#[must_use = "a query does nothing until it is run, for example by `get`"]
pub struct Query<M: Model, D: Mode> {
    repository: Repository<M, D>,
    filter: Result<Predicate, Fault>,
    order: Vec<Sort>,
    offset: u64,
    limit: Option<u64>,
    with: Vec<AnyLoad>,
    all_rows: bool,
    view: View,
    lock: Option<Lock>,
}

impl<M: Model, D: Mode> Clone for Query<M, D> {
    fn clone(&self) -> Self {
        Self {
            repository: self.repository.clone(),
            filter: self.filter.clone(),
            order: self.order.clone(),
            offset: self.offset,
            limit: self.limit,
            with: self.with.clone(),
            all_rows: self.all_rows,
            view: self.view,
            lock: self.lock,
        }
    }
}

impl<M: Model, D: Mode> fmt::Debug for Query<M, D> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Query")
            .field("entity", &M::schema().name)
            .field("filter", &self.filter)
            .field("order", &self.order)
            .field("offset", &self.offset)
            .field("limit", &self.limit)
            .field("with", &self.with)
            .finish_non_exhaustive()
    }
}

impl<M: Model, D: Mode> Query<M, D> {
    pub(crate) fn new(repository: Repository<M, D>) -> Self {
        Self {
            repository,
            filter: Ok(Predicate::Constant(true)),
            order: Vec::new(),
            offset: 0,
            limit: None,
            with: Vec::new(),
            all_rows: false,
            view: View::default(),
            lock: None,
        }
    }

    /// Only records that meet a condition; several conditions must all be met.
    pub fn filter(self, filter: impl FnOnce(&Fields<M>) -> Filter<M>) -> Self {
        self.filter_by(filter(M::fields()))
    }

    /// As [`filter`](Self::filter), with a condition that was made before.
    pub fn filter_by(mut self, filter: Filter<M>) -> Self {
        self.filter = met(self.filter, filter.inner);
        self
    }

    /// A condition that only counts where there is a value to compare with.
    ///
    /// ```
    /// # use orm_core::prelude::*;
    /// # #[derive(Model)] struct User { #[key] id: u64, name: String }
    /// # fn example(users: Repository<User>, name: Option<&str>) -> orm_core::Result<()> {
    /// let found = users.query().filter_opt(name, |u, name| u.name.contains(name)).get()?;
    /// # Ok(()) }
    /// ```
    pub fn filter_opt<V>(self, value: Option<V>, filter: impl FnOnce(&Fields<M>, V) -> Filter<M>) -> Self {
        match value {
            Some(value) => self.filter(|fields| filter(fields, value)),
            None => self,
        }
    }

    /// In this order; later terms, and later calls, break the ties of earlier ones.
    pub fn order_by<O: OneOrMore<Order<M>>>(mut self, order: impl FnOnce(&Fields<M>) -> O) -> Self {
        self.order.extend(order(M::fields()).into_list().iter().map(|o| o.sort));
        self
    }

    /// At most this many records.
    pub fn limit(mut self, limit: u64) -> Self {
        self.limit = Some(limit);
        self
    }

    /// Leaves out this many records at the start.
    pub fn offset(mut self, offset: u64) -> Self {
        self.offset = offset;
        self
    }

    /// Loads a relation along: `|u| u.posts`, or `|u| u.posts.order_by(…).limit(3)`, where the limit
    /// is one per parent. It takes one statement for each relation, whatever the number of records.
    ///
    /// A relation to another connection is read by repositories of a [set](crate::Connections), as it is
    /// there after all else was read.
    pub fn with<L: IntoLoad<M>>(mut self, load: impl FnOnce(&Fields<M>) -> L) -> Self {
        self.with.push(load(M::fields()).into_load().any);
        self
    }

    /// Says that an update or delete without a filter is meant to touch all records.
    pub fn all_rows(mut self) -> Self {
        self.all_rows = true;
        self
    }

    fn plan(&self, output: Output) -> Result<Arc<Select>> {
        self.select_plan(output).map(Arc::new)
    }

    fn select_plan(&self, output: Output) -> Result<Select> {
        let (filter, order) = (&self.filter, &self.order);
        let Self { offset, limit, view, lock, .. } = *self;
        Asked { place: self.repository.place(), filter, order, offset, limit, view, lock }.plan(output)
    }

    /// Refuses relations to be loaded where no records come out.
    fn loads_nothing(&self, what: &str) -> Result<()> {
        if self.with.is_empty() {
            return Ok(());
        }
        Err(Error::Configuration(format!(
            "{what} of `{}` can't load relations, since it answers no records: leave out `.with(…)`",
            M::schema().model
        )))
    }

    /// The records.
    ///
    /// # Errors
    /// Those of the storage; [`Error::Operand`] when a filter compares with what can't be stored; those of
    /// [locking](Self::for_update).
    pub fn get<'a>(self) -> D::Answer<'a, Result<Vec<M>>> {
        if D::BLOCKING {
            return D::now(self.run_now());
        }
        D::answer(self.run())
    }

    /// The first record.
    ///
    /// # Errors
    /// As [`get`](Self::get).
    pub fn first<'a>(self) -> D::Answer<'a, Result<Option<M>>> {
        let limit = self.limit.map_or(1, |limit| limit.min(1));
        if D::BLOCKING {
            return D::now(self.limit(limit).run_now().map(|mut found| found.pop()));
        }
        D::answer(async move { Ok(self.limit(limit).run().await?.pop()) })
    }

    /// The record of this key, if it meets the filters; with the relations that were asked for.
    ///
    /// # Errors
    /// As [`get`](Self::get); [`Error::Operand`] when the key can't be one.
    pub fn find<'a>(self, key: impl IntoKey<M::Key>) -> D::Answer<'a, Result<Option<M>>> {
        let key = crate::repository::key::<M>(key);
        D::answer(async move { self.find_key(&key?).await })
    }

    pub(crate) async fn find_key(self, key: &KeyValues) -> Result<Option<M>> {
        Ok(self.of_keys([key]).run().await?.pop())
    }

    /// Only records of these keys.
    pub(crate) fn of_keys<'k>(self, keys: impl IntoIterator<Item = &'k KeyValues>) -> Self {
        let keys = Arc::new(crate::repository::key_set::<M>(keys));
        self.filter_by(Predicate::Keys { columns: M::schema().key, keys }.into())
    }

    /// Ordered by key.
    pub(crate) fn in_order_of_keys(mut self) -> Self {
        let sort = |&column| Sort { column, descending: false, nulls_first: true };
        self.order.extend(M::schema().key.iter().map(sort));
        self
    }

    /// What is to be read.
    fn reading(&self) -> Reading<'_> {
        let plan = self.plan(Output::Records);
        Reading { place: self.repository.place(), plan, with: &self.with, unscoped: self.view.unscoped }
    }

    async fn run(self) -> Result<Vec<M>> {
        let mut found = Lent::new(Records(Vec::new()));
        self.reading().read(&mut found).await?;
        Ok(found.back()?.0)
    }

    fn run_now(self) -> Result<Vec<M>> {
        let mut found = Lent::new(Records(Vec::new()));
        self.reading().now(&mut found)?;
        Ok(found.back()?.0)
    }

    /// The records of a plan, with what is loaded along from their own database.
    async fn read(&self, mut plan: Arc<Select>, lens: Lens<'_>) -> Result<Vec<M>> {
        let mut found = Lent::new(Records(Vec::new()));
        let joins = Joins::of(&mut plan, &self.with, lens, &self.repository.database().capabilities)?;
        read(&plan, &self.with, &joins, lens, &mut found).await?;
        Ok(found.back()?.0)
    }

    /// How many records there are, within offset and limit.
    ///
    /// # Errors
    /// As [`get`](Self::get).
    pub fn count<'a>(self) -> D::Answer<'a, Result<u64>> {
        D::answer(async move { self.number(Output::Count).await })
    }

    /// Whether there is any such record.
    ///
    /// # Errors
    /// As [`get`](Self::get).
    pub fn exists<'a>(self) -> D::Answer<'a, Result<bool>> {
        D::answer(async move { Ok(self.number(Output::Exists).await? > 0) })
    }

    async fn number(mut self, output: Output) -> Result<u64> {
        self.repository.ready().await?;
        self.order.clear();
        let plan = self.plan(output)?;
        Ok(self.repository.session().select(&plan, Number(0)).await?.0)
    }

    /// Changes all records that meet the filter and answers how many:
    /// `.update(|u| u.age.add(1))`, or an array of several assignments.
    ///
    /// # Errors
    /// [`Error::AllRows`] without a filter, unless [`all_rows`](Self::all_rows) is said;
    /// [`Error::Overflow`] where arithmetic leaves a column's range; [`Error::Unique`] where two records
    /// would have the same values at the end, with [`Error::Unsupported`] where records would have to take
    /// unique values from each other in a circle; [`Error::HalfEmbedded`], [`Error::KeyUpdate`] and
    /// [`Error::VersionUpdate`] for columns that can't be set so. Nothing is changed then.
    pub fn update<'a, A: OneOrMore<Assign<M>>>(
        mut self,
        set: impl FnOnce(&Fields<M>) -> A,
    ) -> D::Answer<'a, Result<u64>> {
        // The query stays here, so that little has to be carried to where it is written.
        match self.assigned(set(M::fields()).into_list()) {
            Ok(Some((filter, set))) => {
                let repository = self.repository;
                D::answer(async move {
                    match M::schema().validate {
                        Some(validate) => validated::update(&repository, filter, set, validate).await,
                        None => repository.change(Change::UpdateWhere { filter, set }).await,
                    }
                })
            }
            Ok(None) => D::answer(async move { self.number(Output::Count).await }),
            Err(error) => D::now(Err(error)),
        }
    }

    /// The filter and the assignments of an update; `None` where nothing is set.
    fn assigned(&mut self, set: Vec<Assign<M>>) -> Result<Option<(Predicate, Assignments)>> {
        let set: Vec<_> = set.into_iter().map(|a| a.inner).collect::<Result<_, Fault>>()?;
        let schema = M::schema();
        if let Some((column, _)) = set.iter().find(|(column, _)| schema.key.contains(column)) {
            return Err(Error::KeyUpdate { model: schema.model, column: schema.field(*column).field });
        }
        if let Some(column) = schema.version.filter(|v| set.iter().any(|(column, _)| column == v)) {
            return Err(Error::VersionUpdate { model: schema.model, column: schema.field(column).field });
        }
        if set.is_empty() {
            self.may_write("update")?;
            return Ok(None);
        }
        let filter = self.filter_of_write("update")?;
        halves::of_update(schema, &filter, &set)?;
        Ok(Some((filter, set)))
    }

    /// Removes all records that meet the filter and answers how many. Those of a model with soft delete
    /// are only marked; what refers to them is dealt with as `on_delete` says.
    ///
    /// # Errors
    /// [`Error::AllRows`] without a filter, unless [`all_rows`](Self::all_rows) is said.
    pub fn delete<'a>(mut self) -> D::Answer<'a, Result<u64>> {
        D::answer(async move {
            let filter = self.filter_of_write("delete")?;
            self.remove(filter, false).await
        })
    }

    /// Refuses what a write can't be told by.
    fn may_write(&self, operation: &'static str) -> Result<()> {
        self.locks_nothing(operation)?;
        if self.limit.is_some() || self.offset > 0 || !self.order.is_empty() {
            return Err(Error::unsupported(
                "an update or delete with order, limit or offset",
                "which records it touches would differ between engines; say it in the filter",
            ));
        }
        match &self.filter {
            Ok(filter) if filter.is_always_true() && !self.all_rows => {
                Err(Error::AllRows { operation, model: M::schema().model })
            }
            Ok(_) => Ok(()),
            Err(fault) => Err(fault.clone().into()),
        }
    }

    /// Takes the filter for a write.
    fn filter_of_write(&mut self, operation: &'static str) -> Result<Predicate> {
        self.may_write(operation)?;
        let filter = std::mem::replace(&mut self.filter, Ok(Predicate::Constant(true)))?;
        Ok(self.repository.scopes().narrow(M::schema(), filter, self.view))
    }

    /// Removes what meets a filter that is narrowed already.
    async fn remove(self, filter: Predicate, forever: bool) -> Result<u64> {
        let everything = View { deleted: Deleted::With, unscoped: true };
        self.repository.remove(Which::Where(filter), everything, forever).await
    }
}
