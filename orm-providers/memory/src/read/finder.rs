//! Finding the rows of a store by the values of some columns.

use crate::store::EntityStore;
use crate::store::index::Index;
use orm_core::value::ValueRef;
use std::borrow::Cow;

/// An index and the way to ask it in another order of columns.
#[derive(Debug)]
pub(super) struct Finder<'a> {
    pub(super) store: &'a EntityStore,
    index: Cow<'a, Index>,
    /// For each column of the index, its place among the columns that are asked for.
    order: Vec<usize>,
}

impl<'a> Finder<'a> {
    fn new(store: &'a EntityStore, index: Cow<'a, Index>, columns: &[usize]) -> Self {
        let place = |c: &usize| columns.iter().position(|other| other == c).unwrap_or(0);
        let order = index.columns.iter().map(place).collect();
        Self { store, index, order }
    }

    /// By an index that there is.
    pub(super) fn indexed(store: &'a EntityStore, columns: &[usize]) -> Option<Self> {
        let index = store.index_over(columns)?;
        Some(Self::new(store, Cow::Borrowed(index), columns))
    }

    /// By an index that there is, or one made for the occasion.
    pub(super) fn any(store: &'a EntityStore, columns: &[usize]) -> Self {
        Self::indexed(store, columns).unwrap_or_else(|| {
            let index = Index::build(store, columns, None);
            Self::new(store, Cow::Owned(index), columns)
        })
    }

    /// The columns of the index.
    pub(super) fn columns(&self) -> &[usize] {
        &self.index.columns
    }

    /// Whether at most one row has the same values.
    pub(super) fn is_unique(&self) -> bool {
        self.index.unique.is_some() || *self.index.columns == *self.store.schema.key
    }

    /// Shows the rows with these values until `visit` answers `false`; the answer is whether all
    /// were seen.
    #[inline]
    pub(super) fn each<'v>(
        &self,
        part: impl Fn(usize) -> ValueRef<'v>,
        visit: impl FnMut(u32) -> bool,
    ) -> bool {
        self.index.each(self.store, |i| part(self.order[i]), visit)
    }
}
