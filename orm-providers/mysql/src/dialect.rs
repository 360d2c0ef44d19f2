//! The SQL of MariaDB and MySQL.

use crate::places;
use orm_core::model::schema::EntitySchema;
use orm_core::plan::{Lock, LockStrength, LockWait, Sort, TextMatch};
use orm_core::value::{Class, Kind};
pub(crate) use orm_provider_server::counts_keys;
use orm_provider_server::shortened;
use orm_provider_sql::raw::Lexis;
use orm_provider_sql::schema::foreign_keys;
use orm_provider_sql::{Dialect, sum_range};
use std::fmt::Write as _;

/// The SQL of MariaDB or of MySQL. A connection's namespace is a database.
///
/// Placeholders are written as marks, which the provider replaces when it knows what is bound.
#[derive(Debug, Clone, Copy)]
pub struct MysqlDialect {
    mariadb: bool,
}

/// MariaDB's.
pub(crate) static MARIADB: MysqlDialect = MysqlDialect { mariadb: true };
/// MySQL's.
pub(crate) static MYSQL: MysqlDialect = MysqlDialect { mariadb: false };

/// What a failed sum says, before the place of its column.
pub(crate) const OVERFLOW: &str = "~orm_overflow:";
/// What a record says that meets another of the same unique values, but not of the same key.
pub(crate) const OTHER_KEY: &str = "~orm_other_key";

/// The characters that a name may have.
pub(crate) const LONGEST_NAME: usize = 64;
/// The bytes that an index may have in a row.
const LONGEST_INDEX: usize = 3072;
/// The characters of a long text, or the bytes of a long byte string, that an index has which isn't
/// unique.
const PREFIX: usize = 191;

impl MysqlDialect {
    /// Whether the server is MariaDB.
    #[must_use]
    pub fn is_mariadb(&self) -> bool {
        self.mariadb
    }

    /// The collation that compares by code point and counts trailing spaces.
    #[must_use]
    pub fn collation(&self) -> &'static str {
        if self.mariadb { "utf8mb4_nopad_bin" } else { "utf8mb4_0900_bin" }
    }
}

/// A condition that is never false, but fails with `words` where it is looked at. What it says of the
/// row keeps the engine from working it out before.
fn fail(words: &str, row: &str) -> String {
    format!("EXP(1000 + LENGTH(CONCAT('{words}', LEFT({row}, 0)))) IS NULL")
}

/// A column's type, as the engine tells it but for widths of display.
pub(crate) fn column_type(entity: &EntitySchema, column: usize) -> String {
    let kind = entity.field(column).kind;
    match kind {
        Kind::Bool => "tinyint(1)",
        Kind::I8 => "tinyint",
        Kind::I16 => "smallint",
        Kind::I32 => "int",
        Kind::I64 => "bigint",
        Kind::U8 => "tinyint unsigned",
        Kind::U16 => "smallint unsigned",
        Kind::U32 => "int unsigned",
        Kind::U64 => "bigint unsigned",
        Kind::F32 => "float",
        Kind::F64 => "double",
        Kind::Uuid => "binary(16)",
        Kind::Date => "date",
        Kind::Time => "time(6)",
        Kind::DateTime | Kind::Timestamp => "datetime(6)",
        Kind::Decimal(scale) => return format!("decimal(18,{scale})"),
        Kind::Bytes => match indexed_bytes(entity, column) {
            Some(bytes) => return format!("varbinary({bytes})"),
            None => "longblob",
        },
        // JSON too: it is canonical, and the engine's own type would write it otherwise.
        _ if kind.class() == Class::Text => match indexed_bytes(entity, column) {
            Some(bytes) => return format!("varchar({})", bytes / 4),
            None => "longtext",
        },
        _ => "bigint",
    }
    .to_owned()
}

/// The bytes that a text or byte string of a key, a unique index or a foreign key may have; `None` for
/// columns of none of them.
fn indexed_bytes(entity: &EntitySchema, column: usize) -> Option<usize> {
    let referred = foreign_keys(entity).into_iter().filter_map(|key| {
        let part = key.columns.iter().position(|c| *c == column)?;
        unique_bytes(key.target, *key.to.get(part)?)
    });
    unique_bytes(entity, column).into_iter().chain(referred).min()
}

/// The bytes that a text or byte string of a key or a unique index may have, which shares what an index
/// may have with the other columns.
fn unique_bytes(entity: &EntitySchema, column: usize) -> Option<usize> {
    let unique = entity.indexes.iter().filter(|index| index.unique).map(|index| index.fields);
    let all = std::iter::once(entity.key).chain(unique).filter(|columns| columns.contains(&column));
    let room = all.map(|columns| {
        let is_long = |c: &&usize| is_long(entity.field(**c).kind);
        let long = columns.iter().filter(is_long).count();
        let others: usize = columns.iter().filter(|c| !is_long(c)).map(|_| 16).sum();
        LONGEST_INDEX.saturating_sub(others) / long.max(1)
    });
    room.min()
}

