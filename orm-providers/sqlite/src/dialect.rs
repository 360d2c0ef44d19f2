//! SQLite's SQL.

use orm_core::model::schema::{EntitySchema, KeySource};
use orm_core::plan::{Lock, Sort, TextMatch};
use orm_core::value::Kind;
use orm_provider_sql::raw::Lexis;
use orm_provider_sql::{Dialect, sum_range};
use std::fmt::Write as _;

/// SQLite's SQL.
///
/// Lists are bound as pointers to arrays of values (`rarray`), so that every value stays exact.
#[derive(Debug, Clone, Copy, Default)]
pub struct SqliteDialect;

/// The declared type of a column.
///
/// SQLite takes the affinity from parts of the name (`INT`, `TEXT`, `BLOB`, `FLOA`, `DOUB`); the
/// rest tells the kind, by which another shape is noticed.
pub(crate) fn declared_type(entity: &EntitySchema, column: usize) -> String {
    if is_row_id(entity) && entity.key == [column] {
        // Only this very name makes the column the table's own row number.
        return "INTEGER".to_owned();
    }
    match entity.field(column).kind {
        Kind::Bool => "BOOLEAN_INT",
        Kind::I8 => "TINYINT",
        Kind::I16 => "SMALLINT",
        Kind::I32 => "INT",
        Kind::U8 => "UNSIGNED TINYINT",
        Kind::U16 => "UNSIGNED SMALLINT",
        Kind::U32 => "UNSIGNED INT",
        Kind::U64 => "UNSIGNED BIGINT",
        Kind::F32 => "FLOAT",
        Kind::F64 => "DOUBLE",
        Kind::Text => "TEXT",
        Kind::Json => "JSON_TEXT",
        // Nothing in the name may read as a numeric type.
        Kind::Wide => "DIGITS_TEXT",
        Kind::Bytes => "BLOB",
        Kind::Uuid => "UUID_BLOB",
        Kind::Date => "DATE_TEXT",
        Kind::Time => "TIME_TEXT",
        Kind::DateTime => "DATETIME_TEXT",
        Kind::Timestamp => "TIMESTAMP_TEXT",
        Kind::Decimal(scale) => return format!("DECIMAL_INT(18,{scale})"),
        _ => "BIGINT",
    }
    .to_owned()
}

/// Whether the key is one integer, which is then the table's own row number.
pub(crate) fn is_row_id(entity: &EntitySchema) -> bool {
    matches!(entity.key, [one] if entity.field(*one).kind.integer_range().is_some())
}

/// Whether the table keeps count of the keys it gave.
pub(crate) fn counts_keys(entity: &EntitySchema) -> bool {
    is_row_id(entity) && matches!(entity.key_source, KeySource::Storage)
}

impl Dialect for SqliteDialect {
    fn lexis(&self) -> Lexis {
        Lexis::SQLITE
    }

    fn table(&self, out: &mut String, namespace: &str, entity: &EntitySchema) {
        out.push('"');
        out.push_str(&table_name(namespace, entity).replace('"', "\"\""));
        out.push('"');
    }

    fn placeholder(&self, out: &mut String, place: usize) {
        let _ = write!(out, "?{place}");
    }

    fn in_list(&self, out: &mut String, column: &str, place: usize, _kind: Kind) {
        let _ = write!(out, "{column} IN (SELECT value FROM rarray(?{place}))");
    }

    fn list_rows(&self, out: &mut String, place: usize, _kind: Kind) -> bool {
        let _ = write!(out, "SELECT value FROM rarray(?{place})");
        true
    }

    fn in_listed(&self, out: &mut String, column: &str, list: &str, kind: Kind) {
        // What is no list refers to nothing.
        let valid = format!("json_each(CASE WHEN json_valid({list}) THEN {list} END)");
        let _ = match kind {
            Kind::Uuid => {
                write!(out, "{column} IN (SELECT unhex(replace(value, '-', '')) FROM {valid})")
            }
            _ => write!(out, "{column} IN (SELECT value FROM {valid})"),
        };
    }

