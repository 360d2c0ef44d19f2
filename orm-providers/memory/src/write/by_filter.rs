//! Deleting and updating the records that meet a condition.

use super::Writer;
use crate::read::matching;
use crate::store::Refusal;
use orm_core::model::schema::{EntitySchema, FieldSchema};
use orm_core::plan::{Assignment, Predicate};
use orm_core::value::{Kind, Mismatch, Value, ValueRef};
use orm_core::{Error, Result};

impl Writer<'_> {
    pub(super) fn delete_where(&mut self, slot: usize, filter: &Predicate) -> u64 {
        if filter.is_always_true() {
            return self.clear(slot);
        }
        let rows = matching(self.namespace, self.namespace.at(slot), filter);
        self.expect(slot, rows.len());
        for &row in &rows {
            self.remove(slot, row);
        }
        rows.len() as u64
    }

    pub(super) fn update_where(
        &mut self,
        slot: usize,
        filter: &Predicate,
        set: &[(usize, Assignment)],
    ) -> Result<u64> {
        let schema = self.namespace.at(slot).schema;
        for (column, assignment) in set {
            check(schema, *column, assignment)?;
        }
        let rows = matching(self.namespace, self.namespace.at(slot), filter);
        let assigned = |c: usize| set.iter().any(|(column, _)| *column == c);
        let unique = self
            .namespace
            .at(slot)
            .indexes()
            .iter()
            .any(|index| index.unique.is_some() && index.columns.iter().any(|&c| assigned(c)));
        if unique && rows.len() > 1 {
            self.undo.cover(slot, self.namespace.at(slot));
            self.rewrite(slot, &rows, set)?;
            return Ok(rows.len() as u64);
        }
        self.expect(slot, rows.len());
        for &row in &rows {
            let values = assign(schema, set, |c| self.namespace.at(slot).value(row, c))?;
            let given = |c: usize| {
                let new = values.iter().find(|(column, _)| *column == c);
                new.map(|(_, value)| value.as_ref())
            };
            self.touch(slot, row, false);
            let mut old = Vec::new();
            let keep = !self.undo.is_covered(slot);
            let changed = self.namespace.at_mut(slot).update(row, given, |c, value| {
                if keep {
                    old.push((c, value.to_value()));
                }
            });
            if !old.is_empty() {
                self.undo.updated(slot, row, old);
            }
            changed.map_err(|refusal| refused(schema, refusal))?;
        }
        Ok(rows.len() as u64)
    }

    /// Updates rows of which unique columns change. They all leave the indexes before the first
    /// comes back, so that whether values are unique is judged on the outcome as a whole.
    fn rewrite(&mut self, slot: usize, rows: &[u32], set: &[(usize, Assignment)]) -> Result<()> {
        let schema = self.namespace.at(slot).schema;
        let mut after = Vec::with_capacity(rows.len());
        for &row in rows {
            self.touch(slot, row, false);
            let mut values = self.namespace.at(slot).values(row);
            for (column, value) in assign(schema, set, |c| values[c].as_ref())? {
                values[column] = value;
            }
            after.push(values);
        }
        let store = self.namespace.at_mut(slot);
        rows.iter().for_each(|&row| store.remove(row));
        for (&row, values) in rows.iter().zip(&after) {
            let value = |c: usize| values[c].as_ref();
            if let Some(place) = store.conflict(value, None, |_| true) {
                return Err(refused(schema, Refusal::Unique(place)));
            }
            store.fill(row, value).map_err(|refusal| refused(schema, refusal))?;
        }
        Ok(())
    }
}

fn refused(schema: &'static EntitySchema, refusal: Refusal) -> Error {
    let Refusal::Unique(place) = refusal else {
        return Error::TooLarge {
            at: schema.name.to_owned(),
            what: "more than 4 GiB of text in 1024 neighbouring records",
        };
    };
    Error::unique(schema, place)
}

fn operand(schema: &'static EntitySchema, field: &'static FieldSchema, mismatch: Mismatch) -> Error {
    Error::Operand { model: schema.model, column: field.field, mismatch }
}

/// Refuses what can't be assigned, whatever the records hold.
fn check(schema: &'static EntitySchema, column: usize, assignment: &Assignment) -> Result<()> {
    let field = schema.field(column);
    if schema.key.contains(&column) {
        return Err(Error::unsupported(
            "assigning to a key",
            "a record's key never changes; delete it and insert another",
        ));
    }
    let (value, number) = match assignment {
        Assignment::Set(value) => (value.as_ref(), false),
        Assignment::Add(value) => (value.as_ref(), true),
        _ => {
            return Err(Error::unsupported("this assignment", "the memory provider doesn't know it"));
        }
    };
    let numeric = field.kind.integer_range().is_some()
        || matches!(field.kind, Kind::F32 | Kind::F64 | Kind::Decimal(_));
    if number && !numeric {
        return Err(operand(schema, field, Mismatch::new(field.kind, "an addition")));
    }
    if value.is_null() && !field.nullable && !number {
        return Err(operand(schema, field, Mismatch::new(field.kind, "null")));
    }
    if !number {
        field.kind.fit(value).map_err(|mismatch| operand(schema, field, mismatch))?;
    }
    Ok(())
}

/// What the assignments make of a record. All of them see it as it was.
fn assign<'v>(
    schema: &'static EntitySchema,
    set: &[(usize, Assignment)],
    value: impl Fn(usize) -> ValueRef<'v>,
) -> Result<Vec<(usize, Value)>> {
    let mut values: Vec<(usize, Value)> = Vec::with_capacity(set.len());
    for (column, assignment) in set {
        let field = schema.field(*column);
        let new = match assignment {
            Assignment::Set(value) => field.kind.fit(value.as_ref()).ok().map(ValueRef::to_value),
            Assignment::Add(by) => add(field.kind, value(*column), by.as_ref()),
            _ => None,
        };
        let new = new.ok_or(Error::Overflow { model: schema.model, column: field.field })?;
        values.retain(|(c, _)| c != column);
        values.push((*column, new));
    }
    Ok(values)
}

/// The sum in the form of a column of `kind`; `None` when it leaves the column's range.
fn add(kind: Kind, value: ValueRef<'_>, by: ValueRef<'_>) -> Option<Value> {
    let sum = match (value, by) {
        (ValueRef::Null, _) | (_, ValueRef::Null) => return Some(Value::Null),
        (ValueRef::Int(a), ValueRef::Int(b)) => ValueRef::Int(a.checked_add(b)?),
        (ValueRef::Float(a), ValueRef::Float(b)) => ValueRef::Float(a + b),
        (ValueRef::Float(a), ValueRef::Int(b)) => ValueRef::Float(a + b as f64),
        (ValueRef::Decimal(a), ValueRef::Decimal(b)) => ValueRef::Decimal(a.checked_add(b)?),
        (ValueRef::Decimal(a), ValueRef::Int(b)) => {
            ValueRef::Decimal(a.checked_add(orm_core::value::Decimal::new(b, 0))?)
        }
        _ => return None,
    };
    kind.fit(sum).ok().map(ValueRef::to_value)
}
