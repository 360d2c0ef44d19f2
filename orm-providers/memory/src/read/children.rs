//! The records that a relation leads to from a set of parents.

use super::counts::KeyCounts;
use super::finder::Finder;
use super::found::{find, meets};
use super::order::{Entry, Sorter};
use super::test::prepare;
use crate::hash::Seed;
use crate::namespace::Namespace;
use crate::store::EntityStore;
use crate::store::chunk::Chunk;
use orm_core::model::schema::PivotSchema;
use orm_core::plan::{KeySet, Predicate, Related, Select};
use orm_core::provider::Row;
use orm_core::value::ValueRef;
use std::collections::HashMap;

/// A related record of one parent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Child {
    /// The place of the parent's key.
    parent: u32,
    row: u32,
}

impl Child {
    /// The place of the parent's key.
    pub(super) const fn parent(self) -> usize {
        self.parent as usize
    }
}

/// The related records of all parents.
#[derive(Debug)]
pub(super) struct Children<'a> {
    pub(super) list: Vec<Child>,
    /// The records in between, where they go out too.
    middles: Option<Middles<'a>>,
}

/// The record in between of each child.
#[derive(Debug)]
struct Middles<'a> {
    store: &'a EntityStore,
    rows: HashMap<Child, u32, Seed>,
}

/// A related record as a sink sees it: its columns, then the parent's key, then the columns of the
/// record in between.
#[derive(Debug)]
pub(super) struct ChildRow<'a> {
    chunk: &'a Chunk,
    at: usize,
    keys: &'a KeySet,
    parent: usize,
    middle: Option<(&'a Chunk, usize)>,
}

impl<'a> Children<'a> {
    /// What the sink sees of a child.
    pub(super) fn row(
        &self,
        store: &'a EntityStore,
        related: &'a Related,
        child: Child,
    ) -> Option<ChildRow<'a>> {
        let (chunk, at) = store.place(child.row)?;
        let middle = match &self.middles {
            Some(middles) => middles.rows.get(&child).and_then(|&row| middles.store.place(row)),
            None => None,
        };
        Some(ChildRow { chunk, at, keys: &related.keys, parent: child.parent as usize, middle })
    }
}

impl<'a> Middles<'a> {
    /// Of several records between the same two, the one with the smallest key goes out.
    fn new(store: &'a EntityStore, ties: &[(Child, u32)]) -> Self {
        let mut rows: HashMap<Child, u32, Seed> = HashMap::with_capacity_and_hasher(ties.len(), store.seed());
        let by_key = Sorter::new(store, &[], true);
        for &(child, row) in ties {
            let kept = rows.entry(child).or_insert(row);
            if by_key.compare(&by_key.entry(row), &by_key.entry(*kept)).is_lt() {
                *kept = row;
            }
        }
        Self { store, rows }
    }
}

impl Row for ChildRow<'_> {
    #[inline]
    fn value(&self, column: usize) -> ValueRef<'_> {
        match column.checked_sub(self.chunk.columns.len()) {
            None => self.chunk.value(self.at, column),
            Some(part) => match part.checked_sub(self.keys.columns().len()) {
                None => self.keys.get(self.parent, part),
                Some(column) => self.middle.map_or(ValueRef::Null, |(chunk, at)| chunk.value(at, column)),
            },
        }
    }
}

/// The children of all parents, ordered and cut as the plan says.
pub(super) fn children<'a>(
    namespace: &'a Namespace,
    store: &EntityStore,
    plan: &Select,
    related: &Related,
) -> Children<'a> {
    let Children { list, middles } = match &related.relation.pivot {
        None => Children { list: direct(namespace, store, plan, related), middles: None },
        Some(pivot) => by_pivot(namespace, store, plan, related, pivot),
    };
    Children { list: cut(store, plan, related, list), middles }
}

