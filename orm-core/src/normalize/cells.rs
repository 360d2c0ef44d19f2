//! One cell from serialized input: the value's type decides how it reads as the column's kind.

use super::listed;
use crate::model::schema::{EntitySchema, FieldSchema};
use crate::value::{Decimal, Intake, KeyValues, Kind, Mismatch, Value, ValueRef};
use serde::de::{self, Deserializer, SeqAccess, Visitor};
use std::fmt;

/// Reads a value for a column and hands it to `take`.
pub(super) struct CellSeed<'f, F> {
    pub(super) field: &'f FieldSchema,
    pub(super) take: F,
}

/// What the input had for a cell: a value that may fit, or what it was instead.
pub(crate) type Found<'v> = Result<ValueRef<'v>, Mismatch>;

impl<'de, F: FnOnce(Found<'_>)> de::DeserializeSeed<'de> for CellSeed<'_, F> {
    type Value = ();
    #[inline]
    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

/// Text as a value of the column's kind.
fn from_text<'v>(field: &FieldSchema, text: &'v str) -> Found<'v> {
    match of_kind(field.kind, text) {
        // What isn't the type's own text may be cast.
        None if casts(field) => Ok(ValueRef::Text(text)),
        None => Err(hinted(
            field,
            ValueRef::Text(text),
            Mismatch::new(field.kind, ValueRef::Text(text).describe()),
        )),
        Some(value) => Ok(value),
    }
}

/// Says of a value that doesn't fit where `#[field(cast)]` would convert it.
#[cold]
pub(super) fn hinted(field: &FieldSchema, value: ValueRef<'_>, mut mismatch: Mismatch) -> Mismatch {
    if !casts(field) && Intake::would_cast(field.kind, field.nullable, value) {
        mismatch.found.push_str(" (which `#[field(cast)]` would convert)");
    }
    mismatch
}

/// Text as a value of a kind, if it is one.
pub(crate) fn of_kind(kind: Kind, text: &str) -> Option<ValueRef<'_>> {
    match kind {
        Kind::Text => Some(ValueRef::Text(text)),
        Kind::Uuid => parse_uuid(text).map(ValueRef::Uuid),
        Kind::Date => text.parse().ok().map(ValueRef::Date),
        Kind::Time => text.parse().ok().map(ValueRef::Time),
        Kind::DateTime => text.parse().ok().map(ValueRef::DateTime),
        Kind::Timestamp => text.parse().ok().map(ValueRef::Timestamp),
        Kind::Decimal(_) => text.parse().ok().map(ValueRef::Decimal),
        _ => None,
    }
}

fn casts(field: &FieldSchema) -> bool {
    field.intake.is_some_and(|intake| intake.casts())
}

/// `xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx`, or 32 digits.
pub(crate) fn parse_uuid(text: &str) -> Option<[u8; 16]> {
    let bytes = text.as_bytes();
    let dashed = bytes.len() == 36 && [8, 13, 18, 23].iter().all(|&i| bytes[i] == b'-');
    if !dashed && bytes.len() != 32 {
        return None;
    }
    let mut out = [0; 16];
    let mut digits = bytes.iter().enumerate().filter(|&(i, _)| !(dashed && matches!(i, 8 | 13 | 18 | 23)));
    for byte in &mut out {
        for _ in 0..2 {
            let digit = (*digits.next()?.1 as char).to_digit(16)?;
            *byte = *byte << 4 | digit as u8;
        }
    }
    Some(out)
}

