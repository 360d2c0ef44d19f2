//! Groups of records and what is computed over each.

use super::{Predicate, Sort};
use crate::model::schema::{EntitySchema, FieldSchema, RelationSchema};
use crate::value::Kind;

/// Groups of the records that a select leaves, and what is computed over each.
///
/// A row per group goes out: the keys, then the aggregates. Without keys all records are one group,
/// which is there even if there are no records. NULL is a value of a key like any other: the records
/// that have it are one group.
///
/// What follows the grouping counts the columns of these rows: first they are narrowed to those for
/// which `having` is true, then ordered, then cut. Where rows are cut off, the keys break ties.
#[derive(Debug, Clone, PartialEq)]
pub struct Grouping {
    /// By what the records are grouped.
    pub keys: Vec<ColumnPath>,
    /// What is computed over each group.
    pub aggregates: Vec<Aggregate>,
    /// Which rows: only comparisons with values, `Null`, `Constant`, and `And`, `Or` and `Not` of them.
    pub having: Predicate,
    /// By what the rows are ordered, most significant first.
    pub order: Vec<Sort>,
    /// How many rows are left out at the start.
    pub offset: u64,
    /// How many rows go out at most.
    pub limit: Option<u64>,
}

/// A column of the select's entity, or of a record that relations lead to from there.
///
/// The relations lead to at most one record each: their target's columns are its key or a unique index.
/// Where there is no such record, the column is NULL.
#[derive(Debug, Clone, PartialEq)]
pub struct ColumnPath {
    /// The relations to be followed, one after another; mostly none.
    pub path: Vec<&'static RelationSchema>,
    /// The column of the entity that they lead to.
    pub column: usize,
}

/// What is computed over a group. All but the count of records leave out NULL.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Aggregate {
    /// How many records there are.
    Count,
    /// How many records have a value.
    CountOf(ColumnPath),
    /// How many different values there are.
    CountDistinct(ColumnPath),
    /// The sum; NULL where there are no values. Of integers it is 64 bits wide, of floats a 64-bit
    /// float, of decimals one of the same scale; one that doesn't fit is
    /// [`Error::Overflow`](crate::Error::Overflow), however the values come: intermediate sums don't
    /// count. Only numbers have sums.
    Sum(ColumnPath),
    /// The average as a float; NULL where there are no values. Only numbers have averages.
    Avg(ColumnPath),
    /// The least value in the order of `order_by`; NULL where there are none.
    Min(ColumnPath),
    /// The greatest value; NULL where there are none.
    Max(ColumnPath),
}

impl Grouping {
    /// Everything of these keys and aggregates.
    #[must_use]
    pub const fn new(keys: Vec<ColumnPath>, aggregates: Vec<Aggregate>) -> Self {
        let having = Predicate::Constant(true);
        Self { keys, aggregates, having, order: Vec::new(), offset: 0, limit: None }
    }

    /// The kinds of the columns that go out, where `root` is the select's entity.
    #[must_use]
    pub fn kinds(&self, root: &'static EntitySchema) -> Vec<Kind> {
        let keys = self.keys.iter().map(|key| key.field(root).kind);
        keys.chain(self.aggregates.iter().map(|aggregate| aggregate.kind(root))).collect()
    }

    /// All columns that are read.
    pub fn columns(&self) -> impl Iterator<Item = &ColumnPath> {
        self.keys.iter().chain(self.aggregates.iter().filter_map(Aggregate::column))
    }

    /// The order in which rows are cut off: as it is told, then by the keys.
    #[must_use]
    pub fn stable_order(&self) -> Vec<Sort> {
        let mut order = self.order.clone();
        for column in 0..self.keys.len() {
            if !order.iter().any(|sort| sort.column == column) {
                order.push(Sort { column, descending: false, nulls_first: true });
            }
        }
        order
    }

    /// Whether rows are cut off.
    #[must_use]
    pub fn is_cut(&self) -> bool {
        self.offset > 0 || self.limit.is_some()
    }
}

impl ColumnPath {
    /// A column of the select's own entity.
    #[must_use]
    pub const fn own(column: usize) -> Self {
        Self { path: Vec::new(), column }
    }

    /// The entity that has the column, where `root` is the select's.
    #[must_use]
    pub fn entity(&self, root: &'static EntitySchema) -> &'static EntitySchema {
        self.path.last().map_or(root, |relation| (relation.target)())
    }

    /// The column's field, where `root` is the select's entity.
    #[must_use]
    pub fn field(&self, root: &'static EntitySchema) -> &'static FieldSchema {
        self.entity(root).field(self.column)
    }
}

impl Aggregate {
    /// The column that is read, if any.
    #[must_use]
    pub const fn column(&self) -> Option<&ColumnPath> {
        match self {
            Aggregate::Count => None,
            Aggregate::CountOf(column)
            | Aggregate::CountDistinct(column)
            | Aggregate::Sum(column)
            | Aggregate::Avg(column)
            | Aggregate::Min(column)
            | Aggregate::Max(column) => Some(column),
        }
    }

    /// The kind of the result, where `root` is the select's entity.
    #[must_use]
    pub fn kind(&self, root: &'static EntitySchema) -> Kind {
        match self {
            Aggregate::Count | Aggregate::CountOf(_) | Aggregate::CountDistinct(_) => Kind::I64,
            Aggregate::Avg(_) => Kind::F64,
            Aggregate::Min(column) | Aggregate::Max(column) => column.field(root).kind,
            Aggregate::Sum(column) => match column.field(root).kind {
                Kind::F32 | Kind::F64 => Kind::F64,
                Kind::Decimal(scale) => Kind::Decimal(scale),
                _ => Kind::I64,
            },
        }
    }
}
