//! Typed values and drafts as input.

use super::cells::taken;
use super::gather::Gather;
use super::group::Origin;
use crate::error::{Error, Result};
use crate::model::schema::RelationKind;
use crate::model::{
    Holds, IntoDraft, Many, Model, Morph, MorphVisitor, Nested, One, RawDraft, RelationVisitor,
};
use crate::value::KeyValues;

/// The place in the input that a record is written to.
#[doc(hidden)]
#[derive(Debug)]
pub struct Nesting<'a> {
    gather: &'a mut Gather,
    group: u32,
    origin: Origin,
    depth: usize,
}

impl Gather {
    /// Takes a record that is nested in no other.
    pub(crate) fn root<M: Model>(&mut self, record: impl IntoDraft<M>, ordinal: u32) -> Result<()> {
        record.gather(Nesting { gather: self, group: 0, origin: Origin::root(ordinal), depth: 1 })?;
        Ok(())
    }

    /// Takes the content of a draft that is nested in no other.
    pub(crate) fn root_draft(&mut self, draft: RawDraft, ordinal: u32) -> Result<()> {
        Nesting { gather: self, group: 0, origin: Origin::root(ordinal), depth: 1 }.draft(draft)?;
        Ok(())
    }

    pub(crate) fn too_deep(&self, group: u32, row: u32) -> Error {
        Error::TooDeep { at: self.path(group, row), bound: self.settings.max_depth }
    }
}

impl Nesting<'_> {
    /// Writes a typed record: all of its columns, and the relations that are loaded.
    ///
    /// # Errors
    /// When a value can't be stored, with its path.
    pub fn typed<M: Model>(self, mut record: M) -> Result<u32> {
        let Nesting { gather, group, origin, depth } = self;
        let (row, mark) = gather.begin(group, origin);
        if depth > gather.settings.max_depth {
            return Err(gather.too_deep(group, row));
        }
        for column in M::schema().typed_columns() {
            match record.value(column) {
                Ok(value) => gather.set(group, row, column, value)?,
                Err(mismatch) => {
                    return Err(Error::WrongType { at: gather.field_path(group, row, column), mismatch });
                }
            }
        }
        record.relations(&mut Relations { gather, group, row, depth })?;
        gather.end(group, row, mark)?;
        Ok(row)
    }

    /// Writes a draft: what it says, and nothing else.
    ///
    /// # Errors
    /// When a value can't be stored, with its path.
    pub fn draft(self, draft: RawDraft) -> Result<u32> {
        let Nesting { gather, group, origin, depth } = self;
        let (row, mark) = gather.begin(group, origin);
        if depth > gather.settings.max_depth {
            return Err(gather.too_deep(group, row));
        }
        gather.say((group, row), depth, draft)?;
        gather.end(group, row, mark)?;
        Ok(row)
    }
}

impl Gather {
    /// Writes what a draft says into a record that has begun.
    fn say(&mut self, (group, row): (u32, u32), depth: usize, draft: RawDraft) -> Result<()> {
        let gather = self;
        if let Some((column, mismatch)) = draft.fault {
            return Err(Error::WrongType { at: gather.field_path(group, row, column), mismatch });
        }
        for (column, value) in draft.cells.into_iter().enumerate() {
            if let Some(value) = value {
                gather.set(group, row, column, value.as_ref())?;
            }
        }
        for (relation, nested) in draft.relations {
            match nested {
                Nested::Records(records) => {
                    let mut into = Relations { gather: &mut *gather, group, row, depth };
                    into.records(relation, records, |nesting, record| nesting.draft(record))?;
                }
                Nested::Tied(records) => {
                    let mut into = Relations { gather: &mut *gather, group, row, depth };
                    into.records(relation, records, |nesting, (record, tie)| {
                        let Nesting { gather, group, origin, depth } = nesting;
                        let row = Nesting { gather: &mut *gather, group, origin, depth }.draft(record)?;
                        if let Some((group, row)) = gather.tie((group, row)) {
                            let mark = gather.mark();
                            gather.say((group, row), depth, tie)?;
                            gather.end(group, row, mark)?;
                        }
                        Ok(row)
                    })?;
                }
                Nested::Keys(keys) => {
                    let target = (gather.group(group).entity().relations[relation].target)();
                    for (ordinal, key) in keys.into_iter().enumerate() {
                        let key = key.and_then(|key| taken(target, key));
                        let key: KeyValues = key.map_err(|mismatch| Error::WrongType {
                            at: format!(
                                "{}.{}[{ordinal}]",
                                gather.path(group, row),
                                gather.group(group).entity().relations[relation].name
                            ),
                            mismatch,
                        })?;
                        gather.nested_key((group, row), relation, ordinal as u32, &key)?;
                    }
                }
            }
        }
        Ok(())
    }
}

