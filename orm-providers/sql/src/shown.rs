//! What a configuration says, in messages.

/// Text as messages show it: characters that a log or a terminal would act on are escaped.
///
/// ```
/// assert_eq!(orm_provider_sql::shown("it's at C:\\größe\n\u{1b}[31m"), "it's at C:\\größe\\n\\u{1b}[31m");
/// ```
#[must_use]
pub fn shown(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for character in text.chars() {
        if character.is_control() {
            shown.extend(character.escape_default());
        } else {
            shown.push(character);
        }
    }
    shown
}
