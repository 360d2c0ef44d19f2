//! The records that a relation leads to from parents in hand.

use super::choice::Choice;
use super::key_index::KeyIndex;
use super::listed;
use super::pivot::Between;
use crate::database::Lens;
use crate::error::Result;
use crate::model::Model;
use crate::model::schema::{RelationKind, RelationSchema, Side};
use crate::provider::{Flow, Row, RowSink};
use crate::value::{Kind, ValueRef};
use std::sync::Arc;

/// Related records, each with the place of its parent.
struct Children<T> {
    records: Vec<T>,
    parents: Vec<u32>,
    index: KeyIndex,
    /// Where the parts of the parent's key stand in a row.
    key: Vec<usize>,
    between: Option<Box<dyn Between>>,
    /// Where the record in between begins in a row.
    between_at: usize,
}

/// What was found of a relation.
pub(super) struct Found<T> {
    pub(super) records: Vec<T>,
    /// The place of each record's parent.
    pub(super) of: Vec<u32>,
    /// What stands in between, where that was asked for.
    pub(super) between: Option<Box<dyn Between>>,
}

impl<T> Found<T> {
    pub(super) fn new(records: Vec<T>, of: Vec<u32>) -> Self {
        Self { records, of, between: None }
    }
}

impl<T: Model> RowSink for Children<T> {
    fn expect(&mut self, rows: usize) {
        self.records.reserve(rows);
        self.parents.reserve(rows);
    }

    fn row(&mut self, row: &dyn Row) -> Result<Flow> {
        let key = &self.key;
        for parent in self.index.places(|part| row.value(key[part])) {
            self.records.push(T::hydrate(row)?);
            self.parents.push(parent as u32);
            if let Some(between) = &mut self.between {
                between.take(row, self.between_at)?;
            }
        }
        Ok(Flow::More)
    }
}

/// The parents' keys by which a relation leads to records, and the places that have each.
pub(super) fn parents_index<M: Model>(relation: &RelationSchema, parents: &[M]) -> KeyIndex {
    let own = M::schema();
    let kinds: Vec<Kind> = relation.from.iter().map(|&c| own.field(c).kind).collect();
    let mut index = KeyIndex::new(&kinds, parents.len());
    let guard = relation.guard.filter(|guard| guard.on == Side::Own);
    for parent in parents {
        if guard.is_some_and(|g| parent.value(g.column) != Ok(ValueRef::Text(g.value))) {
            index.push(|_| ValueRef::Null);
            continue;
        }
        // What can't be stored can't have been read: such a key leads nowhere.
        index.push(|i| parent.value(relation.from[i]).unwrap_or(ValueRef::Null));
    }
    index
}

/// Reads what a relation leads to from these parents, with its own relations.
pub(super) async fn children<M: Model, T: Model>(
    relation: &'static RelationSchema,
    choice: &Choice<T>,
    lens: Lens<'_>,
    parents: &[M],
) -> Result<Found<T>> {
    if relation.kind == RelationKind::HasManyBy {
        return listed::children(relation, choice, lens, parents).await;
    }
    let mut index = parents_index(relation, parents);
    let keys = Arc::new(index.take_keys());
    if keys.is_empty() {
        return Ok(Found::new(Vec::new(), Vec::new()));
    }
    let (plan, key) = choice.reading(relation, keys, lens)?;
    let plan = lens.plan(plan, choice.deleted);
    let below = lens.of(plan.is_everything());
    let between = choice.between.clone().transpose()?.map(|make| make());
    let between_at = T::schema().fields.len() + relation.from.len();
    let sink = Children { records: Vec::new(), parents: Vec::new(), index, key, between, between_at };
    let Children { mut records, parents: of, between, .. } =
        lens.session.select(&Arc::new(plan), sink).await?;
    for load in &choice.with {
        load.here(below, &mut records).await?;
    }
    Ok(Found { records, of, between })
}
