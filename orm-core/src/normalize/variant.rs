//! Which of several models a nested record is of: the column of the type says it.

use super::gather::Gather;
use crate::error::Error;
use crate::model::schema::{RelationSchema, Side};
use crate::value::{Cell, Mismatch, ValueRef};

/// Whether a relation is one of several that share a field.
pub(super) fn is_variant(relation: &RelationSchema) -> bool {
    relation.guard.is_some_and(|guard| guard.on == Side::Own)
}

impl Gather {
    /// Of the relations that share the field of `first`, the one that the record's type says; none
    /// where the record doesn't say a type (yet).
    pub(super) fn variant(&self, (group, row): (u32, u32), first: usize) -> Result<Option<usize>, Error> {
        let data = self.group(group);
        let relations = data.entity().relations;
        let Some(guard) = relations[first].guard else { return Ok(Some(first)) };
        let Cell::Given(ValueRef::Text(stated)) = data.rows.cell(row as usize, guard.column) else {
            return Ok(None);
        };
        let mut all = self.variants(group, first);
        match all.find(|&at| relations[at].guard.is_some_and(|guard| guard.value == stated)) {
            Some(at) => Ok(Some(at)),
            None => {
                let expected = self.values(group, first);
                let found = ValueRef::Text(stated).describe();
                let at = self.field_path(group, row, guard.column);
                Err(Error::WrongType { at, mismatch: Mismatch { expected, found } })
            }
        }
    }

    /// The error of a nested record whose model nobody says.
    pub(super) fn no_variant(&self, (group, row): (u32, u32), first: usize) -> Error {
        let entity = self.group(group).entity();
        let relation = &entity.relations[first];
        let column = relation.guard.map_or(0, |guard| guard.column);
        let expected = format!(
            "`{}` beside it, which says of which model it is ({})",
            entity.field(column).name,
            self.values(group, first)
        );
        let at = format!("{}.{}", self.path(group, row), relation.name);
        Error::WrongType {
            at,
            mismatch: Mismatch { expected, found: format!("no `{}`", entity.field(column).name) },
        }
    }

    fn variants(&self, group: u32, first: usize) -> impl Iterator<Item = usize> {
        let relations = self.group(group).entity().relations;
        let field = relations[first].field;
        (first..relations.len()).take_while(move |&at| relations[at].field == field)
    }

    /// What the column of the type may say.
    fn values(&self, group: u32, first: usize) -> String {
        let relations = self.group(group).entity().relations;
        let values = self.variants(group, first).filter_map(|at| relations[at].guard);
        values.map(|guard| format!("\"{}\"", guard.value)).collect::<Vec<_>>().join(" or ")
    }
}
