//! The records that a relation leads to from a set of parents.

use super::counts::KeyCounts;
use super::finder::Finder;
use super::found::{find, meets};
use super::order::{Entry, Sorter};
use super::test::prepare;
use crate::namespace::Namespace;
use crate::store::EntityStore;
use crate::store::chunk::Chunk;
use orm_core::plan::{KeySet, Predicate, Related, Select};
use orm_core::provider::Row;
use orm_core::value::ValueRef;

/// A related record of one parent.
#[derive(Debug, Clone, Copy)]
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

/// A related record as a sink sees it: its columns, then the parent's key.
#[derive(Debug)]
pub(super) struct ChildRow<'a> {
    chunk: &'a Chunk,
    at: usize,
    keys: &'a KeySet,
    parent: usize,
}

impl<'a> ChildRow<'a> {
    pub(super) fn new(store: &'a EntityStore, related: &'a Related, child: Child) -> Option<Self> {
        let (chunk, at) = store.place(child.row)?;
        Some(Self { chunk, at, keys: &related.keys, parent: child.parent as usize })
    }
}

impl Row for ChildRow<'_> {
    #[inline]
    fn value(&self, column: usize) -> ValueRef<'_> {
        match column.checked_sub(self.chunk.columns.len()) {
            None => self.chunk.value(self.at, column),
            Some(part) if part < self.keys.columns().len() => self.keys.get(self.parent, part),
            Some(_) => ValueRef::Null,
        }
    }
}

/// The children of all parents, ordered and cut as the plan says.
pub(super) fn children(
    namespace: &Namespace,
    store: &EntityStore,
    plan: &Select,
    related: &Related,
) -> Vec<Child> {
    let mut children = match &related.relation.pivot {
        None => direct(namespace, store, plan, related),
        Some(_) => by_pivot(namespace, store, plan, related),
    };
    let cut = plan.offset > 0 || plan.limit.is_some();
    let cut_each = related.offset > 0 || related.limit.is_some();
    let sorter = Sorter::new(store, &plan.order, cut || cut_each);
    if plan.order.is_empty() && !cut && !cut_each {
        children.sort_unstable_by_key(|child| (child.parent, child.row));
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

fn by_pivot(namespace: &Namespace, store: &EntityStore, plan: &Select, related: &Related) -> Vec<Child> {
    let Some(schema) = &related.relation.pivot else {
        return Vec::new();
    };
    let Some(pivot) = namespace.store((schema.entity)()) else {
        return Vec::new();
    };
    let every = Predicate::Constant(true);
    let pairs = by_keys(namespace, pivot, schema.from, &related.keys, &every);
    let targets = Finder::any(store, related.relation.to);
    let mut children = Vec::with_capacity(pairs.len());
    for pair in pairs {
        targets.each(
            |part| pivot.value(pair.row, schema.to[part]),
            |row| {
                children.push(Child { parent: pair.parent, row });
                true
            },
        );
    }
    retain(namespace, store, &plan.filter, &mut children);
    children
}
