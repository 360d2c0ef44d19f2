//! Models on two connections, and on none.

use orm_core::prelude::*;

/// Where notes are.
#[derive(Connection, Debug)]
pub struct Secret;

/// Where what is no longer needed goes.
#[derive(Connection, Debug)]
#[connection(name = "old_things")]
pub struct Archive;

/// Names no connection.
#[derive(Model, Debug, Clone, PartialEq)]
pub struct Author {
    /// The key.
    #[key]
    pub id: u64,
    /// The name.
    pub name: String,
    /// Their songs, in the same database.
    #[has_many]
    pub songs: Many<Song>,
    /// Their notes, on another connection.
    #[has_many]
    pub notes: Many<Note>,
    /// What is on the pages of their notes, by way of models on another connection.
    #[has_many_through(through = Note)]
    pub pages: Many<Page>,
}

/// Names no connection.
#[derive(Model, Debug, Clone, PartialEq)]
pub struct Song {
    /// The key.
    #[key]
    pub id: u64,
    /// The title.
    pub title: String,
    /// The author's key.
    pub author_id: Option<u64>,
    /// The author, in the same database.
    #[belongs_to]
    pub author: One<Author>,
    /// A note about it, on another connection.
    #[has_one]
    pub note: One<Note>,
}

/// On connection `secret`.
#[derive(Model, Debug, Clone, PartialEq)]
#[model(connection = Secret)]
pub struct Note {
    /// The key.
    #[key]
    pub id: u64,
    /// What it says.
    pub text: String,
    /// The key of who wrote it.
    pub author_id: Option<u64>,
    /// The key of the song that it is about.
    pub song_id: Option<u64>,
    /// Who wrote it, on another connection.
    #[belongs_to]
    pub author: One<Author>,
    /// The song, on another connection.
    #[belongs_to]
    pub song: One<Song>,
    /// Its pages, in the same database.
    #[has_many]
    pub pages: Many<Page>,
    /// The songs that it mentions, on another connection, where the pivot is too.
    #[belongs_to_many(pivot = Mention)]
    pub mentions: Many<Song>,
}

/// On connection `secret`.
#[derive(Model, Debug, Clone, PartialEq)]
#[model(connection = Secret)]
pub struct Page {
    /// The key.
    #[key]
    pub id: u64,
    /// What it says.
    pub text: String,
    /// The note's key.
    pub note_id: u64,
    /// The note, in the same database.
    #[belongs_to]
    pub note: One<Note>,
}

/// That a note mentions a song; with the songs, on none.
#[derive(Model, Debug, Clone, PartialEq)]
pub struct Mention {
    /// The note's key.
    #[key]
    pub note_id: u64,
    /// The song's key.
    #[key]
    pub song_id: u64,
}
