//! Predicates made ready to be tried on rows: operands in the columns' form, sets as tables.

use super::counts::KeyCounts;
use super::semi_join::{self, Condition, Lookup};
use super::text::Matcher;
use crate::namespace::Namespace;
use crate::store::EntityStore;
use orm_core::plan::{CompareOp, KeySet, Predicate};
use orm_core::value::{Class, Kind, ValueRef};

/// A predicate, prepared for the rows of one store.
#[derive(Debug)]
pub(super) enum Test<'a> {
    Constant(bool),
    /// An integer in an inclusive range, or outside of it.
    Range {
        column: usize,
        low: i64,
        high: i64,
        outside: bool,
    },
    Float {
        column: usize,
        op: CompareOp,
        value: f64,
    },
    /// Any other comparison.
    Compare {
        column: usize,
        op: CompareOp,
        value: ValueRef<'a>,
    },
    Columns {
        left: usize,
        op: CompareOp,
        right: usize,
    },
    /// Columns together in a set. Where some are NULL the rest decides between unknown and false,
    /// by a set for each pattern of NULLs.
    In {
        columns: Vec<usize>,
        set: KeyCounts,
        with_nulls: Vec<(Vec<usize>, KeyCounts)>,
    },
    Null {
        column: usize,
    },
    Text {
        column: usize,
        matcher: Matcher,
    },
    And(Vec<Test<'a>>),
    Or(Vec<Test<'a>>),
    Not(Box<Test<'a>>),
    NotTrue(Box<Test<'a>>),
    /// Related records, counted beforehand.
    Counted {
        from: &'static [usize],
        counts: KeyCounts,
        count: (CompareOp, u64),
    },
    /// Related records by a list of their keys.
    Listed {
        column: usize,
        kind: Kind,
        keys: KeyCounts,
        count: (CompareOp, u64),
    },
    /// Related records, looked up for each row.
    Lookup(Box<Lookup<'a>>),
}

impl Test<'_> {
    /// The column that is asked first.
    pub(super) fn column(&self) -> Option<usize> {
        match self {
            Test::Range { column, .. }
            | Test::Float { column, .. }
            | Test::Compare { column, .. }
            | Test::Null { column }
            | Test::Text { column, .. } => Some(*column),
            Test::And(terms) | Test::Or(terms) => terms.first()?.column(),
            Test::Not(inner) | Test::NotTrue(inner) => inner.column(),
            _ => None,
        }
    }
}

/// Whether a predicate leads to other entities, which is dear.
pub(super) fn is_dear(predicate: &Predicate) -> bool {
    match predicate {
        Predicate::Related { .. } => true,
        Predicate::And(terms) | Predicate::Or(terms) => terms.iter().any(is_dear),
        Predicate::Not(inner) | Predicate::NotTrue(inner) => is_dear(inner),
        _ => false,
    }
}

/// Whether a count satisfies a condition.
pub(super) fn counts_hold((op, wanted): (CompareOp, u64), count: u64) -> bool {
    op.holds(count.cmp(&wanted))
}

/// Prepares a predicate that about `rows` rows will be tried on.
pub(super) fn prepare<'a>(
    namespace: &'a Namespace,
    store: &'a EntityStore,
    predicate: &'a Predicate,
    rows: usize,
) -> Test<'a> {
    let all = |terms: &'a [Predicate]| {
        let mut terms: Vec<&Predicate> = terms.iter().collect();
        // What is cheap first, so that what is dear is asked of fewer rows.
        terms.sort_by_key(|term| cost(term));
        terms.into_iter().map(|term| prepare(namespace, store, term, rows)).collect()
    };
    let kind = |column: usize| store.schema.fields[column].kind;
    match predicate {
        Predicate::Constant(value) => Test::Constant(*value),
        Predicate::Compare { column, op, value } => compare(*column, kind(*column), *op, value.as_ref()),
        Predicate::Columns { left, op, right } => Test::Columns { left: *left, op: *op, right: *right },
        Predicate::In { column, values } => {
            let mut set = KeyCounts::new(store.seed(), 1);
            for value in values.iter() {
                set.add(|_| kind(*column).fit(value).unwrap_or(ValueRef::Null), 1);
            }
            if values.is_empty() {
                return Test::Constant(false);
            }
            Test::In { columns: vec![*column], set, with_nulls: Vec::new() }
        }
        Predicate::Keys { columns, keys } => in_keys(store, columns, keys),
        Predicate::Null { column } => Test::Null { column: *column },
        Predicate::Text { column, how, text } => match kind(*column) {
            Kind::Text => Test::Text { column: *column, matcher: Matcher::new(*how, text) },
            // The core matches text columns only.
            _ => Test::Constant(false),
        },
        Predicate::And(terms) => Test::And(all(terms)),
        Predicate::Or(terms) => Test::Or(all(terms)),
        Predicate::Not(inner) => Test::Not(Box::new(prepare(namespace, store, inner, rows))),
        Predicate::NotTrue(inner) => Test::NotTrue(Box::new(prepare(namespace, store, inner, rows))),
        Predicate::Related { relation, filter, middle, count } => {
            let condition = Condition { relation, filter, middle: middle.as_deref(), count: *count };
            semi_join::prepare(namespace, &condition, rows)
        }
        // The enum may grow; what isn't known here holds for no row.
        _ => Test::Constant(false),
    }
}

