//! Placeholders. The engine's have no numbers, a list takes as many of them as it has values, and what
//! stands around one depends on what is bound. So texts are first written with marks, each with the
//! place of its bind, and finished when it is known what the binds are.
//!
//! A list of more values than [`MOST`] travels as one JSON text; a shorter one takes the next of a few
//! lengths, its last value repeated, so that there are few texts.

use crate::dialect::MysqlDialect;
use orm_core::value::{Class, Kind, ValueRef};
use orm_provider_sql::Bind;
use std::fmt::Write as _;

/// What begins a mark: no name has it.
const MARK: char = '\0';
/// How many values a list has at most in the text.
pub(crate) const MOST: usize = 1024;

/// What a placeholder takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Slot {
    /// A bind.
    Whole(usize),
    /// A value of a list.
    Item(usize, usize),
    /// A column of a key of a set.
    Part(usize, usize, usize),
    /// A list or set as JSON.
    Json(usize),
}

/// Marks a value.
pub(crate) fn value(out: &mut String, place: usize) {
    let _ = write!(out, "{MARK}v{place};");
}

/// Marks a list, as it stands in the parentheses of `IN`.
pub(crate) fn list(out: &mut String, place: usize) {
    let _ = write!(out, "{MARK}l{place};");
}

/// Marks the condition that columns together are in a set of keys.
pub(crate) fn keys(out: &mut String, columns: &[String], place: usize) {
    let _ = write!(out, "{MARK}k{place};{}{MARK}", columns.join("\u{1}"));
}

/// How many values are written for a list of this length; 0 where it travels as JSON.
fn length(len: usize) -> usize {
    match len {
        0..=8 => len,
        _ if len > MOST => 0,
        _ => len.next_power_of_two(),
    }
}

