//! The models.

use orm_core::prelude::*;
use peer_contest::{Answer, Sum};

#[derive(Model, Debug, Clone)]
#[model(entity = "users")]
pub struct User {
    #[key(auto)]
    pub id: i32,
    pub name: String,
    pub hair_color: Option<String>,
    #[has_many]
    pub posts: Many<Post>,
}

#[derive(Model, Debug, Clone)]
#[model(entity = "posts")]
pub struct Post {
    #[key(auto)]
    pub id: i32,
    #[field(index)]
    pub user_id: i32,
    pub title: String,
    pub body: Option<String>,
    #[has_many]
    pub comments: Many<Comment>,
}

#[derive(Model, Debug, Clone)]
#[model(entity = "comments")]
pub struct Comment {
    #[key(auto)]
    pub id: i32,
    #[field(index)]
    pub post_id: i32,
    pub text: String,
}

impl From<peer_contest::User> for User {
    fn from(peer_contest::User { id, name, hair_color }: peer_contest::User) -> Self {
        Self { id, name, hair_color, posts: Many::not_loaded() }
    }
}

impl From<peer_contest::Post> for Post {
    fn from(peer_contest::Post { id, user_id, title, body }: peer_contest::Post) -> Self {
        Self { id, user_id, title, body, comments: Many::not_loaded() }
    }
}

impl From<peer_contest::Comment> for Comment {
    fn from(peer_contest::Comment { id, post_id, text }: peer_contest::Comment) -> Self {
        Self { id, post_id, text }
    }
}

impl Answer for User {
    fn add(&self, under: u64, sum: &mut Sum) -> u64 {
        let hash = sum.user(under, self.id, &self.name, self.hair_color.as_deref());
        for post in self.posts.get().into_iter().flatten() {
            post.add(hash, sum);
        }
        hash
    }
}

impl Answer for Post {
    fn add(&self, under: u64, sum: &mut Sum) -> u64 {
        let hash = sum.post(under, self.id, self.user_id, &self.title, self.body.as_deref());
        for comment in self.comments.get().into_iter().flatten() {
            comment.add(hash, sum);
        }
        hash
    }
}

impl Answer for Comment {
    fn add(&self, under: u64, sum: &mut Sum) -> u64 {
        sum.comment(under, self.id, self.post_id, &self.text)
    }
}
