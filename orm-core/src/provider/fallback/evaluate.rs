//! Reading plans, evaluated over plain scans.

use super::atom::{self, Tuple, joinable};
use super::condition::{Condition, by_key, key, pairs};
use super::record::Record;
use crate::error::Result;
use crate::model::schema::EntitySchema;
use crate::plan::{KeySet, Output, Related, Select};
use crate::provider::{Flow, Row, RowSink};
use crate::value::ValueRef;
use std::cmp::Ordering;
use std::collections::HashMap;
use std::rc::Rc;

/// Where the [evaluator](evaluate) reads from. Any `FnMut(&'static EntitySchema) -> Result<Vec<Record>>`
/// is one.
pub trait Source {
    /// All records of an entity, in any order.
    ///
    /// # Errors
    /// Those of the storage.
    fn scan(&mut self, entity: &'static EntitySchema) -> Result<Vec<Record>>;

    /// The records of a plan's own entity: all, or fewer where the source can tell that the plan
    /// doesn't select the rest.
    ///
    /// # Errors
    /// Those of the storage.
    fn root(&mut self, plan: &Select) -> Result<Vec<Record>> {
        self.scan(plan.entity)
    }
}

impl<F: FnMut(&'static EntitySchema) -> Result<Vec<Record>>> Source for F {
    fn scan(&mut self, entity: &'static EntitySchema) -> Result<Vec<Record>> {
        self(entity)
    }
}

/// The scans of one evaluation: each entity is scanned at most once beside the plan's own.
pub(super) struct Scans<'a> {
    source: &'a mut dyn Source,
    seen: Vec<(&'static EntitySchema, Rc<Vec<Record>>)>,
}

impl<'a> Scans<'a> {
    pub(super) fn new(source: &'a mut dyn Source) -> Self {
        let seen = Vec::new();
        Self { source, seen }
    }

    pub(super) fn all(&mut self, entity: &'static EntitySchema) -> Result<Rc<Vec<Record>>> {
        if let Some((_, records)) = self.seen.iter().find(|(seen, _)| seen.is(entity)) {
            return Ok(Rc::clone(records));
        }
        let records = Rc::new(self.source.scan(entity)?);
        self.seen.push((entity, Rc::clone(&records)));
        Ok(records)
    }
}

/// A record that the plan selects.
struct Found<'a> {
    record: &'a Record,
    /// Which of the [related](Related::keys) keys it belongs to.
    parent: usize,
    /// What stands between the two, where that goes out.
    middle: Option<Record>,
}

/// Evaluates a plan over plain scans: what a provider's `select` means, spelled out.
///
/// It takes time and memory in proportion to the entities that the plan names. A record that a pivot
/// joins to one parent several times belongs to it once. Rows of equal order come by their key, so
/// that offsets and limits cut the same every time.
///
/// # Errors
/// Those of the source and those of the sink.
pub fn evaluate(plan: &Select, source: &mut dyn Source, sink: &mut dyn RowSink) -> Result<()> {
    let records = source.root(plan)?;
    let mut scans = Scans::new(source);
    let condition = Condition::over(&plan.filter, plan.entity, &mut scans)?;
    let selected = records.iter().filter(|r| condition.holds(*r));
    let mut found: Vec<Found<'_>> = match &plan.related {
        None => selected.map(|record| Found { record, parent: 0, middle: None }).collect(),
        Some(related) => of_parents(related, selected, &mut scans)?,
    };
    let per_parent = plan.related.as_ref().is_some_and(|r| r.offset > 0 || r.limit.is_some());
    if !plan.order.is_empty() || plan.offset > 0 || plan.limit.is_some() || per_parent {
        found.sort_by(|a, b| order(plan, a, b));
    }
    if let Some(related) = plan.related.as_ref().filter(|_| per_parent) {
        let mut passed = vec![0; related.keys.len()];
        found.retain(|f| {
            passed[f.parent] += 1;
            within(passed[f.parent], related.offset, related.limit)
        });
    }
    let mut passed = 0;
    found.retain(|_| {
        passed += 1;
        within(passed, plan.offset, plan.limit)
    });
    put_out(plan, &found, sink)
}

