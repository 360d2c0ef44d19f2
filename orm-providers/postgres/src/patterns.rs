//! Patterns of `like`, as the engine takes them.

use crate::text::push_stored;
use orm_core::plan::TextMatch;

/// A pattern in the two forms that a condition binds.
///
/// A character that is [stored as three](crate::text) is three to `LIKE` as well, so a text that has
/// one is matched by a regular expression if the pattern counts characters.
#[derive(Debug, PartialEq)]
pub(crate) struct Pattern {
    /// For `LIKE`.
    pub(crate) like: String,
    /// For `~`; empty where `LIKE` will do for every text.
    pub(crate) regex: String,
}

/// One character as it is stored.
const ONE: &str = "(?:\u{1}..|[^\u{1}])";

pub(crate) fn pattern(how: TextMatch, pattern: &str) -> Pattern {
    let (mut like, mut regex) = (String::with_capacity(pattern.len()), String::from("^"));
    let mut counts = false;
    let mut chars = pattern.chars();
    while let Some(c) = chars.next() {
        match c {
            '%' => {
                like.push('%');
                regex.push_str(ONE);
                regex.push('*');
            }
            '_' => {
                counts = true;
                like.push('_');
                regex.push_str(ONE);
            }
            // At the end it stands for itself.
            '\\' => literal(how, chars.next().unwrap_or('\\'), &mut like, &mut regex),
            c => literal(how, c, &mut like, &mut regex),
        }
    }
    regex.push('$');
    if !counts {
        regex.clear();
    }
    Pattern { like, regex }
}

fn literal(how: TextMatch, c: char, like: &mut String, regex: &mut String) {
    let c = if how == TextMatch::ILike { c.to_ascii_lowercase() } else { c };
    if matches!(c, '%' | '_' | '\\') {
        like.push('\\');
    }
    push_stored(like, c);
    if c.is_ascii_punctuation() {
        regex.push('\\');
    }
    push_stored(regex, c);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn forms(how: TextMatch, text: &str) -> (String, String) {
        let Pattern { like, regex } = pattern(how, text);
        (like, regex)
    }

    #[test]
    fn takes_what_is_escaped_as_it_is() {
        assert_eq!(forms(TextMatch::Like, "aB%").0, "aB%");
        assert_eq!(forms(TextMatch::ILike, "aB%Ä").0, "ab%Ä");
        assert_eq!(forms(TextMatch::Like, "100\\%\\a\\\\").0, "100\\%a\\\\");
        assert_eq!(forms(TextMatch::Like, "end\\").0, "end\\\\");
        assert_eq!(forms(TextMatch::Like, "\\\0").0, "\u{1}\u{2}\u{2}");
    }

    #[test]
    fn asks_a_regular_expression_only_where_characters_are_counted() {
        assert_eq!(forms(TextMatch::Like, "a%b\\_").1, "");
        assert_eq!(forms(TextMatch::Like, "a._*").1, format!("^a\\.{ONE}\\*$"));
        assert_eq!(forms(TextMatch::Like, "%_").1, format!("^{ONE}*{ONE}$"));
    }
}
