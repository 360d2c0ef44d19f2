//! The records of one entity: chunks of typed columns and the indexes over them.

pub(crate) mod bits;
pub(crate) mod bulk;
pub(crate) mod chunk;
mod chunks;
pub(crate) mod column;
pub(crate) mod index;
pub(crate) mod packed;
mod tree;

use crate::hash::Seed;
use bits::{CHUNK, Mask};
use chunk::Chunk;
use chunks::Chunks;
use index::Index;
use orm_core::model::schema::EntitySchema;
use orm_core::value::{Value, ValueRef};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

/// Why a store doesn't take a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// Another row has the same values in this index of the schema.
    Unique(usize),
    /// The packed text of a chunk outgrows what its ranges address.
    Full,
    /// This column has no value and needs one.
    Missing(usize),
}

/// The records of one entity. A clone shares everything until one of the two is written.
#[derive(Debug, Clone)]
pub(crate) struct EntityStore {
    pub(crate) schema: &'static EntitySchema,
    /// The column of the key, where it is one of integers.
    int_key: Option<usize>,
    seed: Seed,
    chunks: Chunks,
    /// Chunks that may have deleted rows, which are used again.
    holes: Vec<u32>,
    live: usize,
    /// The first is the key's.
    indexes: Vec<Index>,
    /// The next key the storage makes. Shared by all snapshots, so that no two transactions make
    /// the same one.
    next_key: Arc<AtomicI64>,
    /// The largest key that records stated, also those that are gone; 0 where none did.
    stated: i64,
    run: Run,
}

/// Integer keys that were stored in order, one after the other from the first row on, as most are. Where
/// such a key is to be expected costs less than looking into the index. It may not be there any more.
#[derive(Debug, Clone, Copy, Default)]
struct Run {
    first: i64,
    length: u32,
}

impl Run {
    /// A row was written for the first time, or again, with this key.
    #[inline]
    fn note(&mut self, row: u32, key: i64) {
        if row != self.length {
            return;
        }
        if row == 0 {
            self.first = key;
        }
        if self.first.checked_add(i64::from(row)) == Some(key) {
            self.length += 1;
        }
    }
}

impl EntityStore {
    pub(crate) fn new(schema: &'static EntitySchema, seed: Seed) -> Self {
        let mut indexes = vec![Index::new(schema.key, None)];
        for (place, index) in schema.indexes.iter().enumerate() {
            indexes.push(Index::new(index.fields, index.unique.then_some(place)));
        }
        let int_key = match schema.key {
            &[column] => schema.fields[column].kind.integer_range().map(|_| column),
            _ => None,
        };
        Self {
            schema,
            int_key,
            seed,
            chunks: Chunks::default(),
            holes: Vec::new(),
            live: 0,
            indexes,
            next_key: Arc::new(AtomicI64::new(1)),
            stated: 0,
            run: Run::default(),
        }
    }

    /// The same entity without its records.
    pub(crate) fn emptied(&self) -> Self {
        let indexes = self.indexes.iter();
        Self {
            schema: self.schema,
            int_key: self.int_key,
            seed: self.seed,
            chunks: Chunks::default(),
            holes: Vec::new(),
            live: 0,
            indexes: indexes.map(|i| Index::new(&i.columns, i.unique)).collect(),
            next_key: Arc::clone(&self.next_key),
            stated: self.stated,
            run: Run::default(),
        }
    }

    #[inline]
    pub(crate) fn seed(&self) -> Seed {
        self.seed
    }

    /// The number of records.
    #[inline]
    pub(crate) fn live(&self) -> usize {
        self.live
    }

    pub(crate) fn chunks(&self) -> &Chunks {
        &self.chunks
    }

    pub(crate) fn indexes(&self) -> &[Index] {
        &self.indexes
    }

    #[inline]
    pub(crate) fn key_index(&self) -> &Index {
        // There is always one: `new` and `emptied` see to it.
        &self.indexes[0]
    }

    /// Makes sure that there is an index over these columns.
    pub(crate) fn ensure_index(&mut self, columns: &[usize]) {
        if self.index_over(columns).is_none() {
            let index = Index::build(self, columns, None);
            self.indexes.push(index);
        }
    }

    /// The index over exactly these columns, in any order.
    pub(crate) fn index_over(&self, columns: &[usize]) -> Option<&Index> {
        self.indexes.iter().find(|index| {
            index.columns.len() == columns.len()
                && index.columns.iter().all(|c| columns.contains(c))
                && columns.iter().all(|c| index.columns.contains(c))
        })
    }

    /// The chunk of a row and its place there.
    #[inline]
    pub(crate) fn place(&self, row: u32) -> Option<(&Chunk, usize)> {
        let chunk = self.chunks.get(row as usize / CHUNK)?;
        Some((chunk, row as usize % CHUNK))
    }