fn is_long(kind: Kind) -> bool {
    matches!(kind.class(), Class::Text | Class::Bytes)
}

/// A column in an index, which has but the beginning of what may be long.
pub(crate) fn indexed(entity: &EntitySchema, column: usize) -> Option<usize> {
    (is_long(entity.field(column).kind) && indexed_bytes(entity, column).is_none()).then_some(PREFIX)
}

/// A name that the engine takes: what is too long ends in a hash of the whole.
pub(crate) fn short(name: String) -> String {
    // Bytes are at least as many as characters.
    shortened(name, LONGEST_NAME)
}

/// The quoted name of something in a database.
pub(crate) fn quoted(out: &mut String, database: &str, name: &str) {
    let double = |name: &str| name.replace('`', "``");
    let _ = write!(out, "`{}`.`{}`", double(database), double(name));
}

impl Dialect for MysqlDialect {
    fn lexis(&self) -> Lexis {
        Lexis::MYSQL
    }

    fn quote(&self) -> char {
        '`'
    }

    fn table(&self, out: &mut String, namespace: &str, entity: &EntitySchema) {
        quoted(out, namespace, entity.name);
    }

    fn placeholder(&self, out: &mut String, place: usize) {
        places::value(out, place);
    }

    fn in_list(&self, out: &mut String, column: &str, place: usize, _kind: Kind) {
        let _ = write!(out, "{column} IN (");
        places::list(out, place);
        out.push(')');
    }

    fn list_rows(&self, out: &mut String, place: usize, _kind: Kind) -> bool {
        places::list(out, place);
        true
    }

    fn in_listed(&self, out: &mut String, column: &str, list: &str, kind: Kind) {
        let read = if kind == Kind::Uuid { Kind::Text } else { kind };
        let (item, mut select) = places::json_column(self, read, "k", "$");
        if kind == Kind::Uuid {
            select = "UNHEX(REPLACE(k, '-', ''))".to_owned();
        }
        // What is no list refers to nothing.
        let _ = write!(
            out,
            "{column} IN (SELECT {select} FROM JSON_TABLE(\
             CASE WHEN {list} LIKE '[%' AND JSON_VALID({list}) THEN {list} ELSE '[]' END, \
             '$[*]' COLUMNS ({item})) AS orm__j)"
        );
    }

    fn in_keys(&self, out: &mut String, columns: &[String], place: usize, _kinds: &[Kind]) {
        places::keys(out, columns, place);
    }

    fn text_match(&self, out: &mut String, how: TextMatch, column: &str, place: usize) {
        let _ = match how {
            // On a bare column the engine would search an index, by a range that ends at U+FFFF and so
            // misses what lies beyond, such as emoji.
            TextMatch::Like => write!(out, "(CONCAT({column}) LIKE "),
            // In this character set of single bytes, nothing but the 26 ASCII letters has a case; the
            // bytes themselves aren't touched.
            TextMatch::ILike => write!(
                out,
                "(CONVERT(CAST(LOWER(CONVERT(CAST({column} AS BINARY) USING tis620)) AS BINARY) \
                 USING utf8mb4) COLLATE {} LIKE ",
                self.collation()
            ),
            TextMatch::EndsWith => {
                let _ = write!(out, "(RIGHT({column}, CHAR_LENGTH(");
                places::value(out, place);
                write!(out, ")) = ")
            }
            _ => write!(out, "(INSTR({column}, "),
        };
        places::value(out, place);
        out.push_str(match how {
            TextMatch::Like | TextMatch::ILike | TextMatch::EndsWith => ")",
            _ => ") > 0)",
        });
    }

    fn order(&self, out: &mut String, column: &str, sort: Sort) {
        // NULL is smallest by itself.
        if sort.nulls_first == sort.descending {
            let _ = write!(out, "{column} IS NULL{}, ", if sort.nulls_first { " DESC" } else { "" });
        }
        out.push_str(column);
        out.push_str(if sort.descending { " DESC" } else { "" });
    }

    fn lock(&self, out: &mut String, lock: Lock) {
        out.push_str(match lock.strength {
            LockStrength::Share if self.mariadb => " LOCK IN SHARE MODE",
            LockStrength::Share => " FOR SHARE",
            _ => " FOR UPDATE",
        });
        out.push_str(match lock.wait {
            LockWait::Skip => " SKIP LOCKED",
            LockWait::Fail => " NOWAIT",
            _ => "",
        });
    }

