//! Albums with tracks with notes, each of which must say whose it is.

use orm_core::prelude::*;
use orm_core::value::Timestamp;

/// Has tracks, and a cover.
#[derive(Model, Debug, Clone, PartialEq)]
pub struct Album {
    /// The key.
    #[key]
    pub id: u32,
    /// The title.
    pub title: String,
    /// What is on it.
    #[has_many]
    pub tracks: Many<Track>,
    /// What is on its front.
    #[has_one]
    pub cover: One<Cover>,
}

/// Something to listen to.
#[derive(Model, Debug, Clone, PartialEq)]
pub struct Track {
    /// The key.
    #[key]
    pub id: u32,
    /// What it is on.
    #[field(index)]
    pub album_id: u32,
    /// The title.
    pub title: String,
    /// What was noted of it.
    #[has_many]
    pub notes: Many<Note>,
    /// What it is on.
    #[belongs_to]
    pub album: One<Album>,
}

/// A picture.
#[derive(Model, Debug, Clone, PartialEq)]
pub struct Cover {
    /// The key.
    #[key]
    pub id: u32,
    /// What it is on.
    pub album_id: u32,
    /// Who made it.
    pub artist: String,
}

/// Something noted, which may be deleted and still be stored.
#[derive(Model, Debug, Clone, PartialEq)]
#[model(soft_delete)]
pub struct Note {
    /// The key.
    #[key]
    pub id: u32,
    /// What it is of.
    pub track_id: u32,
    /// The text.
    pub text: String,
    /// When it was deleted.
    pub deleted_at: Option<Timestamp>,
}
