//! Values on their way to the engine.

use crate::numeric;
use crate::patterns::{Pattern, pattern};
use crate::text;
use bytes::{BufMut, BytesMut};
use orm_core::plan::Rows;
use orm_core::value::{Class, Kind, Value, ValueList, ValueRef};
use orm_core::{Error, Result};
use orm_provider_sql::Bind;
use std::borrow::Cow;
use tokio_postgres::types::{Format, IsNull, ToSql, Type, to_sql_checked};

type Encoded = std::result::Result<IsNull, Box<dyn std::error::Error + Sync + Send>>;

/// Days from 1970-01-01 to 2000-01-01, from which the engine counts.
pub(crate) const EPOCH_DAYS: i32 = 10_957;
/// The same in microseconds.
pub(crate) const EPOCH_MICROS: i64 = EPOCH_DAYS as i64 * 86_400_000_000;
/// The first and the last day that the engine takes, in days of its own: 4714 BC and 5874897.
const DAYS: (i32, i32) = (-2_451_545, 2_145_031_948);
/// The first and the last microsecond that the engine takes, in its own: 4714 BC and 294276.
const MICROS: (i64, i64) = (-211_813_488_000_000_000, 9_223_371_331_199_999_999);

/// A parameter of a statement.
#[derive(Debug)]
pub(crate) enum Param<'a> {
    Value(ValueRef<'a>),
    /// A value of the user's own SQL. Whole numbers and texts travel as text, which the engine reads as
    /// whatever type they have where they stand.
    Open(ValueRef<'a>),
    Text(Cow<'a, str>),
    List(&'a ValueList),
    /// A column of some rows.
    Column {
        rows: &'a Rows,
        which: &'a [usize],
        column: usize,
    },
    /// Values of a kind.
    Values(Vec<Value>, Kind),
    /// The only one of a column's values.
    Cell(ValueRef<'a>, Kind),
    /// A value of a kind.
    Made(Value, Kind),
    /// A sequence, by the engine's number of it.
    Sequence(u32),
}

/// Takes a plan's values apart into parameters and notes what they are, behind the shape of the plan:
/// statements of one text may differ in their parameters' types.
pub(crate) fn params<'a>(binds: Vec<Bind<'a>>, key: &mut Vec<u8>) -> Vec<Param<'a>> {
    let mut out = Vec::with_capacity(binds.len());
    for bind in binds {
        match bind {
            Bind::Value(value) => {
                key.push(tag(value));
                out.push(Param::Value(value));
            }
            Bind::Open(value) => {
                key.push(tag(value));
                out.push(Param::Open(value));
            }
            Bind::Text(text) => out.push(Param::Text(Cow::Owned(text::stored(&text).into_owned()))),
            Bind::Pattern(how, text) => {
                let Pattern { like, regex } = pattern(how, text);
                out.push(Param::Text(like.into()));
                out.push(Param::Text(regex.into()));
            }
            Bind::List(values) => out.push(Param::List(values)),
            Bind::Keys(keys) => out.extend(keys.columns().iter().map(Param::List)),
        }
    }
    out
}

fn tag(value: ValueRef<'_>) -> u8 {
    match value {
        ValueRef::Null => 0,
        ValueRef::Bool(_) => 1,
        ValueRef::Int(_) => 2,
        ValueRef::Float(_) => 3,
        ValueRef::Text(_) => 4,
        ValueRef::Bytes(_) => 5,
        ValueRef::Uuid(_) => 6,
        ValueRef::Date(_) => 7,
        ValueRef::Time(_) => 8,
        ValueRef::DateTime(_) => 9,
        ValueRef::Timestamp(_) => 10,
        ValueRef::Decimal(_) => 11,
        _ => 12,
    }
}

impl Param<'_> {
    /// The value of a column of one row.
    pub(crate) fn only(self) -> Self {
        match self {
            Param::Column { rows, which: [row], column } => {
                Param::Cell(rows.value(*row, column), rows.entity().field(column).kind)
            }
            Param::Values(mut values, kind) if values.len() == 1 => {
                Param::Made(values.pop().unwrap_or(Value::Null), kind)
            }
            other => other,
        }
    }

    /// The type that the statement is told. Every integer travels as 64 bits, every float as a double:
    /// what a condition compares with need not fit the column.
    pub(crate) fn type_(&self) -> Type {
        match self {
            Param::Open(ValueRef::Int(_) | ValueRef::Text(_)) => Type::UNKNOWN,
            Param::Value(value) | Param::Open(value) => value_type(*value),
            Param::Text(_) => Type::TEXT,
            Param::List(values) => array_type(values.kind()),
            Param::Column { rows, column, .. } => array_type(rows.entity().field(*column).kind),
            Param::Values(_, kind) => array_type(*kind),
            Param::Cell(_, kind) | Param::Made(_, kind) => kind_type(*kind),
            Param::Sequence(_) => Type::REGCLASS,
        }
    }
}

fn value_type(value: ValueRef<'_>) -> Type {
    match value {
        // The engine takes it from where the parameter stands.
        ValueRef::Null => Type::UNKNOWN,
        ValueRef::Bool(_) => Type::BOOL,
        ValueRef::Int(_) => Type::INT8,
        ValueRef::Float(_) => Type::FLOAT8,
        ValueRef::Bytes(_) => Type::BYTEA,
        ValueRef::Uuid(_) => Type::UUID,
        ValueRef::Date(_) => Type::DATE,
        ValueRef::Time(_) => Type::TIME,
        ValueRef::DateTime(_) => Type::TIMESTAMP,
        ValueRef::Timestamp(_) => Type::TIMESTAMPTZ,
        ValueRef::Decimal(_) => Type::NUMERIC,
        // Text, and what is text by now.
        _ => Type::TEXT,
    }
}

/// The type in which values of a kind travel.
pub(crate) fn kind_type(kind: Kind) -> Type {
    match kind {
        Kind::Bool => Type::BOOL,
        Kind::F32 | Kind::F64 => Type::FLOAT8,
        Kind::Bytes => Type::BYTEA,
        Kind::Uuid => Type::UUID,
        Kind::Date => Type::DATE,
        Kind::Time => Type::TIME,
        Kind::DateTime => Type::TIMESTAMP,
        Kind::Timestamp => Type::TIMESTAMPTZ,
        Kind::Decimal(_) => Type::NUMERIC,
        _ if kind.class() == Class::Text => Type::TEXT,
        _ => Type::INT8,
    }
}

fn array_type(kind: Kind) -> Type {
    array_of(&kind_type(kind))
}

fn array_of(element: &Type) -> Type {
    match *element {
        Type::BOOL => Type::BOOL_ARRAY,
        Type::FLOAT8 => Type::FLOAT8_ARRAY,
        Type::BYTEA => Type::BYTEA_ARRAY,
        Type::UUID => Type::UUID_ARRAY,
        Type::DATE => Type::DATE_ARRAY,
        Type::TIME => Type::TIME_ARRAY,
        Type::TIMESTAMP => Type::TIMESTAMP_ARRAY,
        Type::TIMESTAMPTZ => Type::TIMESTAMPTZ_ARRAY,
        Type::NUMERIC => Type::NUMERIC_ARRAY,
        Type::INT8 => Type::INT8_ARRAY,
        _ => Type::TEXT_ARRAY,
    }
}

impl ToSql for Param<'_> {
    fn to_sql(&self, ty: &Type, out: &mut BytesMut) -> Encoded {
        match self {
            Param::Open(ValueRef::Int(n)) => {
                out.put_slice(n.to_string().as_bytes());
                Ok(IsNull::No)
            }
            Param::Open(ValueRef::Text(text)) if !is_text(ty) => {
                out.put_slice(text.as_bytes());
                Ok(IsNull::No)
            }
            Param::Value(value) | Param::Open(value) => write_value(*value, ty, out),
            Param::Text(text) => {
                out.put_slice(text.as_bytes());
                Ok(IsNull::No)
            }
            Param::List(values) => array(&kind_type(values.kind()), values.len(), values.iter(), out),
            Param::Column { rows, which, column } => {
                let element = kind_type(rows.entity().field(*column).kind);
                array(&element, which.len(), which.iter().map(|&r| rows.value(r, *column)), out)
            }
            Param::Values(values, kind) => {
                array(&kind_type(*kind), values.len(), values.iter().map(Value::as_ref), out)
            }
            Param::Cell(value, _) => write_value(*value, ty, out),
            Param::Made(value, _) => write_value(value.as_ref(), ty, out),
            Param::Sequence(number) => {
                out.put_u32(*number);
                Ok(IsNull::No)
            }
        }
    }

    fn accepts(_: &Type) -> bool {
        true
    }

    fn encode_format(&self, _: &Type) -> Format {
        match self {
            Param::Open(ValueRef::Int(_) | ValueRef::Text(_)) => Format::Text,
            _ => Format::Binary,
        }
    }

    to_sql_checked!();
}

