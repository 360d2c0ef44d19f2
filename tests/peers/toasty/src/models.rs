//! The models.

use peer_contest::{Answer, Sum};
use toasty::Deferred;

#[derive(Debug, toasty::Model)]
#[table = "users"]
pub struct User {
    #[key]
    #[auto]
    pub id: i32,
    pub name: String,
    pub hair_color: Option<String>,
    #[has_many]
    pub posts: Deferred<Vec<Post>>,
}

#[derive(Debug, toasty::Model)]
#[table = "posts"]
pub struct Post {
    #[key]
    #[auto]
    pub id: i32,
    #[index]
    pub user_id: i32,
    #[belongs_to(key = user_id, references = id)]
    pub user: Deferred<User>,
    pub title: String,
    pub body: Option<String>,
    #[has_many]
    pub comments: Deferred<Vec<Comment>>,
}

#[derive(Debug, toasty::Model)]
#[table = "comments"]
pub struct Comment {
    #[key]
    #[auto]
    pub id: i32,
    #[index]
    pub post_id: i32,
    #[belongs_to(key = post_id, references = id)]
    pub post: Deferred<Post>,
    pub text: String,
}

impl Answer for User {
    fn add(&self, under: u64, sum: &mut Sum) -> u64 {
        let hash = sum.user(under, self.id, &self.name, self.hair_color.as_deref());
        if !self.posts.is_unloaded() {
            self.posts.get().add(hash, sum);
        }
        hash
    }
}

impl Answer for Post {
    fn add(&self, under: u64, sum: &mut Sum) -> u64 {
        let hash = sum.post(under, self.id, self.user_id, &self.title, self.body.as_deref());
        if !self.comments.is_unloaded() {
            self.comments.get().add(hash, sum);
        }
        hash
    }
}

impl Answer for Comment {
    fn add(&self, under: u64, sum: &mut Sum) -> u64 {
        sum.comment(under, self.id, self.post_id, &self.text)
    }
}
