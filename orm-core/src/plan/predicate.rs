//! Conditions on the records of one entity, with SQL's three-valued logic.

use crate::model::schema::RelationSchema;
use crate::provider::SqlStatement;
use crate::value::{KeyValues, Kind, Value, ValueList, ValueRef};
use std::ops::Range;
use std::sync::Arc;

/// A condition on records. Columns are places in the entity's fields.
///
/// Comparing with NULL is unknown; `not` keeps unknown; only records for which the whole is true are
/// selected.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Predicate {
    /// True or false for every record.
    Constant(bool),
    /// A column against a value that is not NULL.
    Compare {
        /// The column.
        column: usize,
        /// How to compare.
        op: CompareOp,
        /// What with.
        value: Value,
    },
    /// A column against another column of the same record.
    Columns {
        /// The left column.
        left: usize,
        /// How to compare.
        op: CompareOp,
        /// The right column.
        right: usize,
    },
    /// A column is in a list; an empty list is false.
    In {
        /// The column.
        column: usize,
        /// The values.
        values: Arc<ValueList>,
    },
    /// Several columns together are one of a set of tuples.
    Keys {
        /// The columns, as many as the set is wide.
        columns: &'static [usize],
        /// The tuples.
        keys: Arc<KeySet>,
    },
    /// A column is NULL. Never unknown.
    Null {
        /// The column.
        column: usize,
    },
    /// A text column matches; case-sensitive unless said.
    Text {
        /// The column.
        column: usize,
        /// How to match.
        how: TextMatch,
        /// The pattern or the part looked for.
        text: Box<str>,
    },
    /// All are true (three-valued); true when empty.
    And(Vec<Predicate>),
    /// At least one is true (three-valued); false when empty.
    Or(Vec<Predicate>),
    /// The opposite; unknown stays unknown.
    Not(Box<Predicate>),
    /// True where the inner one is false or unknown; false where it is true. Never unknown.
    NotTrue(Box<Predicate>),
    /// Counts the records that `relation` leads to and that meet `filter`. Never unknown.
    Related {
        /// The relation, of the entity that the predicate is about.
        relation: &'static RelationSchema,
        /// What the related records must meet, in terms of the target's columns.
        filter: Box<Predicate>,
        /// What the records in between must meet, in terms of the pivot's columns; only for relations
        /// that have a pivot.
        middle: Option<Box<Predicate>>,
        /// How the count is compared; "at least one" is `(Ge, 1)`, "none" is `(Eq, 0)`.
        count: (CompareOp, u64),
    },
    /// A condition in the engine's SQL, with `?` for each value and `{name}` for the column of a field. Only
    /// providers get to see it that claim [`sql`](crate::provider::Capabilities::sql).
    Sql(Arc<SqlStatement>),
}

/// A comparison of two values.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum CompareOp {
    /// Equal.
    Eq,
    /// Not equal.
    Ne,
    /// Less.
    Lt,
    /// Less or equal.
    Le,
    /// Greater.
    Gt,
    /// Greater or equal.
    Ge,
}

impl CompareOp {
    /// Whether an ordering satisfies the comparison.
    #[must_use]
    #[inline]
    pub fn holds(self, ordering: std::cmp::Ordering) -> bool {
        match self {
            CompareOp::Eq => ordering.is_eq(),
            CompareOp::Ne => ordering.is_ne(),
            CompareOp::Lt => ordering.is_lt(),
            CompareOp::Le => ordering.is_le(),
            CompareOp::Gt => ordering.is_gt(),
            CompareOp::Ge => ordering.is_ge(),
        }
    }
}

/// How a text is matched.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum TextMatch {
    /// `%` is any run, `_` any one character, `\` escapes; case-sensitive.
    Like,
    /// As `Like`, folding the ASCII letters' case.
    ILike,
    /// Contains the text.
    Contains,
    /// Starts with the text.
    StartsWith,
    /// Ends with the text.
    EndsWith,
}

impl Predicate {
    /// Whether every record meets it, whatever its content.
    #[must_use]
    pub fn is_always_true(&self) -> bool {
        match self {
            Predicate::Constant(value) => *value,
            Predicate::And(all) => all.iter().all(Predicate::is_always_true),
            Predicate::Or(any) => any.iter().any(Predicate::is_always_true),
            Predicate::Not(inner) | Predicate::NotTrue(inner) => inner.is_always_false(),
            Predicate::Related { count, .. } => *count == (CompareOp::Ge, 0),
            _ => false,
        }
    }

    /// Whether no record can meet it, whatever its content (unknown doesn't count as meeting).
    #[must_use]
    pub fn is_always_false(&self) -> bool {
        match self {
            Predicate::Constant(value) => !*value,
            Predicate::And(all) => all.iter().any(Predicate::is_always_false),
            Predicate::Or(any) => any.iter().all(Predicate::is_always_false),
            Predicate::Not(inner) | Predicate::NotTrue(inner) => inner.is_always_true(),
            Predicate::In { values, .. } => values.is_empty(),
            Predicate::Keys { keys, .. } => keys.is_empty(),
            Predicate::Related { count, .. } => *count == (CompareOp::Lt, 0),
            _ => false,
        }
    }

