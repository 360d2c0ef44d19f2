//! Reading plans.

use super::{Grouping, KeySet, Lock, Predicate};
use crate::model::schema::{EntitySchema, RelationSchema};
use std::sync::Arc;

/// A read of one entity.
///
/// The work happens in this order: rows are narrowed to those that `related` leads to, then by
/// `filter`; they are ordered; the limit per parent, then `offset` and `limit` cut; what is left
/// goes out as `output` says.
#[derive(Debug, Clone, PartialEq)]
pub struct Select {
    /// The entity whose records are read.
    pub entity: &'static EntitySchema,
    /// What goes out.
    pub output: Output,
    /// Which records.
    pub filter: Predicate,
    /// Only the records that a relation leads to from a set of parents.
    pub related: Option<Related>,
    /// By what the records are ordered, most significant first. Unordered when empty.
    pub order: Vec<Sort>,
    /// How many records are left out at the start.
    pub offset: u64,
    /// How many records go out at most.
    pub limit: Option<u64>,
    /// How the records that go out are locked. Only asked of a transaction that may write, for
    /// [records](Output::Records).
    pub lock: Option<Lock>,
}

/// What a select puts out.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Output {
    /// The entity's columns in order; where a record in between ties it to the parents of
    /// [`Select::related`], followed by the parent's key, column by column, and then by [what is in
    /// between](Related::with_middle). Without one, the record's own columns have the parent's key already.
    /// A record that belongs to several of the parents goes out once for each.
    Records,
    /// These columns of each record, in this order; where [`Select::related`] is set, followed by the
    /// parent's key, column by column. Nothing else need be read.
    Columns(Vec<usize>),
    /// The entity's columns in order, followed for each of these relations by the columns of a record that
    /// it leads to: a left join. A record goes out once for each that a relation leads to; where there is
    /// none, once, with NULL in all of that one's columns. Only asked of a provider that claims
    /// [joins](crate::provider::Capabilities::joins), and without [`Select::related`] and a lock; with a
    /// limit or an offset only where no relation leads to several.
    Joined(Vec<Join>),
    /// One row of one integer: how many records there are.
    Count,
    /// One row of one bool: whether there is any record.
    Exists,
    /// For each of the [`Select::related`] parents that has any: its key, column by column, and an
    /// integer: how many records would go out for it.
    Counts,
    /// One row for each group of the records.
    Groups(Box<Grouping>),
}

/// A relation whose records go out beside those that it leads from.
#[derive(Debug, Clone, PartialEq)]
pub struct Join {
    /// The relation, from the select's entity; it has no pivot and is not over a list of keys.
    pub relation: &'static RelationSchema,
    /// What the records it leads to must meet.
    pub filter: Predicate,
    /// By what those of one record are ordered, after the [order](Select::order) of the records.
    pub order: Vec<Sort>,
}

/// Narrows a select to the records that a relation leads to.
#[derive(Debug, Clone)]
pub struct Related {
    /// The relation, whose target is the select's entity.
    pub relation: &'static RelationSchema,
    /// The parents' values of [`RelationSchema::from`].
    pub keys: Arc<KeySet>,
    /// What the records in between must meet, in terms of the pivot's columns; only for relations that
    /// have a pivot.
    pub middle: Option<Predicate>,
    /// Whether the columns of the record in between go out too, after the parent's key. Of several that
    /// tie the same two records, it is the one with the smallest key.
    pub with_middle: bool,
    /// Whether records of none of the parents may go out too, by a provider to whom that is less work: who
    /// asks leaves them out. Never where there is a pivot, or where records are counted or cut off.
    pub loose: bool,
    /// How many records are left out at the start of each parent's.
    pub offset: u64,
    /// How many records each parent gets at most.
    pub limit: Option<u64>,
}

impl PartialEq for Related {
    fn eq(&self, other: &Self) -> bool {
        std::ptr::eq(self.relation, other.relation)
            && self.keys == other.keys
            && self.middle == other.middle
            && self.with_middle == other.with_middle
            && self.loose == other.loose
            && self.offset == other.offset
            && self.limit == other.limit
    }
}

/// One term of an order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Sort {
    /// The column.
    pub column: usize,
    /// Whether the largest comes first.
    pub descending: bool,
    /// Whether NULL comes first. Unless told, NULL is smallest: first ascending, last descending.
    pub nulls_first: bool,
}

impl Related {
    /// All that a relation leads to from parents with these keys.
    #[must_use]
    pub fn all(relation: &'static RelationSchema, keys: Arc<KeySet>) -> Self {
        Self { relation, keys, middle: None, with_middle: false, loose: false, offset: 0, limit: None }
    }
}

impl Select {
    /// Whether it reads every record of its entity.
    pub(crate) fn is_everything(&self) -> bool {
        self.filter.is_always_true()
            && self.related.is_none()
            && self.limit.is_none()
            && self.offset == 0
            && self.lock.is_none()
    }

    /// All records of an entity.
    #[must_use]
    pub fn all(entity: &'static EntitySchema) -> Self {
        Self {
            entity,
            output: Output::Records,
            filter: Predicate::Constant(true),
            related: None,
            order: Vec::new(),
            offset: 0,
            limit: None,
            lock: None,
        }
    }
}
