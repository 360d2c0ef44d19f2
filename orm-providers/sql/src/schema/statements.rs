//! The texts of definitions.

use super::{ForeignKey, SchemaDialect};
use crate::Renderer;
use crate::ddl::Index;
use orm_core::model::schema::EntitySchema;
use std::fmt::Write as _;

/// Writes definitions for the entities of one namespace.
#[derive(Clone, Copy)]
pub struct Statements<'d> {
    /// The engine's definitions.
    pub dialect: &'d dyn SchemaDialect,
    /// The namespace that the tables are in, as the dialect writes it.
    pub namespace: &'d str,
}

impl std::fmt::Debug for Statements<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Statements").field("namespace", &self.namespace).finish_non_exhaustive()
    }
}

impl<'d> Statements<'d> {
    fn renderer(self) -> Renderer<'d> {
        Renderer { dialect: self.dialect, namespace: self.namespace }
    }

    /// The quoted name of an entity's table.
    #[must_use]
    pub fn table(self, entity: &EntitySchema) -> String {
        self.renderer().table(entity)
    }

    /// A quoted identifier.
    #[must_use]
    pub fn quoted(self, name: &str) -> String {
        self.renderer().quoted(name)
    }

    /// The quoted names of columns, as a list.
    #[must_use]
    pub fn names(self, entity: &EntitySchema, columns: &[usize]) -> String {
        let names: Vec<String> = columns.iter().map(|&c| self.quoted(entity.field(c).column)).collect();
        names.join(", ")
    }

    /// A column's name and definition.
    #[must_use]
    pub fn column(self, entity: &EntitySchema, column: usize) -> String {
        let mut out = self.quoted(entity.field(column).column);
        out.push(' ');
        self.dialect.column_definition(&mut out, entity, column);
        out
    }

    /// Creates an entity's table, with the foreign keys that can't be added later.
    #[must_use]
    pub fn create_table(self, entity: &'static EntitySchema, foreign_keys: &[ForeignKey]) -> String {
        self.create_table_as(&self.table(entity), entity, foreign_keys)
    }

    /// Creates an entity's table under another name, which is quoted.
    #[must_use]
    pub fn create_table_as(
        self,
        table: &str,
        entity: &'static EntitySchema,
        foreign_keys: &[ForeignKey],
    ) -> String {
        let mut out = format!("CREATE TABLE {table} (");
        for at in 0..entity.fields.len() {
            out.push_str(if at > 0 { ", " } else { "" });
            out.push_str(&self.column(entity, at));
        }
        if !self.dialect.defines_key(entity) {
            let _ = write!(out, ", PRIMARY KEY ({})", self.names(entity, entity.key));
        }
        for key in foreign_keys {
            let _ = write!(out, ", {}", self.foreign_key(entity, key));
        }
        out.push(')');
        self.dialect.table_options(&mut out);
        out
    }

    /// Adds a column; stored records get the filler, which is SQL.
    #[must_use]
    pub fn add_column(self, entity: &'static EntitySchema, column: usize, filler: Option<&str>) -> String {
        let mut out =
            format!("ALTER TABLE {} ADD COLUMN {}", self.table(entity), self.column(entity, column));
        if let Some(filler) = filler {
            let _ = write!(out, " DEFAULT {filler}");
        }
        out
    }

    /// Creates an index.
    #[must_use]
    pub fn create_index(self, entity: &'static EntitySchema, index: &Index) -> String {
        let columns: Vec<&str> = index.columns.iter().map(|&c| entity.field(c).column).collect();
        let kind = if index.unique { "ux" } else { "ix" };
        let name = self.dialect.name(self.namespace, entity, kind, &columns);
        let mut out = format!(
            "CREATE {}INDEX {} ON {} (",
            if index.unique { "UNIQUE " } else { "" },
            self.quoted(&name),
            self.table(entity),
        );
        for (i, &column) in index.columns.iter().enumerate() {
            out.push_str(if i > 0 { ", " } else { "" });
            self.dialect.indexed(&mut out, &self.quoted(entity.field(column).column), entity, column);
        }
        out.push(')');
        out
    }

    /// Adds a foreign key to a table.
    #[must_use]
    pub fn add_foreign_key(self, entity: &'static EntitySchema, key: &ForeignKey) -> String {
        format!("ALTER TABLE {} ADD {}", self.table(entity), self.foreign_key(entity, key))
    }

    fn foreign_key(self, entity: &'static EntitySchema, key: &ForeignKey) -> String {
        let columns: Vec<&str> = key.columns.iter().map(|&c| entity.field(c).column).collect();
        let name = self.dialect.name(self.namespace, entity, "fk", &columns);
        format!(
            "CONSTRAINT {} FOREIGN KEY ({}) {}",
            self.quoted(&name),
            self.names(entity, key.columns),
            self.references(key)
        )
    }

    /// What a foreign key refers to.
    pub(super) fn references(self, key: &ForeignKey) -> String {
        format!(
            "REFERENCES {} ({}){}",
            self.table(key.target),
            self.names(key.target, key.to),
            self.dialect.deferred()
        )
    }
}
