//! Loads that lead to another connection. They run when all that is in the query's own database has been
//! read: an engine with one session could not read elsewhere while a snapshot is open.

use super::children::{Found, children};
use super::choice::Choice;
use super::load::Load;
use crate::database::Lens;
use crate::engine::Snapshot;
use crate::error::Result;
use crate::model::Model;
use crate::model::schema::RelationSchema;
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
pub(super) async fn load<M: Model>(with: &[Load<M>], lens: Lens<'_>, records: &mut [M]) -> Result<()> {
    for load in with {
        load.across(lens, records).await?;
    }
    Ok(())
}

/// Whether a relation leads to another connection.
pub(super) fn crosses_itself<M: Model, T: Model>() -> bool {
    !M::schema().shares_connection(T::schema())
}

/// Whether a load leads to another connection, or what it loads along does.
pub(super) fn crosses<M: Model, T: Model>(choice: &Choice<T>) -> bool {
    crosses_itself::<M, T>() || choice.with.iter().any(Load::crosses)
}

/// The related records that a stage brings or changes, each with the place of its parent; `None` where
/// it does neither. `take` takes those out that a parent has already.
pub(super) async fn related<M: Model, T: Model>(
    stage: Stage,
    relation: &'static RelationSchema,
    choice: &Choice<T>,
    lens: Lens<'_>,
    parents: &mut [M],
    take: impl Fn(&mut M) -> Vec<T>,
) -> Result<Option<Found<T>>> {
    match (stage, crosses_itself::<M, T>()) {
        (Stage::Here, false) => children(relation, choice, lens, parents).await.map(Some),
        (Stage::Here, true) => Ok(None),
        (Stage::Across, true) => elsewhere(relation, choice, lens, parents).await.map(Some),
        (Stage::Across, false) => {
            let (mut records, mut of) = (Vec::new(), Vec::new());
            for (place, parent) in parents.iter_mut().enumerate() {
                records.extend(take(parent));
                of.resize(records.len(), place as u32);
            }
            load(&choice.with, lens, &mut records).await?;
            Ok(Some(Found::new(records, of)))
        }
    }
}

/// Reads what a relation leads to in another database.
async fn elsewhere<M: Model, T: Model>(
    relation: &'static RelationSchema,
    choice: &Choice<T>,
    lens: Lens<'_>,
    parents: &[M],
) -> Result<Found<T>> {
    let session = lens.session.across(relation).await?;
    let there = lens.over(&session);
    let mut found = if choice.with.is_empty() {
        children(relation, choice, there, parents).await?
    } else {
        let snapshot = Snapshot::begin(&session, TxOptions::snapshot()).await?;
        let read = Lens { session: snapshot.session(), ..there };
        let outcome = children(relation, choice, read, parents).await;
        snapshot.end(outcome).await?
    };
    load(&choice.with, there, &mut found.records).await?;
    Ok(found)
}
