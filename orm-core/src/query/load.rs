//! Loading relations: one statement for each relation and level, whatever the number of parents.

use super::IntoLoad;
use super::crossing::{self, Stage};
use super::explain::{Crossing, Planned};
use super::filter::{Fault, Filter, both, pivot_filter};
use super::guard;
use super::key_index::KeyIndex;
use super::listed;
use super::order::{OneOrMore, Order};
use super::pivot::{self, Between, MakeBetween};
use super::watch;
use super::with_count::CountOf;
use crate::database::{Deleted, Lens};
use crate::error::{Error, Result};
use crate::model::schema::{EntitySchema, RelationKind, RelationSchema, Side};
use crate::model::{Fields, Many, Model, One, SoftDelete, ToMany, ToOne};
use crate::plan::{KeySet, Output, Predicate, Related, Select, Sort};
use crate::provider::{BoxFuture, Flow, Row, RowSink};
use crate::value::{Kind, ValueRef};
use std::fmt;
use std::sync::Arc;

/// A relation of `M` to be loaded: what a closure for `with` answers.
///
/// Made from a relation's field: `u.posts`, or `u.posts.filter(…).order_by(…).limit(3).with(…)`. It is a
/// value that can be kept, cloned and sent.
pub struct Load<M>(Arc<dyn Loader<M>>);

impl<M> Clone for Load<M> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<M> fmt::Debug for Load<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl<M: Model> Load<M> {
    pub(super) fn plans(&self, route: &[Crossing], lens: Lens<'_>, into: &mut Vec<Planned>) -> Result<()> {
        self.0.plans(route, lens, into)
    }

    pub(super) fn new(loader: impl Loader<M>) -> Self {
        Self(Arc::new(loader))
    }

    /// Loads the relation of all of these records, as far as it is in their own database.
    pub(crate) fn here<'a>(&'a self, lens: Lens<'a>, parents: &'a mut [M]) -> BoxFuture<'a, Result<()>> {
        self.0.load(Stage::Here, lens, parents)
    }

    /// What the closures asked for that can't be, whether or not there are records to load it for.
    pub(crate) fn check(&self) -> Result<()> {
        self.0.check()
    }

    /// Loads what is in other databases; after all that is [here](Self::here), when no snapshot is open.
    pub(crate) async fn across(&self, lens: Lens<'_>, parents: &mut [M]) -> Result<()> {
        if self.crosses() { self.0.load(Stage::Across, lens, parents).await } else { Ok(()) }
    }

    /// Whether it leads to another connection, or what it loads along does.
    pub(crate) fn crosses(&self) -> bool {
        self.0.crosses()
    }

    /// Adds the entities that it reads.
    pub(crate) fn entities(&self, into: &mut Vec<&'static EntitySchema>) {
        self.0.entities(into);
    }
}

