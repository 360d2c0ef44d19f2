//! What is to be done so that tables are as the models say.

use super::compare::{differences, is_the, serves};
use super::{Change, ForeignKey, Statements, Stored, StoredForeignKey, Table, foreign_keys};
use crate::ddl::{Index, indexes};
use orm_core::model::schema::EntitySchema;
use orm_core::provider::{Drift, SyncReport};

/// What is to be done, and what can't be.
#[derive(Debug, Default)]
pub struct Plan {
    /// What creates all that is missing, in the order in which it is to run.
    pub steps: Vec<Step>,
    /// What would change what is stored; where there is anything, no step is to run.
    pub drifts: Vec<Drift>,
}

/// One statement.
#[derive(Debug)]
pub struct Step {
    /// The entity whose table it creates or extends.
    pub entity: &'static EntitySchema,
    /// What it creates.
    pub what: What,
    /// The statement.
    pub sql: String,
}

/// What a step creates.
#[derive(Debug, Clone, PartialEq)]
pub enum What {
    /// The table.
    Table,
    /// A column of it.
    Column(usize),
    /// An index.
    Index(Index),
    /// A foreign key.
    ForeignKey(ForeignKey),
}

/// Compares tables with their models. With `net`, tables get foreign keys.
#[must_use]
pub fn plan(statements: Statements<'_>, tables: &[Table], net: bool) -> Plan {
    let mut plan = Plan::default();
    for table in tables.iter().filter(|table| table.asked) {
        let keys = if net { foreign_keys(table.entity) } else { Vec::new() };
        let inline = if statements.dialect.adds_foreign_keys() { &[] } else { keys.as_slice() };
        match &table.stored {
            None => plan.step(table.entity, What::Table, statements.create_table(table.entity, inline)),
            Some(stored) => plan.compare(statements, table.entity, stored, inline),
        }
    }
    let entities: Vec<&'static EntitySchema> = tables.iter().map(|table| table.entity).collect();
    for table in tables {
        if let Some(existing) = table.existing() {
            for index in indexes(table.entity, &entities) {
                if !existing
                    .is_some_and(|stored| stored.indexes.iter().any(|i| serves(table.entity, i, &index)))
                {
                    let sql = statements.create_index(table.entity, &index);
                    plan.step(table.entity, What::Index(index), sql);
                }
            }
        }
    }
    if net && statements.dialect.adds_foreign_keys() {
        for table in tables.iter().filter(|table| table.asked && table.existing().is_some()) {
            let has = |key: &ForeignKey| {
                table.stored.as_ref().is_some_and(|stored| has(statements, table.entity, stored, key))
            };
            for key in foreign_keys(table.entity).into_iter().filter(|key| !has(key)) {
                let sql = statements.add_foreign_key(table.entity, &key);
                plan.step(table.entity, What::ForeignKey(key), sql);
            }
        }
    }
    plan
}

/// Whether a table has a foreign key.
fn has(statements: Statements<'_>, entity: &EntitySchema, stored: &Stored, key: &ForeignKey) -> bool {
    let is = |s: &StoredForeignKey| is_the(statements.dialect, statements.namespace, entity, s, key);
    stored.foreign_keys.iter().any(is)
}

impl Table {
    /// What is stored of a table that exists, or is about to be created; `None` of others.
    fn existing(&self) -> Option<Option<&Stored>> {
        match &self.stored {
            Some(stored) if stored.unfit.is_some() => None,
            Some(stored) => Some(Some(stored)),
            None => self.asked.then_some(None),
        }
    }
}

impl Plan {
    fn step(&mut self, entity: &'static EntitySchema, what: What, sql: String) {
        self.steps.push(Step { entity, what, sql });
    }

