//! The chunks of a store, in groups, so that a writer under an open snapshot copies two short lists
//! instead of one as long as the store.

use super::chunk::Chunk;
use std::sync::Arc;

/// The chunks of a full group.
const GROUP: usize = 64;

/// Chunks by number. All groups but the last are full, and none is empty.
#[derive(Debug, Clone, Default)]
pub(crate) struct Chunks {
    groups: Vec<Arc<Vec<Chunk>>>,
}

impl Chunks {
    /// The number of chunks.
    pub(crate) fn len(&self) -> usize {
        match self.groups.last() {
            Some(last) => (self.groups.len() - 1) * GROUP + last.len(),
            None => 0,
        }
    }

    #[inline]
    pub(crate) fn get(&self, number: usize) -> Option<&Chunk> {
        self.groups.get(number / GROUP)?.get(number % GROUP)
    }

    /// A chunk to write to; a group that a snapshot shares is copied, but not what its chunks share.
    #[inline]
    pub(crate) fn get_mut(&mut self, number: usize) -> Option<&mut Chunk> {
        Arc::make_mut(self.groups.get_mut(number / GROUP)?).get_mut(number % GROUP)
    }

    pub(crate) fn last(&self) -> Option<&Chunk> {
        self.groups.last()?.last()
    }

    pub(crate) fn last_mut(&mut self) -> Option<&mut Chunk> {
        Arc::make_mut(self.groups.last_mut()?).last_mut()
    }

    pub(crate) fn push(&mut self, chunk: Chunk) {
        match self.groups.last_mut() {
            Some(last) if last.len() < GROUP => Arc::make_mut(last).push(chunk),
            _ => self.groups.push(Arc::new(vec![chunk])),
        }
    }

    pub(crate) fn truncate(&mut self, len: usize) {
        self.groups.truncate(len.div_ceil(GROUP));
        if let (Some(last), rest @ 1..) = (self.groups.last_mut(), len % GROUP) {
            Arc::make_mut(last).truncate(rest);
        }
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &Chunk> {
        self.groups.iter().flat_map(|group| group.iter())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chunk(len: usize) -> Chunk {
        Chunk { len, live: crate::store::bits::Mask::NONE, live_count: 0, columns: Arc::default() }
    }

    #[test]
    fn grow_and_shrink() {
        let mut chunks = Chunks::default();
        for number in 0..200 {
            assert_eq!(chunks.len(), number);
            chunks.push(chunk(number));
        }
        let before = chunks.clone();
        if let Some(chunk) = chunks.get_mut(130) {
            chunk.len = 7;
        }
        assert_eq!(before.get(130).map(|c| c.len), Some(130));
        for len in [199, 128, 127, 64, 1, 0] {
            chunks.truncate(len);
            assert_eq!((chunks.len(), chunks.iter().count()), (len, len));
            assert_eq!(chunks.last().map(|c| c.len), len.checked_sub(1));
            assert!(chunks.get(len).is_none());
        }
        assert_eq!(before.len(), 200);
    }
}
