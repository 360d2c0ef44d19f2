//! PostgreSQL's SQL.

use orm_core::model::schema::EntitySchema;
use orm_core::plan::{Sort, TextMatch};
use orm_core::value::{Class, Kind};
pub(crate) use orm_provider_server::counts_keys;
use orm_provider_sql::raw::Lexis;
use orm_provider_sql::{Dialect, sum_range};
use std::borrow::Cow;
use std::fmt::Write as _;

/// PostgreSQL's SQL. A connection's namespace is a schema.
///
/// Lists are bound as arrays, sets of keys as one array a column, patterns as one for `LIKE` and one for
/// `~`.
#[derive(Debug, Clone, Copy, Default)]
pub struct PostgresDialect;

/// What a failed sum says, before the place of its column.
pub(crate) const OVERFLOW: &str = "orm_overflow:";

/// The bytes that a name may have: the engine cuts off what is more.
pub(crate) const LONGEST_NAME: usize = 63;

/// A list of texts in JSON, each as it is [stored](crate::text): the engine's JSON has no NUL.
fn stored_items(list: &str) -> String {
    // An even number of backslashes before the escape are characters of their own. U+0001 stands in JSON
    // only until it is replaced.
    let marked =
        format!(r"regexp_replace({list}, '(?<!\\)((?:\\\\)*)\\u000([0-3])', '\1' || chr(1) || '\2', 'g')");
    let replaced = [r"\u0002\u0002", r"\u0002\u0003", r"\u0003\u0002", r"\u0003\u0003"]
        .iter()
        .enumerate()
        .fold(marked, |text, (code, digits)| {
            format!(r"replace({text}, chr(1) || '{code}', '\u0001{digits}')")
        });
    format!(r"CASE WHEN {list} ~ '\\u000[0-3]' THEN {replaced} ELSE {list} END")
}

/// A column's type, as the engine tells it.
pub(crate) fn column_type(kind: Kind) -> Cow<'static, str> {
    Cow::Borrowed(match kind {
        Kind::Bool => "boolean",
        Kind::I8 | Kind::I16 | Kind::U8 => "smallint",
        Kind::I32 | Kind::U16 => "integer",
        Kind::F32 => "real",
        Kind::F64 => "double precision",
        Kind::Bytes => "bytea",
        Kind::Uuid => "uuid",
        Kind::Date => "date",
        Kind::Time => "time without time zone",
        Kind::DateTime => "timestamp without time zone",
        Kind::Timestamp => "timestamp with time zone",
        Kind::Decimal(scale) => return Cow::Owned(format!("numeric(18,{scale})")),
        // JSON too: it is canonical, and the engine's own types would write it otherwise.
        _ if kind.class() == Class::Text => "text",
        _ => "bigint",
    })
}

/// A name that the engine doesn't cut: what is too long ends in a hash of the whole.
pub(crate) fn short(name: String) -> String {
    if name.len() <= LONGEST_NAME {
        return name;
    }
    let hash = name.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    });
    let end = (0..=LONGEST_NAME - 17).rev().find(|&at| name.is_char_boundary(at)).unwrap_or(0);
    format!("{}~{hash:016x}", &name[..end])
}

impl Dialect for PostgresDialect {
    fn lexis(&self) -> Lexis {
        Lexis::POSTGRES
    }

    fn table(&self, out: &mut String, namespace: &str, entity: &EntitySchema) {
        let double = |name: &str| name.replace('"', "\"\"");
        let _ = write!(out, "\"{}\".\"{}\"", double(namespace), double(entity.name));
    }

    fn placeholder(&self, out: &mut String, place: usize) {
        let _ = write!(out, "${place}");
    }

    fn in_list(&self, out: &mut String, column: &str, place: usize, _kind: Kind) {
        let _ = write!(out, "{column} = ANY(${place})");
    }

    fn list_rows(&self, out: &mut String, place: usize, _kind: Kind) -> bool {
        let _ = write!(out, "SELECT unnest(${place})");
        true
    }

