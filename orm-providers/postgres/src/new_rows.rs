//! New records of one entity whose keys the storage makes: keys and records in one statement.
//!
//! The statement moves the sequence by as many keys as there are records and gives each record the first of
//! them and its own place in the input. So it is certain which key each record has, without a word of the
//! order in which the engine puts rows out, of which it promises nothing; and all that is told is the first.

use crate::copy::WORTH_IT;
use crate::flight::{Answer, Request};
use crate::keys::lock_of;
use crate::read::renderer;
use crate::session::{Place, Session, Text};
use crate::values::Param;
use crate::write_rows::{MOST_BYTES, column_params, size, stated};
use orm_core::Result;
use orm_core::plan::{Change, RowWrite, Rows, WriteBatch};
use orm_core::value::ValueRef;
use orm_provider_server::{Made, counts_keys};
use orm_provider_sql::shape::Shape;

const ONE: u8 = 26;
const MANY: u8 = 27;

/// What such a statement is made of.
pub(crate) struct NewRows;

impl NewRows {
    /// Whether a batch is nothing but such records, and the statement is the best way to write them.
    pub(crate) fn is_all_of(batch: &WriteBatch, made: &Made, place: &Place) -> bool {
        let ([write], []) = (batch.writes.as_slice(), batch.links.as_slice()) else { return false };
        let Change::Rows { how: RowWrite::Insert | RowWrite::Merge, rows } = &write.change else {
            return false;
        };
        let entity = write.entity;
        if rows.is_empty() || rows.len() >= WORTH_IT || made.len() != rows.len() || !counts_keys(entity) {
            return false;
        }
        let key = entity.key[0];
        // Where the column takes more than the model's type, the engine wouldn't notice the end.
        let most = entity.field(key).kind.integer_range().map(|(_, most)| most);
        most.is_some_and(|most| [i16::MAX.into(), i32::MAX.into(), i64::MAX].contains(&most))
            // What others stored must have been looked at.
            && place.reached.by(entity).is_some()
            && place.sequence(entity).is_some()
            && (0..entity.fields.len()).all(|c| c == key || !entity.field(c).required() || rows.all_given(c))
            && size(rows) <= MOST_BYTES
    }

    /// The statement.
    pub(crate) async fn request<'p>(
        session: &mut Session,
        place: &Place,
        sequence: u32,
        rows: &'p Rows,
        which: &'p [usize],
    ) -> Result<Request<'p>> {
        let entity = rows.entity();
        let key = entity.key[0];
        let given: Vec<usize> = stated(rows).into_iter().filter(|&c| c != key).collect();
        let lacks = |&c: &usize| c != key && entity.field(c).default.is_some() && !given.contains(&c);
        let filled: Vec<usize> = (0..entity.fields.len()).filter(lacks).collect();
        let one = which.len() == 1;
        session.shape(if one { ONE } else { MANY }, place);
        Shape::new(&mut session.key).entity(entity);
        for columns in [&given, &filled] {
            session.key.extend_from_slice(&(columns.len() as u32).to_ne_bytes());
            for &column in columns {
                session.key.extend_from_slice(&(column as u32).to_ne_bytes());
            }
        }
        let prepared = session.text(|| {
            let render = renderer(place);
            let table = render.table(entity);
            let columns = [given.as_slice(), &filled].concat();
            let lock = lock_of(&table);
            let names = |prefix: &str, separator: &str| -> String {
                columns.iter().map(|c| format!("{separator}{prefix}{c}")).collect()
            };
            let quoted: String =
                columns.iter().map(|&c| format!(", {}", render.quoted(entity.field(c).column))).collect();
            let places: Vec<String> = (0..columns.len()).map(|at| format!("${}", at + 3)).collect();
            let key = render.quoted(entity.field(key).column);
            // Of the queries within queries each is worked out once, the inner before the outer: the lock is
            // held only while the sequence is moved. Where that has no room for all, it isn't moved.
            if one {
                let values: String = (0..columns.len()).map(|at| format!(", ${}", at + 2)).collect();
                return Ok(Text::silent(format!(
                    "INSERT INTO {table} ({key}{quoted}) SELECT k{values} FROM (\
                     SELECT k, pg_advisory_unlock_shared({lock}) FROM (\
                     SELECT CASE WHEN pg_advisory_lock_shared({lock}) IS NOT NULL THEN nextval($1) END AS k \
                     OFFSET 0) AS l OFFSET 0) AS m RETURNING {key}::int8"
                )));
            }
            let rows = match columns.is_empty() {
                true => "SELECT r.k + n FROM r, generate_series(1, $2) AS n".to_owned(),
                false => format!(
                    "SELECT r.k + v.n{} FROM r, unnest({}) WITH ORDINALITY AS v({}, n)",
                    names("v.c", ", "),
                    places.join(", "),
                    names("c", ", ").trim_start_matches(", "),
                ),
            };
            Ok(Text::silent(format!(
                "WITH r AS MATERIALIZED (SELECT k, pg_advisory_unlock({lock}) FROM (\
                 SELECT setval($1, coalesce(pg_sequence_last_value($1), 0) + $2) - $2 AS k FROM (\
                 SELECT pg_advisory_lock({lock}) OFFSET 0) AS l OFFSET 0) AS m), \
                 i AS (INSERT INTO {table} ({key}{quoted}) {rows}) SELECT k + 1 FROM r",
            )))
        })?;
        let mut params = vec![Param::Sequence(sequence)];
        if !one {
            params.push(Param::Value(ValueRef::Int(i64::try_from(which.len()).unwrap_or(i64::MAX))));
        }
        let of_columns = column_params(rows, which, &given, &filled)?;
        params.extend(of_columns.into_iter().map(|param| if one { param.only() } else { param }));
        match session.statement(&prepared, &params).await {
            Ok(statement) => Ok(Request { statement, params }),
            Err(error) => Err(session.failure(&format!("writing `{}`", entity.name), error)),
        }
    }

    /// The first of the keys.
    pub(crate) fn first(answer: &Answer) -> Result<Option<i64>, tokio_postgres::Error> {
        answer.row.as_ref().map(|row| row.try_get(0)).transpose()
    }
}
