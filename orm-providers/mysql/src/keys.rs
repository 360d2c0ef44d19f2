//! Keys that the storage makes: from a counter beside the table, before anything is written.
//!
//! The engine's own counting tells a key only when its record is written, but records of one batch refer
//! to each other's keys. So the counter is a table of its own, `…__keys`, that never has a row: rows are
//! inserted and taken back at once, and the engine's counter, which no rollback sets back, has passed
//! their keys. Nobody waits for a lock. What is rolled back leaves a gap.

use crate::dialect::{quoted, short};
use crate::error::is_out_of_keys;
use crate::session::{Place, Session};
use mysql_async::Row;
use orm_core::model::schema::EntitySchema;
use orm_core::plan::WriteBatch;
use orm_core::{Error, Result};
use orm_provider_server::{Demand, Demands};

/// How many keys are taken by one statement at most.
const AT_ONCE: i64 = 1_000_000;

/// Moves the counters beyond stated keys. `open` says that a transaction is.
pub(crate) async fn pass_stated(
    demands: &Demands,
    session: &mut Session,
    place: &Place,
    open: bool,
) -> Result<()> {
    for demand in demands.stated().filter(|demand| demand.highest > 0) {
        reserve(session, place, demand, open).await?;
    }
    Ok(())
}

/// Gives keys to the records that lack theirs. `open` says that a transaction is.
pub(crate) async fn meet(
    demands: &Demands,
    session: &mut Session,
    place: &Place,
    open: bool,
    batch: &mut WriteBatch,
) -> Result<()> {
    for demand in demands.lacking() {
        let first = reserve(session, place, demand, open).await?;
        demand.meet(batch, first)?;
    }
    Ok(())
}

/// The name of the table that counts an entity's keys.
pub(crate) fn counter_name(entity: &EntitySchema) -> String {
    short(format!("{}__keys", entity.name))
}

/// The quoted name of the table that counts an entity's keys.
pub(crate) fn counter(place: &Place, entity: &EntitySchema) -> String {
    let mut out = String::new();
    quoted(&mut out, &place.database, &counter_name(entity));
    out
}

/// Moves a counter forward and answers the first of the keys that it passed.
async fn reserve(session: &mut Session, place: &Place, demand: &Demand, open: bool) -> Result<i64> {
    let entity = demand.entity;
    let column = entity.field(entity.key[0]);
    let (_, most) = column.kind.integer_range().unwrap_or((0, i64::MAX));
    let overflow = || Error::Overflow { model: entity.model, column: column.field };
    // What can't be met must not move the counter: others may ask for less.
    if demand.highest > most - demand.lacking {
        return Err(overflow());
    }
    let near_the_end = most <= i64::from(u32::MAX)
        && place.reached.by(entity).is_none_or(|r| r.saturating_add(demand.lacking) > most / 2);
    if near_the_end && demand.lacking > 0 && last(session, place, entity).await? > most - demand.lacking {
        return Err(overflow());
    }
    let table = session.renderer(place).table(entity);
    let key = session.renderer(place).quoted(column.column);
    let counter = counter(place, entity);
    let (begin, end) = match open {
        true => ("SAVEPOINT orm_keys", "ROLLBACK TO SAVEPOINT orm_keys; RELEASE SAVEPOINT orm_keys"),
        false => ("START TRANSACTION", "ROLLBACK"),
    };
    // Others may have stored keys of their own making. Where reads lock what they see, looking for them
    // would make all who ask for keys wait for each other.
    let stored = match open && !session.server.snapshots_conflict {
        true => "SELECT 0 INTO @orm_stored".to_owned(),
        false => format!("SELECT COALESCE(MAX({key}), 0) INTO @orm_stored FROM {table}"),
    };
    let mut sql = format!(
        "{begin}; {stored}; INSERT IGNORE INTO {counter} VALUES (GREATEST(@orm_stored, {}))",
        demand.highest.max(0)
    );
    let mut rest = demand.lacking;
    while rest > 0 {
        let now = rest.min(AT_ONCE);
        sql.push_str(&format!("; INSERT INTO {counter} VALUES (NULL)"));
        sql.push_str(&",(NULL)".repeat(usize::try_from(now - 1).unwrap_or(0)));
        if rest == demand.lacking {
            sql.push_str("; SET @orm_first = LAST_INSERT_ID()");
        }
        rest -= now;
    }
    if demand.lacking == 0 {
        sql.push_str("; SET @orm_first = 0");
    }
    sql.push_str(&format!("; {end}; SELECT CAST(@orm_first AS UNSIGNED)"));
    let rows = match session.ask(&sql).await {
        Ok(rows) => rows,
        Err(error) if is_out_of_keys(&error) => {
            let left = if open { end } else { "ROLLBACK" };
            session.run(left).await?;
            return Err(overflow());
        }
        Err(error) => {
            return Err(session.failure(&format!("making keys of `{}`", entity.name), error));
        }
    };
    let first: u64 = rows.last().and_then(|row: &Row| row.get(0)).unwrap_or(u64::MAX);
    let passed = match i64::try_from(first) {
        Ok(0) if demand.lacking == 0 => demand.highest,
        Ok(first) if first <= most - demand.lacking + 1 => first - 1 + demand.lacking,
        _ => return Err(overflow()),
    };
    place.reached.note(entity, passed);
    Ok(passed - demand.lacking + 1)
}

/// The highest key that was ever stored or made.
async fn last(session: &mut Session, place: &Place, entity: &'static EntitySchema) -> Result<i64> {
    let render = session.renderer(place);
    let sql = format!(
        "SELECT CAST(GREATEST(0, COALESCE((SELECT MAX({}) FROM {}), 0), COALESCE((SELECT AUTO_INCREMENT \
         FROM information_schema.TABLES WHERE TABLE_SCHEMA = ? AND TABLE_NAME = ?), 1) - 1) AS SIGNED)",
        render.quoted(entity.field(entity.key[0]).column),
        render.table(entity)
    );
    let params = vec![place.database.as_str().into(), counter_name(entity).into()];
    match session.fetch(&sql, params).await {
        Ok(rows) => Ok(rows.first().and_then(|row| row.get(0)).unwrap_or(0)),
        Err(error) => Err(session.failure("asking for the last key", error)),
    }
}
