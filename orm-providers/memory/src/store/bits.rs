//! Bitmaps over the rows of a chunk.

/// The rows of a chunk. In an interpreter, few of them are to reach several chunks.
pub(crate) const CHUNK: usize = if cfg!(miri) { 256 } else { 1024 };
/// The words of a bitmap over them.
pub(crate) const WORDS: usize = CHUNK / 64;

/// One bit for each row of a chunk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Mask(pub(crate) [u64; WORDS]);

impl Mask {
    pub(crate) const NONE: Mask = Mask([0; WORDS]);

    #[inline]
    pub(crate) fn get(&self, at: usize) -> bool {
        self.0[at / 64 % WORDS] >> (at % 64) & 1 != 0
    }

    #[inline]
    pub(crate) fn put(&mut self, at: usize, on: bool) {
        let word = &mut self.0[at / 64 % WORDS];
        *word = *word & !(1 << (at % 64)) | u64::from(on) << (at % 64);
    }

    /// The bits from `from` up to but without `to`.
    pub(crate) fn range(from: usize, to: usize) -> Mask {
        let below = |n: usize| {
            let mut mask = Mask::NONE;
            for (i, word) in mask.0.iter_mut().enumerate() {
                *word = match n.saturating_sub(i * 64) {
                    0 => 0,
                    bits if bits >= 64 => u64::MAX,
                    bits => (1 << bits) - 1,
                };
            }
            mask
        };
        below(to).without(&below(from))
    }

    #[inline]
    pub(crate) fn is_empty(&self) -> bool {
        self.0.iter().fold(0, |a, w| a | w) == 0
    }

    #[inline]
    pub(crate) fn count(&self) -> usize {
        self.0.iter().map(|w| w.count_ones() as usize).sum()
    }

    #[inline]
    fn zip(&self, other: &Mask, f: impl Fn(u64, u64) -> u64) -> Mask {
        Mask(std::array::from_fn(|i| f(self.0[i], other.0[i])))
    }

    #[inline]
    pub(crate) fn and(&self, other: &Mask) -> Mask {
        self.zip(other, |a, b| a & b)
    }

    #[inline]
    pub(crate) fn or(&self, other: &Mask) -> Mask {
        self.zip(other, |a, b| a | b)
    }

    #[inline]
    pub(crate) fn without(&self, other: &Mask) -> Mask {
        self.zip(other, |a, b| a & !b)
    }

    /// The places of the bits that are set, in order.
    pub(crate) fn ones(&self) -> impl Iterator<Item = usize> + '_ {
        self.0.iter().enumerate().flat_map(|(i, &word)| {
            let mut left = word;
            std::iter::from_fn(move || {
                if left == 0 {
                    return None;
                }
                let at = i * 64 + left.trailing_zeros() as usize;
                left &= left - 1;
                Some(at)
            })
        })
    }
}
