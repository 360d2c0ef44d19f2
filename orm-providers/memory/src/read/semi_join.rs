//! Conditions on related records: counted in one pass, or looked up row by row when rows are few.

use super::counts::KeyCounts;
use super::finder::Finder;
use super::found::{find, meets};
use super::test::{Test, counts_hold};
use crate::namespace::Namespace;
use crate::store::EntityStore;
use orm_core::model::schema::{PivotSchema, RelationSchema};
use orm_core::plan::{CompareOp, Predicate};
use orm_core::value::ValueRef;

/// Looks up the related records of one row at a time.
#[derive(Debug)]
pub(super) struct Lookup<'a> {
    from: &'static [usize],
    pivot: Option<(Finder<'a>, &'static PivotSchema)>,
    target: Finder<'a>,
    filter: Test<'a>,
    count: (CompareOp, u64),
}

impl Lookup<'_> {
    /// Whether the row whose values these are has the right number of related records.
    pub(super) fn holds<'v>(&self, value: impl Fn(usize) -> ValueRef<'v>) -> bool {
        let mut found = 0;
        let (op, wanted) = self.count;
        let mut tally = |row: u32| {
            if meets(self.target.store, &self.filter, row) {
                found += 1;
            }
            // More records change nothing once there are more than were asked for.
            found < wanted || found == wanted && !matches!(op, CompareOp::Ge | CompareOp::Lt)
        };
        let key = |part: usize| value(self.from[part]);
        match &self.pivot {
            None => self.target.each(key, tally),
            Some((pivot, schema)) => pivot.each(key, |row| {
                let store = pivot.store;
                self.target.each(|part| store.value(row, schema.to[part]), &mut tally)
            }),
        };
        counts_hold(self.count, found)
    }
}

/// Prepares a condition on related records for about `rows` rows.
pub(super) fn prepare<'a>(
    namespace: &'a Namespace,
    relation: &'static RelationSchema,
    filter: &'a Predicate,
    count: (CompareOp, u64),
    rows: usize,
) -> Test<'a> {
    let Some(target) = namespace.store((relation.target)()) else {
        return Test::Constant(counts_hold(count, 0));
    };
    let pivot = match &relation.pivot {
        None => None,
        Some(schema) => match namespace.store((schema.entity)()) {
            Some(store) => Some((store, schema)),
            None => return Test::Constant(counts_hold(count, 0)),
        },
    };
    if let Some(lookup) = lookup(namespace, relation, target, pivot, filter, count, rows) {
        return Test::Lookup(Box::new(lookup));
    }
    let mut counts = count_by(namespace, target, relation.to, filter);
    if let Some((store, schema)) = pivot {
        let mut by_parent = KeyCounts::new(store.seed(), relation.from.len());
        if !counts.is_empty() {
            for row in store.rows() {
                let times = counts.get(|part| store.value(row, schema.to[part]));
                if times > 0 {
                    by_parent.add(|part| store.value(row, schema.from[part]), times);
                }
            }
        }
        counts = by_parent;
    }
    Test::Counted { from: relation.from, counts, count }
}

/// How many records that meet a condition have each key.
fn count_by(namespace: &Namespace, store: &EntityStore, columns: &[usize], filter: &Predicate) -> KeyCounts {
    let mut counts = KeyCounts::new(store.seed(), columns.len());
    find(namespace, store, filter, usize::MAX).all(store, |_, chunk, at| {
        counts.add(|part| chunk.value(at, columns[part]), 1);
    });
    counts
}

fn lookup<'a>(
    namespace: &'a Namespace,
    relation: &'static RelationSchema,
    target: &'a EntityStore,
    pivot: Option<(&'a EntityStore, &'static PivotSchema)>,
    filter: &'a Predicate,
    count: (CompareOp, u64),
    rows: usize,
) -> Option<Lookup<'a>> {
    let finder = Finder::indexed(target, relation.to)?;
    let related = pivot.map_or(target.live(), |(store, _)| store.live());
    // Rows that share a parent look at the same related records again and again, so that only few
    // may do so, unless there is one at most.
    let few = if pivot.is_none() && finder.is_unique() { related / 4 } else { (related / 16).min(256) };
    if rows > few + 8 {
        return None;
    }
    let pivot = match pivot {
        Some((store, schema)) => Some((Finder::indexed(store, schema.from)?, schema)),
        None => None,
    };
    Some(Lookup {
        from: relation.from,
        pivot,
        target: finder,
        filter: super::test::prepare(namespace, target, filter, rows.saturating_mul(4)),
        count,
    })
}