    /// What a stored table lacks, or has otherwise. `inline` are its foreign keys, where they come with
    /// the table or a column.
    fn compare(
        &mut self,
        statements: Statements<'_>,
        entity: &'static EntitySchema,
        stored: &Stored,
        inline: &[ForeignKey],
    ) {
        let dialect = statements.dialect;
        let mut drift = Drift::of(entity);
        let mut changes = Vec::new();
        for (difference, change) in differences(dialect, entity, stored) {
            drift.differences.push(difference);
            changes.extend(change);
        }
        if stored.unfit.is_some() {
            self.drifts.push(drift);
            return;
        }
        let mut unmet: Vec<&ForeignKey> = inline.iter().collect();
        unmet.retain(|key| !has(statements, entity, stored, key));
        for (at, field) in entity.fields.iter().enumerate() {
            let there = stored.column(field.column).is_some();
            if there || stored.namesake(dialect, field.column).is_some() {
                continue;
            }
            let filler = stored.fillers.iter().find(|(column, _)| *column == at).map(|(_, sql)| sql.as_str());
            if entity.key.contains(&at) {
                drift.differences.push(format!("column `{}` of the key is missing", field.column));
                changes.push(Change::Missing(at));
            } else if !field.nullable && filler.is_none() && stored.has_rows {
                drift.differences.push(format!(
                    "column `{}` is missing, and the stored records have no value for it: give the field a \
                     default (`#[field(default = …)]`), make it an `Option`, or add the column yourself",
                    field.column
                ));
                changes.push(Change::Missing(at));
            } else {
                let mut sql = statements.add_column(entity, at, filler);
                // Such a key can come with its column, as long as no stored record gets a value in it.
                let own = |key: &&ForeignKey| key.columns == [at] && (filler.is_none() || !stored.has_rows);
                if let Some(place) = unmet.iter().position(own) {
                    sql = format!("{sql} {}", statements.references(unmet.remove(place)));
                }
                self.step(entity, What::Column(at), sql);
            }
        }
        if !unmet.is_empty() {
            drift.differences.extend(unmet.iter().map(|key| without(entity, key)));
            changes.push(Change::ForeignKeys);
        }
        if !drift.differences.is_empty() {
            drift.statements = dialect.changes(statements, entity, stored, &changes);
            self.drifts.push(drift);
        }
    }

    /// What may be said without creating anything: all that is missing is drift, but for what only makes
    /// things faster.
    ///
    /// # Errors
    /// The drifts, if there are any.
    pub fn check(self) -> Result<SyncReport, Vec<Drift>> {
        let Plan { steps, mut drifts } = self;
        let mut report = SyncReport::default();
        for step in steps {
            match &step.what {
                What::Index(index) if !index.unique => report.slower.push(step.sql),
                _ => step.note(&mut drifts),
            }
        }
        // An index of a table that has to be created is created with it.
        if drifts.is_empty() { Ok(report) } else { Err(drifts) }
    }

    /// What the steps do, once they were run.
    #[must_use]
    pub fn report(&self) -> SyncReport {
        let mut report = SyncReport::default();
        for step in &self.steps {
            let name = step.entity.name;
            if step.what == What::Table {
                report.created.push(name);
            } else if !report.created.contains(&name) && !report.extended.contains(&name) {
                report.extended.push(name);
            }
        }
        report
    }
}

impl Step {
    /// Whether what is stored may refuse it.
    #[must_use]
    pub fn may_be_refused(&self) -> bool {
        matches!(&self.what, What::ForeignKey(_)) || matches!(&self.what, What::Index(index) if index.unique)
    }

    /// Notes that stored records refuse it.
    pub fn refused(&self, drifts: &mut Vec<Drift>) {
        let difference = match &self.what {
            What::ForeignKey(key) => format!(
                "stored records refer by ({}) to `{}` that aren't there",
                columns(self.entity, key.columns),
                key.target.name
            ),
            What::Index(index) => format!(
                "stored records have equal values in ({}), which must be unique",
                columns(self.entity, index.columns)
            ),
            _ => "stored records refuse it".to_owned(),
        };
        self.add(drifts, difference);
    }

    /// Notes that it is missing.
    fn note(self, drifts: &mut Vec<Drift>) {
        let difference = match &self.what {
            What::Table => format!("there is no table `{}`", self.entity.name),
            What::Column(at) => format!("column `{}` is missing", self.entity.field(*at).column),
            What::Index(index) => {
                format!("there is no unique index on ({})", columns(self.entity, index.columns))
            }
            What::ForeignKey(key) => without(self.entity, key),
        };
        self.add(drifts, difference);
    }

    fn add(&self, drifts: &mut Vec<Drift>, difference: String) {
        let known = drifts.iter().position(|drift| drift.entity == self.entity.name);
        let at = known.unwrap_or_else(|| {
            drifts.push(Drift::of(self.entity));
            drifts.len() - 1
        });
        drifts[at].differences.push(difference);
        drifts[at].statements.push(self.sql.clone());
    }
}

fn without(entity: &EntitySchema, key: &ForeignKey) -> String {
    format!("there is no foreign key ({}) to `{}`", columns(entity, key.columns), key.target.name)
}

fn columns(entity: &EntitySchema, columns: &[usize]) -> String {
    let names: Vec<&str> = columns.iter().map(|&c| entity.field(c).column).collect();
    names.join(", ")
}
