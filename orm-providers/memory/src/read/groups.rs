//! Groups and aggregates.

use super::finder::Finder;
use super::found::{Found, find};
use super::order::Sorter;
use crate::namespace::Namespace;
use crate::store::EntityStore;
use crate::store::bits::Mask;
use crate::store::chunk::Chunk;
use crate::store::column::{Column, Data};
use orm_core::Result;
use orm_core::model::schema::{EntitySchema, RelationSchema};
use orm_core::plan::{Aggregate, ColumnPath, Grouping, Select};
use orm_core::provider::RowSink;
use orm_core::provider::fallback::{Accumulator, GroupTable, put_out};
use orm_core::value::ValueRef;

/// Puts out the groups of the records that a plan selects.
pub(super) fn groups(
    namespace: &Namespace,
    plan: &Select,
    grouping: &Grouping,
    sink: &mut dyn RowSink,
) -> Result<()> {
    let mut table = GroupTable::new(grouping, plan.entity);
    if let Some(store) = namespace.store(plan.entity) {
        let found = selected(namespace, store, plan);
        let own = grouping.columns().all(|column| column.path.is_empty());
        match table.all().filter(|_| own && grouping.keys.is_empty()) {
            Some(accumulators) => {
                for (aggregate, accumulator) in grouping.aggregates.iter().zip(accumulators) {
                    whole(store, &found, aggregate, accumulator);
                }
            }
            None => {
                let paths = Paths::new(namespace, grouping);
                found.all(store, |_, chunk, at| table.push(|column| paths.value(chunk, at, column)));
            }
        }
    }
    put_out(grouping, table.finish()?, sink)
}

/// The records that the plan leaves to be grouped.
fn selected(namespace: &Namespace, store: &EntityStore, plan: &Select) -> Found {
    let found = find(namespace, store, &plan.filter, usize::MAX);
    if plan.limit.is_none() && plan.offset == 0 {
        return found;
    }
    let bound = |n: u64| usize::try_from(n).unwrap_or(usize::MAX);
    let most = plan.limit.map_or(usize::MAX, |limit| bound(limit.saturating_add(plan.offset)));
    let sorter = Sorter::new(store, &plan.order, true);
    let mut rows = sorter.first(&found, most);
    rows.drain(..bound(plan.offset).min(rows.len()));
    Found::Rows(rows)
}

/// Computes one aggregate over all that was found, column by column where that serves.
fn whole(store: &EntityStore, found: &Found, aggregate: &Aggregate, accumulator: &mut Accumulator) {
    let Some(column) = aggregate.column().map(|path| path.column) else {
        return accumulator.push_count(found.count() as u64);
    };
    let Found::Chunks(chunks) = found else {
        return found.all(store, |_, chunk, at| accumulator.push(chunk.value(at, column)));
    };
    for (number, mask) in chunks {
        let Some(cells) = store.chunks().get(*number).map(|chunk| &chunk.columns[column]) else {
            continue;
        };
        let mask = mask.without(&cells.nulls());
        let known = match aggregate {
            Aggregate::CountOf(_) => {
                accumulator.push_count(mask.count() as u64);
                true
            }
            Aggregate::Sum(_) | Aggregate::Avg(_) => match sum(cells, &mask) {
                Some(sum) => {
                    accumulator.push_sum(sum, mask.count() as u64);
                    true
                }
                None => false,
            },
            Aggregate::Min(_) => best(cells, &mask, i64::min, accumulator),
            Aggregate::Max(_) => best(cells, &mask, i64::max, accumulator),
            _ => false,
        };
        if !known {
            mask.ones().for_each(|at| accumulator.push(cells.get(at)));
        }
    }
}

/// The sum of whole numbers, or of decimals in units; `None` for other columns.
fn sum(cells: &Column, mask: &Mask) -> Option<i128> {
    // The halves of a number are added apart, so that no sum over a chunk can overflow and the compiler
    // may take several at a time.
    fn total<T: Copy + Into<i64>>(cells: &[T], mask: &Mask) -> i128 {
        let (mut high, mut low) = (0_i64, 0_u64);
        let mut add = |cell: T| {
            let value: i64 = cell.into();
            high += value >> 32;
            low += value as u64 & 0xffff_ffff;
        };
        for (cells, bits) in cells.chunks(64).zip(mask.0) {
            if bits == u64::MAX {
                cells.iter().for_each(|cell| add(*cell));
                continue;
            }
            let mut left = bits;
            while left != 0 {
                if let Some(cell) = cells.get(left.trailing_zeros() as usize) {
                    add(*cell);
                }
                left &= left - 1;
            }
        }
        (i128::from(high) << 32) + i128::from(low)
    }
    match &cells.data {
        Data::I64(cells) => Some(total(cells, mask)),
        Data::I32(cells) => Some(total(cells, mask)),
        Data::I16(cells) => Some(total(cells, mask)),
        Data::I8(cells) => Some(total(cells, mask)),
        _ => None,
    }
}

/// Hands over the best of a column that is held as integers; `false` for other columns.
fn best(cells: &Column, mask: &Mask, better: fn(i64, i64) -> i64, accumulator: &mut Accumulator) -> bool {
    if !matches!(cells.data, Data::I64(_) | Data::I32(_) | Data::I16(_) | Data::I8(_)) {
        return false;
    }
    if let Some(best) = mask.ones().filter_map(|at| cells.raw_int(at)).reduce(better) {
        accumulator.push(cells.kind.int_value(best));
    }
    true
}

/// The stores that paths lead through.
struct Paths<'a>(Vec<(&'static RelationSchema, Option<Finder<'a>>)>);

impl<'a> Paths<'a> {
    fn new(namespace: &'a Namespace, grouping: &Grouping) -> Self {
        let mut steps: Vec<(&'static RelationSchema, Option<Finder<'a>>)> = Vec::new();
        for relation in grouping.columns().flat_map(|column| column.path.iter().copied()) {
            if !steps.iter().any(|(known, _)| *known == relation) {
                let target: &'static EntitySchema = (relation.target)();
                let finder = namespace.store(target).map(|store| Finder::any(store, relation.to));
                steps.push((relation, finder));
            }
        }
        Self(steps)
    }

    fn value<'v>(&'v self, chunk: &'v Chunk, at: usize, column: &ColumnPath) -> ValueRef<'v> {
        let (mut chunk, mut at) = (chunk, at);
        for relation in &column.path {
            let finder = self.0.iter().find(|(known, _)| known == relation).and_then(|(_, f)| f.as_ref());
            let next = finder.and_then(|finder| {
                let mut next = None;
                finder.each(
                    |part| chunk.value(at, relation.from[part]),
                    |row| {
                        next = finder.store.place(row);
                        false
                    },
                );
                next
            });
            match next {
                Some(place) => (chunk, at) = place,
                None => return ValueRef::Null,
            }
        }
        chunk.value(at, column.column)
    }
}
