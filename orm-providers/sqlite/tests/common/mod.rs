//! Schemas by hand, and shorthands to write and read with.
#![allow(dead_code, unreachable_pub, missing_docs)]

use orm_core::connection::ConnectionName;
use orm_core::model::schema::{
    EntitySchema, FieldSchema, IndexSchema, KeySource, PivotSchema, RelationKind, RelationSchema,
};
use orm_core::plan::{Change, CompareOp, KeySet, Predicate, RowWrite, Rows, Select, WriteBatch, Written};
use orm_core::provider::{Connection, DataProvider, Flow, Row, RowSink, SchemaSync, Transaction};
use orm_core::value::{Kind, Value, ValueList, ValueRef};
use orm_core::{Error, Result};
use orm_provider_sqlite::Sqlite;
use std::any::TypeId;
use std::sync::Arc;

const fn field(name: &'static str, kind: Kind) -> FieldSchema {
    FieldSchema { field: name, name, column: name, kind, nullable: false, default: None, ..FieldSchema::BASE }
}

const fn nullable(name: &'static str, kind: Kind) -> FieldSchema {
    FieldSchema { nullable: true, ..field(name, kind) }
}

macro_rules! entity {
    ($static:ident, $name:literal, $model:ident, $source:expr, key $key:expr, fields $fields:expr,
     indexes $indexes:expr, relations $relations:expr) => {
        pub struct $model;
        pub static $static: EntitySchema = EntitySchema {
            name: $name,
            model: stringify!($model),
            type_id: || TypeId::of::<$model>(),
            fields: &$fields,
            key: &$key,
            key_source: $source,
            indexes: &$indexes,
            relations: &$relations,
            deny_unknown_fields: false,
            ..EntitySchema::BASE
        };
    };
}

const fn relation(
    model: &'static str,
    field: &'static str,
    kind: RelationKind,
    target: fn() -> &'static EntitySchema,
    from: &'static [usize],
    to: &'static [usize],
    pivot: Option<PivotSchema>,
) -> RelationSchema {
    RelationSchema { model, field, name: field, kind, target, from, to, pivot, ..RelationSchema::BASE }
}

entity!(USERS, "users", User, KeySource::Given, key [0], fields [
    field("id", Kind::U64),
    field("name", Kind::Text),
    nullable("hair_color", Kind::Text),
    nullable("boss_id", Kind::U64),
    nullable("email", Kind::Text)
], indexes [IndexSchema { fields: &[4], unique: true }], relations [
    relation("User", "posts", RelationKind::HasMany, || &POSTS, &[0], &[2], None),
    relation("User", "boss", RelationKind::BelongsTo, || &USERS, &[3], &[0], None),
    relation("User", "roles", RelationKind::BelongsToMany, || &ROLES, &[0], &[0], Some(PivotSchema {
        entity: || &ROLE_USER, from: &[0], to: &[1],
    })),
    relation("User", "marks", RelationKind::BelongsToMany, || &ROLES, &[0], &[0], Some(PivotSchema {
        entity: || &MARKS, from: &[1], to: &[2],
    }))
]);

entity!(POSTS, "posts", Post, KeySource::Storage, key [0], fields [
    field("id", Kind::U64),
    field("title", Kind::Text),
    nullable("author_id", Kind::U64),
    FieldSchema { default: Some(|| Value::Int(7)), ..field("likes", Kind::I32) }
], indexes [IndexSchema { fields: &[2, 1], unique: false }], relations [
    relation("Post", "author", RelationKind::BelongsTo, || &USERS, &[2], &[0], None)
]);

entity!(ROLES, "roles", Role, KeySource::Given, key [0], fields [
    field("id", Kind::I64),
    field("name", Kind::Text)
], indexes [], relations []);

entity!(ROLE_USER, "role_user", RoleUser, KeySource::Given, key [0, 1], fields [
    field("user_id", Kind::U64),
    field("role_id", Kind::I64),
    nullable("since", Kind::Date)
], indexes [], relations []);

entity!(MARKS, "marks", Mark, KeySource::Storage, key [0], fields [
    field("id", Kind::U32),
    field("user_id", Kind::U64),
    field("role_id", Kind::I64)
], indexes [], relations []);

entity!(PEOPLE, "people", Person, KeySource::Given, key [0], fields [
    field("id", Kind::U64),
    field("name", Kind::Text),
    nullable("hair_color", Kind::Text)
], indexes [], relations []);

