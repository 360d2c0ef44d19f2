//! Queries for some columns only, as tuples or small structs.

use super::{Explain, Query};
use crate::engine::Mode;
use crate::error::{Error, Result};
use crate::model::{Column, Fields, Model};
use crate::plan::{ColumnPath, Grouping, Output, Select, Sort};
use crate::provider::{Flow, Row, RowSink};
use crate::value::{FieldType, Mismatch, ValueRef};
use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;

/// Columns of `M` that are read together: one, or a tuple of up to eight.
///
/// What a closure for [`Query::select`] answers.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no choice of columns of `{M}`",
    label = "expected a column, or a tuple of up to eight columns",
    note = "name columns: `|m| m.name`, `|m| (m.id, m.name)`; relations are loaded by `.with(…)`"
)]
pub trait Selection<M>: Send + 'static {
    /// What one record reads as: the column's type, or a tuple of the columns' types.
    type Row: Send + 'static;

    /// The columns' places.
    #[doc(hidden)]
    fn places(&self, into: &mut Vec<usize>);

    /// Reads the columns in order.
    ///
    /// # Errors
    /// When a stored value doesn't fit its column's type.
    #[doc(hidden)]
    fn read(reader: &mut Reader<'_>) -> Result<Self::Row>;
}

impl<M: Model, T: FieldType> Selection<M> for Column<M, T> {
    type Row = T;

    fn places(&self, into: &mut Vec<usize>) {
        into.push(self.index);
    }

    fn read(reader: &mut Reader<'_>) -> Result<T> {
        reader.next()
    }
}

macro_rules! tuples {
    ($(($($name:ident $at:tt),+);)*) => { $(
        impl<M: Model, $($name: Selection<M>),+> Selection<M> for ($($name,)+) {
            type Row = ($($name::Row,)+);

            fn places(&self, into: &mut Vec<usize>) {
                $(self.$at.places(into);)+
            }

            fn read(reader: &mut Reader<'_>) -> Result<Self::Row> {
                Ok(($($name::read(reader)?,)+))
            }
        }
    )* };
}
tuples! {
    (A 0);
    (A 0, B 1);
    (A 0, B 1, C 2);
    (A 0, B 1, C 2, D 3);
    (A 0, B 1, C 2, D 3, E 4);
    (A 0, B 1, C 2, D 3, E 4, F 5);
    (A 0, B 1, C 2, D 3, E 4, F 5, G 6);
    (A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7);
}

/// A struct that holds some columns of a model: what [`Query::select_as`] reads. Implemented by
/// `#[derive(Projection)]`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` can't be read from a query",
    label = "no projection",
    note = "add `#[derive(Projection)] #[projection(TheModel)]` to `{Self}`"
)]
pub trait Projection: Sized + Send + 'static {
    /// The model whose columns it holds.
    type Model: Model;

    /// The columns' places, in the order of the struct's fields.
    #[doc(hidden)]
    fn places() -> Vec<usize>;

    /// Reads the columns in order.
    ///
    /// # Errors
    /// When a stored value doesn't fit its field.
    #[doc(hidden)]
    fn read(reader: &mut Reader<'_>) -> Result<Self>;
}

/// The choice of columns that a [`Projection`] makes.
#[derive(Debug, Clone, Copy)]
pub struct Projected<P>(PhantomData<fn() -> P>);

impl<P: Projection> Selection<P::Model> for Projected<P> {
    type Row = P;

    fn places(&self, into: &mut Vec<usize>) {
        into.extend(P::places());
    }

    fn read(reader: &mut Reader<'_>) -> Result<P> {
        P::read(reader)
    }
}

/// The model and the field that a column of a row is about, for messages.
pub(crate) type Label = (&'static str, &'static str);

/// Reads the columns of a row one after another, each as the type that is asked for.
pub struct Reader<'r> {
    row: &'r dyn Row,
    labels: &'r [Label],
    at: usize,
}