/// Whether the row that is `nth`, counted from 1, is let through.
fn within(nth: u64, offset: u64, limit: Option<u64>) -> bool {
    nth > offset && limit.is_none_or(|limit| nth - offset <= limit)
}

/// The records that belong to the parents, once for each parent.
fn of_parents<'a>(
    related: &Related,
    records: impl Iterator<Item = &'a Record>,
    scans: &mut Scans<'_>,
) -> Result<Vec<Found<'a>>> {
    let relation = related.relation;
    let parents: HashMap<Tuple, usize> =
        (0..related.keys.len()).map(|i| (key(&related.keys, i), i)).collect();
    // From the values of the target's columns to the parents that lead there.
    let mut leading: HashMap<Tuple, Vec<(usize, Option<Record>)>> = HashMap::new();
    match &relation.pivot {
        None => leading.extend(parents.into_iter().map(|(key, at)| (key, vec![(at, None)]))),
        Some(pivot) => {
            for ((from, to), record) in pairs(pivot, related.middle.as_ref(), scans)? {
                if let Some(&parent) = parents.get(&from) {
                    leading.entry(to).or_default().push((parent, related.with_middle.then_some(record)));
                }
            }
            for parents in leading.values_mut() {
                parents.sort_unstable_by_key(|(parent, _)| *parent);
            }
        }
    }
    let mut found = Vec::new();
    for record in records {
        let parents = joinable(record, relation.to).and_then(|key| leading.get(&key));
        for (parent, middle) in parents.into_iter().flatten() {
            found.push(Found { record, parent: *parent, middle: middle.clone() });
        }
    }
    Ok(found)
}

fn order(plan: &Select, a: &Found<'_>, b: &Found<'_>) -> Ordering {
    for sort in &plan.order {
        let (left, right) = (a.record.value(sort.column), b.record.value(sort.column));
        let ordering = match (left.is_null(), right.is_null()) {
            (true, true) => Ordering::Equal,
            (true, false) if sort.nulls_first => Ordering::Less,
            (true, false) => Ordering::Greater,
            (false, true) if sort.nulls_first => Ordering::Greater,
            (false, true) => Ordering::Less,
            (false, false) if sort.descending => atom::order(right, left),
            (false, false) => atom::order(left, right),
        };
        if ordering.is_ne() {
            return ordering;
        }
    }
    // One record of several parents stays in the order of the parents: the sort is stable.
    by_key(plan.entity, a.record, b.record)
}

fn put_out(plan: &Select, found: &[Found<'_>], sink: &mut dyn RowSink) -> Result<()> {
    match plan.output {
        Output::Records => {
            let width = plan.entity.fields.len();
            for f in found {
                let flow = match &plan.related {
                    None => sink.row(f.record)?,
                    Some(related) => sink.row(&WithParent {
                        record: f.record,
                        width,
                        keys: &related.keys,
                        parent: f.parent,
                        middle: f.middle.as_ref(),
                    })?,
                };
                if flow == Flow::Stop {
                    break;
                }
            }
        }
        Output::Count => {
            let count = i64::try_from(found.len()).unwrap_or(i64::MAX);
            let _ = sink.row(&Single(ValueRef::Int(count)))?;
        }
        Output::Exists => {
            let _ = sink.row(&Single(ValueRef::Bool(!found.is_empty())))?;
        }
    }
    Ok(())
}

/// A record followed by its parent's key, and then by what stands between the two.
struct WithParent<'a> {
    record: &'a Record,
    width: usize,
    keys: &'a KeySet,
    parent: usize,
    middle: Option<&'a Record>,
}

impl Row for WithParent<'_> {
    fn value(&self, column: usize) -> ValueRef<'_> {
        match column.checked_sub(self.width) {
            None => self.record.value(column),
            Some(part) => match part.checked_sub(self.keys.columns().len()) {
                None => self.keys.get(self.parent, part),
                Some(column) => self.middle.map_or(ValueRef::Null, |m| m.value(column)),
            },
        }
    }
}

/// A row of one value.
struct Single(ValueRef<'static>);

impl Row for Single {
    fn value(&self, column: usize) -> ValueRef<'_> {
        match column {
            0 => self.0,
            _ => ValueRef::Null,
        }
    }
}
