//! A mistake in one model is told once; models that refer to it and code that uses it are spared.

use orm_core::Model;
use orm_core::model::{Fields, Many, One};

#[derive(Model)]
struct User {
    #[key]
    id: u64,
    name: String,
    #[has_many(forein_key = author_id)]
    posts: Many<Post>,
}

#[derive(Model)]
struct Post {
    #[key]
    id: u64,
    user_id: u64,
    #[belongs_to]
    user: One<User>,
    #[belongs_to(foreign_key = note_id)]
    note: One<Note>,
    note_id: i32,
}

#[derive(Model)]
struct Note {
    id: u64,
}

fn name(fields: &Fields<User>) {
    let _ = fields.name;
    let _ = &fields.posts;
}

fn main() {
    let _ = User::draft().name("Ada").posts([Post::draft().user_key(1)]);
    name(<User as Model>::fields());
}
