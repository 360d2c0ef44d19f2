//! Typed orders and assignments.

use super::filter::Fault;
use crate::model::{Column, Model};
use crate::plan::{Assignment, Sort};
use crate::value::{FieldType, IntoOperand, Value};
use std::fmt;
use std::marker::PhantomData;

/// One term of an order of records of `M`: `u.name.asc()`.
pub struct Order<M> {
    pub(crate) sort: Sort,
    _of: PhantomData<fn() -> M>,
}

impl<M> Clone for Order<M> {
    fn clone(&self) -> Self {
        *self
    }
}
impl<M> Copy for Order<M> {}
impl<M> fmt::Debug for Order<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.sort.fmt(f)
    }
}

impl<M> Order<M> {
    /// NULL comes first, whichever the direction.
    #[must_use]
    pub fn nulls_first(mut self) -> Self {
        self.sort.nulls_first = true;
        self
    }
    /// NULL comes last, whichever the direction.
    #[must_use]
    pub fn nulls_last(mut self) -> Self {
        self.sort.nulls_first = false;
        self
    }
}

impl<M: Model, T: FieldType> Column<M, T> {
    /// The smallest first; NULL is smallest.
    #[must_use]
    pub fn asc(self) -> Order<M> {
        let sort = Sort { column: self.index, descending: false, nulls_first: true };
        Order { sort, _of: PhantomData }
    }
    /// The largest first; NULL is smallest.
    #[must_use]
    pub fn desc(self) -> Order<M> {
        let sort = Sort { column: self.index, descending: true, nulls_first: false };
        Order { sort, _of: PhantomData }
    }

    /// Becomes this value, in an update by query.
    pub fn set(self, value: impl IntoOperand<T>) -> Assign<M> {
        self.assign(value.into_operand(), Assignment::Set)
    }

    fn assign(self, value: Result<Value, crate::value::Mismatch>, how: fn(Value) -> Assignment) -> Assign<M> {
        let field = M::schema().field(self.index);
        let inner = value.and_then(|v| {
            if v.is_null() && !field.nullable {
                return Err(crate::value::Mismatch::new(field.kind, "null"));
            }
            match &field.intake {
                // What is added is no value of the column.
                Some(intake) if matches!(how(Value::Null), Assignment::Set(_)) => {
                    intake.take(field.kind, field.nullable, v.as_ref())
                }
                _ => field.kind.fit_value(v),
            }
        });
        let inner = match inner {
            Ok(value) => Ok((self.index, how(value))),
            Err(mismatch) => Err(Fault::at::<M>(self.index, mismatch)),
        };
        Assign { inner, _of: PhantomData }
    }
}

impl<M: Model, T: FieldType> Column<M, T> {
    /// Becomes its value plus this number, in an update by query. NULL stays NULL; leaving the
    /// column's range is [`Error::Overflow`](crate::Error::Overflow).
    #[allow(
        clippy::should_implement_trait,
        reason = "an assignment, not a sum: `u.age.add(1)` changes the column"
    )]
    pub fn add(self, number: impl IntoOperand<T::Plain>) -> Assign<M>
    where
        T::Plain: Arithmetic,
    {
        self.assign(number.into_operand(), Assignment::Add)
    }
}

/// Column types that can be added to.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no number, so nothing can be added to the column",
    label = "only columns of numbers can be added to"
)]
pub trait Arithmetic {}
macro_rules! arithmetic {
    ($($type:ty),*) => { $(#[diagnostic::do_not_recommend] impl Arithmetic for $type {})* };
}
arithmetic!(i8, i16, i32, i64, u8, u16, u32, u64, f32, f64, crate::value::Decimal);
#[cfg(feature = "rust_decimal")]
arithmetic!(rust_decimal::Decimal);

/// What a column becomes in an update by query: `u.age.add(1)`.
#[derive(Debug)]
pub struct Assign<M> {
    pub(crate) inner: Result<(usize, Assignment), Fault>,
    _of: PhantomData<fn() -> M>,
}

impl<M> Clone for Assign<M> {
    fn clone(&self) -> Self {
        Self { inner: self.inner.clone(), _of: PhantomData }
    }
}

/// One thing or several of them: what closures for `order_by` and `update` may answer.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no `{T}`, and no list of them",
    label = "expected `{T}`, or an array or a `Vec` of it",
    note = "an order is `u.name.asc()` or `u.name.desc()`, an assignment `u.name.set(…)` or `u.age.add(…)`; several are `[a, b]`"
)]
pub trait OneOrMore<T> {
    /// All of them.
    fn into_list(self) -> Vec<T>;
}

#[diagnostic::do_not_recommend]
impl<M> OneOrMore<Order<M>> for Order<M> {
    fn into_list(self) -> Vec<Order<M>> {
        vec![self]
    }
}
#[diagnostic::do_not_recommend]
impl<M> OneOrMore<Assign<M>> for Assign<M> {
    fn into_list(self) -> Vec<Assign<M>> {
        vec![self]
    }
}
#[diagnostic::do_not_recommend]
impl<T, const N: usize> OneOrMore<T> for [T; N] {
    fn into_list(self) -> Vec<T> {
        self.into()
    }
}
#[diagnostic::do_not_recommend]
impl<T> OneOrMore<T> for Vec<T> {
    fn into_list(self) -> Vec<T> {
        self
    }
}
