//! Pages by keys: each begins where another ended, however far that is from the start.

use super::Query;
use super::cursor::{Cursor, CursorFault, Fingerprint};
use crate::engine::Mode;
use crate::error::{Error, Result};
use crate::model::Model;
use crate::plan::{CompareOp, Predicate, Sort};
use crate::value::{Value, ValueRef};

/// Some consecutive records of an ordered result.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Page<M> {
    /// The records, in the order of the query.
    pub records: Vec<M>,
    /// Where the next page begins, for [`Query::page_after`]; `None` after the last record.
    pub next: Option<Cursor>,
    /// Where the previous page ends, for [`Query::page_before`]; `None` before the first record.
    pub previous: Option<Cursor>,
}

/// A side of a cursor.
#[derive(Clone, Copy, PartialEq)]
enum Side {
    After,
    Before,
}

impl<M: Model, D: Mode> Query<M, D> {
    /// The first records of the result, at most `size`, and where the next page begins.
    ///
    /// Pages are found by the values of the columns that the query is ordered by, to which the key is
    /// added, so that the last page costs no more than the first, and what is written meanwhile neither
    /// shifts records into view twice nor out of it.
    ///
    /// ```
    /// # use orm_core::prelude::*;
    /// use orm_core::query::Cursor;
    /// # #[derive(Model)] struct User { #[key] id: u64, age: i32, name: String }
    /// # fn example(users: Repository<User>) -> orm_core::Result<()> {
    /// let query = users.query().filter(|u| u.age.ge(18)).order_by(|u| u.name.asc());
    /// let first = query.clone().page(20)?;
    /// if let Some(cursor) = first.next {
    ///     let text = cursor.to_string(); // to the client and back
    ///     let second = query.page_after(&text.parse()?, 20)?;
    /// }
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// As [`get`](Self::get); [`Error::Configuration`] where `size` is 0, or the query has a limit or an
    /// offset of its own.
    pub fn page<'a>(self, size: u64) -> D::Answer<'a, Result<Page<M>>> {
        D::answer(async move {
            let paging = Paging::new::<M>(&self.order);
            let mut page = self.slice(&paging, None, Side::After, size).await?;
            page.previous = None;
            Ok(page)
        })
    }

    /// The records that follow a place, at most `size`.
    ///
    /// # Errors
    /// As [`page`](Self::page); [`Error::Cursor`] when the cursor is of another order or model.
    pub fn page_after<'a>(self, cursor: &Cursor, size: u64) -> D::Answer<'a, Result<Page<M>>> {
        self.beside(cursor, Side::After, size)
    }

    /// The records that precede a place, at most `size`; in the order of the query all the same.
    ///
    /// # Errors
    /// As [`page_after`](Self::page_after).
    pub fn page_before<'a>(self, cursor: &Cursor, size: u64) -> D::Answer<'a, Result<Page<M>>> {
        self.beside(cursor, Side::Before, size)
    }

    fn beside<'a>(self, cursor: &Cursor, side: Side, size: u64) -> D::Answer<'a, Result<Page<M>>> {
        let cursor = cursor.clone();
        D::answer(async move {
            let paging = Paging::new::<M>(&self.order);
            let cursor = paging.checked::<M>(cursor)?;
            self.slice(&paging, Some(cursor), side, size).await
        })
    }

    async fn slice(
        mut self,
        paging: &Paging,
        from: Option<Cursor>,
        side: Side,
        size: u64,
    ) -> Result<Page<M>> {
        if size == 0 || self.limit.is_some() || self.offset > 0 {
            return Err(Error::Configuration(format!(
                "a page of `{}` has at least one record, and is of a query without `limit` and `offset`",
                M::schema().model
            )));
        }
        if let Some(cursor) = &from {
            let beyond = paging.beyond(&cursor.values, side, cursor.including);
            self = self.filter_by(beyond.into());
        }
        self.order = paging.order(side);
        // One more than asked tells whether there are more.
        self.limit = Some(size.saturating_add(1));
        let mut records = self.run().await?;
        let more = records.len() as u64 > size;
        if more {
            records.pop();
        }
        if side == Side::Before {
            records.reverse();
        }
        let first = records.first().map(|record| paging.cursor(record)).transpose()?;
        let last = records.last().map(|record| paging.cursor(record)).transpose()?;
        // On the side that was come from, there is the record of the cursor, if not this one.
        let back = || from.map(|cursor| Cursor { including: true, ..cursor });
        let (next, previous) = match side {
            Side::After => (last.filter(|_| more), first.or_else(back)),
            Side::Before => (last.or_else(back), first.filter(|_| more)),
        };
        Ok(Page { records, next, previous })
    }
}

/// FNV-1a with 32 bits, which will never change.
struct Fnv(u32);

impl Fnv {
    const fn new() -> Self {
        Self(0x811c_9dc5)
    }

    fn add(&mut self, byte: u8) {
        self.0 = (self.0 ^ u32::from(byte)).wrapping_mul(0x0100_0193);
    }
}

/// An order in which no two records are equal.
pub(super) struct Paging {
    terms: Vec<Sort>,
    fingerprint: Fingerprint,
}

