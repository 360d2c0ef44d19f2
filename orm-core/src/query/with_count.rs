//! Counting what relations lead to, without loading it.

use super::children::parents_index;
use super::choice::Choice;
use super::crossing::Stage;
use super::explain::{Crossing, Planned};
use super::load::{Edge, Load, LoadMany, Loader, RelationLoad};
use super::record_list::RecordList;
use super::{KeyIndex, Query, hands, listed};
use crate::database::Lens;
use crate::engine::Mode;
use crate::error::{Error, Result};
use crate::model::schema::{EntitySchema, RelationKind};
use crate::model::{Fields, Model, ToMany};
use crate::plan::Output;
use crate::provider::{BoxFuture, Flow, Row, RowSink};
use crate::value::ValueRef;
use std::any::Any;
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
        let edge = Edge::of::<M>(relation.index);
        let of = RelationLoad { edge, choice, hands: hands::many::<T>() };
        Self { load: Load::new(Count { of, set: hands::set_count::<T> }) }
    }
}

impl<M: Model, D: Mode> Query<M, D> {
    /// Counts the records that a relation leads to, to be read by [`Many::count`](crate::model::Many::count):
    /// `|u| u.posts`, or `|u| u.posts.filter(…)`. It takes one statement for each, whatever the number of
    /// records. The relation may be loaded too, also in part.
    pub fn with_count<C: Into<CountOf<M>>>(mut self, count: impl FnOnce(&Fields<M>) -> C) -> Self {
        self.with.push(count(M::fields()).into().load.any);
        self
    }
}

/// A relation that is counted.
struct Count {
    of: RelationLoad,
    set: fn(&mut dyn Any, u64),
}

impl fmt::Debug for Count {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Count")
            .field("relation", &self.of.edge.schema.field)
            .field("filter", &self.of.choice.filter)
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

impl Count {
    async fn run(&self, lens: Lens<'_>, parents: &mut dyn RecordList) -> Result<()> {
        let (edge, choice) = (self.of.edge, &self.of.choice);
        let relation = edge.schema;
        let counts = if relation.kind == RelationKind::HasManyBy {
            // Lists are taken apart here, so that their records are read to be counted.
            let choice = Choice { with: Vec::new(), ..choice.clone() };
            let found = listed::children(edge, &choice, self.of.hands.list(), lens, parents).await?;
            found.counts(parents.len()).into_iter().map(|count| count as u64).collect()
        } else {
            let mut index = parents_index(edge, parents);
            let keys = Arc::new(index.take_keys());
            let counts = vec![0; parents.len()];
            if keys.is_empty() {
                counts
            } else {
                let plan = choice.plan(relation, keys, Output::Counts)?;
                let sink = Counts { index, width: relation.from.len(), counts };
                lens.select(plan, choice.deleted, sink).await?.counts
            }
        };
        parents.slots(edge.slot, &mut |at, slot| (self.set)(slot, counts[at]));
        Ok(())
    }
}

impl Loader for Count {
    fn plans(&self, route: &[Crossing], _: Lens<'_>, into: &mut Vec<Planned>) -> Result<()> {
        let relation = self.of.edge.schema;
        let route = Planned::route(route, self.of.edge);
        let output = match relation.kind {
            RelationKind::HasManyBy => Output::Records,
            _ => Output::Counts,
        };
        into.push(Planned::count(relation, &self.of.choice, output, &route)?);
        Ok(())
    }

    fn entities(&self, into: &mut Vec<&'static EntitySchema>) {
        self.of.entities(into);
    }

    fn crosses(&self) -> bool {
        self.of.edge.crosses()
    }

    fn check(&self) -> Result<()> {
        self.of.check()
    }

    fn load<'a>(
        &'a self,
        stage: Stage,
        lens: Lens<'a>,
        parents: &'a mut dyn RecordList,
    ) -> BoxFuture<'a, Result<()>> {
        Box::pin(async move {
            match (stage, self.crosses()) {
                (Stage::Here, false) => self.run(lens, parents).await,
                (Stage::Across, true) => {
                    let session = lens.session.across(self.of.edge.schema).await?;
                    self.run(lens.over(&session), parents).await
                }
                _ => Ok(()),
            }
        })
    }
}
