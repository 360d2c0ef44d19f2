//! What a plan puts out.

use orm_core::Error;
use orm_core::plan::{Aggregate, ColumnPath, Output, Select};
use orm_core::value::Kind;

/// The kinds of the columns that a plan puts out.
#[must_use]
pub fn kinds(plan: &Select) -> Box<[Kind]> {
    let kinds: Vec<Kind> = match &plan.output {
        Output::Count => vec![Kind::I64],
        Output::Exists => vec![Kind::Bool],
        Output::Counts => parent(plan).chain([Kind::I64]).collect(),
        Output::Groups(grouping) => grouping.kinds(plan.entity),
        Output::Joined(joins) => {
            let targets = joins.iter().map(|join| (join.relation.target)());
            std::iter::once(plan.entity)
                .chain(targets)
                .flat_map(|e| e.fields.iter().map(|f| f.kind))
                .collect()
        }
        Output::Columns(columns) => {
            let own = columns.iter().map(|&c| plan.entity.field(c).kind);
            own.chain(parent(plan)).chain(middle(plan)).collect()
        }
        _ => {
            let own = plan.entity.fields.iter().map(|f| f.kind);
            let parent = parent(plan).filter(|_| tells_parent(plan));
            own.chain(parent).chain(middle(plan)).collect()
        }
    };
    kinds.into()
}

/// Whether the parent's key goes out beside a record's own columns, where there are parents: records
/// that refer to them by themselves have it among those.
pub(crate) fn tells_parent(plan: &Select) -> bool {
    let tied = plan.related.as_ref().is_some_and(|related| related.relation.pivot.is_some());
    tied || plan.output != Output::Records
}

/// The kinds of a parent's key, where there are parents.
fn parent(plan: &Select) -> impl Iterator<Item = Kind> {
    plan.related.iter().flat_map(|related| {
        let (entity, columns) = match &related.relation.pivot {
            Some(pivot) => ((pivot.entity)(), pivot.from),
            None => (plan.entity, related.relation.to),
        };
        columns.iter().map(move |&c| entity.field(c).kind)
    })
}

/// The kinds of the columns of what stands in between, where that goes out too.
fn middle(plan: &Select) -> impl Iterator<Item = Kind> {
    let related = plan.related.iter().filter(|related| related.with_middle);
    let between = related.filter_map(|related| related.relation.pivot.as_ref());
    between.flat_map(|pivot| (pivot.entity)().fields.iter().map(|f| f.kind))
}

/// The error of the aggregate at this place, which doesn't fit.
#[must_use]
pub fn overflow(plan: &Select, place: usize) -> Option<Error> {
    let Output::Groups(grouping) = &plan.output else { return None };
    Some(too_large(plan, grouping.aggregates.get(place)?.column()?))
}

/// The error of the first sum of floats, for engines that refuse one by themselves and don't tell which.
#[must_use]
pub fn float_overflow(plan: &Select) -> Option<Error> {
    let Output::Groups(grouping) = &plan.output else { return None };
    let is_float = |c: &ColumnPath| matches!(c.field(plan.entity).kind, Kind::F32 | Kind::F64);
    let column = grouping.aggregates.iter().find_map(|aggregate| match aggregate {
        Aggregate::Sum(column) | Aggregate::Avg(column) if is_float(column) => Some(column),
        _ => None,
    })?;
    Some(too_large(plan, column))
}

fn too_large(plan: &Select, column: &ColumnPath) -> Error {
    let (entity, field) = (column.entity(plan.entity), column.field(plan.entity));
    Error::Overflow { model: entity.model, column: field.field }
}