impl Paging {
    /// The order of a query, with the key for what else is equal.
    pub(super) fn new<M: Model>(order: &[Sort]) -> Self {
        let schema = M::schema();
        let mut terms: Vec<Sort> = Vec::new();
        let key = schema.key.iter().map(|&column| Sort { column, descending: false, nulls_first: true });
        for sort in order.iter().copied().chain(key) {
            if !terms.iter().any(|term| term.column == sort.column) {
                terms.push(sort);
            }
        }
        // By names, so that it stays the same where columns are added.
        let mut order = Fnv::new();
        for term in &terms {
            order.add(0);
            schema.field(term.column).column.bytes().for_each(|byte| order.add(byte));
            order.add(u8::from(term.descending) | u8::from(term.nulls_first) << 1);
        }
        let mut model = Fnv::new();
        schema.name.bytes().for_each(|byte| model.add(byte));
        let fingerprint = Fingerprint { model: model.0, terms: order.0 };
        Self { terms, fingerprint }
    }

    /// The terms as a side of a place is read: away from it.
    fn order(&self, side: Side) -> Vec<Sort> {
        self.terms.iter().map(|term| directed(*term, side)).collect()
    }

    /// The terms in their own direction.
    pub(super) fn terms(&self) -> Vec<Sort> {
        self.order(Side::After)
    }

    /// The place of a record.
    pub(super) fn cursor<M: Model>(&self, record: &M) -> Result<Cursor> {
        let value = |term: &Sort| {
            let value = record.value(term.column).map(ValueRef::to_value);
            value.map_err(|mismatch| {
                let field = M::schema().field(term.column).field;
                Error::Operand { model: M::schema().model, column: field, mismatch }
            })
        };
        let values: Result<Vec<Value>> = self.terms.iter().map(value).collect();
        Ok(Cursor { order: self.fingerprint, including: false, values: values? })
    }

    /// The cursor, if it is one of this order.
    fn checked<M: Model>(&self, cursor: Cursor) -> Result<Cursor> {
        let fits = |(term, value): (&Sort, &Value)| {
            let field = M::schema().field(term.column);
            if value.is_null() { field.nullable } else { field.kind.fit(value.as_ref()).is_ok() }
        };
        let model = M::schema().model;
        if cursor.order.model != self.fingerprint.model {
            return Err(CursorFault::OtherModel(model).into());
        }
        let same = cursor.order == self.fingerprint
            && cursor.values.len() == self.terms.len()
            && self.terms.iter().zip(&cursor.values).all(fits);
        if same { Ok(cursor) } else { Err(CursorFault::OtherOrder(model).into()) }
    }

    /// The records after a place.
    pub(super) fn after(&self, cursor: &Cursor) -> Predicate {
        self.beyond(&cursor.values, Side::After, false)
    }

    /// The condition that a record is on a side of a place: it is there by the first term in which it
    /// differs.
    fn beyond(&self, values: &[Value], side: Side, including: bool) -> Predicate {
        let mut any = Vec::with_capacity(self.terms.len() + 1);
        let mut equal: Vec<Predicate> = Vec::new();
        for (term, value) in self.terms.iter().zip(values) {
            if let Some(further) = further(directed(*term, side), value) {
                any.push(equal.iter().cloned().fold(Predicate::Constant(true), Predicate::and).and(further));
            }
            let column = term.column;
            equal.push(match value {
                Value::Null => Predicate::Null { column },
                value => Predicate::Compare { column, op: CompareOp::Eq, value: value.clone() },
            });
        }
        if including {
            any.push(Predicate::And(equal));
        }
        let beyond = if any.len() == 1 { any.swap_remove(0) } else { Predicate::Or(any) };
        // What an index can begin with, said apart: nothing of it comes before the first term.
        match (self.terms.first(), values.first()) {
            (Some(term), Some(value)) if self.terms.len() > 1 => {
                match not_before(directed(*term, side), value) {
                    Some(bound) => bound.and(beyond),
                    None => beyond,
                }
            }
            _ => beyond,
        }
    }
}

fn directed(term: Sort, side: Side) -> Sort {
    match side {
        Side::After => term,
        Side::Before => Sort { descending: !term.descending, nulls_first: !term.nulls_first, ..term },
    }
}

/// The records that one term puts after a value; `None` if there can be none.
fn further(term: Sort, value: &Value) -> Option<Predicate> {
    let column = term.column;
    let null = Predicate::Null { column };
    if value.is_null() {
        return term.nulls_first.then(|| Predicate::Not(Box::new(null)));
    }
    let op = if term.descending { CompareOp::Lt } else { CompareOp::Gt };
    let compared = Predicate::Compare { column, op, value: value.clone() };
    Some(if term.nulls_first { compared } else { Predicate::Or(vec![compared, null]) })
}

/// The records that one term doesn't put before a value, where that is a range.
fn not_before(term: Sort, value: &Value) -> Option<Predicate> {
    if value.is_null() || !term.nulls_first {
        return None;
    }
    let op = if term.descending { CompareOp::Le } else { CompareOp::Ge };
    Some(Predicate::Compare { column: term.column, op, value: value.clone() })
}