    /// A cell; NULL where there is no such row.
    #[inline]
    pub(crate) fn value(&self, row: u32, column: usize) -> ValueRef<'_> {
        match self.place(row) {
            Some((chunk, at)) => chunk.value(at, column),
            None => ValueRef::Null,
        }
    }

    /// The column of the key, where it is one of integers.
    #[inline]
    pub(crate) fn int_key(&self) -> Option<usize> {
        self.int_key
    }

    /// The row that has this integer in the column of the key.
    #[inline]
    pub(crate) fn by_int(&self, column: usize, key: i64) -> Option<(&Chunk, usize)> {
        match self.expected(column, key) {
            Some(place) => Some(place),
            None => self.indexed_int(column, key),
        }
    }

    /// The row that has this key if it is one of those that were stored in order.
    #[inline]
    pub(crate) fn expected(&self, column: usize, key: i64) -> Option<(&Chunk, usize)> {
        let row = u32::try_from(key.checked_sub(self.run.first)?).ok()?;
        if row >= self.run.length {
            return None;
        }
        let (chunk, at) = self.place(row)?;
        let there = chunk.columns.get(column)?.is_int(at, key) && chunk.is_live(at);
        there.then_some((chunk, at))
    }

    /// As [`by_int`](Self::by_int), where no such key is to be expected.
    #[inline(never)]
    fn indexed_int(&self, column: usize, key: i64) -> Option<(&Chunk, usize)> {
        let mut found = None;
        self.key_index().each_under(self.seed.int(key), |row| {
            let place = self.place(row);
            found = place.filter(|(chunk, at)| chunk.columns[column].is_int(*at, key));
            found.is_none()
        });
        found
    }

    /// Notes that a row was written with its key.
    #[inline]
    fn note_row(&mut self, row: u32) {
        if row == self.run.length
            && let [column] = self.schema.key
            && let Some((chunk, at)) = self.place(row)
            && let Some(key) = chunk.columns[*column].raw_int(at)
        {
            self.run.note(row, key);
        }
    }

    /// Whether a row is there and not deleted.
    pub(crate) fn is_live(&self, row: u32) -> bool {
        self.place(row).is_some_and(|(chunk, at)| chunk.live.get(at))
    }

    /// All live rows, in storage order.
    pub(crate) fn rows(&self) -> impl Iterator<Item = u32> + '_ {
        self.chunks.iter().enumerate().flat_map(|(number, chunk)| {
            let first = (number * CHUNK) as u32;
            chunk.live.ones().map(move |at| first + at as u32)
        })
    }

    /// The hash of a row's key; `None` only for rows that don't exist.
    pub(crate) fn key_hash(&self, row: u32) -> Option<u64> {
        self.key_index().stored_hash(self, row)
    }

    /// All values of a row.
    pub(crate) fn values(&self, row: u32) -> Box<[Value]> {
        (0..self.schema.fields.len()).map(|c| self.value(row, c).to_value()).collect()
    }

    /// Whether there are deleted rows to be used again.
    pub(crate) fn has_holes(&self) -> bool {
        self.holes
            .iter()
            .any(|&number| self.chunks.get(number as usize).is_some_and(|c| c.live_count < c.len))
    }

    /// A row that isn't live: a deleted one, or the one after the last.
    fn vacancy(&mut self) -> u32 {
        while let Some(&number) = self.holes.last() {
            let chunk = self.chunks.get(number as usize);
            let dead = chunk.map(|c| Mask::range(0, c.len).without(&c.live));
            if let Some(at) = dead.and_then(|dead| dead.ones().next()) {
                return number * CHUNK as u32 + at as u32;
            }
            self.holes.pop();
        }
        match self.chunks.last() {
            Some(chunk) if chunk.len < CHUNK => ((self.chunks.len() - 1) * CHUNK + chunk.len) as u32,
            _ => {
                self.chunks.push(Chunk::new(self.schema));
                ((self.chunks.len() - 1) * CHUNK) as u32
            }
        }
    }

    /// The unique index in which another row than `except` has the same values.
    pub(crate) fn conflict<'v>(
        &self,
        value: impl Fn(usize) -> ValueRef<'v>,
        except: Option<u32>,
        concerned: impl Fn(usize) -> bool,
    ) -> Option<usize> {
        self.indexes.iter().find_map(|index| {
            let place = index.unique?;
            if !index.columns.iter().any(|&c| concerned(c)) {
                return None;
            }
            let clear = index.each(self, |i| value(index.columns[i]), |row| Some(row) == except);
            (!clear).then_some(place)
        })
    }

    /// Adds a record that is known to be new; unique indexes are checked.
    pub(crate) fn insert<'v>(&mut self, value: impl Fn(usize) -> ValueRef<'v>) -> Result<u32, Refusal> {
        if let Some(place) = self.conflict(&value, None, |_| true) {
            return Err(Refusal::Unique(place));
        }
        let row = self.vacancy();
        self.fill(row, value)?;
        Ok(row)
    }

    /// Writes all of a row that isn't live and makes it live.
    pub(crate) fn fill<'v>(
        &mut self,
        row: u32,
        value: impl Fn(usize) -> ValueRef<'v>,
    ) -> Result<(), Refusal> {
        let (number, at) = (row as usize / CHUNK, row as usize % CHUNK);
        let Some(chunk) = self.chunks.get_mut(number) else {
            return Err(Refusal::Full);
        };
        let len = chunk.len;
        let columns = chunk.columns_mut();
        if !columns.iter_mut().enumerate().all(|(c, column)| column.put(at, value(c))) {
            columns.iter_mut().for_each(|column| column.truncate(len));
            return Err(Refusal::Full);
        }
        chunk.len = chunk.len.max(at + 1);
        chunk.set_live(at, true);
        self.live += 1;
        if self.live == 1 {
            self.run = Run::default();
        }
        self.note_row(row);
        for index in &mut self.indexes {
            let columns = &index.columns;
            let hash = self.seed.parts(columns.iter().map(|&c| self.seed.value(value(c))));
            if let Some(hash) = hash {
                index.insert(hash, row);
            }
        }
        Ok(())
    }

    /// Removes a row; nothing happens if it isn't live.
    pub(crate) fn remove(&mut self, row: u32) {
        let Some((chunk, at)) = self.place(row) else {
            return;
        };
        if !chunk.live.get(at) {
            return;
        }
        for i in 0..self.indexes.len() {
            if let Some(hash) = self.indexes[i].stored_hash(self, row) {
                self.indexes[i].remove(hash, row);
            }
        }
        self.live -= 1;
        let number = row as usize / CHUNK;
        if let Some(chunk) = self.chunks.get_mut(number) {
            if chunk.live_count == chunk.len {
                self.holes.push(number as u32);
            }
            chunk.set_live(at, false);
            for column in chunk.columns_mut() {
                column.clear(at);
            }
        }
    }

    /// Writes the given cells of a live row; `false` when they are what they were. Unique indexes
    /// are checked first, so that a refusal changes nothing. `keep` is shown what is overwritten.
    pub(crate) fn update<'v>(
        &mut self,
        row: u32,
        given: impl Fn(usize) -> Option<ValueRef<'v>>,
        mut keep: impl FnMut(usize, ValueRef<'_>),
    ) -> Result<bool, Refusal> {
        let Some((chunk, at)) = self.place(row) else {
            return Ok(false);
        };
        let changes = |c: usize| given(c).is_some_and(|value| !chunk.columns[c].holds(at, value));
        let columns = 0..self.schema.fields.len();
        if !columns.clone().any(changes) {
            return Ok(false);
        }
        let after = |c: usize| given(c).unwrap_or_else(|| chunk.value(at, c));
        if let Some(place) = self.conflict(after, Some(row), changes) {
            return Err(Refusal::Unique(place));
        }
        // Texts are written first, as they alone can be refused for want of room.
        let mut moves = Vec::new();
        for (i, index) in self.indexes.iter().enumerate() {
            if index.columns.iter().any(|&c| changes(c)) {
                let old = index.stored_hash(self, row);
                let new = index.hash(self.seed, |part| after(index.columns[part]));
                moves.push((i, old, new));
            }
        }
        for c in columns.clone() {
            if changes(c) {
                keep(c, chunk.value(at, c));
            }
        }
        let Some(chunk) = self.chunks.get_mut(row as usize / CHUNK) else {
            return Ok(false);
        };
        let cells = chunk.columns_mut();
        for c in columns {
            if let Some(value) = given(c)
                && !cells[c].holds(at, value)
                && !cells[c].put(at, value)
            {
                return Err(Refusal::Full);
            }
        }
        for (i, old, new) in moves {
            if let Some(hash) = old {
                self.indexes[i].remove(hash, row);
            }
            if let Some(hash) = new {
                self.indexes[i].insert(hash, row);
            }
        }
        Ok(true)
    }

    /// Takes as many consecutive keys as are asked for, above `given` and all that were stated before,
    /// and answers the first; `None` when they leave the range that ends at `largest`.
    pub(crate) fn reserve_keys(&self, count: u64, given: i64, largest: i64) -> Option<i64> {
        let count = i64::try_from(count).ok()?;
        let floor = self.stated.max(given).checked_add(1)?;
        let after = |next: i64| next.max(floor).checked_add(count).filter(|after| after - 1 <= largest);
        let next = self.next_key.fetch_update(Ordering::Relaxed, Ordering::Relaxed, after).ok()?;
        Some(next.max(floor))
    }

    /// Notes a key that was stated and is stored, so that no made one meets it.
    pub(crate) fn note_key(&mut self, key: i64) {
        self.stated = self.stated.max(key);
    }

    /// The largest key that records stated.
    pub(crate) fn stated_key(&self) -> i64 {
        self.stated
    }

    /// The bytes that packed text takes, garbage among it.
    #[cfg(test)]
    pub(crate) fn text_footprint(&self) -> usize {
        let columns = self.chunks.iter().flat_map(|c| c.columns.iter());
        columns.map(|c| c.footprint()).sum()
    }
}

#[cfg(test)]
mod tests;