pub const ALL_KINDS: [Kind; 19] = [
    Kind::Bool,
    Kind::I8,
    Kind::I16,
    Kind::I32,
    Kind::I64,
    Kind::U8,
    Kind::U16,
    Kind::U32,
    Kind::U64,
    Kind::F32,
    Kind::F64,
    Kind::Text,
    Kind::Bytes,
    Kind::Uuid,
    Kind::Date,
    Kind::Time,
    Kind::DateTime,
    Kind::Timestamp,
    Kind::Decimal(2),
];

entity!(KINDS, "kinds", Kinds, KeySource::Given, key [0], fields [
    field("id", Kind::I64),
    nullable("a_bool", Kind::Bool),
    nullable("a_i8", Kind::I8),
    nullable("a_i16", Kind::I16),
    nullable("a_i32", Kind::I32),
    nullable("a_i64", Kind::I64),
    nullable("a_u8", Kind::U8),
    nullable("a_u16", Kind::U16),
    nullable("a_u32", Kind::U32),
    nullable("a_u64", Kind::U64),
    nullable("a_f32", Kind::F32),
    nullable("a_f64", Kind::F64),
    nullable("a_text", Kind::Text),
    nullable("a_bytes", Kind::Bytes),
    nullable("a_uuid", Kind::Uuid),
    nullable("a_date", Kind::Date),
    nullable("a_time", Kind::Time),
    nullable("a_datetime", Kind::DateTime),
    nullable("a_timestamp", Kind::Timestamp),
    nullable("a_decimal", Kind::Decimal(2))
], indexes [], relations []);

entity!(GROUP, "group", Group, KeySource::Given, key [0, 1], fields [
    field("order", Kind::Text),
    field("a\"b; --", Kind::Uuid),
    nullable("select", Kind::Bytes)
], indexes [IndexSchema { fields: &[2], unique: true }], relations []);

pub const ENTITIES: [&EntitySchema; 7] = [&USERS, &POSTS, &ROLES, &ROLE_USER, &MARKS, &KINDS, &GROUP];

pub fn name(name: &str) -> ConnectionName {
    ConnectionName::new(name).unwrap()
}

/// A connection with all tables.
pub fn ready(sqlite: &Sqlite, connection: &str) -> Arc<dyn Connection> {
    let connection = sqlite.open(&name(connection)).unwrap();
    connection.sync(&ENTITIES, SchemaSync::Create).unwrap();
    connection
}

pub fn memory() -> Arc<dyn Connection> {
    ready(&Sqlite::memory().unwrap(), "default")
}

/// Gathers rows of a known width.
pub struct Gather {
    width: usize,
    most: usize,
    pub rows: Vec<Vec<Value>>,
}

impl Gather {
    pub fn new(width: usize) -> Self {
        Self { width, most: usize::MAX, rows: Vec::new() }
    }
    pub fn at_most(width: usize, most: usize) -> Self {
        Self { most, ..Self::new(width) }
    }
}

impl RowSink for Gather {
    fn row(&mut self, row: &dyn Row) -> Result<Flow> {
        let values = (0..self.width).map(|c| row.value(c).to_value());
        self.rows.push(values.collect());
        assert!(row.value(999).is_null());
        Ok(if self.rows.len() >= self.most { Flow::Stop } else { Flow::More })
    }
}

fn width(plan: &Select) -> usize {
    plan.entity.fields.len() + plan.related.as_ref().map_or(0, |r| r.relation.from.len())
}

pub fn try_read(at: &dyn Connection, plan: Select) -> Result<Vec<Vec<Value>>> {
    let mut sink = Gather::new(width(&plan));
    at.select(&Arc::new(plan), &mut sink)?;
    Ok(sink.rows)
}

pub fn read(at: &dyn Connection, plan: Select) -> Vec<Vec<Value>> {
    try_read(at, plan).unwrap()
}

pub fn read_in(tx: &mut dyn Transaction, plan: Select) -> Vec<Vec<Value>> {
    let mut sink = Gather::new(width(&plan));
    tx.select(&Arc::new(plan), &mut sink).unwrap();
    sink.rows
}

/// The integer keys of what a plan reads, in order.
pub fn ids(at: &dyn Connection, plan: Select) -> Vec<i64> {
    read(at, plan).iter().map(|row| int(&row[0])).collect()
}

pub fn int(value: &Value) -> i64 {
    match value {
        Value::Int(n) => *n,
        other => panic!("{other:?} is no integer"),
    }
}

