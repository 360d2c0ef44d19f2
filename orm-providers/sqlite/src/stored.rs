//! What the engine tells of its tables.

use crate::database::Place;
use crate::dialect::{SqliteDialect, table_name};
use crate::read::renderer;
use crate::session::Session;
use crate::values::Param;
use orm_core::model::schema::EntitySchema;
use orm_core::value::{Value, ValueRef};
use orm_core::{Error, Result};
use orm_provider_sql::schema::{Stored, StoredColumn, StoredForeignKey, StoredIndex};
use rusqlite::OptionalExtension as _;

/// What is stored under the name of an entity.
pub(crate) fn table(
    session: &Session,
    place: &Place,
    entity: &'static EntitySchema,
) -> Result<Option<Stored>> {
    let name = table_name(&place.namespace, entity);
    // The engine takes names that differ in the case of ASCII letters for the same.
    let found = query(
        session,
        "SELECT name, type FROM sqlite_schema WHERE name = ?1 COLLATE NOCASE AND type IN ('table', 'view')",
        &name,
        |row| Ok((row.get::<_, String>(0)?, row.get::<_, String>(1)?)),
    )?;
    let Some((found, kind)) = found.into_iter().next() else { return Ok(None) };
    let unfit = if found != name {
        Some(format!(
            "the table `{found}` differs from `{name}` in letters' case alone, which SQLite takes for the same \
             name"
        ))
    } else if kind != "table" {
        Some(format!("`{name}` is a view"))
    } else {
        None
    };
    if unfit.is_some() {
        return Ok(Some(Stored { unfit, ..Stored::default() }));
    }
    let (columns, key) = columns(session, &name)?;
    let mut stored = Stored {
        columns,
        key,
        indexes: indexes(session, &name)?,
        foreign_keys: foreign_keys(session, &name)?,
        ..Stored::default()
    };
    let lacking = stored.lacking(&SqliteDialect, entity);
    if lacking.required || !lacking.defaults.is_empty() {
        let sql = format!("SELECT 1 FROM {} LIMIT 1", renderer(place).table(entity));
        let mut statement = session.statement(&sql)?;
        stored.has_rows = statement.exists([]).map_err(|e| failure(session, e))?;
    }
    for (column, value) in lacking.defaults {
        stored.fillers.push((column, literal(session, entity, column, &value)?));
    }
    Ok(Some(stored))
}

fn failure(session: &Session, error: rusqlite::Error) -> Error {
    session.origin.failure("reading the schema", error)
}

fn query<T>(
    session: &Session,
    sql: &str,
    name: &str,
    read: impl FnMut(&rusqlite::Row<'_>) -> rusqlite::Result<T>,
) -> Result<Vec<T>> {
    let mut statement = session.statement(sql)?;
    let rows = statement.query_map([name], read).map_err(|e| failure(session, e))?;
    rows.collect::<rusqlite::Result<Vec<T>>>().map_err(|e| failure(session, e))
}

/// The columns of a table, and the names of those of its key.
fn columns(session: &Session, table: &str) -> Result<(Vec<StoredColumn>, Vec<String>)> {
    let rows = query(
        session,
        "SELECT name, type, \"notnull\", dflt_value IS NOT NULL, pk, hidden IN (2, 3) \
         FROM pragma_table_xinfo(?1)",
        table,
        |row| {
            let column = StoredColumn {
                name: row.get(0)?,
                type_name: row.get(1)?,
                not_null: row.get(2)?,
                has_default: row.get(3)?,
                generated: row.get(5)?,
                ..StoredColumn::default()
            };
            Ok((column, row.get::<_, i64>(4)?))
        },
    )?;
    let mut key: Vec<(i64, String)> =
        rows.iter().filter(|(_, place)| *place > 0).map(|(c, place)| (*place, c.name.clone())).collect();
    key.sort_unstable();
    let mut columns = Vec::with_capacity(rows.len());
    for (mut column, _) in rows {
        let told = session.engine.column_metadata(Some("main"), table, column.name.as_str());
        let (_, collation, _, _, counts) = told.map_err(|e| failure(session, e))?;
        let collation = collation.map(|name| name.to_string_lossy().into_owned());
        column.collation = collation.filter(|name| !name.eq_ignore_ascii_case("BINARY"));
        column.counts = counts;
        columns.push(column);
    }
    Ok((columns, key.into_iter().map(|(_, name)| name).collect()))
}

fn indexes(session: &Session, table: &str) -> Result<Vec<StoredIndex>> {
    let mut found = query(
        session,
        "SELECT name, \"unique\", origin <> 'c' FROM pragma_index_list(?1) WHERE partial = 0 AND origin <> 'pk'",
        table,
        |row| {
            Ok(StoredIndex {
                name: row.get(0)?,
                unique: row.get(1)?,
                of_constraint: row.get(2)?,
                columns: Vec::new(),
            })
        },
    )?;
    for index in &mut found {
        let sql = "SELECT name FROM pragma_index_info(?1) ORDER BY seqno";
        index.columns = query(session, sql, &index.name, |row| row.get(0))?;
    }
    Ok(found)
}

fn foreign_keys(session: &Session, table: &str) -> Result<Vec<StoredForeignKey>> {
    // Without columns, it is the key that is referred to.
    let rows = query(
        session,
        "SELECT f.id, f.\"table\", f.\"from\", coalesce(f.\"to\", \
         (SELECT name FROM pragma_table_info(f.\"table\") WHERE pk = f.seq + 1), '') \
         FROM pragma_foreign_key_list(?1) AS f ORDER BY f.id, f.seq",
        table,
        |row| Ok((row.get::<_, i64>(0)?, row.get(1)?, row.get(2)?, row.get(3)?)),
    )?;
    let mut found: Vec<(i64, StoredForeignKey)> = Vec::new();
    for (id, table, from, to) in rows {
        if found.last().is_none_or(|(last, _)| *last != id) {
            found.push((id, StoredForeignKey { table, ..StoredForeignKey::default() }));
        }
        if let Some((_, key)) = found.last_mut() {
            key.columns.push(from);
            key.to.push(to);
        }
    }
    Ok(found.into_iter().map(|(_, key)| key).collect())
}

/// A value as it stands in a definition, where nothing can be bound: the engine writes it.
fn literal(session: &Session, entity: &EntitySchema, column: usize, value: &Value) -> Result<String> {
    let field = entity.field(column);
    let refused = |why: &str| {
        Error::Configuration(format!(
            "the default of `{}.{}` can't be given to the records that are stored already: {why}; add the \
             column `{}` yourself",
            entity.model, field.field, field.column
        ))
    };
    let fit = field.kind.fit(value.as_ref());
    let value = fit
        .map_err(|mismatch| refused(&format!("expected {}, found {}", mismatch.expected, mismatch.found)))?;
    if matches!(value, ValueRef::Text(text) if text.contains('\0')) {
        return Err(refused("it contains NUL, which ends a statement"));
    }
    let mut statement = session.statement("SELECT quote(?1)")?;
    let written = statement.query_row([Param::new(value)], |row| row.get(0)).optional();
    written.map_err(|e| failure(session, e))?.ok_or_else(|| refused("the engine doesn't write it"))
}
