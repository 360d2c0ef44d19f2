//! The values of calls, for those who ask to see them. Hidden fields stay hidden.

use crate::model::schema::{EntitySchema, FieldSchema};
use crate::plan::{Assignment, Change, Output, Predicate, Select, WriteBatch};
use crate::value::{Cell, KeyValues, ValueRef};

/// How many records of a write are told, and how many values of a list.
const RECORDS: usize = 5;
const VALUES: usize = 10;

/// Gathers what is told.
struct Told(Vec<String>);

impl Told {
    fn value(&mut self, field: &FieldSchema, value: ValueRef<'_>) {
        let told = if field.hidden { "(hidden)".to_owned() } else { value.describe() };
        self.0.push(format!("{}: {told}", field.field));
    }

    fn more(&mut self, there_are: usize, told: usize, of: &str) {
        if there_are > told {
            self.0.push(format!("… {} more {of}", there_are - told));
        }
    }

    fn predicate(&mut self, entity: &'static EntitySchema, predicate: &Predicate) {
        match predicate {
            Predicate::Compare { column, value, .. } => self.value(entity.field(*column), value.as_ref()),
            Predicate::Text { column, text, .. } => self.value(entity.field(*column), ValueRef::Text(text)),
            Predicate::In { column, values } => {
                values.iter().take(VALUES).for_each(|value| self.value(entity.field(*column), value));
                self.more(values.len(), VALUES, "values");
            }
            Predicate::Keys { columns, keys } => {
                for key in 0..keys.len().min(VALUES) {
                    for (part, &column) in columns.iter().enumerate() {
                        self.value(entity.field(column), keys.get(key, part));
                    }
                }
                self.more(keys.len(), VALUES, "keys");
            }
            Predicate::And(terms) | Predicate::Or(terms) => {
                terms.iter().for_each(|term| self.predicate(entity, term));
            }
            Predicate::Not(inner) | Predicate::NotTrue(inner) => self.predicate(entity, inner),
            Predicate::Related { relation, filter, middle, .. } => {
                self.predicate((relation.target)(), filter);
                if let (Some(middle), Some(pivot)) = (middle, &relation.pivot) {
                    self.predicate((pivot.entity)(), middle);
                }
            }
            // Which columns the values of SQL are held against, and whether those may be told, nobody knows.
            Predicate::Constant(_)
            | Predicate::Columns { .. }
            | Predicate::Null { .. }
            | Predicate::Sql(_) => {}
        }
    }

    fn done(self) -> String {
        self.0.join(", ")
    }
}

/// The operands of a plan.
pub(super) fn of_plan(plan: &Select) -> String {
    let mut told = Told(Vec::new());
    told.predicate(plan.entity, &plan.filter);
    if let Some(related) = &plan.related {
        told.more(related.keys.len(), 0, "parents");
    }
    if let Output::Groups(grouping) = &plan.output
        && !matches!(grouping.having, Predicate::Constant(true))
    {
        told.0.push("a condition on the groups".to_owned());
    }
    told.done()
}

/// A key.
pub(super) fn of_key(entity: &'static EntitySchema, key: &KeyValues) -> String {
    let mut told = Told(Vec::new());
    for (part, &column) in entity.key.iter().enumerate() {
        told.value(entity.field(column), key.get(part));
    }
    told.done()
}

/// What is written, of the first records.
pub(super) fn of_batch(batch: &WriteBatch) -> String {
    let mut told = Told(Vec::new());
    for write in &batch.writes {
        let entity = write.entity;
        match &write.change {
            Change::Rows { rows, .. } => {
                for row in 0..rows.len().min(RECORDS) {
                    let mut record = Told(Vec::new());
                    for (column, field) in entity.fields.iter().enumerate() {
                        if let Cell::Given(value) = rows.cell(row, column) {
                            record.value(field, value);
                        }
                    }
                    told.0.push(format!("{} {{ {} }}", entity.model, record.done()));
                }
                told.more(rows.len(), RECORDS, "records");
            }
            Change::Delete { keys } => {
                let predicate = Predicate::Keys { columns: entity.key, keys: keys.clone().into() };
                told.predicate(entity, &predicate);
            }
            Change::DeleteWhere { filter } => told.predicate(entity, filter),
            Change::UpdateWhere { filter, set } => {
                for (column, assignment) in set {
                    let field = entity.field(*column);
                    match assignment {
                        Assignment::Set(value) => told.value(field, value.as_ref()),
                        Assignment::Add(value) => told.value(field, value.as_ref()),
                    }
                }
                told.predicate(entity, filter);
            }
            Change::Clear => {}
        }
    }
    told.done()
}
