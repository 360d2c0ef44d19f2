//! Sums, averages and their like over a query.

use super::Query;
use super::filter::Fault;
use super::select::{Label, Reader, Rows};
use crate::connections::SameConnection;
use crate::engine::Mode;
use crate::error::Result;
use crate::model::schema::RelationSchema;
use crate::model::{Column, Fields, Model, ToOne};
use crate::plan::{Aggregate, ColumnPath, Grouping, Output, Select};
use crate::value::{Decimal, FieldType};
use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;

/// Column types that have sums and averages.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no number, so the column has neither sum nor average",
    label = "no number"
)]
pub trait Summable: FieldType {
    /// The type of a sum: 64 bits wide for integers and floats.
    type Sum: FieldType;
    /// The type of an average: `f64`, in an `Option` where the column is.
    type Avg: FieldType;
}

macro_rules! summable {
    ($($type:ty => $sum:ty),* $(,)?) => { $(
        impl Summable for $type {
            type Sum = $sum;
            type Avg = f64;
        }
    )* };
}
summable!(
    i8 => i64, i16 => i64, i32 => i64, i64 => i64, u8 => i64, u16 => i64, u32 => i64, u64 => i64,
    f32 => f64, f64 => f64, Decimal => Decimal,
);
#[cfg(feature = "rust_decimal")]
summable!(rust_decimal::Decimal => rust_decimal::Decimal);

impl<T> Summable for Option<T>
where
    T: Summable + FieldType<Plain = T>,
    T::Sum: FieldType<Plain = T::Sum>,
    T::Avg: FieldType<Plain = T::Avg>,
{
    type Sum = Option<T::Sum>;
    type Avg = Option<T::Avg>;
}

/// A column of `M`, or of a record that relations to one lead to from there: made by
/// [`ToOne::column`]. `T` is the type it reads as.
pub struct Path<M, T> {
    pub(super) inner: Result<ColumnPath, Fault>,
    _of: PhantomData<fn() -> (M, T)>,
}

impl<M, T> Clone for Path<M, T> {
    fn clone(&self) -> Self {
        Self { inner: self.inner.clone(), _of: PhantomData }
    }
}

impl<M, T> fmt::Debug for Path<M, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.inner.fmt(f)
    }
}

/// What can be grouped by and aggregated: a [`Column`], or a [`Path`] to one.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no column of `{M}`",
    label = "expected a column, or a path to one",
    note = "name a column: `|m| m.name`, or one of a related record: `|m| m.owner.column(|o| o.name)`"
)]
pub trait Operand<M> {
    /// The type it reads as.
    type Value: FieldType;

    /// The column.
    #[doc(hidden)]
    fn path(self) -> Path<M, Self::Value>;
}

impl<M: Model, T: FieldType> Operand<M> for Column<M, T> {
    type Value = T;

    fn path(self) -> Path<M, T> {
        Path { inner: Ok(ColumnPath::own(self.index)), _of: PhantomData }
    }
}

impl<M: Model, T: FieldType> Operand<M> for Path<M, T> {
    type Value = T;

    fn path(self) -> Self {
        self
    }
}

impl<M: Model, T: Model> ToOne<M, T> {
    /// A column of the related record, to group by or to aggregate; NULL where there is no record.
    ///
    /// The record must be the only one that the relation can lead to: where it is found by columns that
    /// are neither the other's key nor unique, the query answers
    /// [`Error::Configuration`](crate::Error::Configuration).
    pub fn column<C: Operand<T>>(
        self,
        column: impl FnOnce(&Fields<T>) -> C,
    ) -> Path<M, Option<<C::Value as FieldType>::Plain>>
    where
        <C::Value as FieldType>::Plain: FieldType<Plain = <C::Value as FieldType>::Plain>,
        T::Connection: SameConnection<M::Connection>,
    {
        let relation = &M::schema().relations[self.index];
        let inner = column(T::fields()).path().inner.and_then(|mut rest| {
            if !leads_to_one(relation) {
                return Err(Fault::Ambiguous { model: relation.model, field: relation.field });
            }
            if relation.guard.is_some() {
                return Err(Fault::Guarded { model: relation.model, field: relation.field });
            }
            rest.path.insert(0, relation);
            Ok(rest)
        });
        Path { inner, _of: PhantomData }
    }
}

