//! `#[model(serde)]`: models through serde, by the names and in the forms that a save takes.

use super::serde_value::Plain;
use crate::model::Model;
use crate::model::schema::{EmbedSchema, EntitySchema, FieldSchema};
use crate::normalize::read_value;
use crate::provider::Row;
use crate::value::{Mismatch, Value, ValueRef};
use serde::de::{DeserializeSeed, Deserializer, Error as _, IgnoredAny, MapAccess, Visitor};
use serde::ser::{Error as _, Serialize, SerializeStruct, Serializer};
use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;

/// Begins a record with `relations` members to come, and writes its columns.
///
/// # Errors
/// Those of the serializer, and that of a value that can't be stored.
pub fn serialize_columns<M: Model, S: Serializer>(
    record: &M,
    relations: usize,
    serializer: S,
) -> Result<S::SerializeStruct, S::Error> {
    let schema = M::schema();
    let own = &schema.fields[..schema.own_fields()];
    let shown = || own.iter().enumerate().filter(|(_, field)| !field.hidden);
    let count = shown().count() + schema.embeds.len() + relations;
    let mut members = serializer.serialize_struct(schema.model, count)?;
    for (column, field) in shown() {
        let value = record.value(column).map_err(S::Error::custom)?;
        members.serialize_field(field.name, &Plain { kind: field.kind, list: field.list, value })?;
    }
    for embed in schema.embeds {
        members.serialize_field(embed.name, &Embedding { record, embed })?;
    }
    Ok(members)
}

/// An embedded struct of a record, to be serialized.
struct Embedding<'a, M> {
    record: &'a M,
    embed: &'static EmbedSchema,
}

impl<M: Model> Serialize for Embedding<'_, M> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let embed = self.embed;
        let values = embed.fields.iter().enumerate().map(|(at, _)| self.record.value(embed.first + at));
        let values: Result<Vec<ValueRef<'_>>, Mismatch> = values.collect();
        let values = values.map_err(S::Error::custom)?;
        if embed.optional && values.iter().all(|value| value.is_null()) {
            return serializer.serialize_none();
        }
        let shown = || embed.fields.iter().zip(&values).filter(|(field, _)| !field.hidden);
        let mut members = serializer.serialize_struct(embed.model, shown().count())?;
        for (field, value) in shown() {
            members
                .serialize_field(field.name, &Plain { kind: field.kind, list: field.list, value: *value })?;
        }
        members.end()
    }
}

/// The relations of a record that is deserialized: derived code knows their types.
pub trait TakeRelations<'de, M>: Default {
    /// Takes the value of the map's next entry as that of a relation.
    ///
    /// # Errors
    /// Those of the map.
    fn take<A: MapAccess<'de>>(&mut self, relation: usize, map: &mut A) -> Result<(), A::Error>;

    /// Gives what was taken to the record.
    fn give(self, record: &mut M);
}

/// Deserializes a record.
///
/// # Errors
/// Those of the deserializer; a required column that is missing, or a value that a column doesn't take.
pub fn deserialize_model<'de, M, R, D>(deserializer: D) -> Result<M, D::Error>
where
    M: Model,
    R: TakeRelations<'de, M>,
    D: Deserializer<'de>,
{
    deserializer.deserialize_map(Record::<M, R>(PhantomData))
}

struct Record<M, R>(PhantomData<fn() -> (M, R)>);

impl<'de, M: Model, R: TakeRelations<'de, M>> Visitor<'de> for Record<M, R> {
    type Value = M;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "a record of `{}`", M::schema().model)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<M, A::Error> {
        let schema = M::schema();
        let mut cells = Cells(vec![None; schema.fields.len()]);
        let mut relations = R::default();
        while let Some(member) = map.next_key_seed(NameSeed(schema))? {
            match member {
                Member::Column(column) => {
                    let field = schema.field(column);
                    let value = map.next_value_seed(read_value(field))?;
                    let value = value
                        .map_err(|mismatch| A::Error::custom(format_args!("`{}`: {mismatch}", field.name)))?;
                    cells.0[column] = Some(value);
                }
                Member::Embedded(embed) => {
                    map.next_value_seed(EmbedSeed { cells: &mut cells, schema, embed })?
                }
                Member::Relation(relation) => relations.take(relation, &mut map)?,
                Member::Unknown => drop(map.next_value::<IgnoredAny>()?),
            }
        }
        cells.complete(schema)?;
        let mut record = M::hydrate(&cells).map_err(A::Error::custom)?;
        relations.give(&mut record);
        Ok(record)
    }
}