/// Orders the children and leaves out those that the plan's bounds cut off.
fn cut(store: &EntityStore, plan: &Select, related: &Related, mut children: Vec<Child>) -> Vec<Child> {
    let cut = plan.offset > 0 || plan.limit.is_some();
    let cut_each = related.offset > 0 || related.limit.is_some();
    let sorter = Sorter::new(store, &plan.order, cut || cut_each);
    if plan.order.is_empty() && !cut && !cut_each {
        children.sort_unstable();
        return children;
    }
    let mut sorted: Vec<(u32, Entry)> =
        children.iter().map(|child| (child.parent, sorter.entry(child.row))).collect();
    sorted.sort_unstable_by(|(p, a), (q, b)| p.cmp(q).then_with(|| sorter.compare(a, b)));
    if cut_each {
        let from = related.offset;
        let to = related.limit.map_or(u64::MAX, |limit| from.saturating_add(limit));
        let (mut parent, mut place) = (None, 0_u64);
        sorted.retain(|(p, _)| {
            if parent != Some(*p) {
                (parent, place) = (Some(*p), 0);
            }
            place += 1;
            from < place && place <= to
        });
    }
    if cut {
        // The plan's own bounds count over all parents, in the plan's order.
        sorted.sort_unstable_by(|(p, a), (q, b)| sorter.compare(a, b).then_with(|| p.cmp(q)));
        let offset = usize::try_from(plan.offset).unwrap_or(usize::MAX);
        sorted.drain(..offset.min(sorted.len()));
        let limit = plan.limit.and_then(|limit| usize::try_from(limit).ok());
        sorted.truncate(limit.unwrap_or(usize::MAX));
    }
    let child = |(parent, entry): (u32, Entry)| Child { parent, row: entry.row };
    sorted.into_iter().map(child).collect()
}

/// The rows of a store whose columns are one of the keys, with the place of the key.
fn by_keys(
    namespace: &Namespace,
    store: &EntityStore,
    columns: &[usize],
    keys: &KeySet,
    filter: &Predicate,
) -> Vec<Child> {
    let mut children = Vec::new();
    if keys.len() < store.live() / 4 + 16
        && let Some(finder) = Finder::indexed(store, columns)
    {
        for parent in 0..keys.len() {
            let key = |part| keys.get(parent, part);
            finder.each(key, |row| {
                children.push(Child { parent: parent as u32, row });
                true
            });
        }
        retain(namespace, store, filter, &mut children);
        return children;
    }
    let mut places = KeyCounts::new(store.seed(), columns.len());
    for parent in 0..keys.len() {
        // Keys are distinct, so that each "count" is the place of one key, from 1.
        places.add(|part| keys.get(parent, part), parent as u32 + 1);
    }
    find(namespace, store, filter, usize::MAX).all(store, |row, chunk, at| {
        let place = places.get(|part| chunk.value(at, columns[part]));
        if let Some(parent) = place.checked_sub(1) {
            children.push(Child { parent, row });
        }
    });
    children
}

fn retain(namespace: &Namespace, store: &EntityStore, filter: &Predicate, children: &mut Vec<Child>) {
    if !filter.is_always_true() {
        let test = prepare(namespace, store, filter, children.len());
        children.retain(|child| meets(store, &test, child.row));
    }
}

fn direct(namespace: &Namespace, store: &EntityStore, plan: &Select, related: &Related) -> Vec<Child> {
    by_keys(namespace, store, related.relation.to, &related.keys, &plan.filter)
}

fn by_pivot<'a>(
    namespace: &'a Namespace,
    store: &EntityStore,
    plan: &Select,
    related: &Related,
    schema: &PivotSchema,
) -> Children<'a> {
    let Some(pivot) = namespace.store((schema.entity)()) else {
        return Children { list: Vec::new(), middles: None };
    };
    let every = Predicate::Constant(true);
    let middle = related.middle.as_ref().unwrap_or(&every);
    let pairs = by_keys(namespace, pivot, schema.from, &related.keys, middle);
    let targets = Finder::any(store, related.relation.to);
    let mut list = Vec::with_capacity(pairs.len());
    let mut ties = Vec::new();
    for pair in pairs {
        targets.each(
            |part| pivot.value(pair.row, schema.to[part]),
            |row| {
                let child = Child { parent: pair.parent, row };
                list.push(child);
                if related.with_middle {
                    ties.push((child, pair.row));
                }
                true
            },
        );
    }
    if !related.relation.ties_once() {
        list.sort_unstable();
        list.dedup();
    }
    retain(namespace, store, &plan.filter, &mut list);
    let middles = related.with_middle.then(|| Middles::new(pivot, &ties));
    Children { list, middles }
}
