//! Conditions, made ready to be tested on many rows.

use super::atom::{Atom, Tuple, joinable, order, tuple};
use super::evaluate::{Scans, Source};
use super::record::Record;
use super::text::Pattern;
use crate::error::Result;
use crate::model::schema::{EntitySchema, PivotSchema, RelationKind, RelationSchema};
use crate::plan::{CompareOp, KeySet, Predicate};
use crate::provider::{Row, no_sql_condition};
use crate::value::{Kind, Value, ValueRef, keys};
use std::cmp::Ordering;
use std::collections::hash_map::Entry;
use std::collections::{HashMap, HashSet};

/// A [`Predicate`], made ready to be tested on many rows: lists are hashed and relations counted.
///
/// ```
/// use orm_core::plan::{CompareOp, Predicate};
/// use orm_core::provider::fallback::{Condition, Record};
/// use orm_core::value::Value;
/// # use orm_core::model::schema::{EntitySchema, FieldSchema, KeySource};
/// # use orm_core::value::Kind;
/// # static ITEMS: EntitySchema = EntitySchema {
/// #     name: "items", model: "Item", type_id: || std::any::TypeId::of::<()>(),
/// #     fields: &[FieldSchema { field: "id", name: "id", column: "id", kind: Kind::I64, nullable: false, default: None, ..FieldSchema::BASE }],
/// #     key: &[0], key_source: KeySource::Given, indexes: &[], relations: &[], deny_unknown_fields: false,
/// #     ..EntitySchema::BASE
/// # };
/// let over_one = Predicate::Compare { column: 0, op: CompareOp::Gt, value: Value::Int(1) };
/// let mut source = |_: &'static EntitySchema| Ok(Vec::new()); // no relations, so nothing to scan
/// let condition = Condition::new(&over_one, &ITEMS, &mut source)?;
/// assert_eq!(condition.test(&Record::from(vec![Value::Int(2)])), Some(true));
/// assert_eq!(condition.test(&Record::from(vec![Value::Null])), None);
/// # Ok::<(), orm_core::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct Condition(Test);

#[derive(Debug, Clone)]
enum Test {
    Constant(bool),
    Compare(usize, CompareOp, Value),
    Columns(usize, CompareOp, usize),
    /// The tuples; see [`tuples`] for those with NULL.
    OneOf(Vec<usize>, HashSet<Tuple>),
    Null(usize),
    Text(usize, Pattern),
    And(Vec<Test>),
    Or(Vec<Test>),
    Not(Box<Test>),
    NotTrue(Box<Test>),
    /// How many records each value of the columns leads to; those that lead to none are left out.
    Related {
        from: &'static [usize],
        counts: HashMap<Tuple, u64>,
        op: CompareOp,
        wanted: u64,
    },
    /// How many of the keys in a list are among these.
    Listed {
        column: usize,
        kind: Kind,
        keys: HashSet<Atom>,
        op: CompareOp,
        wanted: u64,
    },
}

impl Condition {
    /// Makes a predicate on `entity` ready; related entities are scanned once each.
    ///
    /// # Errors
    /// Those of the source.
    pub fn new(
        predicate: &Predicate,
        entity: &'static EntitySchema,
        source: &mut dyn Source,
    ) -> Result<Self> {
        Self::over(predicate, entity, &mut Scans::new(source))
    }

    pub(super) fn over(
        predicate: &Predicate,
        entity: &'static EntitySchema,
        scans: &mut Scans<'_>,
    ) -> Result<Self> {
        Test::new(predicate, entity, scans).map(Condition)
    }

    /// True, false or (`None`) unknown.
    #[must_use]
    pub fn test(&self, row: &dyn Row) -> Option<bool> {
        self.0.of(row)
    }

    /// Whether the row is selected: unknown is not enough.
    #[must_use]
    pub fn holds(&self, row: &dyn Row) -> bool {
        self.test(row) == Some(true)
    }
}