pub(super) trait Loader<M>: fmt::Debug + Send + Sync + 'static {
    fn load<'a>(&'a self, stage: Stage, lens: Lens<'a>, parents: &'a mut [M]) -> BoxFuture<'a, Result<()>>;

    fn crosses(&self) -> bool;

    /// The fault of what was asked for, if it has one.
    fn check(&self) -> Result<()>;

    /// Adds the entities that are read.
    fn entities(&self, into: &mut Vec<&'static EntitySchema>);

    /// The plans that it would read, with keys of no parents in particular.
    fn plans(&self, route: &[Crossing], lens: Lens<'_>, into: &mut Vec<Planned>) -> Result<()>;
}

/// How the related records are chosen.
pub(super) struct Choice<T> {
    pub(super) filter: Result<Predicate, Fault>,
    /// What the records in between must meet.
    pub(super) middle: Option<Result<Predicate, Fault>>,
    /// Takes the records in between, where they are asked for.
    pub(super) between: Option<Result<MakeBetween, Fault>>,
    pub(super) order: Vec<Sort>,
    pub(super) offset: u64,
    pub(super) limit: Option<u64>,
    pub(super) with: Vec<Load<T>>,
    pub(super) deleted: Deleted,
}

impl<T> Choice<T> {
    pub(super) const fn everything() -> Self {
        Self {
            filter: Ok(Predicate::Constant(true)),
            middle: None,
            between: None,
            order: Vec::new(),
            offset: 0,
            limit: None,
            with: Vec::new(),
            deleted: Deleted::Without,
        }
    }

    /// What is read of a relation.
    pub(super) fn plan(
        &self,
        relation: &'static RelationSchema,
        keys: Arc<KeySet>,
        output: Output,
    ) -> Result<Select> {
        if relation.kind == RelationKind::HasManyBy {
            return listed::plan(relation, self, &keys, output);
        }
        let related = Related {
            middle: guard::of_middle(relation, self.middle.clone().transpose()?),
            with_middle: output == Output::Records && self.between.is_some(),
            offset: self.offset,
            limit: self.limit,
            ..Related::all(relation, keys)
        };
        Ok(Select {
            output,
            filter: guard::of_targets(relation, self.filter.clone()?),
            related: Some(related),
            order: self.order.clone(),
            ..Select::all((relation.target)())
        })
    }

    /// What is read of a relation for records as the lens says, and where their key stands in a row.
    ///
    /// For all records of a model, all that could refer to them is read: engines do that faster than to
    /// look for so many keys. What refers to none of them is left out as it comes. Only where a foreign key
    /// may be NULL, or may be that of another model, there may be far more of that than of the others.
    pub(super) fn reading(
        &self,
        relation: &'static RelationSchema,
        keys: Arc<KeySet>,
        lens: Lens<'_>,
    ) -> Result<(Select, Vec<usize>)> {
        let target = (relation.target)();
        let direct = matches!(relation.kind, RelationKind::HasOne | RelationKind::HasMany);
        let refers = direct
            && relation.pivot.is_none()
            && relation.guard.is_none()
            && relation.to.iter().all(|&column| !target.field(column).nullable);
        let cut = self.limit.is_some() || self.offset > 0;
        if lens.whole && refers && !cut && self.middle.is_none() && self.between.is_none() {
            let (filter, order) = (self.filter.clone()?, self.order.clone());
            return Ok((Select { filter, order, ..Select::all(target) }, relation.to.to_vec()));
        }
        let plan = self.plan(relation, keys, Output::Records)?;
        let width = target.fields.len();
        let place = match relation.pivot {
            Some(_) => (width..width + relation.from.len()).collect(),
            None => relation.to.to_vec(),
        };
        Ok((plan, place))
    }

    /// The fault of what was asked for, if it has one, or what is loaded along has.
    pub(super) fn check(&self) -> Result<()>
    where
        T: Model,
    {
        let fault = |fault: &Fault| Error::from(fault.clone());
        self.filter.as_ref().map_err(fault)?;
        self.middle.as_ref().map_or(Ok(()), |middle| middle.as_ref().map(drop).map_err(fault))?;
        self.between.as_ref().map_or(Ok(()), |between| between.as_ref().map(drop).map_err(fault))?;
        self.with.iter().try_for_each(Load::check)
    }

    /// Adds a condition.
    pub(super) fn narrow(&mut self, filter: Filter<T>) {
        let all = std::mem::replace(&mut self.filter, Ok(Predicate::Constant(true)));
        self.filter = match (all, filter.inner) {
            (Ok(a), Ok(b)) => Ok(a.and(b)),
            (Err(fault), _) | (_, Err(fault)) => Err(fault),
        };
    }

    /// Whether some related records may be left out.
    pub(super) fn is_partial(&self) -> bool {
        self.limit.is_some()
            || self.middle.is_some()
            || self.offset > 0
            || !matches!(&self.filter, Ok(predicate) if predicate.is_always_true())
    }
}

impl<T> fmt::Debug for Choice<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Choice")
            .field("filter", &self.filter)
            .field("order", &self.order)
            .field("limit", &self.limit)
            .field("with", &self.with)
            .finish()
    }
}

