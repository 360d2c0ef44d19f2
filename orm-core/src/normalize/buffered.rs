//! A value of the input that is kept until it is known what it is.
//!
//! Only a relation to one of several models asks for this, and only where the member that says which
//! model it is comes after the record.

use serde::de::value::{MapDeserializer, SeqDeserializer};
use serde::de::{DeserializeSeed, Deserializer, Error, IntoDeserializer, MapAccess, SeqAccess, Visitor};
use serde::forward_to_deserialize_any;
use std::fmt;
use std::marker::PhantomData;

/// Any value.
#[derive(Debug)]
pub(super) enum Buffered {
    Null,
    Bool(bool),
    Int(i64),
    Unsigned(u64),
    Wide(i128),
    WideUnsigned(u128),
    Float(f64),
    Text(String),
    Bytes(Vec<u8>),
    List(Vec<Buffered>),
    Map(Vec<(Buffered, Buffered)>),
}

impl Buffered {
    pub(super) fn is_null(&self) -> bool {
        matches!(self, Buffered::Null)
    }

    /// The value as a deserializer with errors of type `E`.
    pub(super) fn replay<E>(self) -> Replay<E> {
        Replay(self, PhantomData)
    }
}

/// Keeps a value; containers nest no deeper than `left`.
pub(super) struct BufferSeed<'b> {
    pub(super) left: usize,
    /// Whether they would have.
    pub(super) too_deep: &'b mut bool,
}

impl BufferSeed<'_> {
    fn inner<E: Error>(&mut self) -> Result<BufferSeed<'_>, E> {
        match self.left.checked_sub(1) {
            Some(left) => Ok(BufferSeed { left, too_deep: self.too_deep }),
            None => {
                *self.too_deep = true;
                Err(E::custom("the input nests too deeply"))
            }
        }
    }
}

impl<'de> DeserializeSeed<'de> for BufferSeed<'_> {
    type Value = Buffered;
    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Buffered, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for BufferSeed<'_> {
    type Value = Buffered;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any value")
    }

    fn visit_unit<E>(self) -> Result<Buffered, E> {
        Ok(Buffered::Null)
    }

    fn visit_none<E>(self) -> Result<Buffered, E> {
        Ok(Buffered::Null)
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Buffered, D::Error> {
        deserializer.deserialize_any(self)
    }

    fn visit_newtype_struct<D: Deserializer<'de>>(self, deserializer: D) -> Result<Buffered, D::Error> {
        deserializer.deserialize_any(self)
    }

    fn visit_bool<E>(self, v: bool) -> Result<Buffered, E> {
        Ok(Buffered::Bool(v))
    }

    fn visit_i64<E>(self, v: i64) -> Result<Buffered, E> {
        Ok(Buffered::Int(v))
    }

    fn visit_u64<E>(self, v: u64) -> Result<Buffered, E> {
        Ok(Buffered::Unsigned(v))
    }

    fn visit_i128<E>(self, v: i128) -> Result<Buffered, E> {
        Ok(Buffered::Wide(v))
    }

    fn visit_u128<E>(self, v: u128) -> Result<Buffered, E> {
        Ok(Buffered::WideUnsigned(v))
    }

    fn visit_f64<E>(self, v: f64) -> Result<Buffered, E> {
        Ok(Buffered::Float(v))
    }

    fn visit_str<E>(self, v: &str) -> Result<Buffered, E> {
        Ok(Buffered::Text(v.to_owned()))
    }

    fn visit_string<E>(self, v: String) -> Result<Buffered, E> {
        Ok(Buffered::Text(v))
    }

    fn visit_bytes<E>(self, v: &[u8]) -> Result<Buffered, E> {
        Ok(Buffered::Bytes(v.to_vec()))
    }

    fn visit_seq<A: SeqAccess<'de>>(mut self, mut seq: A) -> Result<Buffered, A::Error> {
        let mut list = Vec::new();
        while let Some(item) = seq.next_element_seed(self.inner()?)? {
            list.push(item);
        }
        Ok(Buffered::List(list))
    }

    fn visit_map<A: MapAccess<'de>>(mut self, mut map: A) -> Result<Buffered, A::Error> {
        let mut members = Vec::new();
        while let Some(name) = map.next_key_seed(self.inner()?)? {
            members.push((name, map.next_value_seed(self.inner()?)?));
        }
        Ok(Buffered::Map(members))
    }
}

/// Hands a kept value out again.
pub(super) struct Replay<E>(Buffered, PhantomData<fn() -> E>);

impl<'de, E: Error> IntoDeserializer<'de, E> for Buffered {
    type Deserializer = Replay<E>;
    fn into_deserializer(self) -> Replay<E> {
        self.replay()
    }
}

impl<'de, E: Error> Deserializer<'de> for Replay<E> {
    type Error = E;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, E> {
        match self.0 {
            Buffered::Null => visitor.visit_unit(),
            Buffered::Bool(v) => visitor.visit_bool(v),
            Buffered::Int(v) => visitor.visit_i64(v),
            Buffered::Unsigned(v) => visitor.visit_u64(v),
            Buffered::Wide(v) => visitor.visit_i128(v),
            Buffered::WideUnsigned(v) => visitor.visit_u128(v),
            Buffered::Float(v) => visitor.visit_f64(v),
            Buffered::Text(v) => visitor.visit_string(v),
            Buffered::Bytes(v) => visitor.visit_byte_buf(v),
            Buffered::List(list) => visitor.visit_seq(SeqDeserializer::new(list.into_iter())),
            Buffered::Map(members) => visitor.visit_map(MapDeserializer::new(members.into_iter())),
        }
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option unit
        unit_struct newtype_struct seq tuple tuple_struct map struct enum identifier ignored_any
    }
}
