//! Adding many records at once, column by column.

use super::bits::{CHUNK, Mask};
use super::chunk::Chunk;
use super::tree::{entry, sort};
use super::{EntityStore, Refusal};
use orm_core::plan::Rows;
use orm_core::value::{Cell, Cells, Value, ValueRef};
use std::ops::Range;

/// What a bulk insert left undone.
#[derive(Debug)]
pub(crate) enum Bulk {
    /// All records are in the rows from this one on.
    Done(u32),
    /// Some keys are stored already or repeat; nothing was changed.
    Mixed,
}

impl EntityStore {
    /// Adds the records from `from` on after the last row, if all of their keys are new.
    ///
    /// # Errors
    /// The record at fault; nothing is changed then.
    pub(crate) fn append(&mut self, rows: &Rows, from: usize) -> Result<Bulk, (usize, Refusal)> {
        let first = match self.chunks.last() {
            Some(chunk) => (self.chunks.len() - 1) * CHUNK + chunk.len,
            None => 0,
        };
        let Some(keys) = self.new_keys(rows, from, first) else {
            return Ok(Bulk::Mixed);
        };
        // A default of the user's is called for each record, before anything is changed.
        let fillers = self.fillers(rows, from)?;
        let whole: Vec<bool> = (0..self.schema.fields.len()).map(|c| rows.all_values(c)).collect();
        let before = self.chunks.len();
        let mut done = from;
        while done < rows.len() {
            if self.chunks.last().is_none_or(|c| c.len == CHUNK) {
                self.chunks.push(Chunk::new(self.schema));
            }
            let Some(chunk) = self.chunks.last_mut() else {
                break;
            };
            let count = (CHUNK - chunk.len).min(rows.len() - done);
            let old = chunk.len;
            if !fill_chunk(chunk, rows, done..done + count, &whole, |row, c| {
                let filler = fillers[c].get(row - from);
                filler.map_or(ValueRef::Null, Value::as_ref)
            }) {
                self.cut(before, first);
                return Err((done, Refusal::Full));
            }
            chunk.len += count;
            chunk.live = chunk.live.or(&Mask::range(old, old + count));
            chunk.live_count += count;
            done += count;
        }
        if let Err(fault) = self.index_appended(rows, keys, first, from, rows.len() - from) {
            self.cut(before, first);
            return Err(fault);
        }
        self.live += rows.len() - from;
        (first as u32..).take(rows.len() - from).for_each(|row| self.note_row(row));
        Ok(Bulk::Done(first as u32))
    }

    /// The entries of the key index for new rows from `first` on; `None` unless all keys are new.
    fn new_keys(&self, rows: &Rows, from: usize, first: usize) -> Option<Vec<u64>> {
        let (index, seed) = (self.key_index(), self.seed);
        let mut entries = Vec::with_capacity(rows.len() - from);
        let ints = ints(rows, &index.columns);
        for row in from..rows.len() {
            let hash = match ints.and_then(|ints| ints.get(row)) {
                Some(raw) => seed.int(*raw),
                None => index.hash(seed, |part| rows.value(row, index.columns[part]))?,
            };
            entries.push(entry(hash, u32::try_from(first + row - from).ok()?));
        }
        sort(&mut entries);
        let record = |entry: u64| from + (entry as u32) as usize - first;
        let key = |row: usize, part: usize| rows.value(row, index.columns[part]);
        let ascending =
            ints.is_some_and(|ints| ints.get(from..).is_some_and(|i| i.is_sorted_by(|a, b| a < b)));
        let repeatable = if ascending { 0 } else { entries.len() };
        for (i, &one) in entries[..repeatable].iter().enumerate() {
            // Few share the 32 bits of a hash without being equal, so this loop ends at once.
            for &other in entries[i + 1..].iter().take_while(|e| **e >> 32 == one >> 32) {
                let (a, b) = (record(one), record(other));
                if (0..index.columns.len()).all(|part| key(a, part) == key(b, part)) {
                    return None;
                }
            }
        }
        if self.live > 0 {
            for &one in &entries {
                let row = record(one);
                let new = index.each_under(one, |stored| !index.matches(self, stored, |part| key(row, part)));
                if !new {
                    return None;
                }
            }
        }
        Some(entries)
    }

