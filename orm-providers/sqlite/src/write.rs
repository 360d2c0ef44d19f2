//! Writes: a batch inside of an open transaction.

use crate::database::Place;
use crate::dialect::{counts_keys, is_row_id, table_name};
use crate::error::message;
use crate::functions::OVERFLOW;
use crate::read::renderer;
use crate::session::{Prepared, Session};
use crate::values::bind;
use crate::write_rows;
use orm_core::model::schema::{EntitySchema, KeySource};
use orm_core::plan::{Change, RowWrite, Rows, Write, WriteBatch, Written};
use orm_core::value::ValueRef;
use orm_core::{Error, Result};
use orm_provider_sql::Bind;
use orm_provider_sql::shape::Shape;
use rusqlite::ffi;

const DELETE_KEYS: u8 = 10;
const DELETE_WHERE: u8 = 11;
const UPDATE_WHERE: u8 = 12;
const CLEAR: u8 = 13;
const LAST_KEY: u8 = 14;

/// Applies a batch in what `atomic` opens around the work and undoes with it.
pub(crate) fn apply(
    session: &mut Session,
    place: &Place,
    batch: &mut WriteBatch,
    atomic: impl FnOnce(&mut Session, &mut dyn FnMut(&mut Session) -> Result<()>) -> Result<()>,
) -> Result<Written> {
    if let Some(rows) = unkeyed(session, batch) {
        let (mut first, count) = (0, rows.len() as u64);
        atomic(session, &mut |session| {
            first = write_rows::insert_unkeyed(session, place, rows)?;
            Ok(())
        })?;
        batch.assign_keys(0, |_| Ok(first))?;
        return Ok(Written { affected: vec![count] });
    }
    let mut made = Vec::new();
    let mut written = Written { affected: Vec::with_capacity(batch.writes.len()) };
    let done = atomic(session, &mut |session| {
        make_keys(session, place, batch, &mut made)?;
        batch.follow_links();
        for (i, write) in batch.writes.iter().enumerate() {
            let entity = write.entity;
            written.affected.push(match &write.change {
                Change::Rows { how, rows } => write_rows::write(session, place, i, *how, rows)?,
                other => change(session, place, entity, other)?,
            });
        }
        Ok(())
    });
    if done.is_err() {
        // A batch that is tried again must not take the keys for the caller's own.
        for (write, row) in made {
            if let Some(write) = batch.writes.get_mut(write)
                && let Change::Rows { rows, .. } = &mut write.change
            {
                rows.unset(row, write.entity.key[0]);
            }
        }
    }
    done.map(|()| written)
}

/// Whether a batch is a single statement, which the engine does all or nothing by itself.
pub(crate) fn is_one_statement(session: &Session, batch: &WriteBatch) -> bool {
    let [write] = batch.writes.as_slice() else { return false };
    match &write.change {
        Change::Rows { rows, .. } => {
            rows.len() == 1 && (rows.has_key(0) || can_have_next(session, write.entity, 1))
        }
        _ => true,
    }
}

/// Whether the key's column can surely hold what the engine makes of so many keys. Otherwise that is known
/// only when they are stored.
fn can_have_next(session: &Session, entity: &EntitySchema, count: usize) -> bool {
    counts_keys(entity)
        && entity.field(entity.key[0]).kind.integer_range().is_some_and(|(_, most)| {
            // A single key that there is no room for is refused by the engine itself.
            let known = || session.highest?.checked_add(i64::try_from(count).ok()?);
            count == 1 && most == i64::MAX || known().is_some_and(|last| last <= most)
        })
}

/// The records of a batch, where they all are new ones of one model whose keys the engine can make.
fn unkeyed<'b>(session: &Session, batch: &'b WriteBatch) -> Option<&'b Rows> {
    let [Write { entity, change: Change::Rows { how, rows } }] = batch.writes.as_slice() else {
        return None;
    };
    let new = *how != RowWrite::Update && counts_keys(entity) && batch.links.is_empty();
    // That the keys of several follow each other is sure as long as nobody else has made a trigger.
    let by_engine = || rows.len() == 1 || can_have_next(session, entity, rows.len());
    (new && !rows.is_empty() && rows.none_given(entity.key[0]) && by_engine()).then_some(rows)
}

/// Gives keys to the rows that lack theirs and notes which.
fn make_keys(
    session: &mut Session,
    place: &Place,
    batch: &mut WriteBatch,
    made: &mut Vec<(usize, usize)>,
) -> Result<()> {
    for i in 0..batch.writes.len() {
        let entity = batch.writes[i].entity;
        let Some(rows) = batch.rows(i) else { continue };
        let stored = matches!(entity.key_source, KeySource::Storage) && is_row_id(entity);
        if !stored || rows.all_values(entity.key[0]) {
            continue;
        }
        let column = entity.key[0];
        let lacking = (0..rows.len()).filter(|&r| !rows.has_value(r, column));
        made.extend(lacking.map(|r| (i, r)));
        let highest = highest_in(batch, entity).max(last_key(session, place, entity)?);
        let most = entity.field(column).kind.integer_range();
        batch.assign_keys(i, |count| {
            highest
                .checked_add(1)
                .filter(|first| {
                    let last = i64::try_from(count - 1).ok().and_then(|n| first.checked_add(n));
                    last.is_some_and(|last| most.is_none_or(|(_, high)| last <= high))
                })
                .ok_or(Error::Overflow { model: entity.model, column: entity.field(column).field })
        })?;
    }
    Ok(())
}

