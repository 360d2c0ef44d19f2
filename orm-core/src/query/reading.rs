//! How queries are read, whatever their model.

use super::crossing;
use super::filter::Fault;
use super::joined::Joins;
use super::load::{AnyLoad, load_all};
use super::record_list::{OwnedList, RecordList, list, records};
use super::sinks::Records;
use crate::database::{Lens, View};
use crate::engine::{Blocking, Lent, LentSink, Mode, Snapshot};
use crate::error::Result;
use crate::model::Model;
use crate::plan::{Lock, Output, Predicate, Select, Sort};
use crate::provider::TxOptions;
use crate::repository::Place;
use std::sync::Arc;

/// What a query says.
pub(super) struct Asked<'q> {
    pub(super) place: Place<'q>,
    pub(super) filter: &'q Result<Predicate, Fault>,
    pub(super) order: &'q [Sort],
    pub(super) offset: u64,
    pub(super) limit: Option<u64>,
    pub(super) view: View,
    pub(super) lock: Option<Lock>,
}

impl Asked<'_> {
    /// The plan of it, narrowed.
    pub(super) fn plan(self, output: Output) -> Result<Select> {
        let Self { place, filter, order, offset, limit, view, lock } = self;
        let lock = super::lock::lock_of(place, lock, &output)?;
        let plan = Select {
            entity: place.entity(),
            output,
            filter: filter.clone()?,
            related: None,
            order: order.to_vec(),
            offset,
            limit,
            lock,
        };
        place.scopes().may_be_read(&plan, view)?;
        Ok(place.scopes().plan(plan, view))
    }
}

/// A query that is about to be read.
pub(super) struct Reading<'q> {
    pub(super) place: Place<'q>,
    pub(super) plan: Result<Arc<Select>>,
    pub(super) with: &'q [AnyLoad],
    pub(super) unscoped: bool,
}

/// A sink of records, which are then in hand.
pub(super) trait Gathering: LentSink {
    /// The records, while no call has the sink.
    fn records(&mut self) -> Result<&mut dyn RecordList>;

    /// An empty list of such records.
    fn list(&self) -> Box<dyn OwnedList>;

    /// Takes records that were gathered elsewhere, in such a list.
    fn put(&mut self, list: Box<dyn OwnedList>) -> Result<()>;
}

impl<M: Model> Gathering for Lent<Records<M>> {
    fn records(&mut self) -> Result<&mut dyn RecordList> {
        Ok(&mut self.here()?.0)
    }

    fn list(&self) -> Box<dyn OwnedList> {
        list::<M>()
    }

    fn put(&mut self, list: Box<dyn OwnedList>) -> Result<()> {
        self.here()?.0 = records::<M>(list);
        Ok(())
    }
}

impl Reading<'_> {
    /// Reads the records and what is loaded along.
    pub(super) async fn read(self, into: &mut dyn Gathering) -> Result<()> {
        let Self { place, plan, with, unscoped } = self;
        place.ready().await?;
        let (plan, session, scopes) = (plan?, place.session, place.scopes());
        if with.is_empty() {
            return session.select_into(&plan, into).await;
        }
        let lens = Lens { session, scopes, unscoped, whole: plan.is_everything() };
        let mut plan = plan;
        let joins = Joins::of(&mut plan, with, lens, &place.database.capabilities)?;
        if joins.are_all() {
            // One statement sees one state.
            return joins.read(&plan, with, lens, into).await;
        }
        let snapshot = Snapshot::begin(session, TxOptions::snapshot()).await?;
        let outcome = read(&plan, with, &joins, Lens { session: snapshot.session(), ..lens }, into).await;
        snapshot.end(outcome).await?;
        crossing::load(with, Lens { session, scopes, unscoped, whole: false }, into.records()?).await
    }

    /// The same, where it may block.
    pub(super) fn now(self, into: &mut dyn Gathering) -> Result<()> {
        // A store in memory answers before all the steps there would be are made.
        if self.with.is_empty()
            && self.place.state.is_ready()
            && let Ok(plan) = &self.plan
            && let Some(outcome) = self.place.session.select_directly(plan, into)
        {
            return outcome;
        }
        Blocking::answer(self.read(into))
    }
}

/// Reads records and what is loaded along from their own database.
pub(super) async fn read(
    plan: &Arc<Select>,
    with: &[AnyLoad],
    joins: &Joins<'_>,
    lens: Lens<'_>,
    into: &mut dyn Gathering,
) -> Result<()> {
    if matches!(plan.output, Output::Joined(_)) {
        return joins.read(plan, with, lens, into).await;
    }
    lens.session.select_into(plan, into).await?;
    load_all(with, lens, into.records()?).await
}