/// The columns of a record that is read.
struct Cells(Vec<Option<Value>>);

impl Cells {
    /// Reads the value of a column from a map's next entry.
    fn read<'de, A: MapAccess<'de>>(
        &mut self,
        column: usize,
        field: &FieldSchema,
        name: &str,
        map: &mut A,
    ) -> Result<(), A::Error> {
        let value = map.next_value_seed(read_value(field))?;
        let value = value.map_err(|mismatch| A::Error::custom(format_args!("`{name}`: {mismatch}")))?;
        self.0[column] = Some(value);
        Ok(())
    }

    /// Gives the columns that the input didn't state what a new record would have there.
    fn complete<E: serde::de::Error>(&mut self, schema: &'static EntitySchema) -> Result<(), E> {
        for (cell, field) in self.0.iter_mut().zip(schema.fields) {
            if cell.is_none() {
                *cell = Some(field.filler().ok_or_else(|| E::missing_field(field.name))?);
            }
        }
        Ok(())
    }
}

impl Row for Cells {
    fn value(&self, column: usize) -> ValueRef<'_> {
        self.0.get(column).and_then(Option::as_ref).map_or(ValueRef::Null, Value::as_ref)
    }
}

enum Member {
    Column(usize),
    Embedded(&'static EmbedSchema),
    Relation(usize),
    Unknown,
}

/// Reads the object of an embedded struct.
struct EmbedSeed<'c> {
    cells: &'c mut Cells,
    schema: &'static EntitySchema,
    embed: &'static EmbedSchema,
}

impl<'de> DeserializeSeed<'de> for EmbedSeed<'_> {
    type Value = ();
    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        if self.embed.optional {
            deserializer.deserialize_option(self)
        } else {
            deserializer.deserialize_map(self)
        }
    }
}

impl<'de> Visitor<'de> for EmbedSeed<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "an object of `{}`", self.embed.model)
    }

    fn visit_none<E>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_map(self)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let EmbedSchema { first, fields, .. } = *self.embed;
        while let Some(name) = map.next_key::<Cow<'de, str>>()? {
            match fields.iter().position(|field| field.name == name) {
                Some(at) => {
                    let shown = format!("{}.{name}", self.embed.name);
                    self.cells.read(first + at, &fields[at], &shown, &mut map)?;
                }
                None if self.schema.deny_unknown_fields => {
                    return Err(unknown(self.embed.model, &name));
                }
                None => drop(map.next_value::<IgnoredAny>()?),
            }
        }
        if self.embed.optional {
            // An object stands for the whole.
            for (at, field) in fields.iter().enumerate() {
                if self.cells.0[first + at].is_none() {
                    let filler = field.filler().ok_or_else(|| A::Error::missing_field(field.name))?;
                    self.cells.0[first + at] = Some(filler);
                }
            }
        }
        Ok(())
    }
}

fn unknown<E: serde::de::Error>(model: &str, name: &str) -> E {
    let name: String = name.chars().take(64).collect();
    E::custom(format_args!("`{model}` has no member `{name}`"))
}

struct NameSeed(&'static EntitySchema);

impl<'de> DeserializeSeed<'de> for NameSeed {
    type Value = Member;
    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Member, D::Error> {
        deserializer.deserialize_identifier(self)
    }
}

impl Visitor<'_> for NameSeed {
    type Value = Member;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the name of a field")
    }

    fn visit_str<E: serde::de::Error>(self, name: &str) -> Result<Member, E> {
        let schema = self.0;
        let own = &schema.fields[..schema.own_fields()];
        if let Some(column) = own.iter().position(|field| field.name == name) {
            return Ok(Member::Column(column));
        }
        if let Some(embed) = schema.embeds.iter().find(|embed| embed.name == name) {
            return Ok(Member::Embedded(embed));
        }
        match schema.relations.iter().position(|relation| relation.name == name) {
            Some(relation) => Ok(Member::Relation(relation)),
            None if schema.deny_unknown_fields => Err(unknown(schema.model, name)),
            None => Ok(Member::Unknown),
        }
    }
}
