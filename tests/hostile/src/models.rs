//! Models that reach each other by every kind of relation, with columns of every kind that JSON gives.

use orm_core::prelude::*;
use orm_core::value::Timestamp;
use serde::{Deserialize, Serialize};

/// Where all input begins.
#[derive(Model, Debug, Clone, PartialEq)]
#[model(entity = "authors", serde, timestamps)]
#[allow(missing_docs)]
pub struct Author {
    #[key]
    pub id: u64,
    pub name: String,
    #[field(default = 18)]
    pub age: i32,
    #[field(unique)]
    pub email: Option<String>,
    #[field(cast, default = 0)]
    pub level: i8,
    pub ratio: Option<f64>,
    pub small: Option<f32>,
    #[field(scale = 2)]
    pub price: Option<Decimal>,
    pub seen: Option<Timestamp>,
    pub token: Option<uuid::Uuid>,
    pub bytes: Option<Vec<u8>>,
    #[field(default = Status::Active)]
    pub status: Status,
    #[field(default_with = nothing)]
    pub any: serde_json::Value,
    #[field(embed = "home_")]
    pub home: Option<Place>,
    pub boss_id: Option<u64>,
    pub desk_city: Option<String>,
    pub desk_number: Option<u32>,
    pub liked: Option<Keys<String>>,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
    #[belongs_to]
    pub boss: One<Author>,
    #[has_many(foreign_key = boss_id)]
    pub staff: Many<Author>,
    #[belongs_to(foreign_key = (desk_city, desk_number))]
    pub desk: One<Desk>,
    #[has_many]
    pub posts: Many<Post>,
    #[has_many(foreign_key = editor_id)]
    pub edited: Many<Post>,
    #[has_one]
    pub profile: One<Profile>,
    #[has_many_by(keys = liked)]
    pub likes: Many<Tag>,
    #[morph_many(name = subject)]
    pub remarks: Many<Remark>,
}

fn nothing() -> serde_json::Value {
    serde_json::json!({})
}

/// Stored as text.
#[derive(FieldEnum, Debug, Clone, Copy, PartialEq, Eq)]
#[field_enum(rename_all = "snake_case")]
#[allow(missing_docs)]
pub enum Status {
    Active,
    OnLeave,
}

/// Is embedded.
#[derive(Embedded, Debug, Clone, PartialEq)]
#[allow(missing_docs)]
pub struct Place {
    pub city: String,
    #[field(cast)]
    pub zip: Option<String>,
}

/// Known by two columns.
#[derive(Model, Debug, Clone, PartialEq)]
#[model(entity = "desks", serde)]
#[allow(missing_docs)]
pub struct Desk {
    #[key]
    pub city: String,
    #[key]
    pub number: u32,
    #[field(default = "")]
    pub label: String,
    #[has_many(foreign_key = (desk_city, desk_number))]
    pub users: Many<Author>,
}

/// Something written.
#[derive(Model, Debug, Clone, PartialEq)]
#[model(entity = "posts", serde)]
#[allow(missing_docs)]
pub struct Post {
    #[key]
    pub id: u64,
    pub title: String,
    #[field(default = 0)]
    pub views: i64,
    #[field(index)]
    pub author_id: Option<u64>,
    pub editor_id: Option<u64>,
    #[belongs_to]
    pub author: One<Author>,
    #[belongs_to(foreign_key = editor_id)]
    pub editor: One<Author>,
    #[has_many]
    pub comments: Many<Comment>,
    #[belongs_to_many(pivot = Tagging, foreign_key = post_id, related_key = tag_name)]
    pub tags: Many<Tag>,
    #[morph_many(name = subject, type_value = "text")]
    pub remarks: Many<Remark>,
}

/// Said of a post; the storage makes the key.
#[derive(Model, Debug, Clone, PartialEq)]
#[model(entity = "comments", serde)]
#[allow(missing_docs)]
pub struct Comment {
    #[key(auto)]
    pub id: u64,
    pub text: String,
    pub post_id: Option<u64>,
    #[belongs_to]
    pub post: One<Post>,
}

/// What an author tells of themself; nobody may say more than we know.
#[derive(Model, Debug, Clone, PartialEq)]
#[model(entity = "profiles", serde, deny_unknown_fields)]
#[allow(missing_docs)]
pub struct Profile {
    #[key]
    pub id: u32,
    #[field(default = "")]
    pub bio: String,
    pub author_id: Option<u64>,
    #[belongs_to]
    pub author: One<Author>,
}

/// What posts are about.
#[derive(Model, Debug, Clone, PartialEq)]
#[model(entity = "tags", serde)]
#[allow(missing_docs)]
pub struct Tag {
    #[key]
    pub name: String,
    #[field(default = "grey")]
    pub color: String,
    #[belongs_to_many(pivot = Tagging, foreign_key = tag_name, related_key = post_id)]
    pub posts: Many<Post>,
}

/// Between posts and tags.
#[derive(Model, Debug, Clone, PartialEq)]
#[model(entity = "taggings", serde)]
#[allow(missing_docs)]
pub struct Tagging {
    #[key]
    pub post_id: u64,
    #[key]
    pub tag_name: String,
    #[field(default = 0)]
    pub weight: i16,
}

/// Said of one of several models.
#[derive(Model, Debug, Clone, PartialEq)]
#[model(entity = "remarks", serde)]
#[allow(missing_docs)]
pub struct Remark {
    #[key(auto)]
    pub id: u32,
    #[field(default = "")]
    pub text: String,
    pub subject_id: Option<u64>,
    pub subject_type: Option<String>,
    #[morph_to]
    pub subject: One<Subject>,
}

/// What may be remarked on.
#[derive(Morph, Serialize, Deserialize, Debug, Clone, PartialEq)]
#[serde(untagged)]
#[allow(missing_docs)]
#[allow(clippy::large_enum_variant, reason = "a record is looked at, not moved about")]
pub enum Subject {
    Author(Author),
    #[morph(value = "text")]
    Post(Post),
}
