//! From a key to the places that have it, for putting related records together.

use crate::plan::KeySet;
use crate::value::{Class, Kind, Value, ValueList, ValueRef};
use std::collections::HashMap;
use std::hash::{BuildHasher, Hasher, RandomState};

/// No place.
const NONE: u32 = u32::MAX;

/// Keys and the places (of parents) that have each; several places may share a key.
#[derive(Debug)]
pub(crate) struct KeyIndex {
    slots: Slots,
    /// For each distinct key, the last place that has it.
    head: Vec<u32>,
    /// For each place, the place before it that has the same key.
    previous: Vec<u32>,
    keys: KeySet,
    /// The integer that was looked for last, and its slot: children mostly come parent by parent.
    last: (i64, u32),
    scratch: Vec<u8>,
    /// Whether parts may come in another form than they are stored in.
    unwritten: bool,
}

#[derive(Debug)]
enum Slots {
    Int(HashMap<i64, u32, Mix>),
    Other(HashMap<Box<[u8]>, u32>),
}

impl KeyIndex {
    /// An index for keys with columns of these kinds and about `capacity` places.
    pub(crate) fn new(kinds: &[Kind], capacity: usize) -> Self {
        let slots = match kinds {
            [kind] if kind.class() == Class::Int => {
                Slots::Int(HashMap::with_capacity_and_hasher(capacity, Mix::new()))
            }
            _ => Slots::Other(HashMap::with_capacity(capacity)),
        };
        Self {
            slots,
            head: Vec::with_capacity(capacity),
            previous: Vec::with_capacity(capacity),
            keys: KeySet::new(kinds.iter().copied()),
            last: (0, NONE),
            scratch: Vec::new(),
            unwritten: kinds.contains(&Kind::Wide),
        }
    }

    /// Appends the next place with its key; a key with a NULL is kept by no one.
    #[inline]
    pub(crate) fn push<'a>(&mut self, part: impl Fn(usize) -> ValueRef<'a>) {
        match self.slots {
            Slots::Int(_) => self.push_int(part(0)),
            Slots::Other(_) => self.push_other(&part),
        }
    }

    #[inline(always)]
    fn push_int(&mut self, value: ValueRef<'_>) {
        let next = self.head.len() as u32;
        let slot = match &mut self.slots {
            Slots::Int(map) => match raw_int(self.keys.columns()[0].kind(), value) {
                Some(raw) => *map.entry(raw).or_insert(next),
                None => NONE,
            },
            Slots::Other(_) => NONE,
        };
        if slot == next {
            self.keys.push_one(value);
        }
        self.put(slot);
    }

    fn push_other<'a>(&mut self, part: &dyn Fn(usize) -> ValueRef<'a>) {
        if self.unwritten {
            let parts = self.written(part);
            return self.push_stored(&|at| parts[at].as_ref());
        }
        self.push_stored(part);
    }

    /// The parts of a key as they are stored: some come as numbers and are stored as text.
    fn written<'a>(&self, part: &dyn Fn(usize) -> ValueRef<'a>) -> Vec<Value> {
        (0..self.keys.columns().len()).map(|at| part(at).to_value()).collect()
    }

    fn push_stored<'a>(&mut self, part: &dyn Fn(usize) -> ValueRef<'a>) {
        let next = self.head.len() as u32;
        let slot = match &mut self.slots {
            Slots::Other(map) if encode(&mut self.scratch, self.keys.columns(), part) => {
                match map.get(self.scratch.as_slice()) {
                    Some(slot) => *slot,
                    None => {
                        map.insert(self.scratch.as_slice().into(), next);
                        next
                    }
                }
            }
            _ => NONE,
        };
        if slot == next {
            self.keys.push(part);
        }
        self.put(slot);
    }

    /// Puts the next place where its key is; a key that wasn't there yet has the next slot.
    #[inline(always)]
    fn put(&mut self, slot: u32) {
        let place = self.previous.len() as u32;
        if slot == NONE {
            self.previous.push(NONE);
            return;
        }
        if slot == self.head.len() as u32 {
            self.head.push(NONE);
        }
        let head = &mut self.head[slot as usize];
        self.previous.push(*head);
        *head = place;
    }

    /// The distinct keys.
    pub(crate) fn take_keys(&mut self) -> KeySet {
        let kinds: Vec<Kind> = self.keys.columns().iter().map(|c| c.kind()).collect();
        std::mem::replace(&mut self.keys, KeySet::new(kinds))
    }

    /// The places that have this key, the last first.
    #[inline]
    pub(crate) fn places<'a>(&mut self, part: impl Fn(usize) -> ValueRef<'a>) -> Places<'_> {
        match self.slots {
            Slots::Int(_) => self.places_int(part(0)),
            Slots::Other(_) => self.places_other(&part),
        }
    }

    #[inline(always)]
    fn places_int(&mut self, value: ValueRef<'_>) -> Places<'_> {
        let slot = match &self.slots {
            Slots::Int(map) => match raw_int(self.keys.columns()[0].kind(), value) {
                Some(raw) if self.last.0 == raw && self.last.1 != NONE => Some(&self.last.1),
                Some(raw) => {
                    let slot = map.get(&raw);
                    if let Some(slot) = slot {
                        self.last = (raw, *slot);
                    }
                    slot
                }
                None => None,
            },
            Slots::Other(_) => None,
        };
        self.from(slot.copied())
    }

    fn places_other<'a>(&mut self, part: &dyn Fn(usize) -> ValueRef<'a>) -> Places<'_> {
        if self.unwritten {
            let parts = self.written(part);
            return self.places_stored(&|at| parts[at].as_ref());
        }
        self.places_stored(part)
    }

    fn places_stored<'a>(&mut self, part: &dyn Fn(usize) -> ValueRef<'a>) -> Places<'_> {
        let slot = match &self.slots {
            Slots::Other(map) if encode(&mut self.scratch, self.keys.columns(), part) => {
                map.get(self.scratch.as_slice()).copied()
            }
            _ => None,
        };
        self.from(slot)
    }

    #[inline(always)]
    fn from(&self, slot: Option<u32>) -> Places<'_> {
        let next = slot.map_or(NONE, |slot| self.head[slot as usize]);
        Places { previous: &self.previous, next }
    }
}

