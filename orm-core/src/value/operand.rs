//! What may be compared with a column and what may be a key: conversions of our own, so that plain
//! literals work for every width (`Into<u64>` would refuse `find(1)`).

use super::{FieldType, Mismatch, Value, ValueRef};

/// Something that can be compared with a column of type `T`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no value for a column of type `{T}`",
    label = "expected something that reads as `{T}`",
    note = "in a condition, NULL is `.is_null()`, and an `Option` is unwrapped or given to `.filter_opt(…)`; a \
            column of decimals takes integers and decimals, but no floats"
)]
pub trait IntoOperand<T> {
    /// The value to compare with.
    ///
    /// # Errors
    /// When no storable value of the column's type is meant.
    fn into_operand(self) -> Result<Value, Mismatch>;
}

/// The integers; any of them compares with any integer column.
pub trait Integer: FieldType {}

macro_rules! integers {
    ($($type:ty),*) => { $(impl Integer for $type {})* };
}
integers!(i8, i16, i32, i64, u8, u16, u32, u64);

#[diagnostic::do_not_recommend]
impl<T: Integer, S: Integer> IntoOperand<T> for S {
    #[inline(always)]
    fn into_operand(self) -> Result<Value, Mismatch> {
        match self.to_value()? {
            ValueRef::Int(n) => Ok(Value::Int(n)),
            other => Ok(other.to_value()),
        }
    }
}
#[diagnostic::do_not_recommend]
impl<T: Integer, S: Integer> IntoOperand<Option<T>> for S {
    fn into_operand(self) -> Result<Value, Mismatch> {
        IntoOperand::<T>::into_operand(self)
    }
}

/// `None` is NULL, for columns that may be NULL.
#[diagnostic::do_not_recommend]
impl<T: FieldType<Plain = T>, S: IntoOperand<T>> IntoOperand<Option<T>> for Option<S> {
    fn into_operand(self) -> Result<Value, Mismatch> {
        self.map_or(Ok(Value::Null), S::into_operand)
    }
}

/// What may be given to a column may be given to one of its type that may be NULL.
macro_rules! nullable {
    ($column:ty: $($operand:ty),*) => { $(
        #[diagnostic::do_not_recommend]
        impl IntoOperand<Option<$column>> for $operand {
            fn into_operand(self) -> Result<Value, Mismatch> {
                IntoOperand::<$column>::into_operand(self)
            }
        }
    )* };
}

macro_rules! float_operands {
    ($($column:ty: $($operand:ty),*;)*) => { $(nullable!($column: $($operand),*); $(
        #[diagnostic::do_not_recommend]
        impl IntoOperand<$column> for $operand {
            fn into_operand(self) -> Result<Value, Mismatch> {
                // Rounded as the column is, so that a literal finds what was written with it.
                Ok(Value::Float(match self.to_value()? {
                    ValueRef::Int(n) => f64::from(n as $column),
                    ValueRef::Float(x) => f64::from(x as $column),
                    other => return Err(Mismatch::new(<$column>::KIND, other.describe())),
                }))
            }
        }
    )*)* };
}
float_operands! {
    f32: f32, f64, i8, i16, i32, i64, u8, u16, u32, u64;
    f64: f32, f64, i8, i16, i32, i64, u8, u16, u32, u64;
}

/// Types that only compare with themselves.
macro_rules! same {
    ($($type:ty),* $(,)?) => { $(
        nullable!($type: $type, &$type);
        #[diagnostic::do_not_recommend]
        impl IntoOperand<$type> for $type {
            fn into_operand(self) -> Result<Value, Mismatch> {
                self.to_value().map(ValueRef::to_value)
            }
        }
        #[diagnostic::do_not_recommend]
        impl IntoOperand<$type> for &$type {
            fn into_operand(self) -> Result<Value, Mismatch> {
                self.to_value().map(ValueRef::to_value)
            }
        }
    )* };
}
same!(bool, String, Vec<u8>, super::Date, super::Time, super::DateTime, super::Timestamp, super::Decimal);
#[cfg(feature = "uuid")]
same!(uuid::Uuid);
#[cfg(feature = "rust_decimal")]
same!(rust_decimal::Decimal);
#[cfg(feature = "chrono")]
same!(chrono::NaiveDate, chrono::NaiveTime, chrono::NaiveDateTime, chrono::DateTime<chrono::Utc>);