/// Whether the texts of a type may have characters that are stored otherwise than they are meant.
fn is_text(ty: &Type) -> bool {
    matches!(*ty, Type::TEXT | Type::VARCHAR | Type::BPCHAR | Type::NAME | Type::UNKNOWN)
}

/// Writes an array of one dimension.
fn array<'v>(
    element: &Type,
    len: usize,
    values: impl Iterator<Item = ValueRef<'v>>,
    out: &mut BytesMut,
) -> Encoded {
    out.put_i32(i32::from(len > 0));
    // That there may be NULLs is no promise that there are.
    out.put_i32(1);
    out.put_u32(element.oid());
    if len > 0 {
        out.put_i32(i32::try_from(len)?);
        out.put_i32(1);
    }
    // Whole numbers and short texts are what most arrays are made of.
    out.reserve(len.saturating_mul(12));
    for value in values {
        match value {
            ValueRef::Null => out.put_i32(-1),
            ValueRef::Int(v) if *element == Type::INT8 => {
                let mut cell = [0, 0, 0, 8, 0, 0, 0, 0, 0, 0, 0, 0];
                cell[4..].copy_from_slice(&v.to_be_bytes());
                out.put_slice(&cell);
            }
            ValueRef::Text(v) => {
                let stored = text::stored(v);
                out.put_i32(i32::try_from(stored.len())?);
                out.put_slice(stored.as_bytes());
            }
            other => {
                let at = out.len();
                out.put_i32(-1);
                if let IsNull::No = write_value(other, element, out)? {
                    let size = i32::try_from(out.len() - at - 4)?;
                    out[at..at + 4].copy_from_slice(&size.to_be_bytes());
                }
            }
        }
    }
    Ok(IsNull::No)
}

