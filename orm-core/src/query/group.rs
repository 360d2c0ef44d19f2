//! Groups of records and what is computed over each.

use super::aggregate::{Agg, Aggregates, Asked, Operand, Path};
use super::filter::Fault;
use super::order::OneOrMore;
use super::select::Reader;
use super::{Explain, Order, Query};
use crate::engine::Mode;
use crate::error::{Error, Result};
use crate::model::{Column, Fields, Model};
use crate::plan::{Aggregate, ColumnPath, CompareOp, Grouping, Predicate, Sort};
use crate::value::{FieldType, IntoOperand, Value};
use std::fmt;
use std::marker::PhantomData;

/// What records are grouped by: a column, a [`Path`] to one, or a tuple of up to eight.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is nothing that records of `{M}` can be grouped by",
    label = "expected a column, a path to one, or a tuple of up to eight",
    note = "for example `|m| m.status`, or `|m| (m.status, m.owner.column(|o| o.country))`"
)]
pub trait GroupKey<M>: Send + 'static {
    /// What a key reads as.
    type Row: Send + 'static;

    /// The columns.
    #[doc(hidden)]
    fn list(self, into: &mut Vec<KeyPart>);

    /// Reads the columns in order.
    ///
    /// # Errors
    /// When a stored value doesn't fit its column's type.
    #[doc(hidden)]
    fn read(reader: &mut Reader<'_>) -> Result<Self::Row>;
}

/// One column of a group's key, or why it can't be.
#[doc(hidden)]
#[derive(Debug, Clone)]
pub struct KeyPart(Result<ColumnPath, Fault>);

macro_rules! operands {
    ($($name:ident),*) => { $(
        impl<M: Model, T: FieldType> GroupKey<M> for $name<M, T> {
            type Row = T;

            fn list(self, into: &mut Vec<KeyPart>) {
                into.push(KeyPart(self.path().inner));
            }

            fn read(reader: &mut Reader<'_>) -> Result<T> {
                reader.next()
            }
        }
    )* };
}
operands!(Column, Path);

