//! The tables: users with posts with comments.

use orm_core::prelude::*;
use std::fmt::Write as _;

#[derive(Model, Debug, Clone)]
#[model(entity = "users")]
pub(crate) struct User {
    #[key(auto)]
    pub(crate) id: i32,
    pub(crate) name: String,
    pub(crate) hair_color: Option<String>,
    #[has_many]
    pub(crate) posts: Many<Post>,
}

#[derive(Model, Debug, Clone)]
#[model(entity = "posts")]
pub(crate) struct Post {
    #[key(auto)]
    pub(crate) id: i32,
    #[field(index)]
    pub(crate) user_id: i32,
    pub(crate) title: String,
    pub(crate) body: Option<String>,
    #[has_many]
    pub(crate) comments: Many<Comment>,
}

#[derive(Model, Debug, Clone)]
#[model(entity = "comments")]
pub(crate) struct Comment {
    #[key(auto)]
    pub(crate) id: i32,
    #[field(index)]
    pub(crate) post_id: i32,
    pub(crate) text: String,
}

impl User {
    pub(crate) fn number(id: i32) -> Self {
        let hair_color = (id % 2 == 0).then(|| "black".to_owned());
        Self { id, name: format!("User {id}"), hair_color, posts: Many::not_loaded() }
    }
}

/// How many posts a user has, and comments a post, where they are many.
pub(crate) const MANY: i32 = 10;

impl Post {
    /// One of the posts of a user who has so many.
    pub(crate) fn of(user_id: i32, place: i32, each: i32) -> Self {
        let id = (user_id - 1) * each + place + 1;
        let body = (id % 2 == 0).then(|| format!("Post {id} of user {user_id}, at length"));
        Self { id, user_id, title: format!("Post {id}"), body, comments: Many::not_loaded() }
    }
}

impl Comment {
    /// One of the comments of a post that has so many.
    pub(crate) fn of(post_id: i32, place: i32, each: i32) -> Self {
        let id = (post_id - 1) * each + place + 1;
        Self { id, post_id, text: format!("Comment {id} on post {post_id}") }
    }
}

/// What the tables hold at first: keys from 1 on.
pub(crate) struct Data {
    pub(crate) users: Vec<User>,
    pub(crate) posts: Vec<Post>,
    pub(crate) comments: Vec<Comment>,
}

impl Data {
    pub(crate) fn new(users: i32, posts: i32, comments: i32) -> Self {
        let posts: Vec<Post> =
            (1..=users).flat_map(|user| (0..posts).map(move |place| Post::of(user, place, posts))).collect();
        let comments = posts
            .iter()
            .flat_map(|post| (0..comments).map(move |place| Comment::of(post.id, place, comments)))
            .collect();
        Self { users: (1..=users).map(User::number).collect(), posts, comments }
    }
}

/// Nested records with keys of their own, as text.
pub(crate) fn nested(users: i32, posts: i32, comments: i32) -> Result<String, std::fmt::Error> {
    let mut out = String::from("[");
    for id in 1..=users {
        let User { name, .. } = User::number(id);
        write!(out, r#"{}{{"id":{id},"name":"{name}","posts":["#, if id == 1 { "" } else { "," })?;
        for place in 0..posts {
            let Post { id, title, .. } = Post::of(id, place, posts);
            write!(
                out,
                r#"{}{{"id":{id},"title":"{title}","comments":["#,
                if place == 0 { "" } else { "," }
            )?;
            for place in 0..comments {
                let Comment { id, text, .. } = Comment::of(id, place, comments);
                write!(out, r#"{}{{"id":{id},"text":"{text}"}}"#, if place == 0 { "" } else { "," })?;
            }
            out.push_str("]}");
        }
        out.push_str("]}");
    }
    out.push(']');
    Ok(out)
}

/// What the nested text has, by hand.
pub(crate) mod input {
    use serde::Deserialize;

    #[derive(Deserialize)]
    pub(crate) struct User {
        pub(crate) id: i32,
        pub(crate) name: String,
        pub(crate) posts: Vec<Post>,
    }

    #[derive(Deserialize)]
    pub(crate) struct Post {
        pub(crate) id: i32,
        pub(crate) title: String,
        pub(crate) comments: Vec<Comment>,
    }

    #[derive(Deserialize)]
    pub(crate) struct Comment {
        pub(crate) id: i32,
        pub(crate) text: String,
    }
}

/// Users with posts with comments, put together by hand: all come ordered by their parent's key.
pub(crate) fn together(mut users: Vec<User>, posts: Vec<Post>, comments: Vec<Comment>) -> Vec<User> {
    let mut of_posts = group(comments, |c| c.post_id);
    let posts = posts
        .into_iter()
        .map(|post| {
            let comments = of_posts.remove(&post.id).unwrap_or_default();
            Post { comments: comments.into(), ..post }
        })
        .collect();
    let mut of_users = group(posts, |p: &Post| p.user_id);
    for user in &mut users {
        user.posts = of_users.remove(&user.id).unwrap_or_default().into();
    }
    users
}

/// The same without comments.
pub(crate) fn with_posts(mut users: Vec<User>, posts: Vec<Post>) -> Vec<User> {
    let mut of_users = group(posts, |p| p.user_id);
    for user in &mut users {
        user.posts = of_users.remove(&user.id).unwrap_or_default().into();
    }
    users
}

fn group<T>(all: Vec<T>, parent: impl Fn(&T) -> i32) -> std::collections::HashMap<i32, Vec<T>> {
    let mut groups: std::collections::HashMap<i32, Vec<T>> = std::collections::HashMap::new();
    for one in all {
        groups.entry(parent(&one)).or_default().push(one);
    }
    groups
}
