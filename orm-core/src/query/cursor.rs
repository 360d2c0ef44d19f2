//! Places in an ordered result, as opaque text.

use crate::error::{Error, Result};
use crate::value::{Date, DateTime, Decimal, Time, Timestamp, Value};
use serde::de::{self, Deserialize, Deserializer};
use serde::ser::{Serialize, Serializer};
use std::fmt;
use std::str::FromStr;

/// A place in an ordered result, between two records: what [`Page`](super::Page) answers, to ask for the
/// next or the previous one.
///
/// As text it is made of letters, digits, `-` and `_`, so that it goes into a URL as it is; it is written
/// and read by `Display`, `FromStr` and serde. It holds the values of the columns that the result is
/// ordered by, readable to whoever takes the trouble: don't order by what the reader mustn't know. It fits
/// any query of the same model with the same order, whatever its filter. Text from outside may be
/// anything: what is no cursor, or one of another order, is [`Error::Cursor`].
#[derive(Debug, Clone, PartialEq)]
pub struct Cursor {
    /// Tells models and orders apart.
    pub(super) order: Fingerprint,
    /// Whether the record at the place itself is on both sides of it.
    pub(super) including: bool,
    /// The values of the columns of the order at the place.
    pub(super) values: Vec<Value>,
}

/// Why a cursor can't be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CursorFault {
    /// The text is no cursor, or only a part of one.
    #[error("this is no cursor: {0}")]
    Malformed(&'static str),
    /// It was written by another version of this library, in another form.
    #[error("this cursor is of version {0}, which is not known here: begin at the first page again")]
    Version(u8),
    /// It is a place among the records of another model.
    #[error(
        "this cursor is of another model than this query of `{0}`: take cursors from pages of the same query"
    )]
    OtherModel(&'static str),
    /// It is a place in another order of the same model.
    #[error(
        "this cursor is of another order than this query of `{0}`: ask with the `order_by` of the page that it is \
         from, or begin at the first page again"
    )]
    OtherOrder(&'static str),
}

impl From<CursorFault> for Error {
    fn from(fault: CursorFault) -> Self {
        Error::Cursor(fault)
    }
}

/// Of which model and order a cursor is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Fingerprint {
    pub(super) model: u32,
    pub(super) terms: u32,
}

/// The format; another one will have another number.
const VERSION: u8 = 1;
/// More columns than any order has.
const MOST_VALUES: usize = 64;

impl fmt::Display for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut bytes = vec![VERSION, u8::from(self.including)];
        bytes.extend_from_slice(&self.order.model.to_le_bytes());
        bytes.extend_from_slice(&self.order.terms.to_le_bytes());
        self.values.iter().for_each(|value| write_value(&mut bytes, value));
        f.write_str(&encode(&bytes))
    }
}

impl FromStr for Cursor {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let bytes = decode(text).ok_or_else(|| damaged("it has other characters, or is cut off"))?;
        let mut rest = Bytes(&bytes);
        let [version, including] = rest.array().ok_or_else(|| damaged("it is too short"))?;
        if version != VERSION {
            return Err(CursorFault::Version(version).into());
        }
        if including > 1 {
            return Err(damaged("it has unknown parts"));
        }
        let mut part = || rest.array().map(u32::from_le_bytes).ok_or_else(|| damaged("it is too short"));
        let order = Fingerprint { model: part()?, terms: part()? };
        let mut values = Vec::new();
        while !rest.0.is_empty() {
            if values.len() == MOST_VALUES {
                return Err(damaged("it has too many values"));
            }
            values.push(read_value(&mut rest).ok_or_else(|| damaged("a value in it is damaged"))?);
        }
        Ok(Self { order, including: including == 1, values })
    }
}

impl Serialize for Cursor {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Cursor {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> std::result::Result<Self, D::Error> {
        struct Text;
        impl de::Visitor<'_> for Text {
            type Value = Cursor;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a cursor, as text")
            }
            fn visit_str<E: de::Error>(self, text: &str) -> std::result::Result<Cursor, E> {
                text.parse().map_err(E::custom)
            }
        }
        deserializer.deserialize_str(Text)
    }
}

