//! Values in frames.

use crate::model::schema::FieldSchema;
use crate::normalize::of_kind;
use crate::value::{Decimal, Kind, Mismatch, Value, ValueRef};
use serde::de::{self, Deserializer, Visitor};
use serde::{Deserialize, Serialize, Serializer};
use std::fmt;

/// The largest integer up to which floats, and so many tools for JSON, have all integers.
const EXACT: u64 = 1 << 53;

/// A value in a frame. What it means is up to its column: text may be a date, bytes a UUID.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum CellValue {
    /// NULL.
    Null,
    /// A bool.
    Bool(bool),
    /// An integer.
    Int(i64),
    /// A float.
    Float(f64),
    /// Text; also dates, times and decimals.
    Text(String),
    /// Bytes; also UUIDs.
    Bytes(Vec<u8>),
}

impl CellValue {
    /// The value as frames have it.
    pub(super) fn of(value: ValueRef<'_>) -> Self {
        match value {
            ValueRef::Null => CellValue::Null,
            ValueRef::Bool(v) => CellValue::Bool(v),
            ValueRef::Int(v) => CellValue::Int(v),
            ValueRef::Float(v) => CellValue::Float(v),
            ValueRef::Text(v) => CellValue::Text(v.to_owned()),
            ValueRef::Bytes(v) => CellValue::Bytes(v.to_owned()),
            ValueRef::Uuid(v) => CellValue::Bytes(v.to_vec()),
            ValueRef::Date(v) => CellValue::Text(v.to_string()),
            ValueRef::Time(v) => CellValue::Text(v.to_string()),
            ValueRef::DateTime(v) => CellValue::Text(v.to_string()),
            ValueRef::Timestamp(v) => CellValue::Text(v.to_string()),
            ValueRef::Decimal(v) => CellValue::Text(v.to_string()),
            wide @ ValueRef::Wide(_) => CellValue::of(wide.to_value().as_ref()),
            // What has no JSON form was never stored.
            ValueRef::Json(v) => v.text().map_or(CellValue::Null, CellValue::Text),
        }
    }

    /// About how many bytes it takes beside its own.
    pub(super) fn weight(&self) -> usize {
        match self {
            CellValue::Text(text) => text.len(),
            CellValue::Bytes(bytes) => bytes.len(),
            _ => 0,
        }
    }

    /// The value that it means in a column. It was one of such a column already, so it is neither cast
    /// nor changed, but it must be one that the column's type has.
    pub(super) fn of_column(self, field: &FieldSchema) -> Result<Value, Mismatch> {
        let value = self.read(field.kind)?;
        if value.is_null() && !field.nullable {
            return Err(Mismatch::new(field.kind, "null"));
        }
        if let Some(intake) = &field.intake {
            intake.verify(value.as_ref())?;
        }
        Ok(value)
    }

    /// The value that it means in a column of this kind.
    fn read(self, kind: Kind) -> Result<Value, Mismatch> {
        let value = match (self, kind) {
            (CellValue::Null, _) => return Ok(Value::Null),
            (CellValue::Bool(v), _) => Value::Bool(v),
            (CellValue::Int(v), _) => Value::Int(v),
            (CellValue::Float(v), Kind::Decimal(_)) => {
                let decimal = Decimal::from_f64(v);
                Value::Decimal(decimal.map_err(|_| Mismatch::new(kind, format!("float {v}")))?)
            }
            (CellValue::Float(v), _) => Value::Float(v),
            (CellValue::Bytes(v), Kind::Uuid) => match <[u8; 16]>::try_from(&v[..]) {
                Ok(uuid) => Value::Uuid(uuid),
                Err(_) => return Err(Mismatch::new(kind, format!("{} bytes", v.len()))),
            },
            (CellValue::Bytes(v), _) => Value::Bytes(v.into()),
            (CellValue::Text(v), Kind::Text) => return Ok(Value::Text(v.into())),
            (CellValue::Text(v), Kind::Wide) => Value::Text(v.into()),
            (CellValue::Text(v), Kind::Bytes) => match from_digits(&v) {
                Some(bytes) => Value::Bytes(bytes.into()),
                None => return Err(Mismatch::new(kind, ValueRef::Text(&v).describe())),
            },
            (CellValue::Text(v), Kind::Json) => Value::Text(json(&v)?.into()),
            (CellValue::Text(v), _) => number(kind, &v)
                .or_else(|| of_kind(kind, &v).map(ValueRef::to_value))
                .ok_or_else(|| Mismatch::new(kind, ValueRef::Text(&v).describe()))?,
        };
        kind.fit(value.as_ref()).map(ValueRef::to_value)
    }
}

