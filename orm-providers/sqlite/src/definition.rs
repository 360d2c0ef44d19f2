//! SQLite's definitions of tables.

use crate::dialect::{SqliteDialect, counts_keys, declared_type, table_name};
use orm_core::model::schema::EntitySchema;
use orm_provider_sql::schema::{Change, SchemaDialect, Statements, Stored, foreign_keys};

impl SchemaDialect for SqliteDialect {
    fn type_name(&self, entity: &EntitySchema, column: usize) -> String {
        declared_type(entity, column)
    }

    fn is_type(&self, stored: &str, wanted: &str) -> bool {
        stored.eq_ignore_ascii_case(wanted)
    }

    fn collation(&self) -> &'static str {
        "BINARY"
    }

    fn folds_case(&self) -> bool {
        true
    }

    fn counting(&self, entity: &EntitySchema) -> Option<&'static str> {
        counts_keys(entity).then_some("AUTOINCREMENT")
    }

    fn name(&self, namespace: &str, entity: &EntitySchema, kind: &str, columns: &[&str]) -> String {
        let colon = if namespace.is_empty() { "" } else { ":" };
        format!("{kind}:{namespace}{colon}{}:{}", entity.name, columns.join(","))
    }

    fn adds_foreign_keys(&self) -> bool {
        false
    }

    fn referred(&self, namespace: &str, entity: &EntitySchema) -> String {
        table_name(namespace, entity)
    }

    fn changes(
        &self,
        statements: Statements<'_>,
        entity: &'static EntitySchema,
        stored: &Stored,
        changes: &[Change],
    ) -> Vec<String> {
        let alter = |what: String| format!("ALTER TABLE {} {what}", statements.table(entity));
        let quoted = |name: &str| statements.quoted(name);
        let each = changes.iter().map(|change| match change {
            Change::Rename(from, to) => {
                Some(alter(format!("RENAME COLUMN {} TO {}", quoted(from), quoted(entity.field(*to).column))))
            }
            Change::Optional(name) => Some(alter(format!("DROP COLUMN {}", quoted(name)))),
            Change::Missing(at) if !entity.key.contains(at) => {
                Some(alter(format!("ADD COLUMN {}", statements.column(entity, *at))))
            }
            Change::Unindexed(at) => {
                let index = stored.indexes.get(*at).filter(|index| !index.of_constraint)?;
                Some(format!("DROP INDEX {}", quoted(&index.name)))
            }
            _ => None,
        });
        // What the engine can't alter takes a new table.
        each.collect::<Option<Vec<_>>>().unwrap_or_else(|| rebuild(statements, entity, stored, changes))
    }
}

/// The statements that put an entity's records into a new table.
fn rebuild(
    statements: Statements<'_>,
    entity: &'static EntitySchema,
    stored: &Stored,
    changes: &[Change],
) -> Vec<String> {
    let table = statements.table(entity);
    let new = statements.quoted(&format!("{} (new)", table_name(statements.namespace, entity)));
    let keys = match stored.foreign_keys.is_empty() && !changes.contains(&Change::ForeignKeys) {
        true => Vec::new(),
        false => foreign_keys(entity),
    };
    let renamed = |at: usize| {
        changes.iter().find_map(|change| match change {
            Change::Rename(from, to) if *to == at => Some(from.as_str()),
            _ => None,
        })
    };
    let (mut to, mut from) = (Vec::new(), Vec::new());
    for (at, field) in entity.fields.iter().enumerate() {
        let own = stored.column(field.column).map(|column| column.name.as_str());
        if let Some(name) = own.or_else(|| renamed(at)) {
            to.push(statements.quoted(field.column));
            from.push(statements.quoted(name));
        }
    }
    vec![
        statements.create_table_as(&new, entity, &keys),
        format!("INSERT INTO {new} ({}) SELECT {} FROM {table}", to.join(", "), from.join(", ")),
        format!("DROP TABLE {table}"),
        format!("ALTER TABLE {new} RENAME TO {table}"),
    ]
}
