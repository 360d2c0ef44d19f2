//! What the engine tells of its tables.

use crate::dialect::PostgresDialect;
use crate::read::renderer;
use crate::session::{Place, Session};
use crate::values::Param;
use orm_core::model::schema::EntitySchema;
use orm_core::value::Value;
use orm_core::{Error, Result};
use orm_provider_sql::schema::{Stored, StoredColumn, StoredForeignKey, StoredIndex};
use tokio_postgres::Row;
use tokio_postgres::types::ToSql;

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
    if !is_table {
        let unfit = Some(format!("what is named `{}` is no table", entity.name));
        return Ok(Some(Stored { unfit, ..Stored::default() }));
    }
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
    let mut stored = Stored::default();
    for row in &rows {
        stored.columns.push(StoredColumn {
            name: cell(session, row, 0)?,
            type_name: cell(session, row, 1)?,
            collation: cell(session, row, 2)?,
            not_null: cell(session, row, 3)?,
            has_default: cell(session, row, 4)?,
            generated: cell(session, row, 5)?,
            counts: cell(session, row, 6)?,
        });
    }
    indexes(session, table, &mut stored).await?;
    foreign_keys(session, place, table, &mut stored).await?;
    let lacking = stored.lacking(&PostgresDialect, entity);
    if lacking.required || !lacking.defaults.is_empty() {
        let sql = format!("SELECT EXISTS (SELECT 1 FROM {})", renderer(place).table(entity));
        let rows = query(session, &sql, &[]).await?;
        stored.has_rows = rows.first().map_or(Ok(true), |row| cell(session, row, 0))?;
    }
    for (column, value) in lacking.defaults {
        let filler = literal(session, entity, column, &value).await?;
        stored.fillers.push((column, filler));
    }
    Ok(Some(stored))
}

async fn indexes(session: &mut Session, table: u32, stored: &mut Stored) -> Result<()> {
    // Where the engine may take NULLs for equal, an index does more than is wanted.
    let rows = query(
        session,
        "SELECT x.relname::text, \
         i.indisunique AND coalesce(to_jsonb(i)->>'indnullsnotdistinct', 'false') = 'false', \
         i.indisprimary, \
         EXISTS (SELECT 1 FROM pg_catalog.pg_constraint c WHERE c.conindid = i.indexrelid \
             AND c.conrelid = i.indrelid AND c.contype IN ('p', 'u', 'x')), \
         ARRAY(SELECT a.attname::text FROM unnest(i.indkey::int2[]) WITH ORDINALITY AS k(attnum, at) \
             LEFT JOIN pg_catalog.pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = k.attnum \
             WHERE k.at <= i.indnkeyatts ORDER BY k.at) \
         FROM pg_catalog.pg_index i JOIN pg_catalog.pg_class x ON x.oid = i.indexrelid \
         WHERE i.indrelid = $1 AND i.indisvalid AND i.indpred IS NULL AND i.indimmediate ORDER BY x.relname",
        &[&table],
    )
    .await?;
    for row in &rows {
        let index = StoredIndex {
            name: cell(session, row, 0)?,
            unique: cell(session, row, 1)?,
            of_constraint: cell(session, row, 3)?,
            columns: cell(session, row, 4)?,
        };
        if cell(session, row, 2)? {
            stored.key = index.columns.into_iter().flatten().collect();
            stored.key_name = Some(index.name);
        } else {
            stored.indexes.push(index);
        }
    }
    Ok(())
}

async fn foreign_keys(session: &mut Session, place: &Place, table: u32, stored: &mut Stored) -> Result<()> {
    let rows = query(
        session,
        "SELECT CASE WHEN n.nspname = $2 THEN t.relname::text ELSE '' END, \
         ARRAY(SELECT a.attname::text FROM unnest(c.conkey) WITH ORDINALITY AS k(attnum, at) \
             JOIN pg_catalog.pg_attribute a ON a.attrelid = c.conrelid AND a.attnum = k.attnum ORDER BY k.at), \
         ARRAY(SELECT a.attname::text FROM unnest(c.confkey) WITH ORDINALITY AS k(attnum, at) \
             JOIN pg_catalog.pg_attribute a ON a.attrelid = c.confrelid AND a.attnum = k.attnum ORDER BY k.at) \
         FROM pg_catalog.pg_constraint c JOIN pg_catalog.pg_class t ON t.oid = c.confrelid \
         JOIN pg_catalog.pg_namespace n ON n.oid = t.relnamespace \
         WHERE c.conrelid = $1 AND c.contype = 'f'",
        &[&table, &place.schema],
    )
    .await?;
    for row in &rows {
        stored.foreign_keys.push(StoredForeignKey {
            table: cell(session, row, 0)?,
            columns: cell(session, row, 1)?,
            to: cell(session, row, 2)?,
        });
    }
    Ok(())
}

/// A value as it stands in a definition, where nothing can be bound: the engine writes it.
async fn literal(
    session: &mut Session,
    entity: &EntitySchema,
    column: usize,
    value: &Value,
) -> Result<String> {
    let field = entity.field(column);
    let fit = field.kind.fit(value.as_ref()).map_err(|mismatch| Error::Operand {
        model: entity.model,
        column: field.field,
        mismatch,
    })?;
    let param = Param::Value(fit);
    let asked = session.client.query_typed("SELECT quote_literal($1)", &[(&param, param.type_())]).await;
    match asked {
        Ok(rows) => rows.first().map_or(Ok("NULL".to_owned()), |row| cell(session, row, 0)),
        Err(error) => Err(session.failure("writing a default", error)),
    }
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