/// Whether the columns by which a relation finds records find one at most.
fn leads_to_one(relation: &RelationSchema) -> bool {
    let target = (relation.target)();
    let same = |columns: &[usize]| {
        columns.len() == relation.to.len() && columns.iter().all(|c| relation.to.contains(c))
    };
    relation.pivot.is_none()
        && relation.guard.is_none()
        && (same(target.key) || target.indexes.iter().any(|index| index.unique && same(index.fields)))
}

/// How many records there are, in [`Grouped::aggregate`](super::Grouped::aggregate) and
/// [`Query::aggregate`].
#[must_use]
pub fn count<M: Model>() -> Agg<M, u64> {
    Agg::of(Ok(Aggregate::Count))
}

macro_rules! aggregates {
    ($($name:ident),*) => { $(
        impl<M: Model, T: FieldType> $name<M, T> {
            /// The sum of the values, to be aggregated. It must fit: [`Error::Overflow`](crate::Error::Overflow).
            #[must_use]
            pub fn sum(self) -> Agg<M, T::Sum>
            where
                T: Summable,
            {
                Agg::of(self.path().inner.map(Aggregate::Sum))
            }

            /// The average of the values, to be aggregated.
            #[must_use]
            pub fn avg(self) -> Agg<M, T::Avg>
            where
                T: Summable,
            {
                Agg::of(self.path().inner.map(Aggregate::Avg))
            }

            /// The least value in the order of `order_by`, to be aggregated.
            #[must_use]
            pub fn min(self) -> Agg<M, T> {
                Agg::of(self.path().inner.map(Aggregate::Min))
            }

            /// The greatest value in the order of `order_by`, to be aggregated.
            #[must_use]
            pub fn max(self) -> Agg<M, T> {
                Agg::of(self.path().inner.map(Aggregate::Max))
            }

            /// How many records have a value, to be aggregated.
            #[must_use]
            pub fn count(self) -> Agg<M, u64> {
                Agg::of(self.path().inner.map(Aggregate::CountOf))
            }

            /// How many different values there are, to be aggregated.
            #[must_use]
            pub fn count_distinct(self) -> Agg<M, u64> {
                Agg::of(self.path().inner.map(Aggregate::CountDistinct))
            }
        }
    )* };
}
aggregates!(Column, Path);

/// Something that is computed over records, and reads as `T`: `o.total.sum()`.
pub struct Agg<M, T> {
    pub(super) inner: Result<Aggregate, Fault>,
    _of: PhantomData<fn() -> (M, T)>,
}

impl<M, T> Clone for Agg<M, T> {
    fn clone(&self) -> Self {
        Self { inner: self.inner.clone(), _of: PhantomData }
    }
}

impl<M, T> Agg<M, T> {
    const fn of(inner: Result<Aggregate, Fault>) -> Self {
        Self { inner, _of: PhantomData }
    }
}

impl<M, T> fmt::Debug for Agg<M, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.inner.fmt(f)
    }
}

/// What is computed together: one [`Agg`], or a tuple of up to eight.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is nothing that can be computed over records of `{M}`",
    label = "expected an aggregate, or a tuple of up to eight",
    note = "for example `|m| (count(), m.price.sum())`, with `orm_core::query::count`"
)]
pub trait Aggregates<M>: Send + 'static {
    /// What it reads as.
    type Row: Send + 'static;

    /// What is computed.
    #[doc(hidden)]
    fn list(&self, into: &mut Vec<Asked>);

    /// Reads the results in order.
    ///
    /// # Errors
    /// When a result isn't of its type.
    #[doc(hidden)]
    fn read(reader: &mut Reader<'_>) -> Result<Self::Row>;
}

