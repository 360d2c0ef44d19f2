//! Indexes over columns of one entity.

use super::EntityStore;
use super::tree::{HashTree, entry};
use crate::hash::Seed;
use orm_core::value::ValueRef;

/// An index over one or several columns; rows with a NULL among them aren't in it.
#[derive(Debug, Clone)]
pub(crate) struct Index {
    pub(crate) columns: Box<[usize]>,
    /// The place in [`EntitySchema::indexes`](orm_core::model::schema::EntitySchema::indexes), if
    /// it is a unique one of those.
    pub(crate) unique: Option<usize>,
    tree: HashTree,
}

impl Index {
    pub(crate) fn new(columns: &[usize], unique: Option<usize>) -> Self {
        Self { columns: columns.into(), unique, tree: HashTree::new() }
    }

    /// An index over the live rows of a store.
    pub(crate) fn build(store: &EntityStore, columns: &[usize], unique: Option<usize>) -> Self {
        let mut index = Self::new(columns, unique);
        let mut entries = Vec::with_capacity(store.live());
        for row in store.rows() {
            entries.extend(index.stored_hash(store, row).map(|hash| entry(hash, row)));
        }
        index.tree.insert_many(entries);
        index
    }

    /// The hash of a key whose parts `part` answers by their place in the index.
    #[inline]
    pub(crate) fn hash<'v>(&self, seed: Seed, mut part: impl FnMut(usize) -> ValueRef<'v>) -> Option<u64> {
        if self.columns.len() == 1 {
            return seed.value(part(0));
        }
        seed.parts((0..self.columns.len()).map(|i| seed.value(part(i))))
    }

    /// The hash under which a stored row is, if it is in the index at all.
    #[inline]
    pub(crate) fn stored_hash(&self, store: &EntityStore, row: u32) -> Option<u64> {
        let (chunk, at) = store.place(row)?;
        let seed = store.seed();
        seed.parts(self.columns.iter().map(|&c| chunk.columns[c].hash(at, seed)))
    }

    pub(crate) fn insert(&mut self, hash: u64, row: u32) {
        self.tree.insert(hash, row);
    }

    pub(crate) fn insert_many(&mut self, entries: Vec<u64>) {
        self.tree.insert_many(entries);
    }

    pub(crate) fn remove(&mut self, hash: u64, row: u32) {
        self.tree.remove(hash, row);
    }

    /// Shows the rows under a hash, unverified, until `visit` answers `false`.
    #[inline]
    pub(crate) fn each_under(&self, hash: u64, mut visit: impl FnMut(u32) -> bool) -> bool {
        self.tree.each(hash, &mut visit)
    }

    /// Shows the rows whose columns equal the key, until `visit` answers `false`.
    #[inline]
    pub(crate) fn each<'v>(
        &self,
        store: &EntityStore,
        part: impl Fn(usize) -> ValueRef<'v>,
        mut visit: impl FnMut(u32) -> bool,
    ) -> bool {
        let Some(hash) = self.hash(store.seed(), &part) else {
            return true;
        };
        self.each_under(hash, |row| !self.matches(store, row, &part) || visit(row))
    }

    /// Whether a stored row has this key.
    #[inline]
    pub(crate) fn matches<'v>(
        &self,
        store: &EntityStore,
        row: u32,
        part: impl Fn(usize) -> ValueRef<'v>,
    ) -> bool {
        let Some((chunk, at)) = store.place(row) else {
            return false;
        };
        self.columns.iter().enumerate().all(|(i, &c)| chunk.columns[c].equals(at, part(i)))
    }

    /// The first row whose columns equal the key.
    #[inline]
    pub(crate) fn first<'v>(&self, store: &EntityStore, part: impl Fn(usize) -> ValueRef<'v>) -> Option<u32> {
        let mut found = None;
        self.each(store, part, |row| {
            found = Some(row);
            false
        });
        found
    }
}
