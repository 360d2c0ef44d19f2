//! Authors write books, books have chapters, reviews and loans: what is deleted with what.

use orm_core::prelude::*;
use orm_core::value::Timestamp;

/// Writes books, which go with them; soft-deleted.
#[derive(Model, Debug, Clone, PartialEq)]
#[model(soft_delete)]
pub struct Author {
    /// The key.
    #[key]
    pub id: u64,
    /// The name.
    pub name: String,
    /// Whose author this is.
    #[field(default = 1)]
    pub tenant: u64,
    /// Maybe an address, of which no two are the same.
    #[field(unique)]
    pub email: Option<String>,
    /// When the author was deleted.
    pub deleted_at: Option<Timestamp>,
    /// The books.
    #[has_many(on_delete = cascade)]
    pub books: Many<Book>,
}

/// Soft-deleted, by a column of another name.
#[derive(Model, Debug, Clone, PartialEq)]
pub struct Book {
    /// The key.
    #[key]
    pub id: u64,
    /// The title.
    pub title: String,
    /// Who wrote it.
    pub author_id: Option<u64>,
    /// When it was taken off the shelf.
    #[field(deleted_at)]
    pub removed: Option<Timestamp>,
    /// Who wrote it.
    #[belongs_to]
    pub author: One<Author>,
    /// The chapters.
    #[has_many]
    pub chapters: Many<Chapter>,
    /// What it is about.
    #[belongs_to_many(pivot = BookGenre, related_key = genre_name, on_delete = cascade)]
    pub genres: Many<Genre>,
    /// What is noted of it.
    #[morph_many(name = noted, on_delete = cascade)]
    pub notes: Many<Note>,
}

/// A part of a book, which goes with it.
#[derive(Model, Debug, Clone, PartialEq)]
pub struct Chapter {
    /// The key.
    #[key]
    pub id: u64,
    /// The book.
    pub book_id: u64,
    /// The book.
    #[belongs_to(on_delete = cascade)]
    pub book: One<Book>,
}

/// What was said of a book, which stays.
#[derive(Model, Debug, Clone, PartialEq)]
pub struct Review {
    /// The key.
    #[key]
    pub id: u64,
    /// The book.
    pub book_id: Option<u64>,
    /// The book.
    #[belongs_to(on_delete = set_null)]
    pub book: One<Book>,
}

/// Keeps a book from being removed.
#[derive(Model, Debug, Clone, PartialEq)]
pub struct Loan {
    /// The key.
    #[key]
    pub id: u64,
    /// The book.
    pub book_id: u64,
    /// The book.
    #[belongs_to(on_delete = restrict)]
    pub book: One<Book>,
}

/// What books are about.
#[derive(Model, Debug, Clone, PartialEq)]
pub struct Genre {
    /// The key.
    #[key]
    pub name: String,
    /// The books.
    #[belongs_to_many(pivot = BookGenre, foreign_key = genre_name, related_key = book_id)]
    pub books: Many<Book>,
}

/// Between books and genres.
#[derive(Model, Debug, Clone, PartialEq)]
pub struct BookGenre {
    /// The book.
    #[key]
    pub book_id: u64,
    /// The genre.
    #[key]
    pub genre_name: String,
    /// How much of it.
    #[field(default = 1)]
    pub weight: i32,
}

/// Holds folders, which go with it.
#[derive(Model, Debug, Clone, PartialEq)]
pub struct Folder {
    /// The key.
    #[key]
    pub id: u64,
    /// What it is in.
    pub parent_id: Option<u64>,
    /// What it is in.
    #[belongs_to(on_delete = cascade)]
    pub parent: One<Folder>,
    /// What is in it.
    #[has_many(foreign_key = parent_id)]
    pub folders: Many<Folder>,
}

/// Something noted of a book or of a club.
#[derive(Model, Debug, Clone, PartialEq)]
pub struct Note {
    /// The key.
    #[key]
    pub id: u64,
    /// Of what kind of thing.
    pub noted_type: String,
    /// Of which of them.
    pub noted_id: u64,
}

/// Has authors as members.
#[derive(Model, Debug, Clone, PartialEq)]
pub struct Club {
    /// The key.
    #[key]
    pub id: u64,
    /// The members.
    #[belongs_to_many(pivot = Membership)]
    pub members: Many<Author>,
    /// What is noted of it.
    #[morph_many(name = noted)]
    pub notes: Many<Note>,
}

/// Between clubs and authors; soft-deleted.
#[derive(Model, Debug, Clone, PartialEq)]
#[model(soft_delete)]
pub struct Membership {
    /// The club.
    #[key]
    pub club_id: u64,
    /// The author.
    #[key]
    pub author_id: u64,
    /// What the author is there.
    #[field(default = "member")]
    pub role: String,
    /// When it ended.
    pub deleted_at: Option<Timestamp>,
}
