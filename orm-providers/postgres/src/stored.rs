//! What the engine tells of its tables.

use crate::session::{Place, Session};
use orm_core::Result;
use orm_core::model::schema::EntitySchema;
use tokio_postgres::Row;
use tokio_postgres::types::ToSql;

/// A stored table, or what has its name.
pub(crate) struct Stored {
    pub(crate) is_table: bool,
    pub(crate) columns: Vec<Column>,
    pub(crate) indexes: Vec<StoredIndex>,
}

/// A stored column.
pub(crate) struct Column {
    pub(crate) name: String,
    pub(crate) type_name: String,
    /// The collation, if it isn't by code point.
    pub(crate) collation: Option<String>,
    pub(crate) not_null: bool,
    /// Whether the engine fills it in where nothing is said.
    pub(crate) has_default: bool,
    /// Whether nobody else may fill it in.
    pub(crate) generated: bool,
    /// Whether it has a sequence of its own.
    pub(crate) counts: bool,
}

/// A stored index that covers its whole table.
pub(crate) struct StoredIndex {
    pub(crate) unique: bool,
    pub(crate) primary: bool,
    /// The columns' names; `None` for an expression.
    pub(crate) columns: Vec<Option<String>>,
}

async fn query(session: &mut Session, sql: &str, params: &[&(dyn ToSql + Sync)]) -> Result<Vec<Row>> {
    match session.client.query(sql, params).await {
        Ok(rows) => Ok(rows),
        Err(error) => Err(session.failure("reading the schema", error)),
    }
}

/// A cell that is as the query says.
fn cell<'r, T: tokio_postgres::types::FromSql<'r>>(
    session: &Session,
    row: &'r Row,
    column: usize,
) -> Result<T> {
    row.try_get(column).map_err(|e| session.origin.failure("reading the schema", e))
}

/// Whether there is the schema of a connection, and whether the database keeps text as it must.
pub(crate) async fn schema(session: &mut Session, place: &Place) -> Result<(bool, String)> {
    let rows = query(
        session,
        "SELECT EXISTS (SELECT 1 FROM pg_catalog.pg_namespace WHERE nspname = $1), \
         current_setting('server_encoding')",
        &[&place.schema],
    )
    .await?;
    match rows.first() {
        Some(row) => Ok((cell(session, row, 0)?, cell(session, row, 1)?)),
        None => Ok((false, String::new())),
    }
}

/// What is stored under the name of an entity.
pub(crate) async fn table(
    session: &mut Session,
    place: &Place,
    entity: &'static EntitySchema,
) -> Result<Option<Stored>> {
    let found = query(
        session,
        "SELECT c.oid, c.relkind IN ('r', 'p') FROM pg_catalog.pg_class c \
         JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace \
         WHERE n.nspname = $1 AND c.relname = $2",
        &[&place.schema, &entity.name],
    )
    .await?;
    let Some(found) = found.first() else { return Ok(None) };
    let (table, is_table): (u32, bool) = (cell(session, found, 0)?, cell(session, found, 1)?);
    let rows = query(
        session,
        "SELECT a.attname::text, pg_catalog.format_type(a.atttypid, a.atttypmod), \
         CASE WHEN a.attcollation = 0 THEN NULL \
              WHEN l.collname = 'default' THEN (SELECT CASE WHEN d.datcollate IN ('C', 'POSIX') \
                   AND coalesce(to_jsonb(d)->>'datlocprovider', 'c') = 'c' THEN NULL \
                   ELSE d.datcollate::text END FROM pg_catalog.pg_database d \
                   WHERE d.datname = current_database()) \
              WHEN l.collname IN ('C', 'POSIX', 'ucs_basic') THEN NULL ELSE l.collname::text END, \
         a.attnotnull, a.atthasdef OR a.attidentity <> '', a.attgenerated <> '' OR a.attidentity = 'a', \
         EXISTS (SELECT 1 FROM pg_catalog.pg_depend p WHERE p.refclassid = 'pg_catalog.pg_class'::regclass \
             AND p.refobjid = a.attrelid AND p.refobjsubid = a.attnum AND p.deptype IN ('a', 'i') \
             AND p.classid = 'pg_catalog.pg_class'::regclass \
             AND (SELECT s.relkind FROM pg_catalog.pg_class s WHERE s.oid = p.objid) = 'S') \
         FROM pg_catalog.pg_attribute a LEFT JOIN pg_catalog.pg_collation l ON l.oid = a.attcollation \
         WHERE a.attrelid = $1 AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attnum",
        &[&table],
    )
    .await?;
    let mut columns = Vec::with_capacity(rows.len());
    for row in &rows {
        columns.push(Column {
            name: cell(session, row, 0)?,
            type_name: cell(session, row, 1)?,
            collation: cell(session, row, 2)?,
            not_null: cell(session, row, 3)?,
            has_default: cell(session, row, 4)?,
            generated: cell(session, row, 5)?,
            counts: cell(session, row, 6)?,
        });
    }
    let indexes = indexes(session, table).await?;
    Ok(Some(Stored { is_table, columns, indexes }))
}

async fn indexes(session: &mut Session, table: u32) -> Result<Vec<StoredIndex>> {
    // Where the engine may take NULLs for equal, an index does more than is wanted.
    let rows = query(
        session,
        "SELECT i.indisunique AND coalesce(to_jsonb(i)->>'indnullsnotdistinct', 'false') = 'false', \
         i.indisprimary, \
         ARRAY(SELECT a.attname::text FROM unnest(i.indkey::int2[]) WITH ORDINALITY AS k(attnum, at) \
             LEFT JOIN pg_catalog.pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = k.attnum \
             WHERE k.at <= i.indnkeyatts ORDER BY k.at) \
         FROM pg_catalog.pg_index i \
         WHERE i.indrelid = $1 AND i.indisvalid AND i.indpred IS NULL AND i.indimmediate",
        &[&table],
    )
    .await?;
    let mut found = Vec::with_capacity(rows.len());
    for row in &rows {
        found.push(StoredIndex {
            unique: cell(session, row, 0)?,
            primary: cell(session, row, 1)?,
            columns: cell(session, row, 2)?,
        });
    }
    Ok(found)
}

/// The columns, as places in the entity's fields, that a unique index or primary key of a name is on;
/// `None` where they aren't all of the model, or there is none.
pub(crate) async fn constraint(
    session: &mut Session,
    place: &Place,
    entity: &'static EntitySchema,
    name: &str,
) -> Result<Option<Vec<usize>>> {
    let rows = query(
        session,
        "SELECT a.attname::text FROM pg_catalog.pg_index i \
         JOIN pg_catalog.pg_class x ON x.oid = i.indexrelid \
         JOIN pg_catalog.pg_class c ON c.oid = i.indrelid \
         JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace \
         CROSS JOIN LATERAL unnest(i.indkey::int2[]) WITH ORDINALITY AS k(attnum, at) \
         LEFT JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attnum = k.attnum \
         WHERE n.nspname = $1 AND c.relname = $2 AND x.relname = $3 AND k.at <= i.indnkeyatts \
         ORDER BY k.at",
        &[&place.schema, &entity.name, &name],
    )
    .await?;
    let mut columns = Vec::with_capacity(rows.len());
    for row in &rows {
        let name: Option<&str> = cell(session, row, 0)?;
        match name.and_then(|name| entity.column(name)) {
            Some(column) => columns.push(column),
            None => return Ok(None),
        }
    }
    Ok(Some(columns).filter(|columns| !columns.is_empty()))
}
