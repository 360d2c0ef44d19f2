//! What the driver's side must be able to do.

use super::data::{Comment, Data, Post, User};
use crate::Outcome;

/// An engine's driver, used by hand: every statement is prepared once.
pub(crate) trait Raw {
    /// Fills the empty tables.
    async fn fill(&mut self, data: &Data) -> Outcome;
    /// Lets the engine learn what both sides' tables hold now, as it would by itself after some time: until
    /// then it goes by plans that were made for what they held before.
    async fn learn(&mut self) -> Outcome {
        Ok(())
    }
    /// Empties the tables.
    async fn clear(&mut self) -> Outcome;
    /// All users.
    async fn users(&mut self) -> Outcome<Vec<User>>;
    /// Users of a hair color with their posts: two statements in one snapshot.
    async fn with_hair(&mut self, color: &str) -> Outcome<Vec<User>>;
    /// All users with posts with comments: three statements in one snapshot.
    async fn nested(&mut self) -> Outcome<Vec<User>>;
    /// New users, whose keys the engine makes, in the fastest way that the driver has.
    async fn insert(&mut self, users: &[User]) -> Outcome;
    /// One user.
    async fn find(&mut self, id: i32) -> Outcome<Option<User>>;
    /// Another name for a user; how many there were.
    async fn rename(&mut self, id: i32, name: &str) -> Outcome<u64>;
    /// Records with keys, into empty tables, in one transaction.
    async fn save(&mut self, users: Vec<User>, posts: Vec<Post>, comments: Vec<Comment>) -> Outcome;
}
