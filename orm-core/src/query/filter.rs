//! Typed conditions: what `|u| u.age.ge(18)` makes.

use super::guard;
use crate::connections::SameConnection;
use crate::error::{Error, Result};
use crate::model::schema::{EntitySchema, RelationSchema};
use crate::model::{Column, Fields, Model, ToMany, ToOne};
use crate::plan::{CompareOp, Predicate, TextMatch};
use crate::value::{FieldType, IntoOperand, Kind, Mismatch, Value, ValueList};
use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;

/// A condition on records of `M`: a value that can be kept, cloned, sent and combined.
///
/// Logic is SQL's: a comparison with NULL is unknown, `not` keeps unknown, and a query answers the
/// records for which the whole is true.
///
/// ```
/// use orm_core::prelude::*;
/// # #[derive(Model)] struct User { #[key] id: u64, age: i32, name: String }
/// fn adults(u: &Fields<User>) -> Filter<User> {
///     u.age.ge(18)
/// }
/// fn adults_called(u: &Fields<User>, name: &str) -> Filter<User> {
///     adults(u).and(u.name.eq(name))
/// }
/// ```
pub struct Filter<M> {
    pub(crate) inner: Result<Predicate, Fault>,
    _of: PhantomData<fn() -> M>,
}

/// What a closure of a query asked for that can't be; reported when the query runs. Conditions are moved
/// often, and carry the room for it: it is small.
#[derive(Debug, Clone)]
pub(crate) enum Fault {
    /// An operand that can't be compared with its column.
    Operand { model: &'static str, column: &'static str, mismatch: Box<Mismatch> },
    /// A path over a relation that may lead to more than one record.
    Ambiguous { model: &'static str, field: &'static str },
    /// A path over a relation whose records say by a type whose they are.
    Guarded { model: &'static str, field: &'static str },
    /// A value that can't be one of a condition in SQL.
    Sql { place: usize, mismatch: Box<Mismatch> },
    /// All relations to a depth that takes more of them than are loaded.
    TooManyLoads { model: &'static str, depth: u32 },
}

impl Fault {
    pub(super) fn at<M: Model>(column: usize, mismatch: Mismatch) -> Self {
        Self::in_column(M::schema(), column, mismatch)
    }

    #[cold]
    fn in_column(schema: &EntitySchema, column: usize, mismatch: Mismatch) -> Self {
        let mismatch = Box::new(mismatch);
        Self::Operand { model: schema.model, column: schema.field(column).field, mismatch }
    }

    pub(super) fn of(relation: &RelationSchema, mismatch: Mismatch) -> Self {
        Self::Operand { model: relation.model, column: relation.field, mismatch: Box::new(mismatch) }
    }
}

impl From<Fault> for Error {
    fn from(fault: Fault) -> Self {
        match fault {
            Fault::Operand { model, column, mismatch } => {
                Error::Operand { model, column, mismatch: *mismatch }
            }
            Fault::Ambiguous { model, field } => Error::Configuration(format!(
                "`{model}.{field}` may lead to more than one record, so it can't be a path to a column: \
                 make the columns that it finds records by `#[field(unique)]`, or start from the other model"
            )),
            Fault::Sql { place, mismatch } => Error::Sql(format!("value {place}: {mismatch}")),
            Fault::TooManyLoads { model, depth } => Error::Configuration(format!(
                "all relations of `{model}` to a depth of {depth} are more than a query loads, since relations \
                 lead back to models that were met: say a smaller depth, or load those that are needed by `.with(…)`"
            )),
            Fault::Guarded { model, field } => Error::Configuration(format!(
                "`{model}.{field}` is a relation to several models, over which there is no path to a column: \
                 start from the other model"
            )),
        }
    }
}

impl<M> Clone for Filter<M> {
    fn clone(&self) -> Self {
        Self { inner: self.inner.clone(), _of: PhantomData }
    }
}

impl<M> fmt::Debug for Filter<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.inner {
            Ok(predicate) => predicate.fmt(f),
            Err(fault) => fault.fmt(f),
        }
    }
}

impl<M> From<Predicate> for Filter<M> {
    fn from(predicate: Predicate) -> Self {
        Self { inner: Ok(predicate), _of: PhantomData }
    }
}