impl<'de, F: FnOnce(Found<'_>)> Visitor<'de> for CellSeed<'_, F> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.field.kind.describe())
    }

    fn visit_bool<E>(self, v: bool) -> Result<(), E> {
        (self.take)(Ok(ValueRef::Bool(v)));
        Ok(())
    }

    #[inline]
    fn visit_i64<E>(self, v: i64) -> Result<(), E> {
        (self.take)(Ok(ValueRef::Int(v)));
        Ok(())
    }

    #[inline]
    fn visit_u64<E>(self, v: u64) -> Result<(), E> {
        let kind = self.field.kind;
        let text;
        (self.take)(match i64::try_from(v) {
            Ok(v) => Ok(ValueRef::Int(v)),
            Err(_) if matches!(kind, Kind::F32 | Kind::F64) => Ok(ValueRef::Float(v as f64)),
            Err(_) if kind == Kind::Wide => Ok(ValueRef::Wide(v)),
            Err(_) if kind == Kind::Text && casts(self.field) => {
                text = v.to_string();
                Ok(ValueRef::Text(&text))
            }
            Err(_) => Err(Mismatch::new(kind, format!("integer {v}"))),
        });
        Ok(())
    }

    fn visit_i128<E>(self, v: i128) -> Result<(), E> {
        (self.take)(i64::try_from(v).map_or_else(
            |_| Err(Mismatch::new(self.field.kind, format!("integer {v}"))),
            |v| Ok(ValueRef::Int(v)),
        ));
        Ok(())
    }

    fn visit_u128<E>(self, v: u128) -> Result<(), E> {
        (self.take)(i64::try_from(v).map_or_else(
            |_| Err(Mismatch::new(self.field.kind, format!("integer {v}"))),
            |v| Ok(ValueRef::Int(v)),
        ));
        Ok(())
    }

    fn visit_f64<E>(self, v: f64) -> Result<(), E> {
        let kind = self.field.kind;
        (self.take)(match kind {
            Kind::Decimal(_) => Decimal::from_f64(v)
                .map(ValueRef::Decimal)
                .map_err(|_| Mismatch::new(kind, format!("float {v}"))),
            _ => Ok(ValueRef::Float(v)),
        });
        Ok(())
    }

    #[inline]
    fn visit_str<E>(self, v: &str) -> Result<(), E> {
        (self.take)(match self.field.list {
            None => from_text(self.field, v),
            Some(kind) => listed::from_text(kind, v),
        });
        Ok(())
    }

    fn visit_bytes<E>(self, v: &[u8]) -> Result<(), E> {
        let kind = self.field.kind;
        (self.take)(match (kind, <[u8; 16]>::try_from(v)) {
            (Kind::Uuid, Ok(uuid)) => Ok(ValueRef::Uuid(uuid)),
            _ => Ok(ValueRef::Bytes(v)),
        });
        Ok(())
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        (self.take)(Ok(ValueRef::Null));
        Ok(())
    }

    fn visit_none<E: de::Error>(self) -> Result<(), E> {
        self.visit_unit()
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }

    fn visit_newtype_struct<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<(), A::Error> {
        if let Some(kind) = self.field.list {
            let text = listed::text(kind, seq)?;
            (self.take)(text.as_deref().map(ValueRef::Text).map_err(Clone::clone));
            return Ok(());
        }
        if self.field.kind != Kind::Bytes {
            while seq.next_element::<de::IgnoredAny>()?.is_some() {}
            (self.take)(Err(Mismatch::new(self.field.kind, "a list")));
            return Ok(());
        }
        // How long the input claims to be isn't trusted.
        let mut bytes = Vec::with_capacity(seq.size_hint().unwrap_or(0).min(4096));
        while let Some(byte) = seq.next_element::<u8>()? {
            bytes.push(byte);
        }
        (self.take)(Ok(ValueRef::Bytes(&bytes)));
        Ok(())
    }

    fn visit_map<A: de::MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while map.next_entry::<de::IgnoredAny, de::IgnoredAny>()?.is_some() {}
        (self.take)(Err(Mismatch::new(self.field.kind, "an object")));
        Ok(())
    }
}

/// A key that was given, as the target's key columns take it.
pub(super) fn taken(target: &EntitySchema, key: KeyValues) -> Result<KeyValues, Mismatch> {
    if target.key.iter().all(|&column| target.field(column).intake.is_none()) {
        return Ok(key);
    }
    let parts = target.key.iter().zip(key.iter());
    let parts: Result<_, _> = parts.map(|(&column, part)| owned(target.field(column), Ok(part))).collect();
    Ok(KeyValues::many(parts?))
}

/// A value for a key, owned, as a relation that is given by key has it.
pub(super) fn owned(field: &FieldSchema, found: Found<'_>) -> Result<Value, Mismatch> {
    let kind = field.kind;
    let value = match &field.intake {
        Some(intake) => intake.take(kind, false, found?)?,
        None => kind.fit(found?)?.to_value(),
    };
    if value.is_null() { Err(Mismatch::new(kind, "null")) } else { Ok(value) }
}

/// Reads a value for a column, owned: what [`Gather::set`](super::Gather::set) would do more than read
/// it, a save of the record does.
pub(crate) fn read_value(field: &FieldSchema) -> OwnedSeed<'_> {
    OwnedSeed(field)
}

pub(crate) struct OwnedSeed<'f>(&'f FieldSchema);

impl<'de> de::DeserializeSeed<'de> for OwnedSeed<'_> {
    type Value = Result<Value, Mismatch>;
    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        let field = self.0;
        #[cfg(feature = "json")]
        if field.kind == Kind::Json {
            use crate::value::{DEEPEST, canonical};
            let seed = super::json::JsonSeed { depth: DEEPEST, too_deep: &mut false };
            let tree = seed.deserialize(deserializer)?;
            return Ok(match tree.is_null() && field.nullable {
                true => Ok(Value::Null),
                false => canonical(&tree).map(|text| Value::Text(text.into())),
            });
        }
        let mut read = Err(Mismatch::new(field.kind, "nothing"));
        let take = |found: Found<'_>| {
            read = found.and_then(|value| match &field.intake {
                Some(intake) => intake.read(field.kind, field.nullable, value),
                None => field.kind.fit(value).map(ValueRef::to_value),
            });
        };
        CellSeed { field, take }.deserialize(deserializer)?;
        Ok(match read {
            Ok(Value::Null) if !field.nullable => Err(Mismatch::new(field.kind, "null")),
            read => read,
        })
    }
}
