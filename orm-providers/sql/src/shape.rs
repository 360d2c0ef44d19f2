//! The shape of a plan: what determines its text, as bytes, and its values, in bind order.
//!
//! Everything of variable length is preceded by a tag or a count, so that two plans have one shape
//! only if they have one text. Schemas are static, so their addresses identify them.

use crate::operand::{Operand, operand, prefix_end};
use orm_core::model::schema::{EntitySchema, RelationSchema};
use orm_core::plan::{
    Aggregate, Assignment, ColumnPath, CompareOp, KeySet, Lock, LockStrength, LockWait, Output, Predicate,
    Related, Select, Sort, TextMatch,
};
use orm_core::provider::SqlBind;
use orm_core::value::{Kind, ValueList, ValueRef};
use orm_core::{Error, Result};
use std::borrow::Cow;
use std::hash::{Hash, Hasher};

/// A value on its way into a statement.
#[derive(Debug, Clone)]
pub enum Bind<'a> {
    /// A value.
    Value(ValueRef<'a>),
    /// A value of the user's own SQL, of which the engine may say what it is from where it stands.
    Open(ValueRef<'a>),
    /// A text that had to be made.
    Text(String),
    /// A pattern, as it was written.
    Pattern(TextMatch, &'a str),
    /// A whole list, bound as one.
    List(&'a ValueList),
    /// A whole set of keys, bound as one.
    Keys(&'a KeySet),
}

/// How deep conditions may nest: below the bound of every engine.
const MAX_DEPTH: usize = 128;

/// How a count of related records is compared, where that needs no counting.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Counting {
    Always,
    Never,
    Exists,
    NotExists,
    Count(CompareOp, u64),
}

pub(crate) fn counting((op, n): (CompareOp, u64)) -> Counting {
    use CompareOp as C;
    match (op, n) {
        (C::Ge, 0) => Counting::Always,
        (C::Lt, 0) => Counting::Never,
        (C::Ge, 1) | (C::Gt | C::Ne, 0) => Counting::Exists,
        (C::Lt, 1) | (C::Le | C::Eq, 0) => Counting::NotExists,
        (op, n) => Counting::Count(op, n),
    }
}

/// Whether a limit or offset per parent asks for numbered rows.
pub(crate) fn per_parent(related: Option<&Related>) -> Option<&Related> {
    related.filter(|r| r.offset > 0 || r.limit.is_some())
}

/// A writer of shapes.
#[derive(Debug)]
pub struct Shape<'k, 'p> {
    key: &'k mut Vec<u8>,
    binds: Vec<Bind<'p>>,
}

impl<'k, 'p> Shape<'k, 'p> {
    /// Begins a shape in a buffer, after what stands there: a tag that tells kinds of statements
    /// and namespaces apart.
    #[must_use]
    pub fn new(key: &'k mut Vec<u8>) -> Self {
        Self { key, binds: Vec::new() }
    }

    /// The binds, in the order of their placeholders.
    #[must_use]
    pub fn into_binds(self) -> Vec<Bind<'p>> {
        self.binds
    }

    /// Writes an entity.
    pub fn entity(&mut self, entity: &'static EntitySchema) {
        self.address(std::ptr::from_ref(entity).addr());
    }

    /// Takes a value.
    pub fn value(&mut self, value: ValueRef<'p>) {
        self.binds.push(Bind::Value(value));
    }

    fn address(&mut self, address: usize) {
        self.key.extend_from_slice(&address.to_ne_bytes());
    }

    fn number(&mut self, number: usize) {
        // Counts of columns and conditions are far below 32 bits; the cut never meets a real one.
        self.key.extend_from_slice(&(number as u32).to_ne_bytes());
    }

    /// Writes a list's kind, which some engines' placeholders name.
    fn kind(&mut self, kind: Kind) {
        kind.hash(&mut Bytes(self.key));
    }

    fn int(&mut self, number: u64) {
        let number = i64::try_from(number).unwrap_or(i64::MAX);
        self.value(ValueRef::Int(number));
    }

    /// Writes a select.
    ///
    /// # Errors
    /// When its conditions nest too deeply.
    pub fn select(&mut self, plan: &'p Select) -> Result<()> {
        self.entity(plan.entity);
        self.output(plan)?;
        match &plan.related {
            None => self.key.push(0),
            Some(related) => {
                self.key.push(1);
                self.address(std::ptr::from_ref(related.relation).addr());
                self.keys(&related.keys);
                self.key.push(u8::from(related.with_middle));
                self.middle(related.relation, related.middle.as_ref(), 0)?;
            }
        }
        self.filter(plan.entity, &plan.filter)?;
        if let Some(related) = per_parent(plan.related.as_ref()) {
            self.key.push(1 + u8::from(related.limit.is_some()));
            self.int(related.offset);
            if let Some(limit) = related.limit {
                self.int(related.offset.saturating_add(limit));
            }
        } else {
            self.key.push(0);
        }
        self.cut(&plan.order, plan.limit, plan.offset);
        self.key.push(plan.lock.map_or(0, lock_tag));
        if let Output::Groups(grouping) = &plan.output {
            let kinds = grouping.kinds(plan.entity);
            self.predicate(&|column| kinds[column], &grouping.having, 0)?;
            self.cut(&grouping.order, grouping.limit, grouping.offset);
        }
        Ok(())
    }

    /// Writes an order, a limit and an offset.
    fn cut(&mut self, order: &[Sort], limit: Option<u64>, offset: u64) {
        self.order(order);
        self.key.push(u8::from(limit.is_some()) | u8::from(offset > 0) << 1);
        if let Some(limit) = limit {
            self.int(limit);
        }
        if offset > 0 {
            self.int(offset);
        }
    }

    fn order(&mut self, order: &[Sort]) {
        self.number(order.len());
        for sort in order {
            self.number(sort.column);
            self.key.push(u8::from(sort.descending) | u8::from(sort.nulls_first) << 1);
        }
    }

    /// Writes what goes out, but for the values in it.
    fn output(&mut self, plan: &'p Select) -> Result<()> {
        match &plan.output {
            Output::Records => self.key.push(0),
            Output::Joined(joins) => {
                self.key.push(6);
                self.number(joins.len());
                for join in joins {
                    self.address(std::ptr::from_ref(join.relation).addr());
                    self.filter((join.relation.target)(), &join.filter)?;
                    self.order(&join.order);
                }
            }
            Output::Count => self.key.push(1),
            Output::Exists => self.key.push(2),
            Output::Columns(columns) => {
                self.key.push(3);
                self.number(columns.len());
                columns.iter().for_each(|&column| self.number(column));
            }
            Output::Counts => self.key.push(4),
            Output::Groups(grouping) => {
                self.key.push(5);
                self.number(grouping.keys.len());
                grouping.keys.iter().for_each(|key| self.path(key));
                self.number(grouping.aggregates.len());
                for aggregate in &grouping.aggregates {
                    self.key.push(aggregate_tag(aggregate)?);
                    aggregate.column().into_iter().for_each(|column| self.path(column));
                }
            }
            _ => return Err(Error::unsupported("this output", "it is not known to the SQL providers")),
        }
        Ok(())
    }

    fn path(&mut self, column: &ColumnPath) {
        self.number(column.path.len());
        column.path.iter().for_each(|relation| self.address(std::ptr::from_ref(*relation).addr()));
        self.number(column.column);
    }

    /// Writes a set of keys: one key is compared, more travel as a list.
    pub fn keys(&mut self, keys: &'p KeySet) {
        self.key.push(match keys.len() {
            0 => 0,
            1 => 1,
            _ => 2,
        });
        match (keys.len(), keys.columns()) {
            (0, _) => {}
            (1, columns) => {
                for column in columns {
                    self.value(column.get(0));
                }
            }
            (_, [column]) => {
                self.kind(column.kind());
                self.binds.push(Bind::List(column));
            }
            (_, columns) => {
                columns.iter().for_each(|column| self.kind(column.kind()));
                self.binds.push(Bind::Keys(keys));
            }
        }
    }

    /// Writes assignments.
    ///
    /// # Errors
    /// When a value doesn't fit its column.
    pub fn assignments(
        &mut self,
        entity: &'static EntitySchema,
        set: &'p [(usize, Assignment)],
    ) -> Result<()> {
        self.number(set.len());
        for (column, assignment) in set {
            self.number(*column);
            let field = entity.field(*column);
            let (tag, value, kind) = match assignment {
                Assignment::Set(value) => (0, value, field.kind),
                Assignment::Add(value) => (1, value, addend(field.kind)?),
                _ => return Err(Error::unsupported("this assignment", "it is not known")),
            };
            self.key.push(tag);
            let value = kind.fit(value.as_ref()).map_err(|mismatch| Error::Operand {
                model: entity.model,
                column: field.field,
                mismatch,
            })?;
            self.value(value);
        }
        Ok(())
    }

    /// Writes a condition on an entity.
    ///
    /// # Errors
    /// When it nests too deeply.
    pub fn filter(&mut self, entity: &'static EntitySchema, filter: &'p Predicate) -> Result<()> {
        self.predicate(&|column| entity.field(column).kind, filter, 0)
    }

    /// Writes the condition on the records between two others.
    fn middle(
        &mut self,
        relation: &'static RelationSchema,
        middle: Option<&'p Predicate>,
        depth: usize,
    ) -> Result<()> {
        match (&relation.pivot, middle) {
            (Some(pivot), Some(middle)) => {
                self.key.push(1);
                let between = (pivot.entity)();
                self.predicate(&|column| between.field(column).kind, middle, depth)
            }
            _ => {
                self.key.push(0);
                Ok(())
            }
        }
    }

    /// Writes a condition on columns of these kinds.
    fn predicate(
        &mut self,
        kind: &dyn Fn(usize) -> Kind,
        predicate: &'p Predicate,
        depth: usize,
    ) -> Result<()> {
        if depth > MAX_DEPTH {
            return Err(Error::unsupported(
                "a filter that nests this deeply",
                "conditions nest at most 128 levels; use one `all` or `any` of many instead",
            ));
        }
        match predicate {
            Predicate::Constant(value) => self.key.push(u8::from(*value)),
            Predicate::Compare { column, op, value } => {
                match operand(kind(*column), *op, value) {
                    Operand::Compare(op, value) => {
                        self.key.extend_from_slice(&[2, op as u8]);
                        self.value(value);
                    }
                    Operand::Never => self.key.push(3),
                    Operand::Always => self.key.push(4),
                }
                self.number(*column);
            }
            Predicate::Columns { left, op, right } => {
                self.key.extend_from_slice(&[5, *op as u8]);
                self.number(*left);
                self.number(*right);
            }
            Predicate::In { column, values } => {
                self.key.push(6);
                self.number(*column);
                match values.len() {
                    0 => self.key.push(0),
                    1 => {
                        self.key.push(1);
                        self.value(values.get(0));
                    }
                    _ => {
                        self.key.push(2);
                        self.kind(values.kind());
                        self.binds.push(Bind::List(values));
                    }
                }
            }
            Predicate::Keys { columns, keys } => {
                self.key.push(7);
                self.number(columns.len());
                for column in *columns {
                    self.number(*column);
                }
                self.keys(keys);
            }
            Predicate::Null { column } => {
                self.key.push(8);
                self.number(*column);
            }
            Predicate::Text { column, how, text } => {
                self.key.extend_from_slice(&[9, *how as u8]);
                self.number(*column);
                match how {
                    TextMatch::Like | TextMatch::ILike => self.binds.push(Bind::Pattern(*how, text)),
                    _ => self.value(ValueRef::Text(text)),
                }
                if *how == TextMatch::StartsWith {
                    let end = prefix_end(text);
                    self.key.push(u8::from(end.is_some()));
                    self.binds.extend(end.map(Bind::Text));
                }
            }
            Predicate::And(terms) | Predicate::Or(terms) => {
                self.key.push(10 + u8::from(matches!(predicate, Predicate::Or(_))));
                self.number(terms.len());
                for term in terms {
                    self.predicate(kind, term, depth + 1)?;
                }
            }
            Predicate::Not(inner) => {
                self.key.push(12);
                self.predicate(kind, inner, depth + 1)?;
            }
            Predicate::NotTrue(inner) => {
                self.key.push(13);
                self.predicate(kind, inner, depth + 1)?;
            }
            Predicate::Related { relation, filter, middle, count } => {
                self.key.push(14);
                self.address(std::ptr::from_ref(*relation).addr());
                let (tag, op) = match counting(*count) {
                    Counting::Never => (0, 0),
                    Counting::Always => (1, 0),
                    Counting::Exists => (2, 0),
                    Counting::NotExists => (3, 0),
                    Counting::Count(op, _) => (4, op as u8),
                };
                self.key.extend_from_slice(&[tag, op]);
                if tag >= 2 {
                    self.middle(relation, middle.as_deref(), depth + 1)?;
                    let target = (relation.target)();
                    self.predicate(&|column| target.field(column).kind, filter, depth + 1)?;
                }
                if let Counting::Count(_, n) = counting(*count) {
                    self.int(n);
                }
            }
            Predicate::Sql(condition) => {
                self.key.push(15);
                self.number(condition.text.len());
                self.key.extend_from_slice(condition.text.as_bytes());
                self.number(condition.binds.len());
                for bind in &condition.binds {
                    match bind {
                        SqlBind::Value(value, kind) => {
                            self.key.push(u8::from(value.is_null()));
                            self.kind(*kind);
                            self.binds.push(Bind::Open(value.as_ref()));
                        }
                        SqlBind::List(values) => {
                            self.key.push(2);
                            self.kind(values.kind());
                            self.binds.push(Bind::List(values));
                        }
                    }
                }
            }
            _ => return Err(unknown()),
        }
        Ok(())
    }
}

/// Takes what a value hashes as it is.
struct Bytes<'k>(&'k mut Vec<u8>);

impl Hasher for Bytes<'_> {
    fn write(&mut self, bytes: &[u8]) {
        self.0.extend_from_slice(bytes);
    }

    fn finish(&self) -> u64 {
        0
    }
}

