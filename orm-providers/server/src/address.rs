//! Parts of addresses, and names that engines would cut.

/// Undoes the `%2F` of addresses.
///
/// # Errors
/// What is wrong with it, in words that don't show it.
pub fn percent_decoded(text: &str) -> Result<String, String> {
    let mut out = Vec::with_capacity(text.len());
    let mut bytes = text.bytes();
    while let Some(byte) = bytes.next() {
        if byte != b'%' {
            out.push(byte);
            continue;
        }
        let digit = |byte: Option<u8>| char::from(byte?).to_digit(16);
        match (digit(bytes.next()), digit(bytes.next())) {
            (Some(high), Some(low)) => out.push((high * 16 + low) as u8),
            _ => return Err("two digits must follow a `%`".to_owned()),
        }
    }
    String::from_utf8(out).map_err(|_| "what is escaped in it is no UTF-8".to_owned())
}

/// A name of at most so many bytes: what is too long ends in a hash of the whole.
#[must_use]
pub fn shortened(name: String, longest: usize) -> String {
    if name.len() <= longest {
        return name;
    }
    let hash = name.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    });
    let end = (0..=longest.saturating_sub(17)).rev().find(|&at| name.is_char_boundary(at)).unwrap_or(0);
    format!("{}~{hash:016x}", &name[..end])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_names_stay_apart() {
        let name = |last: &str| format!("{}{last}", "ä".repeat(40));
        assert_eq!(shortened("users".to_owned(), 63), "users");
        assert!(shortened(name("a"), 63).len() <= 63 && shortened(name("a"), 63).starts_with('ä'));
        assert_ne!(shortened(name("a"), 63), shortened(name("b"), 63));
    }

    #[test]
    fn decodes_what_is_escaped_and_refuses_the_rest() {
        assert_eq!(percent_decoded("p%2Fw%c3%a4").as_deref(), Ok("p/wä"));
        assert!(percent_decoded("%zz").is_err() && percent_decoded("%2").is_err());
        assert!(percent_decoded("%ff").is_err());
    }
}
