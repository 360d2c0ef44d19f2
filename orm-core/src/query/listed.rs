//! Loading relations over lists of keys: one statement for the records of all lists.

use super::children::Found;
use super::choice::Choice;
use super::key_index::KeyIndex;
use super::load::{Edge, load_all};
use super::record_list::{OwnedList, RecordList};
use crate::database::Lens;
use crate::error::Result;
use crate::model::schema::RelationSchema;
use crate::plan::{KeySet, Output, Predicate, Select, Sort};
use crate::provider::{Flow, Row, RowSink};
use crate::value::{ValueRef, keys};
use std::sync::Arc;

/// Records, each with its parent and its place in the parent's list.
struct Listed {
    records: Box<dyn OwnedList>,
    of: Vec<(u32, u32)>,
    index: KeyIndex,
    /// For each place of the index, a parent and a place in its list.
    places: Vec<(u32, u32)>,
    key: usize,
}

impl RowSink for Listed {
    fn row(&mut self, row: &dyn Row) -> Result<Flow> {
        for place in self.index.places(|_| row.value(self.key)) {
            self.records.push(row)?;
            self.of.push(self.places[place]);
        }
        Ok(Flow::More)
    }
}

/// The records of each parent's list: in the order asked for, or in that of the list.
pub(super) async fn children(
    edge: Edge,
    choice: &Choice,
    mut records: Box<dyn OwnedList>,
    lens: Lens<'_>,
    parents: &dyn RecordList,
) -> Result<Found> {
    let relation = edge.schema;
    // The derive and `start()` see to it that there is one column on each side.
    let (&[column], &[key]) = (relation.from, relation.to) else {
        return Ok(Found::new(records, Vec::new()));
    };
    let kind = (relation.target)().field(key).kind;
    let mut index = KeyIndex::new(&[kind], parents.len());
    let mut places = Vec::new();
    for at in 0..parents.len() {
        if let ValueRef::Text(text) = parents.value(at, column) {
            for (place, key) in keys::read(text, kind).iter().enumerate() {
                index.push(|_| key.as_ref());
                places.push((at as u32, place as u32));
            }
        }
    }
    let keys = Arc::new(index.take_keys());
    let mut of = Vec::new();
    if !keys.is_empty() {
        let plan = plan(relation, choice, &keys, Output::Records)?;
        let sink = Listed { records, of, index, places, key };
        Listed { records, of, .. } = lens.select(plan, choice.deleted, sink).await?;
        load_all(&choice.with, lens.of(false), &mut *records).await?;
    }
    let order = chosen(choice, &of, parents.len());
    arrange(&mut *records, &order);
    Ok(Found::new(records, order.iter().map(|&at| of[at].0).collect()))
}

/// Which records are chosen, parent by parent.
fn chosen(choice: &Choice, of: &[(u32, u32)], parents: usize) -> Vec<usize> {
    let mut lists: Vec<Vec<usize>> = vec![Vec::new(); parents];
    for (at, &(parent, _)) in of.iter().enumerate() {
        lists[parent as usize].push(at);
    }
    let offset = usize::try_from(choice.offset).unwrap_or(usize::MAX);
    let limit = choice.limit.map_or(usize::MAX, |limit| usize::try_from(limit).unwrap_or(usize::MAX));
    let mut order = Vec::with_capacity(of.len());
    for mut list in lists {
        if choice.order.is_empty() {
            list.sort_by_key(|&at| of[at].1);
        }
        order.extend(list.into_iter().skip(offset).take(limit));
    }
    order
}

/// Leaves those records, in that order.
fn arrange(records: &mut dyn OwnedList, order: &[usize]) {
    // Where the record is that was at a place at first, and which record is at a place now.
    let mut now_at: Vec<usize> = (0..records.len()).collect();
    let mut is_here = now_at.clone();
    for (to, &record) in order.iter().enumerate() {
        let from = now_at[record];
        records.swap(to, from);
        let other = is_here[to];
        is_here.swap(to, from);
        now_at[other] = from;
        now_at[record] = to;
    }
    records.truncate(order.len());
}

/// What is read of the records of some lists.
pub(super) fn plan(
    relation: &'static RelationSchema,
    choice: &Choice,
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
