//! Reading plans.

mod access;
mod children;
mod compare;
mod counts;
mod eval;
mod explain;
mod finder;
mod found;
mod groups;
mod order;
mod semi_join;
mod test;
mod text;

use crate::namespace::Namespace;
use crate::store::EntityStore;
use crate::store::chunk::{Chunk, StoredRow};
use children::children;
pub(crate) use explain::explain;
use found::{each_row_ahead, find};
use order::Sorter;
use orm_core::Result;
use orm_core::model::schema::EntitySchema;
use orm_core::plan::{KeySet, Output, Predicate, Select};
use orm_core::provider::{Flow, Row, RowSink};
use orm_core::value::{KeyValues, ValueRef};

/// The one row of a count or of an existence.
struct Single(ValueRef<'static>);

impl Row for Single {
    fn value(&self, column: usize) -> ValueRef<'_> {
        if column == 0 { self.0 } else { ValueRef::Null }
    }
}

/// Why rows stop: the sink has enough, or it failed.
enum Stop {
    Enough,
    Error(orm_core::Error),
}

/// Hands one row to the sink.
#[inline]
fn put(sink: &mut dyn RowSink, row: &dyn Row) -> Result<(), Stop> {
    match sink.row(row) {
        Ok(Flow::More) => Ok(()),
        Ok(Flow::Stop) => Err(Stop::Enough),
        Err(error) => Err(Stop::Error(error)),
    }
}

/// The end of a read: that the sink has enough is no error.
fn finish(outcome: Result<(), Stop>) -> Result<()> {
    match outcome {
        Ok(()) | Err(Stop::Enough) => Ok(()),
        Err(Stop::Error(error)) => Err(error),
    }
}

/// The rows that meet a condition, in storage order.
pub(crate) fn matching(namespace: &Namespace, store: &EntityStore, filter: &Predicate) -> Vec<u32> {
    find(namespace, store, filter, usize::MAX).into_rows(store)
}

/// Reads one record by its key.
#[inline]
pub(crate) fn find_one(
    namespace: &Namespace,
    entity: &'static EntitySchema,
    key: &KeyValues,
    sink: &mut dyn RowSink,
) -> Result<()> {
    let Some(store) = namespace.store(entity) else {
        return Ok(());
    };
    let found = match (key.get(0), store.int_key()) {
        (ValueRef::Int(raw), Some(column)) => store.by_int(column, raw),
        _ => by_key(store, key),
    };
    if let Some((chunk, at)) = found {
        let _ = sink.row(&StoredRow { chunk, at })?;
    }
    Ok(())
}

/// The row of any key but an integer.
#[inline(never)]
fn by_key<'s>(store: &'s EntityStore, key: &KeyValues) -> Option<(&'s Chunk, usize)> {
    let schema = store.schema;
    // What doesn't fit equals nothing.
    let kind = |part: usize| schema.fields[schema.key[part]].kind;
    let part = |part: usize| kind(part).fit(key.get(part)).unwrap_or(ValueRef::Null);
    store.place(store.key_index().first(store, part)?)
}

/// Reads a plan.
pub(crate) fn select(namespace: &Namespace, plan: &Select, sink: &mut dyn RowSink) -> Result<()> {
    let store = namespace.store(plan.entity);
    match &plan.output {
        Output::Count => {
            let count = store.map_or(0, |store| count(namespace, store, plan, u64::MAX));
            let count = ValueRef::Int(i64::try_from(count).unwrap_or(i64::MAX));
            finish(put(sink, &Single(count)))
        }
        Output::Exists => {
            let count = store.map_or(0, |store| count(namespace, store, plan, 1));
            finish(put(sink, &Single(ValueRef::Bool(count > 0))))
        }
        Output::Records => {
            store.map_or(Ok(()), |store| finish(records(namespace, store, plan, &mut Whole(sink))))
        }
        Output::Columns(columns) => store.map_or(Ok(()), |store| {
            let width = store.schema.fields.len();
            finish(records(namespace, store, plan, &mut Picking { sink, columns, width }))
        }),
        Output::Counts => store.map_or(Ok(()), |store| finish(counts(namespace, store, plan, sink))),
        Output::Groups(grouping) => groups::groups(namespace, plan, grouping, sink),
        _ => Err(orm_core::Error::unsupported("this output", "the memory provider doesn't know it")),
    }
}