/// One thing that is computed, or why it can't be.
#[doc(hidden)]
#[derive(Debug)]
pub struct Asked(pub(super) Result<Aggregate, Fault>);

impl<M: Model, T: FieldType> Aggregates<M> for Agg<M, T> {
    type Row = T;

    fn list(&self, into: &mut Vec<Asked>) {
        into.push(Asked(self.inner.clone()));
    }

    fn read(reader: &mut Reader<'_>) -> Result<T> {
        reader.number()
    }
}

macro_rules! tuples {
    ($(($($name:ident $at:tt),+);)*) => { $(
        impl<M: Model, $($name: Aggregates<M>),+> Aggregates<M> for ($($name,)+) {
            type Row = ($($name::Row,)+);

            fn list(&self, into: &mut Vec<Asked>) {
                $(self.$at.list(into);)+
            }

            fn read(reader: &mut Reader<'_>) -> Result<Self::Row> {
                Ok(($($name::read(reader)?,)+))
            }
        }
    )* };
}
tuples! {
    (A 0);
    (A 0, B 1);
    (A 0, B 1, C 2);
    (A 0, B 1, C 2, D 3);
    (A 0, B 1, C 2, D 3, E 4);
    (A 0, B 1, C 2, D 3, E 4, F 5);
    (A 0, B 1, C 2, D 3, E 4, F 5, G 6);
    (A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7);
}

