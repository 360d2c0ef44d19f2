//! The models of a database, as data.

use super::{Database, ModelSet};
use crate::engine::Mode;
use crate::model::schema::EntitySchema;

/// Models and how they refer to each other, as data: what a database knows, or a set of models.
///
/// ```
/// # use orm_core::prelude::*;
/// use orm_core::database::Schema;
/// # #[derive(Model)] struct User { #[key] id: u64, #[has_many] posts: Many<Post> }
/// # #[derive(Model)] struct Post { #[key] id: u64, user_id: u64, #[belongs_to] user: One<User> }
/// println!("{}", Schema::of::<User>().to_mermaid());
/// ```
#[derive(Debug, Clone)]
pub struct Schema {
    entities: Vec<&'static EntitySchema>,
}

impl Schema {
    /// Models and those that their relations reach, in the order of their entities' names.
    #[must_use]
    pub fn of<S: ModelSet>() -> Self {
        let mut models = Vec::new();
        S::collect(&mut models);
        let mut entities: Vec<&'static EntitySchema> = Vec::new();
        for entity in models.into_iter().flat_map(|model| model.reach()) {
            if !entities.iter().any(|e| e.is(entity)) {
                entities.push(entity);
            }
        }
        entities.sort_by_key(|entity| entity.name);
        Self { entities }
    }

    /// The entities, in the order of their names.
    #[must_use]
    pub fn entities(&self) -> &[&'static EntitySchema] {
        &self.entities
    }

    /// The entity of this name.
    #[must_use]
    pub fn entity(&self, name: &str) -> Option<&'static EntitySchema> {
        self.entities.iter().copied().find(|entity| entity.name == name)
    }
}

impl<D: Mode> Database<D> {
    /// The registered models, and those that their relations reach, as data.
    #[must_use]
    pub fn schema(&self) -> Schema {
        Schema { entities: self.inner.registry.schemas() }
    }
}
