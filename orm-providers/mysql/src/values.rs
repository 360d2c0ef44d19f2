//! Values on their way to the engine.

use crate::places::Slot;
use mysql_async::Value as Sent;
use orm_core::plan::{KeySet, Rows, TextMatch};
use orm_core::value::{Date, Time, Value, ValueList, ValueRef};
use orm_core::{Error, Result};
use orm_provider_sql::Bind;
use std::fmt::Write as _;

/// What the placeholders of a text take.
pub(crate) fn params(slots: &[Slot], binds: &[Bind<'_>]) -> Vec<Sent> {
    let one = |slot: &Slot| match (slot, slot_bind(slot, binds)) {
        (Slot::Whole(_), Some(bind)) => whole(bind),
        (Slot::Item(_, item), Some(Bind::List(values))) => {
            sent(values.get((*item).min(values.len().saturating_sub(1))))
        }
        (Slot::Part(_, key, part), Some(Bind::Keys(keys))) => {
            sent(keys.get((*key).min(keys.len().saturating_sub(1)), *part))
        }
        (Slot::Json(_), Some(Bind::List(values))) => Sent::Bytes(json_list(values).into_bytes()),
        (Slot::Json(_), Some(Bind::Keys(keys))) => Sent::Bytes(json_keys(keys).into_bytes()),
        _ => Sent::NULL,
    };
    slots.iter().map(one).collect()
}

fn slot_bind<'b, 'v>(slot: &Slot, binds: &'b [Bind<'v>]) -> Option<&'b Bind<'v>> {
    match slot {
        Slot::Whole(place) | Slot::Item(place, _) | Slot::Part(place, ..) | Slot::Json(place) => {
            binds.get(*place)
        }
    }
}

fn whole(bind: &Bind<'_>) -> Sent {
    match bind {
        Bind::Value(value) | Bind::Open(value) => sent(*value),
        Bind::Text(text) => Sent::Bytes(text.clone().into_bytes()),
        // The column is lowered by ASCII letters alone, and so is what it is held against.
        Bind::Pattern(TextMatch::ILike, text) => Sent::Bytes(text.to_ascii_lowercase().into_bytes()),
        Bind::Pattern(_, text) => Sent::Bytes(text.as_bytes().to_vec()),
        _ => Sent::NULL,
    }
}

/// A value in the driver's form.
pub(crate) fn sent(value: ValueRef<'_>) -> Sent {
    match value {
        ValueRef::Bool(v) => Sent::Int(v.into()),
        ValueRef::Int(v) => Sent::Int(v),
        // The sum turns -0.0 into 0.0.
        ValueRef::Float(v) => Sent::Double(v + 0.0),
        ValueRef::Text(v) => Sent::Bytes(v.as_bytes().to_vec()),
        ValueRef::Bytes(v) => Sent::Bytes(v.to_vec()),
        ValueRef::Uuid(v) => Sent::Bytes(v.to_vec()),
        ValueRef::Date(v) => moment(v, Time::default()),
        ValueRef::Time(v) => {
            let (_, h, m, s, micros) = clock(v);
            Sent::Time(false, 0, h, m, s, micros)
        }
        ValueRef::DateTime(v) => {
            let (date, time) = v.split();
            moment(date, time)
        }
        ValueRef::Timestamp(v) => {
            let (date, time) = v.split();
            moment(date, time)
        }
        ValueRef::Decimal(v) => Sent::Bytes(v.to_string().into_bytes()),
        _ => Sent::NULL,
    }
}

fn clock(time: Time) -> (i64, u8, u8, u8, u32) {
    let micros = time.micros().clamp(0, 86_400_000_000 - 1);
    let seconds = micros / 1_000_000;
    let part = |n: i64| n as u8;
    (seconds, part(seconds / 3600), part(seconds / 60 % 60), part(seconds % 60), (micros % 1_000_000) as u32)
}

/// A date and time. The core refuses what is beyond the range of columns, also in conditions; the driver's
/// form couldn't say it.
fn moment(date: Date, time: Time) -> Sent {
    if date < Date::MIN {
        return Sent::Date(0, 1, 1, 0, 0, 0, 0);
    }
    if date > Date::MAX {
        return Sent::Date(9999, 12, 31, 23, 59, 59, 999_999);
    }
    let (year, month, day) = date.civil();
    let (_, h, m, s, micros) = clock(time);
    Sent::Date(year as u16, month as u8, day as u8, h, m, s, micros)
}

fn json_list(values: &ValueList) -> String {
    let mut out = String::from("[");
    for (i, value) in values.iter().enumerate() {
        out.push_str(if i > 0 { "," } else { "" });
        json(&mut out, value);
    }
    out.push(']');
    out
}

fn json_keys(keys: &KeySet) -> String {
    let mut out = String::from("[");
    for key in 0..keys.len() {
        out.push_str(if key > 0 { ",[" } else { "[" });
        for part in 0..keys.columns().len() {
            out.push_str(if part > 0 { "," } else { "" });
            json(&mut out, keys.get(key, part));
        }
        out.push(']');
    }
    out.push(']');
    out
}

/// Some columns of some rows as they are read by a table of JSON.
pub(crate) fn json_rows(rows: &Rows, which: &[usize], columns: &[usize]) -> Sent {
    let mut out = String::from("[");
    for (i, &row) in which.iter().enumerate() {
        out.push_str(if i > 0 { ",[" } else { "[" });
        for (part, &column) in columns.iter().enumerate() {
            out.push_str(if part > 0 { "," } else { "" });
            json(&mut out, rows.value(row, column));
        }
        out.push(']');
    }
    out.push(']');
    Sent::Bytes(out.into_bytes())
}

/// Writes a value as it is read by a table of JSON.
fn json(out: &mut String, value: ValueRef<'_>) {
    let _ = match value {
        ValueRef::Null => write!(out, "null"),
        ValueRef::Bool(v) => write!(out, "{}", u8::from(v)),
        ValueRef::Int(v) => write!(out, "{v}"),
        ValueRef::Float(v) => write!(out, "{:e}", v + 0.0),
        ValueRef::Text(v) => {
            json_text(out, v);
            Ok(())
        }
        ValueRef::Bytes(v) => hex(out, v),
        ValueRef::Uuid(v) => hex(out, &v),
        ValueRef::Decimal(v) => write!(out, "\"{v}\""),
        ValueRef::Date(v) => write!(out, "\"{v}\""),
        ValueRef::Time(v) => write!(out, "\"{v}\""),
        ValueRef::DateTime(v) => {
            let (date, time) = v.split();
            write!(out, "\"{date} {time}\"")
        }
        ValueRef::Timestamp(v) => {
            let (date, time) = v.split();
            write!(out, "\"{date} {time}\"")
        }
        _ => write!(out, "null"),
    };
}

fn hex(out: &mut String, bytes: &[u8]) -> std::fmt::Result {
    out.push('"');
    for byte in bytes {
        write!(out, "{byte:02x}")?;
    }
    out.push('"');
    Ok(())
}

fn json_text(out: &mut String, text: &str) {
    out.push('"');
    for c in text.chars() {
        match c {
            '"' | '\\' => {
                out.push('\\');
                out.push(c);
            }
            c if u32::from(c) < 0x20 => {
                let _ = write!(out, "\\u{:04x}", u32::from(c));
            }
            c => out.push(c),
        }
    }
    out.push('"');
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