/// Writes a value in the binary form of a type.
pub(crate) fn write_value(value: ValueRef<'_>, ty: &Type, out: &mut BytesMut) -> Encoded {
    match value {
        ValueRef::Null => return Ok(IsNull::Yes),
        ValueRef::Bool(v) => out.put_u8(v.into()),
        ValueRef::Int(v) => match *ty {
            Type::INT2 => out.put_i16(i16::try_from(v)?),
            Type::INT4 => out.put_i32(i32::try_from(v)?),
            Type::FLOAT8 => out.put_f64(v as f64),
            _ => out.put_i64(v),
        },
        // The sum turns -0.0 into 0.0.
        ValueRef::Float(v) => match *ty {
            Type::FLOAT4 => out.put_f32(v as f32 + 0.0),
            _ => out.put_f64(v + 0.0),
        },
        ValueRef::Text(v) => out.put_slice(text::stored(v).as_bytes()),
        ValueRef::Bytes(v) => out.put_slice(v),
        ValueRef::Uuid(v) => out.put_slice(&v),
        ValueRef::Date(v) => out.put_i32(day(v.days())),
        ValueRef::Time(v) => out.put_i64(v.micros().clamp(0, 86_400_000_000)),
        ValueRef::DateTime(v) => out.put_i64(instant(v.micros())),
        ValueRef::Timestamp(v) => out.put_i64(instant(v.micros())),
        ValueRef::Decimal(v) => numeric::write(v, out),
        other => return Err(format!("{} is not in its stored form", other.describe()).into()),
    }
    Ok(IsNull::No)
}

/// A day in the engine's count. What is beyond its range, and can only be the operand of a condition,
/// is infinitely far.
fn day(days: i32) -> i32 {
    match days.saturating_sub(EPOCH_DAYS) {
        early if early < DAYS.0 => i32::MIN,
        late if late > DAYS.1 => i32::MAX,
        day => day,
    }
}

fn instant(micros: i64) -> i64 {
    match micros.saturating_sub(EPOCH_MICROS) {
        early if early < MICROS.0 => i64::MIN,
        late if late > MICROS.1 => i64::MAX,
        instant => instant,
    }
}

/// A value that stands in for what a row doesn't say, in the column's form.
pub(crate) fn filler(rows: &Rows, column: usize) -> Result<Value> {
    let entity = rows.entity();
    let field = entity.field(column);
    let value = rows.filler(column).unwrap_or(Value::Null);
    match field.kind.fit(value.as_ref()) {
        Ok(fitting) => Ok(fitting.to_value()),
        Err(mismatch) => Err(Error::Operand { model: entity.model, column: field.field, mismatch }),
    }
}
