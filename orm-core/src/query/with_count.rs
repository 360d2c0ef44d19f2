//! Counting what relations lead to, without loading it.

use super::children::parents_index;
use super::choice::Choice;
use super::crossing::{self, Stage};
use super::explain::{Crossing, Planned};
use super::listed;
use super::load::{Load, LoadMany, Loader};
use super::{KeyIndex, Query, watch};
use crate::database::Lens;
use crate::engine::Mode;
use crate::error::{Error, Result};
use crate::model::schema::{EntitySchema, RelationKind, RelationSchema};
use crate::model::{Fields, Model, ToMany};
use crate::plan::Output;
use crate::provider::{BoxFuture, Flow, Row, RowSink};
use crate::value::ValueRef;
use std::fmt;
use std::sync::Arc;

/// A relation of `M` whose records are to be counted: what a closure for
/// [`with_count`](Query::with_count) answers.
///
/// Made from a relation's field: `u.posts`, or `u.posts.filter(…)`. A limit bounds the count.
pub struct CountOf<M> {
    pub(super) load: Load<M>,
}

impl<M> Clone for CountOf<M> {
    fn clone(&self) -> Self {
        Self { load: self.load.clone() }
    }
}

impl<M> fmt::Debug for CountOf<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.load.fmt(f)
    }
}

impl<M: Model, T: Model> From<ToMany<M, T>> for CountOf<M> {
    fn from(relation: ToMany<M, T>) -> Self {
        relation.load().into()
    }
}

impl<M: Model, T: Model> From<LoadMany<M, T>> for CountOf<M> {
    fn from(load: LoadMany<M, T>) -> Self {
        let (relation, choice) = load.into_parts();
        Self { load: Load::new(Count { relation, choice }) }
    }
}

impl<M: Model, D: Mode> Query<M, D> {
    /// Counts the records that a relation leads to, to be read by [`Many::count`](crate::model::Many::count):
    /// `|u| u.posts`, or `|u| u.posts.filter(…)`. It takes one statement for each, whatever the number of
    /// records. The relation may be loaded too, also in part.
    pub fn with_count<C: Into<CountOf<M>>>(mut self, count: impl FnOnce(&Fields<M>) -> C) -> Self {
        self.with.push(count(M::fields()).into().load);
        self
    }
}

/// A relation that is counted.
struct Count<M, T> {
    relation: ToMany<M, T>,
    choice: Choice<T>,
}

impl<M: Model, T: Model> fmt::Debug for Count<M, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Count")
            .field("relation", &M::schema().relations[self.relation.index].field)
            .field("filter", &self.choice.filter)
            .finish()
    }
}

/// The counts of the parents' places.
struct Counts {
    index: KeyIndex,
    width: usize,
    counts: Vec<u64>,
}

impl RowSink for Counts {
    fn row(&mut self, row: &dyn Row) -> Result<Flow> {
        let ValueRef::Int(count) = row.value(self.width) else {
            let source = format!("expected a count, found {}", row.value(self.width).describe());
            return Err(Error::provider("a count", source));
        };
        for place in self.index.places(|part| row.value(part)) {
            self.counts[place] = count.unsigned_abs();
        }
        Ok(Flow::More)
    }
}

impl<M: Model, T: Model> Count<M, T> {
    async fn run(&self, lens: Lens<'_>, parents: &mut [M]) -> Result<()> {
        let relation = &M::schema().relations[self.relation.index];
        if relation.kind == RelationKind::HasManyBy {
            return self.run_listed(relation, lens, parents).await;
        }
        let mut index = parents_index(relation, parents);
        let keys = Arc::new(index.take_keys());
        let mut counts = vec![0; parents.len()];
        if !keys.is_empty() {
            let plan = self.choice.plan(relation, keys, Output::Counts)?;
            let sink = Counts { index, width: relation.from.len(), counts };
            counts = lens.select(plan, self.choice.deleted, sink).await?.counts;
        }
        for (parent, count) in parents.iter_mut().zip(counts) {
            (self.relation.slot)(parent).set_count(count);
        }
        Ok(())
    }
}

impl<M: Model, T: Model> Count<M, T> {
    /// Lists are taken apart here, so that their records are read to be counted.
    async fn run_listed(
        &self,
        relation: &'static RelationSchema,
        lens: Lens<'_>,
        parents: &mut [M],
    ) -> Result<()> {
        let choice = Choice { with: Vec::new(), ..self.choice.clone() };
        let found = listed::children(relation, &choice, lens, parents).await?;
        let mut counts = vec![0; parents.len()];
        for parent in found.of {
            counts[parent as usize] += 1;
        }
        for (parent, count) in parents.iter_mut().zip(counts) {
            (self.relation.slot)(parent).set_count(count);
        }
        Ok(())
    }
}

impl<M: Model, T: Model> Loader<M> for Count<M, T> {
    fn plans(&self, route: &[Crossing], _: Lens<'_>, into: &mut Vec<Planned>) -> Result<()> {
        let relation = &M::schema().relations[self.relation.index];
        let route = Planned::route::<M, T>(route, relation);
        let output = match relation.kind {
            RelationKind::HasManyBy => Output::Records,
            _ => Output::Counts,
        };
        into.push(Planned::count(relation, &self.choice, output, &route)?);
        Ok(())
    }

    fn entities(&self, into: &mut Vec<&'static EntitySchema>) {
        watch::of_load(&M::schema().relations[self.relation.index], &self.choice, into);
    }

    fn crosses(&self) -> bool {
        crossing::crosses_itself::<M, T>()
    }

    fn check(&self) -> Result<()> {
        self.choice.check()
    }

    fn load<'a>(&'a self, stage: Stage, lens: Lens<'a>, parents: &'a mut [M]) -> BoxFuture<'a, Result<()>> {
        Box::pin(async move {
            match (stage, self.crosses()) {
                (Stage::Here, false) => self.run(lens, parents).await,
                (Stage::Across, true) => {
                    let relation = &M::schema().relations[self.relation.index];
                    let session = lens.session.across(relation).await?;
                    self.run(lens.over(&session), parents).await
                }
                _ => Ok(()),
            }
        })
    }
}
