//! Faults of rows that stand in no input.

use super::WriteBatch;
use crate::error::{Error, RowAt, RowFault};
use crate::provider::Row;

/// The error for a row's fault, at a place that the caller describes.
pub(crate) fn described(batch: &WriteBatch, at: RowAt, fault: RowFault, place: String) -> Error {
    let (Some(write), Some(rows)) = (batch.writes.get(at.write), batch.rows(at.write)) else {
        return Error::Row { at, fault };
    };
    let (entity, model) = (write.entity, write.entity.model);
    let key = || {
        let parts: Vec<_> = entity.key.iter().map(|&c| format!("{:?}", rows.row(at.row).value(c))).collect();
        if let [one] = &parts[..] { one.clone() } else { format!("[{}]", parts.join(", ")) }
    };
    match fault {
        RowFault::Duplicate => Error::DuplicateKey { at: place, model, key: key() },
        RowFault::NotFound => Error::NotFound { at: place, model, key: key() },
        RowFault::Stale => Error::Stale { at: place, model, key: key() },
        RowFault::Missing(column) => {
            Error::MissingField { at: format!("{place}.{}", entity.field(column).name), model }
        }
        RowFault::Unique(index) => {
            let fields = entity.indexes.get(index).map_or(&[][..], |i| i.fields);
            let columns: Vec<_> = fields.iter().map(|&c| entity.field(c).field).collect();
            Error::Unique { at: place, model, columns: columns.join(", ") }
        }
        RowFault::Vetoed(reason) => Error::Vetoed { at: place, model, reason },
        RowFault::Refused(why) => Error::provider(place, why),
    }
}
