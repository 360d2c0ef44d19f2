//! Loading all relations.

use super::Query;
use super::filter::Fault;
use super::load::{Load, LoadMany, LoadOne};
use crate::engine::Mode;
use crate::model::{FieldsVisitor, Model, Morph, ToMany, ToMorph, ToOne};
use std::cell::Cell;

/// How many levels of relations are loaded at most.
const MOST_LEVELS: u32 = 32;
/// How many relations are loaded at most, each by a statement of its own.
const MOST_LOADS: u32 = 1000;

/// How deep the loads of all relations go.
#[derive(Clone, Copy)]
pub(super) struct Depth<'a> {
    /// How many levels there are to be from here on.
    levels: u32,
    /// How many there may be.
    allowed: u32,
    /// How many loads there may be, on all levels.
    loads: &'a Cell<u32>,
    too_many: &'a Cell<bool>,
}

impl Depth<'_> {
    /// Counts a load; answers the depth of what it loads along.
    fn next(self) -> Self {
        let too_many = self.loads.get() == 0 || self.allowed == 0;
        self.too_many.set(self.too_many.get() || too_many);
        self.loads.set(self.loads.get().saturating_sub(1));
        // What is refused need not be gathered to its end.
        let levels = if self.too_many.get() { 0 } else { self.levels - 1 };
        Self { levels, allowed: self.allowed.saturating_sub(1), ..self }
    }
}

/// Gathers the loads of all relations of a model, and of those of what they lead to, down to a depth.
struct AllLoads<'a, M> {
    depth: Depth<'a>,
    loads: Vec<Load<M>>,
}

pub(super) fn loads<M: Model>(depth: Depth<'_>) -> Vec<Load<M>> {
    let mut all = AllLoads { depth, loads: Vec::new() };
    if depth.levels > 0 {
        M::each_relation(&mut all);
    }
    all.loads
}

impl<M: Model> FieldsVisitor<M> for AllLoads<'_, M> {
    fn one<T: Model>(&mut self, relation: ToOne<M, T>) {
        let load: LoadOne<M, T> = relation.load().with_loads(loads(self.depth.next()));
        self.loads.push(load.into());
    }

    fn many<T: Model>(&mut self, relation: ToMany<M, T>) {
        let load: LoadMany<M, T> = relation.load().with_loads(loads(self.depth.next()));
        self.loads.push(load.into());
    }

    fn morph<E: Morph>(&mut self, relation: ToMorph<M, E>) {
        self.loads.push(relation.load_deep(Some(self.depth.next())).into());
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
    /// care with depths beyond 3. Where no relation leads back, they end by themselves, whatever the
    /// depth. A query that would load more than 1,000 relations, or more than 32 levels of them, isn't
    /// run: it answers [`Error::Configuration`](crate::Error::Configuration).
    pub fn with_all_recursive(mut self, depth: u32) -> Self {
        let (left, too_many) = (Cell::new(MOST_LOADS), Cell::new(false));
        let loads =
            loads::<M>(Depth { levels: depth, allowed: MOST_LEVELS, loads: &left, too_many: &too_many });
        if too_many.get() {
            self.filter = Err(Fault::TooManyLoads { model: M::schema().model, depth });
        } else {
            self.with.extend(loads.into_iter().map(|load| load.any));
        }
        self
    }
}
