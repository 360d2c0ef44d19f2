//! Which Rust types can be columns.

use super::{Check, Date, DateTime, Decimal, Kind, Time, Timestamp, ValueRef};

/// A value that doesn't fit where it was to go: what was expected and what was found.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("expected {expected}, found {found}")]
pub struct Mismatch {
    /// What the place takes: "an integer from 0 to 255".
    pub expected: String,
    /// What came: "text \"x\"".
    pub found: String,
}

impl Mismatch {
    /// A mismatch at a column of `kind`.
    #[must_use]
    pub fn new(kind: Kind, found: impl Into<String>) -> Self {
        Self { expected: kind.describe().into_owned(), found: found.into() }
    }
}

/// A Rust type that a column can have.
///
/// Implemented for the integers, floats, `bool`, `String`, `Vec<u8>`, `Option` of these, the types
/// in [`crate::value`] and, behind features, those of the `uuid`, `chrono` and `rust_decimal` crates.
/// Implement it for a newtype by delegating to the inner type.
#[diagnostic::on_unimplemented(
    message = "`{Self}` can't be a column",
    label = "no column type",
    note = "columns are integers, floats, bool, String, Vec<u8>, `Option` of these, and with features \
            `uuid`, `chrono`, `rust_decimal` the types of those crates",
    note = "an enum derives `FieldEnum`; a struct is embedded by `#[field(embed)]` or kept as JSON by `#[field(json)]`",
    note = "a relation is written as `One<T>` or `Many<T>` with `#[belongs_to]`, `#[has_one]`, `#[has_many]` or `#[belongs_to_many]`"
)]
pub trait FieldType: Sized + Send + Sync + 'static {
    /// The type without its `Option`, which operands of comparisons are converted to.
    type Plain: FieldType;
    /// The kind of the column.
    const KIND: Kind;
    /// Whether the column may hold NULL.
    const NULLABLE: bool = false;
    /// The kind of the keys, where the column is a [list of keys](super::Keys).
    const LIST: Option<Kind> = None;
    /// Refuses values of the kind that this type doesn't have, on their way in.
    const CHECK: Option<Check> = None;

    /// The neutral value.
    ///
    /// # Errors
    /// When this value can't be stored: a `u64` above `i64::MAX`, a float that is not finite,
    /// a date outside of the years 1 to 9999.
    fn to_value(&self) -> Result<ValueRef<'_>, Mismatch>;

    /// The value that was stored.
    ///
    /// # Errors
    /// When it is of another kind or out of range.
    fn from_value(value: ValueRef<'_>) -> Result<Self, Mismatch>;

    /// As [`from_value`](Self::from_value), where it stands: to copy a value that was written a moment ago
    /// can take as long as a find by key.
    #[doc(hidden)]
    #[inline(always)]
    fn from_place(value: &ValueRef<'_>) -> Result<Self, Mismatch> {
        Self::from_value(*value)
    }
}

/// What a stored value that isn't of the kind is told as. Apart from the reading of values, which is short
/// and put where it is asked for.
#[cold]
fn misfit(kind: Kind, value: &ValueRef<'_>) -> Mismatch {
    Mismatch::new(kind, value.describe())
}

/// What an integer that can't be stored is told as: only a `u64` is ever too large.
#[cold]
fn beyond(kind: Kind, integer: u64) -> Mismatch {
    Mismatch::new(kind, format!("integer {integer}"))
}

impl<T: FieldType<Plain = T>> FieldType for Option<T> {
    type Plain = T;
    const KIND: Kind = T::KIND;
    const NULLABLE: bool = true;
    const LIST: Option<Kind> = T::LIST;
    const CHECK: Option<Check> = T::CHECK;

    #[inline]
    fn to_value(&self) -> Result<ValueRef<'_>, Mismatch> {
        match self {
            Some(value) => value.to_value(),
            None => Ok(ValueRef::Null),
        }
    }

    #[inline(always)]
    fn from_value(value: ValueRef<'_>) -> Result<Self, Mismatch> {
        Self::from_place(&value)
    }

    #[inline(always)]
    fn from_place(value: &ValueRef<'_>) -> Result<Self, Mismatch> {
        if value.is_null() { Ok(None) } else { T::from_place(value).map(Some) }
    }
}

