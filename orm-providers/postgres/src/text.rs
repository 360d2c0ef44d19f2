//! Text, of which PostgreSQL stores all but NUL.
//!
//! NUL is a character like any other elsewhere, so it is here too: the four characters from U+0000 to
//! U+0003, which hardly any text has, are stored as three each: U+0001 and two of U+0002 or U+0003.
//! All other text is stored as it is. What is stored keeps the order of what was meant, and a part of
//! a text is found where it was meant, because nothing but U+0001 begins such a group and nothing
//! else stands within one.

use std::borrow::Cow;

/// What begins a group.
const LEAD: char = '\u{1}';
/// The digits of a group.
const DIGITS: [char; 2] = ['\u{2}', '\u{3}'];

/// A text as it is stored.
pub(crate) fn stored(text: &str) -> Cow<'_, str> {
    // Without an end before the last, many bytes are looked at at once.
    if !text.bytes().fold(false, |found, b| found | (b < 4)) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        push_stored(&mut out, c);
    }
    Cow::Owned(out)
}

/// Writes a character as it is stored.
pub(crate) fn push_stored(out: &mut String, c: char) {
    match u32::from(c) {
        code @ 0..4 => {
            out.push(LEAD);
            out.push(DIGITS[(code >> 1) as usize]);
            out.push(DIGITS[(code & 1) as usize]);
        }
        _ => out.push(c),
    }
}

/// Whether a stored text is what was meant as it stands.
#[inline]
pub(crate) fn is_plain(stored: &str) -> bool {
    !stored.as_bytes().contains(&1)
}

/// The text that was meant. What others have written and is no group stays as it is.
pub(crate) fn meant(stored: &str) -> String {
    let mut out = String::with_capacity(stored.len());
    let mut rest = stored;
    while let Some(at) = rest.find(LEAD) {
        out.push_str(&rest[..at]);
        rest = &rest[at + 1..];
        let digit = |at: usize| rest.as_bytes().get(at).filter(|b| matches!(b, 2 | 3)).map(|b| b - 2);
        match (digit(0), digit(1)) {
            (Some(high), Some(low)) => {
                out.push(char::from(high << 1 | low));
                rest = &rest[2..];
            }
            _ => out.push(LEAD),
        }
    }
    out.push_str(rest);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comes_back_in_order_and_is_found_where_it_is() {
        let parts = ["", "\0", "\u{1}", "\u{2}", "\u{3}", "\u{4}", "a", "\u{10FFFF}"];
        let mut texts = Vec::new();
        for a in parts {
            for b in parts {
                for c in parts {
                    texts.push(format!("{a}{b}{c}"));
                }
            }
        }
        for text in &texts {
            let kept = stored(text);
            assert!(!kept.contains('\0'));
            assert_eq!(&meant(&kept), text);
            assert_eq!(is_plain(&kept), !text.chars().any(|c| c < '\u{4}'));
            for other in &texts {
                let other_kept = stored(other);
                assert_eq!(kept.cmp(&other_kept), text.cmp(other), "{text:?} {other:?}");
                assert_eq!(kept.contains(&*other_kept), text.contains(other), "{text:?} {other:?}");
                assert_eq!(kept.ends_with(&*other_kept), text.ends_with(other), "{text:?} {other:?}");
            }
        }
    }

    #[test]
    fn what_others_wrote_stays() {
        for text in ["\u{1}", "\u{1}\u{2}", "a\u{1}b\u{2}\u{3}", "\u{1}\u{1}x", "\u{2}é"] {
            assert_eq!(meant(text), text);
        }
    }
}
