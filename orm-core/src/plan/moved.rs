//! Updates that move unique values in one direction.

use super::Assignment;
use crate::model::schema::EntitySchema;
use crate::value::Value;
use std::cmp::Ordering;

/// The column of unique indexes that an update by a condition adds to, and whether the records that have
/// the most in it are to be changed first, so that each value is left before another record takes it.
///
/// `None` where no unique column is added to, and where one order may not do: several such columns, or
/// other columns of their indexes, change too.
#[must_use]
pub fn moved(entity: &EntitySchema, set: &[(usize, Assignment)]) -> Option<(usize, bool)> {
    let unique = || entity.indexes.iter().filter(|index| index.unique);
    let mut added = set.iter().filter_map(|(column, how)| match how {
        Assignment::Add(value) if unique().any(|i| i.fields.contains(column)) => Some((*column, value)),
        _ => None,
    });
    let (column, value) = added.next()?;
    if added.next().is_some() {
        return None;
    }
    let assigned = |other: &usize| *other != column && set.iter().any(|(c, _)| c == other);
    if unique().any(|i| i.fields.contains(&column) && i.fields.iter().any(assigned)) {
        return None;
    }
    let sign = match value {
        Value::Int(n) => n.cmp(&0),
        Value::Float(x) => x.partial_cmp(&0.0)?,
        Value::Decimal(d) => d.units().cmp(&0),
        _ => return None,
    };
    Some((column, sign == Ordering::Greater))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::schema::{FieldSchema, IndexSchema};

    #[test]
    fn one_column_moves_in_one_direction() {
        static UNIQUE: [IndexSchema; 2] =
            [IndexSchema { fields: &[1, 2], unique: true }, IndexSchema { fields: &[4], unique: true }];
        let fields: &'static [FieldSchema] = Box::leak((0..5).map(|_| FieldSchema::BASE).collect());
        let entity = EntitySchema { fields, key: &[0], indexes: &UNIQUE, ..EntitySchema::BASE };
        let add = |column, n| (column, Assignment::Add(Value::Int(n)));
        let set = |column| (column, Assignment::Set(Value::Int(1)));
        assert_eq!(moved(&entity, &[add(1, 2)]), Some((1, true)));
        assert_eq!(moved(&entity, &[set(3), add(2, -2), add(3, 1)]), Some((2, false)));
        // Nothing unique moves; two columns do; what stands beside it changes too.
        assert_eq!(moved(&entity, &[add(3, 2), set(1)]), None);
        assert_eq!(moved(&entity, &[add(1, 1), add(4, 1)]), None);
        assert_eq!(moved(&entity, &[add(1, 1), set(2)]), None);
        assert_eq!(moved(&entity, &[add(1, 1), set(4)]), Some((1, true)));
    }
}
