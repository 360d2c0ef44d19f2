//! How queries are read, whatever their model.

use super::crossing;
use super::filter::Fault;
use super::load::{AnyLoad, load_all};
use super::record_list::RecordList;
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
}

impl<M: Model> Gathering for Lent<Records<M>> {
    fn records(&mut self) -> Result<&mut dyn RecordList> {
        Ok(&mut self.here()?.0)
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
        let snapshot = Snapshot::begin(session, TxOptions::snapshot()).await?;
        let whole = plan.is_everything();
        let lens = Lens { session: snapshot.session(), scopes, unscoped, whole };
        let outcome = read(&plan, with, lens, into).await;
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
    lens: Lens<'_>,
    into: &mut dyn Gathering,
) -> Result<()> {
    with.iter().try_for_each(AnyLoad::check)?;
    lens.session.select_into(plan, into).await?;
    load_all(with, lens, into.records()?).await
}
