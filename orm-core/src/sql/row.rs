//! What rows of a statement are read as.

use crate::error::{Error, Result};
use crate::model::Model;
use crate::provider::{Row, Wanted};
use crate::query::{Label, Projection, Reader};
use crate::value::{FieldType, Kind, ValueRef};
use std::fmt::Write as _;

/// What a row of a statement's result can be read as: a model or a projection (by the names of the
/// columns), a tuple of up to twelve column types (by place), or one column type.
///
/// `#[derive(Model)]` and `#[derive(Projection)]` implement it.
#[diagnostic::on_unimplemented(
    message = "a row can't be read as `{Self}`",
    label = "no type of a row",
    note = "rows are read as a model, a struct with `#[derive(Projection)]`, a tuple of up to twelve column types, \
            or a column type such as `i64` or `Option<String>`"
)]
pub trait FromRow: Sized + Send + 'static {
    /// Where in a result with columns of these names everything is.
    ///
    /// # Errors
    /// [`Error::Sql`] where the result can't be read as this.
    #[doc(hidden)]
    fn layout(names: &[&str]) -> Result<Layout>;

    /// Reads a row.
    ///
    /// # Errors
    /// When a value doesn't fit its place.
    #[doc(hidden)]
    fn read(row: &dyn Row, layout: &Layout) -> Result<Self>;
}

/// Where in a statement's result the columns are that are wanted.
#[derive(Debug)]
pub struct Layout {
    /// What each column of the result is read as.
    wanted: Vec<Wanted>,
    /// Which column of the result the n-th value is.
    places: Vec<usize>,
    /// The names of the values, in their order.
    names: Vec<Box<str>>,
    /// The same for models, whose columns have names of their own.
    labels: Vec<Label>,
}

/// A row whose values come in another order.
struct Placed<'r> {
    row: &'r dyn Row,
    places: &'r [usize],
}

impl Row for Placed<'_> {
    fn value(&self, column: usize) -> ValueRef<'_> {
        self.places.get(column).map_or(ValueRef::Null, |&place| self.row.value(place))
    }
}

impl Layout {
    pub(super) fn wanted(&self) -> Vec<Wanted> {
        self.wanted.clone()
    }

    /// By the names of a model's columns.
    ///
    /// # Errors
    /// [`Error::Sql`] where one is missing, or is there twice.
    pub fn of_model<M: Model>(names: &[&str]) -> Result<Self> {
        Self::by_name::<M>(names, 0..M::schema().fields.len())
    }

    /// By the names of the columns that a projection has.
    ///
    /// # Errors
    /// As [`of_model`](Self::of_model).
    pub fn of_projection<P: Projection>(names: &[&str]) -> Result<Self> {
        Self::by_name::<P::Model>(names, P::places())
    }

    fn by_name<M: Model>(names: &[&str], columns: impl IntoIterator<Item = usize>) -> Result<Self> {
        let schema = M::schema();
        let mut wanted = vec![Wanted::Nothing; names.len()];
        let (mut places, mut labels) = (Vec::new(), Vec::new());
        for column in columns {
            let field = schema.field(column);
            let place = find(names, field.column, schema.model)?;
            wanted[place] = Wanted::Column(field.kind);
            places.push(place);
            labels.push((schema.model, field.field));
        }
        Ok(Self { wanted, places, names: Vec::new(), labels })
    }

    fn by_place(names: &[&str], kinds: &[Kind]) -> Result<Self> {
        if names.len() != kinds.len() {
            let read = match kinds.len() {
                1 => "a single value".to_owned(),
                more => format!("a tuple of {more}"),
            };
            return Err(Error::Sql(format!("{}, and {read} was asked for", described(names))));
        }
        Ok(Self {
            wanted: kinds.iter().map(|kind| Wanted::Type(*kind)).collect(),
            places: (0..kinds.len()).collect(),
            names: names.iter().map(|&name| name.into()).collect(),
            labels: Vec::new(),
        })
    }

    /// A row as a model.
    ///
    /// # Errors
    /// [`Error::Operand`] for a value that doesn't fit.
    pub fn model<M: Model>(&self, row: &dyn Row) -> Result<M> {
        M::hydrate(&Placed { row, places: &self.places })
    }

    /// A row as a projection.
    ///
    /// # Errors
    /// [`Error::Operand`] for a value that doesn't fit.
    pub fn projection<P: Projection>(&self, row: &dyn Row) -> Result<P> {
        P::read(&mut Reader::new(&Placed { row, places: &self.places }, &self.labels))
    }

    /// The value at a place.
    fn value<T: FieldType>(&self, row: &dyn Row, place: usize) -> Result<T> {
        T::from_value(row.value(place)).map_err(|mismatch| {
            let name = self.names.get(place).map_or("", |name| name);
            Error::Sql(format!("column {} of the result (`{name}`): {mismatch}", place + 1))
        })
    }
}

/// The place of the column of this name. Engines fold the case of names that aren't quoted, so it counts
/// only where there are several.
fn find(names: &[&str], column: &str, model: &str) -> Result<usize> {
    let exact: Vec<usize> = places(names, |name| name == column);
    let found =
        if exact.is_empty() { places(names, |name| name.eq_ignore_ascii_case(column)) } else { exact };
    match *found {
        [one] => Ok(one),
        [] => Err(Error::Sql(format!(
            "`{model}` is read from a column `{column}`, and {}: select it, or name it by `… AS {column}`",
            described(names)
        ))),
        _ => Err(Error::Sql(format!(
            "the result has several columns `{column}`, and `{model}` is read from one: name the others \
             otherwise, by `… AS other`"
        ))),
    }
}

fn places(names: &[&str], which: impl Fn(&str) -> bool) -> Vec<usize> {
    (0..names.len()).filter(|&place| which(names[place])).collect()
}

fn described(names: &[&str]) -> String {
    if names.is_empty() {
        return "the statement answers no columns".to_owned();
    }
    let mut out =
        format!("the result has {} column{} (", names.len(), if names.len() == 1 { "" } else { "s" });
    for (i, name) in names.iter().take(20).enumerate() {
        let _ = write!(out, "{}`{name}`", if i == 0 { "" } else { ", " });
    }
    out.push_str(if names.len() > 20 { ", …)" } else { ")" });
    out
}

impl<T: FieldType> FromRow for T {
    fn layout(names: &[&str]) -> Result<Layout> {
        Layout::by_place(names, &[T::KIND])
    }

    fn read(row: &dyn Row, layout: &Layout) -> Result<Self> {
        layout.value(row, 0)
    }
}

macro_rules! tuples {
    ($(($($name:ident $at:tt),+);)*) => { $(
        impl<$($name: FieldType),+> FromRow for ($($name,)+) {
            fn layout(names: &[&str]) -> Result<Layout> {
                Layout::by_place(names, &[$($name::KIND),+])
            }

            fn read(row: &dyn Row, layout: &Layout) -> Result<Self> {
                Ok(($(layout.value::<$name>(row, $at)?,)+))
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
    (A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7, I 8);
    (A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7, I 8, J 9);
    (A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7, I 8, J 9, K 10);
    (A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7, I 8, J 9, K 10, L 11);
}
