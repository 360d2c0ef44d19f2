//! The tables and their models.

use diesel::prelude::*;
use peer_contest::{Answer, Sum};

diesel::table! {
    users {
        id -> Integer,
        name -> Text,
        hair_color -> Nullable<Text>,
    }
}

diesel::table! {
    posts {
        id -> Integer,
        user_id -> Integer,
        title -> Text,
        body -> Nullable<Text>,
    }
}

diesel::table! {
    comments {
        id -> Integer,
        post_id -> Integer,
        text -> Text,
    }
}

diesel::joinable!(posts -> users (user_id));
diesel::joinable!(comments -> posts (post_id));
diesel::allow_tables_to_appear_in_same_query!(users, posts, comments);

#[derive(Identifiable, Queryable, Selectable, Insertable)]
#[diesel(treat_none_as_default_value = false)]
pub struct User {
    id: i32,
    name: String,
    hair_color: Option<String>,
}

#[derive(Identifiable, Queryable, Selectable, Associations, Insertable)]
#[diesel(belongs_to(User), treat_none_as_default_value = false)]
pub struct Post {
    id: i32,
    user_id: i32,
    title: String,
    body: Option<String>,
}

#[derive(Identifiable, Queryable, Selectable, Associations, Insertable)]
#[diesel(belongs_to(Post))]
pub struct Comment {
    id: i32,
    post_id: i32,
    text: String,
}

/// A user without a key. Nulls are written as such, so that all rows have the same columns and can be
/// inserted by one statement.
#[derive(Insertable)]
#[diesel(table_name = users, treat_none_as_default_value = false)]
pub struct NewUser {
    pub name: String,
    pub hair_color: Option<String>,
}

impl From<peer_contest::User> for User {
    fn from(peer_contest::User { id, name, hair_color }: peer_contest::User) -> Self {
        Self { id, name, hair_color }
    }
}

impl From<peer_contest::Post> for Post {
    fn from(peer_contest::Post { id, user_id, title, body }: peer_contest::Post) -> Self {
        Self { id, user_id, title, body }
    }
}

impl From<peer_contest::Comment> for Comment {
    fn from(peer_contest::Comment { id, post_id, text }: peer_contest::Comment) -> Self {
        Self { id, post_id, text }
    }
}

impl Answer for User {
    fn add(&self, under: u64, sum: &mut Sum) -> u64 {
        sum.user(under, self.id, &self.name, self.hair_color.as_deref())
    }
}

impl Answer for Post {
    fn add(&self, under: u64, sum: &mut Sum) -> u64 {
        sum.post(under, self.id, self.user_id, &self.title, self.body.as_deref())
    }
}

impl Answer for Comment {
    fn add(&self, under: u64, sum: &mut Sum) -> u64 {
        sum.comment(under, self.id, self.post_id, &self.text)
    }
}
