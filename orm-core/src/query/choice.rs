//! Which records of a relation are chosen, and the plan that reads them.

use super::filter::{Fault, met};
use super::guard;
use super::listed;
use super::load::AnyLoad;
use super::pivot::MakeBetween;
use crate::database::{Deleted, Lens};
use crate::error::{Error, Result};
use crate::model::schema::{RelationKind, RelationSchema};
use crate::plan::{KeySet, Output, Predicate, Related, Select, Sort};
use std::fmt;
use std::sync::Arc;

/// How the related records are chosen.
#[derive(Clone)]
pub(super) struct Choice {
    pub(super) filter: Result<Predicate, Fault>,
    /// What the records in between must meet.
    pub(super) middle: Option<Result<Predicate, Fault>>,
    /// Takes the records in between, where they are asked for.
    pub(super) between: Option<Result<MakeBetween, Fault>>,
    pub(super) order: Vec<Sort>,
    pub(super) offset: u64,
    pub(super) limit: Option<u64>,
    pub(super) with: Vec<AnyLoad>,
    pub(super) deleted: Deleted,
    /// Whether they are to be read in one statement with their parents, where that can be.
    pub(super) joined: bool,
}

impl Choice {
    pub(super) const fn everything() -> Self {
        Self {
            filter: Ok(Predicate::Constant(true)),
            middle: None,
            between: None,
            order: Vec::new(),
            offset: 0,
            limit: None,
            with: Vec::new(),
            deleted: Deleted::Without,
            joined: false,
        }
    }

    /// What is read of a relation.
    pub(super) fn plan(
        &self,
        relation: &'static RelationSchema,
        keys: Arc<KeySet>,
        output: Output,
    ) -> Result<Select> {
        if relation.kind == RelationKind::HasManyBy {
            return listed::plan(relation, self, &keys, output);
        }
        let related = Related {
            middle: guard::of_middle(relation, self.middle.clone().transpose()?),
            with_middle: output == Output::Records && self.between.is_some(),
            offset: self.offset,
            limit: self.limit,
            ..Related::all(relation, keys)
        };
        Ok(Select {
            output,
            filter: guard::of_targets(relation, self.filter.clone()?),
            related: Some(related),
            order: self.order.clone(),
            ..Select::all((relation.target)())
        })
    }

    /// What is read of a relation for records as the lens says, and where their key stands in a row.
    ///
    /// For all records of a model, all that could refer to them is read: engines do that faster than to
    /// look for so many keys. What refers to none of them is left out as it comes. Only where a foreign key
    /// may be NULL, or may be that of another model, there may be far more of that than of the others.
    pub(super) fn reading(
        &self,
        relation: &'static RelationSchema,
        keys: Arc<KeySet>,
        lens: Lens<'_>,
    ) -> Result<(Select, Vec<usize>)> {
        let target = (relation.target)();
        let direct = matches!(relation.kind, RelationKind::HasOne | RelationKind::HasMany);
        let refers = direct
            && relation.pivot.is_none()
            && relation.guard.is_none()
            && relation.to.iter().all(|&column| !target.field(column).nullable);
        let cut = self.limit.is_some() || self.offset > 0;
        if lens.whole && refers && !cut && self.middle.is_none() && self.between.is_none() {
            let (filter, order) = (self.filter.clone()?, self.order.clone());
            return Ok((Select { filter, order, ..Select::all(target) }, relation.to.to_vec()));
        }
        let mut plan = self.plan(relation, keys, Output::Records)?;
        if let Some(related) = &mut plan.related {
            // Rows are matched with their parents as they come.
            related.loose = relation.pivot.is_none() && !cut;
        }
        let width = target.fields.len();
        let place = match relation.pivot {
            Some(_) => (width..width + relation.from.len()).collect(),
            None => relation.to.to_vec(),
        };
        Ok((plan, place))
    }

    /// The fault of what was asked for, if it has one, or what is loaded along has.
    pub(super) fn check(&self) -> Result<()> {
        let fault = |fault: &Fault| Error::from(fault.clone());
        self.filter.as_ref().map_err(fault)?;
        self.middle.as_ref().map_or(Ok(()), |middle| middle.as_ref().map(drop).map_err(fault))?;
        self.between.as_ref().map_or(Ok(()), |between| between.as_ref().map(drop).map_err(fault))?;
        self.with.iter().try_for_each(AnyLoad::check)
    }

    /// Adds a condition.
    pub(super) fn narrow(&mut self, filter: Result<Predicate, Fault>) {
        let all = std::mem::replace(&mut self.filter, Ok(Predicate::Constant(true)));
        self.filter = met(all, filter);
    }

    /// Whether some related records may be left out.
    pub(super) fn is_partial(&self) -> bool {
        self.limit.is_some()
            || self.middle.is_some()
            || self.offset > 0
            || !matches!(&self.filter, Ok(predicate) if predicate.is_always_true())
    }
}

impl fmt::Debug for Choice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Choice")
            .field("filter", &self.filter)
            .field("order", &self.order)
            .field("limit", &self.limit)
            .field("with", &self.with)
            .finish()
    }
}
