//! Users write posts, posts have comments and tags: every kind of relation that the core knows.

use orm_core::prelude::*;

/// Writes posts.
#[derive(Model, Debug, Clone, PartialEq)]
pub struct User {
    /// The key.
    #[key]
    pub id: u64,
    /// The name.
    pub name: String,
    /// The age; new users are 18.
    #[field(default = 18)]
    pub age: i32,
    /// Maybe an address, of which no two are the same.
    #[field(unique)]
    pub email: Option<String>,
    /// The posts the user wrote.
    #[has_many(foreign_key = author_id)]
    pub posts: Many<Post>,
    /// The posts the user corrected: a second relation to the same model.
    #[has_many(foreign_key = editor_id)]
    pub edited: Many<Post>,
    /// The user's profile.
    #[has_one]
    pub profile: One<Profile>,
}

/// What a user tells of themself.
#[derive(Model, Debug, Clone, PartialEq)]
pub struct Profile {
    /// The key.
    #[key]
    pub id: u64,
    /// The text.
    pub bio: String,
    /// Whose it is.
    pub user_id: Option<u64>,
}

/// Something written.
#[derive(Model, Debug, Clone, PartialEq)]
pub struct Post {
    /// The key.
    #[key]
    pub id: u64,
    /// The title.
    pub title: String,
    /// How often it was read.
    #[field(default = 0)]
    pub views: i64,
    /// Who wrote it.
    #[field(index)]
    pub author_id: Option<u64>,
    /// Who corrected it.
    pub editor_id: Option<u64>,
    /// Who wrote it.
    #[belongs_to]
    pub author: One<User>,
    /// Who corrected it.
    #[belongs_to]
    pub editor: One<User>,
    /// What was said of it.
    #[has_many]
    pub comments: Many<Comment>,
    /// What it is about.
    #[belongs_to_many(pivot = PostTag, foreign_key = post_id, related_key = tag_name)]
    pub tags: Many<Tag>,
}

/// Something said of a post.
#[derive(Model, Debug, Clone, PartialEq)]
pub struct Comment {
    /// The key.
    #[key]
    pub id: u64,
    /// The text.
    pub text: String,
    /// What it was said of.
    pub post_id: u64,
    /// What it was said of.
    #[belongs_to]
    pub post: One<Post>,
}

/// What posts are about.
#[derive(Model, Debug, Clone, PartialEq)]
pub struct Tag {
    /// The key is text.
    #[key]
    pub name: String,
    /// How it is shown.
    #[field(default = "grey")]
    pub color: String,
    /// The posts about it.
    #[belongs_to_many(pivot = PostTag, foreign_key = tag_name, related_key = post_id)]
    pub posts: Many<Post>,
}

/// Between posts and tags.
#[derive(Model, Debug, Clone, PartialEq)]
pub struct PostTag {
    /// The post.
    #[key]
    pub post_id: u64,
    /// The tag.
    #[key]
    pub tag_name: String,
}
