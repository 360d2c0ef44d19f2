//! Serialized input, streamed: a deserializer is led along the schema and each scalar goes straight to
//! its entity's rows.

use super::buffered::{BufferSeed, Buffered, Replay};
use super::cells::{CellSeed, Found, owned};
use super::column::column;
use super::composite;
use super::embedded::EmbedSeed;
use super::gather::Gather;
use super::group::Origin;
use super::names::{Member, NameSeed, Names};
use super::tie::{self, TieSeed};
use super::variant::is_variant;
use crate::error::Error;
use crate::model::schema::{EntitySchema, FieldSchema};
use crate::value::{KeyValues, Mismatch, ValueRef};
use serde::de::{self, DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use std::fmt;

/// The input as a whole: a record or a list of records.
pub(crate) struct Roots<'g>(pub(crate) &'g mut Gather);

/// What a value in the place of a record or a list of records turned out to be.
pub(super) enum Taken {
    /// Null: nothing is known of it.
    Nothing,
    /// A record, which has ended; its row.
    Record(u32),
    /// The key of a record.
    Key(KeyValues),
    /// A list, whose elements are done.
    List,
}

/// A value in the place of one record.
pub(super) struct RecordSeed<'g> {
    pub(super) gather: &'g mut Gather,
    pub(super) entity: &'static EntitySchema,
    /// Where records go; `None` where only keys can be taken.
    pub(super) group: Option<u32>,
    pub(super) origin: Origin,
    pub(super) depth: usize,
    /// Whether a list of records may stand here too.
    pub(super) list: bool,
    /// Whether a key may stand in for the record.
    pub(super) key: bool,
}

/// Ends a deserialization with an error of ours, which the deserializer's own type can't carry.
pub(super) fn fail<E: de::Error>(gather: &mut Gather, error: Error) -> E {
    gather.fault.get_or_insert(error);
    E::custom("the input doesn't fit the models")
}

impl<'de> DeserializeSeed<'de> for Roots<'_> {
    type Value = ();
    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        let gather = self.0;
        let origin = Origin::root(0);
        let entity = gather.group(0).entity();
        let group = Some(0);
        let seed =
            RecordSeed { gather: &mut *gather, entity, group, origin, depth: 1, list: true, key: false };
        match seed.deserialize(deserializer)? {
            Taken::Nothing => {
                let mismatch =
                    Mismatch { expected: "a record or a list of records".into(), found: "null".into() };
                Err(fail(gather, Error::WrongType { at: "$".into(), mismatch }))
            }
            _ => Ok(()),
        }
    }
}

impl<'de> DeserializeSeed<'de> for RecordSeed<'_> {
    type Value = Taken;
    #[inline]
    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Taken, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl RecordSeed<'_> {
    /// The path of the value itself, before there is a row for it.
    fn path(&self) -> String {
        let Origin { parent, parent_row, relation, ordinal, .. } = self.origin;
        if parent == super::ROOT {
            return if self.gather.list { format!("$[{ordinal}]") } else { "$".to_owned() };
        }
        let schema = &self.gather.group(parent).entity().relations[relation as usize];
        let path = format!("{}.{}", self.gather.path(parent, parent_row), schema.name);
        if schema.kind.to_many() && !self.list { format!("{path}[{ordinal}]") } else { path }
    }

    fn refuse<E: de::Error>(self, found: String) -> E {
        let expected = match (self.list, self.key) {
            (true, true) => "a list of records or of keys",
            (true, false) => "a record or a list of records",
            (false, true) => "a record or its key",
            (false, false) => "a record",
        };
        let expected = format!("{expected} of `{}`", self.entity.model);
        let at = self.path();
        fail(self.gather, Error::WrongType { at, mismatch: Mismatch { expected, found } })
    }

    /// A scalar: the key of a record, where one may stand.
    fn scalar<E: de::Error>(self, found: Found<'_>) -> Result<Taken, E> {
        let entity = self.entity;
        let [column] = entity.key else {
            let found = found.map_or_else(|m| m.found, |v| v.describe());
            return Err(self.refuse(found));
        };
        if !self.key || self.list {
            let found = found.map_or_else(|m| m.found, |v| v.describe());
            return Err(self.refuse(found));
        }
        match owned(entity.field(*column), found) {
            Ok(value) => Ok(Taken::Key(KeyValues::one(value))),
            Err(mismatch) => {
                let at = self.path();
                Err(fail(self.gather, Error::WrongType { at, mismatch }))
            }
        }
    }

    /// Reads a scalar as the key's kind would.
    fn key_cell<E: de::Error>(
        self,
        read: impl FnOnce(CellSeed<'_, &mut dyn FnMut(Found<'_>)>) -> Result<(), E>,
    ) -> Result<Taken, E> {
        let entity = self.entity;
        let field: &FieldSchema = entity.field(entity.key[0]);
        let mut this = Some(self);
        let mut outcome = None;
        let mut take = |found: Found<'_>| {
            if let Some(this) = this.take() {
                outcome = Some(this.scalar::<E>(found));
            }
        };
        read(CellSeed { field, take: &mut take })?;
        outcome.unwrap_or(Ok(Taken::Nothing))
    }
}