impl fmt::Debug for Reader<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Reader").field("at", &self.at).finish_non_exhaustive()
    }
}

impl<'r> Reader<'r> {
    pub(crate) const fn new(row: &'r dyn Row, labels: &'r [Label]) -> Self {
        Self { row, labels, at: 0 }
    }

    /// The next column.
    ///
    /// # Errors
    /// [`Error::Operand`] when the stored value is no `T`.
    #[allow(clippy::should_implement_trait, reason = "each step asks for a type of its own")]
    pub fn next<T: FieldType>(&mut self) -> Result<T> {
        let at = self.at;
        self.at += 1;
        T::from_value(self.row.value(at)).map_err(|mismatch| {
            let label = self.labels.get(at).copied();
            misread(label.unwrap_or_default(), mismatch)
        })
    }

    /// The next column, which was computed: a float that grew too large is an overflow.
    pub(super) fn number<T: FieldType>(&mut self) -> Result<T> {
        let (model, column) = self.labels.get(self.at).copied().unwrap_or_default();
        match self.row.value(self.at) {
            ValueRef::Float(x) if !x.is_finite() => Err(Error::Overflow { model, column }),
            _ => self.next(),
        }
    }

    /// As [`number`](Self::number), where NULL is `None`.
    pub(super) fn optional<T: FieldType>(&mut self) -> Result<Option<T>> {
        if self.row.value(self.at).is_null() {
            return Ok(None);
        }
        self.number().map(Some)
    }
}

#[cold]
fn misread((model, column): Label, mismatch: Mismatch) -> Error {
    Error::Operand { model, column, mismatch }
}

/// Gathers what rows read as.
pub(super) struct Rows<T> {
    pub(super) rows: Vec<T>,
    labels: Arc<[Label]>,
    read: fn(&mut Reader<'_>) -> Result<T>,
}

impl<T> Rows<T> {
    pub(super) fn new(labels: Arc<[Label]>, read: fn(&mut Reader<'_>) -> Result<T>) -> Self {
        Self { rows: Vec::new(), labels, read }
    }
}

impl<T: Send + 'static> RowSink for Rows<T> {
    fn row(&mut self, row: &dyn Row) -> Result<Flow> {
        self.rows.push((self.read)(&mut Reader::new(row, &self.labels))?);
        Ok(Flow::More)
    }
}

/// A query for some columns: made by [`Query::select`] and [`Query::select_as`].
#[must_use = "a query does nothing until it is run, for example by `get`"]
pub struct Selected<M: Model, D: Mode, S> {
    query: Query<M, D>,
    selection: S,
    distinct: bool,
}

impl<M: Model, D: Mode, S: Clone> Clone for Selected<M, D, S> {
    fn clone(&self) -> Self {
        Self { query: self.query.clone(), selection: self.selection.clone(), distinct: self.distinct }
    }
}

impl<M: Model, D: Mode, S: Selection<M>> fmt::Debug for Selected<M, D, S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let columns: Vec<_> = self.places().iter().map(|&c| M::schema().field(c).field).collect();
        f.debug_struct("Selected")
            .field("query", &self.query)
            .field("columns", &columns)
            .field("distinct", &self.distinct)
            .finish()
    }
}

impl<M: Model, D: Mode> Query<M, D> {
    /// Only these columns: `|u| u.name`, or a tuple of up to eight; nothing else is read.
    ///
    /// ```
    /// # use orm_core::prelude::*;
    /// # #[derive(Model)] struct User { #[key] id: u64, age: i32, name: String }
    /// # fn example(users: Repository<User>) -> orm_core::Result<()> {
    /// let names: Vec<String> = users.query().filter(|u| u.age.ge(18)).select(|u| u.name).get()?;
    /// let pairs: Vec<(u64, String)> = users.query().select(|u| (u.id, u.name)).get()?;
    /// # Ok(()) }
    /// ```
    pub fn select<S: Selection<M>>(self, columns: impl FnOnce(&Fields<M>) -> S) -> Selected<M, D, S> {
        Selected { query: self, selection: columns(M::fields()), distinct: false }
    }

