//! What is left out of every plan unless asked for: deleted records, and those outside of the database's
//! scopes.
//!
//! A plan is narrowed once, before it goes to a session: its own records, those that its relation
//! predicates lead to, and the pivots in between.

use crate::engine::Session;
use crate::error::{Error, Result};
use crate::model::schema::{EntitySchema, RelationSchema};
use crate::plan::{Aggregate, Output, Predicate, Select};
use crate::provider::RowSink;
use std::sync::Arc;

/// Which records are seen by whether they are deleted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Deleted {
    #[default]
    Without,
    With,
    Only,
}

/// What a query asks to see.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct View {
    /// Of its own records; those of relations say it themselves.
    pub(crate) deleted: Deleted,
    /// Whether the database's scopes are left out, for relations too.
    pub(crate) unscoped: bool,
}

/// The default scopes of a database.
#[derive(Debug, Default)]
pub(crate) struct Scopes(Vec<(&'static EntitySchema, Predicate)>);

impl Scopes {
    /// Adds a condition that all records of an entity must meet. Where it leads to other entities, their
    /// scopes don't apply: scopes may refer to each other in circles.
    pub(crate) fn add(&mut self, entity: &'static EntitySchema, condition: Predicate) {
        let condition = Scopes::default().inside(condition, true);
        self.0.push((entity, condition));
    }

    /// Whether any record of the entity may be left out.
    pub(crate) fn narrows(&self, entity: &EntitySchema) -> bool {
        entity.deleted_at.is_some() || self.0.iter().any(|(scoped, _)| scoped.is(entity))
    }

    /// What the records of an entity must meet to be seen.
    pub(crate) fn condition(&self, entity: &EntitySchema, view: View) -> Predicate {
        let deleted = match (entity.deleted_at, view.deleted) {
            (None, _) | (_, Deleted::With) => Predicate::Constant(true),
            (Some(column), Deleted::Without) => Predicate::Null { column },
            (Some(column), Deleted::Only) => Predicate::Not(Box::new(Predicate::Null { column })),
        };
        let scopes = self.0.iter().filter(|(scoped, _)| !view.unscoped && scoped.is(entity));
        scopes.fold(deleted, |all, (_, condition)| all.and(condition.clone()))
    }

    /// A filter on an entity's records, narrowed.
    pub(crate) fn narrow(&self, entity: &EntitySchema, filter: Predicate, view: View) -> Predicate {
        self.inside(filter, view.unscoped).and(self.condition(entity, view))
    }

    /// A plan, narrowed.
    pub(crate) fn plan(&self, mut plan: Select, view: View) -> Select {
        plan.filter = self.narrow(plan.entity, plan.filter, view);
        if let Some(related) = &mut plan.related
            && let Some(condition) = self.between(related.relation, view.unscoped)
        {
            related.middle = Some(match related.middle.take() {
                Some(middle) => middle.and(condition),
                None => condition,
            });
        }
        plan
    }

    /// Refuses a grouping by columns of related records of which some may be left out: which group the
    /// records that refer to those belong to is not decided.
    pub(crate) fn may_be_read(&self, plan: &Select, view: View) -> Result<()> {
        let Output::Groups(grouping) = &plan.output else { return Ok(()) };
        let view = View { unscoped: view.unscoped, ..View::default() };
        let columns = grouping.keys.iter().chain(grouping.aggregates.iter().filter_map(Aggregate::column));
        let hidden = columns.flat_map(|column| &column.path).map(|relation| (relation.target)());
        match hidden.into_iter().find(|entity| self.condition(entity, view) != Predicate::Constant(true)) {
            None => Ok(()),
            Some(_) => Err(Error::unsupported(
                "a grouping by a column of related records that are soft-deleted or scoped",
                "records that refer to one that isn't seen would have no group; group by the foreign key, or \
                 leave the scopes out",
            )),
        }
    }

    /// The same filter, where the records that its relations lead to are narrowed.
    fn inside(&self, filter: Predicate, unscoped: bool) -> Predicate {
        let each = |list: Vec<Predicate>| list.into_iter().map(|p| self.inside(p, unscoped)).collect();
        match filter {
            Predicate::And(all) => Predicate::And(each(all)),
            Predicate::Or(any) => Predicate::Or(each(any)),
            Predicate::Not(inner) => Predicate::Not(Box::new(self.inside(*inner, unscoped))),
            Predicate::NotTrue(inner) => Predicate::NotTrue(Box::new(self.inside(*inner, unscoped))),
            Predicate::Related { relation, filter, middle, count } => {
                let view = View { unscoped, ..View::default() };
                let filter = self.narrow((relation.target)(), *filter, view);
                let middle = match (middle, self.between(relation, unscoped)) {
                    (Some(middle), Some(condition)) => Some(Box::new(middle.and(condition))),
                    (middle, condition) => middle.or(condition.map(Box::new)),
                };
                Predicate::Related { relation, filter: Box::new(filter), middle, count }
            }
            plain => plain,
        }
    }

    /// What the records between the two sides of a relation must meet.
    fn between(&self, relation: &RelationSchema, unscoped: bool) -> Option<Predicate> {
        let pivot = (relation.pivot.as_ref()?.entity)();
        let condition = self.condition(pivot, View { unscoped, ..View::default() });
        (condition != Predicate::Constant(true)).then_some(condition)
    }
}

/// A session that is read from through scopes.
#[derive(Clone, Copy)]
pub(crate) struct Lens<'a> {
    pub(crate) session: &'a Session,
    pub(crate) scopes: &'a Scopes,
    /// Whether the database's scopes are left out.
    pub(crate) unscoped: bool,
    /// Whether the records whose relations are loaded are all of their model.
    pub(crate) whole: bool,
}

impl<'a> Lens<'a> {
    /// The same through a session of another database of a set, whose scopes it has.
    pub(crate) fn over<'b>(self, session: &'b Session) -> Lens<'b>
    where
        'a: 'b,
    {
        let scopes = session.peers().map_or(self.scopes, |peers| peers.scopes());
        Lens { session, scopes, unscoped: self.unscoped, whole: false }
    }

    /// The same for records that are all of their model, or not.
    pub(crate) fn of(self, whole: bool) -> Self {
        Self { whole, ..self }
    }

    /// A plan, narrowed.
    pub(crate) fn plan(&self, plan: Select, deleted: Deleted) -> Select {
        self.scopes.plan(plan, View { deleted, unscoped: self.unscoped })
    }

    /// Reads a plan, narrowed.
    pub(crate) async fn select<S: RowSink>(&self, plan: Select, deleted: Deleted, sink: S) -> Result<S> {
        self.session.select(&Arc::new(self.plan(plan, deleted)), sink).await
    }
}
