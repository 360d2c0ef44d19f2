//! Relations that are read in one statement with the records that they lead from.

use super::children::Found;
use super::choice::Choice;
use super::crossing;
use super::explain::{Crossing, Planned};
use super::guard;
use super::key_index::KeyIndex;
use super::load::Load;
use super::pivot::Later;
use super::sinks::Records;
use crate::database::{Lens, View};
use crate::error::Result;
use crate::model::Model;
use crate::model::schema::{RelationKind, RelationSchema, Side};
use crate::plan::{Join, Output, Select};
use crate::provider::{BoxFuture, Capabilities, Flow, Row, RowSink};
use crate::value::{Kind, ValueRef};
use std::sync::Arc;

/// A relation of `M` that is read with its parents.
pub(super) trait Joined<M>: Send {
    /// What is asked for.
    fn join(&self) -> &Join;

    /// Whether nothing more is loaded along.
    fn is_last(&self) -> bool;

    /// Takes the record whose columns begin at `from`, if there is one.
    fn take(&mut self, row: &dyn Row, from: usize, parent: usize) -> Result<()>;

    /// Gives the parents what was taken, with its own relations.
    fn give<'a>(self: Box<Self>, lens: Lens<'a>, parents: &'a mut [M]) -> BoxFuture<'a, Result<()>>
    where
        M: 'a;

    /// The plans of the relations of what is taken.
    fn plans(&self, route: &[Crossing], lens: Lens<'_>, into: &mut Vec<Planned>) -> Result<()>;
}

/// A load that gives parents what was found for them.
pub(super) trait Give<M, T>: Send + Sync + 'static {
    fn choice(&self) -> &Choice<T>;
    fn give(&self, found: Found<T>, parents: &mut [M]);
}

/// A load and what it takes from the rows.
struct Taking<L, T> {
    load: Arc<L>,
    join: Join,
    found: Found<T>,
}

/// A load as a part of its parents' statement, if that was asked for and can be.
pub(super) fn part<M: Model, T: Model, L: Give<M, T>>(
    load: Arc<L>,
    relation: &'static RelationSchema,
    lens: Lens<'_>,
) -> Result<Option<Box<dyn Joined<M>>>> {
    let choice = load.choice();
    let direct =
        matches!(relation.kind, RelationKind::BelongsTo | RelationKind::HasOne | RelationKind::HasMany);
    let chosen_one_by_one = choice.limit.is_some()
        || choice.offset > 0
        || choice.middle.is_some()
        || choice.between.is_some()
        || relation.guarding(Side::Own).is_some();
    if !choice.joined || !direct || chosen_one_by_one || crossing::crosses_itself::<M, T>() {
        return Ok(None);
    }
    let view = View { deleted: choice.deleted, unscoped: lens.unscoped };
    let filter = guard::of_targets(relation, choice.filter.clone()?);
    let filter = lens.scopes.narrow((relation.target)(), filter, view);
    let join = Join { relation, filter, order: choice.order.clone() };
    Ok(Some(Box::new(Taking { load, join, found: Found::new(Vec::new(), Vec::new()) })))
}

impl<M: Model, T: Model, L: Give<M, T>> Joined<M> for Taking<L, T> {
    fn join(&self) -> &Join {
        &self.join
    }

    fn is_last(&self) -> bool {
        self.load.choice().with.is_empty()
    }

    fn take(&mut self, row: &dyn Row, from: usize, parent: usize) -> Result<()> {
        // What stands in a key is never NULL, unless there is no record.
        let is_there = T::schema().key.first().is_some_and(|key| row.value(from + key) != ValueRef::Null);
        if is_there {
            self.found.records.push(T::hydrate(&Later { row, from })?);
            self.found.of.push(parent as u32);
        }
        Ok(())
    }

    fn give<'a>(self: Box<Self>, lens: Lens<'a>, parents: &'a mut [M]) -> BoxFuture<'a, Result<()>>
    where
        M: 'a,
    {
        Box::pin(async move {
            let Taking { load, mut found, .. } = *self;
            let lens = below(load.choice(), lens);
            for load in &load.choice().with {
                load.here(lens, &mut found.records).await?;
            }
            load.give(found, parents);
            Ok(())
        })
    }

    fn plans(&self, route: &[Crossing], lens: Lens<'_>, into: &mut Vec<Planned>) -> Result<()> {
        let choice = self.load.choice();
        choice.with.iter().try_for_each(|load| load.plans(route, below(choice, lens), into))
    }
}

/// How the relations of the joined records are read.
fn below<'a, T>(choice: &Choice<T>, lens: Lens<'a>) -> Lens<'a> {
    lens.of(lens.whole && !choice.is_partial())
}

