//! How many requests really go to the server: somebody on the line counts them.

use crate::server;
use orm_core::prelude::*;
use orm_provider_postgres::PostgresOptions;
use std::collections::HashMap;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;

#[derive(Model, Debug, Clone)]
#[model(entity = "authors")]
struct User {
    #[key(auto)]
    id: i64,
    name: String,
    #[has_many]
    posts: Many<Post>,
}

#[derive(Model, Debug, Clone)]
#[model(entity = "articles")]
struct Post {
    #[key(auto)]
    id: i64,
    #[field(index)]
    user_id: i64,
    title: String,
    #[has_many]
    comments: Many<Comment>,
}

#[derive(Model, Debug, Clone)]
#[model(entity = "remarks")]
struct Comment {
    #[key(auto)]
    id: i64,
    #[field(index)]
    post_id: i64,
    text: String,
}

/// The requests that passed by: the text of what is run.
type Seen = Arc<Mutex<Vec<String>>>;

/// Reads what a client says.
#[derive(Default)]
struct Listener {
    buffer: Vec<u8>,
    started: bool,
    texts: HashMap<Vec<u8>, String>,
    bound: Vec<u8>,
}

fn text(bytes: &[u8]) -> (&[u8], &[u8]) {
    let end = bytes.iter().position(|b| *b == 0).unwrap();
    (&bytes[..end], &bytes[end + 1..])
}

impl Listener {
    fn hear(&mut self, bytes: &[u8], seen: &Seen) {
        self.buffer.extend_from_slice(bytes);
        loop {
            let head = usize::from(self.started);
            let Some(length) = self.buffer.get(head..head + 4) else { return };
            let length = u32::from_be_bytes(length.try_into().unwrap()) as usize;
            if self.buffer.len() < head + length {
                return;
            }
            let message: Vec<u8> = self.buffer.drain(..head + length).collect();
            if self.started {
                self.message(message[0], &message[5..], seen);
            } else {
                // A request for encryption comes before the startup, and looks alike.
                let code = u32::from_be_bytes(message[4..8].try_into().unwrap());
                self.started = code == 196_608;
            }
        }
    }

    fn message(&mut self, kind: u8, body: &[u8], seen: &Seen) {
        match kind {
            b'P' => {
                let (name, rest) = text(body);
                let sql = String::from_utf8_lossy(text(rest).0).into_owned();
                self.texts.insert(name.to_vec(), sql);
            }
            b'B' => self.bound = text(text(body).1).0.to_vec(),
            b'E' => seen.lock().unwrap().push(self.texts[&self.bound].clone()),
            b'Q' => seen.lock().unwrap().push(String::from_utf8_lossy(text(body).0).into_owned()),
            _ => {}
        }
    }
}

/// A database whose requests are seen.
fn database() -> Option<(Seen, Database)> {
    let url = server()?.url();
    let at = url.rsplit_once('@').unwrap().1.split('/').next().unwrap().to_owned();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let seen = Seen::default();
    let (all, server) = (Arc::clone(&seen), at.clone());
    thread::spawn(move || {
        for client in listener.incoming() {
            let (mut client, mut server) = (client.unwrap(), TcpStream::connect(&server).unwrap());
            let (mut from, mut to) = (server.try_clone().unwrap(), client.try_clone().unwrap());
            thread::spawn(move || std::io::copy(&mut from, &mut to));
            let seen = Arc::clone(&all);
            thread::spawn(move || {
                let (mut listener, mut buffer) = (Listener::default(), vec![0; 1 << 16]);
                while let Ok(length @ 1..) = client.read(&mut buffer) {
                    listener.hear(&buffer[..length], &seen);
                    if server.write_all(&buffer[..length]).is_err() {
                        break;
                    }
                }
            });
        }
    });
    let url = url.replace(&at, &format!("127.0.0.1:{port}"));
    let options =
        PostgresOptions::from_url(&url).unwrap().schema_prefix(&format!("seen{port}_")).pool_size(1);
    let db = Database::builder().provider(options.lazy().unwrap()).models::<User>().start().unwrap();
    Some((seen, db))
}

fn user(n: usize) -> Draft<User> {
    let comment = |c: usize| Comment::draft().text(format!("comment {c}"));
    let post = |p: usize| Post::draft().title(format!("post {p}")).comments((0..2).map(comment));
    User::draft().name(format!("user {n}")).posts((0..5).map(post))
}