    /// Only the columns that a struct has, which is read instead of the model.
    ///
    /// ```
    /// # use orm_core::prelude::*;
    /// # #[derive(Model)] struct User { #[key] id: u64, age: i32, name: String }
    /// #[derive(Projection)]
    /// #[projection(User)]
    /// struct Brief { id: u64, name: String }
    /// # fn example(users: Repository<User>) -> orm_core::Result<()> {
    /// let brief: Vec<Brief> = users.query().order_by(|u| u.name.asc()).select_as::<Brief>().get()?;
    /// # Ok(()) }
    /// ```
    pub fn select_as<P: Projection<Model = M>>(self) -> Selected<M, D, Projected<P>> {
        Selected { query: self, selection: Projected(PhantomData), distinct: false }
    }
}

impl<M: Model, D: Mode, S: Selection<M>> Selected<M, D, S> {
    /// Rows that are equal go out once. The order may only name selected columns then, and offset and
    /// limit count the different rows.
    pub const fn distinct(mut self) -> Self {
        self.distinct = true;
        self
    }

    fn places(&self) -> Vec<usize> {
        let mut places = Vec::new();
        self.selection.places(&mut places);
        places
    }

    /// The rows.
    ///
    /// # Errors
    /// Those of the storage; [`Error::Operand`] when a filter compares with what can't be stored;
    /// [`Error::Configuration`] where relations are to be loaded, or `distinct` rows are ordered by
    /// what isn't selected.
    pub fn get<'a>(self) -> D::Answer<'a, Result<Vec<S::Row>>> {
        D::answer(self.run())
    }

    /// The first row.
    ///
    /// # Errors
    /// As [`get`](Self::get).
    pub fn first<'a>(mut self) -> D::Answer<'a, Result<Option<S::Row>>> {
        self.query.limit = Some(self.query.limit.map_or(1, |limit| limit.min(1)));
        D::answer(async move { Ok(self.run().await?.pop()) })
    }

    /// How the rows would be read; see [`Query::explain`].
    ///
    /// # Errors
    /// As [`get`](Self::get), and as [`Query::explain`].
    pub fn explain<'a>(self) -> D::Answer<'a, Result<Explain>> {
        D::answer(async move {
            let plan = self.plan(&self.places())?;
            Explain::of(&self.query, plan).await
        })
    }

    async fn run(self) -> Result<Vec<S::Row>> {
        let schema = M::schema();
        let places = self.places();
        let plan = self.plan(&places)?;
        self.query.repository.ready().await?;
        let labels = places.iter().map(|&c| (schema.model, schema.field(c).field)).collect();
        let sink = Rows::new(labels, S::read);
        Ok(self.query.repository.session().select(&Arc::new(plan), sink).await?.rows)
    }

    fn plan(&self, places: &[usize]) -> Result<Select> {
        self.query.loads_nothing("select")?;
        if !self.distinct {
            return self.query.select_plan(Output::Columns(places.to_vec()));
        }
        // Different rows are groups by all of the columns.
        let keys = places.iter().map(|&column| ColumnPath::own(column)).collect();
        let mut grouping = Grouping::new(keys, Vec::new());
        for sort in &self.query.order {
            let Some(column) = places.iter().position(|&place| place == sort.column) else {
                return Err(Error::Configuration(format!(
                    "distinct rows are ordered by `{}`, which is not selected: a row may come from several \
                     records; select it too, or order by what is selected",
                    M::schema().field(sort.column).field
                )));
            };
            grouping.order.push(Sort { column, ..*sort });
        }
        grouping.offset = self.query.offset;
        grouping.limit = self.query.limit;
        let mut plan = self.query.select_plan(Output::Groups(Box::new(grouping)))?;
        plan.order.clear();
        (plan.offset, plan.limit) = (0, None);
        Ok(plan)
    }
}
