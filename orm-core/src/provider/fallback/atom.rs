//! Values as keys of hash maps.

use crate::provider::Row;
use crate::value::{Date, DateTime, Time, Timestamp, ValueRef};
use std::cmp::Ordering;

/// A value that hashes, with the equality of [`ValueRef::compare`]: numbers are equal as numbers,
/// whatever form they come in.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Atom {
    Null,
    Bool(bool),
    Int(i64),
    /// The bits of a float that is no integer.
    Float(u64),
    /// Units and scale of a decimal that is no integer, normalized.
    Decimal(i64, u8),
    Text(Box<str>),
    Bytes(Box<[u8]>),
    Uuid([u8; 16]),
    Date(Date),
    Time(Time),
    DateTime(DateTime),
    Timestamp(Timestamp),
}

impl From<ValueRef<'_>> for Atom {
    fn from(value: ValueRef<'_>) -> Self {
        match value {
            ValueRef::Null => Atom::Null,
            ValueRef::Bool(v) => Atom::Bool(v),
            ValueRef::Int(v) => Atom::Int(v),
            // No provider may store it, and it equals nothing.
            ValueRef::Float(v) if v.is_nan() => Atom::Null,
            // Within these bounds the cast to an integer loses nothing.
            ValueRef::Float(v) if v.fract() == 0.0 && v.abs() < 9.2e18 => Atom::Int(v as i64),
            ValueRef::Float(v) => Atom::Float(v.to_bits()),
            ValueRef::Decimal(v) => {
                let v = v.normalize();
                match v.scale() {
                    0 => Atom::Int(v.units()),
                    scale => Atom::Decimal(v.units(), scale),
                }
            }
            ValueRef::Text(v) => Atom::Text(v.into()),
            ValueRef::Bytes(v) => Atom::Bytes(v.into()),
            ValueRef::Uuid(v) => Atom::Uuid(v),
            ValueRef::Date(v) => Atom::Date(v),
            ValueRef::Time(v) => Atom::Time(v),
            ValueRef::DateTime(v) => Atom::DateTime(v),
            ValueRef::Timestamp(v) => Atom::Timestamp(v),
            // What is stored is text.
            ValueRef::Wide(_) => value.to_value().as_ref().into(),
            ValueRef::Json(v) => v.text().map_or(Atom::Null, |text| Atom::Text(text.into())),
        }
    }
}

/// The order of two values that are not NULL. Values that don't compare have some order all the same,
/// since a sort may panic without.
pub(super) fn order(a: ValueRef<'_>, b: ValueRef<'_>) -> Ordering {
    a.compare(b).unwrap_or_else(|| Atom::from(a).cmp(&Atom::from(b)))
}

/// Several values that are a key together.
pub(crate) type Tuple = Vec<Atom>;

/// The values of these columns.
pub(super) fn tuple(row: &dyn Row, columns: &[usize]) -> Tuple {
    columns.iter().map(|&c| row.value(c).into()).collect()
}

/// The values of these columns; `None` when one is NULL, so that they equal nothing.
pub(crate) fn joinable(row: &dyn Row, columns: &[usize]) -> Option<Tuple> {
    let tuple = tuple(row, columns);
    (!tuple.contains(&Atom::Null)).then_some(tuple)
}