macro_rules! tuples {
    ($(($($name:ident $at:tt),+);)*) => { $(
        impl<M: Model, $($name: GroupKey<M>),+> GroupKey<M> for ($($name,)+) {
            type Row = ($($name::Row,)+);

            fn list(self, into: &mut Vec<KeyPart>) {
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

/// A query whose records are grouped by `K`: what [`Query::group_by`] makes. What is computed over
/// each group is said by [`aggregate`](Self::aggregate).
#[must_use = "a query does nothing until it is run, for example by `get`"]
pub struct Grouped<M: Model, D: Mode, K> {
    query: Query<M, D>,
    keys: Vec<KeyPart>,
    _of: PhantomData<fn() -> K>,
}

/// A query for groups and what is computed over each: its rows are pairs of key and results.
#[must_use = "a query does nothing until it is run, for example by `get`"]
pub struct Groups<M: Model, D: Mode, K, A> {
    grouped: Grouped<M, D, K>,
    aggregates: Vec<Asked>,
    having: Vec<Having<M>>,
    order: Vec<GroupOrder<M>>,
    offset: u64,
    limit: Option<u64>,
    _of: PhantomData<fn() -> A>,
}

impl<M: Model, D: Mode, K> fmt::Debug for Grouped<M, D, K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Grouped").field("query", &self.query).field("keys", &self.keys).finish()
    }
}

impl<M: Model, D: Mode, K, A> fmt::Debug for Groups<M, D, K, A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Groups")
            .field("grouped", &self.grouped)
            .field("aggregates", &self.aggregates)
            .field("having", &self.having)
            .field("order", &self.order)
            .field("offset", &self.offset)
            .field("limit", &self.limit)
            .finish()
    }
}

impl<M: Model, D: Mode> Query<M, D> {
    /// Groups the records by a column, by a column of a related record, or by several: NULL is a key
    /// like any other. Order, offset and limit that were said before are those of the records that are
    /// grouped.
    ///
    /// ```
    /// # use orm_core::prelude::*;
    /// use orm_core::query::count;
    /// # #[derive(Model)] struct Customer { #[key] id: u64, country: String }
    /// # #[derive(Model)] struct Order { #[key] id: u64, pieces: u32, customer_id: u64,
    /// #     #[belongs_to] customer: One<Customer> }
    /// # fn example(orders: Repository<Order>) -> orm_core::Result<()> {
    /// let best: Vec<(Option<String>, (u64, i64))> = orders
    ///     .query()
    ///     .group_by(|o| o.customer.column(|c| c.country))
    ///     .aggregate(|o| (count(), o.pieces.sum()))
    ///     .having(|o| o.pieces.sum().gt(100))
    ///     .order_by(|o| o.pieces.sum().desc())
    ///     .limit(3)
    ///     .get()?;
    /// # Ok(()) }
    /// ```
    pub fn group_by<K: GroupKey<M>>(self, keys: impl FnOnce(&Fields<M>) -> K) -> Grouped<M, D, K> {
        let mut list = Vec::new();
        keys(M::fields()).list(&mut list);
        Grouped { query: self, keys: list, _of: PhantomData }
    }
}

impl<M: Model, D: Mode, K: GroupKey<M>> Grouped<M, D, K> {
    /// Computes this over each group: one aggregate, or a tuple of up to eight.
    pub fn aggregate<A: Aggregates<M>>(self, aggregates: impl FnOnce(&Fields<M>) -> A) -> Groups<M, D, K, A> {
        let mut list = Vec::new();
        aggregates(M::fields()).list(&mut list);
        Groups {
            grouped: self,
            aggregates: list,
            having: Vec::new(),
            order: Vec::new(),
            offset: 0,
            limit: None,
            _of: PhantomData,
        }
    }
}

impl<M: Model, D: Mode, K: GroupKey<M>, A: Aggregates<M>> Groups<M, D, K, A> {
    /// Only groups that meet a condition on what is computed over them, of these aggregates or others;
    /// several conditions must all be met. Conditions on the records are said by
    /// [`filter`](Query::filter), before they are grouped.
    pub fn having(mut self, having: impl FnOnce(&Fields<M>) -> Having<M>) -> Self {
        self.having.push(having(M::fields()));
        self
    }

    /// In this order, by an aggregate (`o.total.sum().desc()`) or a part of the key (`o.status.asc()`);
    /// later terms, and later calls, break the ties of earlier ones.
    pub fn order_by<O: OneOrMore<GroupOrder<M>>>(mut self, order: impl FnOnce(&Fields<M>) -> O) -> Self {
        self.order.extend(order(M::fields()).into_list());
        self
    }

    /// At most this many groups.
    pub const fn limit(mut self, limit: u64) -> Self {
        self.limit = Some(limit);
        self
    }

    /// Leaves out this many groups at the start.
    pub const fn offset(mut self, offset: u64) -> Self {
        self.offset = offset;
        self
    }

    /// The groups: each one's key and results.
    ///
    /// # Errors
    /// Those of the storage; [`Error::Operand`] when a condition compares with what can't be stored;
    /// [`Error::Overflow`] where a sum doesn't fit; [`Error::Configuration`] where the order names what is
    /// no part of the key, where a path may lead to several records, and where relations are to be loaded.
    #[allow(clippy::type_complexity, reason = "it reads as a list of pairs")]
    pub fn get<'a>(self) -> D::Answer<'a, Result<Vec<(K::Row, A::Row)>>> {
        D::answer(self.run())
    }

    /// The first group.
    ///
    /// # Errors
    /// As [`get`](Self::get).
    #[allow(clippy::type_complexity, reason = "it reads as a pair")]
    pub fn first<'a>(mut self) -> D::Answer<'a, Result<Option<(K::Row, A::Row)>>> {
        self.limit = Some(self.limit.map_or(1, |limit| limit.min(1)));
        D::answer(async move { Ok(self.run().await?.pop()) })
    }

    /// How the groups would be read; see [`Query::explain`].
    ///
    /// # Errors
    /// As [`get`](Self::get), and as [`Query::explain`].
    pub fn explain<'a>(self) -> D::Answer<'a, Result<Explain>> {
        D::answer(async move {
            let (query, grouping) = self.grouping()?;
            let plan = query.grouped_plan("`group_by`", grouping)?;
            Explain::of(&query, plan).await
        })
    }

    async fn run(self) -> Result<Vec<(K::Row, A::Row)>> {
        let (query, grouping) = self.grouping()?;
        let read = |reader: &mut Reader<'_>| Ok((K::read(reader)?, A::read(reader)?));
        query.grouped("`group_by`", grouping, read).await
    }

    fn grouping(self) -> Result<(Query<M, D>, Grouping)> {
        let keys: Result<Vec<_>, Fault> = self.grouped.keys.into_iter().map(|part| part.0).collect();
        let aggregates: Result<Vec<_>, Fault> = self.aggregates.into_iter().map(|asked| asked.0).collect();
        let mut grouping = Grouping::new(keys?, aggregates?);
        for having in self.having {
            let condition = having.lower(&mut grouping)?;
            let before = std::mem::replace(&mut grouping.having, Predicate::Constant(true));
            grouping.having = before.and(condition);
        }
        for order in self.order {
            let sort = order.lower::<M>(&mut grouping)?;
            grouping.order.push(sort);
        }
        grouping.offset = self.offset;
        grouping.limit = self.limit;
        Ok((self.grouped.query, grouping))
    }
}

/// The place of an aggregate in the rows; it is computed along if it isn't yet.
fn place_of(grouping: &mut Grouping, aggregate: Aggregate) -> usize {
    let known = grouping.aggregates.iter().position(|known| *known == aggregate);
    let place = known.unwrap_or_else(|| {
        grouping.aggregates.push(aggregate);
        grouping.aggregates.len() - 1
    });
    grouping.keys.len() + place
}

/// A condition on what is computed over a group: `o.total.sum().gt(100)`.
pub struct Having<M> {
    inner: Result<(Predicate, Vec<Aggregate>), Fault>,
    _of: PhantomData<fn() -> M>,
}

impl<M> Clone for Having<M> {
    fn clone(&self) -> Self {
        Self { inner: self.inner.clone(), _of: PhantomData }
    }
}

impl<M> fmt::Debug for Having<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.inner.fmt(f)
    }
}

