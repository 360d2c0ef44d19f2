//! Schema sync: creating what is missing, noticing another shape.

use crate::database::Place;
use crate::dialect::{counts_keys, declared_type, table_name};
use crate::read::renderer;
use crate::session::Session;
use orm_core::model::schema::EntitySchema;
use orm_core::provider::{SchemaSync, SyncReport};
use orm_core::{Error, Result};
use orm_provider_sql::ddl::{Index, indexes};

/// A stored table.
struct Stored {
    name: String,
    kind: String,
    sql: String,
}

/// A stored column.
struct Column {
    name: String,
    declared: String,
    not_null: bool,
    has_default: bool,
    /// Its place in the primary key from 1; 0 if it isn't in it.
    key: i64,
}

/// One run over some entities.
struct Run<'a> {
    session: &'a Session,
    place: &'a Place,
    how: SchemaSync,
}

/// Makes the tables of entities ready, in one transaction: of two processes that start at once, one
/// creates and the other finds.
pub(crate) fn sync(
    session: &mut Session,
    place: &Place,
    entities: &[&'static EntitySchema],
    how: SchemaSync,
) -> Result<SyncReport> {
    for entity in entities {
        check_name(entity)?;
    }
    let begin = match how {
        SchemaSync::Create => "BEGIN IMMEDIATE",
        _ => "BEGIN DEFERRED",
    };
    session.atomically(begin, |session| {
        let run = Run { session, place, how };
        let mut report = SyncReport::default();
        for entity in entities {
            if run.table(entity)? {
                report.created.push(entity.name);
            }
        }
        run.indexes(entities)?;
        Ok(report)
    })
}

fn check_name(entity: &EntitySchema) -> Result<()> {
    let name = entity.name;
    let why = if name.contains("__") {
        "contains `__`, which separates a connection's name from an entity's"
    } else if name.to_ascii_lowercase().starts_with("sqlite_") {
        "begins with `sqlite_`, which SQLite keeps for itself"
    } else if name.is_empty() || name.contains('\0') {
        "is empty or contains NUL"
    } else {
        return Ok(());
    };
    Err(Error::Configuration(format!(
        "the name `{}` of the entity of `{}` can't be a table of SQLite: it {why}; name it otherwise \
         with `#[model(entity = \"…\")]`",
        name.escape_debug(),
        entity.model
    )))
}

impl Run<'_> {
    /// Makes an entity's table ready; answers whether it was created.
    fn table(&self, entity: &'static EntitySchema) -> Result<bool> {
        let name = table_name(&self.place.namespace, entity);
        match self.stored(&name)? {
            Some(stored) => {
                let difference = self.difference(entity, &name, &stored)?;
                if difference.is_empty() {
                    return Ok(false);
                }
                Err(self.drift(entity, difference.join("; ")))
            }
            None if self.how == SchemaSync::Create => {
                self.create(&renderer(self.place).create_table(entity))?;
                Ok(true)
            }
            None => Err(self.drift(entity, format!("there is no table `{name}`"))),
        }
    }

    fn create(&self, sql: &str) -> Result<()> {
        self.session.engine.execute_batch(sql).map_err(|e| self.session.origin.failure(sql, e))
    }

    fn drift(&self, entity: &EntitySchema, difference: String) -> Error {
        Error::SchemaDrift {
            connection: self.place.name.to_string(),
            entity: entity.name,
            model: entity.model,
            difference,
        }
    }

    fn query<T>(
        &self,
        sql: &str,
        name: &str,
        read: impl FnMut(&rusqlite::Row<'_>) -> rusqlite::Result<T>,
    ) -> Result<Vec<T>> {
        let fail = |e| self.session.origin.failure("reading the schema", e);
        let mut statement = self.session.statement(sql)?;
        let rows = statement.query_map([name], read).map_err(fail)?;
        rows.collect::<rusqlite::Result<Vec<T>>>().map_err(fail)
    }

    fn stored(&self, name: &str) -> Result<Option<Stored>> {
        // The engine takes names that differ in the case of ASCII letters for the same.
        let found = self.query(
            "SELECT name, type, coalesce(sql, '') FROM sqlite_schema \
             WHERE name = ?1 COLLATE NOCASE AND type IN ('table', 'view')",
            name,
            |row| Ok(Stored { name: row.get(0)?, kind: row.get(1)?, sql: row.get(2)? }),
        )?;
        Ok(found.into_iter().next())
    }

    /// What a stored table has otherwise than its model.
    fn difference(&self, entity: &EntitySchema, name: &str, stored: &Stored) -> Result<Vec<String>> {
        if stored.name != name {
            return Ok(vec![format!(
                "the table `{}` differs from `{name}` in letters' case alone, which SQLite takes for \
                 the same name",
                stored.name
            )]);
        }
        if stored.kind != "table" {
            return Ok(vec![format!("`{name}` is a view")]);
        }
        let columns = self.query(
            "SELECT name, type, \"notnull\", dflt_value IS NOT NULL, pk FROM pragma_table_info(?1)",
            name,
            |row| {
                Ok(Column {
                    name: row.get(0)?,
                    declared: row.get(1)?,
                    not_null: row.get(2)?,
                    has_default: row.get(3)?,
                    key: row.get(4)?,
                })
            },
        )?;
        let mut found = Vec::new();
        for (at, field) in entity.fields.iter().enumerate() {
            let name = field.column;
            let Some(column) = columns.iter().find(|c| c.name == name) else {
                found.push(format!("column `{name}` is missing"));
                continue;
            };
            let expected = declared_type(entity, at);
            if !column.declared.eq_ignore_ascii_case(&expected) {
                let stored = match column.declared.as_str() {
                    "" => "of no type",
                    declared => declared,
                };
                found.push(format!("column `{name}` is {stored} instead of {expected}"));
            }
            match (column.not_null, field.nullable) {
                (true, true) => found.push(format!("column `{name}` refuses NULL")),
                (false, false) => found.push(format!("column `{name}` allows NULL")),
                _ => {}
            }
        }
        for column in &columns {
            let known = entity.column(&column.name).is_some();
            if !known && column.not_null && !column.has_default {
                found.push(format!("column `{}`, which the model doesn't have, must be given", column.name));
            }
        }
        let mut key: Vec<&Column> = columns.iter().filter(|c| c.key > 0).collect();
        key.sort_by_key(|c| c.key);
        let key: Vec<&str> = key.iter().map(|c| c.name.as_str()).collect();
        let expected: Vec<&str> = entity.key.iter().map(|&c| entity.field(c).column).collect();
        if key != expected {
            found.push(format!(
                "the primary key is ({}) instead of ({})",
                key.join(", "),
                expected.join(", ")
            ));
        } else if counts_keys(entity) && !stored.sql.to_uppercase().contains("AUTOINCREMENT") {
            found.push("the primary key isn't AUTOINCREMENT".to_owned());
        }
        Ok(found)
    }

    /// Makes the indexes ready of entities and of those that they refer to, as far as these exist.
    fn indexes(&self, entities: &[&'static EntitySchema]) -> Result<()> {
        let mut all = entities.to_vec();
        for entity in entities {
            for other in entity.neighbours() {
                if !all.iter().any(|e| e.is(other)) {
                    all.push(other);
                }
            }
        }
        for entity in &all {
            let name = table_name(&self.place.namespace, entity);
            if self.stored(&name)?.is_none_or(|s| s.name != name) {
                continue;
            }
            let stored = self.stored_indexes(&name)?;
            for index in indexes(entity, &all) {
                if !stored.iter().any(|s| serves(entity, s, &index)) {
                    self.index(entity, &index)?;
                }
            }
        }
        Ok(())
    }

    fn index(&self, entity: &'static EntitySchema, index: &Index) -> Result<()> {
        let columns: Vec<&str> = index.columns.iter().map(|&c| entity.field(c).column).collect();
        let columns = columns.join(", ");
        match self.how {
            SchemaSync::Create => {
                let sql = renderer(self.place).create_index(entity, index);
                self.session.engine.execute_batch(&sql).map_err(|e| {
                    if index.unique && e.sqlite_error_code() == Some(rusqlite::ErrorCode::ConstraintViolation)
                    {
                        let why =
                            format!("stored records have equal values in ({columns}), which must be unique");
                        return self.drift(entity, why);
                    }
                    self.session.origin.failure(&sql, e)
                })
            }
            _ if index.unique => Err(self.drift(entity, format!("there is no unique index on ({columns})"))),
            // Without the others everything works, only slower.
            _ => Ok(()),
        }
    }

    /// The stored indexes that cover whole tables: whether unique, and their columns.
    fn stored_indexes(&self, table: &str) -> Result<Vec<(bool, Vec<Option<String>>)>> {
        let names = self.query(
            "SELECT name, \"unique\" FROM pragma_index_list(?1) WHERE partial = 0",
            table,
            |row| Ok((row.get::<_, String>(0)?, row.get::<_, bool>(1)?)),
        )?;
        let mut found = Vec::new();
        for (name, unique) in names {
            let columns =
                self.query("SELECT name FROM pragma_index_info(?1) ORDER BY seqno", &name, |row| {
                    row.get::<_, Option<String>>(0)
                })?;
            found.push((unique, columns));
        }
        Ok(found)
    }
}

/// Whether a stored index does what an index is wanted for.
fn serves(entity: &EntitySchema, stored: &(bool, Vec<Option<String>>), index: &Index) -> bool {
    let (unique, columns) = stored;
    let same =
        index.columns.iter().zip(columns).all(|(&c, name)| name.as_deref() == Some(entity.field(c).column));
    let wide = if index.unique {
        *unique && columns.len() == index.columns.len()
    } else {
        columns.len() >= index.columns.len()
    };
    same && wide
}
