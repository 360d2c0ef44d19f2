//! Schema sync: creating what is missing, noticing another shape.

use crate::allowed::Allowed;
use crate::dialect::{LONGEST_NAME, counts_keys, short};
use crate::error::{is_dangling, is_duplicate};
use crate::keys::{counter, counter_name};
use crate::net;
use crate::session::{Place, Session};
use crate::stored;
use orm_core::model::schema::EntitySchema;
use orm_core::provider::{Drift, SchemaSync, SyncReport};
use orm_core::{Error, Result};
use orm_provider_sql::schema::{Plan, Statements, Step, Table, What, plan, with_neighbours};

/// How many seconds are waited for another process that makes the same storage ready.
const PATIENCE: u32 = 60;

/// What is to be made ready.
pub(crate) struct Sync<'a> {
    pub(crate) place: &'a Place,
    pub(crate) entities: &'a [&'static EntitySchema],
    /// Whether tables have foreign keys.
    pub(crate) net: bool,
}

/// What was found.
struct Found {
    /// Whether there is the database.
    database: bool,
    tables: Vec<Table>,
    plan: Plan,
    /// The entities whose keys no table counts.
    uncounted: Vec<&'static EntitySchema>,
}

impl Sync<'_> {
    /// Makes the tables ready, under a lock: of two processes that start at once, one creates and the
    /// other finds; where nothing is missing, nothing is locked. The engine creates each thing by itself.
    /// So all that can be known to fail is found out before anything is created; what was created when
    /// something fails all the same stays, and the next run finds it.
    pub(crate) async fn run(&self, session: &mut Session, how: SchemaSync) -> Result<SyncReport> {
        for entity in self.entities {
            check_names(entity)?;
            if self.net {
                net::check(entity)?;
            }
        }
        let found = self.look(session).await?;
        if how != SchemaSync::Create {
            return self.check(session, found);
        }
        let complete = found.plan.steps.is_empty() && found.uncounted.is_empty();
        if found.database && complete && found.plan.drifts.is_empty() {
            return Ok(found.plan.report());
        }
        let lock = short(format!("orm:{}", self.place.database)).replace('\\', "\\\\").replace('\'', "\\'");
        self.lock(session, &lock).await?;
        let report = self.create(session).await;
        let released = session.run(&format!("DO RELEASE_LOCK('{lock}')")).await;
        // What is to be told happened before.
        let report = report?;
        released?;
        Ok(report)
    }

    async fn lock(&self, session: &mut Session, lock: &str) -> Result<()> {
        let sql = format!("SELECT GET_LOCK('{lock}', {PATIENCE})");
        let rows = session.ask(&sql).await.map_err(|e| session.failure("locking the schema", e))?;
        if rows.first().and_then(|row| row.get::<Option<i64>, _>(0)).flatten() == Some(1) {
            return Ok(());
        }
        Err(Error::Busy(format!(
            "{}: another process has been making `{}` ready for more than {PATIENCE} seconds",
            session.origin.label, self.place.database
        )))
    }

    fn statements(&self, session: &Session) -> Statements<'_> {
        Statements { dialect: session.server.dialect, namespace: &self.place.database }
    }

    async fn look(&self, session: &mut Session) -> Result<Found> {
        let database = stored::database(session, self.place).await?;
        let (mut tables, mut engines, mut uncounted) = (Vec::new(), Vec::new(), Vec::new());
        for (i, entity) in with_neighbours(self.entities).into_iter().enumerate() {
            let asked = i < self.entities.len();
            let mut table = Table { entity, stored: None, asked };
            if database && let Some(named) = stored::named(session, self.place, entity.name).await? {
                let stored = stored::table(session, self.place, entity, &named).await?;
                if asked && stored.unfit.is_none() && !named.engine.eq_ignore_ascii_case("InnoDB") {
                    engines.push((entity, named.engine));
                }
                table.stored = Some(stored);
            }
            let counts = asked && counts_keys(entity);
            if counts && !(database && stored::counter(session, self.place, entity).await?) {
                uncounted.push(entity);
            }
            tables.push(table);
        }
        let statements = self.statements(session);
        let mut plan = plan(statements, &tables, self.net);
        for (entity, engine) in engines {
            add(
                &mut plan.drifts,
                entity,
                format!("it is stored by {engine}, which has no transactions, instead of InnoDB"),
                format!("ALTER TABLE {} ENGINE = InnoDB", statements.table(entity)),
            );
        }
        Ok(Found { database, tables, plan, uncounted })
    }

    fn check(&self, session: &Session, found: Found) -> Result<SyncReport> {
        let quoted = |entity| self.statements(session).quoted(&counter_name(entity));
        let missing: Vec<_> = found.uncounted.into_iter().map(|e| (e, quoted(e))).collect();
        let (report, mut drifts) = match found.plan.check() {
            Ok(report) => (report, Vec::new()),
            Err(drifts) => (SyncReport::default(), drifts),
        };
        for (entity, name) in missing {
            add(
                &mut drifts,
                entity,
                format!("there is no table {name}, which counts its keys"),
                create_counter(&counter(self.place, entity), 1),
            );
        }
        if drifts.is_empty() { Ok(report) } else { Err(self.drift(drifts)) }
    }

    async fn create(&self, session: &mut Session) -> Result<SyncReport> {
        // What is looked at is looked at under the lock.
        let mut found = self.look(session).await?;
        let mut drifts = std::mem::take(&mut found.plan.drifts);
        let allowed = Allowed { place: self.place, tables: &found.tables };
        for step in &found.plan.steps {
            if step.may_be_refused() && !allowed.is(session, step).await? {
                step.refused(&mut drifts);
            }
        }
        if !drifts.is_empty() {
            return Err(self.drift(drifts));
        }
        if !found.database {
            let name = self.statements(session).quoted(&self.place.database);
            let collation = session.server.dialect.collation();
            let sql =
                format!("CREATE DATABASE IF NOT EXISTS {name} CHARACTER SET utf8mb4 COLLATE {collation}");
            session.run(&sql).await?;
        }
        for step in &found.plan.steps {
            self.step(session, &found.tables, step, &mut drifts).await?;
            // What comes after it may depend on it.
            if !drifts.is_empty() {
                return Err(self.drift(drifts));
            }
        }
        for entity in found.uncounted {
            self.counter(session, entity).await?;
        }
        Ok(found.plan.report())
    }

    /// Runs a step. Where records refuse it that were stored meanwhile, that is noted.
    async fn step(
        &self,
        session: &mut Session,
        tables: &[Table],
        step: &Step,
        drifts: &mut Vec<Drift>,
    ) -> Result<()> {
        if let What::Column(at) = step.what
            && !step.entity.field(at).nullable
            && filler(tables, step.entity, at).is_none()
        {
            // The engine would make up values for records.
            let table = self.statements(session).table(step.entity);
            session.run(&format!("LOCK TABLES {table} WRITE")).await?;
            let added = self.add_while_empty(session, step, drifts).await;
            let unlocked = session.run("UNLOCK TABLES").await;
            added?;
            return unlocked;
        }
        match session.batch(&step.sql).await {
            Ok(()) => Ok(()),
            Err(error) if step.may_be_refused() && (is_duplicate(&error) || is_dangling(&error)) => {
                step.refused(drifts);
                Ok(())
            }
            Err(error) => Err(session.failure(&step.sql, error)),
        }
    }

    async fn add_while_empty(
        &self,
        session: &mut Session,
        step: &Step,
        drifts: &mut Vec<Drift>,
    ) -> Result<()> {
        if stored::has_rows(session, self.place, step.entity).await? {
            step.refused(drifts);
            return Ok(());
        }
        session.run(&step.sql).await
    }

    /// Makes the table that counts an entity's keys.
    async fn counter(&self, session: &mut Session, entity: &'static EntitySchema) -> Result<()> {
        // The keys of removed records aren't given again, as far as the engine remembers them.
        let rows = session.fetch(
            "SELECT CAST(COALESCE(MAX(AUTO_INCREMENT), 1) AS UNSIGNED) FROM information_schema.TABLES \
             WHERE TABLE_SCHEMA = ? AND TABLE_NAME = ?",
            vec![self.place.database.as_str().into(), entity.name.into()],
        );
        let rows = match rows.await {
            Ok(rows) => rows,
            Err(error) => return Err(session.failure("reading the schema", error)),
        };
        let next: u64 = rows.first().and_then(|row| row.get(0)).unwrap_or(1);
        session.run(&create_counter(&counter(self.place, entity), next.max(1))).await
    }

    fn drift(&self, drifts: Vec<Drift>) -> Error {
        Error::SchemaDrift { connection: self.place.name.to_string(), drifts }
    }
}