impl<M: Model> Having<M> {
    fn new(inner: Result<(Predicate, Vec<Aggregate>), Fault>) -> Self {
        Self { inner, _of: PhantomData }
    }

    fn join(self, other: Self, how: fn(Vec<Predicate>) -> Predicate) -> Self {
        Self::new(match (self.inner, other.inner) {
            (Ok((a, mut aggregates)), Ok((b, others))) => {
                // Conditions count the aggregates of their own.
                let b = renumbered(b, &|place| place + aggregates.len());
                aggregates.extend(others);
                Ok((how(vec![a, b]), aggregates))
            }
            (Err(fault), _) | (_, Err(fault)) => Err(fault),
        })
    }

    /// Both.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        self.join(other, Predicate::And)
    }

    /// At least one of the two.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        self.join(other, Predicate::Or)
    }

    /// The opposite; what was unknown stays unknown. Also as the operator `!`.
    #[must_use]
    #[allow(
        clippy::should_implement_trait,
        reason = "the operator is implemented too; the method reads better in chains"
    )]
    pub fn not(self) -> Self {
        Self::new(self.inner.map(|(condition, of)| (Predicate::Not(Box::new(condition)), of)))
    }

    fn lower(self, grouping: &mut Grouping) -> Result<Predicate, Fault> {
        let (condition, aggregates) = self.inner?;
        let places: Vec<usize> = aggregates.into_iter().map(|a| place_of(grouping, a)).collect();
        Ok(renumbered(condition, &|place| places[place]))
    }
}

impl<M: Model> std::ops::Not for Having<M> {
    type Output = Self;
    fn not(self) -> Self {
        Having::not(self)
    }
}

/// The same condition on other columns.
fn renumbered(condition: Predicate, place: &dyn Fn(usize) -> usize) -> Predicate {
    let each = |list: Vec<Predicate>| list.into_iter().map(|p| renumbered(p, place)).collect();
    match condition {
        Predicate::Compare { column, op, value } => Predicate::Compare { column: place(column), op, value },
        Predicate::Null { column } => Predicate::Null { column: place(column) },
        Predicate::And(list) => Predicate::And(each(list)),
        Predicate::Or(list) => Predicate::Or(each(list)),
        Predicate::Not(inner) => Predicate::Not(Box::new(renumbered(*inner, place))),
        other => other,
    }
}

impl<M: Model, T: FieldType> Agg<M, T> {
    fn compare(self, op: CompareOp, operand: impl IntoOperand<T::Plain>) -> Having<M> {
        Having::new(self.inner.and_then(|aggregate| match operand.into_operand() {
            Ok(Value::Null) => Ok((Predicate::Constant(false), Vec::new())),
            Ok(value) => Ok((Predicate::Compare { column: 0, op, value }, vec![aggregate])),
            Err(mismatch) => {
                let mismatch = Box::new(mismatch);
                Err(Fault::Operand { model: M::schema().model, column: "having", mismatch })
            }
        }))
    }

