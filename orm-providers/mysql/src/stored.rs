//! What the engine tells of its tables.

use crate::definition::literal;
use crate::keys::counter_name;
use crate::session::{Place, Session};
use mysql_async::Row;
use orm_core::model::schema::EntitySchema;
use orm_core::{Error, Result};
use orm_provider_sql::schema::{Stored, StoredColumn, StoredForeignKey, StoredIndex};

/// What has the name of a table.
pub(crate) struct Named {
    is_table: bool,
    /// What stores it: only one engine has transactions.
    pub(crate) engine: String,
}

async fn query(session: &mut Session, sql: &str, params: &[&str]) -> Result<Vec<Row>> {
    let params = params.iter().map(|&param| param.into()).collect();
    match session.fetch(sql, params).await {
        Ok(rows) => Ok(rows),
        Err(error) => Err(session.failure("reading the schema", error)),
    }
}

/// A cell as text; empty where it is NULL.
fn text(row: &Row, column: usize) -> String {
    row.get::<Option<String>, _>(column).flatten().unwrap_or_default()
}

/// A cell that says whether.
fn whether(row: &Row, column: usize) -> bool {
    row.get::<Option<i64>, _>(column).flatten().is_some_and(|n| n != 0)
}

/// Whether there is the database of a connection.
pub(crate) async fn database(session: &mut Session, place: &Place) -> Result<bool> {
    let sql = "SELECT SCHEMA_NAME FROM information_schema.SCHEMATA WHERE SCHEMA_NAME = ?";
    let rows = query(session, sql, &[&place.database]).await?;
    Ok(!rows.is_empty())
}

/// Whether there is the table that counts an entity's keys.
pub(crate) async fn counter(
    session: &mut Session,
    place: &Place,
    entity: &'static EntitySchema,
) -> Result<bool> {
    Ok(named(session, place, &counter_name(entity)).await?.is_some())
}

/// What has a name; `None` where nothing has.
pub(crate) async fn named(session: &mut Session, place: &Place, name: &str) -> Result<Option<Named>> {
    let rows = query(
        session,
        "SELECT TABLE_NAME, TABLE_TYPE = 'BASE TABLE', ENGINE FROM information_schema.TABLES \
         WHERE TABLE_SCHEMA = ? AND TABLE_NAME = ?",
        &[&place.database, name],
    )
    .await?;
    // The engine's own texts compare without the letters' case.
    let found = rows.iter().find(|row| text(row, 0) == name);
    Ok(found.map(|row| Named { is_table: whether(row, 1), engine: text(row, 2) }))
}

/// What is stored under the name of an entity.
pub(crate) async fn table(
    session: &mut Session,
    place: &Place,
    entity: &'static EntitySchema,
    named: &Named,
) -> Result<Stored> {
    let mut stored = Stored::default();
    if !named.is_table {
        stored.unfit = Some(format!("what is named `{}` is no table", entity.name));
        return Ok(stored);
    }
    columns(session, place, entity, &mut stored).await?;
    for (name, unique, parts) in indexes(session, place, entity).await? {
        let columns: Vec<Option<String>> = parts.iter().map(|part| part.column.clone()).collect();
        if name == "PRIMARY" {
            stored.key = columns.into_iter().flatten().collect();
            stored.key_name = Some(name);
            continue;
        }
        // What is unique in its beginning refuses more than what is unique: it is another thing.
        let whole = |part: &Part| part.column.clone().filter(|_| part.whole || !unique);
        let columns = parts.iter().map(whole).collect();
        stored.indexes.push(StoredIndex { name, unique, of_constraint: false, columns });
    }
    foreign_keys(session, place, entity, &mut stored).await?;
    let lacking = stored.lacking(session.server.dialect, entity);
    if lacking.required || !lacking.defaults.is_empty() {
        stored.has_rows = has_rows(session, place, entity).await?;
    }
    for (column, value) in lacking.defaults {
        let field = entity.field(column);
        let fit = field.kind.fit(value.as_ref()).map_err(|mismatch| Error::Operand {
            model: entity.model,
            column: field.field,
            mismatch,
        })?;
        stored.fillers.push((column, literal(fit)));
    }
    Ok(stored)
}

/// Whether an entity's table has records.
pub(crate) async fn has_rows(
    session: &mut Session,
    place: &Place,
    entity: &'static EntitySchema,
) -> Result<bool> {
    let sql = format!("SELECT EXISTS (SELECT 1 FROM {})", session.renderer(place).table(entity));
    let rows = query(session, &sql, &[]).await?;
    Ok(rows.first().is_none_or(|row| whether(row, 0)))
}