    fn in_keys(&self, out: &mut String, columns: &[String], place: usize, _kinds: &[Kind]) {
        // The parts of all keys follow one another in one array, whose rows are folded to keys. The
        // planner searches an index only for what isn't itself an aggregate, hence the two levels.
        let width = columns.len();
        let names: Vec<String> = (0..width).map(|part| format!("k{part}")).collect();
        let parts: Vec<String> = (0..width)
            .map(|part| format!("max(CASE (rowid - 1) % {width} WHEN {part} THEN value END) AS k{part}"))
            .collect();
        let _ = write!(
            out,
            "({}) IN (SELECT {} FROM (SELECT {} FROM rarray(?{place}) GROUP BY (rowid - 1) / {width}))",
            columns.join(", "),
            names.join(", "),
            parts.join(", "),
        );
    }

    fn text_match(&self, out: &mut String, how: TextMatch, column: &str, place: usize) {
        let _ = match how {
            TextMatch::Like => write!(out, "orm_like({column}, ?{place})"),
            TextMatch::ILike => write!(out, "orm_ilike({column}, ?{place})"),
            TextMatch::EndsWith => write!(out, "orm_ends_with({column}, ?{place})"),
            _ => write!(out, "(instr({column}, ?{place}) > 0)"),
        };
    }

    fn order(&self, out: &mut String, column: &str, sort: Sort) {
        out.push_str(column);
        out.push_str(if sort.descending { " DESC" } else { "" });
        // NULL is smallest by itself.
        if sort.nulls_first == sort.descending {
            out.push_str(if sort.nulls_first { " NULLS FIRST" } else { " NULLS LAST" });
        }
    }

    /// A transaction that may write has the one lock there is from its beginning.
    fn lock(&self, _: &mut String, _: Lock) {}

    fn limit(&self, out: &mut String, limit: Option<usize>, offset: Option<usize>) {
        let _ = match limit {
            Some(place) => write!(out, " LIMIT ?{place}"),
            None => write!(out, " LIMIT -1"),
        };
        if let Some(place) = offset {
            let _ = write!(out, " OFFSET ?{place}");
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
        let _ = match sum_range(kind) {
            Some((low, high)) => write!(out, "orm_add({column}, ?{place}, {low}, {high}, {at})"),
            None => {
                let single = u8::from(kind == Kind::F32);
                write!(out, "orm_add_float({column}, ?{place}, {single}, {at})")
            }
        };
    }

    fn sum(&self, out: &mut String, column: &str, at: usize, kind: Kind) {
        let _ = match kind {
            // The engine's own sum fails where it passes 64 bits on the way, too, which 2³¹ values of half
            // the width don't.
            Kind::I64 | Kind::U64 | Kind::Decimal(_) => {
                let (low, high) = match kind {
                    Kind::Decimal(_) => sum_range(kind).unwrap_or((i64::MIN, i64::MAX)),
                    _ => (i64::MIN, i64::MAX),
                };
                write!(out, "orm_sum({column}, {low}, {high}, {at})")
            }
            _ => write!(out, "SUM({column})"),
        };
    }

    fn column_definition(&self, out: &mut String, entity: &EntitySchema, column: usize) {
        out.push_str(&declared_type(entity, column));
        if is_row_id(entity) && entity.key == [column] {
            out.push_str(" PRIMARY KEY");
            out.push_str(if counts_keys(entity) { " AUTOINCREMENT" } else { "" });
        }
        if !entity.field(column).nullable {
            out.push_str(" NOT NULL");
        }
    }

    fn defines_key(&self, entity: &EntitySchema) -> bool {
        is_row_id(entity)
    }
}

/// The plain name of an entity's table.
pub(crate) fn table_name(namespace: &str, entity: &EntitySchema) -> String {
    if namespace.is_empty() { entity.name.to_owned() } else { format!("{namespace}__{}", entity.name) }
}
