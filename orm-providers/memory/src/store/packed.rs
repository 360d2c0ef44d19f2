//! Texts and byte strings of one chunk, packed into one buffer.

use std::ops::Range;

/// What packs: a string or a vector of bytes.
pub(crate) trait Buffer: Default + Clone {
    type Slice: ?Sized;
    fn append(&mut self, part: &Self::Slice);
    fn part(&self, range: Range<usize>) -> Option<&Self::Slice>;
    fn bytes(&self) -> &[u8];
    fn with_capacity(capacity: usize) -> Self;
    fn capacity(&self) -> usize;
    /// Makes room for exactly as many bytes more, if there isn't.
    fn reserve(&mut self, more: usize);
    /// Writes a part over as many bytes from `start` on; `false` where they can't be parted from what
    /// follows.
    fn overwrite(&mut self, start: usize, part: &Self::Slice) -> bool;
    fn len_of(part: &Self::Slice) -> usize;
}

impl Buffer for String {
    type Slice = str;
    fn append(&mut self, part: &str) {
        self.push_str(part);
    }
    #[inline]
    fn part(&self, range: Range<usize>) -> Option<&str> {
        self.get(range)
    }
    #[inline]
    fn bytes(&self) -> &[u8] {
        self.as_bytes()
    }
    fn with_capacity(capacity: usize) -> Self {
        String::with_capacity(capacity)
    }
    fn capacity(&self) -> usize {
        String::capacity(self)
    }
    fn reserve(&mut self, more: usize) {
        self.reserve_exact(more);
    }
    fn overwrite(&mut self, start: usize, part: &str) -> bool {
        let end = start + part.len();
        let parted = self.is_char_boundary(start) && self.is_char_boundary(end);
        if parted {
            self.replace_range(start..end, part);
        }
        parted
    }
    fn len_of(part: &str) -> usize {
        part.len()
    }
}

impl Buffer for Vec<u8> {
    type Slice = [u8];
    fn append(&mut self, part: &[u8]) {
        self.extend_from_slice(part);
    }
    #[inline]
    fn part(&self, range: Range<usize>) -> Option<&[u8]> {
        self.get(range)
    }
    #[inline]
    fn bytes(&self) -> &[u8] {
        self
    }
    fn with_capacity(capacity: usize) -> Self {
        Vec::with_capacity(capacity)
    }
    fn capacity(&self) -> usize {
        Vec::capacity(self)
    }
    fn reserve(&mut self, more: usize) {
        self.reserve_exact(more);
    }
    fn overwrite(&mut self, start: usize, part: &[u8]) -> bool {
        let place = self.get_mut(start..start + part.len());
        place.map(|place| place.copy_from_slice(part)).is_some()
    }
    fn len_of(part: &[u8]) -> usize {
        part.len()
    }
}

/// Less garbage than this is never worth a compaction of its own.
const TOLERATED: usize = 4096;

/// Strings by ranges (start, length) of one buffer. What is shorter overwrites, what is longer is
/// appended. When the buffer is full it is compacted, if a fifth of it is garbage; room is made in small
/// steps, since there are as many buffers as columns and chunks.
#[derive(Debug, Clone, Default)]
pub(crate) struct Packed<B> {
    spans: Vec<(u32, u32)>,
    buffer: B,
    garbage: usize,
}

impl<B: Buffer> Packed<B> {
    #[inline]
    fn range(span: (u32, u32)) -> Range<usize> {
        span.0 as usize..span.0 as usize + span.1 as usize
    }

    #[inline]
    pub(crate) fn get(&self, at: usize) -> Option<&B::Slice> {
        self.buffer.part(Self::range(*self.spans.get(at)?))
    }

    #[inline]
    pub(crate) fn bytes(&self, at: usize) -> &[u8] {
        let span = self.spans.get(at).copied().unwrap_or_default();
        self.buffer.bytes().get(Self::range(span)).unwrap_or(&[])
    }

    /// Where the cells are in the buffer: (start, length).
    pub(crate) fn spans(&self) -> &[(u32, u32)] {
        &self.spans
    }

    /// All bytes from the beginning of a cell on, those of other cells after it, and its length.
    #[inline]
    pub(crate) fn from(&self, at: usize) -> (&[u8], usize) {
        let (start, length) = self.spans.get(at).copied().unwrap_or((0, 0));
        (self.buffer.bytes().get(start as usize..).unwrap_or(&[]), length as usize)
    }

    /// Looks at the first and the last byte of a cell.
    #[inline]
    pub(crate) fn glance(&self, at: usize) -> usize {
        let bytes = self.bytes(at);
        bytes.first().zip(bytes.last()).map_or(0, |(first, last)| usize::from(first ^ last))
    }

