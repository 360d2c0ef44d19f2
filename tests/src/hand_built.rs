//! Schemas, rows and plans by hand, for tests beneath the models: of providers and of what the core
//! does for them.

use orm_core::model::schema::{
    EntitySchema, FieldSchema, IndexSchema, KeySource, PivotSchema, RelationKind, RelationSchema,
};
use orm_core::plan::{
    Change, CompareOp, KeySet, Predicate, Related, RowWrite, Rows, Select, Sort, TextMatch, Write,
};
use orm_core::provider::fallback::{Gather, Record};
use orm_core::provider::{Connection, Transaction};
use orm_core::value::{Kind, Value, ValueList};
use orm_core::{Error, Result};
use std::any::TypeId;
use std::sync::Arc;

const fn field(name: &'static str, kind: Kind, nullable: bool) -> FieldSchema {
    FieldSchema { field: name, name, column: name, kind, nullable, default: None }
}

struct User;
/// Users: `id` made by the storage, unique `name`, `age` and `boss_id` or NULL, `score` 0 by default.
pub static USERS: EntitySchema = EntitySchema {
    name: "users",
    model: "User",
    type_id: TypeId::of::<User>,
    fields: &[
        field("id", Kind::U64, false),
        field("name", Kind::Text, false),
        field("age", Kind::I32, true),
        field("boss_id", Kind::U64, true),
        FieldSchema { default: Some(|| Value::Int(0)), ..field("score", Kind::I8, false) },
    ],
    key: &[0],
    key_source: KeySource::Storage,
    indexes: &[IndexSchema { fields: &[1], unique: true }],
    relations: &[
        relation("User", "boss", RelationKind::BelongsTo, || &USERS, &[3], &[0]),
        relation("User", "staff", RelationKind::HasMany, || &USERS, &[0], &[3]),
        relation("User", "posts", RelationKind::HasMany, || &POSTS, &[0], &[1]),
        relation("User", "pass", RelationKind::HasOne, || &PASSES, &[0], &[0]),
    ],
    deny_unknown_fields: false,
};

struct Post;
/// Posts: `id`, `author_id` or NULL, `title`.
pub static POSTS: EntitySchema = EntitySchema {
    name: "posts",
    model: "Post",
    type_id: TypeId::of::<Post>,
    fields: &[
        field("id", Kind::U64, false),
        field("author_id", Kind::U64, true),
        field("title", Kind::Text, false),
    ],
    key: &[0],
    key_source: KeySource::Storage,
    indexes: &[],
    relations: &[
        relation("Post", "author", RelationKind::BelongsTo, || &USERS, &[1], &[0]),
        RelationSchema {
            pivot: Some(PivotSchema { entity: || &POST_TAGS, from: &[0], to: &[1] }),
            ..relation("Post", "tags", RelationKind::BelongsToMany, || &TAGS, &[0], &[0])
        },
    ],
    deny_unknown_fields: false,
};

struct Pass;
/// Passes: one for a user, whose key is theirs too.
pub static PASSES: EntitySchema = EntitySchema {
    name: "passes",
    model: "Pass",
    type_id: TypeId::of::<Pass>,
    fields: &[field("user_id", Kind::U64, false), field("code", Kind::Text, false)],
    key: &[0],
    key_source: KeySource::Given,
    indexes: &[],
    relations: &[],
    deny_unknown_fields: false,
};

struct Tag;
/// Tags: a text for a key, `weight` or NULL.
pub static TAGS: EntitySchema = EntitySchema {
    name: "tags",
    model: "Tag",
    type_id: TypeId::of::<Tag>,
    fields: &[field("name", Kind::Text, false), field("weight", Kind::I32, true)],
    key: &[0],
    key_source: KeySource::Given,
    indexes: &[],
    relations: &[],
    deny_unknown_fields: false,
};

struct PostTag;
/// Which posts have which tags, by a composite key.
pub static POST_TAGS: EntitySchema = EntitySchema {
    name: "post_tags",
    model: "PostTag",
    type_id: TypeId::of::<PostTag>,
    fields: &[field("post_id", Kind::U64, false), field("tag", Kind::Text, false)],
    key: &[0, 1],
    key_source: KeySource::Given,
    indexes: &[],
    relations: &[],
    deny_unknown_fields: false,
};