impl<M: Model> Filter<M> {
    pub(super) fn fault(fault: Fault) -> Self {
        Self { inner: Err(fault), _of: PhantomData }
    }

    /// What [`Filter::sql`] makes of a value that can't be one.
    pub(crate) fn wrong_value(place: usize, mismatch: Mismatch) -> Self {
        Self::fault(Fault::Sql { place, mismatch: Box::new(mismatch) })
    }

    /// A condition that every record meets.
    #[must_use]
    pub fn everything() -> Self {
        Predicate::Constant(true).into()
    }

    /// A condition that no record meets.
    #[must_use]
    pub fn nothing() -> Self {
        Predicate::Constant(false).into()
    }

    /// Both.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        Self { inner: met(self.inner, other.inner), _of: PhantomData }
    }

    /// At least one of the two.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        Self { inner: either(self.inner, other.inner), _of: PhantomData }
    }

    /// The opposite; what was unknown stays unknown. Also as the operator `!`.
    #[must_use]
    #[allow(
        clippy::should_implement_trait,
        reason = "the operator is implemented too; the method reads better in chains"
    )]
    pub fn not(self) -> Self {
        Self { inner: self.inner.map(opposite), _of: PhantomData }
    }

    /// All of these; true when there are none.
    #[must_use]
    pub fn all(filters: impl IntoIterator<Item = Self>) -> Self {
        filters.into_iter().fold(Self::everything(), Self::and)
    }

    /// At least one of these; false when there are none.
    #[must_use]
    pub fn any(filters: impl IntoIterator<Item = Self>) -> Self {
        let inner: Result<Vec<_>, _> = filters.into_iter().map(|f| f.inner).collect();
        match inner {
            Ok(any) => Predicate::Or(any).into(),
            Err(fault) => Self::fault(fault),
        }
    }
}

impl<M: Model> std::ops::Not for Filter<M> {
    type Output = Self;
    fn not(self) -> Self {
        Filter::not(self)
    }
}

/// All of the filters; true when there are none.
#[must_use]
pub fn all<M: Model>(filters: impl IntoIterator<Item = Filter<M>>) -> Filter<M> {
    Filter::all(filters)
}

/// At least one of the filters; false when there are none.
#[must_use]
pub fn any<M: Model>(filters: impl IntoIterator<Item = Filter<M>>) -> Filter<M> {
    Filter::any(filters)
}

impl<M: Model, T: FieldType> Column<M, T> {
    fn compare(self, op: CompareOp, operand: impl IntoOperand<T::Plain>) -> Filter<M> {
        let inner = compared(M::schema, T::KIND, self.index, op, operand.into_operand());
        Filter { inner, _of: PhantomData }
    }

    /// Equal.
    ///
    /// Numbers are compared as numbers, whatever their types: what the column can't hold isn't an error, it
    /// equals none of its values. `u.id.eq(-1)` of an unsigned column finds nothing, and `u.id.gt(-1)` all.
    /// NULL equals nothing, not even NULL: ask for it by [`is_null`](Self::is_null).
    pub fn eq(self, operand: impl IntoOperand<T::Plain>) -> Filter<M> {
        self.compare(CompareOp::Eq, operand)
    }
    /// Not equal; unknown where the column is NULL.
    pub fn ne(self, operand: impl IntoOperand<T::Plain>) -> Filter<M> {
        self.compare(CompareOp::Ne, operand)
    }
    /// Less than.
    pub fn lt(self, operand: impl IntoOperand<T::Plain>) -> Filter<M> {
        self.compare(CompareOp::Lt, operand)
    }
    /// Less than or equal.
    pub fn le(self, operand: impl IntoOperand<T::Plain>) -> Filter<M> {
        self.compare(CompareOp::Le, operand)
    }
    /// Greater than.
    pub fn gt(self, operand: impl IntoOperand<T::Plain>) -> Filter<M> {
        self.compare(CompareOp::Gt, operand)
    }
    /// Greater than or equal.
    pub fn ge(self, operand: impl IntoOperand<T::Plain>) -> Filter<M> {
        self.compare(CompareOp::Ge, operand)
    }

    /// From `low` to `high`, both included.
    pub fn between(self, low: impl IntoOperand<T::Plain>, high: impl IntoOperand<T::Plain>) -> Filter<M> {
        self.ge(low).and(self.le(high))
    }

