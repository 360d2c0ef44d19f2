//! Conditions on related records: counted in one pass, or looked up row by row when rows are few.

use super::counts::KeyCounts;
use super::finder::Finder;
use super::found::{find, meets};
use super::test::{Test, counts_hold};
use crate::namespace::Namespace;
use crate::store::EntityStore;
use orm_core::model::schema::{PivotSchema, RelationKind, RelationSchema};
use orm_core::plan::{CompareOp, Predicate};
use orm_core::value::ValueRef;

/// What is asked of related records.
#[derive(Debug)]
pub(super) struct Condition<'a> {
    pub(super) relation: &'static RelationSchema,
    pub(super) filter: &'a Predicate,
    pub(super) middle: Option<&'a Predicate>,
    pub(super) count: (CompareOp, u64),
}

/// Looks up the related records of one row at a time.
#[derive(Debug)]
pub(super) struct Lookup<'a> {
    from: &'static [usize],
    between: Option<Between<'a>>,
    target: Finder<'a>,
    filter: Test<'a>,
    count: (CompareOp, u64),
}

/// The records between a row and its related ones.
#[derive(Debug)]
struct Between<'a> {
    finder: Finder<'a>,
    schema: &'static PivotSchema,
    filter: Option<Test<'a>>,
    /// Whether a related record may be reached several times; it counts once.
    repeats: bool,
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
        match &self.between {
            None => {
                self.target.each(key, tally);
            }
            Some(between) if !between.repeats => {
                between.each(key, |row| self.target.each(between.to(row), &mut tally));
            }
            Some(between) => {
                let mut rows = Vec::new();
                between.each(key, |row| {
                    self.target.each(between.to(row), |row| {
                        rows.push(row);
                        true
                    })
                });
                rows.sort_unstable();
                rows.dedup();
                rows.into_iter().all(tally);
            }
        }
        counts_hold(self.count, found)
    }
}

impl Between<'_> {
    /// Shows the records that belong to a key until `visit` answers `false`.
    fn each<'v>(&self, key: impl Fn(usize) -> ValueRef<'v>, mut visit: impl FnMut(u32) -> bool) {
        let store = self.finder.store;
        self.finder.each(key, |row| {
            self.filter.as_ref().is_some_and(|filter| !meets(store, filter, row)) || visit(row)
        });
    }

    /// The key of the related records that one of them leads to.
    fn to<'s>(&'s self, row: u32) -> impl Fn(usize) -> ValueRef<'s> {
        move |part| self.finder.store.value(row, self.schema.to[part])
    }
}

/// Prepares a condition on related records for about `rows` rows.
pub(super) fn prepare<'a>(namespace: &'a Namespace, condition: &Condition<'a>, rows: usize) -> Test<'a> {
    let Condition { relation, filter, middle, count } = *condition;
    let Some(target) = namespace.store((relation.target)()) else {
        return Test::Constant(counts_hold(count, 0));
    };
    if relation.kind == RelationKind::HasManyBy
        && let (&[column], &[key]) = (relation.from, relation.to)
    {
        let keys = count_by(namespace, target, relation.to, filter);
        return Test::Listed { column, kind: target.schema.fields[key].kind, keys, count };
    }
    let pivot = match &relation.pivot {
        None => None,
        Some(schema) => match namespace.store((schema.entity)()) {
            Some(store) => Some((store, schema)),
            None => return Test::Constant(counts_hold(count, 0)),
        },
    };
    if let Some(lookup) = lookup(namespace, condition, target, pivot, rows) {
        return Test::Lookup(Box::new(lookup));
    }
    let mut counts = count_by(namespace, target, relation.to, filter);
    if let Some((store, schema)) = pivot {
        let every = Predicate::Constant(true);
        counts = count_through(namespace, store, (relation, schema), middle.unwrap_or(&every), &counts);
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

/// From how many records there are of each key, to how many each parent reaches through the records
/// in between that meet a condition.
fn count_through(
    namespace: &Namespace,
    store: &EntityStore,
    (relation, schema): (&RelationSchema, &PivotSchema),
    middle: &Predicate,
    counts: &KeyCounts,
) -> KeyCounts {
    let width = schema.from.len();
    let mut by_parent = KeyCounts::new(store.seed(), width);
    if counts.is_empty() {
        return by_parent;
    }
    // What two records are tied by a second time counts once.
    let mut pairs = (!relation.ties_once()).then(|| KeyCounts::new(store.seed(), width + schema.to.len()));
    find(namespace, store, middle, usize::MAX).all(store, |_, chunk, at| {
        let times = counts.get(|part| chunk.value(at, schema.to[part]));
        if times == 0 {
            return;
        }
        if let Some(pairs) = &mut pairs {
            let pair = |part: usize| {
                let column = schema.from.get(part).unwrap_or_else(|| &schema.to[part - width]);
                chunk.value(at, *column)
            };
            if pairs.get(pair) > 0 {
                return;
            }
            pairs.add(pair, 1);
        }
        by_parent.add(|part| chunk.value(at, schema.from[part]), times);
    });
    by_parent
}

fn lookup<'a>(
    namespace: &'a Namespace,
    condition: &Condition<'a>,
    target: &'a EntityStore,
    pivot: Option<(&'a EntityStore, &'static PivotSchema)>,
    rows: usize,
) -> Option<Lookup<'a>> {
    let Condition { relation, filter, middle, count } = *condition;
    let finder = Finder::indexed(target, relation.to)?;
    let related = pivot.map_or(target.live(), |(store, _)| store.live());
    // Rows that share a parent look at the same related records again and again, so that only few
    // may do so, unless there is one at most.
    let few = if pivot.is_none() && finder.is_unique() { related / 4 } else { (related / 16).min(256) };
    if rows > few + 8 {
        return None;
    }
    let tried = rows.saturating_mul(4);
    let between = match pivot {
        Some((store, schema)) => Some(Between {
            finder: Finder::indexed(store, schema.from)?,
            schema,
            filter: middle.map(|middle| super::test::prepare(namespace, store, middle, tried)),
            repeats: !relation.ties_once(),
        }),
        None => None,
    };
    let filter = super::test::prepare(namespace, target, filter, tried);
    Some(Lookup { from: relation.from, between, target: finder, filter, count })
}