impl<'de> Visitor<'de> for RecordSeed<'_> {
    type Value = Taken;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "a record of `{}`", self.entity.model)
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Taken, A::Error> {
        if self.list && self.origin.parent != super::ROOT {
            return Err(self.refuse("an object".into()));
        }
        let Some(group) = self.group else {
            let at = self.path();
            let Origin { parent, relation, .. } = self.origin;
            let error = self.gather.crossing(parent, relation as usize, at);
            return Err(fail(self.gather, error));
        };
        let RecordSeed { gather, origin, depth, .. } = self;
        let (row, mark) = gather.begin(group, origin);
        if depth > gather.settings.max_depth {
            let error = gather.too_deep(group, row);
            return Err(fail(gather, error));
        }
        members(gather, (group, row), depth, map)?;
        match gather.end(group, row, mark) {
            Ok(()) => Ok(Taken::Record(row)),
            Err(error) => Err(fail(gather, error)),
        }
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Taken, A::Error> {
        if !self.list && self.key && self.entity.key.len() > 1 {
            return match composite::key(self.entity, &mut seq)? {
                Ok(key) => Ok(Taken::Key(key)),
                Err(mismatch) => {
                    let at = self.path();
                    Err(fail(self.gather, Error::WrongType { at, mismatch }))
                }
            };
        }
        if !self.list {
            return Err(self.refuse("a list".into()));
        }
        let RecordSeed { gather, entity, group, origin, depth, key, .. } = self;
        let Origin { parent, parent_row, relation, .. } = origin;
        let is_root = parent == super::ROOT;
        if depth > gather.settings.max_depth {
            let at = if is_root { "$".to_owned() } else { gather.path(parent, parent_row) };
            let bound = gather.settings.max_depth;
            return Err(fail(gather, Error::TooDeep { at, bound }));
        }
        gather.list |= is_root;
        let mut ordinal = 0;
        loop {
            let origin = Origin { ordinal, ..origin };
            let depth = depth + 1;
            let seed = RecordSeed { gather: &mut *gather, entity, group, origin, depth, list: false, key };
            let taken = match seq.next_element_seed(seed) {
                Ok(taken) => taken,
                Err(error) => {
                    if gather.fault.is_none() && gather.failed_at.is_none() {
                        let list = if is_root {
                            "$".to_owned()
                        } else {
                            let name = gather.group(parent).entity().relations[relation as usize].name;
                            format!("{}.{name}", gather.path(parent, parent_row))
                        };
                        gather.failed_at = Some(format!("{list}[{ordinal}]"));
                    }
                    return Err(error);
                }
            };
            match taken {
                None => break,
                Some(Taken::Record(row)) if !is_root => {
                    if let Some(group) = group {
                        gather.nested(relation as usize, group, row);
                    }
                }
                Some(Taken::Key(key)) => {
                    let outcome = gather.nested_key((parent, parent_row), relation as usize, ordinal, &key);
                    outcome.map_err(|error| fail(gather, error))?;
                }
                // Null in a list says nothing of any record.
                Some(_) => {}
            }
            ordinal += 1;
        }
        if ordinal == 0 && !is_root {
            gather.empties.push((parent, parent_row, relation));
        }
        Ok(Taken::List)
    }

    fn visit_unit<E>(self) -> Result<Taken, E> {
        Ok(Taken::Nothing)
    }

    fn visit_none<E>(self) -> Result<Taken, E> {
        Ok(Taken::Nothing)
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Taken, D::Error> {
        deserializer.deserialize_any(self)
    }

    fn visit_newtype_struct<D: Deserializer<'de>>(self, deserializer: D) -> Result<Taken, D::Error> {
        deserializer.deserialize_any(self)
    }

    fn visit_bool<E: de::Error>(self, v: bool) -> Result<Taken, E> {
        self.scalar(Ok(ValueRef::Bool(v)))
    }

    fn visit_i64<E: de::Error>(self, v: i64) -> Result<Taken, E> {
        self.key_cell(|cell| cell.visit_i64(v))
    }

    fn visit_u64<E: de::Error>(self, v: u64) -> Result<Taken, E> {
        self.key_cell(|cell| cell.visit_u64(v))
    }

    fn visit_f64<E: de::Error>(self, v: f64) -> Result<Taken, E> {
        self.key_cell(|cell| cell.visit_f64(v))
    }

    fn visit_str<E: de::Error>(self, v: &str) -> Result<Taken, E> {
        self.key_cell(|cell| cell.visit_str(v))
    }

    fn visit_bytes<E: de::Error>(self, v: &[u8]) -> Result<Taken, E> {
        self.key_cell(|cell| cell.visit_bytes(v))
    }
}

