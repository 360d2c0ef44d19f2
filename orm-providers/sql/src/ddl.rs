//! Indexes.

use orm_core::model::schema::{EntitySchema, RelationKind};

/// An index that an entity's table should have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Index {
    /// The columns, in order.
    pub columns: &'static [usize],
    /// Whether equal values are refused.
    pub unique: bool,
}

/// The indexes that an entity's table should have: those of its schema, and those on the columns by
/// which `others` (or itself) refer to it or are referred to.
///
/// What the key or an earlier index serves is left out.
#[must_use]
pub fn indexes(entity: &'static EntitySchema, others: &[&'static EntitySchema]) -> Vec<Index> {
    let mut found: Vec<Index> = entity
        .indexes
        .iter()
        .filter(|i| i.unique)
        .map(|i| Index { columns: i.fields, unique: true })
        .collect();
    let mut add = |columns: &'static [usize]| {
        let served = entity.key.starts_with(columns) || found.iter().any(|i| i.columns.starts_with(columns));
        if !served && !columns.is_empty() {
            found.push(Index { columns, unique: false });
        }
    };
    // The wider ones first, so that they serve the narrower.
    let mut plain: Vec<&'static [usize]> =
        entity.indexes.iter().filter(|i| !i.unique).map(|i| i.fields).collect();
    plain.sort_by_key(|fields| std::cmp::Reverse(fields.len()));
    plain.into_iter().for_each(&mut add);
    for from in others {
        for relation in from.relations {
            if let Some(pivot) = &relation.pivot {
                if (pivot.entity)().is(entity) {
                    add(pivot.from);
                    add(pivot.to);
                }
                if (relation.target)().is(entity) {
                    add(relation.to);
                }
            } else if relation.kind == RelationKind::BelongsTo {
                if from.is(entity) {
                    add(relation.from);
                }
            } else if relation.kind != RelationKind::HasManyBy && (relation.target)().is(entity) {
                add(relation.to);
            }
        }
    }
    found
}