    fn in_listed(&self, out: &mut String, column: &str, list: &str, kind: Kind) {
        let (text, item) = match kind {
            Kind::Uuid => (list.to_owned(), "e::uuid"),
            _ if kind.class() == Class::Text => (stored_items(list), "e"),
            _ => (list.to_owned(), "e::bigint"),
        };
        // What is no list refers to nothing.
        let items = format!("json_array_elements_text((CASE WHEN {list} LIKE '[%]' THEN {text} END)::json)");
        let _ = write!(out, "{column} IN (SELECT {item} FROM {items} AS e)");
    }

    fn key_places(&self, width: usize) -> usize {
        width
    }

    fn pattern_places(&self) -> usize {
        2
    }

    fn in_keys(&self, out: &mut String, columns: &[String], place: usize, kinds: &[Kind]) {
        let places: Vec<String> = (place..place + kinds.len()).map(|p| format!("${p}")).collect();
        let _ = write!(out, "({}) IN (SELECT * FROM unnest({}))", columns.join(", "), places.join(", "));
    }

    fn text_match(&self, out: &mut String, how: TextMatch, column: &str, place: usize) {
        let pattern = |out: &mut String, column: &str| {
            // U+0001 begins a character that is stored as three.
            let regex = place + 1;
            write!(
                out,
                "(CASE WHEN ${regex} = '' OR strpos({column}, chr(1)) = 0 \
                 THEN {column} LIKE ${place} ELSE {column} ~ ${regex} END)"
            )
        };
        let _ = match how {
            TextMatch::Like => pattern(out, column),
            // In this collation, nothing but the 26 ASCII letters has a case.
            TextMatch::ILike => pattern(out, &format!("lower({column} COLLATE \"C\")")),
            TextMatch::EndsWith => write!(out, "(right({column}, char_length(${place})) = ${place})"),
            _ => write!(out, "(strpos({column}, ${place}) > 0)"),
        };
    }

    fn nulls_first(&self, descending: bool) -> bool {
        descending
    }

    fn order(&self, out: &mut String, column: &str, sort: Sort) {
        out.push_str(column);
        out.push_str(if sort.descending { " DESC" } else { "" });
        if sort.nulls_first != self.nulls_first(sort.descending) {
            out.push_str(if sort.nulls_first { " NULLS FIRST" } else { " NULLS LAST" });
        }
    }

    fn limit(&self, out: &mut String, limit: Option<usize>, offset: Option<usize>) {
        for (word, place) in [("LIMIT", limit), ("OFFSET", offset)] {
            if let Some(place) = place {
                let _ = write!(out, " {word} ${place}");
            }
        }
    }

    fn upsert(&self, out: &mut String, key: &[String], overwrite: &[String]) {
        let _ = write!(out, " ON CONFLICT ({}) DO ", key.join(", "));
        if overwrite.is_empty() {
            out.push_str("NOTHING");
            return;
        }
        out.push_str("UPDATE SET ");
        for (i, column) in overwrite.iter().enumerate() {
            let comma = if i > 0 { ", " } else { "" };
            let _ = write!(out, "{comma}{column} = excluded.{column}");
        }
    }

    fn add(&self, out: &mut String, column: &str, place: usize, at: usize, kind: Kind) {
        // What is out of range becomes a text that is no number, which the engine refuses in so many
        // words. The text depends on the row, so that it isn't worked out before.
        let _ = match (sum_range(kind), kind) {
            (_, Kind::Decimal(scale)) => {
                let sum = format!("({column} + ${place})");
                let digits = 18 - usize::from(scale.min(18));
                write!(
                    out,
                    "CASE WHEN abs({sum}) < 1e{digits} OR {column} IS NULL THEN {sum} \
                     ELSE ('{OVERFLOW}{at}' || left({column}::text, 0))::numeric END"
                )
            }
            (Some((low, high)), _) => {
                let sum = format!("({column}::numeric + ${place})");
                write!(
                    out,
                    "CASE WHEN {sum} BETWEEN {low} AND {high} OR {column} IS NULL THEN {sum}::bigint \
                     ELSE ('{OVERFLOW}{at}' || left({column}::text, 0))::bigint END"
                )
            }
            (None, _) => {
                // Halves don't leave the range where their sum may; these are 2^1023, what rounds to
                // more than half of the largest single float, and half of the smallest.
                let (half, tiny) = match kind {
                    Kind::F32 => ("1.7014117838986683e38", Some("7.006492321624085e-46")),
                    _ => ("8.98846567431157953865e307", None),
                };
                let sum = format!("({column}::float8 + ${place})");
                let nothing = tiny.map_or(String::new(), |tiny| format!("WHEN abs({sum}) <= {tiny} THEN 0 "));
                write!(
                    out,
                    "CASE WHEN {column} IS NULL THEN NULL \
                     WHEN abs({column}::float8 / 2 + ${place} / 2) >= {half}::float8 \
                     THEN ('{OVERFLOW}{at}' || left({column}::text, 0))::float8 {nothing}ELSE {sum} END"
                )
            }
        };
    }

