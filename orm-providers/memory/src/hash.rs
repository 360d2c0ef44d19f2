//! Seeded hashing, so that nobody can choose keys that collide.

use orm_core::value::ValueRef;
use std::hash::{BuildHasher, Hasher, RandomState};

/// The secret of one provider.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Seed(u64, u64);

/// A multiplication whose both halves count.
#[inline]
fn fold(a: u64, b: u64) -> u64 {
    let wide = u128::from(a) * u128::from(b);
    (wide as u64) ^ ((wide >> 64) as u64)
}

impl Seed {
    pub(crate) fn random() -> Self {
        let state = RandomState::new();
        // Odd, with a bit near the top, so that no bit of a key is lost in the multiplication.
        Self(state.hash_one(1_u8), state.hash_one(2_u8) | 1 | 1 << 62)
    }

    #[inline]
    pub(crate) fn int(self, raw: i64) -> u64 {
        fold(raw as u64 ^ self.0, self.1)
    }

    #[inline]
    pub(crate) fn float(self, float: f64) -> u64 {
        // Negative zero equals zero.
        self.int((float + 0.0).to_bits() as i64)
    }

    pub(crate) fn bytes(self, bytes: &[u8]) -> u64 {
        let mut state = self.0 ^ (bytes.len() as u64);
        let (blocks, rest) = bytes.as_chunks::<8>();
        for block in blocks {
            state = fold(state ^ u64::from_le_bytes(*block), self.1);
        }
        let mut last = [0; 8];
        last[..rest.len()].copy_from_slice(rest);
        fold(state ^ u64::from_le_bytes(last), self.1)
    }

    /// The hash of a part of a key in its column's form; `None` for NULL.
    #[inline]
    pub(crate) fn value(self, value: ValueRef<'_>) -> Option<u64> {
        Some(match value {
            ValueRef::Null => return None,
            ValueRef::Text(text) => self.bytes(text.as_bytes()),
            ValueRef::Bytes(bytes) => self.bytes(bytes),
            ValueRef::Uuid(uuid) => self.bytes(&uuid),
            ValueRef::Float(float) => self.float(float),
            other => self.int(other.as_raw_int()?),
        })
    }

    #[inline]
    pub(crate) fn join(self, first: u64, second: u64) -> u64 {
        fold(first.rotate_left(23) ^ second ^ self.0, self.1)
    }

    /// The hash of a key of several parts; `None` if one of them is NULL.
    #[inline]
    pub(crate) fn parts(self, parts: impl IntoIterator<Item = Option<u64>>) -> Option<u64> {
        let mut parts = parts.into_iter();
        let mut hash = parts.next()??;
        for part in parts {
            hash = self.join(hash, part?);
        }
        Some(hash)
    }
}

impl BuildHasher for Seed {
    type Hasher = SeededHasher;
    fn build_hasher(&self) -> SeededHasher {
        SeededHasher { seed: *self, state: 0 }
    }
}

/// A hasher for maps of raw integers and packed keys.
#[derive(Debug)]
pub(crate) struct SeededHasher {
    seed: Seed,
    state: u64,
}

impl Hasher for SeededHasher {
    fn write(&mut self, bytes: &[u8]) {
        self.state = self.seed.join(self.state, self.seed.bytes(bytes));
    }
    fn write_i64(&mut self, raw: i64) {
        self.state ^= self.seed.int(raw);
    }
    fn write_u64(&mut self, raw: u64) {
        self.state ^= self.seed.int(raw as i64);
    }
    fn write_u8(&mut self, raw: u8) {
        self.state = self.seed.join(self.state, u64::from(raw));
    }
    fn write_usize(&mut self, raw: usize) {
        self.state = self.seed.join(self.state, raw as u64);
    }
    fn finish(&self) -> u64 {
        self.state
    }
}
