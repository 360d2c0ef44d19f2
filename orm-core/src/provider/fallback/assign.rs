//! What an update by filter makes of a record.

use super::record::Record;
use crate::error::{Error, Result};
use crate::model::schema::EntitySchema;
use crate::plan::Assignment;
use crate::provider::Row;
use crate::value::{Decimal, Kind, Mismatch, Value};

/// A record after assignments, which all see it as it was before.
///
/// # Errors
/// [`Error::Overflow`], or [`Error::Operand`] for a value that a column doesn't take.
pub(crate) fn changed(entity: &EntitySchema, record: &Record, set: &[(usize, Assignment)]) -> Result<Record> {
    let mut values = record.to_vec();
    for (column, assignment) in set {
        let value = assigned(entity, *column, assignment, record)?;
        if let Some(cell) = values.get_mut(*column) {
            *cell = value;
        }
    }
    Ok(values.into())
}

/// What an assignment makes of a record's column.
///
/// # Errors
/// [`Error::Overflow`], or [`Error::Operand`] for a value that the column doesn't take.
fn assigned(entity: &EntitySchema, column: usize, assignment: &Assignment, record: &Record) -> Result<Value> {
    let Some(field) = entity.fields.get(column) else {
        return Err(Error::unsupported("an assignment", "there is no such column"));
    };
    let operand = |mismatch| Error::Operand { model: entity.model, column: field.field, mismatch };
    let overflow = || Error::Overflow { model: entity.model, column: field.field };
    match assignment {
        Assignment::Set(Value::Null) if !field.nullable => Err(operand(Mismatch::new(field.kind, "null"))),
        Assignment::Set(value) => {
            let value = field.kind.fit(value.as_ref()).map_err(operand)?;
            Ok(value.to_value())
        }
        Assignment::Add(delta) => {
            let sum = match (&record.value(column).to_value(), delta) {
                (Value::Null, _) => return Ok(Value::Null),
                (_, Value::Null) if field.nullable => return Ok(Value::Null),
                (Value::Int(a), Value::Int(b)) => a.checked_add(*b).map(Value::Int),
                (Value::Float(a), Value::Float(b)) => Some(Value::Float(a + b)),
                (Value::Float(a), Value::Int(b)) => Some(Value::Float(a + *b as f64)),
                (Value::Decimal(a), Value::Decimal(b)) => a.checked_add(*b).map(Value::Decimal),
                (Value::Decimal(a), Value::Int(b)) => a.checked_add(Decimal::new(*b, 0)).map(Value::Decimal),
                (_, delta) => {
                    let found = delta.as_ref().describe();
                    return Err(operand(Mismatch::new(field.kind, found)));
                }
            };
            let sum = match sum.ok_or_else(overflow)? {
                // What a column of 32 bits keeps of it.
                Value::Float(sum) if field.kind == Kind::F32 => Value::Float(f64::from(sum as f32)),
                sum => sum,
            };
            let fitting = field.kind.fit(sum.as_ref()).map_err(|_| overflow())?;
            Ok(fitting.to_value())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::schema::{FieldSchema, KeySource};

    const fn field(kind: Kind) -> FieldSchema {
        FieldSchema {
            field: "f",
            name: "f",
            column: "f",
            kind,
            nullable: false,
            default: None,
            ..FieldSchema::BASE
        }
    }

    static NUMBERS: EntitySchema = EntitySchema {
        name: "numbers",
        model: "Number",
        type_id: std::any::TypeId::of::<()>,
        fields: &[
            field(Kind::U8),
            field(Kind::I64),
            field(Kind::F32),
            field(Kind::F64),
            field(Kind::Decimal(2)),
            field(Kind::Text),
        ],
        key: &[0],
        key_source: KeySource::Given,
        indexes: &[],
        relations: &[],
        deny_unknown_fields: false,
        ..EntitySchema::BASE
    };

    fn assign(column: usize, assignment: &Assignment) -> Result<Value> {
        let record = Record::from(vec![
            Value::Int(250),
            Value::Int(-2),
            Value::Float(1.5),
            Value::Float(f64::MAX),
            Value::Decimal(Decimal::new(150, 2)),
            Value::Text("x".into()),
        ]);
        assigned(&NUMBERS, column, assignment, &record)
    }

    #[test]
    fn sums_stay_in_the_range_of_their_column() {
        let add = |column, value| assign(column, &Assignment::Add(value));
        let decimal = |units, scale| Value::Decimal(Decimal::new(units, scale));
        for (column, delta, sum) in [
            (0, Value::Int(5), Value::Int(255)),
            (0, Value::Int(-250), Value::Int(0)),
            (1, Value::Int(i64::MAX), Value::Int(i64::MAX - 2)),
            (2, Value::Float(0.1), Value::Float(f64::from(1.6_f32))),
            (2, Value::Int(2), Value::Float(3.5)),
            (3, Value::Float(f64::MIN), Value::Float(0.0)),
            (4, decimal(5, 1), decimal(200, 2)),
            (4, Value::Int(-2), decimal(-50, 2)),
        ] {
            assert_eq!(add(column, delta).ok(), Some(sum), "column {column}");
        }
        for (column, delta) in [
            (0, Value::Int(6)),
            (0, Value::Int(-251)),
            (1, Value::Int(i64::MIN)),
            (2, Value::Float(f64::MAX)),
            (3, Value::Float(f64::MAX)),
            (4, decimal(999_999_999_999_999_999, 2)),
        ] {
            let error = add(column, delta);
            assert!(matches!(error, Err(Error::Overflow { column: "f", .. })));
        }
        assert!(matches!(add(0, Value::Null), Err(Error::Operand { .. })));
        assert!(matches!(add(5, Value::Int(1)), Err(Error::Operand { .. })));
        assert!(matches!(add(9, Value::Int(1)), Err(Error::Unsupported { .. })));
    }

    #[test]
    fn what_is_set_fits_its_column() {
        let set = |column, value| assign(column, &Assignment::Set(value));
        assert_eq!(set(3, Value::Int(2)).ok(), Some(Value::Float(2.0)));
        assert!(matches!(set(0, Value::Int(256)), Err(Error::Operand { .. })));
        assert!(matches!(set(0, Value::Null), Err(Error::Operand { .. })));
        assert!(matches!(set(5, Value::Int(1)), Err(Error::Operand { .. })));
    }
}
