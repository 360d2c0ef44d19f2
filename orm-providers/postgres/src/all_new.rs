//! Records that are saved by their keys, of which none is stored yet.
//!
//! One look at the index of the keys tells: whether any row has a key between the least and the greatest of
//! theirs. Where none has, an insert does what a merge would, in three quarters of its time, and very many
//! records are copied. Whoever stores one of the keys meanwhile is met as a key that is taken, and then they
//! are merged after all.

use crate::flight::Request;
use crate::read::renderer;
use crate::session::{Place, Session, Text};
use crate::values::Param;
use orm_core::Result;
use orm_core::model::schema::EntitySchema;
use orm_core::plan::Rows;
use orm_core::value::ValueRef;
use orm_provider_sql::shape::Shape;

const STORED_BETWEEN: u8 = 29;

/// From how many records on it pays to ask.
pub(crate) const WORTH_ASKING: usize = 500;

/// The least and the greatest of some records' keys.
pub(crate) struct Range {
    least: ValueRef<'static>,
    greatest: ValueRef<'static>,
}

impl Range {
    /// The range of keys that the engine orders as they are ordered here: integers and UUIDs.
    pub(crate) fn of(rows: &Rows, which: &[usize]) -> Option<Self> {
        let &[key] = rows.entity().key else { return None };
        let (mut ints, mut uuids) = (None, None);
        for &row in which {
            match rows.value(row, key) {
                ValueRef::Int(key) => widen(&mut ints, key),
                ValueRef::Uuid(key) => widen(&mut uuids, key),
                _ => return None,
            }
        }
        match (ints, uuids) {
            (Some((least, greatest)), None) => {
                Some(Self { least: ValueRef::Int(least), greatest: ValueRef::Int(greatest) })
            }
            (None, Some((least, greatest))) => {
                Some(Self { least: ValueRef::Uuid(least), greatest: ValueRef::Uuid(greatest) })
            }
            _ => None,
        }
    }

    /// The statement that puts out a row if any has a key of the range.
    pub(crate) async fn request(
        self,
        session: &mut Session,
        place: &Place,
        entity: &'static EntitySchema,
    ) -> Result<Request<'static>> {
        Shape::new(session.shape(STORED_BETWEEN, place)).entity(entity);
        let prepared = session.text(|| {
            let render = renderer(place);
            let key = render.quoted(entity.field(entity.key[0]).column);
            let table = render.table(entity);
            // In the order of the index, so that no plan reads the whole table.
            Ok(Text::silent(format!(
                "SELECT {key} FROM {table} WHERE {key} BETWEEN $1 AND $2 ORDER BY {key} LIMIT 1"
            )))
        })?;
        let params = vec![Param::Value(self.least), Param::Value(self.greatest)];
        match session.statement(&prepared, &params).await {
            Ok(statement) => Ok(Request { statement, params }),
            Err(error) => Err(session.failure(&format!("writing `{}`", entity.name), error)),
        }
    }
}

fn widen<K: Ord + Copy>(range: &mut Option<(K, K)>, key: K) {
    *range = Some(range.map_or((key, key), |(least, greatest)| (least.min(key), greatest.max(key))));
}