/// What stored records get in a column that is to be added.
pub(crate) fn filler<'t>(tables: &'t [Table], entity: &EntitySchema, column: usize) -> Option<&'t str> {
    let stored = tables.iter().find(|table| table.entity.is(entity))?.stored.as_ref()?;
    stored.fillers.iter().find(|(at, _)| *at == column).map(|(_, sql)| sql.as_str())
}

fn create_counter(counter: &str, next: u64) -> String {
    format!(
        "CREATE TABLE IF NOT EXISTS {counter} (id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY) \
         ENGINE = InnoDB AUTO_INCREMENT = {next}"
    )
}

fn add(drifts: &mut Vec<Drift>, entity: &EntitySchema, difference: String, statement: String) {
    let known = drifts.iter().position(|drift| drift.entity == entity.name);
    let at = known.unwrap_or_else(|| {
        drifts.push(Drift::of(entity));
        drifts.len() - 1
    });
    drifts[at].differences.push(difference);
    drifts[at].statements.push(statement);
}

fn check_names(entity: &EntitySchema) -> Result<()> {
    let columns = entity.fields.iter().map(|f| ("column", f.column));
    for (what, name) in std::iter::once(("table", entity.name)).chain(columns) {
        let why = if name.chars().count() > LONGEST_NAME {
            "is longer than 64 characters, which is all that the engine takes for a name"
        } else if name.is_empty() || name.chars().any(char::is_control) {
            "is empty or contains control characters"
        } else if name.ends_with(' ') || name.chars().any(|c| c > '\u{FFFF}') {
            "ends in a space or has characters beyond U+FFFF, which the engine doesn't take in names"
        } else {
            continue;
        };
        return Err(Error::Configuration(format!(
            "the name `{}` in `{}` can't be that of a {what} of MariaDB or MySQL: it {why}; name it \
             otherwise with `#[model(entity = \"…\")]` or `#[field(column = \"…\")]`",
            name.escape_debug(),
            entity.model
        )));
    }
    Ok(())
}
