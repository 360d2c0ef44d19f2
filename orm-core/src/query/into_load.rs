//! What closures for `with` may answer.

use super::Load;

/// Becomes a [`Load`]: a relation's field, with or without filter, order and limit, or a [`Load`].
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no relation of `{M}` that could be loaded",
    label = "expected a relation's field",
    note = "columns are always there: `with` takes relations, as in `.with(|u| u.posts)` or `.with(|u| u.posts.limit(3))`"
)]
pub trait IntoLoad<M> {
    /// The relation to be loaded.
    fn into_load(self) -> Load<M>;
}

#[diagnostic::do_not_recommend]
impl<M, L: Into<Load<M>>> IntoLoad<M> for L {
    fn into_load(self) -> Load<M> {
        self.into()
    }
}
