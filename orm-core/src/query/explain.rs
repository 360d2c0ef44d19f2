//! How a query is read, for people.

use super::Query;
use super::choice::Choice;
use super::joined::Joins;
use super::load::Edge;
use crate::database::{Deleted, Lens, View};
use crate::engine::Mode;
use crate::error::Result;
use crate::model::Model;
use crate::model::schema::RelationSchema;
use crate::plan::{KeySet, Output, Select};
use crate::value::{Class, Kind, Value};
use std::fmt;
use std::sync::Arc;

/// How a query is read, one step for each statement: what [`Query::explain`] answers. Print it.
///
/// What is in it is for people: it may read otherwise in any version.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Explain {
    /// The reads, in the order in which they are made.
    pub steps: Vec<Step>,
}

/// One read of a query.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Step {
    /// What it is for: the model, or a relation that is loaded along, `User.posts`.
    pub of: String,
    /// What is asked of the provider, with `?` for values.
    pub plan: String,
    /// What the provider does: its statements with placeholders and what the engine says of them, or the
    /// way it takes. Where the core fills in, lines that begin with `core:` say so.
    pub lines: Vec<String>,
}

impl fmt::Display for Explain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, step) in self.steps.iter().enumerate() {
            if i > 0 {
                writeln!(f)?;
            }
            write!(f, "{}: {}", step.of, step.plan)?;
            for line in &step.lines {
                write!(f, "\n    {line}")?;
            }
        }
        Ok(())
    }
}

/// A relation that leads to another connection.
pub(super) type Crossing = &'static RelationSchema;

/// A plan, what it is for, and the way to the connection that it is read on.
pub(super) struct Planned {
    of: String,
    plan: Select,
    /// Which of the records are seen.
    deleted: Deleted,
    route: Vec<Crossing>,
}

impl Planned {
    /// The way to what a relation leads to, from the end of the way to its own model.
    pub(super) fn route(route: &[Crossing], edge: Edge) -> Vec<Crossing> {
        let crossed = edge.crosses().then_some(edge.schema);
        route.iter().copied().chain(crossed).collect()
    }

    /// Adds what a load of a relation reads, with what is loaded along.
    pub(super) fn load(
        edge: Edge,
        choice: &Choice,
        route: &[Crossing],
        lens: Lens<'_>,
        into: &mut Vec<Self>,
    ) -> Result<()> {
        let (crossed, relation) = (Self::route(route, edge), edge.schema);
        // What is in another database isn't read for all records of a model, but for those in hand.
        let lens = lens.of(lens.whole && crossed.len() == route.len());
        let (plan, _) = choice.reading(relation, Arc::new(sample_keys(relation)), lens)?;
        let below = lens.of(lens.plan(plan.clone(), choice.deleted).is_everything());
        into.push(Self::new(relation, choice, plan, &crossed));
        choice.with.iter().try_for_each(|load| load.plans(&crossed, below, into))
    }

    /// What a count of a relation reads.
    pub(super) fn count(
        relation: &'static RelationSchema,
        choice: &Choice,
        output: Output,
        route: &[Crossing],
    ) -> Result<Self> {
        let plan = choice.plan(relation, Arc::new(sample_keys(relation)), output)?;
        Ok(Self::new(relation, choice, plan, route))
    }

    fn new(relation: &RelationSchema, choice: &Choice, plan: Select, route: &[Crossing]) -> Self {
        let of = format!("{}.{}", relation.model, relation.field);
        Self { of, plan, deleted: choice.deleted, route: route.to_vec() }
    }

    async fn explain(self, lens: Lens<'_>) -> Result<Step> {
        let mut session = lens.session.clone();
        for relation in &self.route {
            session = session.across(relation).await?;
        }
        let lens = lens.over(&session);
        let view = View { deleted: self.deleted, unscoped: lens.unscoped };
        let plan = Arc::new(lens.scopes.plan(self.plan, view));
        let lines = session.explain(&plan).await?;
        Ok(Step { of: self.of, plan: plan.to_string(), lines })
    }
}

/// Two keys, since with one a statement may look different.
fn sample_keys(relation: &'static RelationSchema) -> KeySet {
    let (entity, columns) = match &relation.pivot {
        Some(pivot) => ((pivot.entity)(), pivot.from),
        None => ((relation.target)(), relation.to),
    };
    let kinds: Vec<Kind> = columns.iter().map(|&c| entity.field(c).kind).collect();
    let mut keys = KeySet::new(kinds.iter().copied());
    for n in 0..2_u8 {
        let part = |kind: &Kind| match kind.class() {
            Class::Int => kind.int_value(i64::from(n)).to_value(),
            Class::Float => Value::Float(f64::from(n)),
            Class::Text => Value::Text(n.to_string().into()),
            Class::Bytes => Value::Bytes([n].into()),
            Class::Uuid => Value::Uuid([n; 16]),
        };
        let parts: Vec<Value> = kinds.iter().map(part).collect();
        keys.push(|place| parts[place].as_ref());
    }
    keys
}

impl Explain {
    /// Explains a plan and the loads of a query.
    pub(super) async fn of<M: Model, D: Mode>(query: &Query<M, D>, plan: Select) -> Result<Self> {
        let (scopes, unscoped) = (query.repository.scopes(), query.view.unscoped);
        let whole = plan.is_everything();
        let lens = Lens { session: query.repository.session(), scopes, unscoped, whole };
        let mut plan = Arc::new(plan);
        let joins = Joins::of(&mut plan, &query.with, lens, &query.repository.database().capabilities)?;
        let mut planned = Vec::new();
        for (place, load) in query.with.iter().enumerate() {
            match joins.at(place) {
                Some(joined) => {
                    let below = joined.below(lens);
                    joined.choice.with.iter().try_for_each(|load| load.plans(&[], below, &mut planned))?;
                }
                None => load.plans(&[], lens, &mut planned)?,
            }
        }
        query.repository.ready().await?;
        // The query's own plan is narrowed already.
        let own = lens.session.explain(&plan).await?;
        let mut steps = vec![Step { of: M::schema().model.to_owned(), plan: plan.to_string(), lines: own }];
        for planned in planned {
            steps.push(planned.explain(lens).await?);
        }
        Ok(Self { steps })
    }
}

impl<M: Model, D: Mode> Query<M, D> {
    /// How `get` would read the query: the plans, what the provider makes of them, and where the core
    /// fills in. Nothing is read, nothing is locked, and no values are shown.
    ///
    /// ```
    /// # use orm_core::prelude::*;
    /// # #[derive(Model)] struct User { #[key] id: u64, age: i32, name: String }
    /// # fn example(users: Repository<User>) -> orm_core::Result<()> {
    /// println!("{}", users.query().filter(|u| u.age.ge(18)).order_by(|u| u.name.asc()).explain()?);
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// As [`get`](Self::get); [`Error::Unsupported`](crate::Error::Unsupported) inside of a transaction.
    pub fn explain<'a>(mut self) -> D::Answer<'a, Result<Explain>> {
        D::answer(async move {
            let lock = self.explained_lock()?;
            let plan = Select { lock, ..self.select_plan(Output::Records)? };
            Explain::of(&self, plan).await
        })
    }
}