impl Test {
    fn new(predicate: &Predicate, entity: &'static EntitySchema, scans: &mut Scans<'_>) -> Result<Self> {
        Ok(match predicate {
            Predicate::Constant(value) => Test::Constant(*value),
            Predicate::Compare { column, op, value } => Test::Compare(*column, *op, value.clone()),
            Predicate::Columns { left, op, right } => Test::Columns(*left, *op, *right),
            Predicate::In { column, values } => {
                let columns = vec![*column];
                let set = values.iter().map(|v| vec![v.into()]);
                Test::OneOf(columns.clone(), tuples(entity, &columns, set))
            }
            Predicate::Keys { columns, keys } => {
                let set = (0..keys.len()).map(|i| key(keys, i));
                Test::OneOf(columns.to_vec(), tuples(entity, columns, set))
            }
            Predicate::Null { column } => Test::Null(*column),
            Predicate::Text { column, how, text } => Test::Text(*column, Pattern::new(*how, text)),
            Predicate::And(all) => Test::And(Test::each(all, entity, scans)?),
            Predicate::Or(any) => Test::Or(Test::each(any, entity, scans)?),
            Predicate::Not(inner) => Test::Not(Box::new(Test::new(inner, entity, scans)?)),
            Predicate::NotTrue(inner) => Test::NotTrue(Box::new(Test::new(inner, entity, scans)?)),
            Predicate::Related { relation, filter, count: (op, wanted), .. }
                if relation.kind == RelationKind::HasManyBy =>
            {
                let (&[column], &[key]) = (relation.from, relation.to) else {
                    return Ok(Test::Constant(op.holds(0.cmp(wanted))));
                };
                let target = (relation.target)();
                let condition = Condition::over(filter, target, scans)?;
                let records = scans.all(target)?;
                let keys = records.iter().filter(|r| condition.holds(*r)).map(|r| r.value(key).into());
                let (kind, keys) = (target.field(key).kind, keys.collect());
                Test::Listed { column, kind, keys, op: *op, wanted: *wanted }
            }
            Predicate::Related { relation, filter, middle, count: (op, wanted) } => Test::Related {
                from: relation.from,
                counts: counts(relation, filter, middle.as_deref(), scans)?,
                op: *op,
                wanted: *wanted,
            },
            Predicate::Sql(_) => return Err(no_sql_condition()),
        })
    }

    fn each(list: &[Predicate], entity: &'static EntitySchema, scans: &mut Scans<'_>) -> Result<Vec<Self>> {
        list.iter().map(|p| Self::new(p, entity, scans)).collect()
    }

    fn of(&self, row: &dyn Row) -> Option<bool> {
        match self {
            Test::Constant(value) => Some(*value),
            Test::Compare(column, op, value) => {
                let ordering = row.value(*column).compare(value.as_ref())?;
                Some(op.holds(ordering))
            }
            Test::Columns(left, op, right) => {
                let ordering = row.value(*left).compare(row.value(*right))?;
                Some(op.holds(ordering))
            }
            Test::OneOf(columns, set) => {
                let tuple = tuple(row, columns);
                if !set.contains(&tuple) {
                    Some(false)
                } else if tuple.contains(&Atom::Null) {
                    None
                } else {
                    Some(true)
                }
            }
            Test::Null(column) => Some(row.value(*column).is_null()),
            Test::Text(column, pattern) => match row.value(*column) {
                ValueRef::Text(text) => Some(pattern.matches(text)),
                _ => None,
            },
            Test::And(all) => {
                let mut known = Some(true);
                for test in all {
                    match test.of(row) {
                        Some(false) => return Some(false),
                        Some(true) => {}
                        None => known = None,
                    }
                }
                known
            }
            Test::Or(any) => {
                let mut known = Some(false);
                for test in any {
                    match test.of(row) {
                        Some(true) => return Some(true),
                        Some(false) => {}
                        None => known = None,
                    }
                }
                known
            }
            Test::Not(inner) => inner.of(row).map(|known| !known),
            Test::NotTrue(inner) => Some(inner.of(row) != Some(true)),
            Test::Related { from, counts, op, wanted } => {
                let found = counts.get(&tuple(row, from)).copied().unwrap_or(0);
                Some(op.holds(found.cmp(wanted)))
            }
            Test::Listed { column, kind, keys, op, wanted } => {
                let found = match row.value(*column) {
                    ValueRef::Text(text) => {
                        let list = keys::read(text, *kind);
                        list.iter().filter(|k| keys.contains(&Atom::from(k.as_ref()))).count() as u64
                    }
                    _ => 0,
                };
                Some(op.holds(found.cmp(wanted)))
            }
        }
    }
}

