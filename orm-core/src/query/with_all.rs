//! Loading all relations.

use super::Query;
use super::load::{Load, LoadMany, LoadOne};
use crate::engine::Mode;
use crate::model::{FieldsVisitor, Model, Morph, ToMany, ToMorph, ToOne};

/// Gathers the loads of all relations of a model, and of those of what they lead to, down to a depth.
struct AllLoads<M> {
    /// How many levels of relations there are to be, counted from here.
    levels: u32,
    loads: Vec<Load<M>>,
}

pub(super) fn loads<M: Model>(levels: u32) -> Vec<Load<M>> {
    let mut all = AllLoads { levels, loads: Vec::new() };
    if levels > 0 {
        M::each_relation(&mut all);
    }
    all.loads
}

impl<M: Model> FieldsVisitor<M> for AllLoads<M> {
    fn one<T: Model>(&mut self, relation: ToOne<M, T>) {
        let load: LoadOne<M, T> = relation.load().with_loads(loads(self.levels - 1));
        self.loads.push(load.into());
    }

    fn many<T: Model>(&mut self, relation: ToMany<M, T>) {
        let load: LoadMany<M, T> = relation.load().with_loads(loads(self.levels - 1));
        self.loads.push(load.into());
    }

    fn morph<E: Morph>(&mut self, relation: ToMorph<M, E>) {
        self.loads.push(relation.load_deep(self.levels - 1).into());
    }
}

impl<M: Model, D: Mode> Query<M, D> {
    /// Loads all relations along: one statement for each.
    ///
    /// ```
    /// # use orm_core::prelude::*;
    /// # #[derive(Model)] struct User { #[key] id: u64, #[has_many] posts: Many<Post> }
    /// # #[derive(Model)] struct Post { #[key] id: u64, user_id: u64 }
    /// # fn example(users: Repository<User>) -> orm_core::Result<()> {
    /// let users = users.query().with_all().get()?;
    /// # Ok(()) }
    /// ```
    pub fn with_all(self) -> Self {
        self.with_all_recursive(1)
    }

    /// Loads all relations along, all relations of what they lead to, and so on: `depth` levels of them,
    /// so that 1 is [`with_all`](Self::with_all) and 0 is nothing.
    ///
    /// The number of statements is that of the paths through the models' relations, whatever the number
    /// of records. It multiplies with each level, and relations that lead back are followed too: take
    /// care with depths beyond 3.
    pub fn with_all_recursive(mut self, depth: u32) -> Self {
        self.with.extend(loads(depth));
        self
    }
}
