//! What the members of serialized records are called.

use super::tie;
use crate::model::schema::EntitySchema;
use serde::de::{self, DeserializeSeed, Deserializer, Visitor};
use std::fmt;

/// What a member's name stands for.
#[derive(Clone, Copy)]
pub(super) enum Member {
    Column(usize),
    Embedded(usize),
    Relation(usize),
    /// The columns of the pivot by which the record is nested, if it is.
    Pivot,
    Unknown,
}

/// Finds members by name. Records of one list mostly have their members in the same order, so the one
/// after the last found is tried first.
pub(super) struct Names {
    entity: &'static EntitySchema,
    /// How many of the columns have members of their own.
    own: usize,
    next: usize,
}

impl Names {
    pub(super) fn new(entity: &'static EntitySchema) -> Self {
        Self { entity, own: entity.own_fields(), next: 0 }
    }

    /// The name of the member at a place: columns come first, then relations, then embedded structs.
    #[inline]
    fn name(&self, at: usize) -> Option<&'static str> {
        if at < self.own {
            return Some(self.entity.fields[at].name);
        }
        let at = at - self.own;
        match self.entity.relations.get(at) {
            Some(relation) => Some(relation.name),
            None => self.entity.embeds.get(at - self.entity.relations.len()).map(|embed| embed.name),
        }
    }

    #[inline]
    pub(super) fn find(&mut self, name: &str) -> Member {
        let relations = self.entity.relations.len();
        let found = if self.name(self.next) == Some(name) {
            Some(self.next)
        } else {
            (0..self.own + relations + self.entity.embeds.len()).find(|&at| self.name(at) == Some(name))
        };
        match found {
            Some(at) => {
                self.next = at + 1;
                if at < self.own {
                    Member::Column(at)
                } else if at < self.own + relations {
                    Member::Relation(at - self.own)
                } else {
                    Member::Embedded(at - self.own - relations)
                }
            }
            None if name == tie::MEMBER => Member::Pivot,
            None => Member::Unknown,
        }
    }
}

/// Reads a member's name; the name itself is only kept where it must be named in an error.
pub(super) struct NameSeed<'n> {
    pub(super) names: &'n mut Names,
    pub(super) unknown: &'n mut Option<String>,
}

impl<'de> DeserializeSeed<'de> for NameSeed<'_> {
    type Value = Member;
    #[inline]
    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Member, D::Error> {
        deserializer.deserialize_identifier(self)
    }
}

impl<'de> Visitor<'de> for NameSeed<'_> {
    type Value = Member;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the name of a field")
    }

    #[inline]
    fn visit_str<E>(self, name: &str) -> Result<Member, E> {
        let member = self.names.find(name);
        if matches!(member, Member::Unknown | Member::Pivot) && self.names.entity.deny_unknown_fields {
            *self.unknown = Some(name.chars().take(64).collect());
        }
        Ok(member)
    }

    fn visit_bytes<E: de::Error>(self, name: &[u8]) -> Result<Member, E> {
        match std::str::from_utf8(name) {
            Ok(name) => self.visit_str(name),
            Err(_) => Ok(Member::Unknown),
        }
    }

    fn visit_u64<E>(self, _: u64) -> Result<Member, E> {
        Ok(Member::Unknown)
    }
}