    /// One of these; false when there are none.
    pub fn in_(self, operands: impl IntoIterator<Item = impl IntoOperand<T::Plain>>) -> Filter<M> {
        let mut values = ValueList::new(M::schema().field(self.index).kind);
        for operand in operands {
            match operand.into_operand() {
                // What doesn't fit the column equals none of its values.
                Ok(value) => drop(values.push(value.as_ref())),
                Err(mismatch) => return Filter::fault(Fault::at::<M>(self.index, mismatch)),
            }
        }
        Predicate::In { column: self.index, values: Arc::new(values) }.into()
    }

    /// None of these; true when there are none, otherwise unknown where the column is NULL.
    pub fn not_in(self, operands: impl IntoIterator<Item = impl IntoOperand<T::Plain>>) -> Filter<M> {
        self.in_(operands).not()
    }

    /// NULL.
    #[must_use]
    pub fn is_null(self) -> Filter<M> {
        Predicate::Null { column: self.index }.into()
    }

    /// Not NULL.
    #[must_use]
    pub fn is_not_null(self) -> Filter<M> {
        self.is_null().not()
    }

    /// Compares with another column of the same record.
    pub fn compare_column<U: FieldType<Plain = T::Plain>>(
        self,
        op: CompareOp,
        other: Column<M, U>,
    ) -> Filter<M> {
        Predicate::Columns { left: self.index, op, right: other.index }.into()
    }

    /// Equal to another column of the same record.
    pub fn eq_column<U: FieldType<Plain = T::Plain>>(self, other: Column<M, U>) -> Filter<M> {
        self.compare_column(CompareOp::Eq, other)
    }
    /// Not equal to another column; unknown where either is NULL.
    pub fn ne_column<U: FieldType<Plain = T::Plain>>(self, other: Column<M, U>) -> Filter<M> {
        self.compare_column(CompareOp::Ne, other)
    }
    /// Less than another column.
    pub fn lt_column<U: FieldType<Plain = T::Plain>>(self, other: Column<M, U>) -> Filter<M> {
        self.compare_column(CompareOp::Lt, other)
    }
    /// Less than another column, or equal to it.
    pub fn le_column<U: FieldType<Plain = T::Plain>>(self, other: Column<M, U>) -> Filter<M> {
        self.compare_column(CompareOp::Le, other)
    }
    /// Greater than another column.
    pub fn gt_column<U: FieldType<Plain = T::Plain>>(self, other: Column<M, U>) -> Filter<M> {
        self.compare_column(CompareOp::Gt, other)
    }
    /// Greater than another column, or equal to it.
    pub fn ge_column<U: FieldType<Plain = T::Plain>>(self, other: Column<M, U>) -> Filter<M> {
        self.compare_column(CompareOp::Ge, other)
    }
}

/// Column types that hold text, which has parts and patterns.
#[diagnostic::on_unimplemented(
    message = "a column of type `{Self}` holds no text, so it has no parts or patterns",
    label = "only columns of text can be asked for patterns and parts"
)]
pub trait Textual {}
impl Textual for String {}

// The bounds are the methods', so that the compiler tells which is not met.
impl<M: Model, T: FieldType> Column<M, T> {
    fn text(self, how: TextMatch, text: &str) -> Filter<M> {
        Predicate::Text { column: self.index, how, text: text.into() }.into()
    }

    /// Matches a pattern: `%` is any run of characters, `_` any one, `\` escapes. Case-sensitive.
    #[must_use]
    pub fn like(self, pattern: &str) -> Filter<M>
    where
        T::Plain: Textual,
    {
        self.text(TextMatch::Like, pattern)
    }
    /// As [`like`](Self::like), where ASCII letters match in either case.
    #[must_use]
    pub fn ilike(self, pattern: &str) -> Filter<M>
    where
        T::Plain: Textual,
    {
        self.text(TextMatch::ILike, pattern)
    }
    /// Contains this text. Case-sensitive.
    #[must_use]
    pub fn contains(self, part: &str) -> Filter<M>
    where
        T::Plain: Textual,
    {
        self.text(TextMatch::Contains, part)
    }
    /// Starts with this text. Case-sensitive.
    #[must_use]
    pub fn starts_with(self, part: &str) -> Filter<M>
    where
        T::Plain: Textual,
    {
        self.text(TextMatch::StartsWith, part)
    }
    /// Ends with this text. Case-sensitive.
    #[must_use]
    pub fn ends_with(self, part: &str) -> Filter<M>
    where
        T::Plain: Textual,
    {
        self.text(TextMatch::EndsWith, part)
    }
}