/// Reads the members of one record.
pub(super) fn members<'de, A: MapAccess<'de>>(
    gather: &mut Gather,
    (group, row): (u32, u32),
    depth: usize,
    mut map: A,
) -> Result<(), A::Error> {
    let entity = gather.group(group).entity();
    let mut names = Names::new(entity);
    let mut unknown = None;
    let mut waiting = Vec::new();
    loop {
        let member = match map.next_key_seed(NameSeed { names: &mut names, unknown: &mut unknown }) {
            Ok(Some(member)) => member,
            Ok(None) => break,
            Err(error) => {
                note_failure(gather, group, row, None);
                return Err(error);
            }
        };
        let outcome = match member {
            Member::Column(at) => match column(gather, (group, row), at, depth, &mut map) {
                Err(error) if gather.fault.is_some() => return Err(error),
                outcome => outcome,
            },
            Member::Embedded(at) => {
                let (place, embed) = ((group, row), &entity.embeds[at]);
                map.next_value_seed(EmbedSeed { gather: &mut *gather, place, embed, depth: depth + 1 })
            }
            Member::Relation(relation) if is_variant(&entity.relations[relation]) => {
                match gather.variant((group, row), relation) {
                    Ok(Some(variant)) => related(gather, (group, row), variant, depth, Next(&mut map)),
                    Ok(None) => keep(gather, (group, row), depth, &mut map)
                        .map(|value| waiting.push((relation, value))),
                    Err(error) => return Err(fail(gather, error)),
                }
            }
            Member::Relation(relation) => related(gather, (group, row), relation, depth, Next(&mut map)),
            Member::Pivot if gather.has_tie((group, row)) => {
                unknown = None;
                map.next_value_seed(TieSeed { gather: &mut *gather, of: (group, row), depth: depth + 1 })
            }
            Member::Pivot | Member::Unknown => {
                if let Some(name) = unknown.take() {
                    let at = format!("{}.{name}", gather.path(group, row));
                    return Err(fail(gather, Error::UnknownField { at, model: entity.model }));
                }
                map.next_value::<IgnoredAny>().map(drop)
            }
        };
        if let Err(error) = outcome {
            note_failure(gather, group, row, Some(member));
            return Err(error);
        }
    }
    for (relation, value) in waiting {
        if value.is_null() {
            continue;
        }
        let variant = match gather.variant((group, row), relation) {
            Ok(Some(variant)) => variant,
            Ok(None) => {
                let error = gather.no_variant((group, row), relation);
                return Err(fail(gather, error));
            }
            Err(error) => return Err(fail(gather, error)),
        };
        if let Err(error) = related(gather, (group, row), variant, depth, value.replay::<A::Error>()) {
            note_failure(gather, group, row, Some(Member::Relation(relation)));
            return Err(error);
        }
    }
    Ok(())
}

