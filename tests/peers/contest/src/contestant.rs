//! What a contestant must be able to do.

use crate::{Answer, Data, Outcome, User};

/// An ORM on an engine. Only the works themselves are timed, not what prepares their input.
///
/// What reads several tables by several statements reads them in one transaction, that sees one state
/// of them.
pub trait Contestant {
    /// A user.
    type User: Answer;
    /// A user with the posts.
    type Joined: Answer;
    /// A user with the posts with their comments.
    type Nested: Answer;
    /// New users, ready to be inserted.
    type Drafts;
    /// Users with posts with comments, ready to be saved.
    type Trees;

    /// Empties the tables.
    fn clear(&mut self) -> impl Future<Output = Outcome>;

    /// Fills the empty tables, with keys as given.
    fn fill(&mut self, data: Data) -> impl Future<Output = Outcome>;

    /// All users.
    fn all(&mut self) -> impl Future<Output = Outcome<Vec<Self::User>>>;

    /// The users of a hair color, each with the posts.
    fn joined(&mut self, color: &str) -> impl Future<Output = Outcome<Vec<Self::Joined>>>;

    /// All users with all posts with all comments.
    fn nested(&mut self) -> impl Future<Output = Outcome<Vec<Self::Nested>>>;

    /// New users. Their keys are to be made.
    fn drafts(&mut self, users: Vec<User>) -> Self::Drafts;

    /// Inserts them in one call, all or none.
    fn insert(&mut self, drafts: Self::Drafts) -> impl Future<Output = Outcome>;

    /// One user.
    fn find(&mut self, id: i32) -> impl Future<Output = Outcome<Option<Self::User>>>;

    /// Another name for one user.
    fn rename(&mut self, id: i32, name: &str) -> impl Future<Output = Outcome>;

    /// Nested records, all keys to be made; nothing if the contestant can't save such.
    fn trees(&mut self, data: Data) -> Option<Self::Trees>;

    /// Saves nested records, all or none.
    fn save(&mut self, trees: Self::Trees) -> impl Future<Output = Outcome>;
}
