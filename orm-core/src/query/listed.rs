//! Loading relations over lists of keys: one statement for the records of all lists.

use super::children::Found;
use super::choice::Choice;
use super::key_index::KeyIndex;
use crate::database::Lens;
use crate::error::Result;
use crate::model::Model;
use crate::model::schema::RelationSchema;
use crate::plan::{KeySet, Output, Predicate, Select, Sort};
use crate::provider::{Flow, Row, RowSink};
use crate::value::{ValueRef, keys};
use std::sync::Arc;

/// Records, each with its parent and its place in the parent's list.
struct Listed<T> {
    records: Vec<T>,
    of: Vec<(u32, u32)>,
    index: KeyIndex,
    /// For each place of the index, a parent and a place in its list.
    places: Vec<(u32, u32)>,
    key: usize,
}

impl<T: Model> RowSink for Listed<T> {
    fn row(&mut self, row: &dyn Row) -> Result<Flow> {
        for place in self.index.places(|_| row.value(self.key)) {
            self.records.push(T::hydrate(row)?);
            self.of.push(self.places[place]);
        }
        Ok(Flow::More)
    }
}

/// The records of each parent's list: in the order asked for, or in that of the list.
pub(super) async fn children<M: Model, T: Model>(
    relation: &'static RelationSchema,
    choice: &Choice<T>,
    lens: Lens<'_>,
    parents: &[M],
) -> Result<Found<T>> {
    let mut lists: Vec<Vec<(u32, T)>> = parents.iter().map(|_| Vec::new()).collect();
    // The derive and `start()` see to it that there is one column on each side.
    let (&[column], &[key]) = (relation.from, relation.to) else {
        return Ok(Found::new(Vec::new(), Vec::new()));
    };
    let kind = T::schema().field(key).kind;
    let mut index = KeyIndex::new(&[kind], parents.len());
    let mut places = Vec::new();
    for (at, parent) in parents.iter().enumerate() {
        if let Ok(ValueRef::Text(text)) = parent.value(column) {
            for (place, key) in keys::read(text, kind).iter().enumerate() {
                index.push(|_| key.as_ref());
                places.push((at as u32, place as u32));
            }
        }
    }
    let keys = Arc::new(index.take_keys());
    if !keys.is_empty() {
        let plan = plan(relation, choice, &keys, Output::Records)?;
        let sink = Listed { records: Vec::new(), of: Vec::new(), index, places, key };
        let Listed { mut records, of, .. } = lens.select(plan, choice.deleted, sink).await?;
        for load in &choice.with {
            load.here(lens.of(false), &mut records).await?;
        }
        for (record, (parent, place)) in records.into_iter().zip(of) {
            lists[parent as usize].push((place, record));
        }
    }
    let offset = usize::try_from(choice.offset).unwrap_or(usize::MAX);
    let limit = choice.limit.map_or(usize::MAX, |limit| usize::try_from(limit).unwrap_or(usize::MAX));
    let mut found = Found::new(Vec::new(), Vec::new());
    for (parent, mut list) in lists.into_iter().enumerate() {
        if choice.order.is_empty() {
            list.sort_by_key(|(place, _)| *place);
        }
        found.records.extend(list.into_iter().skip(offset).take(limit).map(|(_, record)| record));
        found.of.resize(found.records.len(), parent as u32);
    }
    Ok(found)
}

/// What is read of the records of some lists.
pub(super) fn plan<T>(
    relation: &'static RelationSchema,
    choice: &Choice<T>,
    keys: &Arc<KeySet>,
    output: Output,
) -> Result<Select> {
    // Nothing stands in between; asking for that is a fault.
    choice.middle.clone().transpose()?;
    choice.between.clone().transpose()?;
    let entity = (relation.target)();
    let mut order = choice.order.clone();
    if !order.is_empty() && (choice.limit.is_some() || choice.offset > 0) {
        // Where records are cut off, the key breaks ties.
        let ties = entity.key.iter().filter(|c| !choice.order.iter().any(|o| o.column == **c));
        order.extend(ties.map(|&column| Sort { column, descending: false, nulls_first: true }));
    }
    let filter = Predicate::Keys { columns: relation.to, keys: Arc::clone(keys) }.and(choice.filter.clone()?);
    Ok(Select { filter, order, output, ..Select::all(entity) })
}
