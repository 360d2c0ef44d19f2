//! Rows as they come from the engine.

use mysql_async::Value;
use orm_core::provider::Row;
use orm_core::value::{Class, Date, DateTime, Kind, Time, Timestamp, ValueRef};

/// A row of the engine, whose columns are of known kinds.
pub(crate) struct EngineRow<'r> {
    pub(crate) row: &'r mysql_async::Row,
    pub(crate) kinds: &'r [Kind],
}

impl Row for EngineRow<'_> {
    #[inline]
    fn value(&self, column: usize) -> ValueRef<'_> {
        match (self.kinds.get(column), self.row.as_ref(column)) {
            (Some(&kind), Some(value)) => told(kind, value),
            _ => ValueRef::Null,
        }
    }
}

/// A value in the core's form. What isn't of the column's kind, which only others can have written, is
/// told as it is, so that the reader reports a wrong type.
fn told(kind: Kind, value: &Value) -> ValueRef<'_> {
    match value {
        Value::NULL => ValueRef::Null,
        Value::Int(n) => integer(kind, *n),
        Value::UInt(n) => {
            i64::try_from(*n).map_or(ValueRef::Text("a number above 2^63"), |n| integer(kind, n))
        }
        Value::Float(x) => ValueRef::Float(f64::from(*x)),
        Value::Double(x) => ValueRef::Float(*x),
        Value::Bytes(bytes) => of_bytes(kind, bytes),
        Value::Date(year, month, day, h, m, s, micros) => {
            let date = Date::from_civil(i32::from(*year), u32::from(*month), u32::from(*day));
            let Some(date) = date else { return ValueRef::Text("a date that is none") };
            let time = clock(0, *h, *m, *s, *micros);
            let whole = i64::from(date.days()) * 86_400_000_000 + time;
            match kind {
                Kind::Date if time == 0 => ValueRef::Date(date),
                Kind::Timestamp => ValueRef::Timestamp(Timestamp::from_micros(whole)),
                _ => ValueRef::DateTime(DateTime::from_micros(whole)),
            }
        }
        Value::Time(negative, days, h, m, s, micros) => {
            let time = Time::from_micros(clock(*days, *h, *m, *s, *micros));
            if *negative || !time.is_storable() {
                return ValueRef::Text("a time that is of no day");
            }
            ValueRef::Time(time)
        }
    }
}

fn clock(days: u32, hours: u8, minutes: u8, seconds: u8, micros: u32) -> i64 {
    let hours = i64::from(days) * 24 + i64::from(hours);
    ((hours * 60 + i64::from(minutes)) * 60 + i64::from(seconds)) * 1_000_000 + i64::from(micros)
}

#[inline]
fn integer(kind: Kind, n: i64) -> ValueRef<'static> {
    match kind {
        Kind::Bool => ValueRef::Bool(n != 0),
        Kind::F32 | Kind::F64 => ValueRef::Float(n as f64),
        // Dates and the like have types of their own: a number there is of somebody else's making.
        _ => ValueRef::Int(n),
    }
}

fn of_bytes(kind: Kind, bytes: &[u8]) -> ValueRef<'_> {
    let text = std::str::from_utf8(bytes);
    match kind {
        Kind::Bytes => return ValueRef::Bytes(bytes),
        Kind::Uuid => return bytes.try_into().map_or(ValueRef::Bytes(bytes), ValueRef::Uuid),
        _ => {}
    }
    let Ok(text) = text else { return ValueRef::Bytes(bytes) };
    let parsed = match kind {
        Kind::Decimal(scale) => units(text, scale).map(|n| kind.int_value(n)),
        Kind::F32 | Kind::F64 => text.parse().ok().map(ValueRef::Float),
        _ if kind.class() == Class::Text => None,
        // Sums are decimals of the engine.
        _ => text.parse().ok().map(|n| integer(kind, n)),
    };
    parsed.unwrap_or(ValueRef::Text(text))
}

/// A decimal text in units of its scale.
pub(crate) fn units(text: &str, scale: u8) -> Option<i64> {
    let (negative, digits) = match text.strip_prefix('-') {
        Some(digits) => (true, digits),
        None => (false, text),
    };
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let scale = usize::from(scale);
    if fraction.len() > scale && fraction[scale..].bytes().any(|b| b != b'0') {
        return None;
    }
    let mut number: i64 = 0;
    let padding = std::iter::repeat(b'0');
    for digit in whole.bytes().chain(fraction.bytes().chain(padding).take(scale)) {
        let digit = char::from(digit).to_digit(10)?;
        number = number.checked_mul(10)?.checked_add(i64::from(digit))?;
    }
    Some(if negative { -number } else { number })
}

#[cfg(test)]
mod tests {
    use super::units;

    #[test]
    fn decimals_come_in_units() {
        assert_eq!(units("12.34", 2), Some(1234));
        assert_eq!(units("-0.5", 2), Some(-50));
        assert_eq!(units("7", 3), Some(7000));
        assert_eq!(units("1.2300", 2), Some(123));
        assert_eq!(units("1.234", 2), None);
        assert_eq!(units("9223372036854775808", 0), None);
        assert_eq!(units("a", 0), None);
    }
}
