//! Nested JSON taken apart, and put together again, against serde_json, three maps and a hash join.

use crate::report::{Report, Unit, Work};
use crate::timing::{in_turns, timed, tried};
use crate::{Form, Outcome};
use orm_core::prelude::*;
use orm_provider_memory::Memory;
use serde::Deserialize;
use std::collections::HashMap;
use std::fmt::Write as _;

#[derive(Model, Debug, Clone)]
struct User {
    #[key]
    id: u64,
    name: String,
    email: String,
    age: i32,
    #[has_many(foreign_key = author_id)]
    posts: Many<Post>,
}

#[derive(Model, Debug, Clone)]
struct Post {
    #[key]
    id: u64,
    title: String,
    body: String,
    author_id: u64,
    #[has_many]
    comments: Many<Comment>,
}

#[derive(Model, Debug, Clone)]
struct Comment {
    #[key]
    id: u64,
    text: String,
    post_id: u64,
}

/// What the text has, by hand.
mod input {
    use super::Deserialize;

    #[derive(Deserialize)]
    pub(super) struct User {
        pub(super) id: u64,
        pub(super) name: String,
        pub(super) email: String,
        pub(super) age: i32,
        pub(super) posts: Vec<Post>,
    }

    #[derive(Deserialize)]
    pub(super) struct Post {
        pub(super) id: u64,
        pub(super) title: String,
        pub(super) body: String,
        pub(super) comments: Vec<Comment>,
    }

    #[derive(Deserialize)]
    pub(super) struct Comment {
        pub(super) id: u64,
        pub(super) text: String,
    }
}

/// What is stored, by hand: the same structs, their relations left alone.
#[derive(Default)]
struct Stores {
    users: HashMap<u64, User>,
    posts: HashMap<u64, Post>,
    comments: HashMap<u64, Comment>,
}

impl Stores {
    fn save(&mut self, text: &str) -> serde_json::Result<()> {
        for user in serde_json::from_str::<Vec<input::User>>(text)? {
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
        Ok(())
    }

    fn load(&self) -> Vec<User> {
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

const POSTS: u64 = 5;
const COMMENTS: u64 = 2;

/// The input, always the same.
fn text(users: u64) -> Result<String, std::fmt::Error> {
    let mut out = String::from("[");
    for id in 0..users {
        let comma = if id == 0 { "" } else { "," };
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

fn fresh() -> orm_core::Result<Repository<User>> {
    let db = Database::builder().provider(Memory::new()).connection("entities").start()?;
    let users = db.repository::<User>();
    // What happens once in a database's life has happened then.
    users.count()?;
    Ok(users)
}

fn load(users: &Repository<User>) -> orm_core::Result<Vec<User>> {
    users.query().with(|u| u.posts.with(|p| p.comments)).get()
}

/// A comment, its post and its user.
type Flat<'a> = (u64, i32, [&'a str; 5], [u64; 4]);

/// What nested users hold, in one order.
fn flat(users: &[User]) -> Outcome<Vec<Flat<'_>>> {
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

pub(crate) fn run(form: &Form, report: &mut Report) -> Outcome {
    let count = form.pick(20_000, 1_000);
    let text = text(count)?;
    let rounds = form.pick(7, 3);

    let users = fresh()?;
    users.save_json(&text)?;
    let mut stores = Stores::default();
    stores.save(&text)?;
    let (ours, theirs) = (load(&users)?, stores.load());
    assert_eq!(flat(&ours)?.len() as u64, count * POSTS * COMMENTS);
    assert!(flat(&ours)? == flat(&theirs)?);
    drop((ours, theirs));

    let medians = in_turns(rounds, |_| tried(|| load(&users)), |_| timed(|| stores.load()))?;
    let all = Work {
        group: "json",
        work: format!("load all {count} users with posts and comments"),
        against: "a hash join of three `HashMap`s into the same structs",
        unit: Unit::Milliseconds,
        bar: Some(2.0),
    };
    drop((users, stores));

    let save = |_| {
        let users = fresh()?;
        tried(|| users.save_json(&text))
    };
    let by_hand = |_| {
        tried(|| {
            let mut stores = Stores::default();
            stores.save(&text).map(|()| stores)
        })
    };
    let megabytes = text.len() / 1_000_000;
    let work = Work {
        work: format!(
            "save {megabytes} MB of nested JSON: {count} users × {POSTS} posts × {COMMENTS} comments"
        ),
        against: "serde_json into structs, taken apart into three `HashMap`s",
        bar: Some(1.5),
        ..all.clone()
    };
    report.times(work.clone(), &in_turns(rounds, save, by_hand)?, 1);

    let value = |_| tried(|| serde_json::from_str::<serde_json::Value>(&text));
    let work = Work { against: "serde_json into `Value`, nothing else", bar: None, ..work };
    report.times(work, &in_turns(rounds, save, value)?, 1);
    report.times(all, &medians, 1);
    Ok(())
}
