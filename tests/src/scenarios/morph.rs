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
    /// What it is about.
    #[morph_to]
    pub subject: One<Subject>,
    /// What follows from it, if anything.
    #[has_many(foreign_key = remark_id)]
    pub follow_ups: Many<FollowUp>,
}

/// What a remark may be about.
#[derive(Morph, Debug, Clone, PartialEq)]
pub enum Subject {
    /// An article.
    Article(Article),
    /// A clip.
    #[morph(value = "film")]
    Clip(Clip),
}

/// Follows from a remark and is about two things: two morphs in one model, one of which may be a remark.
#[derive(Model, Debug, Clone, PartialEq)]
pub struct FollowUp {
    /// Made by the storage.
    #[key(auto)]
    pub id: u64,
    /// The remark.
    pub remark_id: Option<u64>,
    /// The key of the first.
    pub first: Option<u64>,
    /// The type of the first.
    pub kind: Option<String>,
    /// The first thing.
    #[morph_to(foreign_key = first, type_key = kind, rename = "about")]
    pub about_first: One<Subject>,
    /// The key of the second.
    pub other_id: Option<u64>,
    /// The type of the second.
    pub other_type: Option<String>,
    /// The second thing.
    #[morph_to]
    pub other: One<Anything>,
    /// The remark.
    #[belongs_to]
    pub remark: One<Remark>,
}

/// Any of the models of the scenario whose key is a number.
#[derive(Morph, Debug, Clone, PartialEq)]
pub enum Anything {
    /// A remark.
    Remark(Remark),
    /// A picture.
    Picture(Picture),
    /// Another one.
    FollowUp(FollowUp),
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
    /// What it shows.
    #[morph_to]
    pub subject: One<Shown>,
}

/// What a picture may show.
#[derive(Morph, Debug, Clone, PartialEq)]
pub enum Shown {
    /// An article.
    Article(Article),
    /// A clip.
    Clip(Clip),
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
