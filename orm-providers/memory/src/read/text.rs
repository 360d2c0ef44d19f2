//! Text predicates on bytes.

use super::compare::mask;
use crate::store::bits::Mask;
use crate::store::packed::Packed;
use orm_core::plan::TextMatch;

/// A text predicate, prepared.
#[derive(Debug)]
pub(super) enum Matcher {
    Equals(Box<[u8]>),
    Contains(Box<[u8]>),
    StartsWith(Box<[u8]>),
    EndsWith(Box<[u8]>),
    Pattern { parts: Vec<Part>, fold: bool },
}

/// A part of a pattern.
#[derive(Debug)]
pub(super) enum Part {
    /// `%`.
    Any,
    /// `_`: one character, of however many bytes.
    One,
    /// One byte of what stands for itself.
    Byte(u8),
}

impl Matcher {
    pub(super) fn new(how: TextMatch, text: &str) -> Self {
        match how {
            TextMatch::Contains => Matcher::Contains(text.as_bytes().into()),
            TextMatch::StartsWith => Matcher::StartsWith(text.as_bytes().into()),
            TextMatch::EndsWith => Matcher::EndsWith(text.as_bytes().into()),
            TextMatch::Like | TextMatch::ILike => like(text, how == TextMatch::ILike),
        }
    }

    /// Whether the text is equal.
    pub(super) fn equals(text: &str) -> Self {
        Matcher::Equals(text.as_bytes().into())
    }

    /// The cells that may match, as far as their lengths tell.
    fn candidates(&self, texts: &Packed<String>) -> Option<Mask> {
        match self {
            Matcher::Equals(whole) => {
                let length = u32::try_from(whole.len()).ok()?;
                Some(mask(texts.spans(), |(_, len)| len == length))
            }
            _ => None,
        }
    }

    /// Tries the `tried` cells of a packed column.
    pub(super) fn chunk(&self, texts: &Packed<String>, tried: &Mask) -> Mask {
        let mut yes = Mask::NONE;
        match self {
            Matcher::StartsWith(part) => {
                let head = Head::of(part);
                tried.ones().filter(|&at| head.begins(texts, at)).for_each(|at| yes.put(at, true));
            }
            _ => {
                let tried = self.candidates(texts).map_or(*tried, |candidates| tried.and(&candidates));
                tried.ones().filter(|&at| self.matches(texts, at)).for_each(|at| yes.put(at, true));
            }
        }
        yes
    }

    /// Tries the cell `at` of a packed column.
    #[inline]
    pub(super) fn matches(&self, texts: &Packed<String>, at: usize) -> bool {
        match self {
            Matcher::Equals(whole) => texts.length(at) == whole.len() && texts.bytes(at) == &**whole,
            Matcher::Contains(part) => contains(texts.bytes(at), part),
            Matcher::StartsWith(part) => texts.bytes(at).starts_with(part),
            Matcher::EndsWith(part) => texts.bytes(at).ends_with(part),
            Matcher::Pattern { parts, fold } => matches(parts, *fold, texts.bytes(at)),
        }
    }
}

/// The beginning of a text, to be compared with many: its first bytes as one number.
struct Head<'a> {
    part: &'a [u8],
    first: u128,
    /// The bits of `first` that count.
    counts: u128,
}

const FIRST: usize = size_of::<u128>();

impl<'a> Head<'a> {
    fn of(part: &'a [u8]) -> Self {
        let mut first = [0; FIRST];
        let mut counts = [0; FIRST];
        for ((first, counts), byte) in first.iter_mut().zip(&mut counts).zip(part) {
            (*first, *counts) = (*byte, u8::MAX);
        }
        Self { part, first: u128::from_le_bytes(first), counts: u128::from_le_bytes(counts) }
    }

    #[inline]
    fn begins(&self, texts: &Packed<String>, at: usize) -> bool {
        // The bytes may be those of the next texts too: the length says whether they count.
        let (bytes, length) = texts.from(at);
        match bytes.first_chunk::<FIRST>() {
            Some(first) => {
                (u128::from_le_bytes(*first) ^ self.first) & self.counts == 0
                    && length >= self.part.len()
                    && (self.part.len() <= FIRST || texts.bytes(at).starts_with(self.part))
            }
            None => texts.bytes(at).starts_with(self.part),
        }
    }
}