/// The tuples of a set, and each of them with NULL in every choice of the columns that may be NULL.
///
/// So a row whose tuple has NULL is found exactly if its other parts equal those of some tuple, which
/// makes the comparison unknown; if they equal none, it is false whatever the NULL stands for.
fn tuples(entity: &EntitySchema, columns: &[usize], set: impl Iterator<Item = Tuple>) -> HashSet<Tuple> {
    let nullable: Vec<usize> = (0..columns.len())
        .filter(|&i| {
            let field = entity.fields.get(columns[i]);
            field.is_none_or(|f| f.nullable)
        })
        .collect();
    let mut all: HashSet<Tuple> = set.collect();
    for part in nullable {
        let with_null: Vec<Tuple> = all
            .iter()
            .cloned()
            .map(|mut tuple| {
                if let Some(atom) = tuple.get_mut(part) {
                    *atom = Atom::Null;
                }
                tuple
            })
            .collect();
        all.extend(with_null);
    }
    all
}

/// Key `at` of a set.
pub(super) fn key(keys: &KeySet, at: usize) -> Tuple {
    keys.columns().iter().map(|c| c.get(at).into()).collect()
}

/// How many records that meet `filter` each value of the relation's columns leads to.
fn counts(
    relation: &'static RelationSchema,
    filter: &Predicate,
    middle: Option<&Predicate>,
    scans: &mut Scans<'_>,
) -> Result<HashMap<Tuple, u64>> {
    let target = (relation.target)();
    let condition = Condition::over(filter, target, scans)?;
    let mut found: HashMap<Tuple, u64> = HashMap::new();
    for record in scans.all(target)?.iter().filter(|r| condition.holds(*r)) {
        if let Some(key) = joinable(record, relation.to) {
            *found.entry(key).or_default() += 1;
        }
    }
    let Some(pivot) = &relation.pivot else {
        return Ok(found);
    };
    let mut through: HashMap<Tuple, u64> = HashMap::new();
    for ((from, to), _) in pairs(pivot, middle, scans)? {
        if let Some(count) = found.get(&to) {
            *through.entry(from).or_default() += count;
        }
    }
    Ok(through)
}

/// The pairs that the records of a pivot join if they meet a condition, each once however many of them
/// say so; with the one of them that has the smallest key.
pub(super) fn pairs(
    pivot: &PivotSchema,
    middle: Option<&Predicate>,
    scans: &mut Scans<'_>,
) -> Result<HashMap<(Tuple, Tuple), Record>> {
    let entity = (pivot.entity)();
    let condition = middle.map(|middle| Condition::over(middle, entity, scans)).transpose()?;
    let mut pairs: HashMap<(Tuple, Tuple), Record> = HashMap::new();
    for record in scans.all(entity)?.iter() {
        let (Some(from), Some(to)) = (joinable(record, pivot.from), joinable(record, pivot.to)) else {
            continue;
        };
        if condition.as_ref().is_some_and(|c| !c.holds(record)) {
            continue;
        }
        match pairs.entry((from, to)) {
            Entry::Vacant(vacant) => {
                vacant.insert(record.clone());
            }
            Entry::Occupied(mut kept) => {
                if by_key(entity, record, kept.get()).is_lt() {
                    kept.insert(record.clone());
                }
            }
        }
    }
    Ok(pairs)
}

/// The order of two records' keys.
pub(super) fn by_key(entity: &EntitySchema, a: &Record, b: &Record) -> Ordering {
    entity.key.iter().fold(Ordering::Equal, |ordering, &column| {
        ordering.then_with(|| order(a.value(column), b.value(column)))
    })
}
