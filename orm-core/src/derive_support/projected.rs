//! Which fields of a projection are which columns of its model.

use crate::model::Column;
use crate::value::FieldType;

/// A field of a projection, whose type is that of the model's column `C`.
#[diagnostic::on_unimplemented(
    message = "the model's field of this name doesn't read as `{Self}`",
    label = "not the type of the model's column",
    note = "the model has `{C}` there; a projection's field has exactly the column's type",
    note = "relations aren't columns: they are loaded by `.with(…)`, into the model itself"
)]
pub trait ProjectedFrom<C> {
    /// The column's place.
    fn place(column: C) -> usize;
}

impl<M, T: FieldType> ProjectedFrom<Column<M, T>> for T {
    fn place(column: Column<M, T>) -> usize {
        column.index
    }
}
