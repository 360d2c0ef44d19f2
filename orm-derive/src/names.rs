//! Names by convention.

use syn::Ident;
use syn::ext::IdentExt;

/// An identifier as a plain name: `r#type` is `type`.
pub(crate) fn plain(ident: &Ident) -> String {
    ident.unraw().to_string()
}

/// `BlogPost` as `blog_post`.
pub(crate) fn snake(name: &str) -> String {
    let chars: Vec<char> = name.chars().collect();
    let mut out = String::new();
    for (at, &c) in chars.iter().enumerate() {
        let after_small = at > 0 && !chars[at - 1].is_uppercase() && chars[at - 1] != '_';
        let before_small =
            at > 0 && chars[at - 1] != '_' && chars.get(at + 1).is_some_and(|n| n.is_lowercase());
        if c.is_uppercase() && (after_small || before_small) {
            out.push('_');
        }
        out.extend(c.to_lowercase());
    }
    out
}

/// The plural of a snake_case word, by the regular rules of English.
pub(crate) fn plural(word: &str) -> String {
    let ends = |endings: &[&str]| endings.iter().any(|e| word.ends_with(e));
    match word.strip_suffix('y') {
        Some(stem) if !ends(&["ay", "ey", "iy", "oy", "uy"]) => format!("{stem}ies"),
        _ if ends(&["s", "x", "z", "ch", "sh"]) => format!("{word}es"),
        _ => format!("{word}s"),
    }
}

/// The styles of `rename_all`, named as serde names them.
pub(crate) const STYLES: [&str; 8] = [
    "lowercase",
    "UPPERCASE",
    "PascalCase",
    "camelCase",
    "snake_case",
    "SCREAMING_SNAKE_CASE",
    "kebab-case",
    "SCREAMING-KEBAB-CASE",
];

/// A snake_case field name in another style.
pub(crate) fn styled(field: &str, style: &str) -> String {
    let pascal = || -> String {
        field
            .split('_')
            .flat_map(|word| {
                let mut chars = word.chars();
                chars.next().map(char::to_uppercase).into_iter().flatten().chain(chars)
            })
            .collect()
    };
    match style {
        "lowercase" => field.to_lowercase(),
        "UPPERCASE" | "SCREAMING_SNAKE_CASE" => field.to_uppercase(),
        "PascalCase" => pascal(),
        "camelCase" => {
            let pascal = pascal();
            let mut chars = pascal.chars();
            chars.next().map(char::to_lowercase).into_iter().flatten().chain(chars).collect()
        }
        "kebab-case" => field.replace('_', "-"),
        "SCREAMING-KEBAB-CASE" => field.to_uppercase().replace('_', "-"),
        _ => field.to_owned(),
    }
}

/// The one of `known` that `given` was probably meant to be.
pub(crate) fn nearest<'k>(given: &str, known: &[&'k str]) -> Option<&'k str> {
    let best = known.iter().map(|k| (distance(given, k), *k)).min()?;
    (best.0 <= given.chars().count().max(3) / 3).then_some(best.1)
}

/// The number of letters to change, add or leave out.
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, y) in b.iter().enumerate() {
            let change = diagonal + usize::from(x != *y);
            diagonal = row[j + 1];
            row[j + 1] = change.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn conventions() {
        for (name, entity) in [
            ("User", "users"),
            ("BlogPost", "blog_posts"),
            ("Category", "categories"),
            ("Day", "days"),
            ("Box", "boxes"),
            ("HTTPRequest", "http_requests"),
            ("Address2", "address2s"),
        ] {
            assert_eq!(plural(&snake(name)), entity);
        }
        assert_eq!(styled("author_id", "camelCase"), "authorId");
        assert_eq!(styled("author_id", "PascalCase"), "AuthorId");
        assert_eq!(styled("author_id", "kebab-case"), "author-id");
        assert_eq!(nearest("forein_key", &["foreign_key", "local_key"]), Some("foreign_key"));
        assert_eq!(nearest("xyz", &["foreign_key"]), None);
    }
}