macro_rules! integers {
    ($($type:ty => $kind:ident),*) => { $(
        impl FieldType for $type {
            type Plain = Self;
            const KIND: Kind = Kind::$kind;

            #[inline(always)]
            fn to_value(&self) -> Result<ValueRef<'_>, Mismatch> {
                match i64::try_from(*self) {
                    Ok(n) => Ok(ValueRef::Int(n)),
                    Err(_) => Err(beyond(Self::KIND, *self as u64)),
                }
            }

            #[inline(always)]
            fn from_value(value: ValueRef<'_>) -> Result<Self, Mismatch> {
                Self::from_place(&value)
            }

            #[inline(always)]
            fn from_place(value: &ValueRef<'_>) -> Result<Self, Mismatch> {
                if let ValueRef::Int(n) = value
                    && let Ok(n) = Self::try_from(*n)
                {
                    return Ok(n);
                }
                Err(misfit(Self::KIND, value))
            }
        }
    )* };
}
integers!(i8 => I8, i16 => I16, i32 => I32, i64 => I64, u8 => U8, u16 => U16, u32 => U32, u64 => U64);

macro_rules! floats {
    ($($type:ty => $kind:ident),*) => { $(
        impl FieldType for $type {
            type Plain = Self;
            const KIND: Kind = Kind::$kind;

            #[inline]
            fn to_value(&self) -> Result<ValueRef<'_>, Mismatch> {
                if self.is_finite() {
                    Ok(ValueRef::Float(f64::from(*self)))
                } else {
                    Err(Mismatch::new(Self::KIND, format!("float {self}")))
                }
            }

            #[inline(always)]
            fn from_value(value: ValueRef<'_>) -> Result<Self, Mismatch> {
                Self::from_place(&value)
            }

            #[inline(always)]
            fn from_place(value: &ValueRef<'_>) -> Result<Self, Mismatch> {
                match value {
                    ValueRef::Float(x) => Ok(*x as $type),
                    ValueRef::Int(n) => Ok(*n as $type),
                    _ => Err(misfit(Self::KIND, value)),
                }
            }
        }
    )* };
}
floats!(f32 => F32, f64 => F64);

/// The types whose value is a variant of [`ValueRef`]; some are only storable within limits.
macro_rules! plain {
    ($($type:ty => $kind:expr, $variant:ident, $storable:expr;)*) => { $(
        impl FieldType for $type {
            type Plain = Self;
            const KIND: Kind = $kind;

            #[inline]
            fn to_value(&self) -> Result<ValueRef<'_>, Mismatch> {
                let storable: fn(&Self) -> bool = $storable;
                if storable(self) {
                    Ok(ValueRef::$variant(*self))
                } else {
                    Err(Mismatch::new(Self::KIND, ValueRef::$variant(*self).describe()))
                }
            }

            #[inline(always)]
            fn from_value(value: ValueRef<'_>) -> Result<Self, Mismatch> {
                Self::from_place(&value)
            }

            #[inline(always)]
            fn from_place(value: &ValueRef<'_>) -> Result<Self, Mismatch> {
                match value {
                    ValueRef::$variant(v) => Ok(*v),
                    _ => Err(misfit(Self::KIND, value)),
                }
            }
        }
    )* };
}
plain! {
    bool => Kind::Bool, Bool, |_| true;
    Date => Kind::Date, Date, |v| v.is_storable();
    Time => Kind::Time, Time, |v| v.is_storable();
    DateTime => Kind::DateTime, DateTime, |v| v.is_storable();
    Timestamp => Kind::Timestamp, Timestamp, |v| v.is_storable();
    Decimal => Kind::Decimal(6), Decimal, |_| true;
}

impl FieldType for String {
    type Plain = Self;
    const KIND: Kind = Kind::Text;

    #[inline]
    fn to_value(&self) -> Result<ValueRef<'_>, Mismatch> {
        Ok(ValueRef::Text(self))
    }

    #[inline(always)]
    fn from_value(value: ValueRef<'_>) -> Result<Self, Mismatch> {
        Self::from_place(&value)
    }

    #[inline(always)]
    fn from_place(value: &ValueRef<'_>) -> Result<Self, Mismatch> {
        match value {
            ValueRef::Text(text) => Ok((*text).to_owned()),
            _ => Err(misfit(Self::KIND, value)),
        }
    }
}

impl FieldType for Vec<u8> {
    type Plain = Self;
    const KIND: Kind = Kind::Bytes;

    #[inline]
    fn to_value(&self) -> Result<ValueRef<'_>, Mismatch> {
        Ok(ValueRef::Bytes(self))
    }

    #[inline(always)]
    fn from_value(value: ValueRef<'_>) -> Result<Self, Mismatch> {
        Self::from_place(&value)
    }

    #[inline(always)]
    fn from_place(value: &ValueRef<'_>) -> Result<Self, Mismatch> {
        match value {
            ValueRef::Bytes(bytes) => Ok(bytes.to_vec()),
            _ => Err(misfit(Self::KIND, value)),
        }
    }
}