/// The kind of what is added to a column of `kind`: it may be negative where the column may not.
fn addend(kind: Kind) -> Result<Kind> {
    match kind {
        Kind::F32 | Kind::F64 => Ok(Kind::F64),
        Kind::Decimal(_) => Ok(kind),
        _ if kind.integer_range().is_some() => Ok(Kind::I64),
        _ => Err(Error::unsupported("adding to this column", "only integers, decimals and floats have sums")),
    }
}

/// A number for each lock; 0 is none.
fn lock_tag(lock: Lock) -> u8 {
    let share = u8::from(lock.strength == LockStrength::Share);
    let wait = match lock.wait {
        LockWait::Skip => 2,
        LockWait::Fail => 3,
        _ => 1,
    };
    share << 4 | wait
}

fn aggregate_tag(aggregate: &Aggregate) -> Result<u8> {
    Ok(match aggregate {
        Aggregate::Count => 0,
        Aggregate::CountOf(_) => 1,
        Aggregate::CountDistinct(_) => 2,
        Aggregate::Sum(_) => 3,
        Aggregate::Avg(_) => 4,
        Aggregate::Min(_) => 5,
        Aggregate::Max(_) => 6,
        _ => return Err(Error::unsupported("this aggregate", "it is not known to the SQL providers")),
    })
}

pub(crate) fn unknown() -> Error {
    Error::unsupported("this condition", "it is not known to the SQL providers")
}

/// The texts of a plan's binds, for messages and tests.
#[must_use]
pub fn describe(bind: &Bind<'_>) -> Cow<'static, str> {
    match bind {
        Bind::Value(value) | Bind::Open(value) => Cow::Owned(value.describe()),
        Bind::Text(text) => Cow::Owned(ValueRef::Text(text).describe()),
        Bind::Pattern(_, text) => Cow::Owned(ValueRef::Text(text).describe()),
        Bind::List(list) => Cow::Owned(format!("{} values", list.len())),
        Bind::Keys(keys) => Cow::Owned(format!("{} keys", keys.len())),
    }
}