    /// What the records from `from` on take where they say nothing, column by column; empty for
    /// columns that all of them give.
    fn fillers(&self, rows: &Rows, from: usize) -> Result<Vec<Vec<Value>>, (usize, Refusal)> {
        let mut fillers = Vec::with_capacity(self.schema.fields.len());
        for (c, field) in self.schema.fields.iter().enumerate() {
            if rows.all_values(c) {
                fillers.push(Vec::new());
                continue;
            }
            let mut made = Vec::new();
            for row in from..rows.len() {
                if rows.is_given(row, c) {
                    if !field.nullable && !rows.has_value(row, c) {
                        return Err((row, Refusal::Missing(c)));
                    }
                    continue;
                }
                let value = match field.default {
                    None if field.nullable => continue,
                    _ => rows.filler(c),
                };
                let Some(value) = value else {
                    return Err((row, Refusal::Missing(c)));
                };
                if made.is_empty() {
                    made.resize(rows.len() - from, Value::Null);
                }
                made[row - from] = value;
            }
            fillers.push(made);
        }
        Ok(fillers)
    }

    /// Puts appended rows into the indexes, checking the unique ones.
    fn index_appended(
        &mut self,
        rows: &Rows,
        keys: Vec<u64>,
        first: usize,
        from: usize,
        count: usize,
    ) -> Result<(), (usize, Refusal)> {
        let mut all = vec![keys];
        for index in &self.indexes[1..] {
            let mut entries = Vec::with_capacity(count);
            match ints(rows, &index.columns).and_then(|ints| ints.get(from..from + count)) {
                Some(ints) => {
                    let stored = first as u32..;
                    entries.extend(stored.zip(ints).map(|(row, raw)| entry(self.seed.int(*raw), row)));
                }
                None => {
                    for row in first as u32..(first + count) as u32 {
                        entries.extend(index.stored_hash(self, row).map(|hash| entry(hash, row)));
                    }
                }
            }
            sort(&mut entries);
            if let Some(place) = index.unique {
                for (i, &one) in entries.iter().enumerate() {
                    let row = one as u32;
                    let value = |part: usize| self.value(row, index.columns[part]);
                    let later = &entries[i + 1..];
                    let twin = later
                        .iter()
                        .take_while(|e| **e >> 32 == one >> 32)
                        .map(|e| *e as u32)
                        .filter(|other| index.matches(self, *other, value))
                        .min();
                    // The new rows aren't in the index yet.
                    let stored = first > 0 && !index.each(self, value, |_| false);
                    if stored || twin.is_some() {
                        let at = twin.map_or(row, |twin| twin.max(row));
                        let fault = from + at as usize - first;
                        return Err((fault, Refusal::Unique(place)));
                    }
                }
            }
            all.push(entries);
        }
        for (index, entries) in self.indexes.iter_mut().zip(all) {
            index.insert_many(entries);
        }
        Ok(())
    }

    /// Takes back rows that were appended and not yet indexed.
    fn cut(&mut self, chunks: usize, first: usize) {
        self.chunks.truncate(chunks);
        let kept = first - chunks.saturating_sub(1) * CHUNK;
        if let Some(chunk) = self.chunks.last_mut() {
            chunk.live = chunk.live.and(&Mask::range(0, kept));
            chunk.live_count = chunk.live.count();
            chunk.len = kept;
            for column in chunk.columns_mut() {
                column.truncate(kept);
            }
        }
    }
}

/// The integers of the only column of an index, where all records have one there.
fn ints<'r>(rows: &'r Rows, columns: &[usize]) -> Option<&'r [i64]> {
    match columns {
        &[column] if rows.all_values(column) => match rows.cells(column) {
            Cells::Int(ints) => Some(ints),
            _ => None,
        },
        _ => None,
    }
}

/// Appends records to the columns of a chunk. `whole` are the columns that all of them give.
fn fill_chunk<'v>(
    chunk: &mut Chunk,
    rows: &Rows,
    records: Range<usize>,
    whole: &[bool],
    filler: impl Fn(usize, usize) -> ValueRef<'v>,
) -> bool {
    let old = chunk.len;
    for (c, column) in chunk.columns_mut().iter_mut().enumerate() {
        column.reserve(records.len());
        if whole[c] {
            if !column.extend(rows.cells(c), records.start, records.end) {
                return false;
            }
            continue;
        }
        for (i, row) in records.clone().enumerate() {
            let value = match rows.cell(row, c) {
                Cell::Given(value) => value,
                Cell::Absent => filler(row, c),
            };
            if !column.put(old + i, value) {
                return false;
            }
        }
    }
    true
}
