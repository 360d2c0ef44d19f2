//! The models: secondary keys are what is looked for.

use native_db::{ToKey, native_db};
use native_model::{Model, native_model};
use peer_contest::{Answer, Sum};
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize, Clone)]
#[native_model(id = 1, version = 1)]
#[native_db]
pub struct User {
    #[primary_key]
    pub id: i32,
    pub name: String,
    #[secondary_key(optional)]
    pub hair_color: Option<String>,
}

#[derive(Serialize, Deserialize)]
#[native_model(id = 2, version = 1)]
#[native_db]
pub struct Post {
    #[primary_key]
    pub id: i32,
    #[secondary_key]
    pub user_id: i32,
    pub title: String,
    pub body: Option<String>,
}

#[derive(Serialize, Deserialize)]
#[native_model(id = 3, version = 1)]
#[native_db]
pub struct Comment {
    #[primary_key]
    pub id: i32,
    #[secondary_key]
    pub post_id: i32,
    pub text: String,
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