fn taken(seen: &Seen) -> Vec<String> {
    std::mem::take(&mut seen.lock().unwrap())
}

fn beginning_with<'a>(seen: &'a [String], word: &str) -> Vec<&'a String> {
    seen.iter().filter(|sql| sql.starts_with(word)).collect()
}

#[test]
fn nested_saves_with_keys_of_the_storage() {
    let Some((seen, db)) = database() else { return };
    let users = db.repository::<User>();
    users.save(user(0)).unwrap();
    taken(&seen);
    users.save_many((0..100).map(user)).unwrap();
    let hundred = taken(&seen);
    // Of each entity one statement takes its keys, and one writes it.
    assert_eq!(beginning_with(&hundred, "INSERT").len(), 3, "{hundred:#?}");
    let keys = hundred.iter().filter(|sql| sql.contains("setval")).count();
    assert_eq!(keys, 3);
    let order: Vec<bool> = ["authors", "articles", "remarks"]
        .iter()
        .zip(beginning_with(&hundred, "INSERT"))
        .map(|(entity, sql)| sql.contains(entity))
        .collect();
    assert_eq!(order, [true; 3], "parents come first");
    // What else there is locks the sequences, begins and ends, and reads back what the drafts don't say;
    // one record takes as many.
    assert!(hundred.len() <= 17, "{} requests", hundred.len());
    users.save_many((0..1).map(user)).unwrap();
    assert_eq!(taken(&seen), hundred);
    // Where nobody asks for the records, nothing is read back.
    users.save_json(&json(100).to_string()).unwrap();
    let streamed = taken(&seen);
    assert_eq!(beginning_with(&streamed, "INSERT"), beginning_with(&hundred, "INSERT"));
    assert!(streamed.len() <= 13, "{streamed:#?}");

    let all = users.query().with(|u| u.posts.with(|p| p.comments)).get().unwrap();
    assert_eq!(all.len(), 202);
    for user in &all {
        let posts = user.posts.get().unwrap();
        assert!(posts.len() == 5 && posts.iter().all(|p| p.comments.get().unwrap().len() == 2));
    }
}

fn json(users: usize) -> serde_json::Value {
    let comments = serde_json::json!([{ "text": "a" }, { "text": "b" }]);
    let posts: Vec<_> =
        (0..5).map(|p| serde_json::json!({ "title": format!("post {p}"), "comments": comments })).collect();
    let user = |n: usize| serde_json::json!({ "name": format!("user {n}"), "posts": posts });
    (0..users).map(user).collect()
}

#[test]
fn an_eager_load_of_50_000_parents() {
    let Some((seen, db)) = database() else { return };
    let (users, posts) = (db.table::<User>().unwrap(), db.table::<Post>().unwrap());
    let insert = |text: String| db.sql(text).bind(50_000).execute().unwrap();
    insert(format!("INSERT INTO {users} (id, name) SELECT n, 'user ' || n FROM generate_series(1, ?) AS n"));
    insert(format!(
        "INSERT INTO {posts} (id, user_id, title) SELECT n, n, 'post ' || n FROM generate_series(1, ?) AS n"
    ));
    let load = |most: u64| {
        taken(&seen);
        let users = db.repository::<User>().query().with(|u| u.posts).limit(most).get().unwrap();
        assert!(users.iter().all(|u| u.posts.get().unwrap().len() == 1));
        assert_eq!(users.len() as u64, most);
        taken(&seen)
    };
    load(10);
    let few = load(10);
    assert_eq!(beginning_with(&few, "SELECT").len(), 2, "{few:#?}");
    // The snapshot's begin and end.
    assert_eq!(few.len(), 4, "{few:#?}");
    assert_eq!(load(50_000), few);
}

#[test]
fn many_records_are_written_in_few_statements() {
    let Some((seen, db)) = database() else { return };
    let users = db.repository::<User>();
    users.save(user(0)).unwrap();
    taken(&seen);
    // More values than a statement could have parameters.
    users.insert_many((0..70_000).map(|n| User::draft().name(format!("user {n}")))).unwrap();
    let seen = taken(&seen);
    assert_eq!(beginning_with(&seen, "COPY").len(), 7, "ten thousand at a time");
    assert_eq!(beginning_with(&seen, "INSERT").len(), 0);
    assert_eq!(beginning_with(&seen, "COMMIT").len(), 1);
    assert_eq!(users.count().unwrap(), 70_001);
}
