//! What a contestant must be able to do.

use crate::{Answer, Data, Outcome, User};

/// An ORM on an engine. Only the works themselves are timed, not what prepares their input.
///
/// What reads several tables by several statements reads them in one transaction, that sees one state
/// of them.
pub trait Contestant: Send {
    /// A user.
    type User: Answer + Send;
    /// A user with the posts.
    type Joined: Answer + Send;
    /// A user with the posts with their comments.
    type Nested: Answer + Send;
    /// New users, ready to be inserted.
    type Drafts: Send;
    /// Users with posts with comments, ready to be saved.
    type Trees: Send;

    /// Empties the tables.
    fn clear(&mut self) -> impl Future<Output = Outcome> + Send;

    /// Fills the empty tables, with keys as given.
    fn fill(&mut self, data: Data) -> impl Future<Output = Outcome> + Send;

    /// All users.
    fn all(&mut self) -> impl Future<Output = Outcome<Vec<Self::User>>> + Send;

    /// The users of a hair color, each with the posts.
    fn joined(&mut self, color: &str) -> impl Future<Output = Outcome<Vec<Self::Joined>>> + Send;

    /// All users with all posts with all comments.
    fn nested(&mut self) -> impl Future<Output = Outcome<Vec<Self::Nested>>> + Send;

    /// New users. Their keys are to be made.
    fn drafts(&mut self, users: Vec<User>) -> Self::Drafts;

    /// Inserts them in one call, all or none.
    fn insert(&mut self, drafts: Self::Drafts) -> impl Future<Output = Outcome> + Send;

    /// One user.
    fn find(&mut self, id: i32) -> impl Future<Output = Outcome<Option<Self::User>>> + Send;

    /// Another name for one user.
    fn rename(&mut self, id: i32, name: &str) -> impl Future<Output = Outcome> + Send;

    /// Nested records, all keys to be made; nothing if the contestant can't save such.
    fn trees(&mut self, data: Data) -> Option<Self::Trees>;

    /// Saves nested records, all or none.
    fn save(&mut self, trees: Self::Trees) -> impl Future<Output = Outcome> + Send;
}