/// The number of records that go out; `enough` of them need to be found at most.
fn count(namespace: &Namespace, store: &EntityStore, plan: &Select, enough: u64) -> u64 {
    if let Some(related) = &plan.related {
        return children(namespace, store, plan, related).list.len() as u64;
    }
    let enough = enough.min(plan.limit.unwrap_or(u64::MAX));
    if enough == 0 {
        return 0;
    }
    let enough = enough.saturating_add(plan.offset);
    let found = if plan.filter.is_always_true() {
        store.live()
    } else {
        let enough = usize::try_from(enough).unwrap_or(usize::MAX);
        found::count(namespace, store, &plan.filter, enough)
    };
    let left = (found as u64).saturating_sub(plan.offset);
    left.min(plan.limit.unwrap_or(u64::MAX))
}

/// Puts out how many records each parent has that has any.
fn counts(
    namespace: &Namespace,
    store: &EntityStore,
    plan: &Select,
    sink: &mut dyn RowSink,
) -> Result<(), Stop> {
    let Some(related) = &plan.related else {
        return Ok(());
    };
    let mut counts = vec![0_i64; related.keys.len()];
    for child in children(namespace, store, plan, related).list {
        if let Some(count) = counts.get_mut(child.parent()) {
            *count += 1;
        }
    }
    for (parent, count) in counts.into_iter().enumerate().filter(|(_, count)| *count > 0) {
        put(sink, &ParentCount { keys: &related.keys, parent, count })?;
    }
    Ok(())
}

/// Where records go.
trait Records {
    /// About so many will come.
    fn expect(&mut self, rows: usize);
    fn put(&mut self, row: &dyn Row) -> Result<(), Stop>;
}

/// All columns of each.
struct Whole<'a>(&'a mut dyn RowSink);

impl Records for Whole<'_> {
    fn expect(&mut self, rows: usize) {
        self.0.expect(rows);
    }

    #[inline]
    fn put(&mut self, row: &dyn Row) -> Result<(), Stop> {
        put(self.0, row)
    }
}

/// Some columns of each.
struct Picking<'a> {
    sink: &'a mut dyn RowSink,
    columns: &'a [usize],
    width: usize,
}

impl Records for Picking<'_> {
    fn expect(&mut self, rows: usize) {
        self.sink.expect(rows);
    }

    #[inline]
    fn put(&mut self, row: &dyn Row) -> Result<(), Stop> {
        put(self.sink, &Chosen { row, columns: self.columns, width: self.width })
    }
}

/// Some columns of a row, and what follows its own columns.
struct Chosen<'a> {
    row: &'a dyn Row,
    columns: &'a [usize],
    width: usize,
}

impl Row for Chosen<'_> {
    fn value(&self, column: usize) -> ValueRef<'_> {
        match self.columns.get(column) {
            Some(&column) => self.row.value(column),
            None => self.row.value(self.width + column - self.columns.len()),
        }
    }
}

/// A parent's key and a count.
struct ParentCount<'a> {
    keys: &'a KeySet,
    parent: usize,
    count: i64,
}

impl Row for ParentCount<'_> {
    fn value(&self, column: usize) -> ValueRef<'_> {
        match self.keys.columns().get(column) {
            Some(part) => part.get(self.parent),
            None if column == self.keys.columns().len() => ValueRef::Int(self.count),
            None => ValueRef::Null,
        }
    }
}

fn records(
    namespace: &Namespace,
    store: &EntityStore,
    plan: &Select,
    to: &mut impl Records,
) -> Result<(), Stop> {
    if let Some(related) = &plan.related {
        let children = children(namespace, store, plan, related);
        to.expect(children.list.len());
        for &child in &children.list {
            if let Some(row) = children.row(store, related, child) {
                to.put(&row)?;
            }
        }
        return Ok(());
    }
    let cut = plan.offset > 0 || plan.limit.is_some();
    if plan.order.is_empty() && !cut {
        let found = find(namespace, store, &plan.filter, usize::MAX);
        to.expect(found.count());
        return found.each_whole(store, |chunk, at| to.put(&StoredRow { chunk, at }));
    }
    let offset = usize::try_from(plan.offset).unwrap_or(usize::MAX);
    let most = plan
        .limit
        .map_or(usize::MAX, |limit| usize::try_from(limit.saturating_add(plan.offset)).unwrap_or(usize::MAX));
    let sorter = Sorter::new(store, &plan.order, cut);
    let found = find(namespace, store, &plan.filter, usize::MAX);
    let rows = sorter.first(&found, most);
    to.expect(rows.len().saturating_sub(offset));
    let rows = rows.iter().skip(offset).filter_map(|&row| store.place(row));
    each_row_ahead(rows, |chunk, at| to.put(&StoredRow { chunk, at }))
}
