//! Lists of keys: as columns of serialized input, and as what nested records make of them.

use super::ROOT;
use super::cells::{CellSeed, Found, owned};
use super::gather::Gather;
use super::group::{Child, Pending};
use crate::error::{Error, Result};
use crate::model::schema::{FieldSchema, RelationSchema};
use crate::value::{Cell, Kind, Mismatch, ValueRef, keys};
use serde::de::SeqAccess;

/// What is wrong with a value in the place of a list of keys.
pub(super) fn mismatch(found: impl Into<String>) -> Mismatch {
    Mismatch { expected: "a list of keys".into(), found: found.into() }
}

/// A list of keys that comes as the text that is stored: what a dump holds.
pub(super) fn from_text(kind: Kind, text: &str) -> Found<'_> {
    if keys::is_list(text, kind) {
        Ok(ValueRef::Text(text))
    } else {
        Err(mismatch(ValueRef::Text(text).describe()))
    }
}

/// Reads a list of keys, or says what is wrong with it.
pub(super) fn text<'de, A: SeqAccess<'de>>(
    kind: Kind,
    mut seq: A,
) -> std::result::Result<std::result::Result<String, Mismatch>, A::Error> {
    let field = FieldSchema { kind, ..FieldSchema::BASE };
    let mut text = Ok(keys::Writer::new());
    loop {
        let mut item = None;
        let take = |found: Found<'_>| item = Some(owned(&field, found));
        if seq.next_element_seed(CellSeed { field: &field, take })?.is_none() {
            return Ok(text.map(keys::Writer::end));
        }
        if let Some(item) = item {
            text = text.and_then(|text: keys::Writer| text.with(item?.as_ref()));
        }
    }
}

impl Gather {
    /// Gives a record the list of the keys of what was nested in it: the children from `mark` on that
    /// belong to this relation, in their order. A key that the storage makes follows later.
    pub(super) fn list_children(
        &mut self,
        (group, row): (u32, u32),
        number: u16,
        relation: &'static RelationSchema,
        mark: usize,
    ) -> Result<()> {
        let (&[column], &[key]) = (relation.from, relation.to) else { return Ok(()) };
        let children: Vec<Child> =
            self.children_from(mark).iter().copied().filter(|c| c.relation == number).collect();
        let mut text = keys::Writer::new();
        let mut waiting = Vec::new();
        for (item, child) in children.iter().enumerate() {
            let value = match child.group {
                ROOT => self.listed[child.row as usize].get(0),
                group => self.group(group).rows.value(child.row as usize, key),
            };
            if !value.is_null() {
                text = text.with(value).map_err(|mismatch| Error::WrongType {
                    at: self.field_path(group, row, column),
                    mismatch,
                })?;
            } else if self.group(child.group).waits_for_storage(key) {
                waiting.push((item, *child));
                text = text.with_blank();
            } else {
                let model = (relation.target)().model;
                return Err(Error::MissingKey { at: self.field_path(child.group, child.row, key), model });
            }
        }
        let text = text.end();
        if self.settings.strict
            && let Cell::Given(stated) = self.group(group).rows.cell(row as usize, column)
            && !stated.is_null()
            && stated != ValueRef::Text(&text)
        {
            let (stated, nested) = (stated.describe(), ValueRef::Text(&text).describe());
            return Err(Error::Contradiction { at: self.field_path(group, row, column), stated, nested });
        }
        self.set(group, row, column, ValueRef::Text(&text))?;
        for (item, child) in waiting {
            self.wait(Pending {
                group,
                row,
                column: column as u32,
                to_group: child.group,
                to_row: child.row,
                to_column: key as u32,
                item: Some(item as u32),
            });
        }
        Ok(())
    }
}