/// Takes the relations of one record.
struct Relations<'a> {
    gather: &'a mut Gather,
    group: u32,
    row: u32,
    depth: usize,
}

impl Relations<'_> {
    /// Whether records that were loaded over a relation are still those of this record, and are on another
    /// connection: there is nothing to be written of them.
    fn stays_there<T: Model>(&self, relation: usize, loaded: &[T]) -> bool {
        let own = self.gather.group(self.group);
        let schema = &own.entity().relations[relation];
        if own.entity().shares_connection((schema.target)()) || schema.pivot.is_some() {
            return false;
        }
        let meets = |record: &T, (&from, &to): (&usize, &usize)| {
            record.value(to).is_ok_and(|value| value == own.rows.value(self.row as usize, from))
        };
        loaded.iter().all(|record| schema.from.iter().zip(schema.to).all(|pair| meets(record, pair)))
    }

    fn records<R>(
        &mut self,
        relation: usize,
        records: Vec<R>,
        write: impl Fn(Nesting<'_>, R) -> Result<u32>,
    ) -> Result<()> {
        if records.is_empty() {
            self.gather.empties.push((self.group, self.row, relation as u16));
            return Ok(());
        }
        let Some(target) = self.gather.target(self.group, relation) else {
            let at = self.gather.nested_path((self.group, self.row), relation, 0);
            return Err(self.gather.crossing(self.group, relation, at));
        };
        for (ordinal, record) in records.into_iter().enumerate() {
            let origin = Origin {
                parent: self.group,
                parent_row: self.row,
                relation: relation as u16,
                pivot: false,
                ordinal: ordinal as u32,
            };
            let nesting = Nesting { gather: self.gather, group: target, origin, depth: self.depth + 1 };
            let row = write(nesting, record)?;
            self.gather.nested(relation, target, row);
        }
        Ok(())
    }
}

impl RelationVisitor for Relations<'_> {
    fn one<T: Model>(&mut self, relation: usize, slot: &mut One<T>) -> Result<()> {
        if slot.was_read()
            && let Ok(record) = slot.get_partial()
            && self.stays_there(relation, record.map_or(&[], std::slice::from_ref))
        {
            return Ok(());
        }
        match slot.take_content() {
            Some(Some(record)) => {
                self.records(relation, vec![*record], |nesting, record| nesting.typed(record))
            }
            _ => Ok(()),
        }
    }

    fn many<T: Model>(&mut self, relation: usize, slot: &mut Many<T>) -> Result<()> {
        if slot.was_read()
            && let Ok(records) = slot.get_partial()
            && self.stays_there(relation, records)
        {
            return Ok(());
        }
        let (kind, partial) =
            (self.gather.group(self.group).entity().relations[relation].kind, slot.is_partial());
        match slot.take_content() {
            Some(records) => {
                let by_list = kind == RelationKind::HasManyBy;
                let mark = self.gather.mark();
                self.records(relation, records, |nesting, record| nesting.typed(record))?;
                if by_list && partial {
                    // A part of the records says nothing of the whole list, which the record itself has.
                    self.gather.forget_children(mark);
                }
                Ok(())
            }
            None => Ok(()),
        }
    }

    fn morph<E: Morph>(&mut self, first: usize, slot: &mut One<E>) -> Result<()> {
        let value = slot.take_content().flatten().map(|value| *value);
        E::targets(&mut OneOf { relations: self, first, value })
    }
}

/// Writes a record of one of several models, once its model comes by.
struct OneOf<'r, 'a, E> {
    relations: &'r mut Relations<'a>,
    first: usize,
    value: Option<E>,
}

impl<E: Morph> MorphVisitor<E> for OneOf<'_, '_, E> {
    fn target<T: Model>(&mut self) -> Result<()>
    where
        E: Holds<T>,
    {
        match self.value.take().map(Holds::<T>::into_record) {
            Some(Ok(record)) => {
                let relation = self.first + <E as Holds<T>>::PLACE;
                self.relations.records(relation, vec![record], |nesting, record| nesting.typed(record))
            }
            Some(Err(other)) => {
                self.value = Some(other);
                Ok(())
            }
            None => Ok(()),
        }
    }
}