#[cfg(feature = "uuid")]
impl FieldType for uuid::Uuid {
    type Plain = Self;
    const KIND: Kind = Kind::Uuid;

    #[inline]
    fn to_value(&self) -> Result<ValueRef<'_>, Mismatch> {
        Ok(ValueRef::Uuid(*self.as_bytes()))
    }

    #[inline]
    fn from_value(value: ValueRef<'_>) -> Result<Self, Mismatch> {
        match value {
            ValueRef::Uuid(bytes) => Ok(uuid::Uuid::from_bytes(bytes)),
            _ => Err(Mismatch::new(Self::KIND, value.describe())),
        }
    }
}

#[cfg(feature = "rust_decimal")]
impl FieldType for rust_decimal::Decimal {
    type Plain = Self;
    const KIND: Kind = Kind::Decimal(6);

    fn to_value(&self) -> Result<ValueRef<'_>, Mismatch> {
        let plain = self.normalize();
        match (i64::try_from(plain.mantissa()), u8::try_from(plain.scale())) {
            (Ok(units), Ok(scale)) if scale <= 18 => Ok(ValueRef::Decimal(Decimal::new(units, scale))),
            _ => Err(Mismatch::new(Self::KIND, format!("decimal {self}"))),
        }
    }

    fn from_value(value: ValueRef<'_>) -> Result<Self, Mismatch> {
        match value {
            ValueRef::Decimal(d) => Ok(rust_decimal::Decimal::new(d.units(), u32::from(d.scale()))),
            _ => Err(Mismatch::new(Self::KIND, value.describe())),
        }
    }
}

#[cfg(feature = "chrono")]
mod chrono_types {
    use super::{Date, DateTime, FieldType, Kind, Mismatch, Time, Timestamp, ValueRef};
    use chrono::{NaiveDate, NaiveDateTime, NaiveTime, Timelike, Utc};

    /// chrono's day 1 of the common era, in days from the Unix epoch.
    const CE: i32 = 719_163;
    /// The nanoseconds of a second; chrono says a leap second by more of them.
    const SECOND: u32 = 1_000_000_000;

    macro_rules! via {
        ($($type:ty => $inner:ident, $out:expr, $back:expr, $leap:expr;)*) => { $(
            impl FieldType for $type {
                type Plain = Self;
                const KIND: Kind = Kind::$inner;

                fn to_value(&self) -> Result<ValueRef<'_>, Mismatch> {
                    let out: fn(&Self) -> $inner = $out;
                    let value = out(self);
                    let leap: fn(&Self) -> bool = $leap;
                    // A leap second would come back as the second after it.
                    if value.is_storable() && !leap(self) {
                        Ok(ValueRef::$inner(value))
                    } else {
                        Err(Mismatch::new(Self::KIND, format!("{self}")))
                    }
                }

                fn from_value(value: ValueRef<'_>) -> Result<Self, Mismatch> {
                    let back: fn($inner) -> Option<Self> = $back;
                    match value {
                        ValueRef::$inner(v) => back(v),
                        _ => None,
                    }
                    .ok_or_else(|| Mismatch::new(Self::KIND, value.describe()))
                }
            }
        )* };
    }
    via! {
        NaiveDate => Date,
            |d| Date::from_days(chrono::Datelike::num_days_from_ce(d) - CE),
            |d| NaiveDate::from_num_days_from_ce_opt(d.days().checked_add(CE)?),
            |_| false;
        NaiveTime => Time,
            |t| Time::from_micros(i64::from(t.num_seconds_from_midnight()) * 1_000_000 + i64::from(t.nanosecond() / 1000)),
            |t| NaiveTime::from_num_seconds_from_midnight_opt(
                u32::try_from(t.micros() / 1_000_000).ok()?,
                u32::try_from(t.micros() % 1_000_000).ok()? * 1000,
            ),
            |t| t.nanosecond() >= SECOND;
        NaiveDateTime => DateTime,
            |t| DateTime::from_micros(t.and_utc().timestamp_micros()),
            |t| chrono::DateTime::from_timestamp_micros(t.micros()).map(|t| t.naive_utc()),
            |t| t.nanosecond() >= SECOND;
        chrono::DateTime<Utc> => Timestamp,
            |t| Timestamp::from_micros(t.timestamp_micros()),
            |t| chrono::DateTime::from_timestamp_micros(t.micros()),
            |t| t.nanosecond() >= SECOND;
    }
}
