//! What the input says of a pivot's own columns: the member `pivot` of a nested record.

use super::gather::Gather;
use super::group::{Origin, Tie};
use super::stream::{fail, members};
use crate::model::schema::RelationKind;
use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, Visitor};
use std::fmt;

/// The member of a record that was reached over a pivot.
pub(super) const MEMBER: &str = "pivot";

impl Gather {
    /// The row of the pivot by which a record is nested in its parent; none where there is no pivot.
    pub(super) fn tie(&mut self, (group, row): (u32, u32)) -> Option<Tie> {
        if let Some(&tie) = self.ties.get(&(group, row)) {
            return Some(tie);
        }
        let Origin { parent, parent_row, relation, ordinal, .. } = self.group(group).origins.get(row);
        if !self.has_tie((group, row)) {
            return None;
        }
        let schema = &self.group(parent).entity().relations[relation as usize];
        let tie = self.pivot_row((parent, parent_row), relation, ordinal, schema.pivot.as_ref()?);
        self.ties.insert((group, row), tie);
        Some(tie)
    }

    /// Whether a record is nested in its parent by a row of a pivot.
    pub(super) fn has_tie(&self, (group, row): (u32, u32)) -> bool {
        let Origin { parent, relation, pivot, .. } = self.group(group).origins.get(row);
        parent != super::ROOT
            && !pivot
            && self.group(parent).entity().relations[relation as usize].kind == RelationKind::BelongsToMany
    }
}

/// Reads the pivot's columns.
pub(super) struct TieSeed<'g> {
    pub(super) gather: &'g mut Gather,
    /// The nested record.
    pub(super) of: (u32, u32),
    pub(super) depth: usize,
}

impl<'de> DeserializeSeed<'de> for TieSeed<'_> {
    type Value = ();
    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for TieSeed<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the columns of the pivot")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let TieSeed { gather, of, depth } = self;
        if depth > gather.settings.max_depth {
            let error = gather.too_deep(of.0, of.1);
            return Err(fail(gather, error));
        }
        let Some((group, row)) = gather.tie(of) else {
            while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
            return Ok(());
        };
        let mark = gather.mark();
        members(gather, (group, row), depth, map)?;
        gather.end(group, row, mark).map_err(|error| fail(gather, error))
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_none<E>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}