    /// Whether only records meet it that have a value in one of these columns. It may say no where that
    /// is so all the same.
    pub(crate) fn needs_value(&self, among: &Range<usize>) -> bool {
        match self {
            Predicate::Compare { column, .. }
            | Predicate::In { column, .. }
            | Predicate::Text { column, .. } => among.contains(column),
            Predicate::Columns { left, right, .. } => among.contains(left) || among.contains(right),
            Predicate::Keys { columns, .. } => columns.iter().any(|column| among.contains(column)),
            Predicate::And(all) => all.iter().any(|inner| inner.needs_value(among)),
            Predicate::Or(any) => any.iter().all(|inner| inner.needs_value(among)),
            Predicate::Not(inner) => match &**inner {
                Predicate::Null { column } => among.contains(column),
                // Unknown stays unknown.
                inner @ (Predicate::Compare { .. } | Predicate::Text { .. } | Predicate::Columns { .. }) => {
                    inner.needs_value(among)
                }
                _ => false,
            },
            Predicate::NotTrue(inner) => {
                matches!(&**inner, Predicate::Null { column } if among.contains(column))
            }
            Predicate::Constant(value) => !value,
            Predicate::Null { .. } | Predicate::Related { .. } | Predicate::Sql(_) => false,
        }
    }

    /// Whether SQL of the user's own is in it.
    pub(crate) fn has_sql(&self) -> bool {
        match self {
            Predicate::Sql(_) => true,
            Predicate::And(list) | Predicate::Or(list) => list.iter().any(Predicate::has_sql),
            Predicate::Not(inner) | Predicate::NotTrue(inner) => inner.has_sql(),
            Predicate::Related { filter, middle, .. } => {
                filter.has_sql() || middle.as_ref().is_some_and(|middle| middle.has_sql())
            }
            _ => false,
        }
    }

    /// The conjunction, flattened; constants are folded away.
    #[must_use]
    pub fn and(self, other: Predicate) -> Predicate {
        match (self, other) {
            (Predicate::Constant(true), p) | (p, Predicate::Constant(true)) => p,
            (Predicate::And(mut a), Predicate::And(b)) => {
                a.extend(b);
                Predicate::And(a)
            }
            (Predicate::And(mut a), p) => {
                a.push(p);
                Predicate::And(a)
            }
            (a, b) => Predicate::And(vec![a, b]),
        }
    }

    /// This, but for records that meet another condition.
    #[must_use]
    pub(crate) fn and_not(self, other: Option<Predicate>) -> Predicate {
        match other {
            Some(other) => self.and(Predicate::NotTrue(Box::new(other))),
            None => self,
        }
    }
}

/// A set of keys, column by column; the keys are distinct and no part is NULL.
#[derive(Debug, Clone, PartialEq)]
pub struct KeySet {
    columns: Vec<ValueList>,
    len: usize,
}

impl KeySet {
    /// An empty set of keys with columns of these kinds.
    #[must_use]
    pub fn new(kinds: impl IntoIterator<Item = Kind>) -> Self {
        Self { columns: kinds.into_iter().map(ValueList::new).collect(), len: 0 }
    }

    /// A set of one key.
    #[must_use]
    pub fn single(kinds: impl IntoIterator<Item = Kind>, key: &KeyValues) -> Self {
        let mut set = Self::new(kinds);
        set.push(|i| key.get(i));
        set
    }

    /// Appends a key whose parts `part` answers. A key with a NULL or a part that doesn't fit its
    /// kind equals nothing and is left out (`false`). The caller keeps keys distinct.
    pub fn push<'a>(&mut self, mut part: impl FnMut(usize) -> ValueRef<'a>) -> bool {
        self.push_parts(&mut part)
    }

    fn push_parts<'a>(&mut self, part: &mut dyn FnMut(usize) -> ValueRef<'a>) -> bool {
        let fits = (0..self.columns.len()).all(|i| {
            let value = part(i);
            !value.is_null() && self.columns[i].kind().fit(value).is_ok()
        });
        if fits {
            for (i, column) in self.columns.iter_mut().enumerate() {
                column.push(part(i));
            }
            self.len += 1;
        }
        fits
    }

    /// As [`push`](Self::push), for a key of one column.
    pub(crate) fn push_one(&mut self, value: ValueRef<'_>) -> bool {
        let [column] = self.columns.as_mut_slice() else { return false };
        let fits = !value.is_null() && column.kind().fit(value).is_ok();
        if fits {
            column.push(value);
            self.len += 1;
        }
        fits
    }

    /// The number of keys.
    #[must_use]
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// The columns of the keys.
    #[must_use]
    pub fn columns(&self) -> &[ValueList] {
        &self.columns
    }

    /// Part `column` of key `at`.
    #[must_use]
    #[inline]
    pub fn get(&self, at: usize, column: usize) -> ValueRef<'_> {
        self.columns[column].get(at)
    }
}
