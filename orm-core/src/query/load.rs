//! Loading relations: one statement for each relation and level, whatever the number of parents.

use super::IntoLoad;
use super::children::Found;
use super::choice::Choice;
use super::crossing::{self, Stage};
use super::explain::{Crossing, Planned};
use super::filter::{Filter, both, pivot_filter};
use super::joined::{self, Give, Joined};
use super::order::{OneOrMore, Order};
use super::pivot::{self, MakeBetween};
use super::watch;
use super::with_count::CountOf;
use crate::database::{Deleted, Lens};
use crate::error::Result;
use crate::model::schema::EntitySchema;
use crate::model::{Fields, Many, Model, One, SoftDelete, Ties, ToMany, ToOne};
use crate::provider::BoxFuture;
use crate::value::ValueRef;
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

    /// What is read of it in one statement with the records that it leads from.
    pub(super) fn join(&self, lens: Lens<'_>) -> Result<Option<Box<dyn Joined<M>>>> {
        Arc::clone(&self.0).join(lens)
    }

    /// Adds the entities that it reads.
    pub(crate) fn entities(&self, into: &mut Vec<&'static EntitySchema>) {
        self.0.entities(into);
    }
}

pub(super) trait Loader<M>: fmt::Debug + Send + Sync + 'static {
    fn load<'a>(&'a self, stage: Stage, lens: Lens<'a>, parents: &'a mut [M]) -> BoxFuture<'a, Result<()>>;

    /// The load as a part of the statement that reads the parents, if it is to be.
    fn join(self: Arc<Self>, lens: Lens<'_>) -> Result<Option<Box<dyn Joined<M>>>> {
        let _ = lens;
        Ok(None)
    }

    fn crosses(&self) -> bool;

    /// The fault of what was asked for, if it has one.
    fn check(&self) -> Result<()>;

    /// Adds the entities that are read.
    fn entities(&self, into: &mut Vec<&'static EntitySchema>);

    /// The plans that it would read, with keys of no parents in particular.
    fn plans(&self, route: &[Crossing], lens: Lens<'_>, into: &mut Vec<Planned>) -> Result<()>;
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

            /// Reads them in one statement with the records that they are related to, by a left join.
            ///
            /// Without it, a relation is read by a statement of its own, which names the keys of all
            /// records. One statement saves that, a way to the server and the transaction around the two.
            /// But the columns of a record go out again with each of its related records, or those of a
            /// related record with each that refers to it. So it is for relations that lead to one or
            /// few, and for short columns.
            ///
            /// What comes out is the same, and where it can't be, they are read by a statement of
            /// their own after all: by providers that don't join (memory), for loads with a limit, an
            /// offset or a pivot, for all but one of several relations that lead to several each, for
            /// such a one where the records themselves have a limit or an offset, with locks, and for
            /// relations of related records. [`Query::explain`](super::Query::explain) tells.
            #[must_use]
            pub fn joined(mut self) -> Self {
                self.choice.joined = true;
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

            /// To be loaded in one statement with the records themselves; see
            #[doc = concat!("[`", stringify!($name), "::joined`].")]
            #[must_use]
            pub fn joined(self) -> $name<M, T> {
                self.load().joined()
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
            let Some(mut found) = found else { return Ok(()) };
            if let Some(between) = found.between.take() {
                ties = between.divide(&found.of, parents.len()).into_iter().map(Some).collect();
            }
            self.fill(found, ties, parents);
            Ok(())
        })
    }

    fn join(self: Arc<Self>, lens: Lens<'_>) -> Result<Option<Box<dyn Joined<M>>>> {
        let relation = &M::schema().relations[self.relation.index];
        joined::part(self, relation, lens)
    }
}

impl<M: Model, T: Model> LoadMany<M, T> {
    fn fill(&self, Found { records, of, .. }: Found<T>, ties: Vec<Option<Ties>>, parents: &mut [M]) {
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
    }
}

impl<M: Model, T: Model> Give<M, T> for LoadMany<M, T> {
    fn choice(&self) -> &Choice<T> {
        &self.choice
    }

    fn give(&self, found: Found<T>, parents: &mut [M]) {
        self.fill(found, Vec::new(), parents);
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
            if let Some(found) = found {
                self.give(found, parents);
            }
            Ok(())
        })
    }

    fn join(self: Arc<Self>, lens: Lens<'_>) -> Result<Option<Box<dyn Joined<M>>>> {
        let relation = &M::schema().relations[self.relation.index];
        joined::part(self, relation, lens)
    }
}

impl<M: Model, T: Model> Give<M, T> for LoadOne<M, T> {
    fn choice(&self) -> &Choice<T> {
        &self.choice
    }

    fn give(&self, Found { records, of, .. }: Found<T>, parents: &mut [M]) {
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
    }
}
