//! Rows as they come from the engine.

use crate::numeric;
use crate::text;
use crate::values::{EPOCH_DAYS, EPOCH_MICROS};
use orm_core::provider::Row;
use orm_core::value::{Date, DateTime, Kind, Time, Timestamp, ValueRef};
use std::cell::OnceCell;
use std::error::Error;
use tokio_postgres::types::{FromSql, Type};

/// A row of the engine, whose columns are of known kinds.
pub(crate) struct EngineRow<'r> {
    pub(crate) row: &'r tokio_postgres::Row,
    pub(crate) kinds: &'r [Kind],
    /// Texts that are stored otherwise than they were meant, column by column; most rows have none.
    meant: OnceCell<Box<[OnceCell<String>]>>,
}

impl<'r> EngineRow<'r> {
    pub(crate) fn new(row: &'r tokio_postgres::Row, kinds: &'r [Kind]) -> Self {
        Self { row, kinds, meant: OnceCell::new() }
    }

    fn text<'s>(&'s self, column: usize, bytes: &'s [u8]) -> ValueRef<'s> {
        let Ok(stored) = std::str::from_utf8(bytes) else {
            return ValueRef::Bytes(bytes);
        };
        if text::is_plain(stored) {
            return ValueRef::Text(stored);
        }
        let all = self.meant.get_or_init(|| (0..self.kinds.len()).map(|_| OnceCell::new()).collect());
        ValueRef::Text(match all.get(column) {
            Some(one) => one.get_or_init(|| text::meant(stored)),
            None => stored,
        })
    }
}

impl Row for EngineRow<'_> {
    #[inline]
    fn value(&self, column: usize) -> ValueRef<'_> {
        let Some(&kind) = self.kinds.get(column) else {
            return ValueRef::Null;
        };
        match self.row.try_get::<_, Option<Raw<'_>>>(column) {
            Ok(Some(Raw { ty: Form::Text, bytes })) => self.text(column, bytes),
            Ok(Some(raw)) => raw.value(kind),
            Ok(None) | Err(_) => ValueRef::Null,
        }
    }
}

/// A cell in the engine's binary form.
struct Raw<'a> {
    ty: Form,
    bytes: &'a [u8],
}

/// What the bytes are.
#[derive(Clone, Copy)]
enum Form {
    Bool,
    Int,
    Float,
    Text,
    Uuid,
    Date,
    Time,
    DateTime,
    Timestamp,
    Numeric,
    Other,
}

impl<'a> FromSql<'a> for Raw<'a> {
    #[inline]
    fn from_sql(ty: &Type, bytes: &'a [u8]) -> Result<Self, Box<dyn Error + Sync + Send>> {
        let ty = match *ty {
            Type::INT8 | Type::INT4 | Type::INT2 => Form::Int,
            Type::TEXT | Type::VARCHAR | Type::BPCHAR | Type::NAME => Form::Text,
            Type::BOOL => Form::Bool,
            Type::FLOAT8 | Type::FLOAT4 => Form::Float,
            Type::UUID => Form::Uuid,
            Type::DATE => Form::Date,
            Type::TIME => Form::Time,
            Type::TIMESTAMP => Form::DateTime,
            Type::TIMESTAMPTZ => Form::Timestamp,
            Type::NUMERIC => Form::Numeric,
            _ => Form::Other,
        };
        Ok(Self { ty, bytes })
    }

    fn accepts(_: &Type) -> bool {
        true
    }
}

impl<'a> Raw<'a> {
    fn value(&self, kind: Kind) -> ValueRef<'a> {
        match self.ty {
            Form::Int => self.int().map(|n| integer(kind, n)),
            Form::Bool => self.bytes.first().map(|b| ValueRef::Bool(*b != 0)),
            Form::Float => self.float().map(ValueRef::Float),
            Form::Uuid => self.bytes.try_into().ok().map(ValueRef::Uuid),
            Form::Date => self.int().map(|n| date(n as i32)),
            Form::Time => self.int().map(|n| ValueRef::Time(Time::from_micros(n))),
            Form::DateTime => {
                self.int().map(|n| instant(n, |n| ValueRef::DateTime(DateTime::from_micros(n))))
            }
            Form::Timestamp => {
                self.int().map(|n| instant(n, |n| ValueRef::Timestamp(Timestamp::from_micros(n))))
            }
            Form::Numeric => self.numeric(kind),
            Form::Text | Form::Other => None,
        }
        .unwrap_or(ValueRef::Bytes(self.bytes))
    }

    /// An integer of any width.
    #[inline]
    fn int(&self) -> Option<i64> {
        match *self.bytes {
            [a, b, c, d, e, f, g, h] => Some(i64::from_be_bytes([a, b, c, d, e, f, g, h])),
            [a, b, c, d] => Some(i32::from_be_bytes([a, b, c, d]).into()),
            [a, b] => Some(i16::from_be_bytes([a, b]).into()),
            _ => None,
        }
    }

    fn float(&self) -> Option<f64> {
        match *self.bytes {
            [a, b, c, d, e, f, g, h] => Some(f64::from_be_bytes([a, b, c, d, e, f, g, h])),
            [a, b, c, d] => Some(f32::from_be_bytes([a, b, c, d]).into()),
            _ => None,
        }
    }

    fn numeric(&self, kind: Kind) -> Option<ValueRef<'a>> {
        Some(match kind {
            Kind::Decimal(scale) => kind.int_value(numeric::read(self.bytes, scale)?),
            _ => integer(kind, numeric::read(self.bytes, 0)?),
        })
    }
}

#[inline]
fn integer(kind: Kind, n: i64) -> ValueRef<'static> {
    match kind {
        Kind::F32 | Kind::F64 => ValueRef::Float(n as f64),
        // Dates and the like have types of their own: a number there is of somebody else's making.
        _ => ValueRef::Int(n),
    }
}

/// A day; the engine's infinite ones, which only others can have written, are told as text, so that
/// the reader reports a wrong type.
fn date(days: i32) -> ValueRef<'static> {
    match days.checked_add(EPOCH_DAYS) {
        Some(since_1970) if days != i32::MIN => ValueRef::Date(Date::from_days(since_1970)),
        _ => ValueRef::Text("an infinite date"),
    }
}

fn instant(micros: i64, value: impl FnOnce(i64) -> ValueRef<'static>) -> ValueRef<'static> {
    match micros.checked_add(EPOCH_MICROS) {
        Some(n) if micros != i64::MIN => value(n),
        _ => ValueRef::Text("an infinite time"),
    }
}