/// Both conditions.
pub(super) fn met(a: Result<Predicate, Fault>, b: Result<Predicate, Fault>) -> Result<Predicate, Fault> {
    match (a, b) {
        (Ok(a), Ok(b)) => Ok(a.and(b)),
        (Err(fault), _) | (_, Err(fault)) => Err(fault),
    }
}

/// At least one of two conditions.
fn either(a: Result<Predicate, Fault>, b: Result<Predicate, Fault>) -> Result<Predicate, Fault> {
    match (a, b) {
        (Ok(Predicate::Or(mut any)), Ok(b)) => {
            any.push(b);
            Ok(Predicate::Or(any))
        }
        (Ok(a), Ok(b)) => Ok(Predicate::Or(vec![a, b])),
        (Err(fault), _) | (_, Err(fault)) => Err(fault),
    }
}

fn opposite(predicate: Predicate) -> Predicate {
    match predicate {
        Predicate::Not(inner) => *inner,
        predicate => Predicate::Not(Box::new(predicate)),
    }
}

/// A column's comparison.
fn compared(
    schema: fn() -> &'static EntitySchema,
    kind: Kind,
    column: usize,
    op: CompareOp,
    operand: Result<Value, Mismatch>,
) -> Result<Predicate, Fault> {
    if kind == Kind::Json && !matches!(op, CompareOp::Eq | CompareOp::Ne) {
        let expected = "a comparison by `eq` or `ne`, since JSON has no order".to_owned();
        let mismatch = Mismatch { expected, found: format!("{op:?}") };
        return Err(Fault::in_column(schema(), column, mismatch));
    }
    match operand {
        Ok(Value::Null) => Ok(Predicate::Constant(false)),
        Ok(value) => Ok(Predicate::Compare { column, op, value }),
        Err(mismatch) => Err(Fault::in_column(schema(), column, mismatch)),
    }
}

/// A condition on what stands in a relation, if that is `P`.
pub(super) fn pivot_filter<M: Model, P: Model>(
    relation: usize,
    filter: Filter<P>,
) -> Result<Predicate, Fault> {
    super::pivot::check::<P>(&M::schema().relations[relation])?;
    filter.inner
}

/// One more condition on what stands in between.
pub(super) fn both(
    some: Option<Result<Predicate, Fault>>,
    more: Result<Predicate, Fault>,
) -> Result<Predicate, Fault> {
    match some {
        Some(some) => Ok(some?.and(more?)),
        None => more,
    }
}

/// The number of records that `relation` leads to and that meet `filter`, compared.
pub(super) fn related<M: Model, T: Model>(
    relation: usize,
    filter: Filter<T>,
    count: (CompareOp, u64),
) -> Filter<M> {
    tied(relation, filter, None, count)
}

/// As [`related`], where what stands in between meets a condition too.
fn tied<M: Model, T: Model>(
    relation: usize,
    filter: Filter<T>,
    middle: Option<Result<Predicate, Fault>>,
    count: (CompareOp, u64),
) -> Filter<M> {
    let relation: &'static RelationSchema = &M::schema().relations[relation];
    match (filter.inner, middle.transpose()) {
        (Ok(filter), Ok(middle)) => guard::related(relation, filter, middle, count).into(),
        (Err(fault), _) | (_, Err(fault)) => Filter::fault(fault),
    }
}

impl<M: Model, T: Model> ToOne<M, T> {
    /// There is a related record and it meets the condition.
    pub fn is(self, filter: impl FnOnce(&Fields<T>) -> Filter<T>) -> Filter<M>
    where
        T::Connection: SameConnection<M::Connection>,
    {
        related(self.index, filter(T::fields()), (CompareOp::Ge, 1))
    }

    /// There is a related record.
    #[must_use]
    pub fn exists(self) -> Filter<M>
    where
        T::Connection: SameConnection<M::Connection>,
    {
        related(self.index, Filter::<T>::everything(), (CompareOp::Ge, 1))
    }
}

