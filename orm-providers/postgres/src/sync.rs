//! Schema sync: creating what is missing, noticing another shape.

use crate::dialect::{LONGEST_NAME, PostgresDialect};
use crate::keys::lock_of;
use crate::session::{Place, Session};
use crate::stored;
use orm_core::model::schema::EntitySchema;
use orm_core::provider::{Drift, SchemaSync, SyncReport};
use orm_core::{Error, Result};
use orm_provider_sql::schema::{Plan, Statements, Step, Table, plan, with_neighbours};
use tokio_postgres::error::SqlState;

/// What is to be made ready.
pub(crate) struct Sync<'a> {
    pub(crate) place: &'a Place,
    pub(crate) entities: &'a [&'static EntitySchema],
    /// Whether tables have foreign keys.
    pub(crate) net: bool,
}

/// What was found.
struct Found {
    /// Whether there is the schema.
    schema: bool,
    plan: Plan,
}

impl Sync<'_> {
    /// Makes the tables ready: all that is missing in one transaction and under a lock, or nothing. Of two
    /// processes that start at once, one creates and the other finds; where nothing is missing, nothing
    /// is locked.
    pub(crate) async fn run(&self, session: &mut Session, how: SchemaSync) -> Result<SyncReport> {
        for entity in self.entities {
            check_names(entity)?;
        }
        session.run("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY").await?;
        let found = self.look(session).await?;
        session.run("COMMIT").await?;
        if how != SchemaSync::Create {
            return found.plan.check().map_err(|drifts| self.drift(drifts));
        }
        if found.schema && found.plan.drifts.is_empty() && found.plan.steps.is_empty() {
            return Ok(found.plan.report());
        }
        // Each statement sees what was committed before it: what is looked at is looked at under the lock.
        session.run("BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE").await?;
        let lock = lock_of(&format!("sync {}", self.place.schema));
        session.run(&format!("SELECT pg_advisory_xact_lock({lock})")).await?;
        let found = self.look(session).await?;
        let report = self.create(session, found).await?;
        match session.client.batch_execute("COMMIT").await {
            Ok(()) => Ok(report),
            // Whether it happened shows when it is done again.
            Err(error) => Err(session.failure("making the storage ready", error)),
        }
    }

    async fn look(&self, session: &mut Session) -> Result<Found> {
        let (schema, encoding) = stored::schema(session, self.place).await?;
        if encoding != "UTF8" {
            return Err(Error::Configuration(format!(
                "{} keeps text as {encoding}, which can't hold all of it: create the database with \
                 `ENCODING 'UTF8'`",
                session.origin.label
            )));
        }
        let mut tables = Vec::new();
        for (i, entity) in with_neighbours(self.entities).into_iter().enumerate() {
            let stored = if schema { stored::table(session, self.place, entity).await? } else { None };
            tables.push(Table { entity, stored, asked: i < self.entities.len() });
        }
        Ok(Found { schema, plan: plan(self.statements(), &tables, self.net) })
    }

    fn statements(&self) -> Statements<'_> {
        Statements { dialect: &PostgresDialect, namespace: &self.place.schema }
    }

    async fn create(&self, session: &mut Session, found: Found) -> Result<SyncReport> {
        let report = found.plan.report();
        let mut drifts = found.plan.drifts;
        if drifts.is_empty() {
            if !found.schema {
                let sql = format!("CREATE SCHEMA {}", self.statements().quoted(&self.place.schema));
                session.run(&sql).await?;
            }
            for step in &found.plan.steps {
                self.step(session, step, &mut drifts).await?;
            }
        }
        if drifts.is_empty() {
            return Ok(report);
        }
        session.run("ROLLBACK").await?;
        Err(self.drift(drifts))
    }

    /// Runs a step. Where stored records refuse it, that is noted, and the others are tried all the same.
    async fn step(&self, session: &mut Session, step: &Step, drifts: &mut Vec<Drift>) -> Result<()> {
        if !step.may_be_refused() {
            return session.run(&step.sql).await;
        }
        session.run("SAVEPOINT orm_step").await?;
        let refusals = [&SqlState::UNIQUE_VIOLATION, &SqlState::FOREIGN_KEY_VIOLATION];
        match session.client.batch_execute(&step.sql).await {
            Ok(()) => session.run("RELEASE SAVEPOINT orm_step").await,
            Err(error) if error.code().is_some_and(|code| refusals.contains(&code)) => {
                step.refused(drifts);
                session.run("ROLLBACK TO SAVEPOINT orm_step").await
            }
            Err(error) => Err(session.failure(&step.sql, error)),
        }
    }

    fn drift(&self, drifts: Vec<Drift>) -> Error {
        Error::SchemaDrift { connection: self.place.name.to_string(), drifts }
    }
}

fn check_names(entity: &EntitySchema) -> Result<()> {
    let columns = entity.fields.iter().map(|f| ("column", f.column));
    for (what, name) in std::iter::once(("table", entity.name)).chain(columns) {
        let why = if name.len() > LONGEST_NAME {
            "is longer than 63 bytes, which is all that the engine keeps of a name"
        } else if name.is_empty() || name.contains('\0') {
            "is empty or contains NUL"
        } else {
            continue;
        };
        return Err(Error::Configuration(format!(
            "the name `{}` in `{}` can't be that of a {what} of PostgreSQL: it {why}; name it otherwise \
             with `#[model(entity = \"…\")]` or `#[field(column = \"…\")]`",
            name.escape_debug(),
            entity.model
        )));
    }
    Ok(())
}
