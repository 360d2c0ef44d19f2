//! Matching text, by code point.

use crate::plan::TextMatch;

/// What a text is matched against, ready to be used often.
#[derive(Debug, Clone)]
pub(super) enum Pattern {
    Contains(Box<str>),
    StartsWith(Box<str>),
    EndsWith(Box<str>),
    Like { tokens: Vec<Token>, fold: bool },
}

/// A part of a `like` pattern.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Token {
    /// `%`
    Run,
    /// `_`
    One,
    Char(char),
}

impl Pattern {
    pub(super) fn new(how: TextMatch, text: &str) -> Self {
        match how {
            TextMatch::Contains => Pattern::Contains(text.into()),
            TextMatch::StartsWith => Pattern::StartsWith(text.into()),
            TextMatch::EndsWith => Pattern::EndsWith(text.into()),
            TextMatch::Like => Pattern::Like { tokens: tokens(text).collect(), fold: false },
            TextMatch::ILike => {
                Pattern::Like { tokens: tokens(&text.to_ascii_lowercase()).collect(), fold: true }
            }
        }
    }

    pub(super) fn matches(&self, text: &str) -> bool {
        match self {
            Pattern::Contains(part) => text.contains(&**part),
            Pattern::StartsWith(part) => text.starts_with(&**part),
            Pattern::EndsWith(part) => text.ends_with(&**part),
            Pattern::Like { tokens, fold } => like(tokens, *fold, text),
        }
    }
}

/// A `\` makes the next character stand for itself; at the end it stands for itself.
fn tokens(pattern: &str) -> impl Iterator<Item = Token> + '_ {
    let mut chars = pattern.chars();
    std::iter::from_fn(move || {
        Some(match chars.next()? {
            '%' => Token::Run,
            '_' => Token::One,
            '\\' => Token::Char(chars.next().unwrap_or('\\')),
            other => Token::Char(other),
        })
    })
}

/// Goes forward, and back only to the last `%`: an earlier one could not do better, so the time is
/// at most the product of both lengths.
fn like(tokens: &[Token], fold: bool, text: &str) -> bool {
    let mut rest = text.chars();
    let mut at = 0;
    // Where to go on after the last `%`: the token, and the text that the `%` hasn't taken yet.
    let mut retry: Option<(usize, std::str::Chars<'_>)> = None;
    loop {
        if tokens.get(at) == Some(&Token::Run) {
            at += 1;
            retry = Some((at, rest.clone()));
            continue;
        }
        let here = rest.next();
        let fits = match (tokens.get(at), here) {
            (None, None) => return true,
            (Some(Token::One), Some(_)) => true,
            (Some(&Token::Char(wanted)), Some(c)) => wanted == if fold { c.to_ascii_lowercase() } else { c },
            _ => false,
        };
        if fits {
            at += 1;
            continue;
        }
        let Some((token, behind)) = &mut retry else {
            return false;
        };
        // The `%` takes one character more.
        if behind.next().is_none() {
            return false;
        }
        at = *token;
        rest = behind.clone();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn like(pattern: &str, text: &str) -> bool {
        Pattern::new(TextMatch::Like, pattern).matches(text)
    }

    #[test]
    fn percent_is_any_run_and_underscore_one_character() {
        for (pattern, text, expected) in [
            ("", "", true),
            ("", "a", false),
            ("%", "", true),
            ("%%", "abc", true),
            ("_", "", false),
            ("_", "é", true),
            ("_", "👍", true),
            ("__", "👍", false),
            ("a%c", "abbbc", true),
            ("a%c", "abbbcd", false),
            ("%b%", "abc", true),
            ("%ab", "aab", true),
            ("%a_b%c", "xaab_axbzc", true),
            ("a_%_c", "abc", false),
            ("a_%_c", "abbc", true),
            ("A", "a", false),
            ("a ", "a", false),
        ] {
            assert_eq!(like(pattern, text), expected, "{text:?} like {pattern:?}");
        }
    }

    #[test]
    fn backslash_escapes() {
        assert!(like(r"100\%", "100%"));
        assert!(!like(r"100\%", "100x"));
        assert!(like(r"a\_b", "a_b"));
        assert!(!like(r"a\_b", "axb"));
        assert!(like(r"a\\b", r"a\b"));
        assert!(like(r"\a", "a"));
        assert!(like(r"a\", r"a\"));
    }

    #[test]
    fn ilike_folds_ascii_only() {
        let matches = |p: &str, t: &str| Pattern::new(TextMatch::ILike, p).matches(t);
        assert!(matches("ADA%", "ada Lovelace"));
        assert!(matches("é", "é"));
        assert!(!matches("É", "é"));
        assert!(!matches("ı", "I"));
    }

    #[test]
    fn many_percents_take_no_exponential_time() {
        let text = "a".repeat(5_000);
        assert!(!like(&"%a".repeat(50).replace("%a", "%a%b"), &text));
    }
}