/// All of them.
pub static ALL: [&EntitySchema; 5] = [&USERS, &POSTS, &PASSES, &TAGS, &POST_TAGS];

const fn relation(
    model: &'static str,
    name: &'static str,
    kind: RelationKind,
    target: fn() -> &'static EntitySchema,
    from: &'static [usize],
    to: &'static [usize],
) -> RelationSchema {
    RelationSchema { model, field: name, name, kind, target, from, to, pivot: None }
}

/// A value of a cell, from what a test writes down.
pub trait Plain {
    /// The value.
    fn plain(self) -> Value;
}

impl Plain for i64 {
    fn plain(self) -> Value {
        Value::Int(self)
    }
}
impl Plain for &str {
    fn plain(self) -> Value {
        Value::Text(self.into())
    }
}
impl Plain for bool {
    fn plain(self) -> Value {
        Value::Bool(self)
    }
}
impl Plain for f64 {
    fn plain(self) -> Value {
        Value::Float(self)
    }
}
/// NULL.
impl Plain for () {
    fn plain(self) -> Value {
        Value::Null
    }
}
impl Plain for Value {
    fn plain(self) -> Value {
        self
    }
}

/// A list of values: `row![1, "Ada", ()]`, where `()` is NULL.
#[macro_export]
macro_rules! row {
    ($($value:expr),* $(,)?) => {
        vec![$($crate::hand_built::Plain::plain($value)),*]
    };
}

/// A write of whole rows.
#[must_use]
pub fn write(entity: &'static EntitySchema, how: RowWrite, rows: &[Vec<Value>]) -> Write {
    let all: Vec<usize> = (0..entity.fields.len()).collect();
    write_some(entity, how, &all, rows)
}

/// A write of rows that give only these columns.
#[must_use]
pub fn write_some(
    entity: &'static EntitySchema,
    how: RowWrite,
    columns: &[usize],
    rows: &[Vec<Value>],
) -> Write {
    let mut out = Rows::new(entity);
    for values in rows {
        let row = out.push();
        for (&column, value) in columns.iter().zip(values) {
            assert!(out.set(row, column, value.as_ref()));
        }
    }
    let change = Change::Rows { how, rows: out };
    Write { entity, change }
}

/// A set of keys.
#[must_use]
pub fn keys(kinds: &[Kind], keys: &[Vec<Value>]) -> KeySet {
    let mut set = KeySet::new(kinds.iter().copied());
    for key in keys {
        set.push(|part| key[part].as_ref());
    }
    set
}

/// A column against a value.
#[must_use]
pub fn compare(column: usize, op: CompareOp, value: impl Plain) -> Predicate {
    let value = value.plain();
    Predicate::Compare { column, op, value }
}

/// A column equal to a value.
#[must_use]
pub fn equal(column: usize, value: impl Plain) -> Predicate {
    compare(column, CompareOp::Eq, value)
}

/// A column in a list.
#[must_use]
pub fn one_of(column: usize, kind: Kind, values: &[Value]) -> Predicate {
    let mut list = ValueList::new(kind);
    for value in values {
        list.push(value.as_ref());
    }
    let values = Arc::new(list);
    Predicate::In { column, values }
}

/// A text column that matches.
#[must_use]
pub fn text(column: usize, how: TextMatch, text: &str) -> Predicate {
    let text = text.into();
    Predicate::Text { column, how, text }
}

/// At least one record that `relation` of `entity` leads to meets a filter.
#[must_use]
pub fn any(entity: &'static EntitySchema, relation: usize, filter: Predicate) -> Predicate {
    related(entity, relation, filter, CompareOp::Ge, 1)
}

/// A count of the records that `relation` of `entity` leads to and that meet a filter.
#[must_use]
pub fn related(
    entity: &'static EntitySchema,
    relation: usize,
    filter: Predicate,
    op: CompareOp,
    count: u64,
) -> Predicate {
    Predicate::Related { relation: &entity.relations[relation], filter: Box::new(filter), count: (op, count) }
}

