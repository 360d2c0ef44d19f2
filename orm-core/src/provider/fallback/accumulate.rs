//! What is computed over a group, value by value.

use super::atom::Atom;
use crate::error::{Error, Result};
use crate::model::schema::EntitySchema;
use crate::plan::{Aggregate, ColumnPath};
use crate::value::{Decimal, Kind, Value, ValueRef};
use std::cmp::Ordering;
use std::collections::HashSet;

/// Computes one [`Aggregate`] over one group, value by value: what aggregates mean, for evaluators of
/// plans.
///
/// Whole sums are kept 128 bits wide, so that only the final one can overflow, and those of floats
/// with what rounding took away.
#[derive(Debug, Clone)]
pub struct Accumulator {
    state: State,
    /// The model and the field, for messages.
    of: (&'static str, &'static str),
}

#[derive(Debug, Clone)]
enum State {
    /// Counts also NULL where that is asked.
    Count {
        found: u64,
        nulls: bool,
    },
    Distinct(HashSet<Atom>),
    Sum(Total),
    Avg(Total),
    /// The value that is `wanted` of all others.
    Best {
        wanted: Ordering,
        best: Option<Value>,
    },
}

#[derive(Debug, Clone)]
struct Total {
    kind: Kind,
    values: u64,
    whole: i128,
    float: f64,
    /// What rounding took from `float` so far.
    lost: f64,
}

impl Accumulator {
    /// Nothing so far, where `root` is the select's entity.
    #[must_use]
    pub fn new(aggregate: &Aggregate, root: &'static EntitySchema) -> Self {
        let total = |column: &ColumnPath| Total {
            kind: column.field(root).kind,
            values: 0,
            whole: 0,
            float: 0.0,
            lost: 0.0,
        };
        let state = match aggregate {
            Aggregate::Count => State::Count { found: 0, nulls: true },
            Aggregate::CountOf(_) => State::Count { found: 0, nulls: false },
            Aggregate::CountDistinct(_) => State::Distinct(HashSet::new()),
            Aggregate::Sum(column) => State::Sum(total(column)),
            Aggregate::Avg(column) => State::Avg(total(column)),
            Aggregate::Min(_) => State::Best { wanted: Ordering::Less, best: None },
            Aggregate::Max(_) => State::Best { wanted: Ordering::Greater, best: None },
        };
        let of = match aggregate.column() {
            Some(column) => (column.entity(root).model, column.field(root).field),
            None => (root.model, "count"),
        };
        Self { state, of }
    }

    /// Takes the value of one more record; any value for a count of records.
    pub fn push(&mut self, value: ValueRef<'_>) {
        match &mut self.state {
            State::Count { found, nulls } => *found += u64::from(*nulls || !value.is_null()),
            _ if value.is_null() => {}
            State::Distinct(seen) => {
                let atom = Atom::from(value);
                if !seen.contains(&atom) {
                    seen.insert(atom);
                }
            }
            State::Sum(total) | State::Avg(total) => total.add(value),
            State::Best { wanted, best } => {
                let better = best.as_ref().is_none_or(|best| value.compare(best.as_ref()) == Some(*wanted));
                if better {
                    *best = Some(value.to_value());
                }
            }
        }
    }

    /// Takes the sum of many records' whole numbers at once, or of decimals in units of the column's
    /// scale, and how many they were. Only for sums and averages.
    pub fn push_sum(&mut self, sum: i128, values: u64) {
        if let State::Sum(total) | State::Avg(total) = &mut self.state {
            total.whole += sum;
            total.values += values;
        }
    }

    /// Takes many records at once that are only counted: they have a value, or all records count.
    pub fn push_count(&mut self, values: u64) {
        if let State::Count { found, .. } = &mut self.state {
            *found += values;
        }
    }

    /// The result.
    ///
    /// # Errors
    /// [`Error::Overflow`] where a sum doesn't fit.
    pub fn finish(self) -> Result<Value> {
        let (model, column) = self.of;
        let result = match self.state {
            State::Count { found, .. } => Some(count(found)),
            State::Distinct(seen) => Some(count(seen.len() as u64)),
            State::Best { best, .. } => Some(best.unwrap_or(Value::Null)),
            State::Sum(total) | State::Avg(total) if total.values == 0 => Some(Value::Null),
            State::Sum(total) => total.sum(),
            State::Avg(total) => total.average().map(Value::Float),
        };
        result.ok_or(Error::Overflow { model, column })
    }
}

fn count(found: u64) -> Value {
    Value::Int(i64::try_from(found).unwrap_or(i64::MAX))
}

impl Total {
    fn add(&mut self, value: ValueRef<'_>) {
        self.values += 1;
        match (self.kind, value) {
            (Kind::Decimal(scale), ValueRef::Decimal(d)) => {
                self.whole += d.rescale(scale).map_or(0, |d| i128::from(d.units()));
            }
            (Kind::F32 | Kind::F64, value) => {
                let value = match value {
                    ValueRef::Float(x) => x,
                    other => other.as_raw_int().unwrap_or(0) as f64,
                };
                // Neumaier's sum: what the smaller of the two loses is kept apart.
                let sum = self.float + value;
                self.lost += if self.float.abs() >= value.abs() {
                    (self.float - sum) + value
                } else {
                    (value - sum) + self.float
                };
                self.float = sum;
            }
            (_, value) => self.whole += i128::from(value.as_raw_int().unwrap_or(0)),
        }
    }

    fn float(&self) -> Option<f64> {
        let exact = self.float + self.lost;
        // A sum that overflows loses infinitely much.
        let sum = if exact.is_finite() { exact } else { self.float };
        sum.is_finite().then_some(sum)
    }

    fn sum(&self) -> Option<Value> {
        Some(match self.kind {
            Kind::F32 | Kind::F64 => Value::Float(self.float()?),
            Kind::Decimal(scale) => {
                let units = i64::try_from(self.whole).ok()?;
                Value::Decimal(Decimal::new(units, scale).rescale(scale).ok()?)
            }
            _ => Value::Int(i64::try_from(self.whole).ok()?),
        })
    }

    fn average(&self) -> Option<f64> {
        let values = self.values as f64;
        Some(match self.kind {
            Kind::F32 | Kind::F64 => self.float()? / values,
            Kind::Decimal(scale) => self.whole as f64 / values / 10_f64.powi(i32::from(scale)),
            _ => self.whole as f64 / values,
        })
    }
}
