//! Writes.

use super::{Renderer, Text};
use orm_core::Result;
use orm_core::model::schema::EntitySchema;
use orm_core::plan::{Assignment, KeySet, Predicate};

impl Renderer<'_> {
    /// Inserts so many rows of these columns, bound row by row in this order.
    #[must_use]
    pub fn insert(self, entity: &'static EntitySchema, columns: &[usize], rows: usize) -> String {
        let mut text = self.text();
        text.insert(entity, columns, rows);
        text.out
    }

    /// Inserts so many rows of these columns, or overwrites some of them in the rows of the same keys.
    #[must_use]
    pub fn upsert(
        self,
        entity: &'static EntitySchema,
        columns: &[usize],
        overwrite: &[usize],
        rows: usize,
    ) -> String {
        let mut text = self.text();
        text.insert(entity, columns, rows);
        let (key, overwrite) = (text.names(entity, entity.key), text.names(entity, overwrite));
        text.dialect.upsert(&mut text.out, &key, &overwrite);
        text.out
    }

    /// Overwrites columns of the row of a key; the columns are bound first, then the key.
    #[must_use]
    pub fn update(self, entity: &'static EntitySchema, columns: &[usize]) -> String {
        let mut text = self.text();
        text.push("UPDATE ");
        let table = text.itself(entity);
        text.push(&table.alias);
        text.push(" SET ");
        let names = text.names(entity, columns);
        text.assigned(&names, ", ");
        text.push(" WHERE ");
        let names = text.names(entity, entity.key);
        text.assigned(&names, " AND ");
        text.out
    }

    /// Answers a row if there is one of a key.
    #[must_use]
    pub fn exists(self, entity: &'static EntitySchema) -> String {
        let mut text = self.text();
        text.push("SELECT 1 FROM ");
        text.push(&self.table(entity));
        text.push(" WHERE ");
        let names = text.names(entity, entity.key);
        text.assigned(&names, " AND ");
        text.out
    }

    /// Removes the rows of keys.
    #[must_use]
    pub fn delete_keys(self, entity: &'static EntitySchema, keys: &KeySet) -> String {
        let mut text = self.text();
        text.push("DELETE FROM ");
        text.push(&self.table(entity));
        text.push(" WHERE ");
        let names = text.names(entity, entity.key);
        text.keys(&names, keys);
        text.out
    }

    /// Removes the rows that meet a condition.
    ///
    /// # Errors
    /// When the condition isn't expressible.
    pub fn delete_where(self, entity: &'static EntitySchema, filter: &Predicate) -> Result<String> {
        let mut text = self.text();
        text.push("DELETE FROM ");
        text.push(&self.table(entity));
        text.condition(entity, filter)?;
        Ok(text.out)
    }

    /// Changes the rows that meet a condition; the assignments are bound first.
    ///
    /// # Errors
    /// When the condition isn't expressible.
    pub fn update_where(
        self,
        entity: &'static EntitySchema,
        set: &[(usize, Assignment)],
        filter: &Predicate,
    ) -> Result<String> {
        let mut text = self.text();
        text.push("UPDATE ");
        text.push(&self.table(entity));
        text.push(" SET ");
        text.list(set, ", ", |text, (column, assignment)| {
            let name = text.name(entity, *column);
            text.push(&name);
            text.push(" = ");
            match assignment {
                Assignment::Add(_) => {
                    let place = text.place();
                    let kind = entity.field(*column).kind;
                    text.dialect.add(&mut text.out, &name, place, *column, kind);
                }
                _ => text.bind(),
            }
        });
        text.condition(entity, filter)?;
        Ok(text.out)
    }

    /// Removes all rows.
    #[must_use]
    pub fn clear(self, entity: &'static EntitySchema) -> String {
        format!("DELETE FROM {}", self.table(entity))
    }
}

impl Text<'_> {
    fn insert(&mut self, entity: &'static EntitySchema, columns: &[usize], rows: usize) {
        self.push("INSERT INTO ");
        let table = self.itself(entity);
        self.push(&table.alias);
        if columns.is_empty() {
            return self.push(" DEFAULT VALUES");
        }
        let names = self.names(entity, columns).join(", ");
        self.push(&format!(" ({names}) VALUES "));
        for row in 0..rows {
            self.push(if row == 0 { "(" } else { ", (" });
            self.list(columns, ", ", |text, _| text.bind());
            self.push(")");
        }
    }

    fn assigned(&mut self, names: &[String], separator: &str) {
        self.list(names, separator, |text, name| {
            text.push(name);
            text.push(" = ");
            text.bind();
        });
    }

    fn condition(&mut self, entity: &'static EntitySchema, filter: &Predicate) -> Result<()> {
        if !matches!(filter, Predicate::Constant(true)) {
            self.push(" WHERE ");
            let source = self.itself(entity);
            self.predicate(&source, filter)?;
        }
        Ok(())
    }
}