/// A plan, and those of the loads that are a part of it.
pub(super) struct Reading<M> {
    pub(super) plan: Arc<Select>,
    /// For each of the loads, in their order.
    pub(super) parts: Vec<Option<Box<dyn Joined<M>>>>,
}

impl<M: Model> Reading<M> {
    /// Which of the loads are read with the records of a plan, by a provider that can do so much.
    ///
    /// Where a relation leads to several, the record comes with each of them. So no more than one such
    /// relation is joined, and none where records are counted off.
    pub(super) fn of(
        mut plan: Arc<Select>,
        with: &[Load<M>],
        lens: Lens<'_>,
        claimed: &Capabilities,
    ) -> Result<Self> {
        with.iter().try_for_each(Load::check)?;
        let understood = claimed.joins && claimed.filters && claimed.relation_filters && claimed.order;
        if !understood || plan.lock.is_some() {
            return Ok(Self::apart(plan, with));
        }
        let mut parts = Vec::with_capacity(with.len());
        let mut several = plan.limit.is_some() || plan.offset > 0;
        for load in with {
            let part = load.join(lens)?.filter(|part| {
                let fits = leads_to_one(part.join().relation) || !several;
                several |= fits && !leads_to_one(part.join().relation);
                fits
            });
            parts.push(part);
        }
        let joins: Vec<Join> = parts.iter().flatten().map(|part| part.join().clone()).collect();
        if !joins.is_empty() {
            Arc::make_mut(&mut plan).output = Output::Joined(joins);
        }
        Ok(Self { plan, parts })
    }

    /// All loads by themselves.
    fn apart(plan: Arc<Select>, with: &[Load<M>]) -> Self {
        Self { plan, parts: with.iter().map(|_| None).collect() }
    }

    /// Whether one statement is all of it.
    pub(super) fn is_one(&self) -> bool {
        self.parts.iter().all(|part| part.as_ref().is_some_and(|part| part.is_last()))
    }

    /// The records with their relations, as far as they are in their own database.
    pub(super) async fn read(self, with: &[Load<M>], lens: Lens<'_>) -> Result<Vec<M>> {
        let Self { plan, parts } = self;
        if !matches!(plan.output, Output::Joined(_)) {
            let Records(mut records) = lens.session.select(&plan, Records(Vec::new())).await?;
            for load in with {
                load.here(lens, &mut records).await?;
            }
            return Ok(records);
        }
        let Rows { mut records, parts, .. } = lens.session.select(&plan, Rows::new(parts)).await?;
        for (load, part) in with.iter().zip(parts) {
            match part {
                Some((part, _)) => part.give(lens, &mut records).await?,
                None => load.here(lens, &mut records).await?,
            }
        }
        Ok(records)
    }
}

/// Whether no record leads to several.
fn leads_to_one(relation: &RelationSchema) -> bool {
    let target = (relation.target)();
    let within = |columns: &[usize]| columns.iter().all(|column| relation.to.contains(column));
    within(target.key) || target.indexes.iter().any(|index| index.unique && within(index.fields))
}

/// Records, and what is joined with them.
struct Rows<M> {
    records: Vec<M>,
    /// Where a record may come several times: their keys.
    seen: Option<KeyIndex>,
    /// With the place in the rows where each begins.
    parts: Vec<Option<(Box<dyn Joined<M>>, usize)>>,
}

impl<M: Model> Rows<M> {
    fn new(parts: Vec<Option<Box<dyn Joined<M>>>>) -> Self {
        let own = M::schema();
        let several = parts.iter().flatten().any(|part| !leads_to_one(part.join().relation));
        let seen = several.then(|| {
            let kinds: Vec<Kind> = own.key.iter().map(|&column| own.field(column).kind).collect();
            KeyIndex::new(&kinds, 0)
        });
        let mut next = own.fields.len();
        let mut placed = |part: Box<dyn Joined<M>>| {
            let from = next;
            next += (part.join().relation.target)().fields.len();
            (part, from)
        };
        let parts = parts.into_iter().map(|part| part.map(&mut placed)).collect();
        Self { records: Vec::new(), seen, parts }
    }

    /// The place of a row's record.
    fn place(&mut self, row: &dyn Row) -> Result<usize> {
        if let Some(seen) = &mut self.seen {
            let part = |part: usize| row.value(M::schema().key[part]);
            if let Some(place) = seen.places(part).next() {
                return Ok(place);
            }
            seen.push(part);
        }
        self.records.push(M::hydrate(row)?);
        Ok(self.records.len() - 1)
    }
}

impl<M: Model> RowSink for Rows<M> {
    fn expect(&mut self, rows: usize) {
        self.records.reserve(rows);
    }

    fn row(&mut self, row: &dyn Row) -> Result<Flow> {
        let place = self.place(row)?;
        for (part, from) in self.parts.iter_mut().flatten() {
            part.take(row, *from, place)?;
        }
        Ok(Flow::More)
    }
}
