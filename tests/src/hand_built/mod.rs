//! Schemas, rows and plans by hand, for tests beneath the models: of providers and of what the core
//! does for them.

mod make;

pub use make::*;

use crate::row;
use orm_core::model::schema::{
    EntitySchema, FieldSchema, IndexSchema, KeySource, PivotSchema, RelationKind, RelationSchema,
};
use orm_core::plan::{RowWrite, Write, WriteBatch};
use orm_core::value::{Kind, Value};
use std::any::TypeId;

const fn field(name: &'static str, kind: Kind, nullable: bool) -> FieldSchema {
    FieldSchema { field: name, name, column: name, kind, nullable, default: None, ..FieldSchema::BASE }
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
    ..EntitySchema::BASE
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
    ..EntitySchema::BASE
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
    ..EntitySchema::BASE
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
    ..EntitySchema::BASE
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
    ..EntitySchema::BASE
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
    RelationSchema { model, field: name, name, kind, target, from, to, ..RelationSchema::BASE }
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

/// A batch of two more posts, 100 and 101.
#[must_use]
pub fn two_posts() -> WriteBatch {
    let rows = [row![100, (), "a"], row![101, (), "b"]];
    batch(vec![write(&POSTS, RowWrite::Insert, &rows)])
}