/// Reads a pattern; the common shapes become one of the plain searches.
fn like(pattern: &str, fold: bool) -> Matcher {
    let mut parts = Vec::with_capacity(pattern.len());
    let mut bytes = pattern.bytes();
    while let Some(byte) = bytes.next() {
        match byte {
            b'%' if matches!(parts.last(), Some(Part::Any)) => {}
            b'%' => parts.push(Part::Any),
            b'_' => parts.push(Part::One),
            // A lone escape at the end stands for itself.
            b'\\' => parts.push(Part::Byte(bytes.next().unwrap_or(b'\\'))),
            other => parts.push(Part::Byte(other)),
        }
    }
    let literal = |parts: &[Part]| -> Option<Box<[u8]>> {
        let byte = |part: &Part| match part {
            Part::Byte(byte) => Some(*byte),
            _ => None,
        };
        parts.iter().map(byte).collect()
    };
    if !fold {
        match &*parts {
            [Part::Any, middle @ .., Part::Any] => {
                if let Some(text) = literal(middle) {
                    return Matcher::Contains(text);
                }
            }
            [Part::Any, end @ ..] => {
                if let Some(text) = literal(end) {
                    return Matcher::EndsWith(text);
                }
            }
            [start @ .., Part::Any] => {
                if let Some(text) = literal(start) {
                    return Matcher::StartsWith(text);
                }
            }
            _ => {}
        }
    }
    if fold {
        for part in &mut parts {
            if let Part::Byte(byte) = part {
                byte.make_ascii_lowercase();
            }
        }
    }
    Matcher::Pattern { parts, fold }
}

/// UTF-8 never mistakes a part of one character for another, so bytes can be searched. Texts are
/// short as a rule, so the search has nothing to set up.
fn contains(text: &[u8], part: &[u8]) -> bool {
    let Some((&first, rest)) = part.split_first() else {
        return true;
    };
    let Some(last) = text.len().checked_sub(part.len()) else {
        return false;
    };
    let mut from = 0;
    while let Some(at) = text[from..=last].iter().position(|b| *b == first) {
        let start = from + at;
        if text[start + 1..].starts_with(rest) {
            return true;
        }
        from = start + 1;
        if from > last {
            return false;
        }
    }
    false
}

/// Goes on greedily and comes back to the last `%` only, which is enough.
fn matches(parts: &[Part], fold: bool, text: &[u8]) -> bool {
    let character = |at: usize| 1 + text[at + 1..].iter().take_while(|b| **b & 0xc0 == 0x80).count();
    let (mut part, mut at) = (0, 0);
    let mut retry: Option<(usize, usize)> = None;
    loop {
        let step = match parts.get(part) {
            Some(Part::Any) => {
                retry = Some((part + 1, at));
                part += 1;
                continue;
            }
            Some(Part::One) if at < text.len() => Some(character(at)),
            Some(Part::Byte(byte)) if at < text.len() => {
                let here = text[at];
                let same = here == *byte || fold && here.to_ascii_lowercase() == *byte;
                same.then_some(1)
            }
            None if at == text.len() => return true,
            _ => None,
        };
        match (step, retry) {
            (Some(length), _) => {
                part += 1;
                at += length;
            }
            (None, Some((after, from))) if from < text.len() => {
                let from = from + character(from);
                retry = Some((after, from));
                (part, at) = (after, from);
            }
            (None, _) => return false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tried(how: TextMatch, text: &str, pattern: &str) -> bool {
        let mut texts = Packed::<String>::default();
        assert!(texts.put(0, text));
        Matcher::new(how, pattern).matches(&texts, 0)
    }

    #[test]
    fn beginnings_of_a_whole_chunk() {
        let mut texts = Packed::<String>::default();
        let all =
            ["", "a", "ab", "abc", "a text of some length", "a text of some lengths", "a text of", "ab"];
        for (at, text) in all.iter().enumerate() {
            assert!(texts.put(at, text));
        }
        let tried = Mask::range(0, all.len() - 1);
        for part in
            ["", "a", "ab", "abcd", "b", "a text of some", "a text of some length", "a text of some lengths!"]
        {
            let found = Matcher::new(TextMatch::StartsWith, part).chunk(&texts, &tried);
            let expected: Vec<usize> = (0..all.len() - 1).filter(|&at| all[at].starts_with(part)).collect();
            assert_eq!(found.ones().collect::<Vec<_>>(), expected, "{part}");
        }
    }

    #[test]
    fn patterns() {
        let like = |text: &str, pattern| tried(TextMatch::Like, text, pattern);
        assert!(like("", "%") && like("", "") && !like("", "_") && !like("a", ""));
        assert!(like("größe", "gr__e") && !like("größe", "gr___e"));
        assert!(like("abcabd", "%abd") && like("abcabd", "a%b_") && !like("abcabd", "a%c"));
        assert!(like("100%", r"100\%") && !like("1000", r"100\%") && like(r"a\", r"a\\"));
        assert!(like("aXbXc", "a%b%c") && like("日本語", "_本_") && like("日本語", "%語"));
        let ilike = |text: &str, pattern| tried(TextMatch::ILike, text, pattern);
        assert!(ilike("HeLLo", "h%LO") && !ilike("GRÖSSE", "größe") && ilike("X", "_"));
        let contains = |text: &str, part| tried(TextMatch::Contains, text, part);
        assert!(contains("abc", "") && contains("aab", "ab") && !contains("a", "ab"));
        assert!(contains("100%", "0%") && !contains("Abc", "abc") && contains("abcx", "cx"));
    }
}
