//! The lenient conversions of `#[field(cast)]`: what a form or a script sends instead of the type that
//! is meant. Only where there is no doubt about what is meant; the rest stays a mismatch.

use super::{Decimal, Kind, Timestamp, Value, ValueRef};

/// `value` as one of `kind`, or as it is where there is no such conversion.
pub(super) fn cast(kind: Kind, nullable: bool, value: ValueRef<'_>) -> Value {
    if let ValueRef::Text(text) = value
        && kind != Kind::Text
        && nullable
        && text.trim().is_empty()
    {
        // An empty input of a form.
        return Value::Null;
    }
    let casted = match kind {
        Kind::Bool => to_bool(value),
        Kind::Text => to_text(value),
        Kind::F32 | Kind::F64 => to_float(value),
        Kind::Decimal(_) => match value {
            ValueRef::Bool(v) => Some(Value::Int(i64::from(v))),
            ValueRef::Text(text) => text.trim().parse().ok().map(Value::Decimal),
            _ => None,
        },
        Kind::Timestamp => to_timestamp(value),
        Kind::Wide => to_wide(value),
        _ if kind.integer_range().is_some() => to_integer(value),
        _ => None,
    };
    casted.unwrap_or_else(|| value.to_value())
}

fn to_bool(value: ValueRef<'_>) -> Option<Value> {
    match value {
        ValueRef::Int(n @ (0 | 1)) => Some(Value::Bool(n == 1)),
        ValueRef::Float(x) if x == 0.0 || x == 1.0 => Some(Value::Bool(x == 1.0)),
        ValueRef::Text(text) => match text.trim() {
            "0" => Some(Value::Bool(false)),
            "1" => Some(Value::Bool(true)),
            word if word.eq_ignore_ascii_case("false") => Some(Value::Bool(false)),
            word if word.eq_ignore_ascii_case("true") => Some(Value::Bool(true)),
            _ => None,
        },
        _ => None,
    }
}

/// A number without a fraction, however it was written.
fn to_integer(value: ValueRef<'_>) -> Option<Value> {
    match value {
        ValueRef::Bool(v) => Some(Value::Int(i64::from(v))),
        ValueRef::Float(x) => whole(x).map(Value::Int),
        ValueRef::Text(text) => {
            let text = text.trim();
            if let Ok(n) = text.parse() {
                return Some(Value::Int(n));
            }
            let decimal: Decimal = text.parse().ok()?;
            decimal.rescale(0).ok().map(|d| Value::Int(d.units()))
        }
        ValueRef::Decimal(decimal) => decimal.rescale(0).ok().map(|d| Value::Int(d.units())),
        _ => None,
    }
}

/// As an integer; what is above the signed ones is text that is read as it is.
fn to_wide(value: ValueRef<'_>) -> Option<Value> {
    if let ValueRef::Text(text) = value
        && let Ok(n) = text.trim().parse()
    {
        return Some(ValueRef::Wide(n).to_value());
    }
    to_integer(value)
}

/// Beyond 2⁵³ a float no longer says which integer is meant.
fn whole(x: f64) -> Option<i64> {
    const EXACT: f64 = 9_007_199_254_740_992.0;
    (x.fract() == 0.0 && x.abs() <= EXACT).then_some(x as i64)
}

fn to_float(value: ValueRef<'_>) -> Option<Value> {
    match value {
        ValueRef::Bool(v) => Some(Value::Float(f64::from(u8::from(v)))),
        // What isn't finite is refused when it is to fit.
        ValueRef::Text(text) => text.trim().parse().ok().map(Value::Float),
        _ => None,
    }
}

fn to_text(value: ValueRef<'_>) -> Option<Value> {
    let text = match value {
        ValueRef::Bool(v) => v.to_string(),
        ValueRef::Int(v) => v.to_string(),
        ValueRef::Float(v) => v.to_string(),
        ValueRef::Decimal(v) => v.to_string(),
        _ => return None,
    };
    Some(Value::Text(text.into()))
}

/// Numbers are milliseconds since 1970, as scripts count time.
fn to_timestamp(value: ValueRef<'_>) -> Option<Value> {
    let millis = match value {
        ValueRef::Int(n) => n,
        ValueRef::Float(x) => whole(x)?,
        ValueRef::Text(text) => text.trim().parse().ok()?,
        _ => return None,
    };
    let instant = Timestamp::from_micros(millis.checked_mul(1000)?);
    instant.is_storable().then_some(Value::Timestamp(instant))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(text: &str) -> ValueRef<'_> {
        ValueRef::Text(text)
    }

    #[test]
    fn what_is_clear_is_cast() {
        for (kind, from, to) in [
            (Kind::I32, text("0"), Value::Int(0)),
            (Kind::I32, text(" -7 "), Value::Int(-7)),
            (Kind::U64, text("12.0"), Value::Int(12)),
            (Kind::I64, text("9223372036854775807"), Value::Int(i64::MAX)),
            (Kind::U8, ValueRef::Bool(true), Value::Int(1)),
            (Kind::U8, ValueRef::Float(2.0), Value::Int(2)),
            (Kind::Bool, ValueRef::Int(1), Value::Bool(true)),
            (Kind::Bool, text("False"), Value::Bool(false)),
            (Kind::Bool, text("1"), Value::Bool(true)),
            (Kind::F64, text("2.5"), Value::Float(2.5)),
            (Kind::F64, ValueRef::Bool(false), Value::Float(0.0)),
            (Kind::Text, ValueRef::Int(5), Value::Text("5".into())),
            (Kind::Text, ValueRef::Float(2.5), Value::Text("2.5".into())),
            (Kind::Text, ValueRef::Bool(true), Value::Text("true".into())),
            (Kind::Text, text(""), Value::Text("".into())),
            (Kind::Decimal(2), text(" 1.25 "), Value::Decimal(Decimal::new(125, 2))),
            (Kind::Timestamp, ValueRef::Int(1500), Value::Timestamp(Timestamp::from_micros(1_500_000))),
        ] {
            assert_eq!(cast(kind, false, from), to, "{from:?} as {kind:?}");
        }
        assert_eq!(cast(Kind::I32, true, text(" ")), Value::Null);
    }

    #[test]
    fn what_is_in_doubt_stays_as_it_is() {
        for (kind, from) in [
            (Kind::Bool, ValueRef::Int(2)),
            (Kind::Bool, text("yes")),
            (Kind::I32, text("2.5")),
            (Kind::I32, text("")),
            (Kind::I32, ValueRef::Float(2.5)),
            (Kind::I64, ValueRef::Float(1e300)),
            (Kind::I32, text("0x10")),
            (Kind::F64, text("two")),
            (Kind::Timestamp, ValueRef::Int(i64::MAX)),
            (Kind::Uuid, ValueRef::Int(1)),
        ] {
            assert_eq!(cast(kind, false, from), from.to_value(), "{from:?} as {kind:?}");
        }
    }
}
