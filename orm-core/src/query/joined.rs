//! Relations that are read in one statement with the records that they lead from.

use super::children::Found;
use super::key_index::KeyIndex;
use super::load::{AnyLoad, RelationLoad, load_all};
use super::pivot::Later;
use super::record_list::OwnedList;
use super::{guard, reading::Gathering};
use crate::database::{Lens, View};
use crate::error::Result;
use crate::model::schema::{EntitySchema, RelationKind, RelationSchema, Side};
use crate::plan::{Join, Output, Select};
use crate::provider::{Capabilities, Flow, Row, RowSink};
use crate::value::{Kind, ValueRef};
use std::sync::Arc;

impl RelationLoad {
    /// What is asked for, where it can be a part of the parents' statement.
    fn join(&self, lens: Lens<'_>) -> Result<Option<Join>> {
        let (choice, relation) = (&self.choice, self.edge.schema);
        let direct =
            matches!(relation.kind, RelationKind::BelongsTo | RelationKind::HasOne | RelationKind::HasMany);
        let chosen_one_by_one = choice.limit.is_some()
            || choice.offset > 0
            || choice.middle.is_some()
            || choice.between.is_some()
            || relation.guarding(Side::Own).is_some();
        if !direct || chosen_one_by_one || self.edge.crosses() {
            return Ok(None);
        }
        let view = View { deleted: choice.deleted, unscoped: lens.unscoped };
        let filter = guard::of_targets(relation, choice.filter.clone()?);
        let filter = lens.scopes.narrow((relation.target)(), filter, view);
        Ok(Some(Join { relation, filter, order: choice.order.clone() }))
    }

    /// How the relations of its records are read, where those are joined.
    pub(super) fn below<'a>(&self, lens: Lens<'a>) -> Lens<'a> {
        lens.of(lens.whole && !self.choice.is_partial())
    }
}

/// Which of a query's loads are a part of its statement, for each of them in their order.
pub(super) struct Joins<'q>(Vec<Option<&'q RelationLoad>>);

impl<'q> Joins<'q> {
    /// Makes loads a part of a plan, for a provider that can do so much.
    ///
    /// Where a relation leads to several, the record comes with each of them. So no more than one such
    /// relation is joined, and none where records are counted off.
    pub(super) fn of(
        plan: &mut Arc<Select>,
        with: &'q [AnyLoad],
        lens: Lens<'_>,
        claimed: &Capabilities,
    ) -> Result<Self> {
        with.iter().try_for_each(AnyLoad::check)?;
        let whole = claimed.filters && claimed.relation_filters && claimed.order && claimed.limit;
        let understood = claimed.joins && whole;
        if !understood || plan.lock.is_some() || with.iter().all(|load| load.joined().is_none()) {
            return Ok(Self(Vec::new()));
        }
        let mut joins = Vec::new();
        let mut loads = Vec::with_capacity(with.len());
        let mut several = plan.limit.is_some() || plan.offset > 0;
        for load in with {
            let load = load.joined();
            let join = match load {
                Some(load) => load.join(lens)?,
                None => None,
            };
            let fits = |join: &Join| leads_to_one(join.relation) || !several;
            let Some(join) = join.filter(fits) else {
                loads.push(None);
                continue;
            };
            several |= !leads_to_one(join.relation);
            joins.push(join);
            loads.push(load);
        }
        if joins.is_empty() {
            return Ok(Self(Vec::new()));
        }
        Arc::make_mut(plan).output = Output::Joined(joins);
        Ok(Self(loads))
    }

