//! Reading plans, evaluated over plain scans.

use super::atom::{Tuple, joinable};
use super::condition::{Condition, by_key, key, pairs};
use super::groups::{self, groups};
use super::record::Record;
use crate::error::{Error, Result};
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
    put_out(plan, &found, &mut scans, sink)
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
    // One record of several parents stays in the order of the parents: the sort is stable.
    groups::compare(&plan.order, a.record, b.record).then_with(|| by_key(plan.entity, a.record, b.record))
}

fn put_out(plan: &Select, found: &[Found<'_>], scans: &mut Scans<'_>, sink: &mut dyn RowSink) -> Result<()> {
    match &plan.output {
        Output::Records if plan.related.is_none() => each(found, sink, |f, sink| sink.row(f.record)),
        Output::Records | Output::Columns(_) => {
            let all: Vec<usize>;
            let columns = match &plan.output {
                Output::Columns(columns) => columns,
                _ => {
                    all = (0..plan.entity.fields.len()).collect();
                    &all
                }
            };
            let keys = plan.related.as_ref().map(|related| &*related.keys);
            each(found, sink, |f, sink| {
                sink.row(&Chosen {
                    record: f.record,
                    columns,
                    keys,
                    parent: f.parent,
                    middle: f.middle.as_ref(),
                })
            })
        }
        Output::Joined(_) => Err(Error::unsupported(
            "a plan that joins",
            "it is not worked out by the core; read what the relations lead to by plans of their own",
        )),
        Output::Count => {
            let count = i64::try_from(found.len()).unwrap_or(i64::MAX);
            sink.row(&Single(ValueRef::Int(count))).map(drop)
        }
        Output::Exists => sink.row(&Single(ValueRef::Bool(!found.is_empty()))).map(drop),
        Output::Counts => {
            let Some(related) = &plan.related else {
                return Ok(());
            };
            let mut counts = vec![0_i64; related.keys.len()];
            found.iter().for_each(|f| counts[f.parent] += 1);
            let counted: Vec<_> = counts.into_iter().enumerate().filter(|(_, count)| *count > 0).collect();
            each(&counted, sink, |&(parent, count), sink| {
                sink.row(&Counted { keys: &related.keys, parent, count })
            })
        }
        Output::Groups(grouping) => {
            groups(grouping, plan.entity, found.iter().map(|f| f.record), scans, sink)
        }
    }
}

/// Puts rows out until the sink has enough.
fn each<T>(
    rows: &[T],
    sink: &mut dyn RowSink,
    put: impl Fn(&T, &mut dyn RowSink) -> Result<Flow>,
) -> Result<()> {
    for row in rows {
        if put(row, sink)? == Flow::Stop {
            break;
        }
    }
    Ok(())
}

/// Columns of a record, followed by its parent's key where there are parents, and then by what stands
/// between the two.
pub(super) struct Chosen<'a> {
    pub(super) record: &'a dyn Row,
    pub(super) columns: &'a [usize],
    pub(super) keys: Option<&'a KeySet>,
    pub(super) parent: usize,
    pub(super) middle: Option<&'a Record>,
}

impl Row for Chosen<'_> {
    fn value(&self, column: usize) -> ValueRef<'_> {
        if let Some(&column) = self.columns.get(column) {
            return self.record.value(column);
        }
        let part = column - self.columns.len();
        let Some(keys) = self.keys else { return ValueRef::Null };
        match part.checked_sub(keys.columns().len()) {
            None => keys.get(self.parent, part),
            Some(column) => self.middle.map_or(ValueRef::Null, |middle| middle.value(column)),
        }
    }
}

/// A parent's key, followed by a count.
struct Counted<'a> {
    keys: &'a KeySet,
    parent: usize,
    count: i64,
}

impl Row for Counted<'_> {
    fn value(&self, column: usize) -> ValueRef<'_> {
        match self.keys.columns().get(column) {
            Some(part) => part.get(self.parent),
            None if column == self.keys.columns().len() => ValueRef::Int(self.count),
            None => ValueRef::Null,
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
