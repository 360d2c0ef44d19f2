//! The tokens of JSON text, for [`text`](super::text): what it doesn't take, serde_json judges.

/// How many containers serde_json lets nest.
pub(super) const DEEPEST: usize = 127;

/// The bytes of a step through plain text, each of them one.
const ONES: u64 = u64::MAX / 255;

/// Goes through text. `None` is "not for me" everywhere: it may be malformed, or only unusual.
#[derive(Debug)]
pub(super) struct Scanner<'j> {
    text: &'j str,
    bytes: &'j [u8],
    at: usize,
    /// What an escaped string means.
    unescaped: String,
}

impl<'j> Scanner<'j> {
    pub(super) fn new(text: &'j str) -> Self {
        Self { text, bytes: text.as_bytes(), at: 0, unescaped: String::new() }
    }

    /// Where it stands, to come back to.
    pub(super) fn place(&self) -> usize {
        self.at
    }

    pub(super) fn go_to(&mut self, place: usize) {
        self.at = place;
    }

    /// The next byte that isn't white space; 0, which is never part of JSON, at the end.
    #[inline]
    pub(super) fn peek(&mut self) -> u8 {
        while let Some(&byte) = self.bytes.get(self.at) {
            if !matches!(byte, b' ' | b'\n' | b'\t' | b'\r') {
                return byte;
            }
            self.at += 1;
        }
        0
    }

    /// Whether nothing but white space is left.
    pub(super) fn at_end(&mut self) -> bool {
        self.peek();
        self.at >= self.bytes.len()
    }

    /// Passes the byte that was peeked at.
    #[inline]
    pub(super) fn pass(&mut self) {
        self.at += 1;
    }

    /// Passes this byte, after white space, or gives up.
    #[inline]
    pub(super) fn expect(&mut self, byte: u8) -> Option<()> {
        (self.peek() == byte).then(|| self.at += 1)
    }

    /// Passes exactly these bytes, if they are next.
    #[inline]
    pub(super) fn passes(&mut self, bytes: &[u8]) -> bool {
        let next = self.bytes.get(self.at..).is_some_and(|rest| rest.starts_with(bytes));
        if next {
            self.at += bytes.len();
        }
        next
    }

    /// Passes a member's name if it is this one, written plainly; the quote before it has been passed.
    #[inline]
    pub(super) fn passes_name(&mut self, name: &str) -> bool {
        let end = self.at + name.len();
        let next =
            self.bytes.get(self.at..end) == Some(name.as_bytes()) && self.bytes.get(end) == Some(&b'"');
        if next {
            self.at = end + 1;
        }
        next
    }

    /// A string, after its opening quote.
    #[inline]
    pub(super) fn string(&mut self) -> Option<&str> {
        let start = self.at;
        self.pass_plain();
        if self.bytes.get(self.at) == Some(&b'"') {
            self.at += 1;
            return self.text.get(start..self.at - 1);
        }
        self.escaped(start)
    }

    /// Goes to the next quote, backslash or control character.
    #[inline]
    fn pass_plain(&mut self) {
        let rest = self.bytes.get(self.at..).unwrap_or(&[]);
        let (words, _) = rest.as_chunks::<8>();
        for word in words {
            let word = u64::from_le_bytes(*word);
            // A byte of these has its high bit set if it was zero, or less than a space; or if one below it
            // was, but only the lowest counts.
            let zero = |x: u64| x.wrapping_sub(ONES) & !x;
            let control = word.wrapping_sub(ONES * 0x20) & !word;
            let quote = zero(word ^ (ONES * u64::from(b'"')));
            let backslash = zero(word ^ (ONES * u64::from(b'\\')));
            let found = (control | quote | backslash) & ONES << 7;
            if found != 0 {
                self.at += found.trailing_zeros() as usize / 8;
                return;
            }
            self.at += 8;
        }
        while self.bytes.get(self.at).is_some_and(|b| !matches!(b, b'"' | b'\\' | 0..0x20)) {
            self.at += 1;
        }
    }

    /// The rest of a string that has escapes; `start` is its first byte.
    fn escaped(&mut self, start: usize) -> Option<&str> {
        self.unescaped.clear();
        let mut plain = start;
        loop {
            let part = self.text.get(plain..self.at)?;
            self.unescaped.push_str(part);
            match self.bytes.get(self.at)? {
                b'"' => {
                    self.at += 1;
                    return Some(&self.unescaped);
                }
                b'\\' => {
                    self.at += 1;
                    let meant = self.escape()?;
                    self.unescaped.push(meant);
                }
                _ => return None,
            }
            plain = self.at;
            self.pass_plain();
        }
    }

    /// What stands for a character after a backslash.
    fn escape(&mut self) -> Option<char> {
        let byte = *self.bytes.get(self.at)?;
        self.at += 1;
        Some(match byte {
            b'"' | b'\\' | b'/' => char::from(byte),
            b'b' => '\u{8}',
            b'f' => '\u{c}',
            b'n' => '\n',
            b'r' => '\r',
            b't' => '\t',
            b'u' => {
                let first = self.four_digits()?;
                match first {
                    0xd800..0xdc00 => {
                        if !self.passes(b"\\u") {
                            return None;
                        }
                        let second = self.four_digits()?;
                        if !(0xdc00..0xe000).contains(&second) {
                            return None;
                        }
                        char::from_u32(0x1_0000 + ((first - 0xd800) << 10) + (second - 0xdc00))?
                    }
                    _ => char::from_u32(first)?,
                }
            }
            _ => return None,
        })
    }

    fn four_digits(&mut self) -> Option<u32> {
        let digits = self.bytes.get(self.at..self.at + 4)?;
        self.at += 4;
        digits.iter().try_fold(0, |n, &digit| Some(n << 4 | char::from(digit).to_digit(16)?))
    }

