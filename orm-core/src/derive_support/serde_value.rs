//! Column values through serde, in the form that a save takes them.

use crate::model::schema::FieldSchema;
use crate::normalize::read_value;
use crate::value::{FieldType, Kind, ValueRef, keys, parse_wide};
use serde::de::{DeserializeSeed, Deserializer, Error as _};
use serde::ser::{Error as _, Serialize, Serializer};

/// A value of a column, to be serialized.
pub(super) struct Plain<'a> {
    pub(super) kind: Kind,
    /// The kind of the keys of a list of keys.
    pub(super) list: Option<Kind>,
    pub(super) value: ValueRef<'a>,
}

impl Serialize for Plain<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.value {
            ValueRef::Null => serializer.serialize_none(),
            ValueRef::Bool(v) => serializer.serialize_bool(v),
            ValueRef::Int(v) => serializer.serialize_i64(v),
            ValueRef::Float(v) if self.kind == Kind::F32 => serializer.serialize_f32(v as f32),
            ValueRef::Float(v) => serializer.serialize_f64(v),
            ValueRef::Text(text) if let Some(kind) = self.list => {
                let keys = keys::list(text, kind);
                serializer.collect_seq(keys.iter().map(|key| Plain { kind, list: None, value: key.as_ref() }))
            }
            #[cfg(feature = "json")]
            ValueRef::Text(text) if self.kind == Kind::Json => {
                let tree: serde_json::Value = serde_json::from_str(text).map_err(S::Error::custom)?;
                tree.serialize(serializer)
            }
            ValueRef::Text(text) if self.kind == Kind::Wide => match parse_wide(text) {
                Some(v) => serializer.serialize_u64(v),
                None => Err(S::Error::custom("a number that isn't one")),
            },
            ValueRef::Wide(v) => serializer.serialize_u64(v),
            ValueRef::Text(v) => serializer.serialize_str(v),
            ValueRef::Bytes(v) => serializer.serialize_bytes(v),
            ValueRef::Uuid(v) if !serializer.is_human_readable() => serializer.serialize_bytes(&v),
            // These are written as they are shown.
            ValueRef::Uuid(_) => serializer.collect_str(&format_args!("{:?}", self.value)),
            ValueRef::Date(v) => serializer.collect_str(&v),
            ValueRef::Time(v) => serializer.collect_str(&v),
            ValueRef::DateTime(v) => serializer.collect_str(&v),
            ValueRef::Timestamp(v) => serializer.collect_str(&v),
            ValueRef::Decimal(v) => serializer.collect_str(&v),
            ValueRef::Json(v) => {
                let text = v.text().map_err(S::Error::custom)?;
                Plain { kind: self.kind, list: None, value: ValueRef::Text(&text) }.serialize(serializer)
            }
        }
    }
}

/// Serializes a field's value in the form that is stored.
///
/// # Errors
/// Those of the serializer, and that of a value that can't be stored.
pub fn serialize_value<T: FieldType, S: Serializer>(value: &T, serializer: S) -> Result<S::Ok, S::Error> {
    let value = value.to_value().map_err(S::Error::custom)?;
    Plain { kind: T::KIND, list: T::LIST, value }.serialize(serializer)
}

/// Deserializes a field's value from the form that is stored.
///
/// # Errors
/// Those of the deserializer, and that of a value that the type doesn't have.
pub fn deserialize_value<'de, T: FieldType, D: Deserializer<'de>>(deserializer: D) -> Result<T, D::Error> {
    let field = FieldSchema { kind: T::KIND, nullable: T::NULLABLE, list: T::LIST, ..FieldSchema::BASE };
    let value = read_value(&field).deserialize(deserializer)?.map_err(D::Error::custom)?;
    T::from_value(value.as_ref()).map_err(D::Error::custom)
}
