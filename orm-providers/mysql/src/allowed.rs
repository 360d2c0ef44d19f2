//! Whether stored records allow what is to be created. The engine can't take back what it has created,
//! so that is asked before.

use crate::session::{Place, Session};
use crate::sync::filler;
use orm_core::Result;
use orm_core::model::schema::EntitySchema;
use orm_provider_sql::ddl::Index;
use orm_provider_sql::schema::{ForeignKey, Step, Stored, Table, What};

/// What is stored, for questions about it.
pub(crate) struct Allowed<'a> {
    pub(crate) place: &'a Place,
    pub(crate) tables: &'a [Table],
}

impl Allowed<'_> {
    /// Whether the records of a step's table allow it.
    pub(crate) async fn is(&self, session: &mut Session, step: &Step) -> Result<bool> {
        let Some(stored) = self.stored(step.entity) else { return Ok(true) };
        let against = match &step.what {
            What::Index(index) if index.unique => self.repeating(session, step.entity, stored, index),
            What::ForeignKey(key) => self.dangling(session, step.entity, stored, key),
            _ => None,
        };
        let Some(sql) = against else { return Ok(true) };
        match session.ask(&sql).await {
            Ok(rows) => Ok(rows.is_empty()),
            Err(error) => Err(session.failure("looking for records that refuse a change", error)),
        }
    }

    fn stored(&self, entity: &EntitySchema) -> Option<&Stored> {
        self.tables.iter().find(|table| table.entity.is(entity))?.stored.as_ref()
    }

    /// What stands in columns, also in those that are to be added; `None` where one of them is NULL in
    /// every record.
    fn values(
        &self,
        session: &Session,
        entity: &EntitySchema,
        stored: &Stored,
        columns: &[usize],
    ) -> Option<Vec<String>> {
        let render = session.renderer(self.place);
        let value = |&at: &usize| {
            let name = entity.field(at).column;
            match stored.column(name) {
                Some(_) => Some(format!("c.{}", render.quoted(name))),
                None => filler(self.tables, entity, at).map(str::to_owned),
            }
        };
        columns.iter().map(value).collect()
    }

    /// Asks for values that several records have in what is to be unique.
    fn repeating(
        &self,
        session: &Session,
        entity: &EntitySchema,
        stored: &Stored,
        index: &Index,
    ) -> Option<String> {
        let values = self.values(session, entity, stored, index.columns)?;
        let given: Vec<String> = values.iter().map(|value| format!("{value} IS NOT NULL")).collect();
        // What is to be added is the same in every record.
        let there = |&at: &usize| {
            let name = entity.field(at).column;
            stored.column(name).map(|_| format!("c.{}", session.renderer(self.place).quoted(name)))
        };
        let stored: Vec<String> = index.columns.iter().filter_map(there).collect();
        let groups =
            if stored.is_empty() { String::new() } else { format!(" GROUP BY {}", stored.join(", ")) };
        Some(format!(
            "SELECT COUNT(*) FROM {} AS c WHERE {}{groups} HAVING COUNT(*) > 1 LIMIT 1",
            session.renderer(self.place).table(entity),
            given.join(" AND "),
        ))
    }

    /// Asks for records that refer to none.
    fn dangling(
        &self,
        session: &Session,
        entity: &EntitySchema,
        stored: &Stored,
        key: &ForeignKey,
    ) -> Option<String> {
        let render = session.renderer(self.place);
        let values = self.values(session, entity, stored, key.columns)?;
        let mut given: Vec<String> = values.iter().map(|value| format!("{value} IS NOT NULL")).collect();
        // Nothing is stored in a table that isn't there yet.
        if let Some(target) = self.stored(key.target) {
            let names: Vec<&str> = key.to.iter().map(|&to| key.target.field(to).column).collect();
            if names.iter().any(|name| target.column(name).is_none()) {
                return None;
            }
            let equal = names.iter().zip(&values).map(|(name, v)| format!("p.{} = {v}", render.quoted(name)));
            given.push(format!(
                "NOT EXISTS (SELECT 1 FROM {} AS p WHERE {})",
                render.table(key.target),
                equal.collect::<Vec<_>>().join(" AND ")
            ));
        }
        Some(format!("SELECT 1 FROM {} AS c WHERE {} LIMIT 1", render.table(entity), given.join(" AND ")))
    }
}
