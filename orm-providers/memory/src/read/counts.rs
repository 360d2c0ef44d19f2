//! How often each key occurs: sets of keys for `in`, and counts of related records.

use crate::hash::Seed;
use orm_core::plan::KeySet;
use orm_core::value::{Kind, ValueRef};
use std::collections::HashMap;

/// Counts by key. A key with a NULL part occurs never.
#[derive(Debug)]
pub(super) struct KeyCounts {
    width: usize,
    /// Keys of one integer.
    ints: HashMap<i64, u32, Seed>,
    /// All other keys, packed.
    packed: HashMap<Box<[u8]>, u32, Seed>,
}

/// Appends a part of a key such that different keys never look the same.
fn pack(buffer: &mut Vec<u8>, value: ValueRef<'_>) -> Option<()> {
    let text = |buffer: &mut Vec<u8>, tag: u8, bytes: &[u8]| {
        buffer.push(tag);
        buffer.extend_from_slice(&(bytes.len() as u64).to_le_bytes());
        buffer.extend_from_slice(bytes);
    };
    match value {
        ValueRef::Text(value) => text(buffer, 1, value.as_bytes()),
        ValueRef::Bytes(value) => text(buffer, 2, value),
        ValueRef::Uuid(value) => text(buffer, 3, &value),
        ValueRef::Float(value) => {
            buffer.push(4);
            buffer.extend_from_slice(&(value + 0.0).to_bits().to_le_bytes());
        }
        other => {
            buffer.push(5);
            buffer.extend_from_slice(&other.as_raw_int()?.to_le_bytes());
        }
    }
    Some(())
}

impl KeyCounts {
    pub(super) fn new(seed: Seed, width: usize) -> Self {
        Self { width, ints: HashMap::with_hasher(seed), packed: HashMap::with_hasher(seed) }
    }

    /// The keys of a set, brought to the form of columns of these kinds; those that don't fit equal
    /// nothing and are left out. With `only`, just some of the columns.
    pub(super) fn of_set(seed: Seed, keys: &KeySet, kinds: &[Kind], only: &[usize]) -> Self {
        let mut counts = Self::new(seed, only.len());
        for at in 0..keys.len() {
            let part = |i: usize| {
                let column = only[i];
                kinds[column].fit(keys.get(at, column)).unwrap_or(ValueRef::Null)
            };
            counts.add(part, 1);
        }
        counts
    }

    pub(super) fn is_empty(&self) -> bool {
        self.ints.is_empty() && self.packed.is_empty()
    }

    /// Adds to the count of a key, if none of its parts is NULL.
    pub(super) fn add<'v>(&mut self, part: impl Fn(usize) -> ValueRef<'v>, count: u32) {
        let slot = if self.width == 1
            && let Some(raw) = part(0).as_raw_int()
        {
            self.ints.entry(raw).or_insert(0)
        } else {
            let mut packed = Vec::new();
            if (0..self.width).any(|i| pack(&mut packed, part(i)).is_none()) {
                return;
            }
            self.packed.entry(packed.into()).or_insert(0)
        };
        *slot = slot.saturating_add(count);
    }

    /// The count of a key of one integer.
    #[inline]
    pub(super) fn get_int(&self, raw: i64) -> u32 {
        self.ints.get(&raw).copied().unwrap_or(0)
    }

    /// The count of a key.
    #[inline]
    pub(super) fn get<'v>(&self, part: impl Fn(usize) -> ValueRef<'v>) -> u32 {
        if self.width == 1
            && let Some(raw) = part(0).as_raw_int()
        {
            return self.get_int(raw);
        }
        if self.packed.is_empty() {
            return 0;
        }
        let mut packed = Vec::with_capacity(32);
        if (0..self.width).any(|i| pack(&mut packed, part(i)).is_none()) {
            return 0;
        }
        self.packed.get(&*packed).copied().unwrap_or(0)
    }
}
