//! Records of a model that isn't named: what loading relations needs of them, so that all else of a load
//! is compiled once and not for each pair of models.

use crate::error::Result;
use crate::model::{Many, Model, Morph, One, RelationVisitor};
use crate::provider::Row;
use crate::value::ValueRef;
use std::any::Any;

/// Records whose relations are loaded.
pub(crate) trait RecordList: Send + Sync {
    fn len(&self) -> usize;

    /// A column of a record; NULL for what can't be stored, which can't have been read either.
    fn value(&self, at: usize, column: usize) -> ValueRef<'_>;

    /// Shows each record's field of a relation, a `Many` or a `One`; of a relation to one of several models
    /// the first that the schema has.
    fn slots(&mut self, relation: usize, visit: &mut dyn FnMut(usize, &mut dyn Any));
}

/// Records that were read.
pub(crate) trait OwnedList: RecordList + Any {
    fn reserve(&mut self, rows: usize);

    /// Appends a record of all of a row's columns.
    fn push(&mut self, row: &dyn Row) -> Result<()>;

    fn swap(&mut self, one: usize, other: usize);

    fn truncate(&mut self, len: usize);
}

/// An empty list of records of `M`.
pub(super) fn list<M: Model>() -> Box<dyn OwnedList> {
    Box::new(Vec::<M>::new())
}

/// What is in a list of records of `M`.
pub(super) fn records<M: Model>(list: Box<dyn OwnedList>) -> Vec<M> {
    let mut list = list;
    match (&mut *list as &mut dyn Any).downcast_mut::<Vec<M>>() {
        Some(records) => std::mem::take(records),
        // Lists are made and read by the same relation.
        None => Vec::new(),
    }
}

impl<M: Model> RecordList for Vec<M> {
    fn len(&self) -> usize {
        Vec::len(self)
    }

    fn value(&self, at: usize, column: usize) -> ValueRef<'_> {
        value(self, at, column)
    }

    fn slots(&mut self, relation: usize, visit: &mut dyn FnMut(usize, &mut dyn Any)) {
        slots(self, relation, visit);
    }
}

impl<M: Model> OwnedList for Vec<M> {
    fn reserve(&mut self, rows: usize) {
        Vec::reserve(self, rows);
    }

    fn push(&mut self, row: &dyn Row) -> Result<()> {
        Vec::push(self, M::hydrate(row)?);
        Ok(())
    }

    fn swap(&mut self, one: usize, other: usize) {
        self.as_mut_slice().swap(one, other);
    }

    fn truncate(&mut self, len: usize) {
        Vec::truncate(self, len);
    }
}

/// Records that somebody else has.
pub(crate) struct Borrowed<'a, M>(pub(crate) &'a mut [M]);

impl<M: Model> RecordList for Borrowed<'_, M> {
    fn len(&self) -> usize {
        self.0.len()
    }

    fn value(&self, at: usize, column: usize) -> ValueRef<'_> {
        value(self.0, at, column)
    }

    fn slots(&mut self, relation: usize, visit: &mut dyn FnMut(usize, &mut dyn Any)) {
        slots(self.0, relation, visit);
    }
}

#[inline]
fn value<M: Model>(records: &[M], at: usize, column: usize) -> ValueRef<'_> {
    match records[at].value(column) {
        Ok(value) => value,
        Err(_) => ValueRef::Null,
    }
}

fn slots<M: Model>(records: &mut [M], relation: usize, visit: &mut dyn FnMut(usize, &mut dyn Any)) {
    let mut slots = Slots { relation, at: 0, visit };
    for record in records {
        // The visitor answers no errors.
        let _ = record.relations(&mut slots);
        slots.at += 1;
    }
}

struct Slots<'v> {
    relation: usize,
    at: usize,
    visit: &'v mut dyn FnMut(usize, &mut dyn Any),
}

impl Slots<'_> {
    #[inline(always)]
    fn show(&mut self, relation: usize, slot: &mut dyn Any) {
        if relation == self.relation {
            (self.visit)(self.at, slot);
        }
    }
}

impl RelationVisitor for Slots<'_> {
    #[inline]
    fn one<T: Model>(&mut self, relation: usize, slot: &mut One<T>) -> Result<()> {
        self.show(relation, slot);
        Ok(())
    }

    #[inline]
    fn many<T: Model>(&mut self, relation: usize, slot: &mut Many<T>) -> Result<()> {
        self.show(relation, slot);
        Ok(())
    }

    #[inline]
    fn morph<E: Morph>(&mut self, first: usize, slot: &mut One<E>) -> Result<()> {
        self.show(first, slot);
        Ok(())
    }
}
