//! How a query is read, for people.

use super::Query;
use super::load::Planned;
use crate::database::View;
use crate::engine::Mode;
use crate::error::Result;
use crate::model::Model;
use crate::plan::{Output, Select};
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

impl Explain {
    /// Explains a plan and the loads of a query.
    pub(super) async fn of<M: Model, D: Mode>(query: &Query<M, D>, plan: Select) -> Result<Self> {
        let mut planned = Vec::new();
        for load in &query.with {
            load.plans(&mut planned)?;
        }
        query.repository.ready().await?;
        let (scopes, unscoped) = (query.repository.scopes(), query.view.unscoped);
        let narrowed = |planned: Planned| {
            let view = View { deleted: planned.deleted, unscoped };
            (planned.of, scopes.plan(planned.plan, view))
        };
        let loads = planned.into_iter().map(narrowed);
        let all = std::iter::once((M::schema().model.to_owned(), plan)).chain(loads);
        let mut steps = Vec::new();
        for (of, plan) in all {
            let plan = Arc::new(plan);
            let lines = query.repository.session().explain(&plan).await?;
            steps.push(Step { of, plan: plan.to_string(), lines });
        }
        Ok(Self { steps })
    }
}

impl<M: Model, D: Mode> Query<M, D> {
    /// How `get` would read the query: the plans, what the provider makes of them, and where the core
    /// fills in. Nothing is read, and no values are shown.
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
    pub fn explain<'a>(self) -> D::Answer<'a, Result<Explain>> {
        D::answer(async move {
            let plan = self.select_plan(Output::Records)?;
            Explain::of(&self, plan).await
        })
    }
}