async fn columns(
    session: &mut Session,
    place: &Place,
    entity: &'static EntitySchema,
    stored: &mut Stored,
) -> Result<()> {
    let rows = query(
        session,
        "SELECT TABLE_NAME, COLUMN_NAME, COLUMN_TYPE, COLLATION_NAME, IS_NULLABLE = 'NO', \
         COLUMN_DEFAULT IS NOT NULL OR EXTRA LIKE '%auto_increment%' OR EXTRA LIKE '%DEFAULT_GENERATED%', \
         COALESCE(GENERATION_EXPRESSION, '') <> '', EXTRA LIKE '%auto_increment%' \
         FROM information_schema.COLUMNS WHERE TABLE_SCHEMA = ? AND TABLE_NAME = ? \
         ORDER BY ORDINAL_POSITION",
        &[&place.database, entity.name],
    )
    .await?;
    let by_code_point = session.server.dialect.collation();
    for row in rows.iter().filter(|row| text(row, 0) == entity.name) {
        stored.columns.push(StoredColumn {
            name: text(row, 1),
            type_name: without_widths(&text(row, 2)),
            collation: Some(text(row, 3)).filter(|name| !name.is_empty() && name != by_code_point),
            not_null: whether(row, 4),
            has_default: whether(row, 5),
            generated: whether(row, 6),
            counts: whether(row, 7),
        });
    }
    Ok(())
}

/// A type's name without the widths at which integers would be displayed, which some servers tell; that
/// of a bool is how it is told from a small integer.
fn without_widths(name: &str) -> String {
    for integer in ["tinyint", "smallint", "mediumint", "int", "bigint"] {
        if let Some(rest) = name.strip_prefix(integer).and_then(|rest| rest.strip_prefix('(')) {
            let Some((width, rest)) = rest.split_once(')') else { continue };
            if integer != "tinyint" || width != "1" {
                return format!("{integer}{rest}");
            }
        }
    }
    name.to_owned()
}

/// What an index is on.
struct Part {
    /// The column's name; none for an expression.
    column: Option<String>,
    /// Whether the index has the whole of it.
    whole: bool,
}

/// The indexes of a table: their names, whether they are unique, and what they are on.
async fn indexes(
    session: &mut Session,
    place: &Place,
    entity: &'static EntitySchema,
) -> Result<Vec<(String, bool, Vec<Part>)>> {
    let rows = query(
        session,
        "SELECT TABLE_NAME, INDEX_NAME, NON_UNIQUE = 0, COLUMN_NAME, SUB_PART IS NULL \
         FROM information_schema.STATISTICS WHERE TABLE_SCHEMA = ? AND TABLE_NAME = ? \
         AND INDEX_TYPE IN ('BTREE', 'HASH') ORDER BY INDEX_NAME, SEQ_IN_INDEX",
        &[&place.database, entity.name],
    )
    .await?;
    let mut found: Vec<(String, bool, Vec<Part>)> = Vec::new();
    for row in rows.iter().filter(|row| text(row, 0) == entity.name) {
        let name = text(row, 1);
        let part = Part { column: row.get::<Option<String>, _>(3).flatten(), whole: whether(row, 4) };
        match found.last_mut().filter(|(last, ..)| *last == name) {
            Some((.., parts)) => parts.push(part),
            None => found.push((name, whether(row, 2), vec![part])),
        }
    }
    Ok(found)
}

async fn foreign_keys(
    session: &mut Session,
    place: &Place,
    entity: &'static EntitySchema,
    stored: &mut Stored,
) -> Result<()> {
    let rows = query(
        session,
        "SELECT TABLE_NAME, CONSTRAINT_NAME, COLUMN_NAME, \
         CASE WHEN REFERENCED_TABLE_SCHEMA = TABLE_SCHEMA THEN REFERENCED_TABLE_NAME ELSE '' END, \
         REFERENCED_COLUMN_NAME \
         FROM information_schema.KEY_COLUMN_USAGE WHERE TABLE_SCHEMA = ? AND TABLE_NAME = ? \
         AND REFERENCED_COLUMN_NAME IS NOT NULL ORDER BY CONSTRAINT_NAME, ORDINAL_POSITION",
        &[&place.database, entity.name],
    )
    .await?;
    let mut last = None;
    for row in rows.iter().filter(|row| text(row, 0) == entity.name) {
        let name = text(row, 1);
        if last.as_ref() != Some(&name) {
            stored.foreign_keys.push(StoredForeignKey { table: text(row, 3), ..StoredForeignKey::default() });
            last = Some(name);
        }
        if let Some(key) = stored.foreign_keys.last_mut() {
            key.columns.push(text(row, 2));
            key.to.push(text(row, 4));
        }
    }
    Ok(())
}

/// The columns, as places in the entity's fields, that an index of a name is on; `None` where they
/// aren't all of the model, or there is none.
pub(crate) async fn index(
    session: &mut Session,
    place: &Place,
    entity: &'static EntitySchema,
    name: &str,
) -> Result<Option<Vec<usize>>> {
    let stored = indexes(session, place, entity).await?;
    let Some((.., parts)) = stored.iter().find(|(stored, ..)| stored == name) else { return Ok(None) };
    Ok(parts.iter().map(|part| entity.column(part.column.as_deref()?)).collect())
}

#[cfg(test)]
mod tests {
    use super::without_widths;

    #[test]
    fn widths_of_display_are_of_no_concern() {
        for (told, expected) in [
            ("tinyint(4)", "tinyint"),
            ("tinyint(1)", "tinyint(1)"),
            ("tinyint(3) unsigned", "tinyint unsigned"),
            ("bigint(20) unsigned", "bigint unsigned"),
            ("int", "int"),
            ("varchar(768)", "varchar(768)"),
            ("decimal(18,2)", "decimal(18,2)"),
        ] {
            assert_eq!(without_widths(told), expected);
        }
    }
}
