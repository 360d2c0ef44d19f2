//! Loading relations: one statement for each relation and level, whatever the number of parents.

use super::IntoLoad;
use super::children::{Children, Found, parents_index};
use super::choice::Choice;
use super::crossing::{self, Stage};
use super::explain::{Crossing, Planned};
use super::filter::{Filter, both, pivot_filter};
use super::hands::{self, Hands, How};
use super::listed;
use super::order::{OneOrMore, Order};
use super::pivot::{self, MakeBetween};
use super::record_list::RecordList;
use super::watch;
use super::with_count::CountOf;
use crate::database::{Deleted, Lens};
use crate::error::Result;
use crate::model::schema::{EntitySchema, RelationKind, RelationSchema};
use crate::model::{Fields, Model, SoftDelete, ToMany, ToOne};
use crate::provider::BoxFuture;
use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;

/// A relation of `M` to be loaded: what a closure for `with` answers.
///
/// Made from a relation's field: `u.posts`, or `u.posts.filter(…).order_by(…).limit(3).with(…)`. It is a
/// value that can be kept, cloned and sent.
pub struct Load<M> {
    pub(crate) any: AnyLoad,
    _of: PhantomData<fn(M)>,
}

impl<M> Clone for Load<M> {
    fn clone(&self) -> Self {
        Self::of(self.any.clone())
    }
}

impl<M> fmt::Debug for Load<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.any.fmt(f)
    }
}

impl<M> Load<M> {
    pub(super) fn new(loader: impl Loader) -> Self {
        Self::of(AnyLoad(Arc::new(loader)))
    }

    fn of(any: AnyLoad) -> Self {
        Self { any, _of: PhantomData }
    }
}

/// A [`Load`], whosever relation it is.
#[derive(Clone)]
pub(crate) struct AnyLoad(Arc<dyn Loader>);

impl fmt::Debug for AnyLoad {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl AnyLoad {
    pub(super) fn plans(&self, route: &[Crossing], lens: Lens<'_>, into: &mut Vec<Planned>) -> Result<()> {
        self.0.plans(route, lens, into)
    }

    /// Loads the relation of all of these records, as far as it is in their own database.
    pub(crate) fn here<'a>(
        &'a self,
        lens: Lens<'a>,
        parents: &'a mut dyn RecordList,
    ) -> BoxFuture<'a, Result<()>> {
        self.0.load(Stage::Here, lens, parents)
    }

    /// What the closures asked for that can't be, whether or not there are records to load it for.
    pub(crate) fn check(&self) -> Result<()> {
        self.0.check()
    }

    /// Loads what is in other databases; after all that is [here](Self::here), when no snapshot is open.
    pub(crate) async fn across(&self, lens: Lens<'_>, parents: &mut dyn RecordList) -> Result<()> {
        if self.crosses() { self.0.load(Stage::Across, lens, parents).await } else { Ok(()) }
    }

    /// Whether it leads to another connection, or what it loads along does.
    pub(crate) fn crosses(&self) -> bool {
        self.0.crosses()
    }

    /// The load, if it asks to be read in one statement with the records that it leads from.
    pub(super) fn joined(&self) -> Option<&RelationLoad> {
        self.0.joined()
    }

    /// Adds the entities that it reads.
    pub(crate) fn entities(&self, into: &mut Vec<&'static EntitySchema>) {
        self.0.entities(into);
    }
}

pub(super) trait Loader: fmt::Debug + Send + Sync + 'static {
    fn load<'a>(
        &'a self,
        stage: Stage,
        lens: Lens<'a>,
        parents: &'a mut dyn RecordList,
    ) -> BoxFuture<'a, Result<()>>;

    /// The load, if it asks to be read in one statement with the parents.
    fn joined(&self) -> Option<&RelationLoad> {
        None
    }

    fn crosses(&self) -> bool;

    /// The fault of what was asked for, if it has one.
    fn check(&self) -> Result<()>;

    /// Adds the entities that are read.
    fn entities(&self, into: &mut Vec<&'static EntitySchema>);

    /// The plans that it would read, with keys of no parents in particular.
    fn plans(&self, route: &[Crossing], lens: Lens<'_>, into: &mut Vec<Planned>) -> Result<()>;
}

/// A relation, and where a record has it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Edge {
    pub(super) own: &'static EntitySchema,
    pub(super) schema: &'static RelationSchema,
    /// The number of the record's field: the place of its first relation in the schema.
    pub(super) slot: usize,
}

impl Edge {
    pub(super) fn of<M: Model>(index: usize) -> Self {
        Self::at::<M>(index, index)
    }

    pub(super) fn at<M: Model>(index: usize, slot: usize) -> Self {
        let own = M::schema();
        Self { own, schema: &own.relations[index], slot }
    }

    /// Whether it leads to another connection.
    pub(super) fn crosses(self) -> bool {
        !self.own.shares_connection((self.schema.target)())
    }
}