/// Keeps a nested value until the record's type is known.
fn keep<'de, A: MapAccess<'de>>(
    gather: &mut Gather,
    (group, row): (u32, u32),
    depth: usize,
    map: &mut A,
) -> Result<Buffered, A::Error> {
    let mut too_deep = false;
    let left = gather.settings.max_depth.saturating_sub(depth);
    let outcome = map.next_value_seed(BufferSeed { left, too_deep: &mut too_deep });
    if too_deep {
        let error = gather.too_deep(group, row);
        return Err(fail(gather, error));
    }
    outcome
}

/// What a relation's value is read from.
pub(super) trait Source<'de> {
    type Error: de::Error;
    fn read(self, seed: RecordSeed<'_>) -> Result<Taken, Self::Error>;
}

/// The value of the member whose name was just read.
pub(super) struct Next<'m, A>(pub(super) &'m mut A);

impl<'de, A: MapAccess<'de>> Source<'de> for Next<'_, A> {
    type Error = A::Error;
    fn read(self, seed: RecordSeed<'_>) -> Result<Taken, A::Error> {
        self.0.next_value_seed(seed)
    }
}

impl<'de, E: de::Error> Source<'de> for Replay<E> {
    type Error = E;
    fn read(self, seed: RecordSeed<'_>) -> Result<Taken, E> {
        seed.deserialize(self)
    }
}

/// Reads what a relation's member holds.
pub(super) fn related<'de, S: Source<'de>>(
    gather: &mut Gather,
    (group, row): (u32, u32),
    relation: usize,
    depth: usize,
    source: S,
) -> Result<(), S::Error> {
    let target = gather.target(group, relation);
    let schema = &gather.group(group).entity().relations[relation];
    let relation16 = relation as u16;
    let origin = Origin { parent: group, parent_row: row, relation: relation16, pivot: false, ordinal: 0 };
    let seed = RecordSeed {
        gather: &mut *gather,
        entity: (schema.target)(),
        group: target,
        origin,
        depth: depth + 1,
        list: schema.kind.to_many(),
        key: true,
    };
    match source.read(seed)? {
        Taken::Record(nested) => {
            if let Some(target) = target {
                gather.nested(relation, target, nested);
            }
            Ok(())
        }
        Taken::Key(key) => {
            gather.nested_key((group, row), relation, 0, &key).map_err(|error| fail(gather, error))
        }
        Taken::Nothing | Taken::List => Ok(()),
    }
}

/// Remembers where the deserializer failed by itself: the innermost place is the first to know.
fn note_failure(gather: &mut Gather, group: u32, row: u32, member: Option<Member>) {
    if gather.fault.is_some() || gather.failed_at.is_some() {
        return;
    }
    let path = gather.path(group, row);
    let entity = gather.group(group).entity();
    gather.failed_at = Some(match member {
        Some(Member::Column(column)) => format!("{path}.{}", entity.field(column).name),
        Some(Member::Pivot) => format!("{path}.{}", tie::MEMBER),
        Some(Member::Relation(relation)) => format!("{path}.{}", entity.relations[relation].name),
        Some(Member::Embedded(at)) => format!("{path}.{}", entity.embeds[at].name),
        _ => path,
    });
}
