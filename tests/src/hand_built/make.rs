//! Rows, predicates, plans and writes in few words.

use orm_core::model::schema::EntitySchema;
use orm_core::plan::{
    Assignment, Change, CompareOp, KeySet, Output, Predicate, Related, RowWrite, Rows, Select, Sort,
    TextMatch, Write, WriteBatch,
};
use orm_core::provider::fallback::{Gather, Record};
use orm_core::provider::{Connection, Transaction};
use orm_core::value::{Kind, Value, ValueList};
use orm_core::{Error, Result};
use std::sync::Arc;

/// A value of a cell, from what a test writes down.
pub trait Plain {
    /// The value.
    fn plain(self) -> Value;
}

impl Plain for i64 {
    fn plain(self) -> Value {
        Value::Int(self)
    }
}
impl Plain for &str {
    fn plain(self) -> Value {
        Value::Text(self.into())
    }
}
impl Plain for bool {
    fn plain(self) -> Value {
        Value::Bool(self)
    }
}
impl Plain for f64 {
    fn plain(self) -> Value {
        Value::Float(self)
    }
}
/// NULL.
impl Plain for () {
    fn plain(self) -> Value {
        Value::Null
    }
}
impl Plain for Value {
    fn plain(self) -> Value {
        self
    }
}

/// A list of values: `row![1, "Ada", ()]`, where `()` is NULL.
#[macro_export]
macro_rules! row {
    ($($value:expr),* $(,)?) => {
        vec![$($crate::hand_built::Plain::plain($value)),*]
    };
}

/// A write of whole rows.
#[must_use]
pub fn write(entity: &'static EntitySchema, how: RowWrite, rows: &[Vec<Value>]) -> Write {
    let all: Vec<usize> = (0..entity.fields.len()).collect();
    write_some(entity, how, &all, rows)
}

/// A write of rows that give only these columns.
#[must_use]
pub fn write_some(
    entity: &'static EntitySchema,
    how: RowWrite,
    columns: &[usize],
    rows: &[Vec<Value>],
) -> Write {
    let mut out = Rows::new(entity);
    for values in rows {
        let row = out.push();
        for (&column, value) in columns.iter().zip(values) {
            assert!(out.set(row, column, value.as_ref()));
        }
    }
    let change = Change::Rows { how, rows: out };
    Write { entity, change }
}

/// A set of keys.
#[must_use]
pub fn keys(kinds: &[Kind], keys: &[Vec<Value>]) -> KeySet {
    let mut set = KeySet::new(kinds.iter().copied());
    for key in keys {
        set.push(|part| key[part].as_ref());
    }
    set
}

/// A column against a value.
#[must_use]
pub fn compare(column: usize, op: CompareOp, value: impl Plain) -> Predicate {
    let value = value.plain();
    Predicate::Compare { column, op, value }
}

/// A column equal to a value.
#[must_use]
pub fn equal(column: usize, value: impl Plain) -> Predicate {
    compare(column, CompareOp::Eq, value)
}

/// A column in a list.
#[must_use]
pub fn one_of(column: usize, kind: Kind, values: &[Value]) -> Predicate {
    let mut list = ValueList::new(kind);
    for value in values {
        list.push(value.as_ref());
    }
    let values = Arc::new(list);
    Predicate::In { column, values }
}

/// A text column that matches.
#[must_use]
pub fn text(column: usize, how: TextMatch, text: &str) -> Predicate {
    let text = text.into();
    Predicate::Text { column, how, text }
}

/// At least one record that `relation` of `entity` leads to meets a filter.
#[must_use]
pub fn any(entity: &'static EntitySchema, relation: usize, filter: Predicate) -> Predicate {
    related(entity, relation, filter, CompareOp::Ge, 1)
}

/// A count of the records that `relation` of `entity` leads to and that meet a filter.
#[must_use]
pub fn related(
    entity: &'static EntitySchema,
    relation: usize,
    filter: Predicate,
    op: CompareOp,
    count: u64,
) -> Predicate {
    Predicate::Related {
        relation: &entity.relations[relation],
        filter: Box::new(filter),
        middle: None,
        count: (op, count),
    }
}

/// The opposite.
#[must_use]
pub fn not(inner: Predicate) -> Predicate {
    Predicate::Not(Box::new(inner))
}

/// A plan with a filter.
#[must_use]
pub fn filtered(entity: &'static EntitySchema, filter: Predicate) -> Select {
    Select { filter, ..Select::all(entity) }
}