impl<M: Model, T: Model> ToMany<M, T> {
    /// At least one related record meets the condition.
    pub fn any(self, filter: impl FnOnce(&Fields<T>) -> Filter<T>) -> Filter<M>
    where
        T::Connection: SameConnection<M::Connection>,
    {
        related(self.index, filter(T::fields()), (CompareOp::Ge, 1))
    }

    /// No related record meets the condition.
    pub fn none(self, filter: impl FnOnce(&Fields<T>) -> Filter<T>) -> Filter<M>
    where
        T::Connection: SameConnection<M::Connection>,
    {
        related(self.index, filter(T::fields()), (CompareOp::Eq, 0))
    }

    /// Every related record meets the condition; true where there are none.
    pub fn all(self, filter: impl FnOnce(&Fields<T>) -> Filter<T>) -> Filter<M>
    where
        T::Connection: SameConnection<M::Connection>,
    {
        let filter = filter(T::fields());
        let failing = match filter.inner {
            Ok(predicate) => Predicate::NotTrue(Box::new(predicate)).into(),
            Err(fault) => Filter::<T>::fault(fault),
        };
        related(self.index, failing, (CompareOp::Eq, 0))
    }

    /// There is at least one related record.
    #[must_use]
    pub fn exists(self) -> Filter<M>
    where
        T::Connection: SameConnection<M::Connection>,
    {
        related(self.index, Filter::<T>::everything(), (CompareOp::Ge, 1))
    }

    /// The number of related records, to be compared: `u.posts.count().ge(3)`.
    #[must_use]
    pub fn count(self) -> RelatedCount<M, T>
    where
        T::Connection: SameConnection<M::Connection>,
    {
        RelatedCount { relation: self.index, filter: Filter::everything(), middle: None, _of: PhantomData }
    }

    /// At least one related record is tied to this one by a record in between that meets the condition.
    ///
    /// `P` is the pivot, or the model that the relation leads through. For conditions on both there is
    /// `u.roles.count().filter(…).filter_pivot::<P>(…).ge(1)`.
    pub fn any_pivot<P: Model>(self, filter: impl FnOnce(&Fields<P>) -> Filter<P>) -> Filter<M>
    where
        T::Connection: SameConnection<M::Connection>,
    {
        self.count().filter_pivot(filter).ge(1)
    }
}

/// The number of related records, waiting for a comparison.
#[derive(Debug, Clone)]
pub struct RelatedCount<M, T> {
    relation: usize,
    filter: Filter<T>,
    middle: Option<Result<Predicate, Fault>>,
    _of: PhantomData<fn() -> M>,
}

impl<M: Model, T: Model> RelatedCount<M, T> {
    /// Counts only those that are tied by a record in between that meets a condition: one of the pivot,
    /// or of the model that the relation leads through.
    #[must_use]
    pub fn filter_pivot<P: Model>(mut self, filter: impl FnOnce(&Fields<P>) -> Filter<P>) -> Self {
        let filter = pivot_filter::<M, P>(self.relation, filter(P::fields()));
        self.middle = Some(both(self.middle, filter));
        self
    }

    fn compared(self, op: CompareOp, count: u64) -> Filter<M> {
        tied(self.relation, self.filter, self.middle, (op, count))
    }

    /// Counts only those that meet a condition.
    #[must_use]
    pub fn filter(mut self, filter: impl FnOnce(&Fields<T>) -> Filter<T>) -> Self {
        self.filter = self.filter.and(filter(T::fields()));
        self
    }
    /// This many.
    #[must_use]
    pub fn eq(self, count: u64) -> Filter<M> {
        self.compared(CompareOp::Eq, count)
    }
    /// Another number.
    #[must_use]
    pub fn ne(self, count: u64) -> Filter<M> {
        self.compared(CompareOp::Ne, count)
    }
    /// Fewer.
    #[must_use]
    pub fn lt(self, count: u64) -> Filter<M> {
        self.compared(CompareOp::Lt, count)
    }
    /// At most this many.
    #[must_use]
    pub fn le(self, count: u64) -> Filter<M> {
        self.compared(CompareOp::Le, count)
    }
    /// More.
    #[must_use]
    pub fn gt(self, count: u64) -> Filter<M> {
        self.compared(CompareOp::Gt, count)
    }
    /// At least this many.
    #[must_use]
    pub fn ge(self, count: u64) -> Filter<M> {
        self.compared(CompareOp::Ge, count)
    }
}