/// Goes through the places of one key.
pub(crate) struct Places<'a> {
    previous: &'a [u32],
    next: u32,
}

impl Iterator for Places<'_> {
    type Item = usize;
    #[inline]
    fn next(&mut self) -> Option<usize> {
        if self.next == NONE {
            return None;
        }
        let place = self.next as usize;
        self.next = self.previous[place];
        Some(place)
    }
}

/// The integer by which a key of this kind is held. A decimal may come with another scale than its
/// column's; what doesn't fit the column equals none of its values.
#[inline]
fn raw_int(kind: Kind, value: ValueRef<'_>) -> Option<i64> {
    match kind {
        Kind::Decimal(_) => kind.fit(value).ok()?.as_raw_int(),
        _ => value.as_raw_int(),
    }
}

/// Writes a key so that equal keys have equal bytes and others don't; `false` for NULL in a part, and
/// for what doesn't fit its column.
fn encode<'a>(out: &mut Vec<u8>, columns: &[ValueList], part: &dyn Fn(usize) -> ValueRef<'a>) -> bool {
    out.clear();
    for (i, column) in columns.iter().enumerate() {
        let Ok(value) = column.kind().fit(part(i)) else { return false };
        match value {
            ValueRef::Null => return false,
            ValueRef::Text(text) => {
                out.extend_from_slice(&(text.len() as u64).to_le_bytes());
                out.extend_from_slice(text.as_bytes());
            }
            ValueRef::Bytes(bytes) => {
                out.extend_from_slice(&(bytes.len() as u64).to_le_bytes());
                out.extend_from_slice(bytes);
            }
            ValueRef::Uuid(uuid) => out.extend_from_slice(&uuid),
            // Adding zero makes the two zeros one.
            ValueRef::Float(x) => out.extend_from_slice(&(x + 0.0).to_bits().to_le_bytes()),
            other => out.extend_from_slice(&other.as_raw_int().unwrap_or_default().to_le_bytes()),
        }
    }
    true
}

/// A seeded hash of one integer: two multiplications, and nobody outside can aim at collisions.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Mix {
    seed: u64,
}

impl Mix {
    fn new() -> Self {
        Self { seed: RandomState::new().hash_one(0_u8) | 1 }
    }
}

impl BuildHasher for Mix {
    type Hasher = Mixer;
    fn build_hasher(&self) -> Mixer {
        Mixer { seed: self.seed, state: 0 }
    }
}

#[derive(Debug)]
pub(crate) struct Mixer {
    seed: u64,
    state: u64,
}

impl Hasher for Mixer {
    #[inline]
    fn finish(&self) -> u64 {
        self.state
    }
    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.write_u64(u64::from(*byte));
        }
    }
    #[inline]
    fn write_i64(&mut self, n: i64) {
        self.write_u64(n as u64);
    }
    #[inline]
    fn write_u64(&mut self, n: u64) {
        let wide = u128::from(n ^ self.state ^ self.seed) * u128::from(self.seed ^ 0x9E37_79B9_7F4A_7C15);
        self.state = (wide as u64) ^ ((wide >> 64) as u64);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_of_shared_and_null_keys() {
        let texts = [Some("a"), None, Some("b"), Some("a")];
        for kinds in [&[Kind::Text][..], &[Kind::Text, Kind::I64][..]] {
            let mut index = KeyIndex::new(kinds, 4);
            for text in texts {
                index.push(|i| match (i, text) {
                    (0, Some(text)) => ValueRef::Text(text),
                    (0, None) => ValueRef::Null,
                    _ => ValueRef::Int(7),
                });
            }
            let key = |text| move |i| if i == 0 { ValueRef::Text(text) } else { ValueRef::Int(7) };
            assert_eq!(index.places(key("a")).collect::<Vec<_>>(), [3, 0]);
            assert_eq!(index.places(key("b")).collect::<Vec<_>>(), [2]);
            assert_eq!(index.places(key("c")).count(), 0);
            assert_eq!(index.take_keys().len(), 2);
        }
        let mut index = KeyIndex::new(&[Kind::U64], 4);
        for key in [5, -1, 5] {
            index.push(|_| ValueRef::Int(key));
        }
        assert_eq!(index.places(|_| ValueRef::Int(5)).collect::<Vec<_>>(), [2, 0]);
        assert_eq!(index.places(|_| ValueRef::Null).count(), 0);
    }
}
