//! Rows of statements of the user's own, whose types are whatever the statement makes them.

use crate::row::{EngineRow, units};
use mysql_async::consts::ColumnType;
use mysql_async::{Column, Value};
use orm_core::Result;
use orm_core::provider::{Row, SqlSink, Wanted};
use orm_core::value::{Decimal, Kind, ValueRef};
use orm_provider_sql::raw::as_wanted;

/// The columns of a result.
#[derive(Default)]
pub(crate) struct Columns {
    kinds: Vec<Kind>,
    forms: Vec<Form>,
}

/// How a value gets out of what the driver has.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Form {
    /// As a column of a model.
    Plain,
    /// A decimal, with the scale that it has itself.
    Numeric,
    /// Bits, the most significant first.
    Bits,
}

/// Asks what the columns are wanted as.
pub(crate) fn wanted(columns: &[Column], sink: &mut dyn SqlSink) -> Result<Vec<Wanted>> {
    let names: Vec<_> = columns.iter().map(Column::name_str).collect();
    sink.columns(&names.iter().map(AsRef::as_ref).collect::<Vec<_>>())
}

impl Columns {
    pub(crate) fn new(told: &[Column], wanted: &[Wanted]) -> Self {
        let mut columns = Self::default();
        for (at, column) in told.iter().enumerate() {
            let (kind, form) = match (wanted.get(at), column.column_type()) {
                (Some(&Wanted::Stored(kind @ Kind::Decimal(_))), _) => (kind, Form::Plain),
                (
                    Some(&(Wanted::Stored(kind) | Wanted::Type(kind))),
                    ColumnType::MYSQL_TYPE_NEWDECIMAL | ColumnType::MYSQL_TYPE_DECIMAL,
                ) => (kind, Form::Numeric),
                (Some(&(Wanted::Stored(kind) | Wanted::Type(kind))), ColumnType::MYSQL_TYPE_BIT)
                    if kind == Kind::Bool || kind.integer_range().is_some() =>
                {
                    (kind, Form::Bits)
                }
                (Some(&(Wanted::Stored(kind) | Wanted::Type(kind))), _) => (kind, Form::Plain),
                _ => (Kind::I64, Form::Plain),
            };
            columns.kinds.push(kind);
            columns.forms.push(form);
        }
        columns
    }
}

/// A row whose columns are wanted as something.
pub(crate) struct RawRow<'r> {
    row: EngineRow<'r>,
    columns: &'r Columns,
}

impl<'r> RawRow<'r> {
    pub(crate) fn new(row: &'r mysql_async::Row, columns: &'r Columns) -> Self {
        Self { row: EngineRow { row, kinds: &columns.kinds }, columns }
    }
}

impl Row for RawRow<'_> {
    fn value(&self, column: usize) -> ValueRef<'_> {
        let (Some(&form), Some(&kind)) = (self.columns.forms.get(column), self.columns.kinds.get(column))
        else {
            return ValueRef::Null;
        };
        match (form, self.row.row.as_ref(column)) {
            (Form::Numeric, Some(Value::Bytes(bytes))) => {
                number(kind, bytes).unwrap_or(ValueRef::Text("a number that is too long"))
            }
            (Form::Bits, Some(Value::Bytes(bytes))) => {
                bits(kind, bytes).unwrap_or(ValueRef::Text("a number above 2^63"))
            }
            _ => as_wanted(kind, self.row.value(column)),
        }
    }
}

fn number(kind: Kind, bytes: &[u8]) -> Option<ValueRef<'static>> {
    let text = std::str::from_utf8(bytes).ok()?;
    if matches!(kind, Kind::F32 | Kind::F64) {
        return text.parse().ok().map(ValueRef::Float);
    }
    // Zeros behind the point say nothing: an average has many of them.
    let scale = text.split_once('.').map_or(0, |(_, fraction)| fraction.trim_end_matches('0').len());
    let scale = u8::try_from(scale).ok().filter(|scale| *scale <= 18)?;
    let decimal = Decimal::new(units(text, scale)?, scale);
    Some(match kind {
        Kind::Bool => ValueRef::Bool(decimal.units() != 0),
        _ => as_wanted(kind, ValueRef::Decimal(decimal)),
    })
}

fn bits(kind: Kind, bytes: &[u8]) -> Option<ValueRef<'static>> {
    let number = bytes
        .iter()
        .try_fold(0_i64, |number, byte| number.checked_mul(256)?.checked_add(i64::from(*byte)))?;
    Some(if kind == Kind::Bool { ValueRef::Bool(number != 0) } else { ValueRef::Int(number) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_what_they_are_wanted_as() {
        let decimal = |units, scale| Some(ValueRef::Decimal(Decimal::new(units, scale)));
        assert_eq!(number(Kind::Decimal(0), b"12.3400"), decimal(1234, 2));
        assert_eq!(number(Kind::I64, b"15.0000"), Some(ValueRef::Int(15)));
        assert_eq!(number(Kind::I64, b"15.5"), decimal(155, 1));
        assert_eq!(number(Kind::F64, b"0.5"), Some(ValueRef::Float(0.5)));
        assert_eq!(number(Kind::I64, b"9223372036854775808"), None);
    }

    #[test]
    fn bits_are_numbers() {
        assert_eq!(bits(Kind::Bool, &[1]), Some(ValueRef::Bool(true)));
        assert_eq!(bits(Kind::I64, &[1, 2]), Some(ValueRef::Int(258)));
        assert_eq!(bits(Kind::I64, &[0xFF; 8]), None);
    }
}