    /// An integer of at most 18 digits, which is where the scanner stands. What is another number is left
    /// where it is.
    #[inline]
    pub(super) fn integer(&mut self) -> Option<i64> {
        let mut at = self.at;
        let negative = self.bytes.get(at) == Some(&b'-');
        at += usize::from(negative);
        let first = at;
        let mut n = 0_i64;
        while let Some(digit @ b'0'..=b'9') = self.bytes.get(at) {
            if at - first == 18 {
                return None;
            }
            n = n * 10 + i64::from(digit - b'0');
            at += 1;
        }
        let padded = self.bytes.get(first) == Some(&b'0') && (at - first > 1 || negative);
        if at == first || padded || matches!(self.bytes.get(at), Some(b'.' | b'e' | b'E')) {
            return None;
        }
        self.at = at;
        Some(if negative { -n } else { n })
    }

    /// Passes any value, which may be malformed inside; answers its text and how deep it nests.
    pub(super) fn skip(&mut self) -> Option<(&'j str, usize)> {
        let first = self.peek();
        let start = self.at;
        let mut deepest = 0;
        match first {
            b'"' => {
                self.at += 1;
                self.skip_string()?;
            }
            b'{' | b'[' => {
                let mut open = 0_usize;
                loop {
                    let byte = *self.bytes.get(self.at)?;
                    self.at += 1;
                    match byte {
                        b'"' => self.skip_string()?,
                        b'{' | b'[' => {
                            open += 1;
                            deepest = deepest.max(open);
                        }
                        b'}' | b']' => {
                            open -= 1;
                            if open == 0 {
                                break;
                            }
                        }
                        _ => {}
                    }
                }
            }
            _ => {
                let ends = |b: &u8| matches!(b, b',' | b'}' | b']' | b' ' | b'\n' | b'\t' | b'\r');
                let rest = self.bytes.get(self.at..)?;
                self.at += rest.iter().position(ends).unwrap_or(rest.len());
            }
        }
        Some((self.text.get(start..self.at)?, deepest))
    }

    /// Passes the rest of a string, after its opening quote.
    fn skip_string(&mut self) -> Option<()> {
        loop {
            self.pass_plain();
            match self.bytes.get(self.at)? {
                b'"' => {
                    self.at += 1;
                    return Some(());
                }
                b'\\' => self.at += 2,
                // Nor is it taken by whoever reads what was passed.
                _ => self.at += 1,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What serde_json takes for a value, and this as well.
    fn agree(text: &str) -> bool {
        let theirs = serde_json::from_str::<serde_json::Value>(text).ok();
        let mut scanner = Scanner::new(text);
        let ours = match scanner.peek() {
            b'"' => {
                scanner.pass();
                scanner.string().map(|text| serde_json::Value::from(text.to_owned()))
            }
            _ => scanner.integer().map(serde_json::Value::from),
        };
        let ours = ours.filter(|_| scanner.at_end());
        assert!(ours.is_none() || ours == theirs, "{text}: {ours:?} {theirs:?}");
        ours.is_some()
    }

    #[test]
    fn reads_what_serde_json_reads() {
        let taken = [
            r#""""#,
            r#""plain""#,
            r#""eight by""#,
            r#" "longer than eight bytes, and é, 日本 and 🦀 beyond ASCII" "#,
            r#""a \"quote\" and a \\ in it""#,
            r#""\b\f\n\r\t\/""#,
            r#""\u0041\u00e9\u65E5\ud83e\udd80""#,
            r#""ends with an escape \n""#,
            "\"\u{7f}\u{80}\"",
            "0",
            "7",
            "-1",
            "123456789012345678",
            "-123456789012345678\n",
        ];
        assert!(taken.into_iter().all(agree));
        let left = [
            "",
            "\"",
            "\"open",
            "\"tab\t\"",
            "\"\u{0}\"",
            r#""\x""#,
            r#""\u12""#,
            r#""\u12g4""#,
            r#""\ud83e""#,
            r#""\ud83e\n""#,
            r#""\ud83e\u0041""#,
            r#""\udd80""#,
            r#""\"#,
            r#""\u00"#,
            "-",
            "-0",
            "01",
            "-01",
            "1.5",
            "1e3",
            "1E3",
            "1234567890123456789",
            "+1",
            "--1",
            "nul",
            "1 2",
        ];
        assert!(!left.into_iter().any(agree));
    }

    #[test]
    fn every_byte_in_every_place_of_a_word() {
        for byte in 0..=0x7f_u8 {
            for place in 0..20 {
                let mut text = "\"abcdefghijklmnopqrstuvw\"".to_owned();
                text.replace_range(1 + place..2 + place, &char::from(byte).to_string());
                let plain = !matches!(byte, b'"' | b'\\' | 0..0x20);
                assert!(agree(&text) || !plain, "{byte} at {place}");
            }
        }
    }

    #[test]
    fn skips_values_and_tells_how_deep_they_are() {
        for (text, value, deep) in [
            ("1, 2", "1", 0),
            (" \"a\\\"}\", 2", "\"a\\\"}\"", 0),
            ("[{\"a\": [1, \"]\"]}, []] , 2", "[{\"a\": [1, \"]\"]}, []]", 3),
            ("{}", "{}", 1),
            ("true}", "true", 0),
        ] {
            assert_eq!(Scanner::new(text).skip(), Some((value, deep)), "{text}");
        }
        for open in ["[", "{\"a\": [}", "\"a", "\"\\", "[\"\\"] {
            assert_eq!(Scanner::new(open).skip(), None, "{open}");
        }
    }
}