    fn limit(&self, out: &mut String, limit: Option<usize>, offset: Option<usize>) {
        out.push_str(" LIMIT ");
        match limit {
            Some(place) => places::value(out, place),
            // There is no offset without a limit.
            None => out.push_str("18446744073709551615"),
        }
        if let Some(place) = offset {
            out.push_str(" OFFSET ");
            places::value(out, place);
        }
    }

    fn upsert(&self, out: &mut String, key: &[String], overwrite: &[String]) {
        // The engine comes here for any unique index: a record of another key must not be overwritten.
        let same: Vec<String> = key.iter().map(|k| format!("{k} <=> VALUES({k})")).collect();
        let other = fail(OTHER_KEY, &format!("VALUES({})", key[0]));
        let _ = write!(
            out,
            " ON DUPLICATE KEY UPDATE {} = CASE WHEN ({}) OR {other} THEN {} END",
            key[0],
            same.join(" AND "),
            key[0]
        );
        for column in overwrite {
            let _ = write!(out, ", {column} = VALUES({column})");
        }
    }

    fn add(&self, out: &mut String, column: &str, place: usize, at: usize, kind: Kind) {
        let mut addend = String::new();
        places::value(&mut addend, place);
        let overflow = fail(&format!("{OVERFLOW}{at}"), column);
        let _ = match (sum_range(kind), kind) {
            (_, Kind::Decimal(scale)) => {
                let sum = format!("({column} + {addend})");
                let limit = format!("1{}", "0".repeat(18 - usize::from(scale.min(18))));
                write!(out, "CASE WHEN {column} IS NULL OR ABS({sum}) < {limit} OR {overflow} THEN {sum} END")
            }
            (Some((low, high)), _) => {
                let sum = format!("(CAST({column} AS DECIMAL(30,0)) + {addend})");
                write!(
                    out,
                    "CASE WHEN {column} IS NULL OR {sum} BETWEEN {low} AND {high} OR {overflow} \
                     THEN {sum} END"
                )
            }
            (None, _) => {
                // Halves don't leave the range where their sum may; these are 2^1023, what rounds to
                // more than half of the largest single float, and half of the smallest.
                let (half, tiny) = match kind {
                    Kind::F32 => ("1.7014117838986683e38", Some("7.006492321624085e-46")),
                    _ => ("8.98846567431157953865e307", None),
                };
                let sum = format!("({column} + {addend})");
                let nothing =
                    tiny.map_or(String::new(), |tiny| format!("WHEN ABS({sum}) <= {tiny} THEN 0e0 "));
                write!(
                    out,
                    "CASE WHEN {column} IS NULL THEN NULL \
                     WHEN ABS({column} / 2e0 + {addend} / 2e0) >= {half} AND {overflow} THEN NULL \
                     {nothing}ELSE {sum} END"
                )
            }
        };
    }

    fn decimals_in_units(&self) -> bool {
        false
    }

    fn sum(&self, out: &mut String, column: &str, at: usize, kind: Kind) {
        let sum = format!("SUM({column})");
        let overflow = fail(&format!("{OVERFLOW}{at}"), &sum);
        let _ = match kind {
            Kind::Decimal(scale) => {
                let limit = format!("1{}", "0".repeat(18 - usize::from(scale.min(18))));
                write!(out, "CASE WHEN {sum} IS NULL OR ABS({sum}) < {limit} OR {overflow} THEN {sum} END")
            }
            // The engine looks for infinity only where it goes on calculating.
            Kind::F32 | Kind::F64 => write!(out, "(SUM({column} + 0e0) + 0e0)"),
            _ => write!(
                out,
                "CASE WHEN {sum} IS NULL OR {sum} BETWEEN {} AND {} OR {overflow} THEN {sum} END",
                i64::MIN,
                i64::MAX
            ),
        };
    }

    fn average(&self, out: &mut String, column: &str, kind: Kind) {
        let count = format!("NULLIF(COUNT({column}), 0)");
        let _ = match kind {
            Kind::Decimal(scale) => {
                let power = format!("1{}", "0".repeat(usize::from(scale)));
                write!(out, "((SUM({column}) * {power} + 0e0) / {count} / {power}e0)")
            }
            _ => write!(out, "((SUM({column}) + 0e0) / {count})"),
        };
    }

    fn column_definition(&self, out: &mut String, entity: &EntitySchema, column: usize) {
        let field = entity.field(column);
        out.push_str(&column_type(entity, column));
        if field.kind.class() == Class::Text {
            let _ = write!(out, " CHARACTER SET utf8mb4 COLLATE {}", self.collation());
        }
        out.push_str(if field.nullable { " NULL" } else { " NOT NULL" });
        if counts_keys(entity) && entity.key == [column] {
            out.push_str(" AUTO_INCREMENT");
        }
    }

    fn defines_key(&self, _entity: &EntitySchema) -> bool {
        false
    }
}
