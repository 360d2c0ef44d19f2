//! Users with posts with comments: as models, as text, and in maps by hand.

use crate::Outcome;
use orm_core::prelude::*;
use serde::Deserialize;
use std::collections::HashMap;
use std::fmt::Write as _;

#[derive(Model, Debug, Clone)]
pub(crate) struct User {
    #[key]
    pub(crate) id: u64,
    pub(crate) name: String,
    pub(crate) email: String,
    pub(crate) age: i32,
    #[has_many(foreign_key = author_id)]
    pub(crate) posts: Many<Post>,
}

#[derive(Model, Debug, Clone)]
pub(crate) struct Post {
    #[key]
    pub(crate) id: u64,
    pub(crate) title: String,
    pub(crate) body: String,
    pub(crate) author_id: u64,
    #[has_many]
    pub(crate) comments: Many<Comment>,
}

#[derive(Model, Debug, Clone)]
pub(crate) struct Comment {
    #[key]
    pub(crate) id: u64,
    pub(crate) text: String,
    pub(crate) post_id: u64,
}

/// What the text has, by hand.
pub(crate) mod input {
    use super::Deserialize;

    #[derive(Clone, Deserialize)]
    pub(crate) struct User {
        pub(crate) id: u64,
        pub(crate) name: String,
        pub(crate) email: String,
        pub(crate) age: i32,
        pub(crate) posts: Vec<Post>,
    }

    #[derive(Clone, Deserialize)]
    pub(crate) struct Post {
        pub(crate) id: u64,
        pub(crate) title: String,
        pub(crate) body: String,
        pub(crate) comments: Vec<Comment>,
    }

    #[derive(Clone, Deserialize)]
    pub(crate) struct Comment {
        pub(crate) id: u64,
        pub(crate) text: String,
    }
}

/// What is stored, by hand: the same structs, their relations left alone.
#[derive(Default)]
pub(crate) struct Stores {
    pub(crate) users: HashMap<u64, User>,
    pub(crate) posts: HashMap<u64, Post>,
    pub(crate) comments: HashMap<u64, Comment>,
}

impl Stores {
    /// Takes a text apart.
    pub(crate) fn save(&mut self, text: &str) -> serde_json::Result<()> {
        self.take(serde_json::from_str(text)?);
        Ok(())
    }

    /// Takes nested records apart.
    pub(crate) fn take(&mut self, users: Vec<input::User>) {
        for user in users {
            let input::User { id: author_id, name, email, age, posts } = user;
            for post in posts {
                let input::Post { id: post_id, title, body, comments } = post;
                for input::Comment { id, text } in comments {
                    self.comments.insert(id, Comment { id, text, post_id });
                }
                let comments = Many::not_loaded();
                self.posts.insert(post_id, Post { id: post_id, title, body, author_id, comments });
            }
            let posts = Many::not_loaded();
            self.users.insert(author_id, User { id: author_id, name, email, age, posts });
        }
    }

    /// Puts them together again.
    pub(crate) fn load(&self) -> Vec<User> {
        let mut comments: HashMap<u64, Vec<Comment>> = HashMap::with_capacity(self.posts.len());
        for comment in self.comments.values() {
            comments.entry(comment.post_id).or_default().push(comment.clone());
        }
        let mut posts: HashMap<u64, Vec<Post>> = HashMap::with_capacity(self.users.len());
        for post in self.posts.values() {
            let comments = comments.remove(&post.id).unwrap_or_default();
            posts.entry(post.author_id).or_default().push(Post { comments: comments.into(), ..post.clone() });
        }
        let with_posts = |user: &User| {
            let posts = posts.remove(&user.id).unwrap_or_default();
            User { posts: posts.into(), ..user.clone() }
        };
        self.users.values().map(with_posts).collect()
    }
}

pub(crate) const POSTS: u64 = 5;
pub(crate) const COMMENTS: u64 = 2;

/// Records of a user with all that is theirs.
pub(crate) const RECORDS: u64 = 1 + POSTS + POSTS * COMMENTS;

/// The input of these users, always the same.
pub(crate) fn text(users: std::ops::Range<u64>) -> Result<String, std::fmt::Error> {
    let first = users.start;
    let mut out = String::from("[");
    for id in users {
        let comma = if id == first { "" } else { "," };
        write!(
            out,
            r#"{comma}{{"id":{id},"name":"User number {id}","email":"user{id}@example.org","age":{},"posts":["#,
            id * 7919 % 90
        )?;
        for post in id * POSTS..(id + 1) * POSTS {
            let comma = if post % POSTS == 0 { "" } else { "," };
            write!(
                out,
                r#"{comma}{{"id":{post},"title":"Notes, part {post}","body":"What I saw on day {post}, and what I \"thought\" of it in the evening.","comments":["#
            )?;
            for comment in post * COMMENTS..(post + 1) * COMMENTS {
                let comma = if comment % COMMENTS == 0 { "" } else { "," };
                write!(
                    out,
                    r#"{comma}{{"id":{comment},"text":"I have read it {comment} times and still like the second half best."}}"#
                )?;
            }
            out.push_str("]}");
        }
        out.push_str("]}");
    }
    out.push(']');
    Ok(out)
}

/// A comment, its post and its user.
pub(crate) type Flat<'a> = (u64, i32, [&'a str; 5], [u64; 4]);

/// What nested users hold, in one order.
pub(crate) fn flat(users: &[User]) -> Outcome<Vec<Flat<'_>>> {
    let mut flat = Vec::new();
    for user in users {
        for post in user.posts.get()? {
            for comment in post.comments.get()? {
                let texts = [&user.name, &user.email, &post.title, &post.body, &comment.text];
                let keys = [post.id, post.author_id, comment.id, comment.post_id];
                flat.push((user.id, user.age, texts.map(String::as_str), keys));
            }
        }
    }
    flat.sort_unstable();
    Ok(flat)
}