fn damaged(why: &'static str) -> Error {
    CursorFault::Malformed(why).into()
}

/// What is left to read.
struct Bytes<'a>(&'a [u8]);

impl<'a> Bytes<'a> {
    fn array<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (head, rest) = self.0.split_first_chunk()?;
        self.0 = rest;
        Some(*head)
    }

    fn int(&mut self) -> Option<i64> {
        self.array().map(i64::from_le_bytes)
    }

    /// Bytes after their number.
    fn counted(&mut self) -> Option<&'a [u8]> {
        let length = usize::try_from(u32::from_le_bytes(self.array()?)).ok()?;
        let (head, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        Some(head)
    }
}

fn write_value(out: &mut Vec<u8>, value: &Value) {
    let mut int = |tag: u8, value: i64| {
        out.push(tag);
        out.extend_from_slice(&value.to_le_bytes());
    };
    match value {
        Value::Null => out.push(0),
        Value::Bool(v) => out.extend_from_slice(&[1, u8::from(*v)]),
        Value::Int(v) => int(2, *v),
        Value::Float(v) => int(3, v.to_bits().cast_signed()),
        Value::Text(v) => write_bytes(out, 4, v.as_bytes()),
        Value::Bytes(v) => write_bytes(out, 5, v),
        Value::Uuid(v) => {
            out.push(6);
            out.extend_from_slice(v);
        }
        Value::Date(v) => int(7, i64::from(v.days())),
        Value::Time(v) => int(8, v.micros()),
        Value::DateTime(v) => int(9, v.micros()),
        Value::Timestamp(v) => int(10, v.micros()),
        Value::Decimal(v) => {
            int(11, v.units());
            out.push(v.scale());
        }
    }
}

fn write_bytes(out: &mut Vec<u8>, tag: u8, bytes: &[u8]) {
    // A column's text is far below 4 GiB, the bound of a whole result's.
    let length = u32::try_from(bytes.len()).unwrap_or(u32::MAX);
    out.push(tag);
    out.extend_from_slice(&length.to_le_bytes());
    out.extend_from_slice(&bytes[..length as usize]);
}

fn read_value(rest: &mut Bytes<'_>) -> Option<Value> {
    let [tag] = rest.array()?;
    Some(match tag {
        0 => Value::Null,
        1 => Value::Bool(match rest.array()? {
            [0] => false,
            [1] => true,
            _ => return None,
        }),
        2 => Value::Int(rest.int()?),
        3 => Value::Float(Some(f64::from_bits(rest.int()?.cast_unsigned())).filter(|x| x.is_finite())?),
        4 => Value::Text(std::str::from_utf8(rest.counted()?).ok()?.into()),
        5 => Value::Bytes(rest.counted()?.into()),
        6 => Value::Uuid(rest.array()?),
        7 => {
            Value::Date(Some(Date::from_days(i32::try_from(rest.int()?).ok()?)).filter(|v| v.is_storable())?)
        }
        8 => Value::Time(Some(Time::from_micros(rest.int()?)).filter(|v| v.is_storable())?),
        9 => Value::DateTime(Some(DateTime::from_micros(rest.int()?)).filter(|v| v.is_storable())?),
        10 => Value::Timestamp(Some(Timestamp::from_micros(rest.int()?)).filter(|v| v.is_storable())?),
        11 => {
            let units = rest.int()?;
            let [scale] = rest.array()?;
            Value::Decimal(Some(Decimal::new(units, scale)).filter(|v| v.scale() == scale)?)
        }
        _ => return None,
    })
}

const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/// Base64 for URLs, without padding.
fn encode(bytes: &[u8]) -> String {
    let mut out = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for chunk in bytes.chunks(3) {
        let group =
            chunk.iter().fold(0_u32, |group, byte| group << 8 | u32::from(*byte)) << (8 * (3 - chunk.len()));
        for digit in 0..=chunk.len() {
            let six = group >> (18 - 6 * digit) & 63;
            out.push(char::from(DIGITS[six as usize]));
        }
    }
    out
}

