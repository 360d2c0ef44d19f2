//! Loads that lead to another connection. They run when all that is in the query's own database has been
//! read: an engine with one session could not read elsewhere while a snapshot is open.

use super::children::Found;
use super::load::{AnyLoad, RelationLoad};
use super::record_list::RecordList;
use crate::database::Lens;
use crate::engine::Snapshot;
use crate::error::Result;
use crate::provider::TxOptions;

/// Which part of the loads is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stage {
    /// What is in the database of the records.
    Here,
    /// What is in others.
    Across,
}

/// Loads what is in other databases.
pub(super) async fn load(with: &[AnyLoad], lens: Lens<'_>, records: &mut dyn RecordList) -> Result<()> {
    for load in with {
        load.across(lens, records).await?;
    }
    Ok(())
}

/// The related records that a stage brings or changes, each with the place of its parent; `None` where
/// it does neither. Those that a parent has already are taken out.
pub(super) async fn related(
    of: &RelationLoad,
    stage: Stage,
    lens: Lens<'_>,
    parents: &mut dyn RecordList,
    partial: bool,
) -> Result<Option<Found>> {
    match (stage, of.edge.crosses()) {
        (Stage::Here, false) => of.children(lens, parents).await.map(Some),
        (Stage::Here, true) => Ok(None),
        (Stage::Across, true) => elsewhere(of, lens, parents).await.map(Some),
        (Stage::Across, false) => {
            let mut found = of.hands.take(parents, of.edge.slot, partial);
            load(&of.choice.with, lens, &mut *found.records).await?;
            Ok(Some(found))
        }
    }
}

/// Reads what a relation leads to in another database.
async fn elsewhere(of: &RelationLoad, lens: Lens<'_>, parents: &dyn RecordList) -> Result<Found> {
    let session = lens.session.across(of.edge.schema).await?;
    let there = lens.over(&session);
    let mut found = if of.choice.with.is_empty() {
        of.children(there, parents).await?
    } else {
        let snapshot = Snapshot::begin(&session, TxOptions::snapshot()).await?;
        let read = Lens { session: snapshot.session(), ..there };
        let outcome = of.children(read, parents).await;
        snapshot.end(outcome).await?
    };
    load(&of.choice.with, there, &mut *found.records).await?;
    Ok(found)
}
