//! What all contestants are asked, and how they answer.
//!
//! A contestant is a program of its own, because several of them can't be linked into one: each wants
//! another version of SQLite's library. It is asked by lines on its standard input and answers each with
//! a line: how long the work took, and a checksum of what came of it, by which the one who asks sees
//! that all contestants did the same work.

mod answer;
mod contestant;
mod data;
mod serve;
mod tables;

pub use answer::{Answer, Sum};
pub use contestant::Contestant;
pub use data::{Comment, Data, Post, User};
pub use serve::{at_once, serve};
pub use tables::{POSTGRES, SQLITE, postgres_schema};

/// What anything here may end with.
pub type Outcome<T = ()> = Result<T, Box<dyn std::error::Error>>;

/// The engine that was named on the command line, and its address where it is a server.
///
/// # Errors
///
/// If no engine was named.
pub fn engine() -> Outcome<(String, Option<String>)> {
    let engine = std::env::args().nth(1).ok_or("name the engine: memory, sqlite or postgres")?;
    // Not an argument, since those can be read by everybody.
    Ok((engine, std::env::var("PEER_URL").ok()))
}
