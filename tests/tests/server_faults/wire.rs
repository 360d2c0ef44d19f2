//! Somebody on the line who writes down what a provider asks of its server.

use orm_core::prelude::*;
use orm_tests::servers::{FaultyServer, MysqlServer, PostgresServer};
use std::collections::HashMap;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

/// Longer than anything here needs.
const PATIENCE: Duration = Duration::from_secs(30);

/// A server whose protocol somebody understands.
pub(crate) trait Wire: FaultyServer {
    type Ear: Ear;

    /// What is in a request that takes keys from the storage.
    const TAKES_KEYS: &'static str;

    /// How many requests at most save 100 users, each with 5 posts, each with 2 comments, and answer them.
    const REQUESTS: usize;

    /// How many requests write new records whose keys the storage makes.
    const NEW: usize;

    /// How statements begin that write 70,000 records, and how many there are.
    const BULK: (&'static str, usize);
}

/// Understands what a client says on one connection.
pub(crate) trait Ear: Default + Send + 'static {
    /// Hears some more of it, and notes the texts of what is run.
    fn hear(&mut self, bytes: &[u8], note: &mut dyn FnMut(String));

    /// Hears some of what the server answers.
    fn answered(&mut self, _: &[u8]) {}
}

/// The requests that passed by: the text of what is run.
#[derive(Clone, Default)]
pub(crate) struct Seen(Arc<Mutex<Vec<String>>>);

impl Seen {
    /// What passed by since this was asked last.
    pub(crate) fn take(&self) -> Vec<String> {
        std::mem::take(&mut self.0.lock().unwrap())
    }

    /// The same, once such a request has passed by.
    pub(crate) fn until(&self, last: &str) -> Vec<String> {
        let start = Instant::now();
        while !self.0.lock().unwrap().iter().any(|sql| sql.starts_with(last)) {
            assert!(start.elapsed() < PATIENCE, "no `{last}`: {:#?}", self.take());
            thread::sleep(Duration::from_millis(1));
        }
        self.take()
    }
}

/// A database with one connection, whose requests are seen.
pub(crate) fn database<S: Wire, M: Model>(name: &str) -> Option<(Seen, Database)> {
    let server = S::shared()?;
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let here = format!("127.0.0.1:{}", listener.local_addr().unwrap().port());
    let (seen, there) = (Seen::default(), server.address());
    let all = seen.clone();
    thread::spawn(move || {
        for client in listener.incoming() {
            let (mut client, mut server) = (client.unwrap(), TcpStream::connect(&there).unwrap());
            let (mut from, mut to) = (server.try_clone().unwrap(), client.try_clone().unwrap());
            let ear = Arc::new(Mutex::new(S::Ear::default()));
            let other_ear = Arc::clone(&ear);
            thread::spawn(move || {
                hand_on(&mut from, &mut to, |bytes| other_ear.lock().unwrap().answered(bytes));
            });
            let seen = all.clone();
            thread::spawn(move || {
                hand_on(&mut client, &mut server, |bytes| {
                    ear.lock().unwrap().hear(bytes, &mut |text| seen.0.lock().unwrap().push(text));
                });
            });
        }
    });
    let provider = server.provider_at(&here, name, 1).unwrap();
    Some((seen, Database::builder().provider(provider).models::<M>().start().unwrap()))
}

/// Hands on what comes in, when somebody has heard it.
fn hand_on(from: &mut TcpStream, to: &mut TcpStream, mut hear: impl FnMut(&[u8])) {
    let mut buffer = vec![0; 1 << 16];
    while let Ok(length @ 1..) = from.read(&mut buffer) {
        hear(&buffer[..length]);
        if to.write_all(&buffer[..length]).is_err() {
            break;
        }
    }
}

impl Wire for PostgresServer {
    type Ear = PostgresEar;
    const TAKES_KEYS: &'static str = "setval";
    // Those that take keys, begin and end.
    const REQUESTS: usize = 8;
    const NEW: usize = 1;
    // Ten thousand at a time.
    const BULK: (&'static str, usize) = ("COPY", 7);
}

#[derive(Default)]
pub(crate) struct PostgresEar {
    buffer: Vec<u8>,
    started: bool,
    texts: HashMap<Vec<u8>, String>,
    bound: Vec<u8>,
}

fn text(bytes: &[u8]) -> (&[u8], &[u8]) {
    let end = bytes.iter().position(|b| *b == 0).unwrap();
    (&bytes[..end], &bytes[end + 1..])
}

fn words(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

impl Ear for PostgresEar {
    fn hear(&mut self, bytes: &[u8], note: &mut dyn FnMut(String)) {
        self.buffer.extend_from_slice(bytes);
        loop {
            let head = usize::from(self.started);
            let Some(length) = self.buffer.get(head..head + 4) else { return };
            let length = u32::from_be_bytes(length.try_into().unwrap()) as usize;
            if self.buffer.len() < head + length {
                return;
            }
            let message: Vec<u8> = self.buffer.drain(..head + length).collect();
            if !self.started {
                // A request for encryption comes before the startup, and looks alike.
                self.started = message[4..8] == 196_608_u32.to_be_bytes();
                continue;
            }
            let body = &message[5..];
            match message[0] {
                b'P' => {
                    let (name, rest) = text(body);
                    self.texts.insert(name.to_vec(), words(text(rest).0));
                }
                b'B' => self.bound = text(text(body).1).0.to_vec(),
                b'E' => note(self.texts[&self.bound].clone()),
                b'Q' => note(words(text(body).0)),
                _ => {}
            }
        }
    }
}

impl Wire for MysqlServer {
    type Ear = MysqlEar;
    const TAKES_KEYS: &'static str = "LAST_INSERT_ID";
    // Those that take keys, begin and end.
    const REQUESTS: usize = 8;
    // Keys are taken before.
    const NEW: usize = 2;
    // 1,024 at a time.
    const BULK: (&'static str, usize) = ("INSERT", 69);
}

#[derive(Default)]
pub(crate) struct MysqlEar {
    buffer: Vec<u8>,
    /// The text that is being prepared: the server's next answer tells its number.
    preparing: Option<String>,
    prepared: HashMap<[u8; 4], String>,
}

impl Ear for MysqlEar {
    fn hear(&mut self, bytes: &[u8], note: &mut dyn FnMut(String)) {
        self.buffer.extend_from_slice(bytes);
        while let Some(&[a, b, c, number]) = self.buffer.first_chunk() {
            let length = u32::from_le_bytes([a, b, c, 0]) as usize;
            if self.buffer.len() < 4 + length {
                return;
            }
            let packet: Vec<u8> = self.buffer.drain(..4 + length).skip(4).collect();
            // Others than the first go on with it, or are of the login.
            match packet.split_first() {
                Some((3, sql)) if number == 0 => note(words(sql)),
                Some((22, sql)) if number == 0 => self.preparing = Some(words(sql)),
                Some((23, rest)) if number == 0 => note(self.prepared[rest.first_chunk().unwrap()].clone()),
                _ => {}
            }
        }
    }

    fn answered(&mut self, bytes: &[u8]) {
        if let Some(sql) = self.preparing.take()
            && let [_, _, _, 1, 0, number @ ..] = bytes
        {
            self.prepared.insert(*number.first_chunk().unwrap(), sql);
        }
    }
}
