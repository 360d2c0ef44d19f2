//! Embedded structs in serialized input: an object whose members are columns of the record around it.

use super::column::column;
use super::gather::Gather;
use super::stream::fail;
use crate::error::Error;
use crate::model::schema::{EmbedSchema, EntitySchema};
use crate::value::{Mismatch, Value, ValueRef};
use serde::de::{self, DeserializeSeed, Deserializer, IgnoredAny, MapAccess, Visitor};
use std::fmt;

/// Reads the object of an embedded struct into the columns of a row.
pub(super) struct EmbedSeed<'g> {
    pub(super) gather: &'g mut Gather,
    pub(super) place: (u32, u32),
    pub(super) embed: &'static EmbedSchema,
    /// How deep the object itself is.
    pub(super) depth: usize,
}

impl EmbedSeed<'_> {
    fn refuse<E: de::Error>(self, found: &str) -> E {
        let at = self.path();
        let expected = format!("an object of `{}`", self.embed.model);
        fail(self.gather, Error::WrongType { at, mismatch: Mismatch { expected, found: found.to_owned() } })
    }

    fn path(&self) -> String {
        format!("{}.{}", self.gather.path(self.place.0, self.place.1), self.embed.name)
    }

    fn entity(&self) -> &'static EntitySchema {
        self.gather.group(self.place.0).entity()
    }

    fn columns(&self) -> std::ops::Range<usize> {
        self.embed.first..self.embed.first + self.embed.fields.len()
    }

    /// Where an object stands for the whole struct, gives what it doesn't say its default.
    fn complete<E: de::Error>(&mut self, given: &[bool]) -> Result<(), E> {
        let (group, row) = self.place;
        for ((column, field), given) in self.columns().zip(self.embed.fields).zip(given) {
            let set = match (given, field.filler()) {
                // An input may give a member twice; what counts is what is there in the end.
                (true, _)
                    if field.nullable || self.gather.group(group).rows.has_value(row as usize, column) =>
                {
                    Ok(())
                }
                (true, _) => {
                    let at = self.gather.field_path(group, row, column);
                    Err(Error::WrongType { at, mismatch: Mismatch::new(field.kind, "null") })
                }
                (false, Some(filler)) => self.gather.set(group, row, column, filler.as_ref()),
                (false, None) => {
                    let at = self.gather.field_path(group, row, column);
                    Err(Error::MissingField { at, model: self.entity().model })
                }
            };
            set.map_err(|error| fail(self.gather, error))?;
        }
        Ok(())
    }
}

impl<'de> DeserializeSeed<'de> for EmbedSeed<'_> {
    type Value = ();
    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for EmbedSeed<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "an object of `{}`", self.embed.model)
    }

    fn visit_map<A: MapAccess<'de>>(mut self, mut map: A) -> Result<(), A::Error> {
        let (entity, deny) = (self.entity(), self.entity().deny_unknown_fields);
        if self.depth > self.gather.settings.max_depth {
            let (at, bound) = (self.path(), self.gather.settings.max_depth);
            return Err(fail(self.gather, Error::TooDeep { at, bound }));
        }
        let mut given = vec![false; self.embed.fields.len()];
        let mut unknown = None;
        loop {
            let name = InnerName { embed: self.embed, unknown: deny.then_some(&mut unknown) };
            match map.next_key_seed(name)? {
                None => break,
                Some(Some(inner)) => {
                    given[inner] = true;
                    let at = self.embed.first + inner;
                    column(self.gather, self.place, at, self.depth, &mut map)?;
                }
                Some(None) => {
                    if let Some(name) = unknown.take() {
                        let at = format!("{}.{name}", self.path());
                        return Err(fail(self.gather, Error::UnknownField { at, model: entity.model }));
                    }
                    map.next_value::<IgnoredAny>()?;
                }
            }
        }
        if self.embed.optional { self.complete(&given) } else { Ok(()) }
    }

    fn visit_unit<E: de::Error>(self) -> Result<(), E> {
        if !self.embed.optional {
            return Err(self.refuse("null"));
        }
        let (group, row) = self.place;
        for column in self.columns() {
            let set = self.gather.set(group, row, column, Value::Null.as_ref());
            set.map_err(|error| fail(self.gather, error))?;
        }
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

    fn visit_bool<E: de::Error>(self, v: bool) -> Result<(), E> {
        Err(self.refuse(&ValueRef::Bool(v).describe()))
    }

    fn visit_i64<E: de::Error>(self, v: i64) -> Result<(), E> {
        Err(self.refuse(&ValueRef::Int(v).describe()))
    }

    fn visit_u64<E: de::Error>(self, v: u64) -> Result<(), E> {
        Err(self.refuse(&format!("integer {v}")))
    }

    fn visit_f64<E: de::Error>(self, v: f64) -> Result<(), E> {
        Err(self.refuse(&ValueRef::Float(v).describe()))
    }

    fn visit_str<E: de::Error>(self, v: &str) -> Result<(), E> {
        Err(self.refuse(&ValueRef::Text(v).describe()))
    }

    fn visit_seq<A: de::SeqAccess<'de>>(self, _: A) -> Result<(), A::Error> {
        Err(self.refuse("a list"))
    }
}

/// Finds a member of the struct; the name is kept where an unknown one must be told.
struct InnerName<'u> {
    embed: &'static EmbedSchema,
    unknown: Option<&'u mut Option<String>>,
}

impl<'de> DeserializeSeed<'de> for InnerName<'_> {
    type Value = Option<usize>;
    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Option<usize>, D::Error> {
        deserializer.deserialize_identifier(self)
    }
}

impl Visitor<'_> for InnerName<'_> {
    type Value = Option<usize>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the name of a field")
    }

    fn visit_str<E>(self, name: &str) -> Result<Option<usize>, E> {
        let found = self.embed.fields.iter().position(|field| field.name == name);
        if let (None, Some(unknown)) = (found, self.unknown) {
            *unknown = Some(name.chars().take(64).collect());
        }
        Ok(found)
    }
}