    fn decimals_in_units(&self) -> bool {
        false
    }

    fn sum(&self, out: &mut String, column: &str, at: usize, kind: Kind) {
        let sum = format!("SUM({column})");
        let _ = match kind {
            Kind::Decimal(scale) => {
                let digits = 18 - usize::from(scale.min(18));
                write!(
                    out,
                    "CASE WHEN abs({sum}) < 1e{digits} OR {sum} IS NULL THEN {sum} \
                     ELSE ('{OVERFLOW}{at}' || left({sum}::text, 0))::numeric END"
                )
            }
            Kind::F32 | Kind::F64 => write!(out, "SUM({column}::float8)"),
            _ => write!(
                out,
                "CASE WHEN {sum} BETWEEN {} AND {} OR {sum} IS NULL THEN {sum}::bigint \
                 ELSE ('{OVERFLOW}{at}' || left({sum}::text, 0))::bigint END",
                i64::MIN,
                i64::MAX
            ),
        };
    }

    fn average(&self, out: &mut String, column: &str, kind: Kind) {
        // The engine's own average of floats fails where their squares are too large.
        let count = format!("nullif(COUNT({column}), 0)");
        let _ = match kind {
            Kind::Decimal(scale) => {
                write!(out, "((SUM({column}) * 1e{scale})::float8 / {count} / 1e{scale}::float8)")
            }
            Kind::F32 | Kind::F64 => write!(out, "(SUM({column}::float8) / {count})"),
            _ => write!(out, "(SUM({column})::float8 / {count})"),
        };
    }

    fn extreme(&self, out: &mut String, column: &str, greatest: bool, kind: Kind) {
        let (bool, plain, order) = match greatest {
            true => ("bool_or", "MAX", "DESC"),
            false => ("bool_and", "MIN", "ASC"),
        };
        let _ = match kind {
            Kind::Bool => write!(out, "{bool}({column})"),
            // These are ordered, but have no such aggregate.
            Kind::Uuid | Kind::Bytes => write!(
                out,
                "(array_agg({column} ORDER BY {column} {order}) FILTER (WHERE {column} IS NOT NULL))[1]"
            ),
            _ => write!(out, "{plain}({column})"),
        };
    }

    fn column_definition(&self, out: &mut String, entity: &EntitySchema, column: usize) {
        let field = entity.field(column);
        out.push_str(&column_type(field.kind));
        if field.kind.class() == Class::Text {
            out.push_str(" COLLATE \"C\"");
        }
        if counts_keys(entity) && entity.key == [column] {
            out.push_str(" GENERATED BY DEFAULT AS IDENTITY");
        }
        if !field.nullable {
            out.push_str(" NOT NULL");
        }
    }

    fn defines_key(&self, _entity: &EntitySchema) -> bool {
        false
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_names_stay_apart() {
        let name = |last: &str| format!("{}{last}", "ä".repeat(40));
        assert_eq!(short("users".to_owned()), "users");
        assert!(short(name("a")).len() <= LONGEST_NAME && short(name("a")).starts_with('ä'));
        assert_ne!(short(name("a")), short(name("b")));
    }
}