    /// The load at a place, if it is a part of the statement.
    pub(super) fn at(&self, place: usize) -> Option<&'q RelationLoad> {
        self.0.get(place).copied().flatten()
    }

    /// Whether one statement is all there is to read.
    pub(super) fn are_all(&self) -> bool {
        let ends = |load: &RelationLoad| load.choice.with.is_empty();
        !self.0.is_empty() && self.0.iter().all(|load| load.is_some_and(ends))
    }

    /// Reads a plan that they are a part of, and what else is loaded.
    pub(super) async fn read(
        &self,
        plan: &Arc<Select>,
        with: &[AnyLoad],
        lens: Lens<'_>,
        into: &mut dyn Gathering,
    ) -> Result<()> {
        let parts = self.0.iter().flatten().map(|load| Part::new(load)).collect();
        let rows = Rows::new(plan.entity, into.list(), parts);
        let Rows { records, parts, .. } = lens.session.select(plan, rows).await?;
        into.put(records)?;
        let mut parts = parts.into_iter();
        for (place, load) in with.iter().enumerate() {
            match self.at(place).and_then(|joined| Some((joined, parts.next()?))) {
                Some((joined, part)) => {
                    let mut found = Found::new(part.records, part.of);
                    load_all(&joined.choice.with, joined.below(lens), &mut *found.records).await?;
                    joined.put(found, into.records()?, joined.choice.is_partial());
                }
                None => load.here(lens, into.records()?).await?,
            }
        }
        Ok(())
    }
}

/// Whether no record leads to several.
fn leads_to_one(relation: &RelationSchema) -> bool {
    let target = (relation.target)();
    let within = |columns: &[usize]| columns.iter().all(|column| relation.to.contains(column));
    within(target.key) || target.indexes.iter().any(|index| index.unique && within(index.fields))
}

/// What a relation leads to, as it comes.
struct Part {
    relation: &'static RelationSchema,
    records: Box<dyn OwnedList>,
    /// The place of each record's parent.
    of: Vec<u32>,
    /// Where its columns begin in a row.
    from: usize,
}

impl Part {
    fn new(load: &RelationLoad) -> Self {
        Self { relation: load.edge.schema, records: load.hands.list(), of: Vec::new(), from: 0 }
    }

    /// Takes the record that is in a row, if there is one.
    fn take(&mut self, row: &dyn Row, parent: usize) -> Result<()> {
        let target = (self.relation.target)();
        // What stands in a key is never NULL, unless there is no record.
        if target.key.first().is_some_and(|key| row.value(self.from + key) != ValueRef::Null) {
            self.records.push(&Later { row, from: self.from })?;
            self.of.push(parent as u32);
        }
        Ok(())
    }
}

/// Records, and what is joined with them.
struct Rows {
    entity: &'static EntitySchema,
    records: Box<dyn OwnedList>,
    /// Where a record may come several times: their keys.
    seen: Option<KeyIndex>,
    parts: Vec<Part>,
}

impl Rows {
    fn new(entity: &'static EntitySchema, records: Box<dyn OwnedList>, mut parts: Vec<Part>) -> Self {
        let mut next = entity.fields.len();
        for part in &mut parts {
            part.from = next;
            next += (part.relation.target)().fields.len();
        }
        let several = parts.iter().any(|part| !leads_to_one(part.relation));
        let seen = several.then(|| {
            let kinds: Vec<Kind> = entity.key.iter().map(|&column| entity.field(column).kind).collect();
            KeyIndex::new(&kinds, 0)
        });
        Self { entity, records, seen, parts }
    }

    /// The place of a row's record.
    fn place(&mut self, row: &dyn Row) -> Result<usize> {
        if let Some(seen) = &mut self.seen {
            let part = |part: usize| row.value(self.entity.key[part]);
            if let Some(place) = seen.places(part).next() {
                return Ok(place);
            }
            seen.push(part);
        }
        self.records.push(row)?;
        Ok(self.records.len() - 1)
    }
}

impl RowSink for Rows {
    fn expect(&mut self, rows: usize) {
        self.records.reserve(rows);
    }

    fn row(&mut self, row: &dyn Row) -> Result<Flow> {
        let place = self.place(row)?;
        for part in &mut self.parts {
            part.take(row, place)?;
        }
        Ok(Flow::More)
    }
}
