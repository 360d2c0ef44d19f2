//! Relations whose records say by a type whose they are: the condition is stated in the plans, so that
//! providers see ordinary relations.

use crate::model::schema::{RelationSchema, Side};
use crate::plan::{CompareOp, Predicate};

/// What the target's records must meet to be related and to be chosen.
pub(crate) fn of_targets(relation: &RelationSchema, filter: Predicate) -> Predicate {
    match relation.guarding(Side::Target) {
        Some(guard) => guard.and(filter),
        None => filter,
    }
}

/// What the records in between must meet.
pub(crate) fn of_middle(relation: &RelationSchema, middle: Option<Predicate>) -> Option<Predicate> {
    match (relation.guarding(Side::Middle), middle) {
        (Some(guard), Some(middle)) => Some(guard.and(middle)),
        (guard, middle) => guard.or(middle),
    }
}

/// The number of related records that are chosen, compared.
pub(crate) fn related(
    relation: &'static RelationSchema,
    filter: Predicate,
    middle: Option<Predicate>,
    count: (CompareOp, u64),
) -> Predicate {
    let related = Predicate::Related {
        relation,
        filter: Box::new(of_targets(relation, filter)),
        middle: of_middle(relation, middle).map(Box::new),
        count,
    };
    let Some(guard) = relation.guarding(Side::Own) else {
        return related;
    };
    let (op, wanted) = count;
    if op.holds(0.cmp(&wanted)) {
        // Records of another type have no related one.
        Predicate::Or(vec![Predicate::NotTrue(Box::new(guard)), related])
    } else if let Some(column) = relation.guard.map(|guard| guard.column) {
        // Never unknown, as relations are.
        let given = Predicate::Not(Box::new(Predicate::Null { column }));
        Predicate::And(vec![given, guard, related])
    } else {
        related
    }
}
