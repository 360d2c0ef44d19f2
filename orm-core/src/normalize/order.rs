//! The order in which groups are written: what is referred to comes first.

use super::group::Group;
use crate::model::schema::{EntitySchema, RelationKind};

/// The groups that the writes of a batch are of.
#[derive(Debug)]
pub(crate) enum Order {
    /// There is but one.
    One,
    /// By the place of the write.
    Of(Vec<u32>),
}

impl Order {
    /// The group of a write.
    pub(crate) fn group(&self, write: usize) -> Option<u32> {
        match self {
            Order::One => (write == 0).then_some(0),
            Order::Of(groups) => groups.get(write).copied(),
        }
    }
}

/// The groups, those that others refer to first; circles are cut where they are entered.
pub(super) fn parents_first(groups: &[Group]) -> Order {
    if groups.len() == 1 {
        return Order::One;
    }
    let mut order = Vec::with_capacity(groups.len());
    let mut state = vec![State::New; groups.len()];
    for group in 0..groups.len() {
        visit(groups, group, &mut state, &mut order);
    }
    Order::Of(order)
}

#[derive(Clone, Copy, PartialEq)]
enum State {
    New,
    Entered,
    Done,
}

/// Recursion is bounded by the number of entities.
fn visit(groups: &[Group], at: usize, state: &mut [State], order: &mut Vec<u32>) {
    if state[at] != State::New {
        return;
    }
    state[at] = State::Entered;
    for other in 0..groups.len() {
        if other != at && refers(groups[at].entity(), groups[other].entity()) {
            visit(groups, other, state, order);
        }
    }
    state[at] = State::Done;
    order.push(at as u32);
}

/// Whether records of `one` hold keys of `other`.
fn refers(one: &EntitySchema, other: &EntitySchema) -> bool {
    let holds = |kind| matches!(kind, RelationKind::BelongsTo | RelationKind::HasManyBy);
    let own = one.relations.iter().any(|r| holds(r.kind) && (r.target)().is(other));
    let theirs = other
        .relations
        .iter()
        .any(|r| matches!(r.kind, RelationKind::HasOne | RelationKind::HasMany) && (r.target)().is(one));
    own || theirs || is_pivot(one, other)
}

fn is_through(kind: RelationKind) -> bool {
    matches!(kind, RelationKind::HasOneThrough | RelationKind::HasManyThrough)
}

/// Whether `one` stands between `other` and something else.
fn is_pivot(one: &EntitySchema, other: &EntitySchema) -> bool {
    let between = |side: &EntitySchema| {
        side.relations.iter().filter_map(|r| Some((r, r.pivot.as_ref()?))).any(|(relation, pivot)| {
            let (middle, target) = ((pivot.entity)(), (relation.target)());
            if is_through(relation.kind) {
                // One leads to the other, and that to the target.
                return middle.is(one) && side.is(other) || target.is(one) && middle.is(other);
            }
            middle.is(one) && (side.is(other) || target.is(other))
        })
    };
    between(other) || one.relations.iter().any(|r| r.kind == RelationKind::BelongsTo && between((r.target)()))
}