    /// The length of a cell in bytes.
    #[inline]
    pub(crate) fn length(&self, at: usize) -> usize {
        self.spans.get(at).map_or(0, |span| span.1 as usize)
    }

    pub(crate) fn len(&self) -> usize {
        self.spans.len()
    }

    pub(crate) fn reserve(&mut self, rows: usize) {
        self.spans.reserve(rows);
    }

    /// The bytes that the buffer takes, garbage and all.
    #[cfg(test)]
    pub(crate) fn footprint(&self) -> usize {
        self.buffer.bytes().len()
    }

    /// Whether a part of this length would outgrow the buffer, which ranges of 32 bits address.
    pub(crate) fn has_room(&self, length: usize) -> bool {
        self.buffer.bytes().len().saturating_add(length) <= u32::MAX as usize
    }

    /// Writes cell `at`, which may be the one after the last. `false` when there is no room.
    #[must_use]
    pub(crate) fn put(&mut self, at: usize, part: &B::Slice) -> bool {
        let length = B::len_of(part);
        if let Some(old) = self.spans.get_mut(at)
            && length <= old.1 as usize
            && self.buffer.overwrite(old.0 as usize, part)
        {
            self.garbage += old.1 as usize - length;
            old.1 = length as u32;
            self.tidy();
            return true;
        }
        if !self.make_room(length) {
            return false;
        }
        let span = (self.buffer.bytes().len() as u32, length as u32);
        self.buffer.append(part);
        match self.spans.get_mut(at) {
            Some(old) => {
                self.garbage += old.1 as usize;
                *old = span;
            }
            None => self.spans.push(span),
        }
        true
    }

    /// Makes room for a part of this length; `false` when it would outgrow the buffer.
    fn make_room(&mut self, length: usize) -> bool {
        let taken = self.buffer.bytes().len();
        if length <= self.buffer.capacity() - taken && self.has_room(length) {
            return true;
        }
        if self.garbage * 5 > taken || !self.has_room(length) {
            self.compact(length + (taken / 8).max(256));
        } else {
            self.buffer.reserve(length.max(taken / 4).max(256));
        }
        self.has_room(length)
    }

    /// Appends ranges (start, length) of another buffer. `false` when there is no room.
    #[must_use]
    pub(crate) fn extend(&mut self, spans: &[(u32, u32)], buffer: &B) -> bool {
        let length = spans.iter().map(|span| span.1 as usize).sum();
        if !self.make_room(length) {
            return false;
        }
        self.spans.reserve(spans.len());
        if let (Some(first), Some(last)) = (spans.first(), spans.last())
            && spans.windows(2).all(|pair| Self::range(pair[0]).end == pair[1].0 as usize)
            && let Some(part) = buffer.part(first.0 as usize..Self::range(*last).end)
        {
            // Mostly they lie side by side.
            let start = self.buffer.bytes().len();
            self.buffer.append(part);
            let moved = |span: &(u32, u32)| ((start + (span.0 - first.0) as usize) as u32, span.1);
            self.spans.extend(spans.iter().map(moved));
            return true;
        }
        for &span in spans {
            let start = self.buffer.bytes().len();
            if let Some(part) = buffer.part(Self::range(span)) {
                self.buffer.append(part);
            }
            let length = self.buffer.bytes().len() - start;
            self.spans.push((start as u32, length as u32));
        }
        true
    }

    /// Empties cell `at`.
    pub(crate) fn clear(&mut self, at: usize) {
        match self.spans.get_mut(at) {
            Some(old) => {
                self.garbage += old.1 as usize;
                *old = (0, 0);
            }
            None => self.spans.push((0, 0)),
        }
        self.tidy();
    }

    /// Compacts the buffer when most of it is garbage.
    fn tidy(&mut self) {
        if self.garbage > TOLERATED && self.garbage * 2 > self.buffer.bytes().len() {
            self.compact(0);
        }
    }

    pub(crate) fn truncate(&mut self, len: usize) {
        for span in self.spans.drain(len.min(self.spans.len())..) {
            self.garbage += span.1 as usize;
        }
    }

    /// Leaves out the garbage, with room for so many bytes more.
    fn compact(&mut self, room: usize) {
        let live = self.buffer.bytes().len().saturating_sub(self.garbage);
        let mut packed = B::with_capacity(live + room);
        for span in &mut self.spans {
            let start = packed.bytes().len() as u32;
            if let Some(part) = self.buffer.part(Self::range(*span)) {
                packed.append(part);
            }
            span.0 = start;
        }
        self.buffer = packed;
        self.garbage = 0;
    }
}
