//! Schema sync: creating what is missing, noticing another shape.

use crate::database::Place;
use crate::dialect::SqliteDialect;
use crate::session::Session;
use crate::stored;
use orm_core::model::schema::EntitySchema;
use orm_core::provider::{Drift, SchemaSync, SyncReport};
use orm_core::{Error, Result};
use orm_provider_sql::schema::{Plan, Statements, Table, plan, with_neighbours};

/// What is to be made ready.
pub(crate) struct Sync<'a> {
    pub(crate) place: &'a Place,
    pub(crate) entities: &'a [&'static EntitySchema],
    /// Whether tables have foreign keys.
    pub(crate) net: bool,
}

impl Sync<'_> {
    /// Looks whether the tables are ready, for which nobody has to wait for whoever writes; `None` where
    /// something is to be created.
    pub(crate) fn check(&self, session: &mut Session, how: SchemaSync) -> Result<Option<SyncReport>> {
        for entity in self.entities {
            check_names(entity)?;
        }
        let plan = session.atomically("BEGIN DEFERRED", |session| self.look(session))?;
        if how == SchemaSync::Create {
            let ready = plan.drifts.is_empty() && plan.steps.is_empty();
            return Ok(ready.then(|| plan.report()));
        }
        plan.check().map(Some).map_err(|drifts| self.drift(drifts))
    }

    /// Makes the tables ready: all that is missing in one transaction, or nothing. Of two processes that
    /// start at once, one creates and the other finds.
    pub(crate) fn create(&self, session: &mut Session) -> Result<SyncReport> {
        session.atomically("BEGIN IMMEDIATE", |session| {
            // Another may have been quicker.
            let plan = self.look(session)?;
            self.carry_out(session, plan)
        })
    }

    fn look(&self, session: &Session) -> Result<Plan> {
        let mut tables = Vec::new();
        for (i, entity) in with_neighbours(self.entities).into_iter().enumerate() {
            let stored = stored::table(session, self.place, entity)?;
            tables.push(Table { entity, stored, asked: i < self.entities.len() });
        }
        let statements = Statements { dialect: &SqliteDialect, namespace: &self.place.namespace };
        Ok(plan(statements, &tables, self.net))
    }

    fn carry_out(&self, session: &Session, plan: Plan) -> Result<SyncReport> {
        let report = plan.report();
        let mut drifts = plan.drifts;
        if !drifts.is_empty() {
            return Err(self.drift(drifts));
        }
        for step in &plan.steps {
            if let Err(error) = session.engine.execute_batch(&step.sql) {
                let refused = error.sqlite_error_code() == Some(rusqlite::ErrorCode::ConstraintViolation);
                if !(refused && step.may_be_refused()) {
                    return Err(session.origin.failure(&step.sql, error));
                }
                step.refused(&mut drifts);
            }
        }
        if drifts.is_empty() { Ok(report) } else { Err(self.drift(drifts)) }
    }

    fn drift(&self, drifts: Vec<Drift>) -> Error {
        Error::SchemaDrift { connection: self.place.name.to_string(), drifts }
    }
}

fn check_names(entity: &EntitySchema) -> Result<()> {
    let name = entity.name;
    let why = if name.contains("__") {
        "contains `__`, which separates a connection's name from an entity's"
    } else if name.to_ascii_lowercase().starts_with("sqlite_") {
        "begins with `sqlite_`, which SQLite keeps for itself"
    } else if name.is_empty() || name.contains('\0') {
        "is empty or contains NUL"
    } else {
        return check_columns(entity);
    };
    Err(Error::Configuration(format!(
        "the name `{}` of the entity of `{}` can't be a table of SQLite: it {why}; name it otherwise \
         with `#[model(entity = \"…\")]`",
        name.escape_debug(),
        entity.model
    )))
}

fn check_columns(entity: &EntitySchema) -> Result<()> {
    match entity.fields.iter().find(|field| field.column.is_empty() || field.column.contains('\0')) {
        None => Ok(()),
        Some(field) => Err(Error::Configuration(format!(
            "the name of the column of `{}.{}` is empty or contains NUL; name it otherwise with \
             `#[field(column = \"…\")]`",
            entity.model, field.field
        ))),
    }
}
