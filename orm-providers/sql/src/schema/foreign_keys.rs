//! Which foreign keys tables have: those of relations of which `on_delete` says something.
//!
//! The core does what `on_delete` says. The engine's foreign keys are a net beneath it: they change
//! nothing, and catch what others write, or what two transactions come to together.

use orm_core::model::schema::{EntitySchema, RelationKind, RelationSchema};

/// A foreign key that an entity's table should have.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ForeignKey {
    /// The columns.
    pub columns: &'static [usize],
    /// The entity that they refer to.
    pub target: &'static EntitySchema,
    /// The columns of that.
    pub to: &'static [usize],
}

/// The foreign keys that an entity's table should have. What they are is told by the entity's
/// `belongs_to`, so that it doesn't depend on which other models are known; `on_delete` may stand at
/// either end.
#[must_use]
pub fn foreign_keys(entity: &EntitySchema) -> Vec<ForeignKey> {
    let mut found: Vec<ForeignKey> = Vec::new();
    for relation in entity.relations {
        let target = (relation.target)();
        let key = ForeignKey { columns: relation.from, target, to: relation.to };
        let plain = relation.kind == RelationKind::BelongsTo && relation.guard.is_none();
        if plain
            && entity.shares_connection(target)
            && (relation.on_delete.is_some() || target.relations.iter().any(|r| key.is_minded_by(entity, r)))
            && key.can_be(entity)
            && !found.contains(&key)
        {
            found.push(key);
        }
    }
    found
}

impl ForeignKey {
    /// Whether a relation of the target says what becomes of those that refer by this key.
    fn is_minded_by(&self, entity: &EntitySchema, relation: &RelationSchema) -> bool {
        let (referrer, columns) = match (relation.kind, &relation.pivot) {
            (RelationKind::HasOne | RelationKind::HasMany, None) => ((relation.target)(), relation.to),
            (RelationKind::BelongsToMany, Some(pivot)) => ((pivot.entity)(), pivot.from),
            _ => return false,
        };
        relation.on_delete.is_some()
            && relation.guard.is_none()
            && referrer.is(entity)
            && columns == self.columns
            && relation.from == self.to
    }

    /// Whether engines take it: it refers to what is unique, by columns of the same sort.
    fn can_be(&self, entity: &EntitySchema) -> bool {
        let is = |columns: &[usize]| {
            columns.len() == self.to.len() && columns.iter().all(|column| self.to.contains(column))
        };
        let unique = is(self.target.key) || self.target.indexes.iter().any(|i| i.unique && is(i.fields));
        let mut pairs = self
            .columns
            .iter()
            .zip(self.to)
            .map(|(&from, &to)| (entity.field(from).kind, self.target.field(to).kind));
        let is_integer = |kind: orm_core::value::Kind| kind.integer_range().is_some();
        unique
            && self.columns.len() == self.to.len()
            && pairs.all(|(from, to)| from == to || (is_integer(from) && is_integer(to)))
    }
}
