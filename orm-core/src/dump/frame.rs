//! What a dump is made of.

use super::CellValue;
use crate::model::schema::EntitySchema;
use serde::{Deserialize, Serialize};

/// A piece of a dump: a start, each entity's schema, rows of one entity after the other, an end.
///
/// Serialized by any serde format. In formats that people read, such as JSON, numbers beyond 2⁵³,
/// floats, decimals, dates and times are text, and bytes and UUIDs are hexadecimal digits, so that
/// nothing is lost in any tool; in binary ones values are tagged with their type.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Frame {
    /// The first frame.
    Start {
        /// The version of the format.
        format: u32,
    },
    /// An entity that is in the dump.
    Entity(EntityFrame),
    /// Rows of an entity.
    Rows(RowsFrame),
    /// The last frame: without it the dump is not whole.
    End {
        /// How many rows there were.
        rows: u64,
    },
}

/// An entity's name and columns.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct EntityFrame {
    /// The entity's name.
    pub name: String,
    /// Its columns, in the order in which rows have them.
    pub columns: Vec<ColumnFrame>,
}

/// A column's name and type.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ColumnFrame {
    /// The column's name.
    pub name: String,
    /// The name of its [kind](crate::value::Kind): `u64`, `text`, `decimal(2)`.
    pub kind: String,
    /// Whether NULL is allowed.
    pub nullable: bool,
    /// Whether it is a part of the key.
    pub key: bool,
}

/// Up to 1,000 rows of an entity.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RowsFrame {
    /// The entity's name.
    pub entity: String,
    /// The rows, as wide as the entity has columns.
    pub rows: Vec<Vec<CellValue>>,
}

impl EntityFrame {
    /// The frame of an entity.
    #[must_use]
    pub fn of(schema: &EntitySchema) -> Self {
        let columns = schema.fields.iter().enumerate().map(|(at, field)| ColumnFrame {
            name: field.column.to_owned(),
            kind: field.kind.to_string(),
            nullable: field.nullable,
            key: schema.key.contains(&at),
        });
        Self { name: schema.name.to_owned(), columns: columns.collect() }
    }
}
