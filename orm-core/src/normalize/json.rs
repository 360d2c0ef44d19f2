//! JSON in a column: whatever stands there is taken as a tree of bounded depth.

use serde::de::{self, DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::{Number, Value as Tree};
use std::fmt;

/// Reads any value; `too_deep` tells why it failed where that was the depth.
pub(super) struct JsonSeed<'a> {
    /// How many containers may still be opened.
    pub(super) depth: usize,
    pub(super) too_deep: &'a mut bool,
}

impl<'a> JsonSeed<'a> {
    fn inner<E: de::Error>(self) -> Result<JsonSeed<'a>, E> {
        match self.depth.checked_sub(1) {
            Some(depth) => Ok(JsonSeed { depth, too_deep: self.too_deep }),
            None => {
                *self.too_deep = true;
                Err(E::custom("nested too deep"))
            }
        }
    }
}

impl<'de> DeserializeSeed<'de> for JsonSeed<'_> {
    type Value = Tree;
    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Tree, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for JsonSeed<'_> {
    type Value = Tree;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_bool<E>(self, v: bool) -> Result<Tree, E> {
        Ok(Tree::Bool(v))
    }

    fn visit_i64<E>(self, v: i64) -> Result<Tree, E> {
        Ok(v.into())
    }

    fn visit_u64<E>(self, v: u64) -> Result<Tree, E> {
        Ok(v.into())
    }

    fn visit_f64<E: de::Error>(self, v: f64) -> Result<Tree, E> {
        Number::from_f64(v).map(Tree::Number).ok_or_else(|| E::custom(format!("JSON has no number {v}")))
    }

    fn visit_str<E>(self, v: &str) -> Result<Tree, E> {
        Ok(v.into())
    }

    fn visit_string<E>(self, v: String) -> Result<Tree, E> {
        Ok(v.into())
    }

    fn visit_unit<E>(self) -> Result<Tree, E> {
        Ok(Tree::Null)
    }

    fn visit_none<E>(self) -> Result<Tree, E> {
        Ok(Tree::Null)
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Tree, D::Error> {
        deserializer.deserialize_any(self)
    }

    fn visit_newtype_struct<D: Deserializer<'de>>(self, deserializer: D) -> Result<Tree, D::Error> {
        deserializer.deserialize_any(self)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Tree, A::Error> {
        let JsonSeed { depth, too_deep } = self.inner()?;
        let mut items = Vec::new();
        while let Some(item) = seq.next_element_seed(JsonSeed { depth, too_deep: &mut *too_deep })? {
            items.push(item);
        }
        Ok(Tree::Array(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Tree, A::Error> {
        let JsonSeed { depth, too_deep } = self.inner()?;
        let mut members = serde_json::Map::new();
        while let Some(name) = map.next_key::<String>()? {
            members.insert(name, map.next_value_seed(JsonSeed { depth, too_deep: &mut *too_deep })?);
        }
        Ok(Tree::Object(members))
    }
}