/// A plan of the records that `relation` of `parent` leads to from keys of one integer.
#[must_use]
pub fn led_to(parent: &'static EntitySchema, relation: usize, from: &[i64]) -> Select {
    let relation = &parent.relations[relation];
    let from: Vec<Vec<Value>> = from.iter().map(|&key| vec![Value::Int(key)]).collect();
    Select {
        related: Some(Related {
            relation,
            keys: Arc::new(keys(&[Kind::U64], &from)),
            middle: None,
            with_middle: false,
            loose: false,
            offset: 0,
            limit: None,
        }),
        ..Select::all((relation.target)())
    }
}

/// Ascending, NULL first.
#[must_use]
pub fn ascending(column: usize) -> Sort {
    Sort { column, descending: false, nulls_first: true }
}

/// Descending, NULL last.
#[must_use]
pub fn descending(column: usize) -> Sort {
    Sort { column, descending: true, nulls_first: false }
}

/// What a plan puts out.
///
/// # Errors
/// Those of the connection.
pub fn read(connection: &dyn Connection, plan: Select) -> Result<Vec<Record>> {
    let mut gather = Gather::new(width(&plan));
    connection.select(&Arc::new(plan), &mut gather)?;
    Ok(gather.rows)
}

/// What a plan puts out in a transaction.
///
/// # Errors
/// Those of the transaction.
pub fn read_in(transaction: &mut dyn Transaction, plan: Select) -> Result<Vec<Record>> {
    let mut gather = Gather::new(width(&plan));
    transaction.select(&Arc::new(plan), &mut gather)?;
    Ok(gather.rows)
}

/// The number of columns that a plan puts out.
#[must_use]
pub fn width(plan: &Select) -> usize {
    let related = plan.related.as_ref();
    let parent = related.map_or(0, |r| r.keys.columns().len());
    let between = related.filter(|r| r.with_middle).and_then(|r| r.relation.pivot.as_ref());
    let between = between.map_or(0, |pivot| (pivot.entity)().fields.len());
    match &plan.output {
        Output::Records if related.is_some_and(|r| r.relation.pivot.is_none()) => plan.entity.fields.len(),
        Output::Records => plan.entity.fields.len() + parent + between,
        Output::Columns(list) => list.len() + parent,
        Output::Counts => parent + 1,
        Output::Groups(groups) => groups.keys.len() + groups.aggregates.len(),
        _ => 1,
    }
}

/// One integer column of rows.
#[must_use]
pub fn ints(rows: &[Record], column: usize) -> Vec<i64> {
    let int = |row: &Record| match row.get(column) {
        Some(Value::Int(n)) => *n,
        _ => i64::MIN,
    };
    rows.iter().map(int).collect()
}

/// Whether an error is a row's, and which: `(write, row, fault)`.
#[must_use]
pub fn fault(error: &Error) -> Option<(usize, usize, &orm_core::error::RowFault)> {
    match error {
        Error::Row { at, fault } => Some((at.write, at.row, fault)),
        _ => None,
    }
}
/// A batch without links.
#[must_use]
pub fn batch(writes: Vec<Write>) -> WriteBatch {
    let links = Vec::new();
    WriteBatch { writes, links }
}

/// A removal by filter.
#[must_use]
pub fn delete_where(entity: &'static EntitySchema, filter: Predicate) -> Write {
    let change = Change::DeleteWhere { filter };
    Write { entity, change }
}

/// A change by filter.
#[must_use]
pub fn update_where(
    entity: &'static EntitySchema,
    filter: Predicate,
    set: Vec<(usize, Assignment)>,
) -> Write {
    let change = Change::UpdateWhere { filter, set };
    Write { entity, change }
}

/// A removal by keys of one integer.
#[must_use]
pub fn delete(entity: &'static EntitySchema, list: &[i64]) -> Write {
    let list: Vec<_> = list.iter().map(|&key| row![key]).collect();
    let keys = keys(&[Kind::U64], &list);
    Write { entity, change: Change::Delete { keys } }
}

/// Adds to a column.
#[must_use]
pub fn add(number: i64) -> Assignment {
    Assignment::Add(Value::Int(number))
}

/// A plan of all records in the order of their keys.
#[must_use]
pub fn by_key(entity: &'static EntitySchema) -> Select {
    Select { order: vec![ascending(0)], ..Select::all(entity) }
}

/// The first column of all records.
///
/// # Panics
/// When they can't be read.
#[must_use]
pub fn ids(connection: &dyn Connection, entity: &'static EntitySchema) -> Vec<i64> {
    ints(&read(connection, by_key(entity)).unwrap(), 0)
}

/// The first column of all records in a transaction.
///
/// # Panics
/// When they can't be read.
#[must_use]
pub fn ids_in(transaction: &mut dyn Transaction, entity: &'static EntitySchema) -> Vec<i64> {
    ints(&read_in(transaction, by_key(entity)).unwrap(), 0)
}