macro_rules! decimal_operands {
    ($column:ty: $($operand:ty),*) => { nullable!($column: $($operand),*); $(
        #[diagnostic::do_not_recommend]
        impl IntoOperand<$column> for $operand {
            fn into_operand(self) -> Result<Value, Mismatch> {
                Ok(Value::Decimal(super::Decimal::new(i64::from(self), 0)))
            }
        }
    )* };
}
decimal_operands!(super::Decimal: i8, i16, i32, i64, u8, u16, u32);
#[cfg(feature = "rust_decimal")]
decimal_operands!(rust_decimal::Decimal: i8, i16, i32, i64, u8, u16, u32);

nullable!(String: &str);
nullable!(Vec<u8>: &[u8]);
#[diagnostic::do_not_recommend]
impl IntoOperand<String> for &str {
    fn into_operand(self) -> Result<Value, Mismatch> {
        Ok(Value::Text(self.into()))
    }
}
#[diagnostic::do_not_recommend]
impl IntoOperand<Vec<u8>> for &[u8] {
    fn into_operand(self) -> Result<Value, Mismatch> {
        Ok(Value::Bytes(self.into()))
    }
}

/// The values of a key: one, or several for a composite key, in the order of the key's fields.
#[derive(Debug, Clone, PartialEq)]
pub struct KeyValues {
    first: Value,
    rest: Box<[Value]>,
}

impl KeyValues {
    /// A key of one column.
    #[must_use]
    #[inline]
    pub fn one(value: Value) -> Self {
        Self { first: value, rest: Box::default() }
    }

    /// A key of several columns; NULL (which is no key) when `values` is empty.
    #[must_use]
    pub fn many(values: Vec<Value>) -> Self {
        let mut values = values.into_iter();
        let first = values.next().unwrap_or(Value::Null);
        Self { first, rest: values.collect() }
    }

    /// The number of columns.
    #[must_use]
    pub fn width(&self) -> usize {
        1 + self.rest.len()
    }

    /// The value of the key's column `at`; NULL beyond the last.
    #[must_use]
    #[inline]
    pub fn get(&self, at: usize) -> ValueRef<'_> {
        match at {
            0 => self.first.as_ref(),
            _ => self.rest.get(at - 1).map_or(ValueRef::Null, Value::as_ref),
        }
    }

    /// The values in order.
    pub fn iter(&self) -> impl Iterator<Item = ValueRef<'_>> {
        (0..self.width()).map(|i| self.get(i))
    }
}

/// Something that names a record whose key is `K`.
///
/// An `Option` is no key: looking for nothing is a mistake that should be noticed.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no key of this model, whose key is `{K}`",
    label = "expected a key that reads as `{K}`",
    note = "a composite key is a tuple in the order of the `#[key]` fields; an `Option` must be unwrapped first"
)]
pub trait IntoKey<K> {
    /// The values of the key.
    ///
    /// # Errors
    /// When a part can't be stored.
    fn into_key(self) -> Result<KeyValues, Mismatch>;
}

#[diagnostic::do_not_recommend]
impl<K: FieldType, S: IntoOperand<K>> IntoKey<K> for S {
    #[inline(always)]
    fn into_key(self) -> Result<KeyValues, Mismatch> {
        self.into_operand().map(KeyValues::one)
    }
}

/// The type of a model's key: a field type, or a tuple of two to four of them.
pub trait KeyType: Sized + Send + Sync + 'static {
    /// Reads the key from its columns, which `column` answers by their place in the key.
    ///
    /// # Errors
    /// When a stored value doesn't fit.
    fn read<'a>(column: &mut dyn FnMut(usize) -> ValueRef<'a>) -> Result<Self, Mismatch>;
}

impl<T: FieldType> KeyType for T {
    fn read<'a>(column: &mut dyn FnMut(usize) -> ValueRef<'a>) -> Result<Self, Mismatch> {
        T::from_value(column(0))
    }
}

macro_rules! tuples {
    ($(($($key:ident $given:ident $at:tt),*))*) => { $(
        impl<$($key: FieldType),*, $($given: IntoOperand<$key>),*> IntoKey<($($key,)*)> for ($($given,)*) {
            fn into_key(self) -> Result<KeyValues, Mismatch> {
                Ok(KeyValues::many(vec![$(self.$at.into_operand()?),*]))
            }
        }
        impl<$($key: FieldType),*> KeyType for ($($key,)*) {
            fn read<'a>(column: &mut dyn FnMut(usize) -> ValueRef<'a>) -> Result<Self, Mismatch> {
                Ok(($($key::from_value(column($at))?,)*))
            }
        }
    )* };
}
tuples! {
    (A X 0, B Y 1)
    (A X 0, B Y 1, C Z 2)
    (A X 0, B Y 1, C Z 2, D W 3)
}
