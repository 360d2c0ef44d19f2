//! Keys that the storage makes: from the sequence of the key's column, before anything is written.
//!
//! A sequence only ever goes forward, by as many keys as are asked for at once, and beyond the keys that
//! were stated. Whoever moves it holds a lock meanwhile, which doesn't wait for transactions: what one
//! rolls back leaves a gap.

use crate::flight::{Answer, Flight, Request};
use crate::read::renderer;
use crate::session::{Place, Session, Text};
use crate::values::Param;
use crate::write::{Failure, refused};
use orm_core::plan::WriteBatch;
use orm_core::value::ValueRef;
use orm_core::{Error, Result};
use orm_provider_server::{Demand, Demands, address};
use std::borrow::Cow;

const NEXT_KEYS: u8 = 30;
const FIRST_KEYS: u8 = 31;

/// Gives keys to the records that lack theirs. Of all entities they are asked for at once.
pub(crate) async fn meet(
    demands: &Demands,
    session: &mut Session,
    place: &Place,
    batch: &mut WriteBatch,
) -> Result<()> {
    let mut flight = Flight::default();
    for demand in demands.lacking() {
        flight.run(request(demand, session, place).await?, 0);
    }
    let answers = match flight.answers(session).await {
        Ok(answers) => answers,
        Err(error) => return Err(session.failure("beginning to write", error)),
    };
    for (demand, answer) in demands.lacking().zip(answers) {
        let answer = answer.map_err(|error| session.failure(&doing(demand), error))?;
        let last = last(demand, session, place, &answer)?;
        demand.meet(batch, last + 1)?;
    }
    Ok(())
}

/// Looks at the answer to a request that moves a sequence beyond stated keys.
pub(crate) fn passed(
    demand: &Demand,
    session: &mut Session,
    place: &Place,
    answer: Result<Answer, tokio_postgres::Error>,
    durable: bool,
) -> Result<(), Failure> {
    match answer {
        Ok(answer) => {
            // None was asked for, so there can't be too few.
            if let Some((Ok(last), Ok(sequence))) = answer.row.map(|row| (row.try_get(0), row.try_get(3))) {
                place.reached.note(demand.entity, last);
                place.note_sequence(demand.entity, sequence);
            }
            Ok(())
        }
        Err(error) => Err(refused(session, demand.entity, error, None, durable, &doing(demand))),
    }
}

fn doing(demand: &Demand) -> String {
    format!("making keys of `{}`", demand.entity.name)
}

/// The key before the first of those that the sequence passed.
fn last(demand: &Demand, session: &mut Session, place: &Place, answer: &Answer) -> Result<i64> {
    let entity = demand.entity;
    let told = answer.row.as_ref().map(|row| Ok((row.try_get(0)?, row.try_get(1)?, row.try_get(3)?)));
    match told.transpose() {
        Ok(Some((last, true, sequence))) => {
            place.reached.note(entity, last + demand.lacking);
            place.note_sequence(entity, sequence);
            Ok(last)
        }
        Ok(_) => Err(Error::Overflow { model: entity.model, column: entity.field(entity.key[0]).field }),
        Err(error) => Err(session.failure(&doing(demand), error)),
    }
}

/// The statement that moves a sequence forward and answers the key before the first of those that it
/// passed, and whether there were as many.
pub(crate) async fn request(
    demand: &Demand,
    session: &mut Session,
    place: &Place,
) -> Result<Request<'static>> {
    let entity = demand.entity;
    let column = entity.field(entity.key[0]);
    let (_, most) = column.kind.integer_range().unwrap_or((0, i64::MAX));
    // What others stored past the sequence is looked for once. Later it is met as a key that is taken.
    let known = place.reached.by(entity).is_some();
    session
        .shape(if known { NEXT_KEYS } else { FIRST_KEYS }, place)
        .extend_from_slice(&address(entity).to_ne_bytes());
    let render = renderer(place);
    let table = render.table(entity);
    let lock = lock_of(&table);
    let prepared = session.text(|| {
        let key = render.quoted(column.column);
        let stored = match known {
            true => String::new(),
            false => format!(", coalesce((SELECT max({key}) FROM {table}), 0)"),
        };
        // The engine works out a part that calls a function like these once, and each when the next asks
        // for it; so the lock is held only while the sequence is moved.
        Ok(Text::silent(format!(
            "WITH g AS MATERIALIZED (SELECT pg_advisory_lock({lock})), \
             s AS MATERIALIZED (SELECT pg_get_serial_sequence($1, $2)::regclass AS seq FROM g), \
             l AS MATERIALIZED (SELECT seq, coalesce(pg_sequence_last_value(seq), 0) AS stored FROM s), \
             h AS MATERIALIZED (SELECT seq, stored, greatest(stored, $3{stored}) AS last FROM l), \
             m AS MATERIALIZED (SELECT seq, last, CASE WHEN $4 - last < $5 THEN false \
             WHEN last + $5 > stored THEN setval(seq, last + $5) IS NOT NULL ELSE true END AS fits FROM h) \
             SELECT last, fits, pg_advisory_unlock({lock}), seq::oid FROM m"
        )))
    })?;
    let params = vec![
        Param::Text(Cow::Owned(table)),
        Param::Text(Cow::Borrowed(column.column)),
        Param::Value(ValueRef::Int(demand.highest)),
        Param::Value(ValueRef::Int(most)),
        Param::Value(ValueRef::Int(demand.lacking)),
    ];
    match session.statement(&prepared, &params).await {
        Ok(statement) => Ok(Request { statement, params }),
        Err(error) => Err(session.failure(&doing(demand), error)),
    }
}

/// The number of the lock under which the sequence of a table is moved.
pub(crate) fn lock_of(name: &str) -> i64 {
    let hash = name.bytes().fold(0x6f72_6d5f_6b65_7973_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    });
    hash as i64
}
