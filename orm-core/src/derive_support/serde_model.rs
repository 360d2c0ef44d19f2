//! `#[model(serde)]`: models through serde, by the names and in the forms that a save takes.

use super::serde_value::Plain;
use crate::model::Model;
use crate::model::schema::EntitySchema;
use crate::normalize::read_value;
use crate::provider::Row;
use crate::value::{Value, ValueRef};
use serde::de::{DeserializeSeed, Deserializer, Error as _, IgnoredAny, MapAccess, Visitor};
use serde::ser::{Error as _, SerializeStruct, Serializer};
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
    let shown = || schema.fields.iter().enumerate().filter(|(_, field)| !field.hidden);
    let mut members = serializer.serialize_struct(schema.model, shown().count() + relations)?;
    for (column, field) in shown() {
        let value = record.value(column).map_err(S::Error::custom)?;
        members.serialize_field(field.name, &Plain { kind: field.kind, value })?;
    }
    Ok(members)
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
    Relation(usize),
    Unknown,
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
        if let Some(column) = schema.fields.iter().position(|field| field.name == name) {
            return Ok(Member::Column(column));
        }
        match schema.relations.iter().position(|relation| relation.name == name) {
            Some(relation) => Ok(Member::Relation(relation)),
            None if schema.deny_unknown_fields => {
                let name: String = name.chars().take(64).collect();
                Err(E::custom(format_args!("`{}` has no member `{name}`", schema.model)))
            }
            None => Ok(Member::Unknown),
        }
    }
}