/// Adds to the shape at hand what of the binds determines the text.
pub(crate) fn note(binds: &[Bind<'_>], key: &mut Vec<u8>) {
    for bind in binds {
        match bind {
            Bind::Value(ValueRef::Decimal(d)) | Bind::Open(ValueRef::Decimal(d)) => {
                key.extend_from_slice(&[1, d.scale()])
            }
            Bind::Value(ValueRef::Bytes(_) | ValueRef::Uuid(_))
            | Bind::Open(ValueRef::Bytes(_) | ValueRef::Uuid(_)) => key.push(2),
            Bind::List(values) => note_length(key, values.len()),
            Bind::Keys(keys) => note_length(key, keys.len()),
            _ => key.push(0),
        }
    }
}

fn note_length(key: &mut Vec<u8>, len: usize) {
    key.push(3);
    key.extend_from_slice(&(length(len) as u16).to_ne_bytes());
}

/// A placeholder for a value of a kind that compares as such.
pub(crate) fn typed(out: &mut String, kind: Option<Kind>) {
    let _ = match kind {
        // A text would be compared as a float.
        Some(Kind::Decimal(scale)) => write!(out, "CAST(? AS DECIMAL(38,{scale}))"),
        Some(Kind::Bytes | Kind::Uuid) => write!(out, "CAST(? AS BINARY)"),
        _ => write!(out, "?"),
    };
}

fn kind_of(bind: Option<&Bind<'_>>) -> Option<Kind> {
    match bind {
        Some(Bind::Value(ValueRef::Decimal(d)) | Bind::Open(ValueRef::Decimal(d))) => {
            Some(Kind::Decimal(d.scale()))
        }
        Some(
            Bind::Value(ValueRef::Bytes(_) | ValueRef::Uuid(_))
            | Bind::Open(ValueRef::Bytes(_) | ValueRef::Uuid(_)),
        ) => Some(Kind::Bytes),
        _ => None,
    }
}

/// Replaces the marks of a text by placeholders, and tells what each takes.
pub(crate) fn finish(dialect: &MysqlDialect, marked: &str, binds: &[Bind<'_>]) -> (String, Vec<Slot>) {
    let (mut out, mut slots) = (String::with_capacity(marked.len()), Vec::new());
    let mut rest = marked;
    while let Some(at) = rest.find(MARK) {
        out.push_str(&rest[..at]);
        rest = &rest[at + 1..];
        let Some((mark, after)) = rest.split_once(';') else { break };
        rest = after;
        let place = mark.get(1..).and_then(|place| place.parse::<usize>().ok()).unwrap_or(1) - 1;
        match (mark.as_bytes().first(), binds.get(place)) {
            (Some(b'l'), Some(Bind::List(values))) => {
                let kind = values.kind();
                match length(values.len()) {
                    0 => {
                        let (column, select) = json_column(dialect, kind, "k", "$");
                        let _ = write!(
                            out,
                            "SELECT {select} FROM JSON_TABLE(?, '$[*]' COLUMNS ({column})) AS orm__j"
                        );
                        slots.push(Slot::Json(place));
                    }
                    length => {
                        for item in 0..length {
                            out.push_str(if item > 0 { ", " } else { "" });
                            typed(&mut out, Some(kind));
                            slots.push(Slot::Item(place, item));
                        }
                    }
                }
            }
            (Some(b'k'), Some(Bind::Keys(keys))) => {
                let (names, after) = rest.split_once(MARK).unwrap_or((rest, ""));
                rest = after;
                let names: Vec<&str> = names.split('\u{1}').collect();
                let kinds: Vec<Kind> = keys.columns().iter().map(|c| c.kind()).collect();
                match length(keys.len()) {
                    0 => {
                        let columns = kinds.iter().enumerate().map(|(i, kind)| {
                            json_column(dialect, *kind, &format!("k{i}"), &format!("$[{i}]"))
                        });
                        let (columns, select): (Vec<_>, Vec<_>) = columns.unzip();
                        let _ = write!(
                            out,
                            "({}) IN (SELECT {} FROM JSON_TABLE(?, '$[*]' COLUMNS ({})) AS orm__j)",
                            names.join(", "),
                            select.join(", "),
                            columns.join(", ")
                        );
                        slots.push(Slot::Json(place));
                    }
                    length => {
                        // The engine searches an index for this form, but not for a list of rows.
                        out.push('(');
                        for key in 0..length {
                            out.push_str(if key > 0 { " OR (" } else { "(" });
                            for (part, name) in names.iter().enumerate() {
                                let _ = write!(out, "{}{name} = ", if part > 0 { " AND " } else { "" });
                                typed(&mut out, kinds.get(part).copied());
                                slots.push(Slot::Part(place, key, part));
                            }
                            out.push(')');
                        }
                        out.push(')');
                    }
                }
            }
            (_, bind) => {
                typed(&mut out, kind_of(bind));
                slots.push(Slot::Whole(place));
            }
        }
    }
    out.push_str(rest);
    (out, slots)
}

/// A column of a table that is read from JSON, and the value that is meant by it.
pub(crate) fn json_column(dialect: &MysqlDialect, kind: Kind, name: &str, path: &str) -> (String, String) {
    let text = || format!("LONGTEXT CHARACTER SET utf8mb4 COLLATE {}", dialect.collation());
    let (ty, meant) = match kind {
        Kind::Bytes | Kind::Uuid => (text(), format!("UNHEX({name})")),
        Kind::F32 | Kind::F64 => ("DOUBLE".to_owned(), name.to_owned()),
        Kind::Decimal(scale) => (format!("DECIMAL(38,{scale})"), name.to_owned()),
        Kind::Date => ("DATE".to_owned(), name.to_owned()),
        Kind::Time => ("TIME(6)".to_owned(), name.to_owned()),
        Kind::DateTime | Kind::Timestamp => ("DATETIME(6)".to_owned(), name.to_owned()),
        _ if kind.class() == Class::Text => (text(), name.to_owned()),
        _ => ("BIGINT".to_owned(), name.to_owned()),
    };
    (format!("{name} {ty} PATH '{path}'"), meant)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dialect::MARIADB;

    #[test]
    fn values_may_be_asked_for_out_of_order_and_twice() {
        let mut marked = "a = ".to_owned();
        value(&mut marked, 2);
        marked.push_str(" AND `b?` < ");
        value(&mut marked, 1);
        marked.push_str(" OR ");
        value(&mut marked, 2);
        let binds = [Bind::Value(ValueRef::Uuid([0; 16])), Bind::Value(ValueRef::Int(1))];
        let (sql, slots) = finish(&MARIADB, &marked, &binds);
        assert_eq!(sql, "a = ? AND `b?` < CAST(? AS BINARY) OR ?");
        assert_eq!(slots, [Slot::Whole(1), Slot::Whole(0), Slot::Whole(1)]);
    }

    #[test]
    fn lists_take_few_lengths() {
        assert_eq!([1, 8, 9, 100, 1024, 1025].map(length), [1, 8, 16, 128, 1024, 0]);
    }
}
