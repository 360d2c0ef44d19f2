//! Reading what stands between a record and its related ones.

use super::filter::Fault;
use crate::error::Result;
use crate::model::schema::RelationSchema;
use crate::model::{Model, Ties, stands_between};
use crate::provider::Row;
use crate::value::{Mismatch, ValueRef};
use std::sync::Arc;

/// Takes the records in between, row by row, and divides them among the parents.
pub(super) trait Between: Send {
    /// Takes the record whose columns begin at `from`.
    fn take(&mut self, row: &dyn Row, from: usize) -> Result<()>;
    /// Those of each of the parents, in the order taken.
    fn divide(self: Box<Self>, parents: &[u32], lists: usize) -> Vec<Ties>;
}

/// Makes a taker.
pub(super) type MakeBetween = fn() -> Box<dyn Between>;

struct Taken<P>(Vec<P>);

/// A taker of records of `P`.
pub(super) fn taker<P: Model>() -> Box<dyn Between> {
    Box::new(Taken::<P>(Vec::new()))
}

impl<P: Model> Between for Taken<P> {
    fn take(&mut self, row: &dyn Row, from: usize) -> Result<()> {
        self.0.push(P::hydrate(&Later { row, from })?);
        Ok(())
    }

    fn divide(self: Box<Self>, parents: &[u32], lists: usize) -> Vec<Ties> {
        let mut all: Vec<Vec<P>> = (0..lists).map(|_| Vec::new()).collect();
        for (record, &parent) in self.0.into_iter().zip(parents) {
            all[parent as usize].push(record);
        }
        all.into_iter().map(|list| Arc::new(list) as Ties).collect()
    }
}

/// The columns of a row from some place on.
pub(super) struct Later<'a> {
    pub(super) row: &'a dyn Row,
    pub(super) from: usize,
}

impl Row for Later<'_> {
    fn value(&self, column: usize) -> ValueRef<'_> {
        self.row.value(self.from + column)
    }
}

/// The fault of asking a relation for what doesn't stand in it.
pub(super) fn check<P: Model>(relation: &RelationSchema) -> Result<(), Fault> {
    if stands_between::<P>(relation) {
        return Ok(());
    }
    let expected = match &relation.pivot {
        Some(pivot) => format!("`{}`, which stands in between", (pivot.entity)().model),
        None => "a relation that has a model in between".to_owned(),
    };
    let mismatch = Mismatch { expected, found: format!("`{}`", P::schema().model) };
    Err(Fault::of(relation, mismatch))
}