    /// Equal, as a condition on groups.
    pub fn eq(self, operand: impl IntoOperand<T::Plain>) -> Having<M> {
        self.compare(CompareOp::Eq, operand)
    }
    /// Not equal; unknown where there is no value.
    pub fn ne(self, operand: impl IntoOperand<T::Plain>) -> Having<M> {
        self.compare(CompareOp::Ne, operand)
    }
    /// Less than.
    pub fn lt(self, operand: impl IntoOperand<T::Plain>) -> Having<M> {
        self.compare(CompareOp::Lt, operand)
    }
    /// Less than or equal.
    pub fn le(self, operand: impl IntoOperand<T::Plain>) -> Having<M> {
        self.compare(CompareOp::Le, operand)
    }
    /// Greater than.
    pub fn gt(self, operand: impl IntoOperand<T::Plain>) -> Having<M> {
        self.compare(CompareOp::Gt, operand)
    }
    /// Greater than or equal.
    pub fn ge(self, operand: impl IntoOperand<T::Plain>) -> Having<M> {
        self.compare(CompareOp::Ge, operand)
    }
    /// There is no value.
    #[must_use]
    pub fn is_null(self) -> Having<M> {
        Having::new(self.inner.map(|aggregate| (Predicate::Null { column: 0 }, vec![aggregate])))
    }

    /// Groups with the smallest first; NULL is smallest.
    #[must_use]
    pub fn asc(self) -> GroupOrder<M> {
        GroupOrder::new(self.inner.map(By::Aggregate), false)
    }
    /// Groups with the largest first; NULL is smallest.
    #[must_use]
    pub fn desc(self) -> GroupOrder<M> {
        GroupOrder::new(self.inner.map(By::Aggregate), true)
    }
}

impl<M: Model, T: FieldType> Path<M, T> {
    /// Groups with the smallest first; NULL is smallest.
    #[must_use]
    pub fn asc(self) -> GroupOrder<M> {
        GroupOrder::new(self.inner.map(By::Key), false)
    }
    /// Groups with the largest first; NULL is smallest.
    #[must_use]
    pub fn desc(self) -> GroupOrder<M> {
        GroupOrder::new(self.inner.map(By::Key), true)
    }
}

/// One term of an order of groups: `o.total.sum().desc()`, or a part of the key, `o.status.asc()`.
pub struct GroupOrder<M> {
    by: Result<By, Fault>,
    descending: bool,
    nulls_first: bool,
    _of: PhantomData<fn() -> M>,
}

#[derive(Debug, Clone)]
enum By {
    Key(ColumnPath),
    Aggregate(Aggregate),
}

impl<M> Clone for GroupOrder<M> {
    fn clone(&self) -> Self {
        Self { by: self.by.clone(), _of: PhantomData, ..*self }
    }
}

impl<M> fmt::Debug for GroupOrder<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("GroupOrder")
            .field("by", &self.by)
            .field("descending", &self.descending)
            .field("nulls_first", &self.nulls_first)
            .finish()
    }
}

impl<M> GroupOrder<M> {
    fn new(by: Result<By, Fault>, descending: bool) -> Self {
        Self { by, descending, nulls_first: !descending, _of: PhantomData }
    }

    /// NULL comes first, whichever the direction.
    #[must_use]
    pub fn nulls_first(mut self) -> Self {
        self.nulls_first = true;
        self
    }
    /// NULL comes last, whichever the direction.
    #[must_use]
    pub fn nulls_last(mut self) -> Self {
        self.nulls_first = false;
        self
    }

    fn lower<R: Model>(self, grouping: &mut Grouping) -> Result<Sort> {
        let column = match self.by? {
            By::Aggregate(aggregate) => place_of(grouping, aggregate),
            By::Key(path) => match grouping.keys.iter().position(|key| *key == path) {
                Some(place) => place,
                None => {
                    return Err(Error::Configuration(format!(
                        "groups of `{}` are ordered by `{}`, which is no part of their key: group by it too, \
                         or order by an aggregate of it",
                        R::schema().model,
                        path.field(R::schema()).field
                    )));
                }
            },
        };
        Ok(Sort { column, descending: self.descending, nulls_first: self.nulls_first })
    }
}

impl<M> From<Order<M>> for GroupOrder<M> {
    fn from(order: Order<M>) -> Self {
        let Sort { column, descending, nulls_first } = order.sort;
        Self { by: Ok(By::Key(ColumnPath::own(column))), descending, nulls_first, _of: PhantomData }
    }
}

#[diagnostic::do_not_recommend]
impl<M> OneOrMore<GroupOrder<M>> for GroupOrder<M> {
    fn into_list(self) -> Vec<GroupOrder<M>> {
        vec![self]
    }
}

#[diagnostic::do_not_recommend]
impl<M> OneOrMore<GroupOrder<M>> for Order<M> {
    fn into_list(self) -> Vec<GroupOrder<M>> {
        vec![self.into()]
    }
}