macro_rules! load {
    ($(#[$doc:meta])* $name:ident of $field:ident) => {
        $(#[$doc])*
        pub struct $name<M, T> {
            relation: $field<M, T>,
            choice: Choice,
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
                self.choice.narrow(filter(T::fields()).inner);
                self
            }

            /// Loads a relation of the related records too.
            #[must_use]
            pub fn with<L: IntoLoad<T>>(mut self, load: impl FnOnce(&Fields<T>) -> L) -> Self {
                self.choice.with.push(load(T::fields()).into_load().any);
                self
            }

            pub(super) fn with_loads(mut self, loads: Vec<Load<T>>) -> Self {
                self.choice.with.extend(loads.into_iter().map(|load| load.any));
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
                self.choice.with.push(count(T::fields()).into().load.any);
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
                let edge = Edge::of::<M>(load.relation.index);
                Self::new(RelationLoad { edge, choice: load.choice, hands: $field::<M, T>::hands() })
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

impl<M, T: Model> ToOne<M, T> {
    fn hands() -> &'static dyn Hands {
        hands::one::<T>()
    }
}

impl<M, T: Model> ToMany<M, T> {
    fn hands() -> &'static dyn Hands {
        hands::many::<T>()
    }
}

impl<M: Model, T: Model> LoadMany<M, T> {
    pub(super) fn into_parts(self) -> (ToMany<M, T>, Choice) {
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

/// Loads all of these relations, as far as they are in the records' own database.
pub(super) async fn load_all(with: &[AnyLoad], lens: Lens<'_>, records: &mut dyn RecordList) -> Result<()> {
    for load in with {
        load.here(lens, records).await?;
    }
    Ok(())
}

/// A relation to be loaded.
#[derive(Clone)]
pub(super) struct RelationLoad {
    pub(super) edge: Edge,
    pub(super) choice: Choice,
    pub(super) hands: &'static dyn Hands,
}

impl fmt::Debug for RelationLoad {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Load")
            .field("relation", &self.edge.schema.field)
            .field("filter", &self.choice.filter)
            .field("order", &self.choice.order)
            .field("limit", &self.choice.limit)
            .field("with", &self.choice.with)
            .finish()
    }
}

impl RelationLoad {
    /// Reads what the relation leads to from these parents, with its own relations.
    pub(super) async fn children(&self, lens: Lens<'_>, parents: &dyn RecordList) -> Result<Found> {
        let Self { edge, choice, hands } = self;
        let relation = edge.schema;
        if relation.kind == RelationKind::HasManyBy {
            return listed::children(*edge, choice, hands.list(), lens, parents).await;
        }
        let mut index = parents_index(*edge, parents);
        let keys = Arc::new(index.take_keys());
        if keys.is_empty() {
            return Ok(Found::new(hands.list(), Vec::new()));
        }
        let (plan, key) = choice.reading(relation, keys, lens)?;
        let plan = lens.plan(plan, choice.deleted);
        let below = lens.of(plan.is_everything());
        let between = choice.between.clone().transpose()?.map(|make| make());
        let between_at = (relation.target)().fields.len() + relation.from.len();
        let sink = Children { records: hands.list(), parents: Vec::new(), index, key, between, between_at };
        let Children { mut records, parents: of, between, .. } =
            lens.session.select(&Arc::new(plan), sink).await?;
        load_all(&choice.with, below, &mut *records).await?;
        let ties = match between {
            Some(between) => between.divide(&of, parents.len()).into_iter().map(Some).collect(),
            None => Vec::new(),
        };
        Ok(Found { records, of, ties })
    }

    /// Loads it, and puts it into the parents' fields.
    pub(super) async fn fill(
        &self,
        stage: Stage,
        lens: Lens<'_>,
        parents: &mut dyn RecordList,
        partial: bool,
    ) -> Result<()> {
        if let Some(found) = crossing::related(self, stage, lens, parents, partial).await? {
            self.put(found, parents, partial);
        }
        Ok(())
    }

    /// Puts what was found into the parents' fields.
    pub(super) fn put(&self, found: Found, parents: &mut dyn RecordList, partial: bool) {
        let how = How { partial, ordered: !self.choice.order.is_empty() };
        self.hands.put(parents, self.edge.slot, found, how);
    }
}

impl Loader for RelationLoad {
    fn entities(&self, into: &mut Vec<&'static EntitySchema>) {
        watch::of_load(self.edge.schema, &self.choice, into);
    }

    fn plans(&self, route: &[Crossing], lens: Lens<'_>, into: &mut Vec<Planned>) -> Result<()> {
        Planned::load(self.edge, &self.choice, route, lens, into)
    }

    fn joined(&self) -> Option<&RelationLoad> {
        self.choice.joined.then_some(self)
    }

    fn crosses(&self) -> bool {
        self.edge.crosses() || self.choice.with.iter().any(AnyLoad::crosses)
    }

    fn check(&self) -> Result<()> {
        self.choice.check()
    }

    fn load<'a>(
        &'a self,
        stage: Stage,
        lens: Lens<'a>,
        parents: &'a mut dyn RecordList,
    ) -> BoxFuture<'a, Result<()>> {
        Box::pin(self.fill(stage, lens, parents, self.choice.is_partial()))
    }
}
