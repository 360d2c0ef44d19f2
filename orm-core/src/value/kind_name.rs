//! The names of kinds, by which dumps and diagrams call them.

use super::Kind;
use std::fmt;
use std::str::FromStr;

/// A text that names no kind of column.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no kind of column")]
pub struct UnknownKind(pub String);

/// The kinds whose names say it all.
const PLAIN: [(Kind, &str); 20] = [
    (Kind::Bool, "bool"),
    (Kind::I8, "i8"),
    (Kind::I16, "i16"),
    (Kind::I32, "i32"),
    (Kind::I64, "i64"),
    (Kind::U8, "u8"),
    (Kind::U16, "u16"),
    (Kind::U32, "u32"),
    (Kind::U64, "u64"),
    (Kind::F32, "f32"),
    (Kind::F64, "f64"),
    (Kind::Text, "text"),
    (Kind::Bytes, "bytes"),
    (Kind::Uuid, "uuid"),
    (Kind::Date, "date"),
    (Kind::Time, "time"),
    (Kind::DateTime, "datetime"),
    (Kind::Timestamp, "timestamp"),
    (Kind::Json, "json"),
    (Kind::Wide, "wide"),
];

impl fmt::Display for Kind {
    /// The kind's name: `u64`, `text`, `decimal(2)`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self, PLAIN.iter().find(|(kind, _)| kind == self)) {
            (_, Some((_, name))) => f.write_str(name),
            (Kind::Decimal(scale), None) => write!(f, "decimal({scale})"),
            (kind, None) => write!(f, "{kind:?}"),
        }
    }
}

impl FromStr for Kind {
    type Err = UnknownKind;

    /// The kind of a name that [`Display`](fmt::Display) gave.
    fn from_str(text: &str) -> Result<Self, UnknownKind> {
        if let Some((kind, _)) = PLAIN.iter().find(|(_, name)| *name == text) {
            return Ok(*kind);
        }
        let scale = text.strip_prefix("decimal(").and_then(|rest| rest.strip_suffix(')'));
        match scale.and_then(|scale| scale.parse().ok()) {
            Some(scale @ 0..=18) => Ok(Kind::Decimal(scale)),
            _ => Err(UnknownKind(text.chars().take(40).collect())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_back() {
        for (kind, name) in PLAIN {
            assert_eq!((kind.to_string().as_str(), name.parse()), (name, Ok(kind)));
        }
        assert_eq!(Kind::Decimal(2).to_string(), "decimal(2)");
        assert_eq!("decimal(18)".parse(), Ok(Kind::Decimal(18)));
        for wrong in ["", "decimal", "decimal()", "decimal(19)", "decimal(-1)", "U64", "decimal(999)"] {
            assert!(wrong.parse::<Kind>().is_err(), "{wrong}");
        }
    }
}