/// The opposite.
#[must_use]
pub fn not(inner: Predicate) -> Predicate {
    Predicate::Not(Box::new(inner))
}

/// A plan with a filter.
#[must_use]
pub fn filtered(entity: &'static EntitySchema, filter: Predicate) -> Select {
    Select { filter, ..Select::all(entity) }
}

/// A plan of the records that `relation` of `parent` leads to from keys of one integer.
#[must_use]
pub fn led_to(parent: &'static EntitySchema, relation: usize, from: &[i64]) -> Select {
    let relation = &parent.relations[relation];
    let from: Vec<Vec<Value>> = from.iter().map(|&key| vec![Value::Int(key)]).collect();
    Select {
        related: Some(Related {
            relation,
            keys: Arc::new(keys(&[Kind::U64], &from)),
            offset: 0,
            limit: None,
        }),
        ..Select::all((relation.target)())
    }
}

/// Ascending, NULL first.
#[must_use]
pub fn ascending(column: usize) -> Sort {
    Sort { column, descending: false, nulls_first: true }
}

/// Descending, NULL last.
#[must_use]
pub fn descending(column: usize) -> Sort {
    Sort { column, descending: true, nulls_first: false }
}

/// What a plan puts out.
///
/// # Errors
/// Those of the connection.
pub fn read(connection: &dyn Connection, plan: Select) -> Result<Vec<Record>> {
    let mut gather = Gather::new(width(&plan));
    connection.select(&Arc::new(plan), &mut gather)?;
    Ok(gather.rows)
}

/// What a plan puts out in a transaction.
///
/// # Errors
/// Those of the transaction.
pub fn read_in(transaction: &mut dyn Transaction, plan: Select) -> Result<Vec<Record>> {
    let mut gather = Gather::new(width(&plan));
    transaction.select(&Arc::new(plan), &mut gather)?;
    Ok(gather.rows)
}

/// The number of columns that a plan puts out.
#[must_use]
pub fn width(plan: &Select) -> usize {
    match plan.output {
        orm_core::plan::Output::Records => {
            let parent = plan.related.as_ref().map(|r| r.keys.columns().len());
            plan.entity.fields.len() + parent.unwrap_or(0)
        }
        _ => 1,
    }
}

/// One integer column of rows.
#[must_use]
pub fn ints(rows: &[Record], column: usize) -> Vec<i64> {
    let int = |row: &Record| match row.get(column) {
        Some(Value::Int(n)) => *n,
        _ => i64::MIN,
    };
    rows.iter().map(int).collect()
}

/// The rows of a few users, posts, tags and passes that belong together.
///
/// Ada (1) is the boss of Bob (2) and Cy (3), Cy the boss of Di (4); Bob's age is NULL. Ada wrote posts
/// 10, 11, 12, Bob 13, nobody 14. Posts 10 and 13 have tags "a" and "b", 11 has "b"; nothing has "c".
#[must_use]
pub fn sample() -> Vec<Write> {
    use RowWrite::Insert;
    vec![
        write(
            &USERS,
            Insert,
            &[
                row![1, "Ada", 36, (), 5],
                row![2, "Bob", (), 1, 1],
                row![3, "Cy", 20, 1, 3],
                row![4, "Di", 20, 3, 127],
            ],
        ),
        write(
            &POSTS,
            Insert,
            &[
                row![10, 1, "Notes"],
                row![11, 1, "More notes"],
                row![12, 1, "Engine"],
                row![13, 2, "100% done"],
                row![14, (), "_draft_"],
            ],
        ),
        write(&PASSES, Insert, &[row![1, "x"], row![3, "y"]]),
        write(&TAGS, Insert, &[row!["a", 1], row!["b", ()], row!["c", 3]]),
        write(
            &POST_TAGS,
            Insert,
            &[row![10, "a"], row![10, "b"], row![11, "b"], row![13, "a"], row![13, "b"]],
        ),
    ]
}

/// Whether an error is a row's, and which: `(write, row, fault)`.
#[must_use]
pub fn fault(error: &Error) -> Option<(usize, usize, &orm_core::error::RowFault)> {
    match error {
        Error::Row { at, fault } => Some((at.write, at.row, fault)),
        _ => None,
    }
}
