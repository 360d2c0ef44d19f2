//! The neutral values that travel between models, the core and providers.
//!
//! Every field type is converted to one of a few neutral forms, so that a provider never has to
//! know which crate a user takes for dates or decimals. [`ValueRef`] borrows, [`Value`] owns.

mod cast;
mod cells;
mod decimal;
mod field_type;
mod intake;
mod json;
pub mod keys;
mod kind_name;
mod operand;
mod temporal;
mod wide;

pub use cells::{Cell, Cells, ValueList};
pub use decimal::{Decimal, DecimalError};
pub use field_type::{FieldType, Mismatch};
pub use intake::{Check, Intake};
#[cfg(feature = "json")]
pub(crate) use json::{DEEPEST, canonical};
#[cfg(feature = "json")]
pub use json::{Json, JsonContent};
pub use json::{JsonRef, JsonText};
pub use keys::Keys;
pub use kind_name::UnknownKind;
pub use operand::{IntoKey, IntoOperand, KeyType, KeyValues};
pub use temporal::{Date, DateTime, TemporalError, Time, Timestamp};
pub use wide::Wide;
pub(crate) use wide::parse as parse_wide;

use std::borrow::Cow;
use std::cmp::Ordering;
use std::fmt;

/// The type of a column, as precise as a provider needs it to choose a storage.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Kind {
    /// `true` or `false`.
    Bool,
    /// A signed integer of 8 bits.
    I8,
    /// A signed integer of 16 bits.
    I16,
    /// A signed integer of 32 bits.
    I32,
    /// A signed integer of 64 bits.
    I64,
    /// An unsigned integer of 8 bits.
    U8,
    /// An unsigned integer of 16 bits.
    U16,
    /// An unsigned integer of 32 bits.
    U32,
    /// An unsigned integer of 64 bits, of which 63 are storable: values above `i64::MAX` are refused.
    U64,
    /// A float of 32 bits.
    F32,
    /// A float of 64 bits.
    F64,
    /// UTF-8 text.
    Text,
    /// Bytes.
    Bytes,
    /// A UUID, as its 16 bytes.
    Uuid,
    /// A day of the proleptic Gregorian calendar.
    Date,
    /// A time of day, in microseconds.
    Time,
    /// A day and a time without a time zone, in microseconds.
    DateTime,
    /// An instant, in microseconds since 1970-01-01T00:00:00Z.
    Timestamp,
    /// An exact decimal of up to 18 digits, of which this many are after the point.
    Decimal(u8),
    /// An unsigned integer of 64 bits, all of which are storable: its values are text of 20 digits.
    Wide,
    /// JSON, whose values are canonical text: without spaces, the members of objects ordered by name.
    Json,
}

/// How the cells of a [`Kind`] are held in columns: see [`Cells`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Class {
    /// Everything that fits into 64 signed bits: integers, bool, dates, times, decimals (units of 10⁻ˢᶜᵃˡᵉ).
    Int,
    /// Floats.
    Float,
    /// Text.
    Text,
    /// Bytes.
    Bytes,
    /// UUIDs.
    Uuid,
}

impl Kind {
    /// The class of storage this kind is held in.
    #[must_use]
    pub const fn class(self) -> Class {
        match self {
            Kind::F32 | Kind::F64 => Class::Float,
            Kind::Text | Kind::Json | Kind::Wide => Class::Text,
            Kind::Bytes => Class::Bytes,
            Kind::Uuid => Class::Uuid,
            _ => Class::Int,
        }
    }

    /// The smallest and the largest integer of an integer kind; `None` for all other kinds.
    #[must_use]
    pub const fn integer_range(self) -> Option<(i64, i64)> {
        Some(match self {
            Kind::I8 => (i8::MIN as i64, i8::MAX as i64),
            Kind::I16 => (i16::MIN as i64, i16::MAX as i64),
            Kind::I32 => (i32::MIN as i64, i32::MAX as i64),
            Kind::I64 => (i64::MIN, i64::MAX),
            Kind::U8 => (0, u8::MAX as i64),
            Kind::U16 => (0, u16::MAX as i64),
            Kind::U32 => (0, u32::MAX as i64),
            Kind::U64 => (0, i64::MAX),
            _ => return None,
        })
    }

