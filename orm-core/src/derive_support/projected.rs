//! Which fields of a projection are which columns of its model.

use crate::model::Column;

/// A field of a model that reads as `T`: a column of that type.
#[diagnostic::on_unimplemented(
    message = "the model's field of this name doesn't read as `{T}`",
    label = "the model has another type here",
    note = "the model has `{Self}`: a projection's field has exactly the column's type",
    note = "relations aren't columns: they are loaded by `.with(…)`, into the model itself"
)]
pub trait ReadsAs<T> {
    /// The column's place.
    fn place(self) -> usize;
}

impl<M, T> ReadsAs<T> for Column<M, T> {
    fn place(self) -> usize {
        self.index
    }
}

/// The place of the column that a field of type `T` is read from.
pub fn projected<T, C: ReadsAs<T>>(column: C) -> usize {
    column.place()
}