/// The canonical text of JSON.
#[cfg(feature = "json")]
fn json(text: &str) -> Result<String, Mismatch> {
    let tree = serde_json::from_str(text);
    let tree = tree.map_err(|_| Mismatch::new(Kind::Json, ValueRef::Text(text).describe()))?;
    crate::value::canonical(&tree)
}

/// Without the feature `json`, no model has a column of JSON.
#[cfg(not(feature = "json"))]
fn json(text: &str) -> Result<String, Mismatch> {
    Err(Mismatch::new(Kind::Json, ValueRef::Text(text).describe()))
}

/// A number that was written as text.
fn number(kind: Kind, text: &str) -> Option<Value> {
    match kind {
        Kind::F32 | Kind::F64 => text.parse().ok().map(Value::Float),
        _ => kind.integer_range().and_then(|_| text.parse().ok()).map(Value::Int),
    }
}

fn digits(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let digit = |nibble: u8| DIGITS[nibble as usize] as char;
    bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]).collect()
}

fn from_digits(text: &str) -> Option<Vec<u8>> {
    let text = text.as_bytes();
    if !text.len().is_multiple_of(2) {
        return None;
    }
    let digit = |byte: u8| (byte as char).to_digit(16).map(|d| d as u8);
    text.chunks_exact(2).map(|pair| Some(digit(pair[0])? << 4 | digit(pair[1])?)).collect()
}

/// The same with its type beside it, for formats that don't tell types.
#[derive(Serialize, Deserialize)]
enum Tagged {
    Null,
    Bool(bool),
    Int(i64),
    Float(f64),
    Text(String),
    Bytes(Raw),
}

/// As [`Tagged`], borrowed.
#[derive(Serialize)]
#[serde(rename = "Tagged")]
enum TaggedRef<'a> {
    Null,
    Bool(bool),
    Int(i64),
    Float(f64),
    Text(&'a str),
    Bytes(RawRef<'a>),
}

struct Raw(Vec<u8>);

struct RawRef<'a>(&'a [u8]);

impl Serialize for Raw {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_bytes(&self.0)
    }
}

impl Serialize for RawRef<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_bytes(self.0)
    }
}

impl<'de> Deserialize<'de> for Raw {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Bytes;
        impl<'de> Visitor<'de> for Bytes {
            type Value = Raw;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("bytes")
            }
            fn visit_bytes<E>(self, bytes: &[u8]) -> Result<Raw, E> {
                Ok(Raw(bytes.to_owned()))
            }
            fn visit_byte_buf<E>(self, bytes: Vec<u8>) -> Result<Raw, E> {
                Ok(Raw(bytes))
            }
            fn visit_seq<A: de::SeqAccess<'de>>(self, mut seq: A) -> Result<Raw, A::Error> {
                // How long the input claims to be isn't trusted.
                let mut bytes = Vec::with_capacity(seq.size_hint().unwrap_or(0).min(4096));
                while let Some(byte) = seq.next_element()? {
                    bytes.push(byte);
                }
                Ok(Raw(bytes))
            }
        }
        deserializer.deserialize_byte_buf(Bytes)
    }
}

impl Serialize for CellValue {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if !serializer.is_human_readable() {
            let tagged = match self {
                CellValue::Null => TaggedRef::Null,
                CellValue::Bool(v) => TaggedRef::Bool(*v),
                CellValue::Int(v) => TaggedRef::Int(*v),
                CellValue::Float(v) => TaggedRef::Float(*v),
                CellValue::Text(v) => TaggedRef::Text(v),
                CellValue::Bytes(v) => TaggedRef::Bytes(RawRef(v)),
            };
            return tagged.serialize(serializer);
        }
        match self {
            CellValue::Null => serializer.serialize_unit(),
            CellValue::Bool(v) => serializer.serialize_bool(*v),
            CellValue::Int(v) if v.unsigned_abs() <= EXACT => serializer.serialize_i64(*v),
            CellValue::Int(v) => serializer.collect_str(v),
            // The shortest digits that read back as the same float; not every parser of JSON does so.
            CellValue::Float(v) => serializer.collect_str(v),
            CellValue::Text(v) => serializer.serialize_str(v),
            CellValue::Bytes(v) => serializer.serialize_str(&digits(v)),
        }
    }
}