/// The highest key that the batch itself gives an entity's records.
fn highest_in(batch: &WriteBatch, entity: &EntitySchema) -> i64 {
    let mut highest = 0;
    for (i, write) in batch.writes.iter().enumerate() {
        if let (true, Some(rows)) = (write.entity.is(entity), batch.rows(i))
            && !rows.none_given(entity.key[0])
        {
            for row in 0..rows.len() {
                if let ValueRef::Int(key) = rows.value(row, entity.key[0]) {
                    highest = highest.max(key);
                }
            }
        }
    }
    highest
}

/// The highest key that an entity ever had.
pub(crate) fn last_key(session: &mut Session, place: &Place, entity: &'static EntitySchema) -> Result<i64> {
    Shape::new(session.shape(LAST_KEY, place)).entity(entity);
    let prepared = session.texts.get_or_render(&session.key, || {
        let render = renderer(place);
        let key = render.quoted(entity.field(entity.key[0]).column);
        let highest = format!("coalesce((SELECT max({key}) FROM {}), 0)", render.table(entity));
        let sql = if counts_keys(entity) {
            format!("SELECT max({highest}, coalesce((SELECT seq FROM sqlite_sequence WHERE name = ?1), 0))")
        } else {
            format!("SELECT {highest}, ?1")
        };
        text_only(Ok(sql))
    })?;
    session
        .statement(&prepared.sql)?
        .query_row([table_name(&place.namespace, entity)], |row| row.get(0))
        .map_err(|e| session.origin.failure("asking for the last key", e))
}

pub(crate) fn text_only(sql: Result<String>) -> Result<Prepared> {
    sql.map(|sql| Prepared { sql, kinds: Box::default() })
}

/// Runs a change that is one statement and answers how many records it touched.
fn change(
    session: &mut Session,
    place: &Place,
    entity: &'static EntitySchema,
    change: &Change,
) -> Result<u64> {
    let render = renderer(place);
    let (binds, prepared) = match change {
        Change::Delete { keys } if keys.is_empty() => return Ok(0),
        Change::Delete { keys } => {
            let mut shape = Shape::new(session.shape(DELETE_KEYS, place));
            shape.entity(entity);
            shape.keys(keys);
            let binds = shape.into_binds();
            let prepared = session
                .texts
                .get_or_render(&session.key, || text_only(Ok(render.delete_keys(entity, keys))))?;
            (binds, prepared)
        }
        Change::DeleteWhere { filter } => {
            let mut shape = Shape::new(session.shape(DELETE_WHERE, place));
            shape.entity(entity);
            shape.filter(entity, filter)?;
            let binds = shape.into_binds();
            let prepared = session
                .texts
                .get_or_render(&session.key, || text_only(render.delete_where(entity, filter)))?;
            (binds, prepared)
        }
        Change::UpdateWhere { set, .. } if set.is_empty() => return Ok(0),
        Change::UpdateWhere { filter, set } => {
            let mut shape = Shape::new(session.shape(UPDATE_WHERE, place));
            shape.entity(entity);
            shape.assignments(entity, set)?;
            shape.filter(entity, filter)?;
            let binds = shape.into_binds();
            let prepared = session
                .texts
                .get_or_render(&session.key, || text_only(render.update_where(entity, set, filter)))?;
            (binds, prepared)
        }
        Change::Clear => {
            Shape::new(session.shape(CLEAR, place)).entity(entity);
            let prepared =
                session.texts.get_or_render(&session.key, || text_only(Ok(render.clear(entity))))?;
            (Vec::new(), prepared)
        }
        _ => return Err(Error::unsupported("this change", "SQLite doesn't know it")),
    };
    run(session, &prepared, &binds).map_err(|e| refused(session, place, entity, e))
}

fn run(session: &Session, prepared: &Prepared, binds: &[Bind<'_>]) -> rusqlite::Result<u64> {
    let mut statement = session.engine.prepare_cached(&prepared.sql)?;
    bind(&mut statement, binds)?;
    statement.raw_execute().map(|n| n as u64)
}

/// The failure of a statement that changes many records at once.
fn refused(session: &Session, place: &Place, entity: &'static EntitySchema, error: rusqlite::Error) -> Error {
    if error.sqlite_extended_error_code() == Some(ffi::SQLITE_CONSTRAINT_UNIQUE)
        && let Some(index) = violated(place, entity, &error)
    {
        return Error::unique(entity, index);
    }
    if error.sqlite_extended_error_code() == Some(ffi::SQLITE_CONSTRAINT_FOREIGNKEY) {
        return write_rows::foreign_key(entity, &error);
    }
    let overflown = message(&error)
        .strip_prefix(OVERFLOW)
        .and_then(|column| entity.fields.get(column.parse::<usize>().ok()?));
    match overflown {
        Some(field) => Error::Overflow { model: entity.model, column: field.field },
        None => {
            let doing = format!("changing `{}`", entity.name);
            session.origin.failure(&doing, error)
        }
    }
}

/// Which unique index a statement would have violated: the engine tells its columns.
pub(crate) fn violated(place: &Place, entity: &EntitySchema, error: &rusqlite::Error) -> Option<usize> {
    let found = message(error).strip_prefix("UNIQUE constraint failed: ")?;
    let table = table_name(&place.namespace, entity);
    entity.indexes.iter().position(|index| {
        let columns = index.fields.iter();
        let names: Vec<String> = columns.map(|&c| format!("{table}.{}", entity.field(c).column)).collect();
        index.unique && names.join(", ") == found
    })
}