/// The inverse of [`encode`]; `None` for what that never writes.
fn decode(text: &str) -> Option<Vec<u8>> {
    let mut out = Vec::with_capacity(text.len() / 4 * 3 + 2);
    for chunk in text.as_bytes().chunks(4) {
        let mut group = 0_u32;
        for byte in chunk {
            let six = match byte {
                b'A'..=b'Z' => byte - b'A',
                b'a'..=b'z' => byte - b'a' + 26,
                b'0'..=b'9' => byte - b'0' + 52,
                b'-' => 62,
                b'_' => 63,
                _ => return None,
            };
            group = group << 6 | u32::from(six);
        }
        group <<= 6 * (4 - chunk.len());
        let [_, bytes @ ..] = group.to_be_bytes();
        let (used, unused) = bytes.split_at(chunk.len().checked_sub(1)?);
        if used.is_empty() || unused.iter().any(|byte| *byte != 0) {
            return None;
        }
        out.extend_from_slice(used);
    }
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cursor() -> Cursor {
        Cursor {
            order: Fingerprint { model: 0x0123_4567, terms: 0x89ab_cdef },
            including: true,
            values: vec![
                Value::Null,
                Value::Bool(true),
                Value::Int(i64::MIN),
                Value::Float(-0.5),
                Value::Text("a\0ä".into()),
                Value::Bytes([255, 0].into()),
                Value::Uuid([7; 16]),
                Value::Date(Date::from_days(1)),
                Value::Time(Time::from_micros(2)),
                Value::DateTime(DateTime::from_micros(-3)),
                Value::Timestamp(Timestamp::from_micros(4)),
                Value::Decimal(Decimal::new(-5, 6)),
            ],
        }
    }

    #[test]
    fn every_value_comes_back() {
        let cursor = cursor();
        let text = cursor.to_string();
        assert!(text.bytes().all(|b| DIGITS.contains(&b)), "{text}");
        assert_eq!(text.parse::<Cursor>().unwrap(), cursor);
    }

    #[test]
    fn base64_is_that_of_others() {
        for (plain, text) in [("", ""), ("f", "Zg"), ("fo", "Zm8"), ("foo", "Zm9v"), ("foob", "Zm9vYg")] {
            assert_eq!(encode(plain.as_bytes()), text);
            assert_eq!(decode(text).as_deref(), Some(plain.as_bytes()));
        }
        assert_eq!(encode(&[0xfb, 0xff]), "-_8");
        // Another text for the same bytes, a lone digit, padding, other characters.
        for wrong in ["Zh", "Z", "Zg==", "Zg\n", "+/8", "ä"] {
            assert_eq!(decode(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn what_is_damaged_is_refused() {
        let text = cursor().to_string();
        for length in 0..text.len() {
            // A cut between two values leaves a cursor of fewer, which its order then refuses.
            if let Ok(cut) = text[..length].parse::<Cursor>() {
                assert!(cut.values.len() < 12);
            }
        }
        let bytes = decode(&text).unwrap();
        for at in 0..bytes.len() {
            for flip in 1..=255_u8 {
                let mut bytes = bytes.clone();
                bytes[at] ^= flip;
                match encode(&bytes).parse::<Cursor>() {
                    Ok(other) => assert_ne!(other, cursor()),
                    Err(error) => assert!(matches!(error, Error::Cursor(_))),
                }
            }
        }
        // A length beyond the end.
        let mut long = vec![VERSION, 0, 0, 0, 0, 0, 0, 0, 0, 0, 4];
        long.extend_from_slice(&u32::MAX.to_le_bytes());
        assert!(encode(&long).parse::<Cursor>().is_err());
        let mut many = vec![VERSION, 0];
        many.extend_from_slice(&[0; 8 + MOST_VALUES + 1]);
        assert!(encode(&many).parse::<Cursor>().is_err());
    }
}