impl<'de> Deserialize<'de> for CellValue {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        if deserializer.is_human_readable() {
            return deserializer.deserialize_any(Readable);
        }
        Ok(match Tagged::deserialize(deserializer)? {
            Tagged::Null => CellValue::Null,
            Tagged::Bool(v) => CellValue::Bool(v),
            Tagged::Int(v) => CellValue::Int(v),
            Tagged::Float(v) => CellValue::Float(v),
            Tagged::Text(v) => CellValue::Text(v),
            Tagged::Bytes(Raw(v)) => CellValue::Bytes(v),
        })
    }
}

struct Readable;

impl<'de> Visitor<'de> for Readable {
    type Value = CellValue;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("null, a bool, a number or text")
    }

    fn visit_unit<E>(self) -> Result<CellValue, E> {
        Ok(CellValue::Null)
    }

    fn visit_none<E>(self) -> Result<CellValue, E> {
        Ok(CellValue::Null)
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<CellValue, D::Error> {
        deserializer.deserialize_any(self)
    }

    fn visit_bool<E>(self, v: bool) -> Result<CellValue, E> {
        Ok(CellValue::Bool(v))
    }

    fn visit_i64<E>(self, v: i64) -> Result<CellValue, E> {
        Ok(CellValue::Int(v))
    }

    fn visit_u64<E: de::Error>(self, v: u64) -> Result<CellValue, E> {
        i64::try_from(v).map(CellValue::Int).map_err(|_| E::custom(format!("the integer {v} is too large")))
    }

    fn visit_f64<E>(self, v: f64) -> Result<CellValue, E> {
        Ok(CellValue::Float(v))
    }

    fn visit_str<E>(self, v: &str) -> Result<CellValue, E> {
        Ok(CellValue::Text(v.to_owned()))
    }

    fn visit_string<E>(self, v: String) -> Result<CellValue, E> {
        Ok(CellValue::Text(v))
    }

    fn visit_bytes<E>(self, v: &[u8]) -> Result<CellValue, E> {
        Ok(CellValue::Bytes(v.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::value::Date;

    #[test]
    fn values_are_read_as_their_columns_want_them() {
        let date: Date = "2024-02-29".parse().unwrap();
        for (value, kind) in [
            (Value::Null, Kind::Text),
            (Value::Bool(true), Kind::Bool),
            (Value::Int(i64::MIN), Kind::I64),
            (Value::Float(0.1), Kind::F64),
            (Value::Text("12".into()), Kind::Text),
            (Value::Text("18446744073709551615".into()), Kind::Wide),
            (Value::Bytes([0, 255, 16].into()), Kind::Bytes),
            (Value::Uuid([7; 16]), Kind::Uuid),
            (Value::Date(date), Kind::Date),
            (Value::Decimal(Decimal::new(-1250, 2)), Kind::Decimal(2)),
        ] {
            let json = serde_json::to_string(&CellValue::of(value.as_ref())).unwrap();
            let back: CellValue = serde_json::from_str(&json).unwrap();
            assert_eq!(back.read(kind), Ok(value.clone()), "{json}");
            assert_eq!(CellValue::of(value.as_ref()).read(kind), Ok(value));
        }
    }

    #[test]
    fn nothing_is_lost_in_json() {
        let json = |value| serde_json::to_string(&CellValue::of(value)).unwrap();
        assert_eq!(json(ValueRef::Int(1 << 53)), "9007199254740992");
        assert_eq!(json(ValueRef::Int((1 << 53) + 1)), "\"9007199254740993\"");
        assert_eq!(json(ValueRef::Float(0.1)), "\"0.1\"");
        assert_eq!(json(ValueRef::Bytes(&[1, 171])), "\"01ab\"");
    }

    #[test]
    fn what_does_not_fit_is_refused() {
        let text = |text: &str| CellValue::Text(text.to_owned());
        for (value, kind) in [
            (text("x"), Kind::I64),
            (text("256"), Kind::U8),
            (text("nan"), Kind::F64),
            (text("abc"), Kind::Bytes),
            (text("gg"), Kind::Bytes),
            (text("ää"), Kind::Bytes),
            (text("18446744073709551616"), Kind::Wide),
            (text("2023-02-29"), Kind::Date),
            (text("1.005"), Kind::Decimal(2)),
            (CellValue::Int(1), Kind::Text),
            (CellValue::Float(f64::NAN), Kind::F64),
            (CellValue::Bytes(vec![0; 15]), Kind::Uuid),
        ] {
            assert!(value.clone().read(kind).is_err(), "{value:?}");
        }
        for wrong in ["[]", "{}", "18446744073709551615"] {
            assert!(serde_json::from_str::<CellValue>(wrong).is_err(), "{wrong}");
        }
    }
}
