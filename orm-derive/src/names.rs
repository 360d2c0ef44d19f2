//! Conventions: how names are made from names.

/// serde's `rename_all` rules, for the fields of a struct.
#[derive(Clone, Copy)]
pub(crate) enum Rule {
    Lower,
    Upper,
    Pascal,
    Camel,
    Snake,
    ScreamingSnake,
    Kebab,
    ScreamingKebab,
}

/// The rules by the names that serde gives them.
pub(crate) const RULES: [(&str, Rule); 8] = [
    ("lowercase", Rule::Lower),
    ("UPPERCASE", Rule::Upper),
    ("PascalCase", Rule::Pascal),
    ("camelCase", Rule::Camel),
    ("snake_case", Rule::Snake),
    ("SCREAMING_SNAKE_CASE", Rule::ScreamingSnake),
    ("kebab-case", Rule::Kebab),
    ("SCREAMING-KEBAB-CASE", Rule::ScreamingKebab),
];

impl Rule {
    /// A field's name (which is in snake case) by this rule.
    pub(crate) fn apply(self, field: &str) -> String {
        match self {
            Rule::Lower | Rule::Snake => field.to_owned(),
            Rule::Upper | Rule::ScreamingSnake => field.to_ascii_uppercase(),
            Rule::Pascal => pascal(field),
            Rule::Camel => {
                let pascal = pascal(field);
                let mut chars = pascal.chars();
                match chars.next() {
                    Some(first) => first.to_lowercase().chain(chars).collect(),
                    None => pascal,
                }
            }
            Rule::Kebab => field.replace('_', "-"),
            Rule::ScreamingKebab => field.to_ascii_uppercase().replace('_', "-"),
        }
    }
}

/// A variant's name (which is in Pascal case) by a rule, as serde has it.
pub(crate) fn variant(rule: Rule, name: &str) -> String {
    match rule {
        Rule::Pascal => name.to_owned(),
        Rule::Lower => name.to_ascii_lowercase(),
        Rule::Upper => name.to_ascii_uppercase(),
        Rule::Camel => {
            let mut chars = name.chars();
            chars.next().map_or_else(String::new, |first| first.to_lowercase().chain(chars).collect())
        }
        _ => {
            let mut words = String::new();
            for (i, c) in name.chars().enumerate() {
                if i > 0 && c.is_uppercase() {
                    words.push('_');
                }
                words.extend(c.to_lowercase());
            }
            rule.apply(&words)
        }
    }
}

fn pascal(field: &str) -> String {
    let mut name = String::new();
    for word in field.split('_') {
        let mut chars = word.chars();
        if let Some(first) = chars.next() {
            name.extend(first.to_uppercase().chain(chars));
        }
    }
    name
}

/// A type's name in snake case: `HTTPServer` is `http_server`.
pub(crate) fn snake(name: &str) -> String {
    let chars: Vec<char> = name.chars().collect();
    let mut snake = String::new();
    for (i, c) in chars.iter().enumerate() {
        if c.is_uppercase() && i > 0 {
            let after_word = !chars[i - 1].is_uppercase() && chars[i - 1] != '_';
            let before_word =
                chars[i - 1].is_uppercase() && chars.get(i + 1).is_some_and(|next| next.is_lowercase());
            if after_word || before_word {
                snake.push('_');
            }
        }
        snake.extend(c.to_lowercase());
    }
    snake
}

/// The plural of a name in snake case, by the regular rules: irregular words are named by hand.
pub(crate) fn plural(name: &str) -> String {
    let ends = |ends: &[&str]| ends.iter().any(|end| name.ends_with(end));
    match name.strip_suffix('y') {
        Some(stem) if !stem.is_empty() && !stem.ends_with(['a', 'e', 'i', 'o', 'u']) => {
            format!("{stem}ies")
        }
        _ if ends(&["s", "x", "z", "ch", "sh"]) => format!("{name}es"),
        _ => format!("{name}s"),
    }
}

/// The candidate that `name` was probably meant to be.
pub(crate) fn nearest<'a>(name: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    candidates
        .into_iter()
        .map(|c| (distance(name, c), c))
        .filter(|(d, c)| *d <= 1 + c.len().min(name.len()) / 4)
        .min_by_key(|(d, _)| *d)
        .map(|(_, c)| c)
}

/// How many letters must be changed, added or left out (Levenshtein).
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, y) in b.iter().enumerate() {
            let change = diagonal + usize::from(x != *y);
            diagonal = row[j + 1];
            row[j + 1] = change.min(diagonal + 1).min(row[j] + 1);
        }
    }
    row[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entities_are_snake_case_plurals() {
        for (model, entity) in [
            ("User", "users"),
            ("Category", "categories"),
            ("Day", "days"),
            ("Box", "boxes"),
            ("Person", "persons"),
            ("Status", "statuses"),
            ("Match", "matches"),
            ("PlaylistTrack", "playlist_tracks"),
            ("HTTPServer", "http_servers"),
            ("Level2Key", "level2_keys"),
            ("Y", "ys"),
        ] {
            assert_eq!(plural(&snake(model)), entity);
        }
    }

    #[test]
    fn members_are_renamed_as_serde_does() {
        let all: Vec<String> = RULES.iter().map(|(_, r)| r.apply("first_name")).collect();
        assert_eq!(
            all,
            [
                "first_name",
                "FIRST_NAME",
                "FirstName",
                "firstName",
                "first_name",
                "FIRST_NAME",
                "first-name",
                "FIRST-NAME"
            ]
        );
        assert_eq!(Rule::Camel.apply("id"), "id");
    }

    #[test]
    fn variants_are_renamed_as_serde_does() {
        let all: Vec<String> = RULES.iter().map(|(_, r)| variant(*r, "InReview")).collect();
        assert_eq!(
            all,
            [
                "inreview",
                "INREVIEW",
                "InReview",
                "inReview",
                "in_review",
                "IN_REVIEW",
                "in-review",
                "IN-REVIEW"
            ]
        );
    }

    #[test]
    fn near_names_are_found_and_far_ones_are_not() {
        let known = ["foreign_key", "local_key", "rename"];
        assert_eq!(nearest("forein_key", known), Some("foreign_key"));
        assert_eq!(nearest("renam", known), Some("rename"));
        assert_eq!(nearest("cascade", known), None);
    }
}