    /// Whether two columns of these kinds can refer to each other: any integer to any integer,
    /// otherwise only like to like.
    #[must_use]
    pub const fn refers_to(self, other: Kind) -> bool {
        if self.integer_range().is_some() && other.integer_range().is_some() {
            return true;
        }
        match (self, other) {
            (Kind::Decimal(a), Kind::Decimal(b)) => a == b,
            (Kind::Bool, Kind::Bool)
            | (Kind::Text, Kind::Text)
            | (Kind::Bytes, Kind::Bytes)
            | (Kind::Uuid, Kind::Uuid)
            | (Kind::Date, Kind::Date)
            | (Kind::Time, Kind::Time)
            | (Kind::DateTime, Kind::DateTime)
            | (Kind::Timestamp, Kind::Timestamp)
            | (Kind::Wide, Kind::Wide) => true,
            _ => false,
        }
    }

    /// The value of this kind that is held as `raw` in a column of class [`Class::Int`].
    ///
    /// The inverse of [`ValueRef::as_raw_int`]. Kinds of another class answer [`ValueRef::Int`].
    #[must_use]
    #[inline]
    pub fn int_value(self, raw: i64) -> ValueRef<'static> {
        match self {
            Kind::Bool => ValueRef::Bool(raw != 0),
            Kind::Date => ValueRef::Date(Date::from_days(raw as i32)),
            Kind::Time => ValueRef::Time(Time::from_micros(raw)),
            Kind::DateTime => ValueRef::DateTime(DateTime::from_micros(raw)),
            Kind::Timestamp => ValueRef::Timestamp(Timestamp::from_micros(raw)),
            Kind::Decimal(scale) => ValueRef::Decimal(Decimal::new(raw, scale)),
            _ => ValueRef::Int(raw),
        }
    }

    /// What a person calls this kind, for messages: "an integer from 0 to 255".
    #[must_use]
    pub fn describe(self) -> Cow<'static, str> {
        if let Some((low, high)) = self.integer_range() {
            return Cow::Owned(format!("an integer from {low} to {high}"));
        }
        Cow::Borrowed(match self {
            Kind::Bool => "a bool",
            Kind::F32 => "a finite 32-bit float",
            Kind::F64 => "a finite 64-bit float",
            Kind::Text => "text",
            Kind::Json => "JSON",
            Kind::Wide => "an integer from 0 to 18446744073709551615",
            Kind::Bytes => "bytes",
            Kind::Uuid => "a UUID",
            Kind::Date => "a date (YYYY-MM-DD)",
            Kind::Time => "a time (HH:MM:SS)",
            Kind::DateTime => "a date and time (YYYY-MM-DDTHH:MM:SS)",
            Kind::Timestamp => "an instant (YYYY-MM-DDTHH:MM:SSZ)",
            Kind::Decimal(scale) => {
                return Cow::Owned(format!(
                    "a decimal of at most 18 digits, {scale} of them after the point"
                ));
            }
            _ => "an integer",
        })
    }

    /// Checks that `value` fits a column of this kind and brings it to the column's form
    /// (an integer may fill a float or a decimal; a decimal takes the column's scale).
    ///
    /// # Errors
    /// [`Mismatch`] with what was expected and what was found.
    #[inline]
    pub fn fit(self, value: ValueRef<'_>) -> Result<ValueRef<'_>, Mismatch> {
        // Text and integers are most of what is saved, and a bulk load asks for every cell.
        match value {
            ValueRef::Text(_) if matches!(self, Kind::Text) => return Ok(value),
            ValueRef::Int(n) => {
                if let Some((low, high)) = self.integer_range()
                    && low <= n
                    && n <= high
                {
                    return Ok(value);
                }
            }
            _ => {}
        }
        self.fit_any(value)
    }

    /// The same for a value that is owned.
    pub(crate) fn fit_value(self, value: Value) -> Result<Value, Mismatch> {
        let other = match self.fit(value.as_ref())? {
            // Text and bytes are taken as they are, or not at all.
            ValueRef::Text(_) | ValueRef::Bytes(_) => None,
            other => Some(other.to_value()),
        };
        Ok(other.unwrap_or(value))
    }

    fn fit_any(self, value: ValueRef<'_>) -> Result<ValueRef<'_>, Mismatch> {
        let fitting = match (self, value) {
            (_, ValueRef::Null) => Some(value),
            (Kind::F64, ValueRef::Int(n)) => Some(ValueRef::Float(n as f64)),
            // What an `f32` field can't hold would not be found again by what it reads as.
            (Kind::F32, ValueRef::Int(n)) => Some(ValueRef::Float(f64::from(n as f32))),
            // The sum of -0.0 and 0.0 is 0.0.
            (Kind::F64, ValueRef::Float(x)) => x.is_finite().then_some(ValueRef::Float(x + 0.0)),
            (Kind::F32, ValueRef::Float(x)) => {
                let x = x as f32;
                x.is_finite().then_some(ValueRef::Float(f64::from(x) + 0.0))
            }
            (Kind::Decimal(scale), ValueRef::Decimal(d)) => d.rescale(scale).ok().map(ValueRef::Decimal),
            (Kind::Decimal(scale), ValueRef::Int(n)) => {
                Decimal::new(n, 0).rescale(scale).ok().map(ValueRef::Decimal)
            }
            (Kind::Wide, ValueRef::Text(text)) => parse_wide(text).map(|_| value),
            (Kind::Bool, ValueRef::Bool(_))
            | (Kind::Text | Kind::Json, ValueRef::Text(_))
            | (Kind::Bytes, ValueRef::Bytes(_))
            | (Kind::Uuid, ValueRef::Uuid(_)) => Some(value),
            (Kind::Date, ValueRef::Date(v)) => v.is_storable().then_some(value),
            (Kind::Time, ValueRef::Time(v)) => v.is_storable().then_some(value),
            (Kind::DateTime, ValueRef::DateTime(v)) => v.is_storable().then_some(value),
            (Kind::Timestamp, ValueRef::Timestamp(v)) => v.is_storable().then_some(value),
            (kind, ValueRef::Int(n)) => match kind.integer_range() {
                Some((low, high)) if low <= n && n <= high => Some(value),
                _ => None,
            },
            _ => None,
        };
        fitting.ok_or_else(|| Mismatch::new(self, value.describe()))
    }
}

/// A borrowed value.
#[derive(Clone, Copy, PartialEq)]
pub enum ValueRef<'a> {
    /// SQL's NULL.
    Null,
    /// A bool.
    Bool(bool),
    /// An integer of any width.
    Int(i64),
    /// A finite float.
    Float(f64),
    /// Text.
    Text(&'a str),
    /// Bytes.
    Bytes(&'a [u8]),
    /// The 16 bytes of a UUID.
    Uuid([u8; 16]),
    /// A date.
    Date(Date),
    /// A time of day.
    Time(Time),
    /// A date and time without a zone.
    DateTime(DateTime),
    /// An instant.
    Timestamp(Timestamp),
    /// A decimal.
    Decimal(Decimal),
    /// JSON that isn't text yet. It becomes [`ValueRef::Text`] when it is written into a batch or owned,
    /// so providers never meet it.
    Json(JsonRef<'a>),
    /// A number of a column of [`Kind::Wide`] that isn't text yet; as with JSON, providers never meet it.
    Wide(u64),
}

/// An owned value.
#[derive(Clone, PartialEq)]
pub enum Value {
    /// SQL's NULL.
    Null,
    /// A bool.
    Bool(bool),
    /// An integer of any width.
    Int(i64),
    /// A finite float.
    Float(f64),
    /// Text.
    Text(Box<str>),
    /// Bytes.
    Bytes(Box<[u8]>),
    /// The 16 bytes of a UUID.
    Uuid([u8; 16]),
    /// A date.
    Date(Date),
    /// A time of day.
    Time(Time),
    /// A date and time without a zone.
    DateTime(DateTime),
    /// An instant.
    Timestamp(Timestamp),
    /// A decimal.
    Decimal(Decimal),
}

impl Value {
    /// The same value, borrowed.
    #[must_use]
    #[inline]
    pub fn as_ref(&self) -> ValueRef<'_> {
        match self {
            Value::Null => ValueRef::Null,
            Value::Bool(v) => ValueRef::Bool(*v),
            Value::Int(v) => ValueRef::Int(*v),
            Value::Float(v) => ValueRef::Float(*v),
            Value::Text(v) => ValueRef::Text(v),
            Value::Bytes(v) => ValueRef::Bytes(v),
            Value::Uuid(v) => ValueRef::Uuid(*v),
            Value::Date(v) => ValueRef::Date(*v),
            Value::Time(v) => ValueRef::Time(*v),
            Value::DateTime(v) => ValueRef::DateTime(*v),
            Value::Timestamp(v) => ValueRef::Timestamp(*v),
            Value::Decimal(v) => ValueRef::Decimal(*v),
        }
    }

    /// Whether this is NULL.
    #[must_use]
    pub fn is_null(&self) -> bool {
        matches!(self, Value::Null)
    }
}

impl<'a> ValueRef<'a> {
    /// The same value, owned.
    #[must_use]
    pub fn to_value(self) -> Value {
        match self {
            ValueRef::Null => Value::Null,
            ValueRef::Bool(v) => Value::Bool(v),
            ValueRef::Int(v) => Value::Int(v),
            ValueRef::Float(v) => Value::Float(v),
            ValueRef::Text(v) => Value::Text(v.into()),
            ValueRef::Bytes(v) => Value::Bytes(v.into()),
            ValueRef::Uuid(v) => Value::Uuid(v),
            ValueRef::Date(v) => Value::Date(v),
            ValueRef::Time(v) => Value::Time(v),
            ValueRef::DateTime(v) => Value::DateTime(v),
            ValueRef::Timestamp(v) => Value::Timestamp(v),
            ValueRef::Decimal(v) => Value::Decimal(v),
            ValueRef::Wide(v) => Value::Text(wide::digits(v).into()),
            // What has no JSON form is told when it is written into a batch.
            ValueRef::Json(v) => v.text().map_or(Value::Null, |text| Value::Text(text.into())),
        }
    }

    /// Whether this is NULL.
    #[must_use]
    #[inline]
    pub fn is_null(self) -> bool {
        matches!(self, ValueRef::Null)
    }

    /// The 64 bits by which a column of [`Class::Int`] holds this value; `None` for other classes
    /// and for NULL. Decimals answer their units, so bring them to the column's scale first.
    #[must_use]
    #[inline]
    pub fn as_raw_int(self) -> Option<i64> {
        Some(match self {
            ValueRef::Int(v) => v,
            ValueRef::Bool(v) => i64::from(v),
            ValueRef::Date(v) => i64::from(v.days()),
            ValueRef::Time(v) => v.micros(),
            ValueRef::DateTime(v) => v.micros(),
            ValueRef::Timestamp(v) => v.micros(),
            ValueRef::Decimal(v) => v.units(),
            _ => return None,
        })
    }

    /// Compares as SQL does: `None` ("unknown") when either side is NULL or the types don't
    /// compare. Text compares by code point, bytes and UUIDs by byte.
    #[must_use]
    #[inline]
    pub fn compare(self, other: ValueRef<'_>) -> Option<Ordering> {
        use ValueRef as V;
        match (self, other) {
            (V::Int(a), V::Int(b)) => Some(a.cmp(&b)),
            (V::Text(a), V::Text(b)) => Some(a.as_bytes().cmp(b.as_bytes())),
            (V::Bool(a), V::Bool(b)) => Some(a.cmp(&b)),
            (V::Float(a), V::Float(b)) => a.partial_cmp(&b),
            (V::Int(a), V::Float(b)) => (a as f64).partial_cmp(&b),
            (V::Float(a), V::Int(b)) => a.partial_cmp(&(b as f64)),
            (V::Bytes(a), V::Bytes(b)) => Some(a.cmp(b)),
            (V::Uuid(a), V::Uuid(b)) => Some(a.cmp(&b)),
            (V::Date(a), V::Date(b)) => Some(a.cmp(&b)),
            (V::Time(a), V::Time(b)) => Some(a.cmp(&b)),
            (V::DateTime(a), V::DateTime(b)) => Some(a.cmp(&b)),
            (V::Timestamp(a), V::Timestamp(b)) => Some(a.cmp(&b)),
            (V::Decimal(a), V::Decimal(b)) => Some(a.cmp(&b)),
            (V::Decimal(a), V::Int(b)) => Some(a.cmp(&Decimal::new(b, 0))),
            (V::Int(a), V::Decimal(b)) => Some(Decimal::new(a, 0).cmp(&b)),
            _ => None,
        }
    }

    /// The order that `order_by` ascending gives: NULL is smallest and equal to NULL.
    #[must_use]
    pub fn sort_order(self, other: ValueRef<'_>) -> Ordering {
        match (self.is_null(), other.is_null()) {
            (true, true) => Ordering::Equal,
            (true, false) => Ordering::Less,
            (false, true) => Ordering::Greater,
            (false, false) => self.compare(other).unwrap_or(Ordering::Equal),
        }
    }

    /// What a person calls this value, for messages; long text is cut.
    #[must_use]
    pub fn describe(self) -> String {
        fn short(text: &str) -> String {
            match text.char_indices().nth(40) {
                Some((end, _)) => format!("\"{}…\"", &text[..end]),
                None => format!("\"{text}\""),
            }
        }
        match self {
            ValueRef::Null => "null".to_owned(),
            ValueRef::Bool(v) => format!("bool {v}"),
            ValueRef::Int(v) => format!("integer {v}"),
            ValueRef::Float(v) => format!("float {v}"),
            ValueRef::Text(v) => format!("text {}", short(v)),
            ValueRef::Bytes(v) => format!("{} bytes", v.len()),
            ValueRef::Uuid(_) => "a UUID".to_owned(),
            ValueRef::Date(v) => format!("date {v}"),
            ValueRef::Time(v) => format!("time {v}"),
            ValueRef::DateTime(v) => format!("date and time {v}"),
            ValueRef::Timestamp(v) => format!("instant {v}"),
            ValueRef::Decimal(v) => format!("decimal {v}"),
            ValueRef::Json(_) => "JSON".to_owned(),
            ValueRef::Wide(v) => format!("integer {v}"),
        }
    }
}

impl ValueRef<'_> {
    /// The value as messages show it, without its type; long text is cut.
    pub(crate) fn shown(self) -> String {
        match self {
            ValueRef::Text(text) => match text.char_indices().nth(40) {
                // Cut before it is written, so that nothing of it ends a line or a quotation.
                Some((end, _)) => format!("{:?}…", &text[..end]),
                None => format!("{text:?}"),
            },
            other => format!("{other:?}"),
        }
    }
}

impl fmt::Debug for ValueRef<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ValueRef::Null => f.write_str("null"),
            ValueRef::Bool(v) => write!(f, "{v}"),
            ValueRef::Int(v) => write!(f, "{v}"),
            ValueRef::Float(v) => write!(f, "{v:?}"),
            ValueRef::Text(v) => write!(f, "{v:?}"),
            ValueRef::Bytes(v) => write!(f, "<{} bytes>", v.len()),
            ValueRef::Uuid(v) => write_uuid(f, v),
            ValueRef::Date(v) => write!(f, "{v}"),
            ValueRef::Time(v) => write!(f, "{v}"),
            ValueRef::DateTime(v) => write!(f, "{v}"),
            ValueRef::Timestamp(v) => write!(f, "{v}"),
            ValueRef::Decimal(v) => write!(f, "{v}"),
            ValueRef::Json(v) => write!(f, "{v:?}"),
            ValueRef::Wide(v) => write!(f, "{v}"),
        }
    }
}

impl fmt::Debug for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.as_ref().fmt(f)
    }
}

fn write_uuid(f: &mut fmt::Formatter<'_>, bytes: &[u8; 16]) -> fmt::Result {
    for (i, byte) in bytes.iter().enumerate() {
        if matches!(i, 4 | 6 | 8 | 10) {
            f.write_str("-")?;
        }
        write!(f, "{byte:02x}")?;
    }
    Ok(())
}
