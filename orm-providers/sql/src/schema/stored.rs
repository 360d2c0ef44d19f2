//! What an engine tells of a table.

use super::SchemaDialect;
use orm_core::database::system_clock;
use orm_core::model::schema::EntitySchema;
use orm_core::value::Value;

/// An entity and what is stored under its name.
#[derive(Debug)]
pub struct Table {
    /// The entity.
    pub entity: &'static EntitySchema,
    /// What is stored; `None` where there is nothing.
    pub stored: Option<Stored>,
    /// Whether the table is to be as the model says; otherwise it only gets the indexes that the others'
    /// relations ask for, if it is there.
    pub asked: bool,
}

/// What an engine tells of a table.
#[derive(Debug, Clone, Default)]
pub struct Stored {
    /// Why it can't be the entity's table at all: it is a view, say.
    pub unfit: Option<String>,
    /// The columns, in their order.
    pub columns: Vec<StoredColumn>,
    /// The columns of the primary key, in its order.
    pub key: Vec<String>,
    /// The name of the primary key, where it has one.
    pub key_name: Option<String>,
    /// The indexes that cover the whole table, that of the primary key left out.
    pub indexes: Vec<StoredIndex>,
    /// The foreign keys.
    pub foreign_keys: Vec<StoredForeignKey>,
    /// Whether there are records; needed only where [`Lacking::required`] says so.
    pub has_rows: bool,
    /// What stored records get in columns that are to be added, as the engine writes it: for each of
    /// [`Lacking::defaults`].
    pub fillers: Vec<(usize, String)>,
}

/// A stored column.
#[derive(Debug, Clone, Default)]
pub struct StoredColumn {
    /// Its name.
    pub name: String,
    /// Its type, as the engine tells it.
    pub type_name: String,
    /// Its collation, where that isn't by code point.
    pub collation: Option<String>,
    /// Whether it refuses NULL.
    pub not_null: bool,
    /// Whether the engine fills it in where nothing is said.
    pub has_default: bool,
    /// Whether nobody but the engine may fill it in.
    pub generated: bool,
    /// Whether the engine counts the keys that it makes, so that none comes twice.
    pub counts: bool,
}

/// A stored index that covers its whole table.
#[derive(Debug, Clone, Default)]
pub struct StoredIndex {
    /// Its name.
    pub name: String,
    /// Whether it refuses equal values, and takes NULLs for different.
    pub unique: bool,
    /// Whether it belongs to a constraint of the table, so that it can't be dropped by itself.
    pub of_constraint: bool,
    /// The columns, in order; `None` for an expression.
    pub columns: Vec<Option<String>>,
}

/// A stored foreign key.
#[derive(Debug, Clone, Default)]
pub struct StoredForeignKey {
    /// The columns.
    pub columns: Vec<String>,
    /// The name of the table that it refers to; of one in another schema, no entity's.
    pub table: String,
    /// The columns of that.
    pub to: Vec<String>,
}

/// What the engine is to be asked of a table that lacks columns.
#[derive(Debug, Default)]
pub struct Lacking {
    /// The columns that stored records can be given a value in, and the value.
    pub defaults: Vec<(usize, Value)>,
    /// Whether there is a column that no value is known for, so that it matters whether there are records.
    pub required: bool,
}

impl Stored {
    /// The stored column of a field.
    #[must_use]
    pub fn column(&self, name: &str) -> Option<&StoredColumn> {
        self.columns.iter().find(|column| column.name == name)
    }

    /// The stored column that the engine takes for the field's, though it is named otherwise.
    pub(super) fn namesake(&self, dialect: &dyn SchemaDialect, name: &str) -> Option<&StoredColumn> {
        let same = |c: &&StoredColumn| dialect.folds_case() && c.name.eq_ignore_ascii_case(name);
        self.columns.iter().find(same)
    }

    /// What is to be asked before a [`plan`](super::plan()) is made.
    #[must_use]
    pub fn lacking(&self, dialect: &dyn SchemaDialect, entity: &'static EntitySchema) -> Lacking {
        let mut lacking = Lacking::default();
        for (at, field) in entity.fields.iter().enumerate() {
            if self.column(field.column).is_some() || self.namesake(dialect, field.column).is_some() {
                continue;
            }
            match filler(entity, at) {
                Some(value) => lacking.defaults.push((at, value)),
                None => lacking.required |= !field.nullable,
            }
        }
        lacking
    }
}

/// What records that are stored already have in a column that is new; `None` where that is NULL, or
/// can't be known.
fn filler(entity: &EntitySchema, column: usize) -> Option<Value> {
    if entity.version == Some(column) {
        return Some(Value::Int(1));
    }
    let field = entity.field(column);
    if [entity.created_at, entity.updated_at].contains(&Some(column)) && field.filler().is_none() {
        let now = Value::Timestamp(system_clock());
        return field.kind.fit(now.as_ref()).is_ok().then_some(now);
    }
    field.filler().filter(|value| *value != Value::Null && field.kind.fit(value.as_ref()).is_ok())
}

/// The entities, and after them those that they refer to.
#[must_use]
pub fn with_neighbours(entities: &[&'static EntitySchema]) -> Vec<&'static EntitySchema> {
    let mut all = entities.to_vec();
    for entity in entities {
        for other in entity.neighbours() {
            if !all.iter().any(|e| e.is(other)) {
                all.push(other);
            }
        }
    }
    all
}
