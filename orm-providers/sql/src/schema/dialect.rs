//! Where the engines' definitions of tables differ.

use super::{Statements, Stored};
use crate::Dialect;
use orm_core::model::schema::EntitySchema;

/// What is particular to an engine's tables.
pub trait SchemaDialect: Dialect {
    /// A column's type, as the engine tells it of a table that it made by
    /// [`column_definition`](Dialect::column_definition).
    fn type_name(&self, entity: &EntitySchema, column: usize) -> String;

    /// Whether a stored type is the one that is wanted.
    fn is_type(&self, stored: &str, wanted: &str) -> bool {
        stored == wanted
    }

    /// How the engine calls the collation by code point.
    fn collation(&self) -> &'static str;

    /// Whether columns' names that differ in the case of ASCII letters alone are the same.
    fn folds_case(&self) -> bool {
        false
    }

    /// How the engine calls it where it counts the keys that it makes; `None` where an entity's aren't.
    fn counting(&self, entity: &EntitySchema) -> Option<&'static str>;

    /// The name of an index (`ux` unique, `ix` not) or a foreign key (`fk`) that tells its table and
    /// columns.
    fn name(&self, namespace: &str, entity: &EntitySchema, kind: &str, columns: &[&str]) -> String;

    /// Writes a column in the list of an index, so that the index serves an order by it.
    fn indexed(&self, out: &mut String, quoted: &str, entity: &EntitySchema, column: usize) {
        let _ = (entity, column);
        out.push_str(quoted);
    }

    /// What the statement that creates a table ends with.
    fn table_options(&self, out: &mut String) {
        let _ = out;
    }

    /// Whether foreign keys can be added to a table; otherwise they come with it, or with a column.
    fn adds_foreign_keys(&self) -> bool {
        true
    }

    /// What a foreign key's definition ends with: that it is looked at when a transaction ends, where the
    /// engine can.
    fn deferred(&self) -> &'static str {
        " DEFERRABLE INITIALLY DEFERRED"
    }

    /// The name under which a [`StoredForeignKey`](super::StoredForeignKey) refers to an entity's table.
    fn referred(&self, namespace: &str, entity: &EntitySchema) -> String;

    /// The statements that would change a stored table. They aren't run: people read them.
    fn changes(
        &self,
        statements: Statements<'_>,
        entity: &'static EntitySchema,
        stored: &Stored,
        changes: &[Change],
    ) -> Vec<String>;
}

/// A change of what is stored, which is not for the schema sync to make.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// A column gets the type and collation of its field.
    Type(usize),
    /// A column takes NULL.
    Nullable(usize),
    /// A column refuses NULL.
    Required(usize),
    /// A column is filled in by others than the engine.
    Plain(usize),
    /// The keys in a column are counted.
    Counted(usize),
    /// A column gets the name of its field.
    Rename(String, usize),
    /// A column that the model doesn't have may be left out.
    Optional(String),
    /// The key is the model's.
    Key,
    /// The index at this place of [`Stored::indexes`] goes.
    Unindexed(usize),
    /// A column is added for which the stored records have no value, or one of the key.
    Missing(usize),
    /// Foreign keys are added, where [`SchemaDialect::adds_foreign_keys`] says that they can't be.
    ForeignKeys,
}
