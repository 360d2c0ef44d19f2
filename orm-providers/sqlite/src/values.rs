//! Values to and from the engine.

use crate::temporal::{self, ShortText};
use orm_core::provider::Row;
use orm_core::value::{Kind, ValueList, ValueRef};
use orm_provider_sql::Bind;
use rusqlite::types::{ToSql, ToSqlOutput, Value as Owned, ValueRef as Raw};
use rusqlite::{Result, Statement};
use std::rc::Rc;

/// A value in the engine's form.
pub(crate) enum Param<'a> {
    Plain(ValueRef<'a>),
    Time(ShortText),
    Long(String),
}

impl<'a> Param<'a> {
    #[inline]
    pub(crate) fn new(value: ValueRef<'a>) -> Self {
        match value {
            ValueRef::Date(_) | ValueRef::Time(_) | ValueRef::DateTime(_) | ValueRef::Timestamp(_) => {
                temporal_param(value)
            }
            plain => Param::Plain(plain),
        }
    }
}

fn temporal_param(value: ValueRef<'_>) -> Param<'_> {
    match temporal::text_of(value) {
        Some(text) => Param::Time(text),
        // A time that no column can hold, as the operand of a condition.
        None => Param::Long(match value {
            ValueRef::Date(v) => v.to_string(),
            ValueRef::Time(v) => v.to_string(),
            ValueRef::DateTime(v) => v.to_string(),
            ValueRef::Timestamp(v) => v.to_string(),
            _ => String::new(),
        }),
    }
}

impl ToSql for Param<'_> {
    #[inline]
    fn to_sql(&self) -> Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::Borrowed(match self {
            Param::Time(text) => Raw::Text(text.bytes()),
            Param::Long(text) => Raw::Text(text.as_bytes()),
            Param::Plain(value) => match value {
                ValueRef::Null => Raw::Null,
                ValueRef::Text(v) => Raw::Text(v.as_bytes()),
                ValueRef::Bytes(v) => Raw::Blob(v),
                ValueRef::Uuid(v) => Raw::Blob(v),
                // The sum turns -0.0 into 0.0.
                ValueRef::Float(v) => Raw::Real(v + 0.0),
                other => Raw::Integer(other.as_raw_int().unwrap_or(0)),
            },
        }))
    }
}

fn owned(value: ValueRef<'_>) -> Owned {
    match Param::new(value) {
        Param::Time(text) => Owned::Text(String::from_utf8_lossy(text.bytes()).into_owned()),
        Param::Long(text) => Owned::Text(text),
        Param::Plain(value) => match value {
            ValueRef::Null => Owned::Null,
            ValueRef::Text(v) => Owned::Text(v.to_owned()),
            ValueRef::Bytes(v) => Owned::Blob(v.to_vec()),
            ValueRef::Uuid(v) => Owned::Blob(v.to_vec()),
            ValueRef::Float(v) => Owned::Real(v + 0.0),
            other => Owned::Integer(other.as_raw_int().unwrap_or(0)),
        },
    }
}

fn list(values: &ValueList) -> Rc<Vec<Owned>> {
    Rc::new(values.iter().map(owned).collect())
}

/// Binds a plan's values in order.
pub(crate) fn bind(statement: &mut Statement<'_>, binds: &[Bind<'_>]) -> Result<()> {
    for (i, bind) in binds.iter().enumerate() {
        let place = i + 1;
        match bind {
            Bind::Value(value) | Bind::Open(value) => {
                statement.raw_bind_parameter(place, Param::new(*value))?
            }
            Bind::Text(text) => statement.raw_bind_parameter(place, text)?,
            Bind::Pattern(_, text) => statement.raw_bind_parameter(place, text)?,
            Bind::List(values) => statement.raw_bind_parameter(place, list(values))?,
            Bind::Keys(keys) => {
                let parts = (0..keys.len())
                    .flat_map(|k| (0..keys.columns().len()).map(move |c| owned(keys.get(k, c))));
                statement.raw_bind_parameter(place, Rc::new(parts.collect::<Vec<_>>()))?;
            }
        }
    }
    Ok(())
}

/// A row of the engine, whose columns are of known kinds.
pub(crate) struct EngineRow<'r, 's> {
    pub(crate) row: &'r rusqlite::Row<'s>,
    pub(crate) kinds: &'r [Kind],
}

impl Row for EngineRow<'_, '_> {
    #[inline]
    fn value(&self, column: usize) -> ValueRef<'_> {
        match self.kinds.get(column) {
            Some(&kind) => self.of_kind(column, kind),
            None => ValueRef::Null,
        }
    }

    fn values<'r>(&'r self, into: &mut [ValueRef<'r>]) {
        let known = self.kinds.len().min(into.len());
        let (into, beyond) = into.split_at_mut(known);
        for (column, (value, &kind)) in into.iter_mut().zip(self.kinds).enumerate() {
            *value = self.of_kind(column, kind);
        }
        beyond.fill(ValueRef::Null);
    }
}

impl EngineRow<'_, '_> {
    #[inline(always)]
    fn of_kind(&self, column: usize, kind: Kind) -> ValueRef<'_> {
        match self.row.get_ref(column) {
            Ok(Raw::Integer(n)) => integer(kind, n),
            Ok(Raw::Text(bytes)) if matches!(kind, Kind::Text | Kind::Json | Kind::Wide) => text(bytes),
            Ok(Raw::Text(bytes)) => temporal_value(kind, bytes),
            Ok(Raw::Real(x)) => ValueRef::Float(x),
            Ok(Raw::Blob(bytes)) if kind == Kind::Uuid => {
                bytes.try_into().map_or(ValueRef::Bytes(bytes), ValueRef::Uuid)
            }
            Ok(Raw::Blob(bytes)) => ValueRef::Bytes(bytes),
            Ok(Raw::Null) | Err(_) => ValueRef::Null,
        }
    }
}

#[inline]
fn integer(kind: Kind, n: i64) -> ValueRef<'static> {
    match kind {
        Kind::F32 | Kind::F64 => ValueRef::Float(n as f64),
        // Dates and times are stored as text: a number here is of somebody else's making.
        Kind::Date | Kind::Time | Kind::DateTime | Kind::Timestamp => ValueRef::Int(n),
        kind => kind.int_value(n),
    }
}

/// Text that isn't UTF-8, which others may have written, is told as bytes, so that the reader
/// reports a wrong type.
#[inline]
fn text(bytes: &[u8]) -> ValueRef<'_> {
    std::str::from_utf8(bytes).map_or(ValueRef::Bytes(bytes), ValueRef::Text)
}

fn temporal_value(kind: Kind, bytes: &[u8]) -> ValueRef<'_> {
    match kind {
        Kind::Date => temporal::date(bytes).map(ValueRef::Date),
        Kind::Time => temporal::time(bytes).map(ValueRef::Time),
        Kind::DateTime => temporal::date_time(bytes).map(ValueRef::DateTime),
        Kind::Timestamp => temporal::timestamp(bytes).map(ValueRef::Timestamp),
        _ => None,
    }
    .unwrap_or_else(|| text(bytes))
}