impl<M: Model, D: Mode> Query<M, D> {
    /// The sum of a column over the records, within offset and limit; `None` where no record has a
    /// value. Of integers it is an `i64`, of decimals exact.
    ///
    /// ```
    /// # use orm_core::prelude::*;
    /// # #[derive(Model)] struct Order { #[key] id: u64, pieces: u32, price: Decimal }
    /// # fn example(orders: Repository<Order>) -> orm_core::Result<()> {
    /// let pieces: Option<i64> = orders.query().sum(|o| o.pieces)?;
    /// let dearest: Option<Decimal> = orders.query().filter(|o| o.pieces.gt(1)).max(|o| o.price)?;
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// As [`get`](Self::get); [`Error::Overflow`](crate::Error::Overflow) where the sum doesn't fit;
    /// [`Error::Configuration`](crate::Error::Configuration) where relations are to be loaded.
    #[allow(clippy::type_complexity, reason = "it reads as `Option<i64>` and the like")]
    pub fn sum<'a, C: Operand<M>>(
        self,
        column: impl FnOnce(&Fields<M>) -> C,
    ) -> D::Answer<'a, Result<Option<<<C::Value as FieldType>::Plain as Summable>::Sum>>>
    where
        <C::Value as FieldType>::Plain: Summable,
    {
        let aggregate = column(M::fields()).path().inner.map(Aggregate::Sum);
        D::answer(self.only(aggregate))
    }

    /// The average of a column over the records, within offset and limit; `None` where no record has a
    /// value.
    ///
    /// # Errors
    /// As [`sum`](Self::sum).
    pub fn avg<'a, C: Operand<M>>(
        self,
        column: impl FnOnce(&Fields<M>) -> C,
    ) -> D::Answer<'a, Result<Option<f64>>>
    where
        <C::Value as FieldType>::Plain: Summable,
    {
        let aggregate = column(M::fields()).path().inner.map(Aggregate::Avg);
        D::answer(self.only(aggregate))
    }

    /// The least value of a column over the records, within offset and limit; `None` where no record
    /// has one.
    ///
    /// # Errors
    /// As [`sum`](Self::sum).
    pub fn min<'a, C: Operand<M>>(
        self,
        column: impl FnOnce(&Fields<M>) -> C,
    ) -> D::Answer<'a, Result<Option<<C::Value as FieldType>::Plain>>> {
        let aggregate = column(M::fields()).path().inner.map(Aggregate::Min);
        D::answer(self.only(aggregate))
    }

    /// The greatest value of a column over the records, within offset and limit; `None` where no record
    /// has one.
    ///
    /// # Errors
    /// As [`sum`](Self::sum).
    pub fn max<'a, C: Operand<M>>(
        self,
        column: impl FnOnce(&Fields<M>) -> C,
    ) -> D::Answer<'a, Result<Option<<C::Value as FieldType>::Plain>>> {
        let aggregate = column(M::fields()).path().inner.map(Aggregate::Max);
        D::answer(self.only(aggregate))
    }

    async fn only<T: FieldType>(self, aggregate: Result<Aggregate, Fault>) -> Result<Option<T>> {
        let grouping = Grouping::new(Vec::new(), vec![aggregate?]);
        let rows = self.grouped("an aggregate", grouping, |reader| reader.optional()).await?;
        Ok(rows.into_iter().next().flatten())
    }

    /// Several things at once, computed over all records, within offset and limit; `None` where there is
    /// no record.
    ///
    /// ```
    /// # use orm_core::prelude::*;
    /// use orm_core::query::count;
    /// # #[derive(Model)] struct Order { #[key] id: u64, pieces: u32, price: Decimal }
    /// # fn example(orders: Repository<Order>) -> orm_core::Result<()> {
    /// let all: Option<(u64, i64, Decimal)> =
    ///     orders.query().aggregate(|o| (count(), o.pieces.sum(), o.price.max()))?;
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// As [`sum`](Self::sum).
    pub fn aggregate<'a, A: Aggregates<M>>(
        self,
        aggregates: impl FnOnce(&Fields<M>) -> A,
    ) -> D::Answer<'a, Result<Option<A::Row>>> {
        let mut asked = Vec::new();
        aggregates(M::fields()).list(&mut asked);
        D::answer(async move {
            // Whether there is any record is asked along, first.
            let mut list = vec![Aggregate::Count];
            for Asked(aggregate) in asked {
                list.push(aggregate?);
            }
            let grouping = Grouping::new(Vec::new(), list);
            let rows = self.grouped("an aggregate", grouping, counted::<M, A>).await?;
            Ok(rows.into_iter().next().flatten())
        })
    }

    pub(super) fn grouped_plan(&self, what: &str, grouping: Grouping) -> Result<Select> {
        self.loads_nothing(what)?;
        let mut plan = self.select_plan(Output::Groups(Box::new(grouping)))?;
        if plan.limit.is_none() && plan.offset == 0 {
            // Which comes first is of no concern then.
            plan.order.clear();
        }
        Ok(plan)
    }

    /// Runs a grouping over the records of the query.
    pub(super) async fn grouped<T: Send + 'static>(
        self,
        what: &str,
        grouping: Grouping,
        read: fn(&mut Reader<'_>) -> Result<T>,
    ) -> Result<Vec<T>> {
        let labels = labels::<M>(&grouping);
        let plan = self.grouped_plan(what, grouping)?;
        self.repository.ready().await?;
        let session = self.repository.session();
        Ok(session.select(&Arc::new(plan), Rows::new(labels, read)).await?.rows)
    }
}

fn counted<M: Model, A: Aggregates<M>>(reader: &mut Reader<'_>) -> Result<Option<A::Row>> {
    let records: u64 = reader.next()?;
    if records == 0 { Ok(None) } else { A::read(reader).map(Some) }
}

/// What the columns of the groups' rows are about.
fn labels<M: Model>(grouping: &Grouping) -> Arc<[Label]> {
    let root = M::schema();
    let of = |column: &ColumnPath| (column.entity(root).model, column.field(root).field);
    let aggregates = grouping.aggregates.iter().map(|a| a.column().map_or((root.model, "count"), of));
    grouping.keys.iter().map(of).chain(aggregates).collect()
}
