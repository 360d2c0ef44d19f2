//! Schemas by hand, a sink that gathers, and a small random generator.
#![allow(dead_code, unreachable_pub)]

use orm_core::connection::ConnectionName;
use orm_core::model::schema::*;
use orm_core::plan::*;
use orm_core::provider::*;
use orm_core::value::*;
use orm_core::{Error, Result};
use orm_provider_memory::Memory;
use std::any::TypeId;
use std::sync::Arc;

pub struct User;
pub struct Profile;
pub struct Post;
pub struct Tag;
pub struct PostTag;
pub struct Job;

const fn field(field: &'static str, kind: Kind, nullable: bool) -> FieldSchema {
    FieldSchema { field, name: field, column: field, kind, nullable, default: None, ..FieldSchema::BASE }
}

const fn entity(
    name: &'static str,
    model: &'static str,
    type_id: fn() -> TypeId,
    fields: &'static [FieldSchema],
    key: &'static [usize],
    indexes: &'static [IndexSchema],
    relations: &'static [RelationSchema],
) -> EntitySchema {
    EntitySchema {
        name,
        model,
        type_id,
        fields,
        key,
        key_source: KeySource::Given,
        indexes,
        relations,
        deny_unknown_fields: false,
        ..EntitySchema::BASE
    }
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

/// id, name, age = 18, email?, score?, level?
pub static USERS: EntitySchema = entity(
    "users",
    "User",
    TypeId::of::<User>,
    &[
        field("id", Kind::U64, false),
        field("name", Kind::Text, false),
        FieldSchema { default: Some(|| Value::Int(18)), ..field("age", Kind::I32, false) },
        field("email", Kind::Text, true),
        field("score", Kind::F64, true),
        field("level", Kind::I8, true),
    ],
    &[0],
    &[IndexSchema { fields: &[3], unique: true }, IndexSchema { fields: &[5], unique: false }],
    &[
        relation("User", "posts", RelationKind::HasMany, || &POSTS, &[0], &[1], None),
        relation("User", "profile", RelationKind::HasOne, || &PROFILES, &[0], &[1], None),
    ],
);

/// id, user_id, bio?
pub static PROFILES: EntitySchema = entity(
    "profiles",
    "Profile",
    TypeId::of::<Profile>,
    &[field("id", Kind::I64, false), field("user_id", Kind::U64, true), field("bio", Kind::Text, true)],
    &[0],
    &[],
    &[],
);

/// id, author_id?, title, views, rating? (decimal)
pub static POSTS: EntitySchema = entity(
    "posts",
    "Post",
    TypeId::of::<Post>,
    &[
        field("id", Kind::I32, false),
        field("author_id", Kind::I64, true),
        field("title", Kind::Text, false),
        field("views", Kind::U8, false),
        field("rating", Kind::Decimal(2), true),
    ],
    &[0],
    &[],
    &[
        relation("Post", "author", RelationKind::BelongsTo, || &USERS, &[1], &[0], None),
        relation(
            "Post",
            "tags",
            RelationKind::BelongsToMany,
            || &TAGS,
            &[0],
            &[0],
            Some(PivotSchema { entity: || &POST_TAGS, from: &[0], to: &[1] }),
        ),
    ],
);

/// name, weight
pub static TAGS: EntitySchema = entity(
    "tags",
    "Tag",
    TypeId::of::<Tag>,
    &[field("name", Kind::Text, false), field("weight", Kind::I16, false)],
    &[0],
    &[],
    &[],
);

/// post_id, tag, note?
pub static POST_TAGS: EntitySchema = entity(
    "post_tags",
    "PostTag",
    TypeId::of::<PostTag>,
    &[field("post_id", Kind::I32, false), field("tag", Kind::Text, false), field("note", Kind::Text, true)],
    &[0, 1],
    &[],
    &[],
);

/// id (made by the storage), after?, name
pub static JOBS: EntitySchema = EntitySchema {
    key_source: KeySource::Storage,
    ..entity(
        "jobs",
        "Job",
        TypeId::of::<Job>,
        &[field("id", Kind::I64, false), field("after", Kind::I64, true), field("name", Kind::Text, false)],
        &[0],
        &[],
        &[relation("Job", "before", RelationKind::BelongsTo, || &JOBS, &[1], &[0], None)],
    )
};

pub static ALL: &[&EntitySchema] = &[&USERS, &PROFILES, &POSTS, &TAGS, &POST_TAGS, &JOBS];

/// How much of something, and how much where all of it takes a thousand times as long: in an interpreter that
/// looks for undefined behaviour.
pub const fn sized<T: Copy>(usual: T, interpreted: T) -> T {
    if cfg!(miri) { interpreted } else { usual }
}

pub fn name(name: &str) -> ConnectionName {
    ConnectionName::new(name).unwrap()
}

pub fn connect() -> Arc<dyn Connection> {
    let connection = Memory::new().open(&name("default")).unwrap();
    connection.sync(ALL, SchemaSync::Create).unwrap();
    connection
}

#[derive(Default)]
pub struct Gather {
    width: usize,
    most: usize,
    pub rows: Vec<Vec<Value>>,
}

impl RowSink for Gather {
    fn row(&mut self, row: &dyn Row) -> Result<Flow> {
        let values: Vec<Value> = (0..self.width).map(|c| row.value(c).to_value()).collect();
        // All columns at once are the same, and NULL beyond the last.
        let mut at_once = vec![ValueRef::Bool(true); self.width + 1];
        row.values(&mut at_once);
        assert!(at_once.iter().zip(&values).all(|(a, b)| a.to_value() == *b), "{values:?}");
        assert_eq!(at_once[self.width], row.value(self.width));
        self.rows.push(values);
        Ok(if self.rows.len() == self.most { Flow::Stop } else { Flow::More })
    }
}

pub fn gather(width: usize, most: usize) -> Gather {
    Gather { width, most, rows: Vec::new() }
}

/// What reads: a connection or a transaction.
pub trait Reads {
    fn rows(&mut self, plan: Select) -> Vec<Vec<Value>>;
    fn one(&mut self, entity: &'static EntitySchema, key: Value) -> Option<Vec<Value>>;
    fn all(&mut self, entity: &'static EntitySchema) -> Vec<Vec<Value>> {
        self.rows(Select { order: vec![sort(0)], ..Select::all(entity) })
    }
    /// The first columns of the rows that meet a condition, ascending.
    fn keys(&mut self, entity: &'static EntitySchema, filter: Predicate) -> Vec<Value> {
        let rows = self.rows(Select { filter, order: vec![sort(0)], ..Select::all(entity) });
        rows.into_iter().map(|mut row| row.swap_remove(0)).collect()
    }
    fn count(&mut self, entity: &'static EntitySchema, filter: Predicate) -> i64 {
        let rows = self.rows(Select { filter, output: Output::Count, ..Select::all(entity) });
        match rows[..] {
            [ref row] => match row[0] {
                Value::Int(count) => count,
                _ => panic!("{row:?}"),
            },
            _ => panic!("{rows:?}"),
        }
    }
}

fn width(plan: &Select) -> usize {
    match plan.output {
        Output::Records => {
            let parent = plan.related.as_ref().map_or(0, |r| r.relation.from.len());
            plan.entity.fields.len() + parent
        }
        _ => 1,
    }
}

impl Reads for Arc<dyn Connection> {
    fn rows(&mut self, plan: Select) -> Vec<Vec<Value>> {
        let mut sink = gather(width(&plan), 0);
        self.select(&Arc::new(plan), &mut sink).unwrap();
        sink.rows
    }
    fn one(&mut self, entity: &'static EntitySchema, key: Value) -> Option<Vec<Value>> {
        let mut sink = gather(entity.fields.len(), 0);
        self.find(entity, &KeyValues::one(key), &mut sink).unwrap();
        sink.rows.pop()
    }
}

impl Reads for Box<dyn Transaction> {
    fn rows(&mut self, plan: Select) -> Vec<Vec<Value>> {
        let mut sink = gather(width(&plan), 0);
        self.select(&Arc::new(plan), &mut sink).unwrap();
        sink.rows
    }
    fn one(&mut self, entity: &'static EntitySchema, key: Value) -> Option<Vec<Value>> {
        let mut sink = gather(entity.fields.len(), 0);
        self.find(entity, &KeyValues::one(key), &mut sink).unwrap();
        sink.rows.pop()
    }
}

pub fn sort(column: usize) -> Sort {
    Sort { column, descending: false, nulls_first: true }
}

/// Records whose cells are `None` where absent.
pub fn rows(entity: &'static EntitySchema, records: &[Vec<Option<Value>>]) -> Rows {
    let mut rows = Rows::new(entity);
    for record in records {
        let row = rows.push();
        for (column, cell) in record.iter().enumerate() {
            if let Some(value) = cell {
                assert!(rows.set(row, column, value.as_ref()));
            }
        }
    }
    rows
}

pub fn put(entity: &'static EntitySchema, how: RowWrite, records: &[Vec<Option<Value>>]) -> Write {
    Write { entity, change: Change::Rows { how, rows: rows(entity, records) } }
}

pub fn batch(writes: Vec<Write>) -> WriteBatch {
    WriteBatch { writes, links: Vec::new() }
}

pub fn apply(connection: &Arc<dyn Connection>, writes: Vec<Write>) -> Result<Vec<u64>> {
    connection.apply(&mut batch(writes)).map(|w| w.affected)
}

pub fn merge(entity: &'static EntitySchema, records: &[Vec<Option<Value>>]) -> Write {
    put(entity, RowWrite::Merge, records)
}

/// The fault and its place.
pub fn fault<T: std::fmt::Debug>(result: Result<T>) -> (usize, usize, orm_core::error::RowFault) {
    match result {
        Err(Error::Row { at, fault }) => (at.write, at.row, fault),
        other => panic!("{other:?}"),
    }
}

pub fn int(value: i64) -> Value {
    Value::Int(value)
}
pub fn text(value: &str) -> Value {
    Value::Text(value.into())
}

/// A record: `_` is absent.
#[macro_export]
macro_rules! record {
    ($($cell:tt),* $(,)?) => { Vec::from([$($crate::record!(@ $cell)),*]) };
    (@ _) => { None };
    (@ null) => { Some(orm_core::value::Value::Null) };
    (@ $value:expr) => { Some($crate::common::ToValue::to($value)) };
}

pub trait ToValue {
    fn to(self) -> Value;
}
impl ToValue for i64 {
    fn to(self) -> Value {
        Value::Int(self)
    }
}
impl ToValue for i32 {
    fn to(self) -> Value {
        Value::Int(self.into())
    }
}
impl ToValue for f64 {
    fn to(self) -> Value {
        Value::Float(self)
    }
}
impl ToValue for &str {
    fn to(self) -> Value {
        text(self)
    }
}
impl ToValue for &String {
    fn to(self) -> Value {
        text(self)
    }
}
impl ToValue for Value {
    fn to(self) -> Value {
        self
    }
}

/// SplitMix64.
pub struct Random(pub u64);

impl Random {
    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }
    pub fn below(&mut self, bound: u64) -> u64 {
        self.next() % bound
    }
    pub fn one_in(&mut self, n: u64) -> bool {
        self.below(n) == 0
    }
}