impl<T> Clone for Choice<T> {
    fn clone(&self) -> Self {
        Self {
            filter: self.filter.clone(),
            middle: self.middle.clone(),
            between: self.between.clone(),
            order: self.order.clone(),
            offset: self.offset,
            limit: self.limit,
            with: self.with.clone(),
            deleted: self.deleted,
        }
    }
}

macro_rules! load {
    ($(#[$doc:meta])* $name:ident of $field:ident) => {
        $(#[$doc])*
        pub struct $name<M, T> {
            relation: $field<M, T>,
            choice: Choice<T>,
        }

        impl<M, T> Clone for $name<M, T> {
            fn clone(&self) -> Self {
                Self { relation: self.relation, choice: self.choice.clone() }
            }
        }

        impl<M: Model, T: Model> fmt::Debug for $name<M, T> {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.debug_struct("Load")
                    .field("relation", &M::schema().relations[self.relation.index].field)
                    .field("filter", &self.choice.filter)
                    .field("order", &self.choice.order)
                    .field("limit", &self.choice.limit)
                    .field("with", &self.choice.with)
                    .finish()
            }
        }

        impl<M: Model, T: Model> $name<M, T> {
            /// Only related records that meet a condition; several conditions must all be met.
            #[must_use]
            pub fn filter(mut self, filter: impl FnOnce(&Fields<T>) -> Filter<T>) -> Self {
                self.choice.narrow(filter(T::fields()));
                self
            }

            /// Loads a relation of the related records too.
            #[must_use]
            pub fn with<L: IntoLoad<T>>(mut self, load: impl FnOnce(&Fields<T>) -> L) -> Self {
                self.choice.with.push(load(T::fields()).into_load());
                self
            }

            pub(super) fn with_loads(mut self, loads: Vec<Load<T>>) -> Self {
                self.choice.with.extend(loads);
                self
            }

            /// Counts the records that a relation of the related records leads to; see
            /// [`Query::with_count`](super::Query::with_count).
            #[must_use]
            pub fn with_count<C: Into<CountOf<T>>>(mut self, count: impl FnOnce(&Fields<T>) -> C) -> Self {
                self.choice.with.push(count(T::fields()).into().load);
                self
            }
        }

        impl<M: Model, T: Model> $name<M, T> {
            /// Deleted related records too.
            #[must_use]
            pub fn with_deleted(mut self) -> Self
            where
                T: SoftDelete,
            {
                self.choice.deleted = Deleted::With;
                self
            }
        }

        impl<M: Model, T: Model> $field<M, T> {
            /// To be loaded with deleted records too.
            #[must_use]
            pub fn with_deleted(self) -> $name<M, T>
            where
                T: SoftDelete,
            {
                self.load().with_deleted()
            }
        }

        impl<M: Model, T: Model> $field<M, T> {
            /// To be loaded with only the related records that meet a condition.
            #[must_use]
            pub fn filter(self, filter: impl FnOnce(&Fields<T>) -> Filter<T>) -> $name<M, T> {
                self.load().filter(filter)
            }

            /// To be loaded together with a relation of the related records.
            #[must_use]
            pub fn with<L: IntoLoad<T>>(self, load: impl FnOnce(&Fields<T>) -> L) -> $name<M, T> {
                self.load().with(load)
            }

            /// To be loaded, and a relation of the related records counted.
            #[must_use]
            pub fn with_count<C: Into<CountOf<T>>>(self, count: impl FnOnce(&Fields<T>) -> C) -> $name<M, T> {
                self.load().with_count(count)
            }

            /// To be loaded.
            #[must_use]
            pub fn load(self) -> $name<M, T> {
                $name { relation: self, choice: Choice::everything() }
            }
        }

        impl<M: Model, T: Model> From<$field<M, T>> for Load<M> {
            fn from(relation: $field<M, T>) -> Self {
                relation.load().into()
            }
        }

        impl<M: Model, T: Model> From<$name<M, T>> for Load<M> {
            fn from(load: $name<M, T>) -> Self {
                Self(Arc::new(load))
            }
        }
    };
}

load!(
    /// A relation to one record, to be loaded.
    LoadOne of ToOne);
load!(
    /// A relation to many records, to be loaded.
    LoadMany of ToMany);

impl<M: Model, T: Model> LoadMany<M, T> {
    pub(super) fn into_parts(self) -> (ToMany<M, T>, Choice<T>) {
        (self.relation, self.choice)
    }

    /// In this order; later terms break the ties of earlier ones.
    #[must_use]
    pub fn order_by<O: OneOrMore<Order<T>>>(mut self, order: impl FnOnce(&Fields<T>) -> O) -> Self {
        self.choice.order.extend(order(T::fields()).into_list().iter().map(|o| o.sort));
        self
    }

    /// Only records that are tied by a record in between that meets a condition: one of the pivot `P`,
    /// or of the model that the relation leads through.
    #[must_use]
    pub fn filter_pivot<P: Model>(mut self, filter: impl FnOnce(&Fields<P>) -> Filter<P>) -> Self {
        let filter = pivot_filter::<M, P>(self.relation.index, filter(P::fields()));
        self.choice.middle = Some(both(self.choice.middle, filter));
        self
    }

    /// Loads what stands in between too, to be read by [`Many::pivots`](crate::model::Many::pivots).
    #[must_use]
    pub fn with_pivot<P: Model>(mut self) -> Self {
        let relation = &M::schema().relations[self.relation.index];
        self.choice.between = Some(pivot::check::<P>(relation).map(|()| pivot::taker::<P> as MakeBetween));
        self
    }

    /// At most this many for each parent.
    #[must_use]
    pub fn limit(mut self, limit: u64) -> Self {
        self.choice.limit = Some(limit);
        self
    }

    /// Leaves out this many at the start of each parent's.
    #[must_use]
    pub fn offset(mut self, offset: u64) -> Self {
        self.choice.offset = offset;
        self
    }
}

impl<M: Model, T: Model> ToMany<M, T> {
    /// To be loaded in this order.
    #[must_use]
    pub fn order_by<O: OneOrMore<Order<T>>>(self, order: impl FnOnce(&Fields<T>) -> O) -> LoadMany<M, T> {
        self.load().order_by(order)
    }

    /// To be loaded with only those that are tied by a record in between that meets a condition.
    #[must_use]
    pub fn filter_pivot<P: Model>(self, filter: impl FnOnce(&Fields<P>) -> Filter<P>) -> LoadMany<M, T> {
        self.load().filter_pivot(filter)
    }

    /// To be loaded with what stands in between: [`Many::pivots`](crate::model::Many::pivots) answers it.
    ///
    /// ```
    /// use orm_core::prelude::*;
    /// # #[derive(Model)] struct User { #[key] id: u64, #[belongs_to_many(pivot = UserRole)] roles: Many<Role> }
    /// # #[derive(Model)] struct Role { #[key] id: u64 }
    /// # #[derive(Model)] struct UserRole { #[key] user_id: u64, #[key] role_id: u64, level: i32 }
    /// # fn levels(users: Repository<User>) -> Result<(), Box<dyn std::error::Error>> {
    /// for user in users.query().with(|u| u.roles.with_pivot::<UserRole>()).get()? {
    ///     for (role, between) in user.roles.get()?.iter().zip(user.roles.pivots::<UserRole>()?) {
    ///         println!("{} {}", role.id, between.level);
    ///     }
    /// }
    /// # Ok(()) }
    /// ```
    #[must_use]
    pub fn with_pivot<P: Model>(self) -> LoadMany<M, T> {
        self.load().with_pivot::<P>()
    }

    /// To be loaded with at most this many for each parent.
    #[must_use]
    pub fn limit(self, limit: u64) -> LoadMany<M, T> {
        self.load().limit(limit)
    }

    /// To be loaded, leaving out this many at the start of each parent's.
    #[must_use]
    pub fn offset(self, offset: u64) -> LoadMany<M, T> {
        self.load().offset(offset)
    }
}

/// Related records, each with the place of its parent.
struct Children<T> {
    records: Vec<T>,
    parents: Vec<u32>,
    index: KeyIndex,
    /// Where the parts of the parent's key stand in a row.
    key: Vec<usize>,
    between: Option<Box<dyn Between>>,
    /// Where the record in between begins in a row.
    between_at: usize,
}

/// What was found of a relation.
pub(super) struct Found<T> {
    pub(super) records: Vec<T>,
    /// The place of each record's parent.
    pub(super) of: Vec<u32>,
    /// What stands in between, where that was asked for.
    pub(super) between: Option<Box<dyn Between>>,
}

impl<T> Found<T> {
    pub(super) fn new(records: Vec<T>, of: Vec<u32>) -> Self {
        Self { records, of, between: None }
    }
}

impl<T: Model> RowSink for Children<T> {
    fn expect(&mut self, rows: usize) {
        self.records.reserve(rows);
        self.parents.reserve(rows);
    }

    fn row(&mut self, row: &dyn Row) -> Result<Flow> {
        let key = &self.key;
        for parent in self.index.places(|part| row.value(key[part])) {
            self.records.push(T::hydrate(row)?);
            self.parents.push(parent as u32);
            if let Some(between) = &mut self.between {
                between.take(row, self.between_at)?;
            }
        }
        Ok(Flow::More)
    }
}

/// The parents' keys by which a relation leads to records, and the places that have each.
pub(super) fn parents_index<M: Model>(relation: &RelationSchema, parents: &[M]) -> KeyIndex {
    let own = M::schema();
    let kinds: Vec<Kind> = relation.from.iter().map(|&c| own.field(c).kind).collect();
    let mut index = KeyIndex::new(&kinds, parents.len());
    let guard = relation.guard.filter(|guard| guard.on == Side::Own);
    for parent in parents {
        if guard.is_some_and(|g| parent.value(g.column) != Ok(ValueRef::Text(g.value))) {
            index.push(|_| ValueRef::Null);
            continue;
        }
        // What can't be stored can't have been read: such a key leads nowhere.
        index.push(|i| parent.value(relation.from[i]).unwrap_or(ValueRef::Null));
    }
    index
}

/// Reads what a relation leads to from these parents, with its own relations.
pub(super) async fn children<M: Model, T: Model>(
    relation: &'static RelationSchema,
    choice: &Choice<T>,
    lens: Lens<'_>,
    parents: &[M],
) -> Result<Found<T>> {
    if relation.kind == RelationKind::HasManyBy {
        return listed::children(relation, choice, lens, parents).await;
    }
    let mut index = parents_index(relation, parents);
    let keys = Arc::new(index.take_keys());
    if keys.is_empty() {
        return Ok(Found::new(Vec::new(), Vec::new()));
    }
    let (plan, key) = choice.reading(relation, keys, lens)?;
    let plan = lens.plan(plan, choice.deleted);
    let below = lens.of(plan.is_everything());
    let between = choice.between.clone().transpose()?.map(|make| make());
    let between_at = T::schema().fields.len() + relation.from.len();
    let sink = Children { records: Vec::new(), parents: Vec::new(), index, key, between, between_at };
    let Children { mut records, parents: of, between, .. } =
        lens.session.select(&Arc::new(plan), sink).await?;
    for load in &choice.with {
        load.here(below, &mut records).await?;
    }
    Ok(Found { records, of, between })
}

impl<M: Model, T: Model> Loader<M> for LoadMany<M, T> {
    fn entities(&self, into: &mut Vec<&'static EntitySchema>) {
        watch::of_load(&M::schema().relations[self.relation.index], &self.choice, into);
    }

    fn plans(&self, route: &[Crossing], lens: Lens<'_>, into: &mut Vec<Planned>) -> Result<()> {
        let relation = &M::schema().relations[self.relation.index];
        Planned::load::<M, T>(relation, &self.choice, route, lens, into)
    }

    fn crosses(&self) -> bool {
        crossing::crosses::<M, T>(&self.choice)
    }

    fn check(&self) -> Result<()> {
        self.choice.check()
    }

    fn load<'a>(&'a self, stage: Stage, lens: Lens<'a>, parents: &'a mut [M]) -> BoxFuture<'a, Result<()>> {
        Box::pin(async move {
            let relation = &M::schema().relations[self.relation.index];
            let take = |parent: &mut M| -> Vec<T> {
                let slot = (self.relation.slot)(parent);
                slot.take_content().unwrap_or_default()
            };
            // What stands in between stays as it is where only relations of the records are loaded.
            let mut ties: Vec<_> = match self.choice.between {
                Some(_) => parents.iter_mut().map(|parent| (self.relation.slot)(parent).ties()).collect(),
                None => Vec::new(),
            };
            let found = crossing::related(stage, relation, &self.choice, lens, parents, take).await?;
            let Some(Found { records, of, between }) = found else { return Ok(()) };
            if let Some(between) = between {
                ties = between.divide(&of, parents.len()).into_iter().map(Some).collect();
            }
            let mut counts = vec![0_usize; parents.len()];
            for &parent in &of {
                counts[parent as usize] += 1;
            }
            let mut lists: Vec<Vec<T>> = counts.into_iter().map(Vec::with_capacity).collect();
            for (record, parent) in records.into_iter().zip(of) {
                lists[parent as usize].push(record);
            }
            let partial = self.choice.is_partial();
            let mut ties = ties.into_iter();
            for (parent, list) in parents.iter_mut().zip(lists) {
                let slot = (self.relation.slot)(parent);
                match ties.next().flatten() {
                    Some(ties) => slot.fill_tied(list, ties, partial),
                    None => Many::fill(slot, list, partial),
                }
            }
            Ok(())
        })
    }
}

