//! Relations to several models, told apart by a type.

use orm_core::prelude::*;

/// Has remarks, a picture and labels.
#[derive(Model, Debug, Clone, PartialEq)]
pub struct Article {
    /// The key.
    #[key]
    pub id: u64,
    /// The title.
    #[field(default = "")]
    pub title: String,
    /// What was remarked.
    #[morph_many(name = subject)]
    pub remarks: Many<Remark>,
    /// The picture.
    #[morph_one(name = subject)]
    pub picture: One<Picture>,
    /// The labels.
    #[morph_to_many(pivot = Labelling, name = labelled, related_key = label)]
    pub labels: Many<Label>,
}

/// Has them too, under a type of its own.
#[derive(Model, Debug, Clone, PartialEq)]
pub struct Clip {
    /// The key.
    #[key]
    pub id: u64,
    /// How long it is.
    #[field(default = 0)]
    pub seconds: i64,
    /// What was remarked.
    #[morph_many(foreign_key = subject_id, type_key = subject_type, type_value = "film")]
    pub remarks: Many<Remark>,
    /// The picture.
    #[morph_one(name = subject)]
    pub picture: One<Picture>,
    /// The labels.
    #[morph_to_many(pivot = Labelling, name = labelled, related_key = label, type_value = "film")]
    pub labels: Many<Label>,
}

/// Remarked of something.
#[derive(Model, Debug, Clone, PartialEq)]
pub struct Remark {
    /// Made by the storage.
    #[key(auto)]
    pub id: u64,
    /// The text.
    pub text: String,
    /// The key of what it is about.
    pub subject_id: Option<u64>,
    /// The type of what it is about.
    pub subject_type: Option<String>,
}

/// Shows something.
#[derive(Model, Debug, Clone, PartialEq)]
pub struct Picture {
    /// The key.
    #[key]
    pub id: u64,
    /// The key of what it shows.
    pub subject_id: u64,
    /// The type of what it shows.
    pub subject_type: String,
}

/// May be put on several things.
#[derive(Model, Debug, Clone, PartialEq)]
pub struct Label {
    /// The key.
    #[key]
    pub name: String,
    /// The articles that have it.
    #[morphed_by_many(pivot = Labelling, name = labelled, foreign_key = label)]
    pub articles: Many<Article>,
    /// The clips that have it.
    #[morphed_by_many(pivot = Labelling, name = labelled, foreign_key = label, type_value = "film")]
    pub clips: Many<Clip>,
}

/// Puts a label on something.
#[derive(Model, Debug, Clone, PartialEq)]
pub struct Labelling {
    /// The label.
    #[key]
    pub label: String,
    /// The key of what has it.
    #[key]
    pub labelled_id: u64,
    /// The type of what has it.
    #[key]
    pub labelled_type: String,
}
