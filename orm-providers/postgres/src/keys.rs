//! Keys that the storage makes: from the sequence of the key's column, before anything is written.
//!
//! A sequence only ever goes forward, by as many keys as are asked for at once, and beyond the keys that
//! were stated. Whoever moves it holds a lock meanwhile, which doesn't wait for transactions: what one
//! rolls back leaves a gap.

use crate::read::renderer;
use crate::session::{Place, Session, Text};
use crate::values::Param;
use orm_core::plan::WriteBatch;
use orm_core::value::ValueRef;
use orm_core::{Error, Result};
use orm_provider_server::{Demand, Demands, address};
use std::borrow::Cow;

const NEXT_KEYS: u8 = 30;

/// Moves the sequences beyond stated keys.
pub(crate) async fn pass_stated(demands: &Demands, session: &mut Session, place: &Place) -> Result<()> {
    for demand in demands.stated() {
        reserve(session, place, demand).await?;
    }
    Ok(())
}

/// Gives keys to the records that lack theirs.
pub(crate) async fn meet(
    demands: &Demands,
    session: &mut Session,
    place: &Place,
    batch: &mut WriteBatch,
) -> Result<()> {
    for demand in demands.lacking() {
        let first = reserve(session, place, demand).await?;
        demand.meet(batch, first)?;
    }
    Ok(())
}

/// Moves a sequence forward and answers the first of the keys that it passed.
async fn reserve(session: &mut Session, place: &Place, demand: &Demand) -> Result<i64> {
    let entity = demand.entity;
    let column = entity.field(entity.key[0]);
    let (_, most) = column.kind.integer_range().unwrap_or((0, i64::MAX));
    session.shape(NEXT_KEYS, place).extend_from_slice(&address(entity).to_ne_bytes());
    let render = renderer(place);
    let table = render.table(entity);
    let prepared = session.text(|| {
        let key = render.quoted(column.column);
        // The engine works out a part that calls a function like these once, and in this order.
        Ok(Text::silent(format!(
            "WITH s AS (SELECT pg_get_serial_sequence($1, $2)::regclass AS seq), \
             l AS (SELECT seq, coalesce(pg_sequence_last_value(seq), 0) AS stored FROM s), \
             h AS (SELECT seq, stored, greatest(stored, $3, coalesce((SELECT max({key}) FROM {table}), 0)) AS last \
             FROM l) \
             SELECT last, CASE WHEN $4 - last < $5 THEN false \
             WHEN last + $5 > stored THEN setval(seq, last + $5) IS NOT NULL ELSE true END FROM h"
        )))
    })?;
    let params = [
        Param::Text(Cow::Borrowed(&table)),
        Param::Text(Cow::Borrowed(column.column)),
        Param::Value(ValueRef::Int(demand.highest)),
        Param::Value(ValueRef::Int(most)),
        Param::Value(ValueRef::Int(demand.lacking)),
    ];
    let number = lock_of(&table);
    let outcome = async {
        let statement = session.statement(&prepared, &params).await?;
        let before = session.take_pending().unwrap_or_default();
        let client = &session.client;
        let lock = format!("{before}; SELECT pg_advisory_lock({number})");
        let unlock = format!("SELECT pg_advisory_unlock({number})");
        // They are sent one after the other without waiting, so that the lock is held only while the
        // server works.
        let (locked, moved, unlocked) = futures_util::future::join3(
            client.batch_execute(&lock),
            client.query_one(&statement, &refs(&params)),
            client.batch_execute(&unlock),
        )
        .await;
        locked?;
        let moved = moved?;
        unlocked?;
        Ok((moved.try_get::<_, i64>(0)?, moved.try_get::<_, bool>(1)?))
    };
    match outcome.await {
        Ok((last, true)) => {
            place.reached.note(entity, last + demand.lacking);
            Ok(last + 1)
        }
        Ok((_, false)) => Err(Error::Overflow { model: entity.model, column: column.field }),
        Err(error) => Err(session.failure(&format!("making keys of `{}`", entity.name), error)),
    }
}

fn refs<'p>(params: &'p [Param<'_>]) -> Vec<&'p (dyn tokio_postgres::types::ToSql + Sync)> {
    params.iter().map(|p| p as &(dyn tokio_postgres::types::ToSql + Sync)).collect()
}

/// The number of the lock under which the sequence of a table is moved.
pub(crate) fn lock_of(name: &str) -> i64 {
    let hash = name.bytes().fold(0x6f72_6d5f_6b65_7973_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    });
    hash as i64
}
