//! Finished statements by the shape of their plan.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};
use std::sync::Arc;

/// Finished statements by shape, bounded: when it is full it starts anew, which costs one rendering
/// per shape in use and needs no bookkeeping on the hot path.
#[derive(Debug)]
pub struct TextCache<T> {
    entries: HashMap<Box<[u8]>, Arc<T>, BuildHasherDefault<ShapeHasher>>,
    capacity: usize,
}

impl<T> TextCache<T> {
    /// A cache of at most `capacity` statements.
    #[must_use]
    pub fn new(capacity: usize) -> Self {
        Self { entries: HashMap::default(), capacity }
    }

    /// The statement of a shape, made by `render` if it isn't known yet.
    ///
    /// # Errors
    /// Those of `render`.
    pub fn get_or_render<E>(
        &mut self,
        shape: &[u8],
        render: impl FnOnce() -> Result<T, E>,
    ) -> Result<Arc<T>, E> {
        if let Some(found) = self.entries.get(shape) {
            return Ok(Arc::clone(found));
        }
        let made = Arc::new(render()?);
        if self.entries.len() >= self.capacity {
            self.entries.clear();
        }
        self.entries.insert(shape.into(), Arc::clone(&made));
        Ok(made)
    }
}

/// A fast hash for short byte strings. Shapes hold no values of users, and the map is bounded, so
/// that made-up collisions would cost little: no secret is needed.
#[derive(Debug, Default)]
struct ShapeHasher(u64);

impl ShapeHasher {
    fn word(&mut self, word: u64) {
        const ODD: u64 = 0x9e37_79b9_7f4a_7c15;
        self.0 = (self.0.rotate_left(23) ^ word).wrapping_mul(ODD);
    }
}

impl Hasher for ShapeHasher {
    fn write(&mut self, bytes: &[u8]) {
        let (words, rest) = bytes.as_chunks::<8>();
        for word in words {
            self.word(u64::from_ne_bytes(*word));
        }
        let mut last = [0; 8];
        last[..rest.len()].copy_from_slice(rest);
        self.word(u64::from_ne_bytes(last));
    }

    fn write_usize(&mut self, length: usize) {
        self.word(length as u64);
    }

    fn finish(&self) -> u64 {
        // Products leave the low bits poor, and the map takes its places from them.
        self.0 ^ (self.0 >> 32)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn remembers_and_starts_anew_when_full() {
        let mut cache = TextCache::new(2);
        let mut rendered = 0;
        let mut ask = |shape: &[u8]| {
            let made = cache.get_or_render(shape, || {
                rendered += 1;
                Ok::<_, ()>(shape.len())
            });
            assert_eq!(made.as_deref(), Ok(&shape.len()));
            rendered
        };
        let all: [&[u8]; 3] = [b"", b"\0", b"a longer shape than a word"];
        assert_eq!(all.map(&mut ask), [1, 2, 3]);
        assert_eq!([ask(all[2]), ask(all[0]), ask(all[2])], [3, 4, 4]);
        let failing: Result<_, u8> = TextCache::<u8>::new(1).get_or_render(b"x", || Err(7));
        assert_eq!(failing, Err(7));
    }
}