/// Rows whose cells are `None` where absent.
pub fn rows(entity: &'static EntitySchema, records: &[&[Option<Value>]]) -> Rows {
    let mut rows = Rows::new(entity);
    for record in records {
        let row = rows.push();
        for (column, cell) in record.iter().enumerate() {
            if let Some(value) = cell {
                let value = entity.fields[column].kind.fit(value.as_ref()).unwrap();
                assert!(rows.set(row, column, value));
            }
        }
    }
    rows
}

pub fn batch(rows: Rows, how: RowWrite) -> WriteBatch {
    WriteBatch::one(rows.entity(), Change::Rows { how, rows })
}

pub fn write(
    at: &dyn Connection,
    how: RowWrite,
    entity: &'static EntitySchema,
    records: &[&[Option<Value>]],
) -> Result<Written> {
    at.apply(&mut batch(rows(entity, records), how))
}

pub fn change(at: &dyn Connection, entity: &'static EntitySchema, change: Change) -> Result<u64> {
    at.apply(&mut WriteBatch::one(entity, change)).map(|w| w.affected[0])
}

pub fn i(n: i64) -> Option<Value> {
    Some(Value::Int(n))
}
pub fn t(text: &str) -> Option<Value> {
    Some(Value::Text(text.into()))
}
pub fn null() -> Option<Value> {
    Some(Value::Null)
}

pub fn compare(column: usize, op: CompareOp, value: Value) -> Predicate {
    Predicate::Compare { column, op, value }
}

pub fn filtered(entity: &'static EntitySchema, filter: Predicate) -> Select {
    Select { filter, ..Select::all(entity) }
}

pub fn value_list(kind: Kind, values: &[Value]) -> Arc<ValueList> {
    let mut list = ValueList::new(kind);
    for value in values {
        assert!(list.push(value.as_ref()));
    }
    Arc::new(list)
}

pub fn int_keys(keys: impl IntoIterator<Item = i64>) -> Arc<KeySet> {
    let mut set = KeySet::new([Kind::I64]);
    for key in keys {
        set.push(|_| ValueRef::Int(key));
    }
    Arc::new(set)
}

/// A few users, posts and roles.
pub fn seed(at: &dyn Connection) {
    write(
        at,
        RowWrite::Insert,
        &USERS,
        &[
            &[i(1), t("Ada"), null(), null(), t("ada@x")],
            &[i(2), t("bob"), t("red"), i(1), null()],
            &[i(3), t("Cy"), t("brown"), i(1), null()],
            &[i(4), t("ada"), t("Red "), i(2), null()],
        ],
    )
    .unwrap();
    write(
        at,
        RowWrite::Insert,
        &POSTS,
        &[
            &[i(10), t("Notes"), i(1), i(5)],
            &[i(11), t("More notes"), i(1), i(9)],
            &[i(12), t("100% wool_"), i(2), i(1)],
            &[i(13), t("Orphan"), null(), i(0)],
            &[i(14), t("Third"), i(1), i(5)],
        ],
    )
    .unwrap();
    write(at, RowWrite::Insert, &ROLES, &[&[i(1), t("admin")], &[i(2), t("editor")], &[i(3), t("guest")]])
        .unwrap();
    write(
        at,
        RowWrite::Insert,
        &ROLE_USER,
        &[&[i(1), i(1)], &[i(1), i(2)], &[i(2), i(2)], &[i(2), i(3)], &[i(4), i(3)]],
    )
    .unwrap();
    write(at, RowWrite::Insert, &MARKS, &[&[None, i(1), i(1)], &[None, i(1), i(1)], &[None, i(1), i(2)]])
        .unwrap();
}

/// A directory that is removed when dropped.
pub struct Folder(pub std::path::PathBuf);

impl Folder {
    pub fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("orm-sqlite-{name}-{}", std::process::id()));
        let _ = std::fs::remove_dir_all(&path);
        std::fs::create_dir_all(&path).unwrap();
        Self(path)
    }
    pub fn file(&self, name: &str) -> std::path::PathBuf {
        self.0.join(name)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

pub fn fault(error: Error) -> (usize, usize, orm_core::error::RowFault) {
    match error {
        Error::Row { at, fault } => (at.write, at.row, fault),
        other => panic!("not a fault of a row: {other}"),
    }
}

/// All records, by their first column.
pub fn all(at: &dyn Connection, entity: &'static EntitySchema) -> Vec<Vec<Value>> {
    let mut rows = read(at, Select::all(entity));
    rows.sort_by(|a, b| a[0].as_ref().sort_order(b[0].as_ref()));
    rows
}

/// A record as it is stored; absent is NULL.
pub fn record(cells: &[Option<Value>]) -> Vec<Value> {
    cells.iter().map(|c| c.clone().unwrap_or(Value::Null)).collect()
}
