//! What the engine tells of its tables.

use crate::keys::counter_name;
use crate::session::{Place, Session};
use mysql_async::Row;
use orm_core::Result;
use orm_core::model::schema::EntitySchema;

/// A stored table, or what has its name.
pub(crate) struct Stored {
    pub(crate) is_table: bool,
    /// What stores it: only one engine has transactions.
    pub(crate) engine: String,
    pub(crate) columns: Vec<Column>,
    pub(crate) indexes: Vec<StoredIndex>,
}

/// A stored column.
pub(crate) struct Column {
    pub(crate) name: String,
    pub(crate) type_name: String,
    pub(crate) collation: Option<String>,
    pub(crate) not_null: bool,
    /// Whether the engine fills it in where nothing is said.
    pub(crate) has_default: bool,
    /// Whether nobody else may fill it in.
    pub(crate) generated: bool,
}

/// A stored index.
pub(crate) struct StoredIndex {
    pub(crate) name: String,
    pub(crate) unique: bool,
    /// The columns' names, and whether the index has the whole of each; no name for an expression.
    pub(crate) columns: Vec<(Option<String>, bool)>,
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
    Ok(kind(session, place, &counter_name(entity)).await?.is_some())
}

/// Whether something is a table, and of which engine; `None` where nothing has the name.
async fn kind(session: &mut Session, place: &Place, name: &str) -> Result<Option<(bool, String)>> {
    let rows = query(
        session,
        "SELECT TABLE_NAME, TABLE_TYPE = 'BASE TABLE', ENGINE FROM information_schema.TABLES \
         WHERE TABLE_SCHEMA = ? AND TABLE_NAME = ?",
        &[&place.database, name],
    )
    .await?;
    // The engine's own texts compare without the letters' case.
    let found = rows.iter().find(|row| text(row, 0) == name);
    Ok(found.map(|row| (whether(row, 1), text(row, 2))))
}

/// What is stored under the name of an entity.
pub(crate) async fn table(
    session: &mut Session,
    place: &Place,
    entity: &'static EntitySchema,
) -> Result<Option<Stored>> {
    let Some((is_table, engine)) = kind(session, place, entity.name).await? else { return Ok(None) };
    let rows = query(
        session,
        "SELECT TABLE_NAME, COLUMN_NAME, COLUMN_TYPE, COLLATION_NAME, IS_NULLABLE = 'NO', \
         COLUMN_DEFAULT IS NOT NULL OR EXTRA LIKE '%auto_increment%' OR EXTRA LIKE '%DEFAULT_GENERATED%', \
         COALESCE(GENERATION_EXPRESSION, '') <> '' \
         FROM information_schema.COLUMNS WHERE TABLE_SCHEMA = ? AND TABLE_NAME = ? \
         ORDER BY ORDINAL_POSITION",
        &[&place.database, entity.name],
    )
    .await?;
    let of_it = rows.iter().filter(|row| text(row, 0) == entity.name);
    let columns = of_it.map(|row| Column {
        name: text(row, 1),
        type_name: without_widths(&text(row, 2)),
        collation: Some(text(row, 3)).filter(|collation| !collation.is_empty()),
        not_null: whether(row, 4),
        has_default: whether(row, 5),
        generated: whether(row, 6),
    });
    let columns = columns.collect();
    let indexes = indexes(session, place, entity).await?;
    Ok(Some(Stored { is_table, engine, columns, indexes }))
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

async fn indexes(
    session: &mut Session,
    place: &Place,
    entity: &'static EntitySchema,
) -> Result<Vec<StoredIndex>> {
    let rows = query(
        session,
        "SELECT TABLE_NAME, INDEX_NAME, NON_UNIQUE = 0, COLUMN_NAME, SUB_PART IS NULL \
         FROM information_schema.STATISTICS WHERE TABLE_SCHEMA = ? AND TABLE_NAME = ? \
         AND INDEX_TYPE = 'BTREE' ORDER BY INDEX_NAME, SEQ_IN_INDEX",
        &[&place.database, entity.name],
    )
    .await?;
    let mut found: Vec<StoredIndex> = Vec::new();
    for row in rows.iter().filter(|row| text(row, 0) == entity.name) {
        let name = text(row, 1);
        let column = (row.get::<Option<String>, _>(3).flatten(), whether(row, 4));
        match found.last_mut().filter(|last| last.name == name) {
            Some(last) => last.columns.push(column),
            None => found.push(StoredIndex { name, unique: whether(row, 2), columns: vec![column] }),
        }
    }
    Ok(found)
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
    let Some(found) = stored.iter().find(|index| index.name == name) else { return Ok(None) };
    Ok(found.columns.iter().map(|(column, _)| entity.column(column.as_deref()?)).collect())
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