/// Whether a record's key is smaller than another's.
fn precedes<T: Model>(one: &T, other: &T) -> bool {
    let part = |record: &T, column: usize| record.value(column).map(ValueRef::to_value).ok();
    let keys = T::schema().key.iter().map(|&column| (part(one, column), part(other, column)));
    keys.filter_map(|(a, b)| a?.as_ref().compare(b?.as_ref())).find(|order| order.is_ne())
        == Some(std::cmp::Ordering::Less)
}

impl<M: Model, T: Model> Loader<M> for LoadOne<M, T> {
    fn entities(&self, into: &mut Vec<&'static EntitySchema>) {
        watch::of_load(&M::schema().relations[self.relation.index], &self.choice, into);
    }

    fn plans(&self, route: &[Crossing], lens: Lens<'_>, into: &mut Vec<Planned>) -> Result<()> {
        let relation = &M::schema().relations[self.relation.index];
        Planned::load::<M, T>(relation, &self.choice, route, lens, into)
    }

    fn crosses(&self) -> bool {
        crossing::crosses::<M, T>(&self.choice)
    }

    fn check(&self) -> Result<()> {
        self.choice.check()
    }

    fn load<'a>(&'a self, stage: Stage, lens: Lens<'a>, parents: &'a mut [M]) -> BoxFuture<'a, Result<()>> {
        Box::pin(async move {
            let relation = &M::schema().relations[self.relation.index];
            let take = |parent: &mut M| -> Vec<T> {
                let slot = (self.relation.slot)(parent);
                slot.take_content().flatten().map(|record| *record).into_iter().collect()
            };
            let found = crossing::related(stage, relation, &self.choice, lens, parents, take).await?;
            let Some(Found { records, of, .. }) = found else { return Ok(()) };
            let partial = self.choice.is_partial();
            for parent in parents.iter_mut() {
                One::fill((self.relation.slot)(parent), None, partial);
            }
            for (record, parent) in records.into_iter().zip(of) {
                let slot = (self.relation.slot)(&mut parents[parent as usize]);
                // Of several that claim the place, the first in the order asked for has it, or else the one
                // with the smallest key.
                let better = match slot.get_partial() {
                    Ok(Some(other)) => self.choice.order.is_empty() && precedes(&record, other),
                    _ => true,
                };
                if better {
                    slot.fill(Some(Box::new(record)), partial);
                }
            }
            Ok(())
        })
    }
}
