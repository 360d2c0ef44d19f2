//! MariaDB's and MySQL's definitions of tables.

use crate::dialect::{MysqlDialect, column_type, counts_keys, indexed, short};
use orm_core::model::schema::EntitySchema;
use orm_core::value::ValueRef;
use orm_provider_sql::schema::{Change, SchemaDialect, Statements, Stored};
use std::fmt::Write as _;

impl SchemaDialect for MysqlDialect {
    fn type_name(&self, entity: &EntitySchema, column: usize) -> String {
        column_type(entity, column)
    }

    fn is_type(&self, stored: &str, wanted: &str) -> bool {
        if stored == wanted {
            return true;
        }
        // They differ in how much they hold. What is to be in an index can't be one without a length.
        let family = |name: &str| match name.split('(').next().unwrap_or(name) {
            "varchar" => (1, true),
            "text" | "mediumtext" | "longtext" => (1, false),
            "varbinary" => (2, true),
            "blob" | "mediumblob" | "longblob" => (2, false),
            _ => (0, false),
        };
        let ((stored, measured), (wanted, must_be)) = (family(stored), family(wanted));
        stored != 0 && stored == wanted && (measured || !must_be)
    }

    fn collation(&self) -> &'static str {
        self.collation()
    }

    fn folds_case(&self) -> bool {
        true
    }

    fn counting(&self, entity: &EntitySchema) -> Option<&'static str> {
        counts_keys(entity).then_some("AUTO_INCREMENT")
    }

    fn name(&self, _namespace: &str, entity: &EntitySchema, kind: &str, columns: &[&str]) -> String {
        short(format!("{kind}:{}:{}", entity.name, columns.join(",")))
    }

    fn indexed(&self, out: &mut String, quoted: &str, entity: &EntitySchema, column: usize) {
        out.push_str(quoted);
        if let Some(length) = indexed(entity, column) {
            let _ = write!(out, "({length})");
        }
    }

    fn table_options(&self, out: &mut String) {
        let collation = self.collation();
        let _ =
            write!(out, " ENGINE = InnoDB ROW_FORMAT = DYNAMIC CHARACTER SET utf8mb4 COLLATE {collation}");
    }

    fn deferred(&self) -> &'static str {
        // The engine looks at them with each record.
        ""
    }

    fn referred(&self, _namespace: &str, entity: &EntitySchema) -> String {
        entity.name.to_owned()
    }

    fn changes(
        &self,
        statements: Statements<'_>,
        entity: &'static EntitySchema,
        stored: &Stored,
        changes: &[Change],
    ) -> Vec<String> {
        let mut found = Vec::with_capacity(changes.len());
        for change in changes {
            // One statement gives a column all that its field says.
            let statement = self.change(statements, entity, stored, change);
            found.extend(statement.filter(|statement| !found.contains(statement)));
        }
        found
    }
}

impl MysqlDialect {
    fn change(
        &self,
        statements: Statements<'_>,
        entity: &'static EntitySchema,
        stored: &Stored,
        change: &Change,
    ) -> Option<String> {
        let quoted = |name: &str| statements.quoted(name);
        let what = match change {
            Change::Type(at)
            | Change::Nullable(at)
            | Change::Required(at)
            | Change::Plain(at)
            | Change::Counted(at) => format!("MODIFY COLUMN {}", statements.column(entity, *at)),
            Change::Rename(from, to) => {
                format!("RENAME COLUMN {} TO {}", quoted(from), quoted(entity.field(*to).column))
            }
            Change::Optional(name) => {
                let column = stored.column(name)?;
                let mut type_name = column.type_name.clone();
                let is_text = ["char", "text", "enum", "set"].iter().any(|text| type_name.contains(text));
                if is_text {
                    let collation = column.collation.as_deref().unwrap_or(self.collation());
                    let _ = write!(type_name, " COLLATE {collation}");
                }
                format!("MODIFY COLUMN {} {type_name} NULL", quoted(name))
            }
            Change::Key => {
                let drop = if stored.key.is_empty() { "" } else { "DROP PRIMARY KEY, " };
                format!("{drop}ADD PRIMARY KEY ({})", statements.names(entity, entity.key))
            }
            Change::Unindexed(at) => format!("DROP INDEX {}", quoted(&stored.indexes.get(*at)?.name)),
            Change::Missing(at) => return Some(statements.add_column(entity, *at, None)),
            // They can always be added.
            Change::ForeignKeys => return None,
        };
        Some(format!("ALTER TABLE {} {what}", statements.table(entity)))
    }
}

/// A value as it stands in a definition, where nothing can be bound.
pub(crate) fn literal(value: ValueRef<'_>) -> String {
    match value {
        ValueRef::Bool(v) => u8::from(v).to_string(),
        ValueRef::Int(v) => v.to_string(),
        ValueRef::Float(v) => format!("{:e}", v + 0.0),
        ValueRef::Decimal(v) => v.to_string(),
        ValueRef::Text(v) => text(v),
        ValueRef::Bytes(v) => format!("({})", hex(v)),
        ValueRef::Uuid(v) => format!("({})", hex(&v)),
        ValueRef::Date(v) => format!("'{v}'"),
        ValueRef::Time(v) => format!("'{v}'"),
        ValueRef::DateTime(v) => {
            let (date, time) = v.split();
            format!("'{date} {time}'")
        }
        ValueRef::Timestamp(v) => {
            let (date, time) = v.split();
            format!("'{date} {time}'")
        }
        _ => "NULL".to_owned(),
    }
}

/// A text; what a backslash means depends on the session that runs the statement, so that texts with
/// one, and with what can't be read, are told by their bytes.
fn text(text: &str) -> String {
    if text.contains('\\') || text.chars().any(char::is_control) {
        return format!("(CONVERT({} USING utf8mb4))", hex(text.as_bytes()));
    }
    // In brackets it is an expression, which all engines take for long texts.
    format!("('{}')", text.replace('\'', "''"))
}

fn hex(bytes: &[u8]) -> String {
    let mut out = String::from("X'");
    for byte in bytes {
        let _ = write!(out, "{byte:02x}");
    }
    out.push('\'');
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dialect::MARIADB;

    #[test]
    fn texts_and_bytes_do_for_each_other_as_far_as_indexes_allow() {
        let is = |stored, wanted| MARIADB.is_type(stored, wanted);
        assert!(is("varchar(10)", "longtext") && is("text", "longtext") && is("varchar(9)", "varchar(768)"));
        assert!(!is("longtext", "varchar(768)") && !is("longblob", "varbinary(3072)"));
        assert!(!is("longtext", "longblob") && !is("varchar(10)", "bigint") && !is("int", "bigint"));
    }

    #[test]
    fn values_in_definitions_stay_data() {
        assert_eq!(literal(ValueRef::Text("it's")), "('it''s')");
        assert_eq!(literal(ValueRef::Text("a\\'")), "(CONVERT(X'615c27' USING utf8mb4))");
        assert_eq!(literal(ValueRef::Float(-0.0)), "0e0");
        assert_eq!(literal(ValueRef::Bytes(&[0, 255])), "(X'00ff')");
    }
}