fn cost(predicate: &Predicate) -> u32 {
    match predicate {
        Predicate::Constant(_) => 0,
        Predicate::Null { .. } | Predicate::Compare { .. } => 1,
        Predicate::Columns { .. } => 2,
        Predicate::In { .. } | Predicate::Keys { .. } => 3,
        Predicate::Text { .. } => 5,
        Predicate::And(terms) | Predicate::Or(terms) => terms.iter().map(cost).sum(),
        Predicate::Not(inner) | Predicate::NotTrue(inner) => cost(inner),
        _ => 1000,
    }
}

fn compare(column: usize, kind: Kind, op: CompareOp, value: ValueRef<'_>) -> Test<'_> {
    let fitted = kind.fit(value);
    match (kind.class(), fitted.ok().and_then(ValueRef::as_raw_int)) {
        (Class::Int, Some(raw)) => return range(column, op, raw),
        // An integer beyond the column's range compares all the same.
        (Class::Int, None) => {
            if let (ValueRef::Int(raw), Some(_)) = (value, kind.integer_range()) {
                return range(column, op, raw);
            }
        }
        (Class::Float, _) => match value {
            ValueRef::Float(value) => return Test::Float { column, op, value },
            ValueRef::Int(value) => {
                let value = value as f64;
                return Test::Float { column, op, value };
            }
            _ => {}
        },
        (Class::Text, _) => {
            if let ValueRef::Text(text) = value {
                let matcher = Matcher::equals(text);
                match op {
                    CompareOp::Eq => return Test::Text { column, matcher },
                    CompareOp::Ne => return Test::Not(Box::new(Test::Text { column, matcher })),
                    _ => {}
                }
            }
        }
        _ => {}
    }
    Test::Compare { column, op, value }
}

fn range<'a>(column: usize, op: CompareOp, raw: i64) -> Test<'a> {
    // An empty range has its low end above its high end.
    const EMPTY: (i64, i64) = (1, 0);
    let (low, high) = match op {
        CompareOp::Eq | CompareOp::Ne => (raw, raw),
        CompareOp::Lt => raw.checked_sub(1).map_or(EMPTY, |high| (i64::MIN, high)),
        CompareOp::Le => (i64::MIN, raw),
        CompareOp::Gt => raw.checked_add(1).map_or(EMPTY, |low| (low, i64::MAX)),
        CompareOp::Ge => (raw, i64::MAX),
    };
    Test::Range { column, low, high, outside: op == CompareOp::Ne }
}

fn in_keys<'a>(store: &EntityStore, columns: &[usize], keys: &KeySet) -> Test<'a> {
    if keys.is_empty() {
        return Test::Constant(false);
    }
    let fields = store.schema.fields;
    let kinds: Vec<Kind> = columns.iter().map(|&c| fields[c].kind).collect();
    let all: Vec<usize> = (0..columns.len()).collect();
    let set = KeyCounts::of_set(store.seed(), keys, &kinds, &all);
    let nullable = |i: &usize| fields[columns[*i]].nullable;
    let mut with_nulls = Vec::new();
    // Composite keys have two to four columns; where somebody has many more, a NULL is unknown.
    if columns.len() > 1 && columns.len() <= 6 && all.iter().any(nullable) {
        for pattern in 1..(1_u32 << columns.len()) - 1 {
            let given: Vec<usize> = all.iter().copied().filter(|i| pattern >> i & 1 == 1).collect();
            if all.iter().all(|i| given.contains(i) || nullable(i)) {
                let counts = KeyCounts::of_set(store.seed(), keys, &kinds, &given);
                with_nulls.push((given, counts));
            }
        }
    }
    Test::In { columns: columns.to_vec(), set, with_nulls }
}
